// SPDX-License-Identifier: MIT OR Apache-2.0
#include "builder.h"

#include "capture/format.h"

enum { MICRO = 0xa1b2c3d4, NANO = 0xa1b23c4d, MODIFIED = 0xa1b2cd34 };

static struct reading reading;

static const struct palua_packet *only_packet(const struct builder *from)
{
    reading_of(&reading, from);
    cr_assert_eq(reading.error_count, 0, "%s", reading.errors[0].text);
    cr_assert_eq(reading.count, 1);
    return &reading.packets[0];
}

static void check_plain(bool big, uint32_t magic, int64_t ts_ns)
{
    struct builder to = {.big = big};
    build_pcap(&to, magic, 1);
    build_record(&to, 1700000000, 999999, 5, 60);
    build_data(&to, 9, 5);
    const struct palua_packet *packet = only_packet(&to);
    cr_expect_eq(packet->ts_ns, ts_ns);
    cr_expect_eq(packet->caplen, 5);
    cr_expect_eq(packet->origlen, 60);
    cr_expect_eq(packet->linktype, 1);
    cr_expect_eq(packet->interface, 0);
    cr_expect_eq(packet->number, 1);
    cr_expect_eq(packet->frame, 1);
    cr_expect_eq(packet->flags, PALUA_PACKET_TRUNCATED);
    cr_expect(reading_has(&reading, 0, 9));
    reading_fini(&reading);
    build_fini(&to);
}

Test(pcap, both_byte_orders_and_both_resolutions)
{
    check_plain(false, MICRO, 1700000000999999000);
    check_plain(true, MICRO, 1700000000999999000);
    check_plain(false, NANO, 1700000000000999999);
    check_plain(true, NANO, 1700000000000999999);
}

Test(pcap, record_of_the_modified_format_is_eight_bytes_longer)
{
    for (int big = 0; big < 2; big++) {
        struct builder to = {.big = big};
        build_pcap(&to, MODIFIED, 1);
        for (int i = 0; i < 2; i++) {
            build_record(&to, 5, 6, 4, 4);
            build_uint(&to, 0x0102030405060708, 8);
            build_data(&to, 0x40, 4);
        }
        reading_of(&reading, &to);
        cr_assert_eq(reading.count, 2);
        cr_expect_eq(reading.error_count, 0);
        cr_expect_eq(reading.packets[1].ts_ns, 5000006000);
        cr_expect(reading_has(&reading, 1, 0x40));
        reading_fini(&reading);
        build_fini(&to);
    }
}

Test(pcap, largest_times_do_not_overflow)
{
    struct builder to = {0};
    build_pcap(&to, MICRO, 1);
    build_record(&to, UINT32_MAX, UINT32_MAX, 0, 0);
    cr_expect_eq(only_packet(&to)->ts_ns, 4294967295000000000 + 4294967295000);
    reading_fini(&reading);
    build_fini(&to);
}

Test(pcap, frame_check_sequence_bits_are_not_part_of_the_link_type)
{
    struct builder to = {0};
    build_pcap(&to, MICRO, 0xfc000071);
    build_packet(&to, 1, 4);
    cr_expect_eq(only_packet(&to)->linktype, 0x71);
    reading_fini(&reading);
    build_fini(&to);
}

/** Words of 16 bits behind the bit that says so; other lengths than 1 and 2 are nobody's. */
Test(pcap, frame_check_sequence_is_told_to_decode)
{
    static const struct {
        uint32_t network;
        unsigned flags;
    } cases[] = {{0x24000001, PALUA_PACKET_FCS},
                 {0x14000001, PALUA_PACKET_FCS_2},
                 {0x20000001, 0},
                 {0x10000001, 0},
                 {0x04000001, 0},
                 {0x34000001, 0},
                 {0xf4000001, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct builder to = {0};
        build_pcap(&to, MICRO, cases[i].network);
        build_packet(&to, 1, 4);
        cr_expect_eq(only_packet(&to)->flags & FRAMING_FCS, cases[i].flags, "%x", cases[i].network);
        reading_fini(&reading);
        build_fini(&to);
    }
}

Test(pcap, snaplen_is_not_believed)
{
    const uint32_t snaplens[] = {0, 1, UINT32_MAX};
    for (size_t i = 0; i < sizeof snaplens / sizeof *snaplens; i++) {
        struct builder to = {0};
        build_pcap(&to, MICRO, 1);
        memcpy(to.bytes.data + 16, &snaplens[i], 4);
        build_packet(&to, 1, 100);
        cr_expect_eq(only_packet(&to)->caplen, 100);
        reading_fini(&reading);
        build_fini(&to);
    }
}

static void check_lengths(uint16_t major, uint16_t minor, uint32_t first, uint32_t second)
{
    struct builder to = {.big = major == 543};
    build_pcap(&to, MICRO, 1);
    size_t end = to.bytes.len;
    to.bytes.len = 4;
    build_u16(&to, major);
    build_u16(&to, minor);
    to.bytes.len = end;
    build_record(&to, 1, 1, first, second);
    build_data(&to, 3, 20);
    const struct palua_packet *packet = only_packet(&to);
    cr_expect_eq(packet->caplen, 20, "version %u.%u", major, minor);
    cr_expect_eq(packet->origlen, 60, "version %u.%u", major, minor);
    reading_fini(&reading);
    build_fini(&to);
}

Test(pcap, old_versions_name_the_original_length_first)
{
    check_lengths(2, 4, 20, 60);
    check_lengths(2, 8224, 20, 60);
    check_lengths(2, 3, 20, 60);
    check_lengths(2, 3, 60, 20);
    check_lengths(2, 2, 60, 20);
    check_lengths(543, 0, 60, 20);
}

Test(pcap, unknown_version_is_damage)
{
    struct builder to = {0};
    build_pcap(&to, MICRO, 1);
    to.bytes.data[4] = 7;
    reading_of(&reading, &to);
    expect_damage(&reading, 0, "version 7.4, expected 2.4");
    reading_fini(&reading);
    build_fini(&to);
}

Test(pcap, lone_header_is_an_empty_capture)
{
    struct builder to = {0};
    build_pcap(&to, MICRO, 1);
    reading_of(&reading, &to);
    cr_expect_eq(reading.count, 0);
    cr_expect_eq(reading.error_count, 0);
    reading_fini(&reading);
    build_fini(&to);
}

Test(pcap, captured_longer_than_original_is_kept_as_it_is)
{
    struct builder to = {0};
    build_pcap(&to, MICRO, 1);
    build_record(&to, 1, 1, 20, 10);
    build_data(&to, 0, 20);
    const struct palua_packet *packet = only_packet(&to);
    cr_expect_eq(packet->caplen, 20);
    cr_expect_eq(packet->origlen, 10);
    cr_expect_eq(packet->flags, 0);
    reading_fini(&reading);
    build_fini(&to);
}

Test(pcap, every_truncation_yields_what_is_whole_then_one_report)
{
    struct builder to = {0};
    const unsigned ends[] = {24, 24 + 16, 40 + 16 + 3,
                             59 + 16 + 30}; // header, then records of 0, 3 and 30 bytes
    build_pcap(&to, MICRO, 1);
    build_packet(&to, 1, 0);
    build_packet(&to, 2, 3);
    build_packet(&to, 3, 30);
    cr_assert_eq(to.bytes.len, ends[3]);
    for (unsigned len = 4; len <= ends[3]; len++) {
        to.bytes.len = len;
        reading_of(&reading, &to);
        uint32_t whole = 0;
        while (whole < 3 && ends[whole + 1] <= len)
            whole++;
        cr_expect_eq(reading.count, whole, "%u bytes", len);
        if (len == 24 || (len > 24 && len == ends[whole]))
            cr_expect_eq(reading.error_count, 0, "%u bytes: %s", len, reading.errors[0].text);
        else
            expect_damage(&reading, len < 24 ? 0 : ends[whole], "cut short");
        reading_fini(&reading);
    }
    build_fini(&to);
}

Test(pcap, record_length_meets_the_cap)
{
    struct builder to = {0};
    build_pcap(&to, MICRO, 1);
    build_packet(&to, 1, READING_CAP);
    build_packet(&to, 2, 4);
    reading_of(&reading, &to);
    cr_expect_eq(reading.count, 2);
    cr_expect_eq(reading.packets[0].caplen, READING_CAP);
    cr_expect(reading_has(&reading, 0, 1));
    reading_fini(&reading);
    build_fini(&to);
}

Test(pcap, record_length_one_above_the_cap_is_damage)
{
    struct builder to = {0};
    build_pcap(&to, MICRO, 1);
    build_packet(&to, 1, 4);
    build_packet(&to, 2, READING_CAP + 1);
    reading_of(&reading, &to);
    cr_expect_eq(reading.count, 1);
    expect_damage(&reading, 44, "got a record of 1048577 bytes, expected at most 1048576");
    reading_fini(&reading);
    build_fini(&to);
}

Test(pcap, length_larger_than_the_file_is_damage)
{
    struct builder to = {0};
    build_pcap(&to, MICRO, 1);
    build_packet(&to, 1, 4);
    build_record(&to, 2, 0, 100000, 100000);
    build_data(&to, 0, 10);
    reading_of(&reading, &to);
    cr_expect_eq(reading.count, 1);
    expect_damage(&reading, 44, "the input ends 26 bytes into a record, expected 100016");
    reading_fini(&reading);
    build_fini(&to);
}

Test(pcap, frames_a_whole_batch_in_place_in_one_call)
{
    struct builder to = {0};
    struct palua_packet packets[5];
    build_pcap(&to, MICRO, 1);
    for (uint32_t i = 0; i < 7; i++)
        build_packet(&to, i, 8);
    struct framing framing = {.in = cursor_of(to.bytes.data, to.bytes.len),
                              .packets = packets,
                              .cap = 5,
                              .record_cap = 64};
    void *state = format_pcap.open();
    cr_expect_eq(format_pcap.frame(state, &framing), FRAMING_OK);
    cr_assert_eq(framing.count, 5);
    for (uint32_t i = 0; i < 5; i++)
        cr_expect_eq((const char *)packets[i].data, to.bytes.data + 24 + i * 24 + 16);
    cr_expect_eq(cursor_offset(&framing.in), 24 + 5 * 24, "the rest stays for the next batch");
    framing.count = 0;
    cr_expect_eq(format_pcap.frame(state, &framing), FRAMING_MORE);
    cr_expect_eq(framing.count, 2);
    cr_expect_eq(framing.number, 7);
    cr_expect_eq(framing.bytes, 56);
    cr_expect_eq(cursor_left(&framing.in), 0);
    format_pcap.close(state);
    build_fini(&to);
}

/** Packets `first` to `last`, a second apart, of 20 to 60 bytes that are no header. */
static void build_packets(struct builder *to, uint32_t first, uint32_t last)
{
    for (uint32_t i = first; i <= last; i++)
        build_packet(to, 1700000000 + i, 20 + i * 7 % 40);
}

Test(pcap, goes_on_behind_damage_of_any_length)
{
    for (unsigned big = 0; big < 2; big++)
        for (size_t lost = 16; lost < 3000; lost += 1 + lost / 7)
            for (uint32_t block = 64; block <= 65536; block *= 32) {
                struct builder to = {.big = big};
                build_pcap(&to, MICRO, 1);
                build_packets(&to, 1, 5);
                size_t start = to.bytes.len;
                for (size_t i = 0; i < lost; i++)
                    build_raw(&to, "\xff", 1);
                build_packets(&to, 6, 12);
                reading_on(&reading, &to, block);
                expect_resumed(&reading, 12, lost, start + lost);
                for (uint32_t i = 0; i < 12; i++)
                    cr_expect_eq(reading.packets[i].caplen, 20 + (i + 1) * 7 % 40);
                reading_fini(&reading);
                build_fini(&to);
            }
}

Test(pcap, goes_on_behind_a_length_past_the_end)
{
    struct builder to = {0};
    build_pcap(&to, MICRO, 1);
    build_packets(&to, 1, 2);
    size_t start = to.bytes.len;
    build_record(&to, 1700000003, 0, 900000, 900000);
    build_data(&to, 0, 33);
    size_t at = to.bytes.len;
    build_packets(&to, 4, 4); // alone, but it ends where the input does
    reading_on(&reading, &to, 4096);
    expect_resumed(&reading, 3, at - start, at);
    cr_expect(strstr(reading.errors[0].text, "the input ends"));
    reading_fini(&reading);
    build_fini(&to);
}

Test(pcap, does_not_take_for_a_record_what_may_be_none)
{
    enum { TWO_CUT, OTHER_YEAR, FRACTION, ORIGLEN, EMPTY, CASES };
    for (int i = 0; i < CASES; i++) {
        struct builder to = {0};
        build_pcap(&to, MICRO, 1);
        build_packets(&to, 1, 2);
        build_raw(&to, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16);
        for (uint32_t k = 0; k < (i == TWO_CUT ? 2 : 9); k++) {
            uint32_t len = i == EMPTY ? 0 : 24;
            build_record(&to, i == OTHER_YEAR ? 1500000000 : 1700000003,
                         i == FRACTION ? 1000000 : 5, len, i == ORIGLEN ? 23 : len);
            build_data(&to, 0, len);
        }
        if (i == TWO_CUT)
            build_raw(&to, "x", 1);
        reading_on(&reading, &to, 4096);
        cr_expect_eq(reading.count, 2, "case %d: %u", i, reading.count);
        cr_assert_eq(reading.error_count, 1);
        cr_expect(strstr(reading.errors[0].text, "found nothing sound behind it"), "%s",
                  reading.errors[0].text);
        reading_fini(&reading);
        build_fini(&to);
    }
}

Test(pcap, damage_without_end_is_told_a_few_times_and_counted)
{
    struct builder to = {0};
    build_pcap(&to, MICRO, 1);
    for (uint32_t i = 0; i < 50; i++) {
        build_packets(&to, 4 * i, 4 * i + 3);
        build_raw(&to, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16);
    }
    char path[64];
    const char *paths[] = {path};
    int fd = build_file(&to, path, sizeof path);
    struct capture_options options = reading_options(paths, 1);
    options.strict = false;
    struct capture *capture = capture_new(&options);
    struct batch_pool *pool = batch_pool_new(1, 1024, 1, 1);
    struct capture_totals totals;
    unsigned told = 0;
    for (enum capture_status status = CAPTURE_BATCH; status != CAPTURE_END;) {
        struct batch *batch = batch_take(pool);
        struct error err = {0};
        status = capture_read(capture, batch, &err);
        told += status == CAPTURE_DAMAGED;
        cr_expect_eq(strstr(err.text, "is only counted") != NULL,
                     told == CAPTURE_DAMAGE_CAP && status == CAPTURE_DAMAGED);
        batch_give(pool, batch);
    }
    capture_totals(capture, &totals);
    cr_expect_eq(told, CAPTURE_DAMAGE_CAP);
    cr_expect_eq(totals.damages, 50);
    cr_expect_eq(totals.packets, 200);
    cr_expect_eq(totals.skipped, 800);
    capture_free(capture);
    batch_pool_free(pool);
    close(fd);
    build_fini(&to);
}

/** Reads it with blocks of several sizes: there are so many packets, and one damage that ends at
 * `at`. */
static void expect_resumed_in_blocks(struct builder *to, uint32_t packets, size_t skipped,
                                     size_t at)
{
    for (uint32_t block = 64; block <= 65536; block *= 32) {
        reading_on(&reading, to, block);
        expect_resumed(&reading, packets, skipped, at);
        reading_fini(&reading);
    }
    build_fini(to);
}

Test(pcap, zeros_are_no_packets)
{
    for (size_t lost = 16; lost < 9000; lost += 1 + lost / 3) {
        struct builder to = {0};
        build_pcap(&to, MICRO, 1);
        build_packets(&to, 1, 5);
        size_t start = to.bytes.len;
        build_zeros(&to, lost);
        build_packets(&to, 6, 12);
        expect_resumed_in_blocks(&to, 12, lost, start + lost);
    }
}

Test(pcap, zeros_up_to_the_end_are_no_packets)
{
    struct builder to = {0};
    build_pcap(&to, MICRO, 1);
    build_packets(&to, 1, 5);
    build_zeros(&to, 4096);
    reading_on(&reading, &to, 4096);
    cr_expect_eq(reading.count, 5);
    cr_assert_eq(reading.error_count, 1);
    cr_expect(strstr(reading.errors[0].text, "header of zeros"), "%s", reading.errors[0].text);
    cr_expect(strstr(reading.errors[0].text, "the last 4096 bytes"), "%s", reading.errors[0].text);
    reading_fini(&reading);
    build_fini(&to);
}

/* Nothing says that they are none: other tools count them too. */
Test(pcap, a_few_zeros_up_to_the_end_are_packets)
{
    for (uint32_t block = 64; block <= 65536; block *= 32)
        for (uint32_t count = 1; count <= 32; count++) {
            struct builder to = {0};
            build_pcap(&to, MICRO, 1);
            build_packets(&to, 1, 5);
            build_zeros(&to, (size_t)16 * count);
            reading_on(&reading, &to, block);
            cr_expect_eq(reading.count, count < 32 ? 5 + count : 5, "%u", reading.count);
            cr_expect_eq(reading.error_count, count < 32 ? 0 : 1);
            reading_fini(&reading);
            build_fini(&to);
        }
}

Test(pcap, first_header_of_zeros_costs_one_packet)
{
    struct builder to = {0};
    build_pcap(&to, MICRO, 1);
    build_packets(&to, 1, 1);
    memset(to.bytes.data + 24, 0, 16);
    size_t at = to.bytes.len;
    build_packets(&to, 2, 9);
    expect_resumed_in_blocks(&to, 8, at - 24, at);
}

/* The record takes in the first bytes of the next header: where the rest of that makes a header
 * too, all that follow would be read askew. */
Test(pcap, bytes_lost_from_a_packet_cost_it_and_the_next)
{
    for (size_t lost = 1; lost < 20; lost++)
        for (unsigned big = 0; big < 2; big++) {
            struct builder to = {.big = big};
            build_pcap(&to, MICRO, 1);
            build_packets(&to, 1, 5);
            build_packets(&to, 6, 6);
            size_t end = to.bytes.len;
            to.bytes.len -= lost;
            build_packets(&to, 7, 7);
            size_t at = to.bytes.len;
            build_packets(&to, 8, 12);
            expect_resumed_in_blocks(&to, 11, at - end, at);
        }
}

Test(pcap, a_length_that_takes_in_sound_records_is_damage)
{
    for (uint32_t more = 16; more < 200000; more *= 3) {
        struct builder to = {0};
        build_pcap(&to, MICRO, 1);
        build_packets(&to, 1, 5);
        size_t start = to.bytes.len;
        build_record(&to, 1700000006, 0, 40 + more, 40);
        build_data(&to, 0, 40);
        size_t at = to.bytes.len;
        build_packets(&to, 7, 4000);
        expect_resumed_in_blocks(&to, 5 + 3994, at - start, at);
    }
}

Test(pcap, records_that_look_odd_are_read)
{
    enum { FRACTION, ORIGLEN, EMPTY, HUGE_ORIGLEN, HUGE_CAPLEN, YEARS, CASES };
    for (int i = 0; i < CASES; i++) {
        struct builder to = {0};
        uint32_t len = i == HUGE_CAPLEN ? 262145 : i == EMPTY ? 0 : 24;
        build_pcap(&to, MICRO, 1);
        for (uint32_t k = 0; k < 30; k++) {
            uint32_t seconds = i == YEARS ? k * 77777777 : 1700000000 + k;
            build_record(&to, seconds, i == FRACTION ? 4000000000 : 5, len,
                         i == ORIGLEN        ? 23
                         : i == HUGE_ORIGLEN ? UINT32_MAX
                                             : len);
            build_data(&to, (uint8_t)k, len);
        }
        reading_on(&reading, &to, 4096);
        cr_expect_eq(reading.count, 30, "case %d: %u", i, reading.count);
        cr_expect_eq(reading.error_count, 0, "case %d: %s", i, reading.errors[0].text);
        reading_fini(&reading);
        build_fini(&to);
    }
}

/* Of what is written in an odd way throughout, not every record is searched for others. */
Test(pcap, no_record_is_doubted_where_doubts_were_idle)
{
    struct builder to = {0};
    build_pcap(&to, MICRO, 1);
    for (uint32_t k = 0; k < 8; k++) {
        build_record(&to, 1700000000, 4000000000, 24, 24);
        build_data(&to, (uint8_t)k, 24);
    }
    build_record(&to, 1700000000, 4000000000, 200, 200);
    size_t start = to.bytes.len;
    build_packets(&to, 1, 9);
    to.bytes.len = start + 200;
    build_record(&to, 1700000000, 4000000000, 24, 24);
    build_data(&to, 9, 24);
    reading_on(&reading, &to, 4096);
    cr_expect_eq(reading.count, 10, "%u", reading.count);
    cr_expect_eq(reading.error_count, 0, "%s", reading.errors[0].text);
    reading_fini(&reading);
    build_fini(&to);
}

/** A file of packets that each carry a pcap's records of about their own time or of the first's,
 * written oddly in packets 4 and 5 or in all; huge are all. */
static void build_carriers(struct builder *to, int oddity, bool all, uint32_t count)
{
    enum { FRACTION, ORIGLEN, HUGE_ORIGLEN, DAYS, HUGE_CAPLEN };
    struct builder carried = {.big = to->big};
    build_packets(&carried, 1, 5);
    build_zeros(&carried, oddity == HUGE_CAPLEN ? 262144 : 0);
    build_pcap(to, MICRO, 1);
    for (uint32_t k = 0; k < count; k++) {
        bool odd = all || k == 4 || k == 5;
        uint32_t len = (uint32_t)carried.bytes.len;
        build_record(to, 1700000000 + k + (odd && oddity == DAYS ? k * 90000 : 0),
                     odd && oddity == FRACTION ? 1500000 : 5, len,
                     odd && oddity == ORIGLEN        ? 0
                     : odd && oddity == HUGE_ORIGLEN ? UINT32_MAX
                                                     : len);
        build_raw(to, carried.bytes.data, len);
    }
    build_fini(&carried);
}

/* What others send, a pcap file fetched by FTP for one, does not make packets of its own. */
Test(pcap, odd_records_may_carry_sound_ones)
{
    for (int oddity = 0; oddity < 5; oddity++)
        for (int way = 0; way < 4; way++)
            for (uint32_t count = 2; count < 30; count += 9)
                for (uint32_t block = 64; block <= 65536; block *= 32) {
                    struct builder to = {.big = way & 1};
                    build_carriers(&to, oddity, way & 2, count);
                    reading_on(&reading, &to, block);
                    cr_expect_eq(reading.count, count, "oddity %d: %u", oddity, reading.count);
                    cr_expect_eq(reading.error_count, 0, "%s", reading.errors[0].text);
                    reading_fini(&reading);
                    build_fini(&to);
                }
}

/* The time of the last packet before need not be right: that of the first counts too, be it of this
 * batch. */
Test(pcap, records_within_another_may_be_near_the_first)
{
    struct builder to = {0};
    build_pcap(&to, MICRO, 1);
    build_packets(&to, 1, 1);
    build_packet(&to, 1000000000, 24);
    size_t start = to.bytes.len;
    build_record(&to, 1000000001, 0, 4000, 40);
    build_data(&to, 0, 40);
    size_t at = to.bytes.len;
    build_packets(&to, 2, 200);
    expect_resumed_in_blocks(&to, 2 + 199, at - start, at);
}

/* Two patches wrote the same magic: which one it was, only the records tell. */
Test(pcap, modified_records_are_of_two_lengths)
{
    for (unsigned extra = 8; extra <= 12; extra += 4)
        for (unsigned big = 0; big < 2; big++)
            for (uint32_t count = 0; count < 4; count++)
                for (uint32_t block = 40; block <= 65536; block *= 40) {
                    struct builder to = {.big = big};
                    build_pcap(&to, MODIFIED, 1);
                    for (uint32_t i = 0; i < count; i++) {
                        build_record(&to, 1700000000 + i, 7, 50 + i, 60);
                        build_data(&to, 0xc0, extra);
                        build_data(&to, (uint8_t)i, 50 + i);
                    }
                    reading_on(&reading, &to, block);
                    cr_assert_eq(reading.count, count, "%u, extra %u", reading.count, extra);
                    cr_expect_eq(reading.error_count, 0, "%s", reading.errors[0].text);
                    for (uint32_t i = 0; i < count; i++) {
                        cr_expect_eq(reading.packets[i].caplen, 50 + i);
                        cr_expect(reading_has(&reading, i, (uint8_t)i), "extra %u", extra);
                    }
                    reading_fini(&reading);
                    build_fini(&to);
                }
}
