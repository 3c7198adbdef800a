// SPDX-License-Identifier: MIT OR Apache-2.0
#include "builder.h"

static struct reading reading;

static void read_clean(const struct builder *from, uint32_t packets)
{
    reading_of(&reading, from);
    cr_assert_eq(reading.error_count, 0, "%s: %s", reading.errors[0].where, reading.errors[0].text);
    cr_assert_eq(reading.count, packets);
}

static void finish(struct builder *to)
{
    reading_fini(&reading);
    build_fini(to);
}

Test(pcapng, enhanced_packet_in_both_byte_orders)
{
    for (int big = 0; big < 2; big++) {
        struct builder to = {.big = big};
        build_section(&to);
        build_interface(&to, 113, 0, -1);
        build_enhanced(&to, 0, 1700000000000001, 5);
        read_clean(&to, 1);
        const struct palua_packet *packet = &reading.packets[0];
        cr_expect_eq(packet->ts_ns, 1700000000000001000);
        cr_expect_eq(packet->caplen, 5);
        cr_expect_eq(packet->origlen, 6);
        cr_expect_eq(packet->linktype, 113);
        cr_expect_eq(packet->flags, PALUA_PACKET_TRUNCATED);
        cr_expect(reading_has(&reading, 0, (uint8_t)1700000000000001));
        finish(&to);
    }
}

/** An Enhanced Packet Block with one option, of a byte that pads nothing. */
static void build_with_option(struct builder *to, uint16_t code, uint16_t len, uint32_t value)
{
    size_t start = build_block(to, 6);
    build_zeros(to, 12);
    build_u32(to, 5);
    build_u32(to, 5);
    build_data(to, 1, 5);
    build_zeros(to, 3);
    build_u16(to, code);
    build_u16(to, len);
    build_u32(to, value);
    build_block_end(to, start);
}

/** Bits 5 to 8 of a packet's flags come before the interface's option, which is 4 here. */
Test(pcapng, a_packet_says_how_long_its_check_sequence_is)
{
    static const struct {
        uint16_t code, len;
        uint32_t value;
        uint8_t flags;
    } cases[] = {{2, 4, 2 << 5, PALUA_PACKET_FCS_2}, {2, 4, 4 << 5 | 0xfffffe1f, PALUA_PACKET_FCS},
                 {2, 4, 0x1f, PALUA_PACKET_FCS},     {2, 4, 3 << 5, 0},
                 {1, 4, 2 << 5, PALUA_PACKET_FCS},   {2, 3, 2 << 5, PALUA_PACKET_FCS},
                 {2, 5, 2 << 5, PALUA_PACKET_FCS},   {2, 0xffff, 2 << 5, PALUA_PACKET_FCS},
                 {0, 4, 2 << 5, PALUA_PACKET_FCS}};
    for (size_t i = 0; i < 2 * (sizeof cases / sizeof *cases); i++) {
        struct builder to = {.big = i % 2};
        build_section(&to);
        size_t start = build_block(&to, 1);
        build_u16(&to, 1);
        build_zeros(&to, 6);
        build_u16(&to, 13);
        build_u16(&to, 1);
        build_uint(&to, 4, 1);
        build_zeros(&to, 3);
        build_block_end(&to, start);
        build_with_option(&to, cases[i / 2].code, cases[i / 2].len, cases[i / 2].value);
        build_enhanced(&to, 0, 1, 5);
        read_clean(&to, 2);
        cr_expect_eq(reading.packets[0].flags, cases[i / 2].flags, "case %zu", i / 2);
        cr_expect_eq(reading.packets[1].flags, PALUA_PACKET_FCS | PALUA_PACKET_TRUNCATED);
        finish(&to);
    }
}

Test(pcapng, each_section_has_its_own_byte_order_and_interfaces)
{
    struct builder to = {0};
    build_section(&to);
    build_interface(&to, 1, 0, 6);
    build_enhanced(&to, 0, 1, 4);
    to.big = true;
    build_section(&to);
    build_interface(&to, 101, 0, 9);
    build_interface(&to, 113, 0, 0);
    build_enhanced(&to, 1, 2, 4);
    build_enhanced(&to, 0, 3, 4);
    to.big = false;
    build_section(&to);
    build_interface(&to, 12, 0, 3);
    build_enhanced(&to, 0, 4, 4);
    read_clean(&to, 4);
    const struct {
        int64_t ts_ns;
        uint16_t interface;
        uint16_t linktype;
    } expected[] = {{1000, 0, 1}, {2000000000, 2, 113}, {3, 1, 101}, {4000000, 3, 12}};
    for (int i = 0; i < 4; i++) {
        cr_expect_eq(reading.packets[i].ts_ns, expected[i].ts_ns, "packet %d", i);
        cr_expect_eq(reading.packets[i].interface, expected[i].interface, "packet %d", i);
        cr_expect_eq(reading.packets[i].linktype, expected[i].linktype, "packet %d", i);
        cr_expect_eq(reading.packets[i].number, (uint64_t)i + 1);
    }
    finish(&to);
}

Test(pcapng, simple_packet_has_no_time_and_the_first_interface)
{
    struct builder to = {0};
    build_section(&to);
    build_interface(&to, 1, 0, -1);
    build_interface(&to, 113, 0, -1);
    build_enhanced(&to, 1, 77, 4);
    build_simple(&to, 6, 6);
    read_clean(&to, 2);
    const struct palua_packet *packet = &reading.packets[1];
    cr_expect_eq(packet->flags, PALUA_PACKET_NO_TIME);
    cr_expect_eq(packet->ts_ns, 77000, "the time of the packet before");
    cr_expect_eq(packet->interface, 0);
    cr_expect_eq(packet->linktype, 1);
    cr_expect_eq(packet->caplen, 6);
    cr_expect(reading_has(&reading, 1, 1));
    finish(&to);
}

Test(pcapng, simple_packet_is_cut_at_the_snaplen)
{
    struct builder to = {0};
    build_section(&to);
    build_interface(&to, 1, 5, -1);
    build_simple(&to, 1500, 5);
    build_simple(&to, 4, 4);
    read_clean(&to, 2);
    cr_expect_eq(reading.packets[0].caplen, 5);
    cr_expect_eq(reading.packets[0].origlen, 1500);
    cr_expect_eq(reading.packets[0].flags, PALUA_PACKET_NO_TIME | PALUA_PACKET_TRUNCATED);
    cr_expect_eq(reading.packets[1].caplen, 4);
    finish(&to);
}

Test(pcapng, obsolete_packet_block)
{
    for (int big = 0; big < 2; big++) {
        struct builder to = {.big = big};
        build_section(&to);
        build_interface(&to, 1, 0, -1);
        build_interface(&to, 113, 0, 9);
        size_t start = build_block(&to, 2);
        build_u16(&to, 1);
        build_u16(&to, 0xffff); // drops: unknown
        build_u32(&to, 1);
        build_u32(&to, 2);
        build_u32(&to, 7);
        build_u32(&to, 7);
        build_data(&to, 0x50, 7);
        build_block_end(&to, start);
        read_clean(&to, 1);
        cr_expect_eq(reading.packets[0].ts_ns, (1LL << 32) + 2);
        cr_expect_eq(reading.packets[0].interface, 1);
        cr_expect_eq(reading.packets[0].linktype, 113);
        cr_expect(reading_has(&reading, 0, 0x50));
        finish(&to);
    }
}

Test(pcapng, other_blocks_are_walked_over)
{
    const uint32_t types[] = {0, 4, 5, 7, 8, 9, 10, 0x0bad, 0x40000bad, 0x80000001, UINT32_MAX};
    struct builder to = {0};
    build_section(&to);
    for (uint32_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t start = build_block(&to, types[i]);
        build_data(&to, 0xf0, i * 5);
        build_block_end(&to, start);
    }
    build_interface(&to, 1, 0, -1);
    build_enhanced(&to, 0, 1, 4);
    size_t start = build_block(&to, 5);
    build_block_end(&to, start);
    read_clean(&to, 1);
    finish(&to);
}

Test(pcapng, lone_section_is_an_empty_capture)
{
    struct builder to = {0};
    build_section(&to);
    read_clean(&to, 0);
    finish(&to);
}

Test(pcapng, interface_numbers_stop_at_65535)
{
    struct builder to = {0};
    for (int section = 0; section < 2; section++) {
        build_section(&to);
        for (int i = 0; i < 65535; i++)
            build_interface(&to, 1, 0, -1);
        build_enhanced(&to, 65534, 1, 4);
    }
    read_clean(&to, 2);
    cr_expect_eq(reading.packets[0].interface, 65534);
    cr_expect_eq(reading.packets[1].interface, 65535);
    finish(&to);
}

Test(pcapng, interfaces_of_a_section_have_a_cap)
{
    struct builder to = {0};
    build_section(&to);
    for (int i = 0; i < 65536; i++)
        build_interface(&to, 1, 0, -1);
    build_enhanced(&to, 65535, 1, 4);
    size_t end = to.bytes.len;
    build_interface(&to, 1, 0, -1);
    reading_of(&reading, &to);
    cr_expect_eq(reading.count, 1);
    expect_damage(&reading, (unsigned)end, "more than 65536 interfaces");
    finish(&to);
}

Test(pcapng, every_truncation_yields_what_is_whole_then_one_report)
{
    struct builder to = {0};
    size_t ends[6];
    build_section(&to);
    ends[0] = to.bytes.len;
    build_interface(&to, 1, 0, 6);
    ends[1] = to.bytes.len;
    build_enhanced(&to, 0, 1, 9);
    ends[2] = to.bytes.len;
    build_simple(&to, 3, 3);
    ends[3] = to.bytes.len;
    to.big = true;
    build_section(&to);
    ends[4] = to.bytes.len;
    build_interface(&to, 1, 0, -1);
    build_enhanced(&to, 0, 1, 0);
    ends[5] = to.bytes.len;
    for (size_t len = 4; len <= ends[5]; len++) {
        to.bytes.len = len;
        reading_of(&reading, &to);
        unsigned whole = 0U + (len >= ends[2]) + (len >= ends[3]) + (len >= ends[5]);
        cr_expect_eq(reading.count, whole, "%zu bytes", len);
        bool clean = len == ends[4] + 20; // behind the second interface
        for (int i = 0; i < 6; i++)
            clean |= len == ends[i];
        cr_expect_eq(reading.error_count, !clean, "%zu bytes", len);
        if (!clean)
            cr_expect(strstr(reading.errors[0].text, "cut short"), "%s", reading.errors[0].text);
        reading_fini(&reading);
    }
    build_fini(&to);
}

/** One packet, then what `spoil` appends: expects the packet, and damage at the place where the
 * spoilt block starts. */
static void check_damage(void (*spoil)(struct builder *), const char *words)
{
    for (int big = 0; big < 2; big++) {
        struct builder to = {.big = big};
        build_section(&to);
        build_interface(&to, 1, 0, -1);
        build_enhanced(&to, 0, 1, 4);
        unsigned start = (unsigned)to.bytes.len;
        spoil(&to);
        build_enhanced(&to, 0, 2, 4);
        reading_of(&reading, &to);
        cr_expect_eq(reading.count, 1, "%s", words);
        expect_damage(&reading, start, words);
        finish(&to);
    }
}

static void length_odd(struct builder *to)
{
    build_u32(to, 5);
    build_u32(to, 21);
    build_data(to, 0, 24);
}

static void length_zero(struct builder *to)
{
    build_data(to, 0, 1);
    build_zeros(to, 7);
}

static void length_small(struct builder *to)
{
    build_u32(to, 5);
    build_u32(to, 8);
}

static void length_absurd(struct builder *to)
{
    build_u32(to, 5);
    build_u32(to, 0xfffffffc);
}

static void trailer_other(struct builder *to)
{
    size_t start = build_block(to, 5);
    build_zeros(to, 8);
    build_block_end(to, start);
    to->bytes.data[to->bytes.len - (to->big ? 1 : 4)] ^= 4;
}

static void interface_unknown(struct builder *to)
{
    build_enhanced(to, 1, 1, 4);
}

static void packet_short(struct builder *to)
{
    size_t start = build_block(to, 6);
    build_zeros(to, 16);
    build_block_end(to, start);
}

static void packet_empty(struct builder *to)
{
    build_block_end(to, build_block(to, 6));
}

static void obsolete_empty(struct builder *to)
{
    build_block_end(to, build_block(to, 2));
}

static void simple_empty(struct builder *to)
{
    build_block_end(to, build_block(to, 3));
}

static void caplen_past_block(struct builder *to)
{
    size_t start = build_block(to, 6);
    build_zeros(to, 12);
    build_u32(to, 5);
    build_u32(to, 5);
    build_data(to, 0, 4);
    build_block_end(to, start);
}

static void simple_past_block(struct builder *to)
{
    build_simple(to, 2000, 4);
}

static void section_magic(struct builder *to)
{
    size_t start = to->bytes.len;
    build_section(to);
    to->bytes.data[start + 8] ^= 1;
}

static void section_version(struct builder *to)
{
    size_t start = to->bytes.len;
    build_section(to);
    to->bytes.data[start + 12 + (to->big ? 1 : 0)] = 2;
}

static void section_short(struct builder *to)
{
    size_t start = build_block(to, 0x0a0d0d0a);
    build_u32(to, 0x1a2b3c4d);
    build_zeros(to, 8);
    build_block_end(to, start);
}

static void interface_short(struct builder *to)
{
    size_t start = build_block(to, 1);
    build_u32(to, 1);
    build_block_end(to, start);
}

static void interface_option(struct builder *to)
{
    size_t start = build_block(to, 1);
    build_zeros(to, 8);
    build_u16(to, 2);
    build_u16(to, 5);
    build_u32(to, 0);
    build_block_end(to, start);
}

Test(pcapng, damaged_blocks)
{
    check_damage(length_odd, "type 0x5 and 21 bytes, expected a multiple of 4 from 12");
    check_damage(length_zero, "0 bytes, expected a multiple of 4");
    check_damage(length_small, "8 bytes, expected a multiple of 4");
    check_damage(length_absurd, "4294967292 bytes, expected at most 1048576 (capture.record_cap)");
    check_damage(trailer_other, "ends with the length");
    check_damage(interface_unknown, "interface 1, expected one of the 1 described before");
    check_damage(packet_short, "expected 4 bytes more");
    check_damage(packet_empty, "expected 20 bytes more");
    check_damage(obsolete_empty, "expected 20 bytes more");
    check_damage(simple_empty, "expected 4 bytes more");
    check_damage(caplen_past_block, "expected 1 bytes more");
    check_damage(simple_past_block, "expected 1996 bytes more");
    check_damage(section_magic, "byte-order magic");
    check_damage(section_version, "expected 1.0");
    check_damage(section_short, "24 bytes, expected a multiple of 4 from 28");
    check_damage(interface_short, "less than the 8 bytes");
    check_damage(interface_option, "an option that runs past its block");
}

Test(pcapng, packet_before_any_interface_is_damage)
{
    for (int simple = 0; simple < 2; simple++) {
        struct builder to = {0};
        build_section(&to);
        if (simple)
            build_simple(&to, 4, 4);
        else
            build_enhanced(&to, 0, 1, 4);
        reading_of(&reading, &to);
        cr_expect_eq(reading.count, 0);
        expect_damage(&reading, 28, "interface 0, expected one of the 0");
        finish(&to);
    }
}

Test(pcapng, interfaces_do_not_outlive_their_section)
{
    struct builder to = {0};
    build_section(&to);
    build_interface(&to, 1, 0, -1);
    build_section(&to);
    unsigned start = (unsigned)to.bytes.len;
    build_enhanced(&to, 0, 1, 4);
    reading_of(&reading, &to);
    expect_damage(&reading, start, "interface 0, expected one of the 0");
    finish(&to);
}

static void build_packets(struct builder *to, uint32_t first, uint32_t last)
{
    for (uint32_t i = first; i <= last; i++)
        build_enhanced(to, 0, i, i * 7 % 40);
}

Test(pcapng, goes_on_behind_damage_of_any_length)
{
    for (unsigned big = 0; big < 2; big++)
        for (size_t lost = 16; lost < 3000; lost += 1 + lost / 7)
            for (uint32_t block = 64; block <= 65536; block *= 32) {
                struct builder to = {.big = big};
                build_section(&to);
                build_interface(&to, 1, 0, -1);
                build_packets(&to, 1, 5);
                size_t start = to.bytes.len;
                for (size_t i = 0; i < lost; i++)
                    build_raw(&to, "\xff", 1);
                build_packets(&to, 6, 12);
                reading_on(&reading, &to, block);
                expect_resumed(&reading, 12, lost, start + lost);
                reading_fini(&reading);
                build_fini(&to);
            }
}

Test(pcapng, goes_on_behind_a_block_whose_frame_is_sound)
{
    struct builder to = {0};
    build_section(&to);
    build_interface(&to, 1, 0, -1);
    build_packets(&to, 1, 2);
    size_t start = to.bytes.len;
    build_enhanced(&to, 1, 3, 24); // of no interface
    size_t at = to.bytes.len;
    build_packets(&to, 4, 5);
    reading_on(&reading, &to, 4096);
    expect_resumed(&reading, 4, at - start, at);
    reading_fini(&reading);
    build_fini(&to);
}

Test(pcapng, goes_on_with_the_next_section)
{
    struct builder to = {0};
    build_section(&to);
    build_interface(&to, 1, 0, -1);
    build_packets(&to, 1, 2);
    size_t start = to.bytes.len;
    build_packets(&to, 3, 3);
    to.bytes.len -= 8; // a file cut short, and another behind it, of the other byte order
    size_t at = to.bytes.len;
    to.big = true;
    build_section(&to);
    build_interface(&to, 113, 0, -1);
    build_packets(&to, 4, 5);
    reading_on(&reading, &to, 4096);
    expect_resumed(&reading, 4, at - start, at);
    cr_expect_eq(reading.packets[3].linktype, 113);
    cr_expect_eq(reading.packets[3].interface, 1);
    reading_fini(&reading);
    build_fini(&to);
}

Test(pcapng, damaged_section_header_is_followed_by_no_block_but_another)
{
    struct builder to = {0};
    build_section(&to);
    build_interface(&to, 1, 0, -1);
    build_packets(&to, 1, 2);
    size_t start = to.bytes.len;
    build_section(&to);
    to.bytes.data[start + 12] = 2; // the version
    build_interface(&to, 113, 0, -1);
    build_packets(&to, 3, 3);
    size_t at = to.bytes.len;
    build_section(&to);
    build_interface(&to, 113, 0, -1);
    build_packets(&to, 4, 4);
    reading_on(&reading, &to, 4096);
    expect_resumed(&reading, 3, at - start, at);
    reading_fini(&reading);
    build_fini(&to);
}

Test(pcapng, interface_behind_lost_bytes_is_not_trusted)
{
    struct builder to = {0};
    build_section(&to);
    build_interface(&to, 1, 0, -1);
    build_packets(&to, 1, 2);
    build_raw(&to, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16);
    build_packets(&to, 3, 3);
    build_interface(&to, 113, 0, -1); // the second, or was there one in what is lost?
    build_enhanced(&to, 1, 4, 24);
    build_packets(&to, 5, 5);
    reading_on(&reading, &to, 4096);
    cr_expect_eq(reading.count, 4);
    cr_assert_eq(reading.error_count, 2);
    cr_expect(strstr(reading.errors[1].text, "cannot be told from another's"), "%s",
              reading.errors[1].text);
    for (uint32_t i = 0; i < reading.count; i++)
        cr_expect_eq(reading.packets[i].linktype, 1);
    reading_fini(&reading);
    build_fini(&to);
}

Test(pcapng, damaged_interface_keeps_its_number)
{
    struct builder to = {0};
    build_section(&to);
    size_t start = build_block(&to, 1); // link type and no more
    build_u32(&to, 1);
    build_block_end(&to, start);
    build_interface(&to, 113, 0, -1);
    build_enhanced(&to, 1, 1, 24);
    build_enhanced(&to, 0, 2, 24);
    build_enhanced(&to, 1, 3, 24);
    reading_on(&reading, &to, 4096);
    cr_assert_eq(reading.count, 2);
    cr_expect_eq(reading.error_count, 2);
    cr_expect_eq(reading.packets[1].linktype, 113);
    cr_expect_eq(reading.packets[1].interface, 1);
    reading_fini(&reading);
    build_fini(&to);
}

/* Of a capture of a pcapng file on its way. */
Test(pcapng, blocks_in_a_packet_are_none_where_its_last_length_is_damaged)
{
    for (uint32_t block_size = 64; block_size <= 65536; block_size *= 32) {
        struct builder to = {0}, within = {0};
        build_section(&within);
        build_interface(&within, 1, 0, -1);
        build_packets(&within, 1, 9);
        build_section(&to);
        build_interface(&to, 1, 0, -1);
        build_packets(&to, 1, 2);
        size_t start = build_block(&to, 6);
        build_zeros(&to, 12);
        build_u32(&to, (uint32_t)within.bytes.len);
        build_u32(&to, (uint32_t)within.bytes.len);
        build_raw(&to, within.bytes.data, within.bytes.len);
        build_block_end(&to, start);
        size_t at = to.bytes.len;
        to.bytes.data[at - 1] ^= 1;
        build_packets(&to, 4, 6);
        reading_on(&reading, &to, block_size);
        expect_resumed(&reading, 5, at - start, at);
        reading_fini(&reading);
        build_fini(&to);
        build_fini(&within);
    }
}
