// SPDX-License-Identifier: MIT OR Apache-2.0
#include "filter/literal.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct palua_enum_name names[] = {{0, "NOERROR"}, {3, "NXDOMAIN"}, {7, "ipv6-frag"}};
static const struct palua_enum name_list = {names, 3};

static struct arena arena;

static void setup(void)
{
    arena_init(&arena);
}

static void teardown(void)
{
    arena_fini(&arena);
}

TestSuite(literal, .init = setup, .fini = teardown);

static bool read_as(struct filter_type type, const char *text, struct filter_literal *out,
                    struct error *err)
{
    struct filter_lexer lexer;
    struct filter_token token;
    filter_lexer_init(&lexer, text, strlen(text));
    cr_assert(filter_lexer_next(&lexer, &token, NULL));
    bool ok = filter_literal_read(&type, &token, &lexer, "f", &arena, out, err);
    filter_lexer_fini(&lexer);
    return ok;
}

static struct filter_literal good(uint8_t type, const char *text)
{
    struct filter_literal out;
    struct error err = {0};
    cr_assert(read_as((struct filter_type){.type = type, .names = &name_list}, text, &out, &err),
              "%s: %s", text, err.text);
    cr_expect_eq(out.kind, filter_class_of(type));
    return out;
}

static void bad(struct filter_type type, const char *text, const char *words)
{
    struct filter_literal out;
    struct error err = {0};
    type.names = &name_list;
    cr_expect_not(read_as(type, text, &out, &err), "%s", text);
    cr_expect(strstr(err.text, words), "%s: %s", text, err.text);
    cr_expect_eq(strncmp(err.text, "column 1: ", 10), 0, "%s", err.text);
}

#define WHOLE(type, text, want) cr_expect(good(type, text).whole == (__int128)(want), "%s", text)
#define BAD(kind, text, words) bad((struct filter_type){.type = (kind)}, text, words)

Test(literal, whole_numbers)
{
    WHOLE(PALUA_UINT, "0", 0);
    WHOLE(PALUA_UINT, "80", 80);
    WHOLE(PALUA_UINT, "0x1F", 31);
    WHOLE(PALUA_UINT, "18446744073709551615", UINT64_MAX);
    WHOLE(PALUA_INT, "-9223372036854775808", INT64_MIN);
    BAD(PALUA_UINT, "18446744073709551616", "18446744073709551616 is none");
    BAD(PALUA_UINT, "010", "010 is none");
    BAD(PALUA_UINT, "0x", "is none");
    BAD(PALUA_UINT, "-", "is none");
    BAD(PALUA_UINT, "1.5", "f is a whole number, and 1.5 is none; write one such as 80");
    BAD(PALUA_UINT, "5s", "is none");
    BAD(PALUA_UINT, "\"80\"", "write it without quotes");
    BAD(PALUA_UINT, ")", "a value was expected, to compare f with; it is a whole number");
    BAD(PALUA_UINT, "", "a value was expected");
}

Test(literal, enums_by_number_or_name)
{
    WHOLE(PALUA_ENUM, "3", 3);
    WHOLE(PALUA_ENUM, "99", 99);
    WHOLE(PALUA_ENUM, "NXDOMAIN", 3);
    WHOLE(PALUA_ENUM, "nxdomain", 3);
    WHOLE(PALUA_ENUM, "\"NOERROR\"", 0);
    WHOLE(PALUA_ENUM, "ipv6-frag", 7);
    BAD(PALUA_ENUM, "NXDOMIAN", "f has no value 'NXDOMIAN'; did you mean 'NXDOMAIN'?");
    BAD(PALUA_ENUM, "elephant", "f is a number with names, and elephant is none");
}

Test(literal, bools)
{
    WHOLE(PALUA_BOOL, "true", 1);
    WHOLE(PALUA_BOOL, "TRUE", 1);
    WHOLE(PALUA_BOOL, "1", 1);
    WHOLE(PALUA_BOOL, "false", 0);
    WHOLE(PALUA_BOOL, "0", 0);
    BAD(PALUA_BOOL, "2", "f is true or false, and 2 is none");
}

Test(literal, reals)
{
    cr_expect_eq(good(PALUA_REAL, "0.25").real, 0.25);
    cr_expect_eq(good(PALUA_REAL, "-1e3").real, -1000.0);
    BAD(PALUA_REAL, "0.25x", "is none");
    BAD(PALUA_REAL, "\"\"", "is none");
}

Test(literal, durations)
{
    WHOLE(PALUA_DURATION, "5s", 5000000000);
    WHOLE(PALUA_DURATION, "5", 5000000000);
    WHOLE(PALUA_DURATION, "0.000000001", 1);
    WHOLE(PALUA_DURATION, "1.5ms", 1500000);
    WHOLE(PALUA_DURATION, "250us", 250000);
    WHOLE(PALUA_DURATION, "7ns", 7);
    WHOLE(PALUA_DURATION, "2m", 120000000000);
    WHOLE(PALUA_DURATION, "2min", 120000000000);
    WHOLE(PALUA_DURATION, "1h", 3600000000000);
    WHOLE(PALUA_DURATION, "1d", 86400000000000);
    WHOLE(PALUA_DURATION, "-1s", -1000000000);
    WHOLE(PALUA_DURATION, "\"5s\"", 5000000000);
    BAD(PALUA_DURATION, "5x", "f is a duration, and 5x is none");
    BAD(PALUA_DURATION, "s", "is none");
    BAD(PALUA_DURATION, "1.2.3", "is none");
    BAD(PALUA_DURATION, "99999999999999999999", "is none");
    BAD(PALUA_DURATION, "9999999999d", "is none");
}

Test(literal, times)
{
    WHOLE(PALUA_TIME, "0", 0);
    WHOLE(PALUA_TIME, "1700000000.123456789", 1700000000123456789);
    WHOLE(PALUA_TIME, "2023-11-14T22:13:20Z", 1700000000000000000);
    WHOLE(PALUA_TIME, "\"2023-11-14 22:13:20\"", 1700000000000000000);
    WHOLE(PALUA_TIME, "\"2023-11-14 22:13:20.5\"", 1700000000500000000);
    WHOLE(PALUA_TIME, "2023-11-14", 1699920000000000000);
    BAD(PALUA_TIME, "yesterday", "f is a time, and yesterday is none");
    BAD(PALUA_TIME, "2023-13-14", "is none");
    BAD(PALUA_TIME, "2023-02-29", "is none");
    BAD(PALUA_TIME, "2023-04-31T10:00:00", "is none");
    WHOLE(PALUA_TIME, "2024-02-29", 1709164800000000000);
    BAD(PALUA_TIME, "\"2023-11-14 22:13:20 CET\"", "is none");
}

Test(literal, addresses_and_networks)
{
    struct filter_literal net = good(PALUA_IPADDR, "10.1.2.3/8");
    cr_expect(net.network && net.prefix == 8 && net.slice.len == 4);
    cr_expect_not(good(PALUA_IPADDR, "::1").network);
    cr_expect_eq(good(PALUA_IPADDR, "2001:db8::/32").slice.len, 16);
    cr_expect_eq(good(PALUA_IPADDR, "0.0.0.0/0").prefix, 0);
    cr_expect_eq(good(PALUA_IPADDR, "::/128").prefix, 128);
    BAD(PALUA_IPADDR, "1.2.3.4/33", "1.2.3.4/33 is no network: behind the / a number from 0 to 32");
    BAD(PALUA_IPADDR, "::/129", "from 0 to 128");
    BAD(PALUA_IPADDR, "1.2.3.4/", "is no network");
    BAD(PALUA_IPADDR, "1.2.3.4/-1", "is no network");
    BAD(PALUA_IPADDR, "1.2.3", "f is an address, and 1.2.3 is none");
    bad((struct filter_type){.type = PALUA_IPADDR, .address_len = 4}, "::1",
        "f is an IPv4 address, and ::1 is none");
    bad((struct filter_type){.type = PALUA_IPADDR, .address_len = 16}, "1.2.3.4",
        "f is an IPv6 address, and 1.2.3.4 is none");
}

Test(literal, bytes_and_texts)
{
    cr_expect_arr_eq(good(PALUA_MAC, "00:1b:21:3c:9d:f8").slice.data, "\x00\x1b\x21\x3c\x9d\xf8",
                     6);
    BAD(PALUA_MAC, "00:1b:21:3c:9d", "f is a MAC address");
    cr_expect_arr_eq(good(PALUA_BYTES, "47:45-54").slice.data, "GET", 3);
    cr_expect_eq(good(PALUA_BYTES, "474554").slice.len, 3);
    cr_expect_eq(good(PALUA_BYTES, "\"GET \"").slice.len, 4);
    cr_expect_eq(good(PALUA_BYTES, "\"\"").slice.len, 0);
    BAD(PALUA_BYTES, "474", "f is bytes, and 474 is none");
    BAD(PALUA_BYTES, "47:", "is none");
    BAD(PALUA_BYTES, ":47", "is none");
    BAD(PALUA_BYTES, "47::45", "is none");
    BAD(PALUA_BYTES, "4:745", "is none");
    cr_expect_eq(good(PALUA_STRING, "'a b'").slice.len, 3);
    BAD(PALUA_STRING, "abc", "f is a text, and abc is none; write it in quotes");
}

static int order(const struct filter_literal *a, const struct filter_literal *b)
{
    int out = 99;
    return filter_literal_order(a, b, &out) ? out : 99;
}

Test(literal, order_and_equality)
{
    struct filter_literal small = good(PALUA_INT, "-1"),
                          large = good(PALUA_UINT, "18446744073709551615");
    cr_expect_eq(order(&small, &large), -1);
    cr_expect_eq(order(&large, &small), 1);
    cr_expect_eq(order(&small, &small), 0);
    cr_expect_not(filter_literal_equal(&small, &large));
    struct filter_literal v4 = good(PALUA_IPADDR, "1.2.3.4"), v6 = good(PALUA_IPADDR, "::1");
    cr_expect_eq(order(&v4, &v6), 99, "addresses of both versions have no order");
    cr_expect_not(filter_literal_equal(&v4, &v6));
    struct filter_literal a = good(PALUA_STRING, "'a'"), ab = good(PALUA_STRING, "'ab'"),
                          none = good(PALUA_STRING, "''");
    cr_expect_eq(order(&a, &ab), -1, "a beginning comes first");
    cr_expect_eq(order(&ab, &none), 1);
    cr_expect_eq(order(&none, &none), 0);
    cr_expect(filter_literal_equal(&none, &none));
    struct filter_literal nan = {.kind = FILTER_REAL, .real = __builtin_nan("")},
                          one = {.kind = FILTER_REAL, .real = 1};
    cr_expect_eq(order(&nan, &one), 99);
    cr_expect_not(filter_literal_equal(&nan, &nan));
    cr_expect_eq(order(&one, &one), 0);
}

Test(literal, a_network_equals_its_addresses)
{
    static const struct {
        const char *address, *network;
        bool in;
    } cases[] = {
        {"10.255.255.255", "10.0.0.0/8", true},  {"11.0.0.0", "10.0.0.0/8", false},
        {"192.0.2.129", "192.0.2.128/25", true}, {"192.0.2.127", "192.0.2.128/25", false},
        {"192.0.2.1", "192.0.2.1/32", true},     {"192.0.2.2", "192.0.2.1/32", false},
        {"1.2.3.4", "0.0.0.0/0", true},          {"::1", "0.0.0.0/0", false},
        {"2001:db8::1", "2001:db8::/33", true},  {"2001:db8:8000::1", "2001:db8::/33", false},
        {"fe80::1", "fe80::/10", true},          {"fec0::1", "fe80::/10", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct filter_literal a = good(PALUA_IPADDR, cases[i].address),
                              b = good(PALUA_IPADDR, cases[i].network);
        cr_expect_eq(filter_literal_equal(&a, &b), cases[i].in, "%s in %s", cases[i].address,
                     cases[i].network);
    }
}

Test(literal, of_a_value)
{
    struct filter_literal out;
    struct value value = {.type = PALUA_UINT, .uint = UINT64_MAX};
    cr_expect(filter_literal_of(&value, &out) && out.whole == (__int128)UINT64_MAX);
    value = (struct value){.type = PALUA_DURATION, .sint = -5};
    cr_expect(filter_literal_of(&value, &out) && out.whole == -5 && out.kind == FILTER_DURATION);
    value = (struct value){.type = PALUA_LIST};
    cr_expect_not(filter_literal_of(&value, &out));
    value = (struct value){0};
    cr_expect_not(filter_literal_of(&value, &out));
}
