// SPDX-License-Identifier: MIT OR Apache-2.0
/* What an expression means, tests/capture/filter_test.py compares with tcpdump. Here: what becomes
 * of packets, numbers and counters. */
#include "builder.h"
#include "capture/filter.h"

enum { MICRO = 0xa1b2c3d4, MORE = 0x2000, IPV4 = 0x0800, UDP = 17, TCP = 6 };

static struct reading reading;

/** A record with an IPv4 packet in Ethernet: 14 + 20 + 8 bytes. */
static void build_ip(struct builder *to, unsigned proto, unsigned fragment, unsigned dport)
{
    static const uint8_t fixed[12] = {2, 2, 2, 2, 2, 2, 4, 4, 4, 4, 4, 4};
    struct builder frame = {.big = true};
    build_raw(&frame, fixed, sizeof fixed);
    build_u16(&frame, IPV4);
    build_u16(&frame, 0x4500);
    build_u16(&frame, 28);
    build_u16(&frame, 7);
    build_u16(&frame, (uint16_t)fragment);
    build_u16(&frame, (uint16_t)(64 << 8 | proto));
    build_zeros(&frame, 10);
    build_u16(&frame, 1000);
    build_u16(&frame, (uint16_t)dport);
    build_zeros(&frame, 4);
    build_record(to, 1, 0, (uint32_t)frame.bytes.len, 1400);
    build_raw(to, frame.bytes.data, frame.bytes.len);
    text_fini(&frame.bytes);
}

/** What comes out of a capture. */
static void read_filtered(struct builder *to, const char *expression, uint32_t batch_packets,
                          uint64_t skip, uint64_t count, struct filter_counters *counters)
{
    char path[64];
    const char *paths[] = {path};
    struct error err = {0};
    int fd = build_file(to, path, sizeof path);
    struct capture_options options = reading_options(paths, 1);
    options.filter = filter_new(expression, &err);
    cr_assert(options.filter, "%s", err.text);
    options.batch_packets = batch_packets;
    options.skip = skip;
    options.count = count;
    reading_run(&reading, &options);
    filter_counters(options.filter, counters);
    filter_free(options.filter);
    close(fd);
}

Test(filter, packets_keep_the_numbers_they_have_in_the_file)
{
    const uint32_t batches[] = {1, 2, 3, 1000};
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
        struct builder to = {0};
        struct filter_counters counters;
        build_pcap(&to, MICRO, 1);
        for (unsigned n = 1; n <= 10; n++)
            build_ip(&to, n % 3 ? UDP : TCP, 0, 53);
        read_filtered(&to, "tcp", batches[i], 0, 0, &counters);
        cr_assert_eq(reading.count, 3);
        for (unsigned n = 0; n < 3; n++) {
            cr_expect_eq(reading.packets[n].number, 3 * (n + 1));
            cr_expect_eq(reading.packets[n].frame, 3 * (n + 1));
            cr_expect_eq(reading.packets[n].caplen, 42);
        }
        cr_expect_eq(counters.packets, 7);
        reading_fini(&reading);
        read_filtered(&to, "tcp", batches[i], 3, 1, &counters);
        cr_assert_eq(reading.count, 1);
        cr_expect_eq(reading.packets[0].number, 6);
        reading_fini(&reading);
        read_filtered(&to, "icmp", batches[i], 0, 0, &counters);
        cr_expect_eq(reading.count, 0);
        cr_expect_eq(reading.error_count, 0);
        cr_expect_eq(counters.packets, 10);
        reading_fini(&reading);
        build_fini(&to);
    }
}

Test(filter, lengths_are_those_on_the_wire)
{
    struct builder to = {0};
    struct filter_counters counters;
    build_pcap(&to, MICRO, 1);
    build_ip(&to, UDP, 0, 53);
    read_filtered(&to, "len = 1400", 10, 0, 0, &counters);
    cr_expect_eq(reading.count, 1);
    reading_fini(&reading);
    build_fini(&to);
}

Test(filter, later_fragments_are_missed_only_where_first_ones_were_kept)
{
    static const struct {
        const char *expression;
        uint64_t packets, fragments;
    } cases[] = {{"udp port 53", 3, 2},
                 {"ip", 0, 0},
                 {"udp port 54", 4, 0},
                 {"udp port 53 or ip[6:2] & 0x1fff != 0", 1, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct builder to = {0};
        struct filter_counters counters;
        build_pcap(&to, MICRO, 1);
        build_ip(&to, UDP, MORE, 53);
        build_ip(&to, UDP, MORE | 1, 0);
        build_ip(&to, UDP, 2, 0);
        build_ip(&to, UDP, 0, 80);
        read_filtered(&to, cases[i].expression, 10, 0, 0, &counters);
        cr_expect_eq(counters.packets, cases[i].packets, "%s", cases[i].expression);
        cr_expect_eq(counters.fragments, cases[i].fragments, "%s", cases[i].expression);
        reading_fini(&reading);
        build_fini(&to);
    }
}

/** BSD loopback has the address family in the byte order of the machine that captured, which is
 * that of the file. */
Test(filter, both_byte_orders)
{
    for (int big = 0; big < 2; big++) {
        struct builder to = {.big = big};
        struct filter_counters counters;
        build_pcap(&to, MICRO, 0);
        build_record(&to, 1, 0, 24, 24);
        build_u32(&to, 2);
        build_data(&to, 0x45, 20);
        read_filtered(&to, "ip", 10, 0, 0, &counters);
        cr_expect_eq(reading.count, 1);
        reading_fini(&reading);
        build_fini(&to);
    }
}

Test(filter, every_link_type_of_a_capture_is_asked_in_its_own_way)
{
    struct builder to = {0};
    struct filter_counters counters;
    build_section(&to);
    build_interface(&to, 1, 0, -1);
    build_interface(&to, 101, 0, -1);
    for (uint8_t i = 0; i < 6; i++) {
        size_t start = to.bytes.len;
        build_enhanced(&to, i % 2, i, 64);
        memset(to.bytes.data + start + 28, 0, 64);
        to.bytes.data[start + 28 + (i % 2 ? 0 : 14)] = 0x45;
        if (i % 2 == 0)
            to.bytes.data[start + 28 + 12] = 0x08;
    }
    read_filtered(&to, "ip", 10, 0, 0, &counters);
    cr_expect_eq(reading.count, 6);
    reading_fini(&reading);
    read_filtered(&to, "not ip", 10, 0, 0, &counters);
    cr_expect_eq(reading.count, 0);
    reading_fini(&reading);
    build_fini(&to);
}

Test(filter, wrong_for_every_link_type)
{
    static const char *const wrong[] = {"tcp and", "port no-such-service", "host 1.2.3.4.5",
                                        "tcp["};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct error err = {0};
        cr_assert_null(filter_new(wrong[i], &err));
        cr_expect_eq(err.code, ERROR_USAGE);
        cr_expect(strstr(err.text, wrong[i]), "%s", err.text);
        cr_expect(strstr(err.text, "libpcap says: "), "%s", err.text);
    }
}

Test(filter, wrong_for_the_link_type_of_a_capture)
{
    struct builder to = {0};
    struct filter_counters counters;
    build_pcap(&to, MICRO, 1);
    build_packet(&to, 1, 60);
    read_filtered(&to, "type mgt", 10, 0, 0, &counters);
    cr_expect_eq(reading.count, 0);
    cr_assert_eq(reading.error_count, 1);
    cr_expect_eq(reading.errors[0].code, ERROR_USAGE);
    cr_expect(strstr(reading.errors[0].text, "link type 1"), "%s", reading.errors[0].text);
    reading_fini(&reading);
    build_fini(&to);
}

Test(filter, none_is_allowed)
{
    struct filter_counters counters;
    filter_counters(NULL, &counters);
    cr_expect_eq(counters.packets + counters.fragments, 0);
    filter_free(NULL);
}
