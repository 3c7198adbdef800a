// SPDX-License-Identifier: MIT OR Apache-2.0
#include <criterion/criterion.h>
#include <string.h>

#include <palua/abi.h>

#include "capture/interface.h"

struct body {
    uint8_t bytes[64];
    size_t len;
};

static struct body body_new(void)
{
    return (struct body){.bytes = {0x71, 0, 0xff, 0xff, 0x00, 0x02, 0, 0}, .len = 8};
}

static void body_option(struct body *body, uint8_t code, const void *value, uint8_t len)
{
    const uint8_t head[] = {code, 0, len, 0};
    memcpy(body->bytes + body->len, head, 4);
    memcpy(body->bytes + body->len + 4, value, len);
    body->len += 4 + ((len + 3U) & ~3U);
}

static const char *parse(struct interface *out, const struct body *body)
{
    return interface_parse(out, cursor_of(body->bytes, body->len), false);
}

static struct interface with(uint8_t resolution, int64_t offset_s)
{
    struct body body = body_new();
    struct interface out;
    body_option(&body, 9, &resolution, 1);
    body_option(&body, 14, &offset_s, 8);
    cr_assert_null(parse(&out, &body));
    return out;
}

static int64_t time_of(uint8_t resolution, int64_t offset_s, uint64_t ts)
{
    struct interface interface = with(resolution, offset_s);
    return interface_time(&interface, ts);
}

Test(interface, without_options_counts_microseconds)
{
    struct body body = body_new();
    struct interface out;
    cr_assert_null(parse(&out, &body));
    cr_expect_eq(out.linktype, 0x71);
    cr_expect_eq(out.snaplen, 512);
    cr_expect_eq(interface_time(&out, 1700000000000001), 1700000000000001000);
}

Test(interface, big_endian)
{
    const uint8_t bytes[] = {0, 0x71, 0, 0,  0, 0, 2,    0,    0,    9,    0,    1,    9,    0,
                             0, 0,    0, 14, 0, 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe};
    struct interface out;
    cr_assert_null(interface_parse(&out, cursor_of(bytes, sizeof bytes), true));
    cr_expect_eq(out.linktype, 0x71);
    cr_expect_eq(out.snaplen, 512);
    cr_expect_eq(interface_time(&out, 5), 5 - 2000000000);
}

Test(interface, decimal_resolutions)
{
    cr_expect_eq(time_of(0, 0, 3), 3000000000);
    cr_expect_eq(time_of(3, 0, 3), 3000000);
    cr_expect_eq(time_of(6, 0, 3), 3000);
    cr_expect_eq(time_of(9, 0, 3), 3);
    cr_expect_eq(time_of(10, 0, 39), 3);
    cr_expect_eq(time_of(12, 0, 3999), 3);
    cr_expect_eq(time_of(28, 0, UINT64_MAX), 1);
    cr_expect_eq(time_of(29, 0, UINT64_MAX), 0);
    cr_expect_eq(time_of(127, 0, UINT64_MAX), 0);
}

Test(interface, binary_resolutions)
{
    cr_expect_eq(time_of(0x80, 0, 3), 3000000000);
    cr_expect_eq(time_of(0x81, 0, 3), 1500000000);
    cr_expect_eq(time_of(0x80 + 32, 0, 1ULL << 31), 500000000);
    cr_expect_eq(time_of(0x80 + 63, 0, UINT64_MAX), 1999999999);
    cr_expect_eq(time_of(0x80 + 64, 0, UINT64_MAX), 999999999);
    cr_expect_eq(time_of(0xff, 0, UINT64_MAX), 0);
}

Test(interface, offset_is_signed)
{
    cr_expect_eq(time_of(9, 10, 1), 10000000001);
    cr_expect_eq(time_of(9, -10, 1), -9999999999);
    cr_expect_eq(time_of(0x81, -1, 1), -500000000);
}

Test(interface, times_out_of_range_become_the_nearest_in_it)
{
    cr_expect_eq(time_of(9, 0, INT64_MAX), INT64_MAX);
    cr_expect_eq(time_of(9, 0, (uint64_t)INT64_MAX + 1), INT64_MAX);
    cr_expect_eq(time_of(0, 0, UINT64_MAX), INT64_MAX);
    cr_expect_eq(time_of(0, INT64_MAX, UINT64_MAX), INT64_MAX);
    cr_expect_eq(time_of(9, INT64_MIN, 0), INT64_MIN);
    cr_expect_eq(time_of(127, INT64_MIN, UINT64_MAX), INT64_MIN);
    cr_expect_eq(time_of(0x80, INT64_MAX, UINT64_MAX), INT64_MAX);
    // Too large only before the offset is added.
    cr_expect_eq(time_of(6, -9223372036, 9223372036854775 + 1000000), 1854775000);
}

Test(interface, end_of_options_ends_them)
{
    struct body body = body_new();
    struct interface out;
    const uint8_t resolution = 9;
    body_option(&body, 0, "", 0);
    body_option(&body, 9, &resolution, 1);
    cr_assert_null(parse(&out, &body));
    cr_expect_eq(interface_time(&out, 1), 1000);
}

Test(interface, malformed)
{
    struct interface out;
    struct body body = body_new();
    body.len = 7;
    cr_expect(strstr(parse(&out, &body), "8 bytes"));
    body = body_new();
    body_option(&body, 9, "ab", 2);
    cr_expect(strstr(parse(&out, &body), "if_tsresol"));
    body = body_new();
    body_option(&body, 14, "abcd", 4);
    cr_expect(strstr(parse(&out, &body), "if_tsoffset"));
    body = body_new();
    body_option(&body, 2, "abcd", 4);
    body.len--;
    cr_expect(strstr(parse(&out, &body), "past its block"));
    body = body_new();
    body_option(&body, 2, "abc", 3); // the padding belongs to the option
    body.len--;
    cr_expect(strstr(parse(&out, &body), "past its block"));
}

Test(interface, every_truncation_is_safe)
{
    struct body body = body_new();
    struct interface out;
    const uint8_t resolution = 9;
    const int64_t offset = 1;
    body_option(&body, 9, &resolution, 1);
    body_option(&body, 14, &offset, 8);
    for (size_t len = body.len; len-- > 0;) {
        uint8_t *exact = malloc(len ? len : 1);
        memcpy(exact, body.bytes, len);
        const char *problem = interface_parse(&out, cursor_of(exact, len), false);
        // Whole, or cut inside the next option's four-byte head, which then is no option.
        bool whole = (len >= 8 && len < 12) || (len >= 16 && len < 20);
        cr_expect_eq(problem == NULL, whole, "%zu bytes: %s", len, problem ? problem : "fine");
        free(exact);
    }
}

/** In octets, as it is written, and in bits, as the draft has it. */
Test(interface, length_of_the_check_sequence)
{
    static const struct {
        uint8_t len;
        uint8_t flags;
    } cases[] = {{4, PALUA_PACKET_FCS},
                 {32, PALUA_PACKET_FCS},
                 {2, PALUA_PACKET_FCS_2},
                 {16, PALUA_PACKET_FCS_2},
                 {0, 0},
                 {1, 0},
                 {3, 0},
                 {8, 0},
                 {5, 0},
                 {64, 0},
                 {255, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct body body = body_new();
        struct interface out;
        body_option(&body, 13, &cases[i].len, 1);
        cr_assert_null(parse(&out, &body));
        cr_expect_eq(out.flags, cases[i].flags, "%u", cases[i].len);
    }
    struct body body = body_new();
    struct interface out;
    body_option(&body, 13, "", 0);
    cr_assert_null(parse(&out, &body));
    cr_expect_eq(out.flags, 0);
}
