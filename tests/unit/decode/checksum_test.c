// SPDX-License-Identifier: MIT OR Apache-2.0
#include "decode/checksum.h"

#include <time.h>

#include "base/memory.h"
#include "probe.h"

static struct probe probe;
static struct frame frame;

static void set_up(void)
{
    probe_init(&probe);
    frame.len = 0;
}

static void tear_down(void)
{
    probe_fini(&probe);
}

TestSuite(checksum, .init = set_up, .fini = tear_down);

/** The plain way, two bytes at a step: what the implementation is held against. */
static uint16_t naive(const uint8_t *bytes, size_t len, uint32_t sum)
{
    for (size_t i = 0; i < len; i++)
        sum += (uint32_t)bytes[i] << (i % 2 ? 0 : 8);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

static void set16(size_t at, unsigned value)
{
    frame.data[at] = (uint8_t)(value >> 8);
    frame.data[at + 1] = (uint8_t)value;
}

/** Sum of the pseudo-header of the IP header at 0 without length. */
static uint32_t pseudo(unsigned proto)
{
    bool ipv6 = frame.data[0] >> 4 == 6;
    return naive(frame.data + (ipv6 ? 8 : 12), ipv6 ? 32 : 8, proto);
}

/** Writes the right checksum of what begins at `from`, behind an IP header at 0. */
static void seal(size_t from, size_t at, uint32_t sum)
{
    set16(at, 0);
    set16(at, (uint16_t)~naive(frame.data + from, frame.len - from, sum));
}

static void seal_ip(void)
{
    set16(10, 0);
    set16(10, (uint16_t)~naive(frame.data, (frame.data[0] & 15u) * 4, 0));
}

static enum palua_checksum status(uint16_t linktype, uint32_t layer)
{
    probe_decode(&probe, linktype, &frame);
    return checksum_of(&probe.packet, layer);
}

static void begin_udp(size_t payload)
{
    frame.len = 0;
    put_ip(&frame, P_UDP, (unsigned)payload + 8);
    put_udp(&frame, 1000, 2000, (unsigned)payload + 8);
    for (size_t i = 0; i < payload; i++)
        put8(&frame, (unsigned)(i * 7 + 1) & 0xff);
    seal_ip();
    seal(20, 26, pseudo(P_UDP) + (uint32_t)payload + 8);
}

/** RFC 1071 section 3's numbers: 0001 f203 f4f5 f6f7 add up to ddf2 (after folding). */
Test(checksum, published_sum)
{
    put_ip(&frame, P_ICMP, 8);
    put_hex(&frame, "f203 0000 f4f5 f6f7");
    set16(22, (uint16_t) ~(0xddf2 - 1));
    cr_expect_eq(status(228, 1), PALUA_CHECKSUM_GOOD);
    set16(22, (uint16_t)~0xddf2);
    cr_expect_eq(status(228, 1), PALUA_CHECKSUM_BAD);
}

Test(checksum, ipv4_header)
{
    begin_udp(3);
    cr_expect_eq(status(228, 0), PALUA_CHECKSUM_GOOD);
    for (size_t bit = 0; bit < 20 * 8; bit++) {
        frame.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (bit / 8 != 0) // version and length
            cr_expect_eq(status(228, 0), PALUA_CHECKSUM_BAD, "bit %zu", bit);
        frame.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    /* With options. */
    frame.len = 0;
    put_ip_fields(&frame, 0x46, 24, 0, P_FREE);
    put_hex(&frame, "01020304");
    seal_ip();
    cr_expect_eq(status(228, 0), PALUA_CHECKSUM_GOOD);
    frame.data[23]++;
    cr_expect_eq(status(228, 0), PALUA_CHECKSUM_BAD);
}

/** Checksum offload: none; segmentation offload: no length either. */
Test(checksum, ipv4_left_to_the_card)
{
    begin_udp(3);
    set16(10, 0);
    cr_expect_eq(status(228, 0), PALUA_CHECKSUM_PARTIAL);
    set16(10, 1);
    cr_expect_eq(status(228, 0), PALUA_CHECKSUM_BAD);
    set16(10, 0);
    set16(2, 0);
    cr_expect_eq(status(228, 0), PALUA_CHECKSUM_PARTIAL);
}

Test(checksum, udp_of_any_length)
{
    for (size_t len = 0; len < 70; len++) {
        begin_udp(len);
        cr_expect_eq(status(228, 1), PALUA_CHECKSUM_GOOD, "%zu bytes", len);
        frame.data[frame.len - 1] ^= 0x10;
        cr_expect_eq(status(228, 1), PALUA_CHECKSUM_BAD, "%zu bytes", len);
    }
    begin_udp(65507);
    cr_expect_eq(status(228, 1), PALUA_CHECKSUM_GOOD);
    memset(frame.data + 28, 0xff, 65507); // the largest sum
    seal(20, 26, pseudo(P_UDP) + 65515);
    cr_expect_eq(status(228, 1), PALUA_CHECKSUM_GOOD);
}

Test(checksum, udp_without_one)
{
    begin_udp(5);
    set16(26, 0);
    cr_expect_eq(status(228, 1), PALUA_CHECKSUM_NOT_PRESENT);
    frame.len = 0;
    put_ipv6(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
    cr_expect_eq(status(229, 1), PALUA_CHECKSUM_BAD, "RFC 8200 section 8.1");
}

/** A sum of 0 is sent as ffff: the two are the same number. */
Test(checksum, udp_sum_of_zero)
{
    begin_udp(2);
    set16(28, 0);
    seal(20, 26, pseudo(P_UDP) + 10);
    unsigned sum = (unsigned)frame.data[26] << 8 | frame.data[27];
    set16(28, sum); // now the whole sums up to 0
    set16(26, 0xffff);
    cr_expect_eq(status(228, 1), PALUA_CHECKSUM_GOOD);
}

Test(checksum, left_to_the_card)
{
    begin_udp(5);
    set16(26, naive(frame.data, 0, pseudo(P_UDP) + 13));
    cr_expect_eq(status(228, 1), PALUA_CHECKSUM_PARTIAL);
    set16(26, naive(frame.data, 0, pseudo(P_UDP)));
    cr_expect_eq(status(228, 1), PALUA_CHECKSUM_PARTIAL);
    frame.len = 0;
    put_ipv6(&frame, P_TCP, 24);
    put_tcp(&frame, 80, 4000, 5);
    put_hex(&frame, "61626364");
    set16(40 + 16, naive(frame.data, 0, pseudo(P_TCP) + 24));
    cr_expect_eq(status(229, 1), PALUA_CHECKSUM_PARTIAL);
    seal(40, 56, pseudo(P_TCP) + 24);
    cr_expect_eq(status(229, 1), PALUA_CHECKSUM_GOOD);
    frame.data[40 + 4] ^= 1;
    cr_expect_eq(status(229, 1), PALUA_CHECKSUM_BAD);
}

Test(checksum, icmp_and_icmpv6)
{
    put_ip(&frame, P_ICMP, 13);
    put_icmp(&frame, 8, 0, 0x00010002);
    put_hex(&frame, "0102030405");
    seal(20, 22, 0);
    cr_expect_eq(status(228, 1), PALUA_CHECKSUM_GOOD);
    frame.data[32]++;
    cr_expect_eq(status(228, 1), PALUA_CHECKSUM_BAD);
    frame.len = 0;
    put_ipv6(&frame, P_ICMPV6, 8);
    put_icmp(&frame, 128, 0, 0x00010002);
    seal(40, 42, pseudo(P_ICMPV6) + 8);
    cr_expect_eq(status(229, 1), PALUA_CHECKSUM_GOOD);
    seal(40, 42, 0);
    cr_expect_eq(status(229, 1), PALUA_CHECKSUM_BAD, "without the pseudo-header");
}

/** An INIT of a published trace would do as well; the CRC itself is held against its check value:
 * "123456789" gives e3069283. */
Test(checksum, sctp)
{
    put_ip(&frame, 132, 12 + 4 + 9);
    put_hex(&frame, "04d2 162e 00000001 00000000 0a 00 000d 313233343536373839");
    set16(2, (unsigned)frame.len);
    uint32_t crc = UINT32_MAX;
    for (size_t i = 20; i < frame.len; i++) {
        crc ^= frame.data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
    }
    cr_expect_eq(status(228, 1), PALUA_CHECKSUM_NOT_PRESENT, "0 is none");
    for (int i = 0; i < 4; i++)
        frame.data[28 + i] = (uint8_t)(~crc >> 8 * i);
    cr_assert_str_eq((status(228, 1), probe.stack), "ip:sctp");
    cr_expect_eq(status(228, 1), PALUA_CHECKSUM_GOOD);
    frame.data[frame.len - 1] ^= 1;
    cr_expect_eq(status(228, 1), PALUA_CHECKSUM_BAD);
}

Test(checksum, partly_covered)
{
    put_ip(&frame, 136, 12);
    put_hex(&frame, "04d2 162e 0008 0000 aabbccdd");
    set16(26, (uint16_t)~naive(frame.data + 20, 8, pseudo(136) + 12));
    cr_expect_eq(status(228, 1), PALUA_CHECKSUM_GOOD);
    frame.data[30] ^= 1; // behind what is covered
    cr_expect_eq(status(228, 1), PALUA_CHECKSUM_GOOD);
    frame.data[21] ^= 1;
    cr_expect_eq(status(228, 1), PALUA_CHECKSUM_BAD);
    set16(24, 0);
    seal(20, 26, pseudo(136) + 12);
    cr_expect_eq(status(228, 1), PALUA_CHECKSUM_GOOD);
    set16(24, 7);
    cr_expect_eq(status(228, 1), PALUA_CHECKSUM_BAD, "RFC 3828: below the header's length");
    set16(24, 13);
    cr_expect_eq(status(228, 1), PALUA_CHECKSUM_BAD);
    frame.len = 0;
    put_ip(&frame, 33, 20);
    put_hex(&frame, "04d2 162e 04 01 0000 0000 0000 00000000 aabbccdd");
    set16(26, (uint16_t)~naive(frame.data + 20, 16, pseudo(33) + 20));
    cr_expect_eq(status(228, 1), PALUA_CHECKSUM_GOOD);
    frame.data[38] ^= 1;
    cr_expect_eq(status(228, 1), PALUA_CHECKSUM_GOOD);
    frame.data[25] = 3; // covers more than there is
    cr_expect_eq(status(228, 1), PALUA_CHECKSUM_BAD);
}

/** RFC 8200 section 8.1: the final destination counts, wherever it stands. */
Test(checksum, routing_headers)
{
    static const char *const headers[] = {
        /* next, length, type, segments left: source routes, mobility, segment routing */
        "1104000100000000 20010db8000000000000000000000008 20010db8000000000000000000000009",
        "1102020100000000 20010db8000000000000000000000009",
        "1104040101000000 20010db8000000000000000000000009 20010db8000000000000000000000008",
    };
    for (size_t i = 0; i < 3; i++) {
        frame.len = 0;
        put_ipv6(&frame, P_ROUTING, 0);
        put_hex(&frame, headers[i]);
        size_t udp = frame.len;
        put_udp(&frame, 1, 2, 9);
        put8(&frame, 7);
        set16(4, (unsigned)frame.len - 40);
        uint8_t destination = frame.data[39];
        frame.data[39] = 9;
        seal(udp, udp + 6, pseudo(P_UDP) + 9);
        frame.data[39] = destination;
        cr_expect_eq(status(229, 2), PALUA_CHECKSUM_GOOD, "case %zu: %s", i, probe.stack);
        frame.data[43] = 0; // no segments left: this is the final destination
        cr_expect_eq(status(229, 2), PALUA_CHECKSUM_BAD, "case %zu", i);
        frame.data[43] = 1;
        frame.data[42] = 99;
        cr_expect_eq(status(229, 2), PALUA_CHECKSUM_UNVERIFIED, "an unknown type");
    }
}

/** RFC 6275 section 6.3. */
/** The pseudo-header has the last hop of a source route that is not used up. */
Test(checksum, source_routes)
{
    static const struct {
        const char *options;
        bool routed;
    } cases[] = {{"83 0b 04 0a000007 0a000009 00", true},
                 {"01 89 0b 08 0a000007 0a000009", true},
                 {"44 04 05 00 83 07 04 0a000009 00", true},
                 {"83 0b 0c 0a000007 0a000009 00", false},  /* used up */
                 {"83 0a 04 0a000007 0a0000 09 00", false}, /* half an address */
                 {"83 03 04 00 0a000009 00000000", false},  /* no address */
                 {"83 02 04 0a000007 0a000009 00", false},
                 {"83 00 04 0a000007 0a000009 00", false},
                 {"83 ff 04 0a000007 0a000009 00", false},
                 {"00 83 07 04 0a000009 00000000", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin_udp(20);
        uint8_t final[4] = {10, 0, 0, 9}, hop[4];
        memcpy(hop, frame.data + 16, 4);
        memcpy(frame.data + 16, cases[i].routed ? final : hop, 4);
        seal(20, 26, pseudo(P_UDP) + 28);
        memcpy(frame.data + 16, hop, 4);
        uint8_t datagram[28];
        memcpy(datagram, frame.data + 20, sizeof datagram);
        frame.len = 20;
        put_hex(&frame, cases[i].options);
        cr_assert_eq(frame.len, 32);
        for (size_t j = 0; j < sizeof datagram; j++)
            put8(&frame, datagram[j]);
        frame.data[0] = 0x48;
        set16(2, 60);
        seal_ip();
        cr_assert_eq(status(228, 1), PALUA_CHECKSUM_GOOD, "%s", cases[i].options);
        frame.data[59] ^= 1;
        cr_assert_eq(status(228, 1), PALUA_CHECKSUM_BAD, "%s", cases[i].options);
    }
}

Test(checksum, home_addresses)
{
    put_ipv6(&frame, P_DSTOPTS, 24 + 8);
    put_hex(&frame, "1102 01020000 c910 20010db8000000000000000000000005");
    put_udp(&frame, 1, 2, 8);
    uint8_t source = frame.data[23];
    frame.data[23] = 5;
    seal(64, 70, pseudo(P_UDP) + 8);
    frame.data[23] = source;
    cr_expect_eq(status(229, 2), PALUA_CHECKSUM_GOOD, "%s", probe.layers);
    frame.data[47] = 15; // an option of the wrong length
    cr_expect_eq(status(229, 2), PALUA_CHECKSUM_UNVERIFIED);
}

Test(checksum, nothing_is_said_of_what_is_not_whole)
{
    begin_udp(40);
    for (uint32_t cut = 0; cut < frame.len; cut++) {
        probe_cut(&probe, 228, &frame, cut, (uint32_t)frame.len);
        for (uint32_t i = 0; i < probe.packet.layer_count; i++)
            cr_expect_eq(checksum_of(&probe.packet, i),
                         i == 0 && cut >= 20 ? PALUA_CHECKSUM_GOOD : PALUA_CHECKSUM_UNVERIFIED,
                         "%u bytes, layer %u", cut, i);
        cr_expect_eq(checksum_of(&probe.packet, probe.packet.layer_count),
                     PALUA_CHECKSUM_UNVERIFIED);
    }
    /* The datagram says more than the frame holds. */
    set16(2, (unsigned)frame.len + 1);
    cr_expect_eq(status(228, 1), PALUA_CHECKSUM_UNVERIFIED);
    begin_udp(40);
    set16(24, 9); // UDP says less: that is what was summed up
    seal(20, 26, 0);
    set16(26, 0);
    set16(26, (uint16_t)~naive(frame.data + 20, 9, pseudo(P_UDP) + 9));
    cr_expect_eq(status(228, 1), PALUA_CHECKSUM_GOOD);
    set16(24, 60); // UDP says more
    cr_expect_eq(status(228, 1), PALUA_CHECKSUM_UNVERIFIED);
}

Test(checksum, quoted_and_other_layers)
{
    put_ip(&frame, P_ICMP, 8 + 28);
    put_icmp(&frame, 3, 1, 0);
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
    probe_decode(&probe, 228, &frame);
    cr_assert_str_eq(probe.stack, "ip:icmp:ip:udp");
    for (uint32_t i = 2; i < 4; i++)
        cr_expect_eq(checksum_of(&probe.packet, i), PALUA_CHECKSUM_UNVERIFIED);
    frame.len = 0;
    put_eth(&frame, ON_IP);
    put_ip(&frame, P_ESP, 8);
    put_fill(&frame, 8, 1);
    cr_expect_eq(status(ETHERNET, 0), PALUA_CHECKSUM_UNVERIFIED);
    cr_expect_eq(status(ETHERNET, 2), PALUA_CHECKSUM_UNVERIFIED);
}

Test(checksum, anomalies_of_a_batch)
{
    begin_udp(5);
    frame.data[frame.len - 1]++;
    set16(10, 0x1234);
    probe_decode(&probe, 228, &frame);
    cr_assert_str_eq(probe.faults, "");
    checksum_batch(&probe.batch);
    probe_tell(&probe);
    cr_expect_str_eq(probe.faults, "ip_bad_checksum 0@10\nudp_bad_checksum 1@26");
    cr_expect(probe.packet.flags & PALUA_PACKET_ANOMALY);
    cr_expect(!(probe.packet.layers[1].flags & PALUA_LAYER_BAD), "the header is sound");
}

Test(checksum, anomalies_stand_in_packet_order)
{
    struct palua_packet packets[3];
    begin_udp(5);
    frame.data[frame.len - 1]++;
    probe_decode(&probe, 228, &frame);
    for (int i = 0; i < 3; i++)
        packets[i] = probe.packet;
    probe.batch.packets = packets;
    probe.batch.count = 3;
    decode_raise(&probe.batch, 0, DECODE_FAULT_UDP_LEN, 1, 0);
    decode_raise(&probe.batch, 2, DECODE_FAULT_UDP_LEN, 1, 0);
    checksum_batch(&probe.batch);
    static const uint32_t packet[] = {0, 0, 1, 2, 2};
    static const uint16_t code[] = {DECODE_FAULT_UDP_LEN, DECODE_FAULT_UDP_CHECKSUM,
                                    DECODE_FAULT_UDP_CHECKSUM, DECODE_FAULT_UDP_LEN,
                                    DECODE_FAULT_UDP_CHECKSUM};
    cr_assert_eq(probe.batch.anomalies.count, 5);
    for (int i = 0; i < 5; i++) {
        cr_expect_eq(probe.batch.anomalies.items[i].packet, packet[i]);
        cr_expect_eq(probe.batch.anomalies.items[i].code, code[i]);
    }
}

/** Random datagrams: what the plain sum seals is good, and one flipped bit is not. */
Test(checksum, random_datagrams)
{
    unsigned seed = (unsigned)time(NULL);
    srand(seed);
    for (int i = 0; i < 3000; i++) {
        size_t len = (size_t)rand() % 300;
        begin_udp(len);
        for (size_t k = 12; k < frame.len; k++)
            if (k < 24 || k > 27)
                frame.data[k] = (uint8_t)rand();
        seal(20, 26, pseudo(P_UDP) + (uint32_t)len + 8);
        if (!frame.data[26] && !frame.data[27])
            set16(26, 0xffff);
        seal_ip();
        cr_assert_eq(status(228, 1), PALUA_CHECKSUM_GOOD, "seed %u, step %d", seed, i);
        cr_assert_eq(checksum_of(&probe.packet, 0), PALUA_CHECKSUM_GOOD);
        size_t at = 28 + (size_t)rand() % (len ? len : 1);
        if (at >= frame.len)
            continue;
        frame.data[at] ^= (uint8_t)(1 << rand() % 8);
        cr_assert_neq(status(228, 1), PALUA_CHECKSUM_GOOD, "seed %u, step %d", seed, i);
    }
}
