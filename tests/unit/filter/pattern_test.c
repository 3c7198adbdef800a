// SPDX-License-Identifier: MIT OR Apache-2.0
#include "filter/pattern.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct filter_pattern *pattern_of(const char *text)
{
    struct error err = {0};
    struct filter_pattern *pattern = filter_pattern_new(text, strlen(text), 7, &err);
    cr_assert(pattern, "%s", err.text);
    return pattern;
}

static bool found(const char *pattern, const char *in)
{
    struct filter_pattern *at = pattern_of(pattern);
    bool out = filter_pattern_found(
        at, (struct palua_slice){(const uint8_t *)in, (uint32_t)strlen(in), 0});
    cr_expect_eq(filter_pattern_given_up(at), 0);
    filter_pattern_free(at);
    return out;
}

Test(pattern, searches_anywhere_whatever_the_case)
{
    cr_expect(found("EXAMPLE\\.(com|net)$", "www.example.com"));
    cr_expect_not(found("^example", "www.example.com"));
    cr_expect(found("", ""));
    cr_expect(found("\\d{3}", "ab123"));
}

Test(pattern, is_of_bytes)
{
    struct filter_pattern *at = pattern_of("\\x00\\xff.$");
    cr_expect(filter_pattern_found(at, (struct palua_slice){(const uint8_t *)"a\0\xff\x80", 4, 0}));
    filter_pattern_free(at);
    at = pattern_of("^$");
    cr_expect(filter_pattern_found(at, (struct palua_slice){NULL, 0, 0}), "nothing, from nowhere");
    filter_pattern_free(at);
}

Test(pattern, says_what_is_wrong)
{
    struct error err = {0};
    cr_expect_null(filter_pattern_new("a(b", 3, 7, &err));
    cr_expect_str_eq(
        err.text,
        "column 7: the regular expression is wrong at its byte 4: missing closing parenthesis");
    cr_expect_eq(err.code, ERROR_USAGE);
}

/** Patterns that take forever on some bytes end soon, find nothing there, and are counted. */
Test(pattern, gives_up_at_a_limit)
{
    static const char *const patterns[] = {"(a+)+b", "(a|aa)+$", "(.*)*x", "(a*)*(a*)*(a*)*b"};
    enum { LEN = 60000 };
    uint8_t *bytes = malloc(LEN);
    memset(bytes, 'a', LEN);
    bytes[LEN - 1] = 'c';
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        struct filter_pattern *at = pattern_of(patterns[i]);
        clock_t before = clock();
        for (uint32_t len = 1; len <= LEN; len = len * 4 < LEN ? len * 4
                                                 : len == LEN  ? LEN + 1
                                                               : LEN)
            cr_expect_not(
                filter_pattern_found(at, (struct palua_slice){bytes + LEN - len, len, 0}));
        cr_expect_lt((double)(clock() - before) / CLOCKS_PER_SEC, 30.0, "%s", patterns[i]);
        filter_pattern_free(at);
    }
    struct filter_pattern *at = pattern_of("(a+)+[bd]");
    filter_pattern_found(at, (struct palua_slice){bytes, LEN, 0});
    cr_expect_eq(filter_pattern_given_up(at), 1);
    cr_expect(filter_pattern_found(at, (struct palua_slice){(const uint8_t *)"aab", 3, 0}),
              "it still works");
    filter_pattern_free(at);
    free(bytes);
}
