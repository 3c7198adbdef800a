// SPDX-License-Identifier: MIT OR Apache-2.0
#include "builder.h"

static struct reading reading;

static void build_header(struct builder *to, uint32_t version, uint32_t datalink)
{
    to->big = true;
    build_raw(to, "snoop\0\0", 8);
    build_u32(to, version);
    build_u32(to, datalink);
}

static void build_snoop(struct builder *to, uint32_t origlen, uint32_t caplen, uint32_t len,
                        size_t data)
{
    build_u32(to, origlen);
    build_u32(to, caplen);
    build_u32(to, len);
    build_u32(to, 9); // dropped before it
    build_u32(to, 1700000000);
    build_u32(to, 123456);
    build_data(to, 0x30, data);
}

static void expect_refusal(const struct builder *from, uint32_t packets, const char *where,
                           const char *words)
{
    reading_of(&reading, from);
    cr_expect_eq(reading.count, packets);
    cr_assert_eq(reading.error_count, 1);
    cr_expect_eq(reading.statuses[0], CAPTURE_DAMAGED);
    cr_expect(strstr(reading.errors[0].where, where), "%s", reading.errors[0].where);
    cr_expect(strstr(reading.errors[0].text, words), "%s", reading.errors[0].text);
    reading_fini(&reading);
}

Test(snoop, records_with_and_without_padding)
{
    struct builder to = {0};
    build_header(&to, 2, 4);
    build_snoop(&to, 1500, 5, 32, 8); // 3 bytes of padding
    build_snoop(&to, 4, 4, 28, 4);
    build_snoop(&to, 0, 0, 24, 0);
    reading_of(&reading, &to);
    cr_assert_eq(reading.error_count, 0, "%s", reading.errors[0].text);
    cr_assert_eq(reading.count, 3);
    cr_expect_eq(reading.packets[0].ts_ns, 1700000000123456000);
    cr_expect_eq(reading.packets[0].caplen, 5);
    cr_expect_eq(reading.packets[0].origlen, 1500);
    cr_expect_eq(reading.packets[0].linktype, 1);
    cr_expect_eq(reading.packets[0].flags, PALUA_PACKET_TRUNCATED);
    cr_expect(reading_has(&reading, 0, 0x30));
    cr_expect(reading_has(&reading, 1, 0x30));
    cr_expect_eq(reading.packets[2].caplen, 0);
    cr_expect_eq(reading.packets[2].frame, 3);
    reading_fini(&reading);
    build_fini(&to);
}

Test(snoop, datalink_types)
{
    const struct {
        uint32_t datalink;
        uint16_t linktype;
    } cases[] = {
        {0, 1},     {1, 65535},  {2, 6},      {3, 65535},         {4, 1}, {5, 65535}, {8, 10},
        {9, 65535}, {0x1a, 242}, {0x12, 123}, {UINT32_MAX, 65535}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct builder to = {0};
        build_header(&to, 2, cases[i].datalink);
        build_snoop(&to, 1, 1, 25, 1);
        reading_of(&reading, &to);
        cr_assert_eq(reading.count, 1);
        cr_expect_eq(reading.packets[0].linktype, cases[i].linktype, "%u", cases[i].datalink);
        reading_fini(&reading);
        build_fini(&to);
    }
}

Test(snoop, every_truncation)
{
    for (size_t len = 8; len < 16 + 2 * 29; len++) {
        struct builder to = {0};
        build_header(&to, 2, 4);
        build_snoop(&to, 5, 5, 29, 5);
        build_snoop(&to, 5, 5, 29, 5);
        to.bytes.len = len;
        bool whole = len >= 16 && (len - 16) % 29 == 0;
        reading_of(&reading, &to);
        cr_expect_eq(reading.count, len < 16 ? 0 : (len - 16) / 29);
        cr_expect_eq(reading.error_count, whole ? 0 : 1, "%zu bytes", len);
        reading_fini(&reading);
        build_fini(&to);
    }
}

Test(snoop, other_versions_are_refused)
{
    for (uint32_t version = 0; version < 6; version++) {
        struct builder to = {0};
        build_header(&to, version, 4);
        if (version != 2)
            expect_refusal(&to, 0, "@0x0", "expected 2");
        build_fini(&to);
    }
}

static void check_record(uint32_t caplen, uint32_t len, const char *words)
{
    struct builder to = {0};
    build_header(&to, 2, 4);
    build_snoop(&to, 5, 5, 29, 5);
    build_snoop(&to, caplen, caplen, len, 64);
    expect_refusal(&to, 1, "@0x2d", words);
    build_fini(&to);
}

Test(snoop, lengths_that_lie)
{
    check_record(0, 0,
                 "got a record of 0 bytes that holds a packet of 0, expected at least 24 more");
    check_record(0, 23, "got a record of 23 bytes");
    check_record(1, 24, "got a record of 24 bytes that holds a packet of 1");
    check_record(UINT32_MAX, 64, "holds a packet of 4294967295");
    check_record(UINT32_MAX, UINT32_MAX, "expected at most");
    check_record(65, 24 + 65, "cut short");
}
