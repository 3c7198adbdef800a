// SPDX-License-Identifier: MIT OR Apache-2.0
#include "event/builders.h"

#include "../decode/probe.h"
#include "event/path.h"
#include "event/schemas.h"

enum { SLL = 113, RAW = 101, SLL2 = 276 };

static struct probe *probe;
static struct frame *frame;
static struct registry *registry;
static struct layer_names *names;
static struct arena arena;

static void setup(void)
{
    probe = malloc(sizeof *probe);
    frame = calloc(1, sizeof *frame);
    probe_init(probe);
    registry = registry_new();
    names = layer_names_new(probe->decoder);
    arena_init(&arena);
}

static void teardown(void)
{
    arena_fini(&arena);
    layer_names_free(names);
    registry_free(registry);
    probe_fini(probe);
    free(frame);
    free(probe);
}

TestSuite(builders, .init = setup, .fini = teardown);

/** Every field of an event as "name=value", absent ones left out. */
static const char *tell(enum event_kind kind, const struct palua_event *event)
{
    static struct text out;
    const struct palua_schema *schema = registry_schema(registry, (uint16_t)kind);
    text_clear(&out);
    text_add_str(&out, "");
    for (uint32_t i = 0; i < schema->field_count; i++) {
        struct path path;
        cr_assert(path_resolve(registry, (uint16_t)kind, schema->fields[i].name, &path, NULL));
        struct value value = path_read(&path, event);
        if (!value.type)
            continue;
        text_add_format(&out, "%s%s=", out.len ? " " : "", schema->fields[i].name);
        value_text(&value, path.field, &out);
    }
    return out.data;
}

static const char *packet(uint64_t wanted)
{
    return tell(EVENT_PACKET, packet_event_new(&probe->packet, wanted, names, &arena));
}

static struct palua_event *layer_event(enum event_kind kind, uint32_t index)
{
    struct layer_source source = {
        .packet = &probe->packet, .names = names, .datagrams = probe->batch.datagrams};
    return layer_event_new(kind, &source, index, UINT64_MAX, &arena);
}

/** The event that one layer gives; "-" if none. */
static const char *layer(enum event_kind kind, uint32_t index)
{
    struct palua_event *event = layer_event(kind, index);
    return event ? tell(kind, event) : "-";
}

static void udp_frame(void)
{
    put_eth(frame, ON_VLAN);
    put_vlan(frame, 0xe064, ON_IP); // priority 7, id 100
    put_ip(frame, P_UDP, 8 + 3);
    put_udp(frame, 1234, 53, 8 + 3);
    put_fill(frame, 3, 0xab);
    put_fill(frame, 4, 0); // padding
}

#define UDP_BYTES                              \
    "0202020202020404040404048100"             \
    "e0640800"                                 \
    "4500001f00070000401100000a0000010a000002" \
    "04d20035000b0000"                         \
    "ababab00000000"

Test(builders, packet_of_udp_in_a_vlan)
{
    udp_frame();
    probe_decode(probe, ETHERNET, frame);
    probe->packet.interface = 2;
    cr_expect_str_eq(packet(UINT64_MAX),
                     "len=53 caplen=53 interface=2 linktype=1 layers=eth:vlan:ip:udp src=10.0.0.1 "
                     "dst=10.0.0.2 proto=17 ttl=64 sport=1234 dport=53 payload=ababab "
                     "bytes=" UDP_BYTES " vlan=100");
}

Test(builders, packet_fills_only_what_is_wanted)
{
    udp_frame();
    probe_decode(probe, ETHERNET, frame);
    cr_expect_str_eq(packet(0), "len=53 caplen=53 interface=42405 linktype=1 layers= "
                                "bytes=" UDP_BYTES);
    cr_expect(strstr(packet(UINT64_C(1) << 5), " src=10.0.0.1 "));
    cr_expect_not(strstr(packet(UINT64_C(1) << 5), "sport"));
    cr_expect(strstr(packet(UINT64_C(1) << 9), " sport=1234 "));
    cr_expect_not(strstr(packet(UINT64_C(1) << 9), "src"));
}

Test(builders, layers_of_udp_in_a_vlan)
{
    udp_frame();
    probe_decode(probe, ETHERNET, frame);
    cr_expect_str_eq(layer(EVENT_LINK, 0),
                     "type=eth src=04:04:04:04:04:04 dst=02:02:02:02:02:02 vlan=100 ethertype=2048 "
                     "payload=4500001f00070000401100000a0000010a00000204d20035000b0000ababab0000"
                     "0000");
    cr_expect_str_eq(layer(EVENT_LINK, 1), "-");
    cr_expect_str_eq(layer(EVENT_NETWORK, 2),
                     "version=4 src=10.0.0.1 dst=10.0.0.2 proto=17 ttl=64 "
                     "id=7 payload=04d20035000b0000ababab fragments= checksum=4 vlan=100");
    cr_expect_str_eq(layer(EVENT_TRANSPORT, 3),
                     "proto=17 src=10.0.0.1 dst=10.0.0.2 sport=1234 dport=53 payload=ababab "
                     "header=04d20035000b0000 options= chunks= checksum=3 vlan=100");
    cr_expect_str_eq(layer(EVENT_NETWORK, 0), "-");
    cr_expect_str_eq(layer(EVENT_NETWORK, 3), "-");
    cr_expect_str_eq(layer(EVENT_TRANSPORT, 2), "-");
    cr_expect_str_eq(layer(EVENT_TRANSPORT, 4), "-");
    cr_expect_str_eq(layer(EVENT_PACKET, 0), "-");
}

Test(builders, tcp_over_ipv6_with_extension_headers)
{
    put_ipv6(frame, P_HOPOPTS, 8 + 8 + 20 + 2);
    put_extension(frame, P_FRAGMENT, 0);
    put_fragment_header(frame, P_TCP, 0);
    put_tcp(frame, 80, 4000, 5);
    put16(frame, 0x6869);
    probe_decode(probe, RAW, frame);
    cr_assert_str_eq(probe->stack, "raw:ipv6:ipv6.hopopts:ipv6.fraghdr:tcp");
    cr_expect_str_eq(layer(EVENT_LINK, 0) + strlen("type=raw "),
                     strstr(layer(EVENT_LINK, 0), "payload="));
    cr_expect_str_eq(layer(EVENT_NETWORK, 1),
                     "version=6 src=2001:db8::1 dst=2001:db8::2 proto=6 ttl=64 id=7 "
                     "payload=00500fa000000001000000025018040000000000"
                     "6869 fragments=");
    cr_expect_str_eq(layer(EVENT_NETWORK, 2), "-");
    cr_expect_str_eq(layer(EVENT_TRANSPORT, 4),
                     "proto=6 src=2001:db8::1 dst=2001:db8::2 sport=80 dport=4000 payload=6869 "
                     "header=00500fa000000001000000025018040000000000 seq=1 ack=2 flags=24 "
                     "window=1024 options= chunks= checksum=0");
    cr_expect(strstr(packet(UINT64_MAX), " tcp_flags=24 payload=6869 "));
}

Test(builders, what_an_icmp_error_quotes_gives_no_events)
{
    put_ip(frame, P_ICMP, 8 + 20 + 8);
    put_icmp(frame, 3, 3, 0);
    put_ip(frame, P_UDP, 8);
    put_udp(frame, 1, 2, 8);
    probe_decode(probe, RAW, frame);
    cr_assert_str_eq(probe->stack, "raw:ip:icmp:ip:udp");
    cr_expect_str_neq(layer(EVENT_NETWORK, 1), "-");
    cr_expect_str_eq(layer(EVENT_TRANSPORT, 2), "-");
    cr_expect_str_eq(layer(EVENT_NETWORK, 3), "-");
    cr_expect_str_eq(layer(EVENT_TRANSPORT, 4), "-");
    cr_expect(strstr(packet(UINT64_MAX), "layers=raw:ip:icmp:ip:udp "));
    cr_expect_not(strstr(packet(UINT64_MAX), "sport"));
}

Test(builders, packet_without_ip)
{
    put_eth(frame, 0x88b5);
    put_fill(frame, 4, 1);
    probe_decode(probe, ETHERNET, frame);
    cr_expect(strstr(packet(UINT64_MAX), "layers=eth:data bytes="));
    cr_expect_str_eq(layer(EVENT_LINK, 0),
                     "type=eth src=04:04:04:04:04:04 dst=02:02:02:02:02:02 ethertype=34997 "
                     "payload=01010101");
    cr_expect_str_eq(layer(EVENT_LINK, 1), "-");
}

Test(builders, link_with_a_length_has_no_ethertype)
{
    put_eth(frame, 3);
    put_fill(frame, 3, 0xaa);
    probe_decode(probe, ETHERNET, frame);
    cr_expect_str_eq(layer(EVENT_LINK, 0),
                     "type=eth src=04:04:04:04:04:04 dst=02:02:02:02:02:02 payload=aaaaaa");
}

Test(builders, cooked_links_have_a_source)
{
    put16(frame, 0); // packet type, ARPHRD, address length, address, protocol
    put16(frame, 1);
    put16(frame, 6);
    put_fill(frame, 6, 7);
    put16(frame, 0);
    put16(frame, ON_ARP);
    probe_decode(probe, SLL, frame);
    cr_expect_str_eq(layer(EVENT_LINK, 0),
                     "type=sll src=07:07:07:07:07:07 ethertype=2054 payload=");
    frame->data[5] = 8;
    probe_decode(probe, SLL, frame);
    cr_expect_str_eq(layer(EVENT_LINK, 0), "type=sll ethertype=2054 payload=", "no MAC address");
    frame->len = 0;
    put16(frame, ON_ARP); // protocol, reserved, interface, ARPHRD, packet type, length, address
    put_fill(frame, 8, 0);
    put8(frame, 0);
    put8(frame, 6);
    put_fill(frame, 6, 9);
    put16(frame, 0);
    probe_decode(probe, SLL2, frame);
    cr_expect_str_eq(layer(EVENT_LINK, 0),
                     "type=sll src=09:09:09:09:09:09 ethertype=2054 payload=");
}

Test(builders, every_cut_of_a_frame_gives_events_within_it)
{
    for (int ipv6 = 0; ipv6 < 2; ipv6++) {
        frame->len = 0;
        put_eth(frame, ON_VLAN);
        put_vlan(frame, 5, ipv6 ? ON_IPV6 : ON_IP);
        if (ipv6)
            put_ipv6(frame, P_TCP, 24);
        else
            put_ip(frame, P_TCP, 24);
        put_tcp(frame, 80, 4000, 5);
        put_fill(frame, 4, 0x55);
        for (uint32_t cut = 0; cut <= frame->len; cut++) {
            probe_cut(probe, ETHERNET, frame, cut, (uint32_t)frame->len);
            const uint8_t *end = probe->packet.data + cut;
            packet(UINT64_MAX); // the probe's copy ends at the cut, so the sanitizers see a read
                                // behind it
            for (uint32_t i = 0; i < probe->packet.layer_count; i++) {
                layer(EVENT_LINK, i);
                layer(EVENT_NETWORK, i);
                layer(EVENT_TUNNEL, i);
                struct transport_event *event =
                    (struct transport_event *)layer_event(EVENT_TRANSPORT, i);
                if (event && event->payload.len)
                    cr_assert_leq(event->payload.data + event->payload.len, end);
            }
        }
    }
}

Test(builders, layer_texts_are_made_once_and_the_cap_is_no_limit)
{
    udp_frame();
    probe_decode(probe, ETHERNET, frame);
    struct palua_slice first = layer_names_of(names, &probe->packet, &arena);
    struct palua_slice again = layer_names_of(names, &probe->packet, &arena);
    cr_expect_eq(first.data, again.data);
    struct palua_packet made = {.layer_count = 12};
    for (unsigned n = 0; n < LAYER_NAMES_CAP + 100; n++) {
        for (unsigned i = 0; i < 12; i++)
            made.layers[i].protocol = n >> i & 1 ? PALUA_PROTOCOL_VLAN : PALUA_PROTOCOL_IEEE8021AD;
        struct palua_slice text = layer_names_of(names, &made, &arena);
        const char *at = (const char *)text.data;
        for (unsigned i = 0; i < 12; i++) {
            const char *name = n >> i & 1 ? "vlan" : "ieee8021ad";
            cr_assert_eq(strncmp(at, name, strlen(name)), 0);
            at += strlen(name) + (i < 11);
        }
        cr_assert_eq(at, (const char *)text.data + text.len);
    }
    again = layer_names_of(names, &probe->packet, &arena);
    cr_expect_eq(first.data, again.data);
    struct palua_packet empty = {0};
    cr_expect_eq(layer_names_of(names, &empty, &arena).len, 0);
}

static void ignore(void *context, struct flow *flow, enum flow_reason reason)
{
    (void)context, (void)flow, (void)reason;
}

Test(builders, flow_events_are_rows_by_themselves)
{
    struct flow_options options = {.cap = 1, .udp_timeout_ns = INT64_MAX};
    struct flow_table *table = flow_table_new(&options, ignore, NULL);
    struct decode_tuple tuple;
    uint8_t direction;
    bool created;
    udp_frame();
    probe_decode(probe, ETHERNET, frame);
    probe->packet.number = 1;
    probe->packet.ts_ns = 1000000000;
    cr_assert(decode_tuple(&probe->packet, &tuple));
    struct flow *flow = flow_table_lookup(table, &probe->packet, &tuple, &direction, &created);
    struct palua_event *start = flow_start_event_new(table, flow, 0, 1, &arena);
    cr_expect_str_eq(tell(EVENT_FLOW_START, start),
                     "uid= community_id= orig_h=10.0.0.1 orig_p=1234 resp_h=10.0.0.2 resp_p=53 "
                     "proto=17 vlan=100");
    probe->packet.number = 2;
    probe->packet.ts_ns = 3500000000;
    flow_table_lookup(table, &probe->packet, &tuple, &direction, &created);
    struct palua_event *end =
        flow_end_event_new(table, flow, FLOW_REASON_TIMEOUT, UINT64_MAX, 1, &arena);
    const char *told = tell(EVENT_FLOW_END, end);
    cr_expect(strstr(told, "uid=C"));
    cr_expect(strstr(told, " community_id=1:"));
    cr_expect_str_eq(strstr(told, "orig_h"),
                     "orig_h=10.0.0.1 orig_p=1234 resp_h=10.0.0.2 resp_p=53 proto=17 vlan=100 "
                     "duration=2.5 orig_pkts=2 resp_pkts=0 orig_ip_bytes=62 resp_ip_bytes=0 "
                     "orig_payload=6 resp_payload=0 orig_bytes=6 resp_bytes=0 missed_bytes=0 "
                     "conn_state=S0 history=D reason=timeout");
    cr_expect_eq(end->flow, start->flow);
    cr_expect_eq(end->live->orig_pkts, 2);
    flow_table_end(table, 10);
    flow_table_free(table);
}

Test(builders, anomalies_name_their_layer)
{
    put_eth(frame, ON_IP);
    put_ip(frame, P_UDP, 8);
    put_udp(frame, 1, 2, 3);
    probe_decode(probe, ETHERNET, frame);
    cr_assert_eq(probe->batch.anomalies.count, 1);
    struct decode_anomaly anomaly = probe->batch.anomalies.items[0];
    cr_expect_str_eq(
        tell(EVENT_ANOMALY, anomaly_event_new(&probe->packet, &anomaly, names, &arena)),
        "name=udp_bad_length layer=udp offset=38");
    anomaly.layer = 200; // none was made
    cr_expect_str_eq(
        tell(EVENT_ANOMALY, anomaly_event_new(&probe->packet, &anomaly, names, &arena)),
        "name=udp_bad_length layer=udp offset=38");
    probe->packet.layer_count = 0;
    cr_expect_str_eq(
        tell(EVENT_ANOMALY, anomaly_event_new(&probe->packet, &anomaly, names, &arena)),
        "name=udp_bad_length layer= offset=38");
    cr_expect_str_eq(
        tell(EVENT_ANOMALY, message_anomaly_event_new("dns_truncated", "dns", 12, &arena)),
        "name=dns_truncated layer=dns offset=12");
}

Test(builders, expected_flows_may_leave_parts_open)
{
    uint8_t address[4] = {10, 0, 0, 9};
    char service[] = "ftp-data";
    struct palua_slice none = {0}, resp = {address, 4, 0};
    struct palua_event *event = expect_event_new(none, resp, 20, 6, service, &arena);
    memset(address, 0, sizeof address); // the caller's memory may go
    memset(service, 0, sizeof service);
    cr_expect_str_eq(tell(EVENT_EXPECT, event),
                     "resp_h=10.0.0.9 resp_p=20 proto=6 service=ftp-data");
    cr_expect_str_eq(tell(EVENT_EXPECT, expect_event_new(none, none, 0, 17, "rtp", &arena)),
                     "proto=17 service=rtp");
}

Test(builders, fragments_say_which_part_they_are)
{
    put_eth(frame, ON_IP);
    put_ip_fields(frame, 0x45, 28, 0x2003, P_UDP);
    put_fill(frame, 8, 'x');
    probe_decode(probe, ETHERNET, frame);
    cr_expect_str_eq(layer(EVENT_FRAGMENT, 1),
                     "version=4 src=10.0.0.1 dst=10.0.0.2 proto=17 id=7 offset=24 more=true "
                     "payload=7878787878787878");
    cr_expect_str_eq(layer(EVENT_FRAGMENT, 0), "-");
    frame->len = 0;
    put_eth(frame, ON_IPV6);
    put_ipv6(frame, P_FRAGMENT, 9);
    put_fragment_header(frame, P_TCP, 16);
    put_fill(frame, 1, 'x');
    probe_decode(probe, ETHERNET, frame);
    cr_expect_str_eq(layer(EVENT_FRAGMENT, 1),
                     "version=6 src=2001:db8::1 dst=2001:db8::2 proto=6 id=7 offset=16 more=false "
                     "payload=78");
    frame->len = 0;
    put_eth(frame, ON_IPV6);
    put_ipv6(frame, P_FRAGMENT, 9);
    put_fragment_header(frame, P_NONE, 0); // atomic: no fragment
    put_fill(frame, 1, 'x');
    probe_decode(probe, ETHERNET, frame);
    cr_expect_str_eq(layer(EVENT_FRAGMENT, 1), "-");
}

Test(builders, capture_end_sums_up)
{
    struct capture_sum sum = {.packets = 3,
                              .bytes = 100,
                              .wire_bytes = 200,
                              .flows = 2,
                              .anomalies = 1,
                              .first_ts_ns = 1000000000,
                              .last_ts_ns = 2500000000};
    cr_expect_str_eq(tell(EVENT_CAPTURE_END, capture_end_event_new(&sum, &arena)),
                     "packets=3 bytes=100 wire_bytes=200 duration=1.5 first_ts=1.000000000 "
                     "last_ts=2.500000000 flows=2 anomalies=1");
    sum = (struct capture_sum){0};
    cr_expect_str_eq(tell(EVENT_CAPTURE_END, capture_end_event_new(&sum, &arena)),
                     "packets=0 bytes=0 wire_bytes=0 duration=0 flows=0 anomalies=0");
    sum = (struct capture_sum){.packets = 1, .first_ts_ns = INT64_MIN, .last_ts_ns = INT64_MAX};
    struct capture_end_event *event =
        (struct capture_end_event *)capture_end_event_new(&sum, &arena);
    cr_expect_eq(event->duration_ns, INT64_MAX);
}

Test(builders, tunnels_and_what_lies_in_them)
{
    put_eth(frame, ON_VLAN);
    put_vlan(frame, 100, ON_IP);
    put_ip(frame, P_GRE, 8 + 40 + 8);
    put_hex(frame, "2000 86dd 00000007");
    put_ipv6(frame, P_UDP, 8);
    put_udp(frame, 5, 6, 8);
    probe_decode(probe, ETHERNET, frame);
    cr_assert_str_eq(probe->stack, "eth:vlan:ip:gre:ipv6:udp");
    cr_expect(!strstr(packet(1), "tunnel"), "only what is wanted");
    for (uint32_t i = 0; i < 3; i++)
        cr_expect_str_eq(layer(EVENT_TUNNEL, i), "-");
    cr_expect_str_eq(layer(EVENT_TUNNEL, 3), "type=gre id=7 src=10.0.0.1 dst=10.0.0.2 "
                                             "payload=60000000000811402001"
                                             "0db8000000000000000000000001"
                                             "20010db80000000000000000000000020005000600080000");
    static const char around[] =
        "vlan=100 tunnel=gre tunnel_id=7 tunnel_src=10.0.0.1 tunnel_dst=10.0.0.2";
    cr_expect(strstr(packet(UINT64_MAX), around));
    cr_expect(strstr(layer(EVENT_NETWORK, 4), around));
    cr_expect(strstr(layer(EVENT_TRANSPORT, 5), around));
    cr_expect(!strstr(layer(EVENT_NETWORK, 2), "tunnel"), "nothing is around the outer layer");
}

static void tcp_with_options(const char *options)
{
    struct frame bytes = {0};
    frame->len = 0;
    put_hex(&bytes, options);
    put_ip(frame, P_TCP, 20 + (unsigned)bytes.len);
    put_tcp(frame, 80, 4000, 5 + (unsigned)bytes.len / 4);
    put_hex(frame, options);
    probe_decode(probe, 228, frame);
}

Test(builders, tcp_options)
{
    tcp_with_options("020405b4 0402 080a 00000001 00000002 01 030307");
    cr_expect(strstr(layer(EVENT_TRANSPORT, 1),
                     " options=mss 05b4,sack_permitted,timestamps 0000000100000002,nop,"
                     "window_scale 07 mss=1460 window_scale=7 tsval=1 tsecr=2 chunks= checksum=0"));
    /* The list ends: at its end, and where a length is impossible. */
    tcp_with_options("01 00 020405b4 0101");
    cr_expect(strstr(layer(EVENT_TRANSPORT, 1), " options=nop,eol chunks= checksum"));
    static const char *const broken[] = {"01 0200 01", "01 0201 01", "01 0205 01", "010101 02"};
    for (size_t i = 0; i < 4; i++) {
        tcp_with_options(broken[i]);
        cr_expect(strstr(layer(EVENT_TRANSPORT, 1), i < 3
                                                        ? " options=nop chunks= checksum"
                                                        : " options=nop,nop,nop chunks= checksum"),
                  "%s", broken[i]);
    }
    /* A value of the wrong length is no value. */
    tcp_with_options("020305 01");
    cr_expect(strstr(layer(EVENT_TRANSPORT, 1), " options=mss 05,nop chunks= checksum"));
    tcp_with_options("0205 05b400 03040707 0807 0000000100");
    cr_expect(strstr(layer(EVENT_TRANSPORT, 1), "timestamps 0000000100 chunks= checksum"));
    /* Nor does it take back one that is right; of several that are, the last holds. */
    tcp_with_options("020405b4 02040578 020305 01");
    cr_expect(strstr(layer(EVENT_TRANSPORT, 1), " mss=1400 chunks= checksum"));
}

static const char *transport_of(uint64_t wanted)
{
    struct layer_source source = {.packet = &probe->packet, .names = names};
    return tell(EVENT_TRANSPORT, layer_event_new(EVENT_TRANSPORT, &source, 1, wanted, &arena));
}

Test(builders, sctp_chunks)
{
    put_ip(frame, 132, 12 + 20 + 16);
    put_hex(frame, "1234 0050 aabbccdd 00000000"
                   "00030014 00000001 0002 0003 0000003c 6e676170"
                   "03000010 00000007 00000400 0000 0000");
    probe_decode(probe, 228, frame);
    static const char all[] =
        " options= verification_tag=2864434397 chunks=data 3 20 1 2 3 NGAP true true false "
        "6e676170,sack 0 16 1024 7 000000070000040000000000 checksum=";
    cr_expect(strstr(transport_of(UINT64_MAX), all), "%s", transport_of(UINT64_MAX));
    cr_expect(strstr(transport_of(UINT64_C(1) << TRANSPORT_EVENT_CHUNKS), " options= chunks=data"));
    cr_expect(strstr(transport_of(UINT64_C(1) << TRANSPORT_EVENT_VERIFICATION_TAG),
                     " options= verification_tag=2864434397 chunks= checksum="));
    frame->len -= 20; // the SACK and what the DATA carries
    probe_decode(probe, 228, frame);
    cr_expect(strstr(transport_of(UINT64_MAX), " verification_tag=2864434397 chunks= checksum="));
    frame->len = 20 + 7;
    probe_decode(probe, 228, frame);
    cr_expect(!strstr(transport_of(UINT64_MAX), "verification_tag"));
    cr_expect(strstr(transport_of(UINT64_MAX), " sport=4660 dport=80 "));
}

/** A DCCP packet of this header behind its ports, as its event from `seq` on. */
static const char *dccp_of(unsigned words, const char *fields)
{
    static char out[256];
    struct frame body = {0};
    put_hex(&body, fields);
    frame->len = 0;
    put_ip(frame, 33, 8 + (unsigned)body.len);
    put_hex(frame, "1234 0050");
    put8(frame, words);
    put_hex(frame, "00 0000");
    put_hex(frame, fields);
    probe_decode(probe, 228, frame);
    const char *told = strstr(transport_of(UINT64_MAX), " header="),
               *end = strstr(told, " checksum=");
    told = strchr(told + 1, ' ');
    snprintf(out, sizeof out, "%.*s", (int)(end - told), told);
    return out;
}

Test(builders, dccp_header)
{
    cr_expect_str_eq(dccp_of(5, "01 00 fffffffffff0 53504850"),
                     " seq=281474976710640 options= chunks= type=0 service_code=1397770320");
    cr_expect_str_eq(dccp_of(7, "03 00 123456789abc 0000 fffffffffff0 53504850"),
                     " seq=20015998343868 ack=281474976710640 options= chunks= type=1 "
                     "service_code=1397770320");
    cr_expect_str_eq(dccp_of(4, "05 00 000000000001"), " seq=1 options= chunks= type=2");
    cr_expect_str_eq(dccp_of(6, "09 00 000000000001 0000 000000000002"),
                     " seq=1 ack=2 options= chunks= type=4");
    cr_expect_str_eq(dccp_of(3, "04 abcdef"), " seq=11259375 options= chunks= type=2");
    cr_expect_str_eq(dccp_of(4, "06 ffffff 00 010203"),
                     " seq=16777215 ack=66051 options= chunks= type=3");
    cr_expect_str_eq(dccp_of(5, "15 00 000000000005 00000001"),
                     " seq=5 options= chunks= type=10 service_code=1", "RFC 5596: Listen");
    cr_expect_str_eq(dccp_of(6, "1f 00 000000000005 0000 000000000006"),
                     " seq=5 options= chunks= type=15", "nobody knows what else it has");
    cr_expect_str_eq(dccp_of(4, "07 00 000000000005 0000 000000000006"),
                     " seq=5 options= chunks= type=3", "the header ends before the number");
    cr_expect_str_eq(dccp_of(3, "01 00 000000000005 53504850"), " options= chunks= type=0");
}

Test(builders, dccp_header_cut)
{
    dccp_of(7, "03 00 000000000001 0000 000000000002 53504850");
    for (size_t len = 20; len <= 20 + 28; len++) {
        frame->len = len;
        probe_decode(probe, 228, frame);
        const char *told = transport_of(UINT64_MAX);
        cr_expect_eq(!!strstr(told, " type=1"), len >= 29, "%zu", len);
        cr_expect_eq(!!strstr(told, " seq=1 "), len >= 36, "%zu", len);
        cr_expect_eq(!!strstr(told, " ack=2 "), len >= 44, "%zu", len);
        cr_expect_eq(!!strstr(told, " service_code="), len >= 48, "%zu", len);
    }
}

Test(builders, packets_of_a_datagram)
{
    static const uint64_t numbers[] = {3, 7};
    struct batch_datagram second = {.packets = numbers, .packet_count = 1, .layer = 1},
                          first = {.next = &second, .packets = numbers, .packet_count = 2};
    put_ip(frame, P_UDP, 8);
    put_udp(frame, 1, 2, 8);
    probe_decode(probe, 228, frame);
    probe->batch.datagrams = &first;
    cr_expect(strstr(layer(EVENT_NETWORK, 0), " fragments=3,7 "));
    first.packet = 1; // of a later packet
    cr_expect(strstr(layer(EVENT_NETWORK, 0), " fragments= "));
    probe->batch.datagrams = NULL;
}
