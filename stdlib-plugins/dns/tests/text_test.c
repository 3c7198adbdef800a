// SPDX-License-Identifier: MIT OR Apache-2.0
#include <criterion/criterion.h>

#include "fake_host.h"
#include "text.h"

struct bench {
    struct palua_call call;
    struct dns_text text;
};

static struct bench bench_new(void)
{
    struct bench bench = {0};
    bench.text = dns_text_of(&fake_host, NULL);
    return bench;
}

static struct dns_text *text_of(struct bench *bench)
{
    bench->text.call = &bench->call;
    return &bench->text;
}

static void expect_text(struct bench *bench, const char *expected)
{
    struct palua_slice got = dns_text_take(text_of(bench));
    cr_expect_eq(got.len, strlen(expected), "%.*s", (int)got.len, got.data);
    cr_expect(got.len == strlen(expected) && (!got.len || !memcmp(got.data, expected, got.len)),
              "%.*s != %s", (int)got.len, got.data, expected);
    dns_text_close(&bench->text);
    fake_free(&bench->call);
}

#define EXPECT(expected, call_)                  \
    do {                                         \
        struct bench bench = bench_new();        \
        struct dns_text *text = text_of(&bench); \
        dns_text_begin(text);                    \
        cr_expect(call_);                        \
        expect_text(&bench, expected);           \
    } while (0)

Test(text, numbers)
{
    EXPECT("0", dns_text_uint(text, 0));
    EXPECT("18446744073709551615", dns_text_uint(text, UINT64_MAX));
}

Test(text, ipv4)
{
    const uint8_t addr[] = {192, 0, 2, 255};
    EXPECT("192.0.2.255", dns_text_ipv4(text, addr));
}

static void expect_ipv6(const uint16_t groups[8], const char *expected)
{
    uint8_t addr[16];
    for (int i = 0; i < 8; i++) {
        addr[2 * i] = (uint8_t)(groups[i] >> 8);
        addr[2 * i + 1] = (uint8_t)groups[i];
    }
    EXPECT(expected, dns_text_ipv6(text, addr));
}

#define IPV6(expected, ...) expect_ipv6((const uint16_t[8]){__VA_ARGS__}, expected)

// RFC 5952 section 4, and its rule for mapped addresses in section 5.
Test(text, ipv6)
{
    IPV6("::", 0, 0, 0, 0, 0, 0, 0, 0);
    IPV6("::1", 0, 0, 0, 0, 0, 0, 0, 1);
    IPV6("1::", 1, 0, 0, 0, 0, 0, 0, 0);
    IPV6("2001:db8::1", 0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
    IPV6("2001:db8:0:1:1:1:1:1", 0x2001, 0xdb8, 0, 1, 1, 1, 1, 1);
    IPV6("2001:0:0:1::1", 0x2001, 0, 0, 1, 0, 0, 0, 1);
    IPV6("2001:db8::1:0:0:1", 0x2001, 0xdb8, 0, 0, 1, 0, 0, 1);
    IPV6("1:2:3:4:5:6:7:abcd", 1, 2, 3, 4, 5, 6, 7, 0xabcd);
    IPV6("::ffff:192.0.2.1", 0, 0, 0, 0, 0, 0xffff, 0xc000, 0x201);
}

Test(text, hex_and_base64_and_base32)
{
    const uint8_t data[] = {'f', 'o', 'o', 'b', 'a', 'r'};
    EXPECT("666F6F", dns_text_hex(text, data, 3));
    EXPECT("", dns_text_hex(text, data, 0));
    // RFC 4648 section 10
    EXPECT("", dns_text_base64(text, data, 0));
    EXPECT("Zg==", dns_text_base64(text, data, 1));
    EXPECT("Zm8=", dns_text_base64(text, data, 2));
    EXPECT("Zm9v", dns_text_base64(text, data, 3));
    EXPECT("Zm9vYmFy", dns_text_base64(text, data, 6));
    EXPECT("CO", dns_text_base32hex(text, data, 1));
    EXPECT("CPNG", dns_text_base32hex(text, data, 2));
    EXPECT("CPNMU", dns_text_base32hex(text, data, 3));
    EXPECT("CPNMUOG", dns_text_base32hex(text, data, 4));
    EXPECT("CPNMUOJ1", dns_text_base32hex(text, data, 5));
    EXPECT("CPNMUOJ1E8", dns_text_base32hex(text, data, 6));
}

Test(text, quoted)
{
    EXPECT("\"a \\\"b\\\\\\010\\255\"", dns_text_quoted(text, (const uint8_t *)"a \"b\\\n\xff", 7));
    EXPECT("\"\"", dns_text_quoted(text, NULL, 0));
}

Test(text, dates)
{
    EXPECT("19700101000000", dns_text_date(text, 0));
    EXPECT("20000229235959", dns_text_date(text, 951868799));
    EXPECT("20260131090000", dns_text_date(text, 1769850000));
    EXPECT("21060207062815", dns_text_date(text, UINT32_MAX));
}

Test(text, keeps_a_value_in_one_piece_when_the_room_ends)
{
    struct bench bench = bench_new();
    struct dns_text *text = text_of(&bench);
    char expected[10001] = "";
    dns_text_begin(text);
    for (int i = 0; i < 1000; i++) {
        cr_assert(dns_text_string(text, "0123456789"));
        memcpy(expected + 10 * i, "0123456789", 10);
    }
    expect_text(&bench, expected);
}

Test(text, is_bounded)
{
    struct bench bench = bench_new();
    struct dns_text *text = text_of(&bench);
    uint32_t written = 0;
    for (;; written += 100) {
        dns_text_begin(text);
        if (!dns_text_need(text, 100))
            break;
        memset(text->pos, 'x', 100);
        text->pos += 100;
        dns_text_take(text);
        cr_assert_leq(written, DNS_TEXT_CAP);
    }
    cr_expect_geq(written, DNS_TEXT_CAP - 200 - DNS_TEXT_CAP / 2048 * 100);
    cr_expect_not(dns_text_need(text, 1));
    dns_text_close(text);
    fake_free(&bench.call);
}
