// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/address.h"

#include <criterion/criterion.h>
#include <string.h>

static uint32_t ip(const char *text, uint8_t *out)
{
    return address_parse_ip(text, strlen(text), out);
}

Test(address, ip_of_both_versions)
{
    uint8_t out[ADDRESS_IP_LEN];
    cr_expect_eq(ip("192.0.2.1", out), 4);
    cr_expect_arr_eq(out, "\xc0\x00\x02\x01", 4);
    cr_expect_eq(ip("2001:db8::1", out), 16);
    cr_expect_arr_eq(out, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
    cr_expect_eq(ip("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", out), 16, "the longest one");
}

Test(address, what_is_no_ip)
{
    uint8_t out[ADDRESS_IP_LEN];
    static const char *const wrong[] = {
        "",  "1.2.3",   "1.2.3.256", "1.2.3.4 ",
        ":", "1::2::3", "::g",       "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_eq(ip(wrong[i], out), 0, "%s", wrong[i]);
    cr_expect_eq(address_parse_ip("1.2.3.4\0x", 9, out), 0);
    cr_expect_eq(address_parse_ip("1.2.3.45", 7, out), 4, "no NUL is needed");
    cr_expect_eq(out[3], 4);
}

Test(address, mac)
{
    uint8_t out[ADDRESS_MAC_LEN];
    cr_expect(address_parse_mac("00:1b:21:3C-9d-f8", 17, out));
    cr_expect_arr_eq(out, "\x00\x1b\x21\x3c\x9d\xf8", 6);
    static const char *const wrong[] = {"",
                                        "00:1b:21:3c:9d:f",
                                        "00:1b:21:3c:9d:f8:",
                                        "00:1b:21:3c:9d.f8",
                                        "0g:1b:21:3c:9d:f8",
                                        "+0:1b:21:3c:9d:f8"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_not(address_parse_mac(wrong[i], strlen(wrong[i]), out), "%s", wrong[i]);
}
