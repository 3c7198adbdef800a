// SPDX-License-Identifier: MIT OR Apache-2.0
#include "filter/expression.h"

#include "sample.h"

TestSuite(expression, .init = sample_setup, .fini = sample_teardown);

#define REFUSED(text, words) sample_refused(text, words)

Test(expression, says_what_is_missing)
{
    REFUSED("", "column 1: a field's name was expected, not the end");
    REFUSED("len ==", "column 7: a value was expected, to compare len with; it is a whole number");
    REFUSED("len == 5 and", "column 13: a field's name was expected, not the end");
    REFUSED("(len == 5",
            "column 10: a closing parenthesis, or an operator, was expected, not the end");
    REFUSED("len == 5)", "column 9: an operator, or the end, was expected, not ')'");
    REFUSED("len 5", "column 5: an operator, or the end, was expected, not '5'");
    REFUSED("not", "column 4: a field's name was expected");
    REFUSED("len not 5",
            "column 9: an operator before 'not', or 'in' behind it, was expected, not '5'");
    REFUSED("5 == len",
            "column 1: a field's name was expected, not 5; the field stands to the left");
    REFUSED("== 5", "column 1: a field's name was expected, not ==");
    REFUSED("\"www\" == name", "column 1: a field's name was expected");
    REFUSED("and", "column 1: a field's name was expected");
    REFUSED("len = 5", "column 5: '=' compares nothing");
    REFUSED("len == 5 len == 6", "column 10: an operator, or the end, was expected");
}

Test(expression, sets)
{
    REFUSED("len in 5", "column 8: a set in braces, such as {80, 443} was expected, not '5'");
    REFUSED("len in {}", "column 9: a value was expected");
    REFUSED("len in {1,}", "column 11: a value was expected");
    REFUSED("len in {1 2}", "column 11: a comma or a closing brace was expected, not '2'");
    REFUSED("len in {1..}", "column 12: a value was expected");
    REFUSED("len in {5..1}", "column 9: a range goes from the lesser value to the greater");
    REFUSED("addr in {1.2.3.4..::1}", "column 10: a range goes from the lesser");
    REFUSED("addr in {10.0.0.0/8..11.0.0.0}",
            "column 10: a range ends at addresses, not at networks");
    REFUSED("len in {1", "column 10: a comma or a closing brace was expected, not the end");
    REFUSED("len in {name}", "column 9: len is a whole number, and name is none");
}

Test(expression, types)
{
    REFUSED("name > 5", "column 8: name is a text, and 5 is none; write it in quotes");
    REFUSED("addr == 1.2.3.4/33", "column 9: 1.2.3.4/33 is no network");
    REFUSED("addr < 10.0.0.0/8", "column 8: a network is neither less nor more; use ==, != or in");
    REFUSED("rcode == NXDOMIAN", "did you mean 'NXDOMAIN'?");
    REFUSED("len contains 5",
            "column 5: contains searches in texts and bytes, and len is a whole number");
    REFUSED("rcode matches \"N\"",
            "column 7: matches searches in texts and bytes, and rcode is a number with names");
    REFUSED("mac matches \"a\"", "matches searches in texts and bytes, and mac is a MAC address");
    REFUSED("addr contains 10", "contains searches in texts");
    REFUSED("name contains www", "column 15: name is a text, and www is none");
    REFUSED("name matches www",
            "column 14: a regular expression in quotes was expected, not 'www'");
    REFUSED("name matches \"(\"", "column 14: the regular expression is wrong at its byte 2");
    REFUSED("items == 5",
            "column 1: items is a list; name a field of its items, such as items.name");
    REFUSED("items in {5}", "items is a list");
    REFUSED("name & 5", "column 6: & picks bits of a whole number, and name is a text");
    REFUSED("len & 0", "column 7: a mask without bits picks none");
    REFUSED("len & -1", "a mask without bits picks none");
    REFUSED("len & x", "column 7: a mask is a whole number, and x is none");
    REFUSED("yes == 2", "column 8: yes is true or false, and 2 is none");
    REFUSED("rtt > fast", "column 7: rtt is a duration, and fast is none");
    REFUSED("tcp not udp",
            "column 9: an operator before 'not', or 'in' behind it, was expected, not 'udp'");
    REFUSED("tcp not in {5}", "column 1: 'tcp' is a protocol");
    REFUSED("len & 4 & 4", "column 9: an operator, or the end, was expected, not '&'");
    REFUSED("tcp == 5", "column 1: 'tcp' is a protocol, which is there or not");
    REFUSED("spec in {5}", "column 1: 'spec' is a protocol");
    REFUSED("len == name", "column 8: len is a whole number, and name is a text");
    REFUSED("addr == mac", "column 9: addr is an address, and mac is a MAC address");
    REFUSED("when == rtt", "column 9: when is a time, and rtt is a duration");
    REFUSED("len == items", "column 8: items is a list");
    REFUSED("len == tcp", "column 8: 'tcp' is a protocol");
}

static char *repeated(const char *before, const char *piece, size_t count, const char *after)
{
    size_t len = strlen(piece);
    char *out = malloc(strlen(before) + len * count + strlen(after) + 1);
    char *at = stpcpy(out, before);
    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, piece);
    strcpy(at, after);
    return out;
}

static bool compiles(char *text, const char *words)
{
    struct error err = {0};
    struct filter_program *program = sample_compile(sample_kind, text, &err);
    bool ok = program != NULL;
    filter_program_free(program);
    cr_expect(ok || (words && strstr(err.text, words)), "%s", err.text);
    free(text);
    return ok;
}

Test(expression, caps)
{
    char *open = repeated("", "(", FILTER_NESTING_CAP, "len");
    cr_expect(compiles(repeated(open, ")", FILTER_NESTING_CAP, ""), NULL));
    free(open);
    open = repeated("", "(", FILTER_NESTING_CAP + 1, "len");
    cr_expect_not(compiles(repeated(open, ")", FILTER_NESTING_CAP + 1, ""),
                           "column 65: there are more than 64 parentheses"));
    free(open);
    cr_expect(compiles(repeated("len", " or len", FILTER_TEST_CAP - 1, ""), NULL));
    cr_expect_not(
        compiles(repeated("len", " or len", FILTER_TEST_CAP, ""), "more than 4096 tests"));
    cr_expect(compiles(repeated("len in {1", ",1", FILTER_SET_CAP - 1, "}"), NULL));
    cr_expect_not(
        compiles(repeated("len in {1", ",1", FILTER_SET_CAP, "}"), "more than 16384 values"));
    cr_expect(compiles(repeated("len", " ", FILTER_TEXT_CAP - 3, ""), NULL));
    cr_expect_not(compiles(repeated("len", " ", FILTER_TEXT_CAP - 2, ""),
                           "the filter is longer than 65536 bytes"));
    cr_expect(compiles(repeated("", "not ", 10001, "len"), NULL), "not alone does not nest");
    cr_expect_not(compiles(repeated("", "x", FILTER_NAME_CAP, ""), "a field's name was expected"));
}

/** Whatever is cut off or left out of a good filter: refused with a column, or as good. */
Test(expression, every_beginning_and_every_byte)
{
    static const char good[] = "not (len & 4 != 0 or addr in {10.0.0.0/8, ::1..::5}) && name "
                               "matches r\"\\.com$\" || rtt > 5ms";
    char text[sizeof good];
    for (size_t len = 0; len < sizeof good; len++)
        for (int byte = -1; byte < 256; byte += len == sizeof good - 1 ? 256 : 5) {
            struct error err = {0};
            memcpy(text, good, sizeof good);
            if (byte < 0)
                text[len] = '\0';
            else
                text[len] = (char)byte;
            const struct filter_scope scope = {.registry = sample_registry,
                                               .decoder = sample_decoder,
                                               .interest = sample_interest,
                                               .kind = sample_kind};
            struct filter_program *program =
                filter_program_new(&scope, text, byte < 0 ? len : sizeof good - 1, &err);
            cr_assert(program || strncmp(err.text, "column ", 7) == 0, "%s: %s", text, err.text);
            if (program)
                filter_program_holds(program, &sample.event);
            filter_program_free(program);
        }
}
