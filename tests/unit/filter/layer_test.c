// SPDX-License-Identifier: MIT OR Apache-2.0
#include "filter/layer.h"

#include "sample.h"

TestSuite(layer, .init = sample_setup, .fini = sample_teardown);

#define HOLDS(text) cr_expect(sample_holds(text), "%s", text)
#define FAILS(text) cr_expect_not(sample_holds(text), "%s", text)

Test(layer, fields_as_captured)
{
    HOLDS("frame.len == 1500 and frame.cap_len == 90 and frame.interface_id == 0 and frame.number "
          "== 3");
    HOLDS("eth.src == 00:1b:21:00:00:01 and eth.dst == 00:1b:21:3c:9d:f8 and eth.type == 0x8100");
    HOLDS("eth.addr == 00:1b:21:3c:9d:f8 and eth.addr == 00:1b:21:00:00:01 and eth.addr != "
          "00:00:00:00:00:00");
    HOLDS("vlan.id == 100 and vlan.id === 100");
    HOLDS("ip.version === 4 and ip.id == 7 and ip.proto == udp and ip.proto == 6 and ip.proto != "
          "icmp");
    HOLDS("udp.srcport == 4000 and udp.dstport == 53 and udp.port in {53}");
    HOLDS("tcp.seq_raw == 0xffffffff and tcp.ack_raw == 1 and tcp.window_size_value == 512 and "
          "tcp.window == 512");
    HOLDS("tcp.hdr_len == 20 and tcp.len == 4 and tcp.flags == 0x12");
    HOLDS("tcp.flags.syn and tcp.flags.ack == 1 and tcp.flags.fin == false and not tcp.flags.reset "
          "and !tcp.flags.rst");
    FAILS("tcp.flags.push or tcp.flags.psh or tcp.flags.urg or tcp.flags.ece or tcp.flags.cwr or "
          "tcp.flags.ae");
    FAILS("ipv6.src or ipv6.addr or ipv6.hlim or sctp.port or ieee8021ad.id");
    FAILS("sctp.verification_tag or sctp.chunk_type or sctp.data_sid or sctp.data_tsn_raw != 1");
    FAILS("dccp.type or dccp.seq_raw or dccp.ack_raw or dccp.service_code or dccp.type != data");
}

Test(layer, every_name_is_found_and_is_unique)
{
    uint32_t count = 0;
    for (const char *name; (name = filter_layer_name(count)); count++) {
        const struct filter_layer_field *at = filter_layer_find(name);
        cr_assert(at);
        cr_expect_str_eq(at->field.name, name);
        cr_expect(at->field.doc && at->field.doc[0]);
        cr_expect(!at->second || at->second > at->field.offset,
                  "%s: the second value stands behind the first", name);
        sample_holds(name);
    }
    cr_expect_gt(count, 40);
    cr_expect_null(filter_layer_find("ip"));
    cr_expect_null(filter_layer_find("ip.sr"));
    cr_expect_str_eq(filter_layer_find("tcp.flags.rst")->field.name, "tcp.flags.reset");
}

/** However little the snaplen left, what is there is read and nothing else. */
Test(layer, every_cut)
{
    for (uint32_t len = 0; len <= sizeof sample_frame; len++) {
        uint8_t *exact = malloc(len ? len : 1); // so that the sanitizer sees what reads too far
        memcpy(exact, sample_frame, len);
        sample_packet.data = exact;
        sample_packet.caplen = len;
        cr_expect_eq(sample_holds("eth.dst"), len >= 12);
        cr_expect_eq(sample_holds("eth.type"), len >= 14);
        cr_expect_eq(sample_holds("ip.src == 192.0.2.1"), len >= 38);
        cr_expect_eq(sample_holds("ip.id == 7"), len >= 38);
        cr_expect_eq(sample_holds("udp.port == 53"), len >= 42);
        cr_expect_eq(sample_holds("ip.ttl == 3"), len >= 66);
        cr_expect_eq(sample_holds("tcp.dstport == 80"), len >= 70);
        cr_expect_eq(sample_holds("tcp.seq_raw"), len >= 82);
        cr_expect_eq(sample_holds("tcp.flags.syn"), len >= 82);
        cr_expect(sample_holds("vlan.id == 100 and frame.len == 1500 and tcp"));
        for (uint32_t i = 0; filter_layer_name(i); i++)
            sample_holds(filter_layer_name(i));
        free(exact);
    }
}

/* IEEE 802.3: what is less than 1536 there is a length, and the LLC header says the protocol. */
Test(layer, a_length_is_no_ethertype)
{
    uint8_t frame[sizeof sample_frame];
    memcpy(frame, sample_frame, sizeof frame);
    sample_packet.data = frame;
    for (unsigned value = 0; value < 0x10000; value += 0xff) {
        frame[12] = (uint8_t)(value >> 8);
        frame[13] = (uint8_t)value;
        cr_expect_eq(sample_holds("eth.type"), value >= 0x600, "%x", value);
        HOLDS("eth.dst == 00:1b:21:3c:9d:f8");
    }
}

/** SCTP in something and in that SCTP again: the chunks of all layers, one after the other. */
Test(layer, chunks_of_every_layer)
{
    static const uint8_t bytes[] = {
        0,  1,  0,   2,   0xaa, 0,   0, 1,  0, 0, 0,    0, // outer
        11, 0,  0,   4,   0,    3,   0, 20, 0, 0, 0,    7, 0, 5,  0,   6,  0, 0,
        0,  3,  'a', 'b', 'c',  'd', 0, 3,  0, 4, 0xaa, 0, 0, 2,  0,   0,  0, 0, // inner
        3,  0,  0,   16,  0,    0,   0, 9,  0, 0, 4,    0, 0, 0,  0,   0,  0, 4,
        0,  18, 0,   0,   0,    8,   0, 1,  0, 1, 0,    0, 0, 60, 'x', 'y'};
    sample_packet.data = bytes;
    sample_packet.caplen = sizeof bytes;
    sample_packet.layer_count = 0;
    sample_layer(PALUA_PROTOCOL_SCTP, 0, 12, 0);
    sample_packet.layers[0].len = 36;
    sample_layer(PALUA_PROTOCOL_SCTP, 36, 12, 0);
    sample_packet.layers[1].len = sizeof bytes - 36;
    HOLDS("sctp.verification_tag == 0xaa000001 and sctp.verification_tag == 0xaa000002");
    HOLDS("sctp.chunk_type == 11 and sctp.chunk_type == cookie_ack and sctp.chunk_type == SACK");
    HOLDS("sctp.chunk_type in {data} and sctp.chunk_type != init and sctp.chunk_type_name contains "
          "'ack'");
    FAILS("sctp.chunk_type == init or sctp.chunk_type == 1 or sctp.chunk_type != data");
    HOLDS("sctp.data_tsn_raw in {7} and sctp.data_tsn_raw == 8 and sctp.data_tsn_raw !== 7");
    HOLDS("sctp.data_payload_proto_id == M3UA and sctp.data_payload_proto_id == NGAP");
    HOLDS("sctp.data_sid == 5 and sctp.data_ssn == 6 and sctp.data_b_bit and sctp.data_b_bit == 0");
    HOLDS("sctp.chunk_length == 18 and sctp.chunk_flags == 4 and sctp.data_u_bit");
    FAILS("sctp.data_mid or sctp.data_fsn or sctp.initiate_tag or sctp.data_tsn_raw == 9");
    for (uint32_t len = 0; len < sizeof bytes; len++) {
        uint8_t *exact = malloc(len ? len : 1);
        memcpy(exact, bytes, len);
        sample_packet.data = exact;
        sample_packet.caplen = len;
        cr_expect_eq(sample_holds("sctp.data_tsn_raw == 7"), len >= 36, "%u", len);
        cr_expect_eq(sample_holds("sctp.chunk_type == sack"), len >= 64, "%u", len);
        cr_expect_not(sample_holds("sctp.data_tsn_raw == 8"));
        free(exact);
    }
}

Test(layer, dccp)
{
    static const uint8_t bytes[] = {0,    1,    0, 2, 7, 0, 0, 0, 3, 0, 0x12, 0x34, 0x56, 0x78,
                                    0x9a, 0xbc, 0, 0, 0, 0, 0, 0, 0, 9, 'S',  'P',  'H',  'P'};
    sample_packet.data = bytes;
    sample_packet.caplen = sizeof bytes;
    sample_packet.layer_count = 0;
    sample_layer(PALUA_PROTOCOL_DCCP, 0, 28, 0);
    sample_packet.layers[0].len = 28;
    HOLDS("dccp.type == 1 and dccp.type == Response and dccp.seq_raw == 0x123456789abc");
    HOLDS("dccp.ack_raw == 9 and dccp.service_code == 0x53504850 and dccp.port == 1");
    FAILS("dccp.type == data or sctp.verification_tag or tcp.seq_raw");
    sample_packet.caplen = 27;
    HOLDS("dccp.ack_raw == 9 and not dccp.service_code");
    sample_packet.caplen = 9;
    HOLDS("dccp.type == response and not dccp.seq_raw and not dccp.ack_raw");
    sample_packet.caplen = 8;
    FAILS("dccp.type");
}

/** Behind the last packet of a flow there are no layers: its flow answers. */
Test(layer, flow_without_layers)
{
    sample_packet.layer_count = 0;
    sample_packet.data = NULL;
    for (int with_packet = 0; with_packet < 2; with_packet++) {
        sample.event.packet = with_packet ? &sample_packet : NULL;
        HOLDS("ip and tcp and not udp and !ipv6 and !vlan and not eth");
        HOLDS("ip.src == 10.0.0.1 and ip.dst == 10.0.0.2 and ip.addr == 10.0.0.1 and ip.addr == "
              "10.0.0.2");
        HOLDS("tcp.port == 80 and tcp.port == 40000 and tcp.srcport == 40000 and tcp.dstport == 80 "
              "and ip.proto == tcp");
        FAILS("udp.port or ipv6.addr or eth.addr or frame.len or ip.ttl or tcp.flags or vlan.id");
    }
    sample_flow.proto = 17;
    HOLDS("udp and udp.port == 80 and !tcp.port");
    sample_flow.proto = 58;
    HOLDS("icmpv6 and !icmp and !udp");
    sample_flow.vlan = 7;
    sample_flow.present = UINT64_MAX;
    HOLDS("vlan and vlan.id == 7");
    sample_flow.orig_h = sample_slice("0123456789abcdef", 16);
    sample_flow.resp_h = sample_flow.orig_h;
    HOLDS("ipv6 and ipv6.src == 3031::/16 and !ip and !ip.addr");
    sample.event.flow = NULL;
    FAILS("ip or ipv6 or udp or tcp.port or ipv6.addr or vlan.id");
}
