// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/error.h"

#include <criterion/criterion.h>
#include <string.h>

Test(error, fills_code_place_and_text)
{
    struct error err = {0};
    cr_expect_not(error_set(&err, ERROR_DAMAGED, "a.pcap@0x18", "got %d, expected %d", 1, 2));
    cr_expect_eq(err.code, ERROR_DAMAGED);
    cr_expect_str_eq(err.where, "a.pcap@0x18");
    cr_expect_str_eq(err.text, "got 1, expected 2");
    cr_expect_str_eq(error_name(err.code), "damaged");
    cr_expect_eq(error_status(err.code), 3);
}

Test(error, may_quote_another_error)
{
    struct error inner = {0}, outer = {0};
    error_set(&inner, ERROR_USAGE, "", "got '\xc3' and \\d");
    cr_expect_str_eq(inner.text, "got '\\xc3' and \\d");
    error_set(&outer, ERROR_USAGE, "", "a.lua:1: %s", inner.text);
    cr_expect_str_eq(outer.text, "a.lua:1: got '\\xc3' and \\d");
}

Test(error, lets_no_control_byte_through_and_cuts_what_is_too_long)
{
    struct error err = {0};
    char longest[4096];
    memset(longest, '\x1b', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    error_set(&err, ERROR_USAGE, longest, "%s", longest);
    cr_expect_eq(strlen(err.where), sizeof err.where - 1);
    cr_expect_null(strchr(err.text, '\x1b'));
    cr_expect_not(error_set(NULL, ERROR_USAGE, NULL, "nobody listens"));
    error_set(&err, ERROR_USAGE, NULL, "nowhere");
    cr_expect_str_eq(err.where, "");
}
