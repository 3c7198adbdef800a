// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/nearest.h"

#include <criterion/criterion.h>

static const char *const names[] = {"dns.query", "dns.answer", "packet", "flow.start", "flow.end"};

#define NEAREST(name) nearest(name, names, sizeof names / sizeof names[0])

Test(nearest, finds_typing_slips)
{
    cr_expect_str_eq(NEAREST("dns.qeury"), "dns.query");
    cr_expect_str_eq(NEAREST("DNS.Answr"), "dns.answer");
    cr_expect_str_eq(NEAREST("flow.ends"), "flow.end");
    cr_expect_str_eq(NEAREST("packets"), "packet");
}

Test(nearest, keeps_quiet_when_nothing_is_near)
{
    char longest[200] = {0};
    memset(longest, 'x', sizeof longest - 1);
    cr_expect_null(NEAREST("http.request"));
    cr_expect_null(NEAREST(""));
    cr_expect_null(NEAREST(longest));
    cr_expect_null(nearest("x", names, 0));
}
