// SPDX-License-Identifier: MIT OR Apache-2.0
#include "decode/tuple.h"
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

TestSuite(tunnel, .init = set_up, .fini = tear_down);

static void put_datagram(void)
{
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 5, 6, 8);
}

/** An Ethernet frame that carries what follows, and the innermost datagram at its end. */
static void encapsulate(unsigned type, const char *header)
{
    frame.len = 0;
    put_eth(&frame, type);
    put_hex(&frame, header);
    put_datagram();
    probe_decode(&probe, ETHERNET, &frame);
}

/** The same in an outer IP header. */
static void carry(unsigned proto, const char *header)
{
    struct frame inner = {0};
    put_hex(&inner, header);
    frame.len = 0;
    put_eth(&frame, ON_IP);
    put_ip(&frame, proto, (unsigned)inner.len + 28);
    put_hex(&frame, header);
    put_datagram();
    probe_decode(&probe, ETHERNET, &frame);
}

static struct decode_tunnel innermost(void)
{
    struct decode_tunnel out = {0};
    cr_assert(decode_tunnel(&probe.packet, probe.packet.layer_count, &out), "%s", probe.stack);
    return out;
}

static void expect_tunnel(uint16_t protocol, uint32_t id, bool has_id, uint8_t outer)
{
    struct decode_tunnel tunnel = innermost();
    cr_expect_eq(tunnel.protocol, protocol, "%s", probe.stack);
    cr_expect_eq(tunnel.id, id, "%s: %x", probe.stack, tunnel.id);
    cr_expect_eq(tunnel.has_id, has_id, "%s", probe.stack);
    cr_expect_eq(tunnel.outer, outer, "%s", probe.stack);
    cr_expect_eq(probe.packet.layers[tunnel.layer].protocol, protocol);
}

Test(tunnel, none)
{
    struct decode_tunnel tunnel;
    uint16_t id;
    encapsulate(ON_IP, "");
    cr_expect(!decode_tunnel(&probe.packet, PALUA_LAYER_CAP + 1, &tunnel));
    cr_expect(!decode_tunnel_at(&probe.packet, probe.packet.layer_count, &tunnel));
    cr_expect(!decode_tunnel_at(&probe.packet, UINT32_MAX, &tunnel));
    cr_expect(!decode_vlan(&probe.packet, PALUA_LAYER_CAP + 1, &id));
    cr_expect_eq(probe.packet.context, 0);
}

Test(tunnel, mpls_has_the_last_label)
{
    encapsulate(0x8847, "00011040 fffff1ff");
    cr_assert_str_eq(probe.stack, "eth:mpls:ip:udp");
    expect_tunnel(PALUA_PROTOCOL_MPLS, 0xfffff, true, PALUA_NO_LAYER);
}

Test(tunnel, pppoe_has_its_session)
{
    encapsulate(0x8864, "1100 1234 001e 0021");
    cr_assert_str_eq(probe.stack, "eth:pppoes:ppp:ip:udp");
    expect_tunnel(PALUA_PROTOCOL_PPPOES, 0x1234, true, PALUA_NO_LAYER);
    /* Discovery is no tunnel yet. */
    encapsulate(0x8863, "1109 0000 0000");
    struct decode_tunnel tunnel;
    cr_expect(!decode_tunnel(&probe.packet, probe.packet.layer_count, &tunnel));
}

Test(tunnel, backbone_bridges_have_a_service)
{
    encapsulate(0x88e7, "40abcdef 020202020202 040404040404 0800");
    cr_assert_str_eq(probe.stack, "eth:ieee8021ah:ip:udp");
    expect_tunnel(PALUA_PROTOCOL_IEEE8021AH, 0xabcdef, true, PALUA_NO_LAYER);
}

Test(tunnel, gre_has_its_key)
{
    carry(P_GRE, "0000 0800");
    expect_tunnel(PALUA_PROTOCOL_GRE, 0, false, 1);
    carry(P_GRE, "2000 0800 89abcdef");
    expect_tunnel(PALUA_PROTOCOL_GRE, 0x89abcdef, true, 1);
    /* Behind a checksum, before a sequence number. */
    carry(P_GRE, "b000 0800 00000000 89abcdef 00000001");
    expect_tunnel(PALUA_PROTOCOL_GRE, 0x89abcdef, true, 1);
    cr_expect_eq(probe.packet.context, 0);
    /* PPTP: the call. */
    carry(P_GRE, "3001 880b 00200042 00000001 ff030021");
    cr_assert_str_eq(probe.stack, "eth:ip:gre:ppp:ip:udp");
    expect_tunnel(PALUA_PROTOCOL_GRE, 0x42, true, 1);
}

Test(tunnel, nvgre_has_a_network)
{
    carry(P_GRE, "2000 6558 123456fe 020202020202 040404040404 0800");
    cr_assert_str_eq(probe.stack, "eth:ip:gre:eth:ip:udp");
    expect_tunnel(PALUA_PROTOCOL_GRE, 0x123456, true, 1);
    cr_expect_neq(probe.packet.context, 0);
    uint32_t context = probe.packet.context, hash = probe.packet.flow_hash;
    /* The flow id is none of it. */
    carry(P_GRE, "2000 6558 12345600 020202020202 040404040404 0800");
    cr_expect_eq(probe.packet.context, context);
    cr_expect_eq(probe.packet.flow_hash, hash);
    carry(P_GRE, "2000 6558 12345700 020202020202 040404040404 0800");
    cr_expect_neq(probe.packet.context, context);
    cr_expect_neq(probe.packet.flow_hash, hash);
    /* With a sequence number it is another protocol's key. */
    carry(P_GRE, "3000 6558 12345600 00000000 020202020202 040404040404 0800");
    expect_tunnel(PALUA_PROTOCOL_GRE, 0x12345600, true, 1);
    cr_expect_eq(probe.packet.context, 0);
}

Test(tunnel, ip_in_ip_is_the_outer_layer)
{
    carry(P_IPIP, "");
    cr_assert_str_eq(probe.stack, "eth:ip:ip:udp");
    expect_tunnel(PALUA_PROTOCOL_IP, 0, false, 1);
    struct decode_tunnel tunnel;
    cr_expect(!decode_tunnel(&probe.packet, 1, &tunnel), "nothing is around the outer layer");
    frame.len = 0;
    put_ipv6(&frame, P_DSTOPTS, 8 + 28);
    put_extension(&frame, P_IPIP, 0);
    put_datagram();
    probe_decode(&probe, 229, &frame);
    cr_assert_str_eq(probe.stack, "ipv6:ipv6.dstopts:ip:udp");
    expect_tunnel(PALUA_PROTOCOL_IPV6, 0, false, 0);
}

Test(tunnel, what_an_error_quotes_is_in_no_tunnel)
{
    put_eth(&frame, ON_IP);
    put_ip(&frame, P_ICMP, 8 + 20 + 8 + 28);
    put_icmp(&frame, 3, 1, 0);
    put_ip(&frame, P_GRE, 8 + 28);
    put_hex(&frame, "2000 0800 00000007");
    put_datagram();
    decoder_key(probe.decoder, UINT8_MAX);
    probe_decode(&probe, ETHERNET, &frame);
    cr_assert_str_eq(probe.stack, "eth:ip:icmp:ip:gre:ip:udp");
    struct decode_tunnel tunnel;
    cr_expect(!decode_tunnel(&probe.packet, probe.packet.layer_count, &tunnel));
    cr_expect_eq(probe.packet.context, 0);
}

Test(tunnel, tags)
{
    uint16_t id = 0;
    encapsulate(ON_8021AD, "0064 8100 6005 0800");
    cr_assert_str_eq(probe.stack, "eth:ieee8021ad:vlan:ip:udp");
    cr_assert(decode_vlan(&probe.packet, probe.packet.layer_count, &id));
    cr_expect_eq(id, 5);
    cr_assert(decode_vlan(&probe.packet, 2, &id));
    cr_expect_eq(id, 100);
    cr_expect_eq(probe.packet.layers[1].context, 100);
    struct decode_tuple tuple;
    cr_assert(decode_tuple(&probe.packet, &tuple));
    cr_expect_eq(tuple.vlan, 5);
    uint32_t hash = probe.packet.flow_hash;
    decoder_key(probe.decoder, 0);
    encapsulate(ON_8021AD, "0064 8100 6005 0800");
    cr_assert(decode_tuple(&probe.packet, &tuple));
    cr_expect_eq(tuple.vlan, 0);
    cr_expect_neq(probe.packet.flow_hash, hash);
}

/** Each kind takes part in the key only if it is asked for. */
Test(tunnel, what_is_keyed)
{
    static const struct {
        enum decode_context kind;
        bool in_ip;
        unsigned type;
        const char *header, *other;
    } cases[] = {
        {DECODE_CONTEXT_LABEL, false, 0x8847, "000111ff", "000121ff"},
        {DECODE_CONTEXT_PPPOE, false, 0x8864, "1100 1234 001e 0021", "1100 1235 001e 0021"},
        {DECODE_CONTEXT_GRE, true, P_GRE, "2000 0800 00000001", "2000 0800 00000002"},
        {DECODE_CONTEXT_SESSION, true, P_GRE, "2001 880b 00200042 ff030021",
         "2001 880b 00200043 ff030021"},
        {DECODE_CONTEXT_NETWORK, true, P_GRE, "2000 6558 00000100 020202020202040404040404 0800",
         "2000 6558 00000200 020202020202040404040404 0800"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (unsigned keyed = 0; keyed < 2; keyed++) {
            uint32_t context[2], hash[2];
            decoder_key(probe.decoder, keyed ? cases[i].kind : (unsigned)~cases[i].kind);
            for (int k = 0; k < 2; k++) {
                (cases[i].in_ip ? carry : encapsulate)(cases[i].type,
                                                       k ? cases[i].other : cases[i].header);
                cr_assert(probe.packet.flags & PALUA_PACKET_FLOW, "%s", probe.stack);
                context[k] = probe.packet.context;
                hash[k] = probe.packet.flow_hash;
            }
            cr_expect_eq(context[0] != context[1], keyed, "kind %d", cases[i].kind);
            cr_expect_eq(hash[0] != hash[1], keyed, "kind %d", cases[i].kind);
        }
}

Test(tunnel, outer_addresses_count_whichever_way)
{
    decoder_key(probe.decoder, DECODE_CONTEXT_OUTER);
    carry(P_IPIP, "");
    uint32_t context = probe.packet.context;
    cr_expect_neq(context, 0);
    for (int i = 0; i < 4; i++) { // the outer header's addresses change places
        uint8_t byte = frame.data[26 + i];
        frame.data[26 + i] = frame.data[30 + i];
        frame.data[30 + i] = byte;
    }
    probe_decode(&probe, ETHERNET, &frame);
    cr_expect_eq(probe.packet.context, context);
    frame.data[29]++;
    probe_decode(&probe, ETHERNET, &frame);
    cr_expect_neq(probe.packet.context, context);
    decoder_key(probe.decoder, (unsigned)~DECODE_CONTEXT_OUTER);
    probe_decode(&probe, ETHERNET, &frame);
    cr_expect_eq(probe.packet.context, 0);
}

/** Nested tunnels count with their order. */
Test(tunnel, all_that_lies_around_counts)
{
    static const char *const stacks[] = {
        "2000 6558 00000100 020202020202040404040404 88e7 40000002 020202020202040404040404 0800",
        "2000 6558 00000200 020202020202040404040404 88e7 40000001 020202020202040404040404 0800",
        "2000 6558 00000100 020202020202040404040404 88e7 40000003 020202020202040404040404 0800",
    };
    uint32_t context[3];
    for (int i = 0; i < 3; i++) {
        carry(P_GRE, stacks[i]);
        cr_assert_str_eq(probe.stack, "eth:ip:gre:eth:ieee8021ah:ip:udp");
        context[i] = probe.packet.context;
        for (int k = 0; k < i; k++)
            cr_expect_neq(context[i], context[k]);
    }
    struct decode_tunnel inner = innermost(), outer;
    cr_expect_eq(inner.protocol, PALUA_PROTOCOL_IEEE8021AH);
    cr_expect_eq(inner.outer, 1);
    cr_assert(decode_tunnel(&probe.packet, inner.layer, &outer));
    cr_expect_eq(outer.protocol, PALUA_PROTOCOL_GRE);
    cr_expect_eq(outer.id, 1);
}

/** Which layers a packet belongs to the flows of, outer to inner. */
static const char *carriers(void)
{
    static char out[64];
    size_t at = 0;
    out[0] = 0;
    uint32_t layer = decode_next_carrier(&probe.packet, 0);
    for (; layer != PALUA_NO_LAYER; layer = decode_next_carrier(&probe.packet, layer + 1))
        at += (size_t)snprintf(out + at, sizeof out - at, "%s%u", at ? " " : "", layer);
    return out;
}

static bool any_bytes(struct palua_slice in, struct palua_decoded *out)
{
    (void)in;
    out->context_kind = PALUA_CONTEXT_NETWORK;
    out->context = 5;
    out->next_kind = PALUA_ON_ETHERTYPE;
    out->next_value = ON_IP;
    return true;
}

static const struct palua_binding box_bindings[] = {{PALUA_ON_UDP_PORT, 4000}};
static const struct palua_plugin box = {.abi = PALUA_PLUGIN_ABI,
                                        .size = sizeof(struct palua_plugin),
                                        .name = "box",
                                        .doc = "packets in UDP",
                                        .role = PALUA_DECODER,
                                        .bindings = box_bindings,
                                        .binding_count = 1,
                                        .decode = any_bytes};

Test(tunnel, carriers_have_flows_of_their_own)
{
    struct palua_packet view;
    struct decode_tuple tuple;
    probe_add(&probe, &box);
    put_ip(&frame, P_UDP, 8 + 28 + 28 + 28);
    put_udp(&frame, 1, 4000, 8 + 28 + 28 + 28);
    put_ip(&frame, P_UDP, 8 + 28 + 28);
    put_udp(&frame, 2, 4000, 8 + 28 + 28);
    put_ip(&frame, P_UDP, 8 + 28);
    put_udp(&frame, 3, 4001, 8 + 28);
    probe_decode(&probe, 228, &frame);
    cr_assert_str_eq(probe.stack, "ip:udp:box:ip:udp:box:ip:udp");
    cr_expect_str_eq(carriers(), "1 4", "not the innermost");
    for (uint32_t i = 0; i < 2; i++) {
        decode_carrier(&probe.packet, 1 + 3 * i, &view);
        cr_expect_eq(view.network, 3 * i);
        cr_expect_eq(view.transport, 1 + 3 * i);
        cr_expect_eq(view.layer_count, 2 + 3 * i);
        cr_expect_eq(view.flags, PALUA_PACKET_FLOW);
        cr_assert(decode_tuple(&view, &tuple));
        cr_expect_eq(tuple.sport, 1 + i);
        cr_expect_eq(tuple.dport, 4000);
        cr_expect_eq(view.flow_hash, decode_tuple_hash(&tuple));
    }
    /* A packet that ends with the carrier is of the same flow: what lies around counts alike. */
    uint32_t context = view.context, hash = view.flow_hash;
    cr_expect_neq(context, 0);
    frame.len -= 28 + 8;
    put_udp(&frame, 2, 4001, 8 + 28 + 28);
    put_fill(&frame, 28 + 28, 0);
    probe_decode(&probe, 228, &frame);
    cr_assert_str_eq(probe.stack, "ip:udp:box:ip:udp");
    cr_expect_eq(probe.packet.context, context);
    cr_expect_neq(probe.packet.flow_hash, hash, "another port");
    cr_expect_str_eq(carriers(), "1");
}

Test(tunnel, what_is_no_carrier)
{
    encapsulate(ON_IP, "");
    cr_expect_str_eq(carriers(), "");
    carry(P_GRE, "0000 0800");
    cr_expect_str_eq(carriers(), "", "GRE has no ports");
    carry(P_IPIP, "");
    cr_expect_str_eq(carriers(), "");
    frame.len = 0;
    put_eth(&frame, ON_ARP);
    probe_decode(&probe, ETHERNET, &frame);
    cr_expect_str_eq(carriers(), "");
    /* Nothing is carried by what an error quotes. */
    probe_add(&probe, &box);
    frame.len = 0;
    put_ip(&frame, P_ICMP, 8 + 28 + 28);
    put_icmp(&frame, 3, 1, 0);
    put_ip(&frame, P_UDP, 8 + 28);
    put_udp(&frame, 1, 4000, 8 + 28);
    put_datagram();
    probe_decode(&probe, 228, &frame);
    cr_expect_str_eq(carriers(), "");
}

/** The context that decode finds on its way is the one that the layers give. */
Test(tunnel, contexts_can_be_worked_out_again)
{
    static const char *const headers[] = {
        "2000 6558 00000100 020202020202040404040404 88e7 40000002 020202020202040404040404 0800",
        "2000 6558 00000100 020202020202040404040404 8100 0005 0800",
        "2000 0800 00000007",
        "0000 8847 000071ff",
    };
    decoder_key(probe.decoder, UINT8_MAX);
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        carry(P_GRE, headers[i]);
        cr_assert_neq(probe.packet.network, 1, "%s", probe.stack);
        cr_expect_neq(probe.packet.context, 0);
        cr_expect_eq(tuple_around(&probe.packet, probe.packet.network), probe.packet.context, "%s",
                     probe.stack);
    }
}
