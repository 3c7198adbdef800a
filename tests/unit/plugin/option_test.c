// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugin/option.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct palua_option integer = {"cap", "queries", "5", -3, 10};
static const struct palua_option unbounded = {"seed", "any", "0", 0, 0};
static const struct palua_option number = {"ratio", "share", "0.5", 0, 1};
static const struct palua_option boolean = {"quiet", "yes or no", "true", 0, 0};
static const struct palua_option text = {"title", "any text", "none", 0, 0};

static void expect_good(const struct palua_option *option, const char *value)
{
    struct error err = {0};
    cr_expect(option_check(option, "p", value, &err), "%s", err.text);
}

static void expect_bad(const struct palua_option *option, const char *value, const char *message)
{
    struct error err = {0};
    cr_expect_not(option_check(option, "p", value, &err), "took '%s'", value);
    cr_expect_eq(err.code, ERROR_USAGE);
    cr_expect_str_eq(err.text, message);
}

Test(option, has_the_type_of_its_default)
{
    cr_expect_eq(option_type(&integer), OPTION_INTEGER);
    cr_expect_eq(option_type(&number), OPTION_NUMBER);
    cr_expect_eq(option_type(&boolean), OPTION_BOOLEAN);
    cr_expect_eq(option_type(&text), OPTION_TEXT);
    const struct palua_option negative = {"a", "b", "-12", 0, 0};
    cr_expect_eq(option_type(&negative), OPTION_INTEGER);
    const struct palua_option huge = {"a", "b", "99999999999999999999", 0, 0};
    cr_expect_eq(option_type(&huge), OPTION_NUMBER);
}

Test(option, integers_and_their_bounds)
{
    expect_good(&integer, "-3");
    expect_good(&integer, "10");
    expect_bad(&integer, "11", "option 'p.cap' is 11, expected -3 to 10");
    expect_bad(&integer, "-4", "option 'p.cap' is -4, expected -3 to 10");
    expect_bad(&integer, "", "option 'p.cap' is '', expected an integer");
    expect_bad(&integer, "-", "option 'p.cap' is '-', expected an integer");
    expect_bad(&integer, "1.5", "option 'p.cap' is '1.5', expected an integer");
    expect_bad(&integer, " 1", "option 'p.cap' is ' 1', expected an integer");
    expect_bad(&integer, "1x", "option 'p.cap' is '1x', expected an integer");
    expect_good(&unbounded, "9223372036854775807");
    expect_bad(&unbounded, "9223372036854775808",
               "option 'p.seed' is '9223372036854775808', expected an integer");
}

Test(option, numbers)
{
    expect_good(&number, "1");
    expect_good(&number, "2.5e-1");
    expect_bad(&number, "1.01", "option 'p.ratio' is 1.01, expected 0 to 1");
    expect_bad(&number, "inf", "option 'p.ratio' is 'inf', expected a number");
    expect_bad(&number, "nan", "option 'p.ratio' is 'nan', expected a number");
    expect_bad(&number, "0x1", "option 'p.ratio' is '0x1', expected a number");
    expect_bad(&number, "1e999", "option 'p.ratio' is '1e999', expected a number");
}

Test(option, booleans_and_texts)
{
    expect_good(&boolean, "false");
    expect_bad(&boolean, "yes", "option 'p.quiet' is 'yes', expected true or false");
    expect_good(&text, "");
    expect_good(&text, "12");
}

Test(option, values)
{
    cr_expect_eq(option_integer("-12"), -12);
    cr_expect_eq(option_integer("true"), 1);
    cr_expect_eq(option_integer("false"), 0);
    cr_expect_eq(option_integer("abc"), 0);
    cr_expect_eq(option_number("0.25"), 0.25);
    cr_expect_eq(option_number("3"), 3);
    cr_expect_eq(option_number("abc"), 0);
}
