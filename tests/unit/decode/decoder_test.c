// SPDX-License-Identifier: MIT OR Apache-2.0
#include <signal.h>

#include "decode/decoder.h"
#include "probe.h"

static struct probe probe;
static struct frame frame;
static struct error err;

static void set_up(void)
{
    probe_init(&probe);
    frame.len = 0;
    err = (struct error){0};
}

static void tear_down(void)
{
    probe_fini(&probe);
}

TestSuite(decoder, .init = set_up, .fini = tear_down);

/** What the plugins under test answer; set by each test. */
static struct palua_decoded answer;
static bool accept;
static struct palua_slice seen;
static int calls;

static bool decode_as_told(struct palua_slice in, struct palua_decoded *out)
{
    seen = in;
    calls++;
    *out = answer;
    return accept;
}

/** VXLAN (RFC 7348): a header of 8 bytes in front of an Ethernet frame. */
static bool decode_vxlan(struct palua_slice in, struct palua_decoded *out)
{
    if (in.len < 8 || !(in.data[0] & 0x08))
        return false;
    out->header_len = 8;
    out->next_kind = PALUA_ON_LINKTYPE;
    out->next_value = 1;
    out->aux = (uint16_t)(in.data[5] << 8 | in.data[6]);
    return true;
}

static const struct palua_binding vxlan_bindings[] = {{PALUA_ON_UDP_PORT, 4789}};
static const struct palua_plugin vxlan = {.abi = PALUA_PLUGIN_ABI,
                                          .role = PALUA_DECODER,
                                          .name = "vxlan",
                                          .bindings = vxlan_bindings,
                                          .binding_count = 1,
                                          .decode = decode_vxlan};

static const struct palua_binding told_bindings[] = {{PALUA_ON_LINKTYPE, 147},
                                                     {PALUA_ON_ETHERTYPE, 0xb000},
                                                     {PALUA_ON_IP_PROTOCOL, 253},
                                                     {PALUA_ON_UDP_PORT, 2152}};
static const struct palua_plugin told = {.abi = PALUA_PLUGIN_ABI,
                                         .role = PALUA_DECODER,
                                         .name = "told",
                                         .bindings = told_bindings,
                                         .binding_count = 4,
                                         .decode = decode_as_told};

static void add_told(void)
{
    accept = true;
    calls = 0;
    answer = (struct palua_decoded){.payload_len = UINT32_MAX};
    cr_assert(decoder_add(probe.decoder, &told, &err), "%s", err.text);
}

Test(decoder, names_are_those_of_wireshark)
{
    static const char *const names[] = {
        "data",         "eth",          "vlan",   "ieee8021ad", "raw",          "null",
        "sll",          "arp",          "ip",     "ipv6",       "ipv6.hopopts", "ipv6.routing",
        "ipv6.fraghdr", "ipv6.dstopts", "ah",     "esp",        "mipv6",        "hip",
        "shim6",        "icmp",         "icmpv6", "tcp",        "udp"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        uint16_t protocol = decoder_protocol_find(probe.decoder, names[i]);
        cr_assert_neq(protocol, PALUA_PROTOCOL_NONE, "%s", names[i]);
        cr_assert_str_eq(decoder_protocol_name(probe.decoder, protocol), names[i]);
    }
    cr_assert_eq(decoder_protocol_find(probe.decoder, "none"), PALUA_PROTOCOL_NONE);
    cr_assert_eq(decoder_protocol_find(probe.decoder, "tcpp"), PALUA_PROTOCOL_NONE);
    cr_assert_str_eq(decoder_protocol_name(probe.decoder, PALUA_PROTOCOL_PLUGIN), "unknown");
    cr_assert_str_eq(decoder_protocol_name(probe.decoder, PALUA_PROTOCOL_ENGINE_END), "unknown");
}

Test(decoder, plugins_get_numbers_and_names)
{
    add_told();
    cr_assert(decoder_add(probe.decoder, &vxlan, &err));
    cr_assert_str_eq(decoder_protocol_name(probe.decoder, PALUA_PROTOCOL_PLUGIN), "told");
    cr_assert_str_eq(decoder_protocol_name(probe.decoder, PALUA_PROTOCOL_PLUGIN + 1), "vxlan");
    cr_assert_eq(decoder_protocol_find(probe.decoder, "vxlan"), PALUA_PROTOCOL_PLUGIN + 1);
}

static void put_vxlan_frame(unsigned sport, unsigned dport)
{
    put_ip(&frame, P_UDP, 8 + 8 + 14 + 28);
    put_udp(&frame, sport, dport, 8 + 8 + 14 + 28);
    put32(&frame, 0x08000000);
    put32(&frame, 0x00123400);
    put_eth(&frame, ON_IP);
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 5, 6, 8);
}

Test(decoder, an_encapsulation_on_a_udp_port_of_either_end)
{
    struct decode_tuple tuple;
    cr_assert(decoder_add(probe.decoder, &vxlan, &err));
    for (int reply = 0; reply < 2; reply++) {
        frame.len = 0;
        put_vxlan_frame(reply ? 4789 : 4000, reply ? 4000 : 4789);
        expect(&probe, 228, &frame,
               "ip 0+78/20 udp 20+58/8 vxlan 28+50/8 eth 36+42/14 ip 50+28/20 udp 70+8/8", "");
        cr_assert_eq(probe.packet.network, 4);
        cr_assert_eq(probe.packet.transport, 5);
        cr_assert_eq(probe.packet.layers[2].aux, 0x1234);
        cr_assert(decode_tuple(&probe.packet, &tuple));
        cr_assert_eq(tuple.sport, 5);
    }
    for (uint32_t kept = 0; kept < frame.len; kept++) {
        probe_cut(&probe, 228, &frame, kept, (uint32_t)frame.len);
        cr_assert_eq(strncmp("ip:udp:vxlan:eth:ip:udp", probe.stack, strlen(probe.stack)), 0);
        cr_assert_eq(probe.packet.layer_count, kept < 20   ? 1
                                               : kept < 36 ? 2
                                               : kept < 50 ? 4
                                               : kept < 70 ? 5
                                                           : 6);
    }
}

Test(decoder, a_payload_that_is_not_the_encapsulation_stays_a_payload)
{
    cr_assert(decoder_add(probe.decoder, &vxlan, &err));
    put_vxlan_frame(4789, 4789);
    frame.data[28] = 0;
    expect(&probe, 228, &frame, "ip 0+78/20 udp 20+58/8", "");
    frame.len = 28;
    frame.data[3] = 28;
    frame.data[25] = 8;
    expect(&probe, 228, &frame, "ip 0+28/20 udp 20+8/8", "");
}

Test(decoder, an_inner_packet_without_flow_leaves_the_carriers)
{
    struct decode_tuple tuple;
    cr_assert(decoder_add(probe.decoder, &vxlan, &err));
    put_vxlan_frame(4000, 4789);
    frame.data[48] = 0xb0;
    frame.data[49] = 0x01;
    expect(&probe, 228, &frame, "ip 0+78/20 udp 20+58/8 vxlan 28+50/8 eth 36+42/14 data 50+28/0",
           "");
    cr_assert_eq(probe.packet.network, 0);
    cr_assert(decode_tuple(&probe.packet, &tuple));
    cr_assert_eq(tuple.dport, 4789);
    /* A tag behind the carrier is none of the carrier's. */
    frame.data[48] = 0x81;
    frame.data[49] = 0;
    frame.data[51] = 9;
    probe_decode(&probe, 228, &frame);
    cr_assert_str_eq(probe.stack, "ip:udp:vxlan:eth:vlan:llc:data");
    cr_assert(decode_tuple(&probe.packet, &tuple));
    cr_assert_eq(tuple.vlan, 0);
}

Test(decoder, an_inner_flow_without_ports_takes_none_from_its_carrier)
{
    struct decode_tuple tuple;
    cr_assert(decoder_add(probe.decoder, &vxlan, &err));
    put_vxlan_frame(4000, 4789);
    frame.data[59] = P_FREE;
    expect(&probe, 228, &frame,
           "ip 0+78/20 udp 20+58/8 vxlan 28+50/8 eth 36+42/14 ip 50+28/20 data 70+8/0", "");
    cr_assert_eq(probe.packet.network, 4);
    cr_assert_eq(probe.packet.transport, PALUA_NO_LAYER);
    cr_assert(decode_tuple(&probe.packet, &tuple));
    cr_assert_eq(tuple.proto, P_FREE);
    cr_assert_eq(tuple.sport, 0);
}

Test(decoder, every_kind_of_binding)
{
    add_told();
    answer.header_len = 4;
    put_fill(&frame, 10, 0);
    expect(&probe, 147, &frame, "told 0+10/4 data 4+6/0", "");
    cr_assert_eq(seen.len, 10);
    frame.len = 0;
    put_eth(&frame, 0xb000);
    put_fill(&frame, 5, 0);
    expect(&probe, ETHERNET, &frame, "eth 0+19/14 told 14+5/4 data 18+1/0", "");
    frame.len = 0;
    put_ipv6(&frame, P_DSTOPTS, 14);
    put_extension(&frame, P_FREE, 0);
    put_fill(&frame, 6, 0);
    expect(&probe, 229, &frame, "ipv6 0+54/40 ipv6.dstopts 40+14/8 told 48+6/4 data 52+2/0", "");
    frame.len = 0;
    put_ip(&frame, P_FREE, 4);
    put_fill(&frame, 4, 0);
    expect(&probe, 228, &frame, "ip 0+24/20 told 20+4/4", "");
    cr_assert(probe.packet.flags & PALUA_PACKET_FLOW);
    accept = false;
    expect(&probe, 228, &frame, "ip 0+24/20 data 20+4/0", "");
}

Test(decoder, what_a_plugin_says_is_bounded)
{
    add_told();
    put_fill(&frame, 10, 0);
    answer.header_len = 10;
    expect(&probe, 147, &frame, "told 0+10/10", "");
    answer.header_len = 11;
    expect(&probe, 147, &frame, "told 0+10/10b", "header_truncated 0@0");
    answer.header_len = UINT32_MAX;
    expect(&probe, 147, &frame, "told 0+10/10b", "header_truncated 0@0");
    answer.header_len = 4;
    answer.payload_len = 6;
    expect(&probe, 147, &frame, "told 0+10/4 data 4+6/0", "");
    answer.payload_len = 5;
    expect(&probe, 147, &frame, "told 0+10/4 data 4+5/0", "");
    answer.payload_len = 0;
    expect(&probe, 147, &frame, "told 0+10/4", "");
    answer.payload_len = 7;
    expect(&probe, 147, &frame, "told 0+10/4b data 4+6/0", "bad_payload_length 0@0");
    answer.header_len = 8;
    answer.payload_len = UINT32_MAX;
    probe_cut(&probe, 147, &frame, 7, 10);
    cr_assert_str_eq(probe.layers, "told 0+10/8c");
    cr_assert_str_eq(probe.faults, "header_not_captured 0@0");
}

Test(decoder, a_header_beyond_the_records_sixteen_bits)
{
    add_told();
    put_fill(&frame, 70000, 0);
    answer.header_len = 65535;
    expect(&probe, 147, &frame, "told 0+70000/65535 data 65535+4465/0", "");
    answer.header_len = 65536;
    expect(&probe, 147, &frame, "told 0+70000/65535b", "header_truncated 0@0");
}

Test(decoder, a_plugin_that_names_itself_ends_at_the_cap)
{
    add_told();
    answer.next_kind = PALUA_ON_LINKTYPE;
    answer.next_value = 147;
    put_fill(&frame, 10, 0);
    probe_decode(&probe, 147, &frame);
    cr_assert_eq(probe.packet.layer_count, PALUA_LAYER_CAP);
    cr_assert_eq(calls, PALUA_LAYER_CAP);
    cr_assert_str_eq(probe.faults, "too_many_layers 20@0");
}

Test(decoder, data_behind_a_plugin_at_the_cap)
{
    add_told();
    put_eth(&frame, ON_VLAN);
    for (int i = 0; i < 18; i++)
        put_vlan(&frame, 1, i < 17 ? ON_VLAN : 0xb000);
    put_fill(&frame, 4, 0);
    answer.header_len = 4;
    probe_decode(&probe, ETHERNET, &frame);
    cr_assert_eq(probe.packet.layer_count, PALUA_LAYER_CAP);
    cr_assert_str_eq(probe.faults, "");
    answer.header_len = 3;
    probe_decode(&probe, ETHERNET, &frame);
    cr_assert_str_eq(probe.faults, "too_many_layers 20@89");
}

Test(decoder, next_layers_of_every_kind)
{
    add_told();
    put_fill(&frame, 4, 0);
    put_ipv6(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
    answer.header_len = 4;
    answer.next_kind = PALUA_ON_ETHERTYPE;
    answer.next_value = ON_IPV6;
    expect(&probe, 147, &frame, "told 0+52/4 ipv6 4+48/40 udp 44+8/8", "");
    answer.next_kind = PALUA_ON_LINKTYPE;
    answer.next_value = 101;
    expect(&probe, 147, &frame, "told 0+52/4 raw 4+48/0 ipv6 4+48/40 udp 44+8/8", "");
    answer.next_kind = PALUA_ON_IP_PROTOCOL;
    answer.next_value = P_IPV6;
    expect(&probe, 147, &frame, "told 0+52/4 ipv6 4+48/40 udp 44+8/8", "");
    answer.next_value = 256 + P_IPV6;
    expect(&probe, 147, &frame, "told 0+52/4 data 4+48/0", "");
    answer.next_kind = 77;
    expect(&probe, 147, &frame, "told 0+52/4 data 4+48/0", "");
    /* Extension headers without the IP header they extend. */
    answer.next_kind = PALUA_ON_IP_PROTOCOL;
    answer.next_value = P_AH;
    probe_decode(&probe, 147, &frame);
    cr_assert_str_eq(probe.stack, "told:ah");
    answer.next_value = P_TCP;
    probe_decode(&probe, 147, &frame);
    cr_assert_str_eq(probe.stack, "told:tcp");
    cr_assert(!(probe.packet.flags & PALUA_PACKET_FLOW));
}

Test(decoder, a_plugin_may_be_an_extension_header)
{
    struct decode_tuple tuple;
    add_told();
    answer.header_len = 4;
    answer.next_kind = PALUA_ON_IP_PROTOCOL;
    answer.next_value = P_UDP;
    put_ip(&frame, P_FREE, 12);
    put_fill(&frame, 4, 0);
    put_udp(&frame, 3, 4, 8);
    expect(&probe, 228, &frame, "ip 0+32/20 told 20+12/4 udp 24+8/8", "");
    cr_assert(decode_tuple(&probe.packet, &tuple));
    cr_assert_eq(tuple.proto, P_UDP);
    cr_assert_eq(tuple.sport, 3);
}

static bool decode_to_esp(struct palua_slice in, struct palua_decoded *out)
{
    (void)in;
    out->next_kind = PALUA_ON_IP_PROTOCOL;
    out->next_value = P_ESP;
    return true;
}

Test(decoder, a_link_layer_inside_ip_ends_the_chain_of_ip_headers)
{
    static const struct palua_binding binding = {PALUA_ON_LINKTYPE, 148};
    struct palua_plugin to_esp = told;
    to_esp.name = "to_esp";
    to_esp.bindings = &binding;
    to_esp.binding_count = 1;
    to_esp.decode = decode_to_esp;
    struct decode_tuple tuple;
    add_told();
    cr_assert(decoder_add(probe.decoder, &to_esp, &err));
    answer.next_kind = PALUA_ON_LINKTYPE;
    answer.next_value = 148;
    put_ip(&frame, P_FREE, 8);
    put_fill(&frame, 8, 0);
    expect(&probe, 228, &frame, "ip 0+28/20 told 20+8/0 to_esp 20+8/0 esp 20+8/8", "");
    cr_assert(decode_tuple(&probe.packet, &tuple));
    cr_assert_eq(tuple.proto, P_FREE);
}

Test(decoder, fragments_and_esp_behind_a_udp_plugin_are_none_of_the_carriers_chain)
{
    struct decode_tuple tuple;
    static const uint8_t next[] = {P_FRAGMENT, P_ESP, P_AH, P_HOPOPTS, P_NONE};
    add_told();
    answer.next_kind = PALUA_ON_IP_PROTOCOL;
    put_ipv6(&frame, P_UDP, 8 + 24);
    put_udp(&frame, 7, 2152, 8 + 24);
    put_fill(&frame, 24, 0xfd);
    for (size_t i = 0; i < sizeof next; i++) {
        answer.next_value = next[i];
        probe_decode(&probe, 229, &frame);
        cr_assert_eq(probe.packet.flags & ~PALUA_PACKET_ANOMALY, PALUA_PACKET_FLOW);
        cr_assert(decode_tuple(&probe.packet, &tuple));
        cr_assert_eq(tuple.proto, P_UDP);
        cr_assert_eq(tuple.sport, 7);
        cr_assert_eq(probe.packet.layers[0].aux, P_UDP);
    }
}

Test(decoder, layers_at_the_cap_inside_udp)
{
    add_told();
    for (int i = 0; i < 18; i++)
        put_vlan(&frame, 1, i < 17 ? ON_VLAN : ON_IP);
    put_ip(&frame, P_UDP, 12);
    put_udp(&frame, 1, 2152, 12);
    put_fill(&frame, 4, 0);
    struct frame whole = {0};
    put_eth(&whole, ON_VLAN);
    memcpy(whole.data + 14, frame.data + 4, frame.len - 4);
    whole.len = frame.len + 10;
    probe_decode(&probe, ETHERNET, &whole);
    cr_assert_eq(probe.packet.layer_count, 20);
    cr_assert_str_eq(probe.faults, "too_many_layers 20@110");
    cr_assert(probe.packet.flags & PALUA_PACKET_FLOW);
}

static void refused(const struct palua_plugin *plugin, const char *why)
{
    err = (struct error){0};
    cr_assert(!decoder_add(probe.decoder, plugin, &err));
    cr_assert_eq(err.code, ERROR_PLUGIN);
    cr_assert(strstr(err.text, why), "%s", err.text);
    cr_assert(!decoder_add(probe.decoder, plugin, NULL));
}

Test(decoder, refuses_what_is_taken)
{
    static const struct palua_binding ip[] = {{PALUA_ON_UDP_PORT, 9}, {PALUA_ON_ETHERTYPE, 0x0800}};
    struct palua_plugin plugin = vxlan, added;
    plugin.name = "other";
    plugin.bindings = ip;
    plugin.binding_count = 2;
    refused(&plugin, "ethertype 2048 is decoded by ip already");
    cr_assert_eq(decoder_protocol_find(probe.decoder, "other"), PALUA_PROTOCOL_NONE);
    plugin.binding_count = 1;
    added = plugin;
    cr_assert(decoder_add(probe.decoder, &added, &err),
              "the refused plugin left its first binding");
    plugin.name = "another";
    refused(&plugin, "UDP port 9 is decoded by other already");
    plugin.name = "tcp";
    refused(&plugin, "a protocol of that name");
}

Test(decoder, refuses_bindings_and_roles_that_are_no_decoders)
{
    struct palua_binding binding = {PALUA_ON_TCP_PORT, 80};
    struct palua_plugin plugin = vxlan;
    plugin.bindings = &binding;
    refused(&plugin, "binding 0 (kind 5, value 80)");
    binding = (struct palua_binding){PALUA_ON_IP_PROTOCOL, 256};
    refused(&plugin, "value 256");
    binding = (struct palua_binding){PALUA_ON_UDP_PORT, 0};
    refused(&plugin, "value 0");
    binding = (struct palua_binding){PALUA_ON_IP_PROTOCOL, P_HOPOPTS};
    refused(&plugin, "IP protocol 0 is decoded by ipv6.hopopts already");
    plugin.role = PALUA_DISSECTOR;
    refused(&plugin, "no decoder");
    plugin.role = PALUA_DECODER;
    plugin.decode = NULL;
    refused(&plugin, "lacks a decode hook");
}

Test(decoder, as_many_plugins_as_slots_and_no_more)
{
    static struct palua_plugin many[DECODER_PLUGIN_CAP + 1];
    static struct palua_binding bindings[DECODER_PLUGIN_CAP + 1];
    static char names[DECODER_PLUGIN_CAP + 1][16];
    for (uint16_t i = 0; i < DECODER_PLUGIN_CAP + 1; i++) {
        snprintf(names[i], sizeof names[i], "plugin%u", i);
        bindings[i] = (struct palua_binding){PALUA_ON_LINKTYPE, (uint16_t)(1000 + i)};
        many[i] = told;
        many[i].name = names[i];
        many[i].bindings = &bindings[i];
        many[i].binding_count = 1;
        if (i < DECODER_PLUGIN_CAP)
            cr_assert(decoder_add(probe.decoder, &many[i], &err), "%s", err.text);
    }
    refused(&many[DECODER_PLUGIN_CAP], "one decoder too many");
    accept = true;
    answer = (struct palua_decoded){.payload_len = UINT32_MAX};
    put_fill(&frame, 1, 0);
    expect(&probe, 1149, &frame, "plugin149 0+1/0 data 0+1/0", "");
}

static const struct palua_anomaly told_anomalies[] = {{"odd", "Odd."}, {"even", "Even."}};

Test(decoder, plugins_raise_anomalies_of_their_own)
{
    static const struct palua_binding binding = {PALUA_ON_LINKTYPE, 148};
    struct palua_plugin finder = told, second = told;
    finder.anomalies = second.anomalies = told_anomalies;
    finder.anomaly_count = second.anomaly_count = 2;
    second.name = "second";
    second.bindings = &binding;
    second.binding_count = 1;
    cr_assert(decoder_add(probe.decoder, &finder, &err), "%s", err.text);
    cr_assert(decoder_add(probe.decoder, &second, &err), "%s", err.text);
    accept = true;
    answer = (struct palua_decoded){.header_len = 4, .payload_len = UINT32_MAX};
    put_fill(&frame, 10, 0);
    expect(&probe, 147, &frame, "told 0+10/4 data 4+6/0", "");
    answer.anomaly = 1;
    answer.anomaly_offset = 3;
    expect(&probe, 147, &frame, "told 0+10/4b data 4+6/0", "told_odd 0@3");
    answer.anomaly = 2;
    answer.anomaly_offset = UINT32_MAX;
    expect(&probe, 148, &frame, "second 0+10/4b data 4+6/0", "second_even 0@10");
    accept = false;
    expect(&probe, 147, &frame, "data 0+10/0", "");
    cr_assert_str_eq(decoder_fault_name(probe.decoder, DECODE_FAULT_COUNT + 3), "second_even");
    cr_assert_str_eq(decoder_fault_name(probe.decoder, DECODE_FAULT_COUNT + 4), "unknown");
    cr_assert_str_eq(decoder_fault_name(probe.decoder, DECODE_FAULT_UDP_LEN), "udp_bad_length");
}

Test(decoder, an_anomaly_that_is_not_declared_ends_the_process, .signal = SIGABRT)
{
    add_told();
    answer.anomaly = 1;
    put_fill(&frame, 10, 0);
    probe_decode(&probe, 147, &frame);
}
