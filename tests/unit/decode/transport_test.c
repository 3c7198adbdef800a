// SPDX-License-Identifier: MIT OR Apache-2.0
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

TestSuite(transport, .init = set_up, .fini = tear_down);

enum { IPV4 = 228, IPV6 = 229 };

Test(transport, tcp_with_options_and_payload)
{
    put_ip(&frame, P_TCP, 32 + 5);
    put_tcp(&frame, 1234, 80, 8);
    put_fill(&frame, 12, 1);
    put_fill(&frame, 5, 'x');
    expect(&probe, IPV4, &frame, "ip 0+57/20 tcp 20+37/32", "");
    cr_assert_eq(probe.packet.layers[1].aux, 0x18);
    cr_assert_eq(palua_layer_payload_len(&probe.packet, 1), 5);
    cr_assert_eq(palua_layer_payload(&probe.packet, 1).len, 5);
    expect_truncations(&probe, IPV4, &frame);
}

Test(transport, every_tcp_data_offset)
{
    for (unsigned words = 0; words < 16; words++) {
        frame.len = 0;
        put_ip(&frame, P_TCP, 32);
        put_tcp(&frame, 1, 2, words);
        put_fill(&frame, 12, 0);
        probe_decode(&probe, IPV4, &frame);
        bool bad = words < 5 || words > 8;
        cr_assert_str_eq(probe.faults, bad ? "tcp_bad_offset 1@32" : "");
        cr_assert_eq(palua_layer_payload_len(&probe.packet, 1), bad ? 0 : 32 - words * 4);
        cr_assert_eq(probe.packet.transport, 1);
        cr_assert(probe.packet.flags & PALUA_PACKET_FLOW);
    }
}

Test(transport, a_cut_header_names_its_flow_from_the_ports_on)
{
    put_ip(&frame, P_TCP, 20);
    put_tcp(&frame, 1234, 80, 5);
    for (uint32_t kept = 0; kept < 20; kept++) {
        struct decode_tuple tuple;
        probe_cut(&probe, IPV4, &frame, 20 + kept, 40);
        cr_assert_str_eq(probe.layers, "ip 0+40/20c tcp 20+20/20c");
        cr_assert_str_eq(probe.faults, "header_not_captured 1@20");
        cr_assert_eq(probe.packet.transport, kept < 4 ? PALUA_NO_LAYER : 1);
        cr_assert_eq(decode_tuple(&probe.packet, &tuple), kept >= 4);
        cr_assert(kept < 4 || (tuple.sport == 1234 && tuple.dport == 80));
    }
}

Test(transport, cut_tcp_options)
{
    put_ip(&frame, P_TCP, 40);
    put_tcp(&frame, 1, 2, 10);
    put_fill(&frame, 20, 1);
    probe_cut(&probe, IPV4, &frame, 59, 60);
    cr_assert_str_eq(probe.layers, "ip 0+60/20c tcp 20+40/40c");
    cr_assert_str_eq(probe.faults, "header_not_captured 1@20");
    cr_assert_eq(palua_layer_payload(&probe.packet, 1).len, 0);
}

Test(transport, udp_length_trims)
{
    put_ip(&frame, P_UDP, 20);
    put_udp(&frame, 1, 2, 20);
    put_fill(&frame, 12, 0);
    expect(&probe, IPV4, &frame, "ip 0+40/20 udp 20+20/8", "");
    expect_truncations(&probe, IPV4, &frame);
    frame.data[25] = 10;
    expect(&probe, IPV4, &frame, "ip 0+40/20 udp 20+10/8", "");
    frame.data[25] = 8;
    expect(&probe, IPV4, &frame, "ip 0+40/20 udp 20+8/8", "");
    frame.data[25] = 7;
    expect(&probe, IPV4, &frame, "ip 0+40/20 udp 20+20/20b", "udp_bad_length 1@24");
    frame.data[25] = 0;
    expect(&probe, IPV4, &frame, "ip 0+40/20 udp 20+20/20b", "udp_bad_length 1@24");
    frame.data[25] = 21;
    expect(&probe, IPV4, &frame, "ip 0+40/20 udp 20+20/8b", "udp_bad_length 1@24");
    cr_assert(probe.packet.flags & PALUA_PACKET_FLOW);
}

Test(transport, icmp_echo_in_both_directions_is_one_flow)
{
    struct decode_tuple there, back;
    put_ip(&frame, P_ICMP, 16);
    put_icmp(&frame, 8, 0, 0x00010001);
    put_fill(&frame, 8, 'a');
    expect(&probe, IPV4, &frame, "ip 0+36/20 icmp 20+16/8", "");
    cr_assert_eq(probe.packet.layers[1].aux, 0x0800);
    cr_assert(decode_tuple(&probe.packet, &there));
    cr_assert_eq(there.sport, 8);
    cr_assert_eq(there.dport, 0);
    uint32_t hash = probe.packet.flow_hash;
    expect_truncations(&probe, IPV4, &frame);
    frame.data[20] = 0;
    frame.data[15] = 2;
    frame.data[19] = 1;
    probe_decode(&probe, IPV4, &frame);
    cr_assert(decode_tuple(&probe.packet, &back));
    cr_assert_eq(back.sport, 0);
    cr_assert_eq(back.dport, 8);
    cr_assert_eq(probe.packet.flow_hash, hash);
}

Test(transport, icmpv6_needs_four_bytes)
{
    struct decode_tuple tuple;
    put_ipv6(&frame, P_ICMPV6, 24);
    put_icmp(&frame, 135, 0, 0);
    put_fill(&frame, 16, 1);
    expect(&probe, IPV6, &frame, "ipv6 0+64/40 icmpv6 40+24/8", "");
    cr_assert(decode_tuple(&probe.packet, &tuple));
    cr_assert_eq(tuple.sport, 135);
    cr_assert_eq(tuple.dport, 136);
    expect_truncations(&probe, IPV6, &frame);
    frame.data[5] = 4;
    expect(&probe, IPV6, &frame, "ipv6 0+44/40 icmpv6 40+4/4", "");
    frame.data[5] = 3;
    expect(&probe, IPV6, &frame, "ipv6 0+43/40 icmpv6 40+3/3b", "header_truncated 1@40");
    cr_assert_eq(probe.packet.transport, 1);
    frame.data[5] = 1;
    expect(&probe, IPV6, &frame, "ipv6 0+41/40 icmpv6 40+1/1b", "header_truncated 1@40");
    cr_assert_eq(probe.packet.transport, PALUA_NO_LAYER);
}

Test(transport, icmp_errors_quote_a_packet_of_another_flow)
{
    static const uint8_t types[] = {3, 4, 5, 11, 12};
    struct decode_tuple tuple;
    put_ip(&frame, P_ICMP, 8 + 28);
    put_icmp(&frame, 3, 1, 0);
    put_ip(&frame, P_TCP, 500);
    put32(&frame, 0x00010002);
    put32(&frame, 0);
    for (size_t i = 0; i < sizeof types; i++) {
        frame.data[20] = types[i];
        expect(&probe, IPV4, &frame, "ip 0+56/20 icmp 20+36/8 ip 28+28/20q tcp 48+8/8q", "");
        cr_assert_eq(probe.packet.network, 0);
        cr_assert_eq(probe.packet.transport, 1);
        cr_assert_eq(probe.packet.flags, PALUA_PACKET_FLOW);
        cr_assert(decode_tuple(&probe.packet, &tuple));
        cr_assert_eq(tuple.proto, P_ICMP);
        cr_assert_eq(tuple.sport, types[i]);
        cr_assert_eq(tuple.dport, 1);
    }
}

Test(transport, a_quote_cut_at_every_byte_is_no_anomaly)
{
    for (unsigned kept = 0; kept <= 60; kept++) {
        frame.len = 0;
        put_ip(&frame, P_ICMP, 8 + kept);
        put_icmp(&frame, 11, 0, 0);
        put_ip(&frame, P_TCP, 500);
        put_tcp(&frame, 1, 2, 10);
        put_fill(&frame, 20, 1);
        frame.len = 28 + kept;
        probe_decode(&probe, IPV4, &frame);
        cr_assert_str_eq(probe.faults, "");
        cr_assert_eq(probe.packet.layer_count, kept == 0 ? 2 : kept < 20 ? 3 : 4);
        cr_assert_eq(probe.packet.transport, 1);
    }
}

Test(transport, the_snaplen_may_still_cut_a_quote)
{
    put_ip(&frame, P_ICMP, 8 + 28);
    put_icmp(&frame, 3, 1, 0);
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
    expect_truncations(&probe, IPV4, &frame);
    probe_cut(&probe, IPV4, &frame, 52, 56);
    cr_assert_str_eq(probe.layers, "ip 0+56/20c icmp 20+36/8c ip 28+28/20cq udp 48+8/8cq");
    cr_assert_str_eq(probe.faults, "header_not_captured 3@48");
}

Test(transport, malformed_quotes_are_told)
{
    put_ip(&frame, P_ICMP, 8 + 28);
    put_icmp(&frame, 3, 1, 0);
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 3);
    expect(&probe, IPV4, &frame, "ip 0+56/20 icmp 20+36/8 ip 28+28/20q udp 48+8/8qb",
           "udp_bad_length 3@52");
    frame.data[28] = 0x65;
    expect(&probe, IPV4, &frame, "ip 0+56/20 icmp 20+36/8 ip 28+28/28qb", "ip_bad_version 2@28");
    frame.data[28] = 0x4f;
    expect(&probe, IPV4, &frame, "ip 0+56/20 icmp 20+36/8 ip 28+28/28q", "");
}

Test(transport, quoted_fragments_leave_the_packet_whole)
{
    put_ip(&frame, P_ICMP, 8 + 28);
    put_icmp(&frame, 11, 1, 0);
    put_ip_fields(&frame, 0x45, 1500, 0x2000, P_UDP);
    put_udp(&frame, 1, 2, 3000);
    expect(&probe, IPV4, &frame, "ip 0+56/20 icmp 20+36/8 ip 28+28/20fq data 48+8/0q", "");
    cr_assert_eq(probe.packet.flags, PALUA_PACKET_FLOW);
}

Test(transport, the_length_of_a_quote_keeps_extensions_out)
{
    put_ip(&frame, P_ICMP, 8 + 32 + 8);
    put_icmp(&frame, 11, 0, 8u << 16);
    put_ip(&frame, P_FREE, 500);
    put_fill(&frame, 12, 0);
    put_fill(&frame, 8, 0x20);
    expect(&probe, IPV4, &frame, "ip 0+68/20 icmp 20+48/8 ip 28+32/20q data 48+12/0q", "");
    frame.data[25] = 11;
    expect(&probe, IPV4, &frame, "ip 0+68/20 icmp 20+48/8 ip 28+40/20q data 48+20/0q", "");
    frame.data[20] = 5; /* a redirect has its gateway there */
    frame.data[25] = 1;
    expect(&probe, IPV4, &frame, "ip 0+68/20 icmp 20+48/8 ip 28+40/20q data 48+20/0q", "");
}

Test(transport, icmpv6_errors_quote_ipv6)
{
    for (unsigned type = 0; type < 6; type++) {
        frame.len = 0;
        put_ipv6(&frame, P_ICMPV6, 8 + 48);
        put_icmp(&frame, type, 0, type == 2 ? 1280 : 0);
        put_ipv6(&frame, P_UDP, 1200);
        put_udp(&frame, 1, 2, 1200);
        probe_decode(&probe, IPV6, &frame);
        cr_assert_str_eq(probe.layers,
                         type >= 1 && type <= 4
                             ? "ipv6 0+96/40 icmpv6 40+56/8 ipv6 48+48/40q udp 88+8/8q"
                             : "ipv6 0+96/40 icmpv6 40+56/8");
        cr_assert_str_eq(probe.faults, "");
        cr_assert_eq(probe.packet.network, 0);
    }
    /* RFC 4884: in ICMPv6 the length stands in the fifth byte and counts eight bytes. */
    frame.data[40] = 3;
    frame.data[44] = 5;
    expect(&probe, IPV6, &frame, "ipv6 0+96/40 icmpv6 40+56/8 ipv6 48+40/40q udp 88+0/0q", "");
}

Test(transport, errors_that_quote_errors_end_at_the_cap)
{
    enum { QUOTES = 30 };
    for (unsigned i = 0; i < QUOTES; i++) {
        put_ip(&frame, P_ICMP, 28 * (QUOTES - i) - 20);
        put_icmp(&frame, 3, 3, 0);
    }
    probe_decode(&probe, IPV4, &frame);
    cr_assert_eq(probe.packet.layer_count, PALUA_LAYER_CAP);
    cr_assert_str_eq(probe.faults, "too_many_layers 20@280");
    cr_assert_eq(probe.packet.network, 0);
    cr_assert_eq(probe.packet.transport, 1);
    cr_assert(probe.packet.flags & PALUA_PACKET_FLOW);
}

Test(transport, sctp_has_ports_and_chunks)
{
    struct decode_tuple tuple;
    put_ip(&frame, 132, 12 + 16 + 6);
    put_hex(&frame,
            "1234 0050 00000001 00000000 03 00 0010 000000000000000000000000 0b 00 0006 aabb");
    expect(&probe, 228, &frame, "ip 0+54/20 sctp 20+34/12", "");
    cr_assert(decode_tuple(&probe.packet, &tuple));
    cr_assert_eq(tuple.proto, 132);
    cr_assert_eq(tuple.sport, 0x1234);
    cr_assert_eq(tuple.dport, 0x50);
    expect_truncations(&probe, 228, &frame);
    frame.data[51] = 7;
    expect(&probe, 228, &frame, "ip 0+54/20 sctp 20+34/12b", "sctp_bad_chunk 1@48");
    frame.data[35] = 3;
    expect(&probe, 228, &frame, "ip 0+54/20 sctp 20+34/12b", "sctp_bad_chunk 1@32");
    frame.data[35] = 20;
    expect(&probe, 228, &frame, "ip 0+54/20 sctp 20+34/12b", "sctp_bad_chunk 1@52");
    frame.data[3] = 31;
    expect(&probe, 228, &frame, "ip 0+31/20 sctp 20+11/11b", "header_truncated 1@20");
    cr_assert(decode_tuple(&probe.packet, &tuple));
    cr_assert_eq(tuple.sport, 0x1234);
}

/** A chunk that has not room for its fixed fields, and the first that has. */
Test(transport, sctp_chunks_too_short_for_their_fields)
{
    static const struct {
        unsigned type, least;
    } chunks[] = {{0, 17}, {1, 20}, {2, 20}, {3, 16}, {7, 8}, {16, 20}, {64, 21}, {11, 4}, {63, 4}};
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++)
        for (unsigned len = chunks[i].least - (chunks[i].least > 4); len <= chunks[i].least;
             len++) {
            memset(&frame, 0, sizeof frame);
            put_ip(&frame, 132, 12 + 4 + len);
            put_hex(&frame, "1234 0050 00000001 00000000 0b000004");
            put8(&frame, chunks[i].type);
            put8(&frame, 0);
            put16(&frame, len);
            put_fill(&frame, len - 4, 0);
            probe_decode(&probe, 228, &frame);
            cr_expect_str_eq(probe.faults, len < chunks[i].least ? "sctp_bad_chunk 1@36" : "",
                             "%u of %u", len, chunks[i].type);
        }
}

Test(transport, dccp_and_udplite_have_ports)
{
    struct decode_tuple tuple;
    put_ip(&frame, 33, 20);
    put_hex(&frame, "1234 0050 04 00 0000 00 000000 00000000 aabbccdd");
    expect(&probe, 228, &frame, "ip 0+40/20 dccp 20+20/16", "");
    cr_assert(decode_tuple(&probe.packet, &tuple));
    cr_assert_eq(tuple.proto, 33);
    cr_assert_eq(tuple.dport, 0x50);
    expect_truncations(&probe, 228, &frame);
    frame.data[24] = 2;
    expect(&probe, 228, &frame, "ip 0+40/20 dccp 20+20/20b", "dccp_bad_offset 1@24");
    frame.data[24] = 6;
    expect(&probe, 228, &frame, "ip 0+40/20 dccp 20+20/20b", "dccp_bad_offset 1@24");
    frame.len = 0;
    put_ip(&frame, 136, 10);
    put_hex(&frame, "1234 0050 0008 0000 aabb");
    expect(&probe, 228, &frame, "ip 0+30/20 udplite 20+10/8", "");
    cr_assert(decode_tuple(&probe.packet, &tuple));
    cr_assert_eq(tuple.proto, 136);
    expect_truncations(&probe, 228, &frame);
}
