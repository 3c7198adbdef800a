// SPDX-License-Identifier: MIT OR Apache-2.0
#include "defrag/defrag.h"

#include "../decode/probe.h"

#include <stdlib.h>

#include "event/schemas.h"
#include "run/clock.h"

#define S INT64_C(1000000000)

enum { MORE = 0x2000, LIST_CAP = 64 };

static struct frame frames[LIST_CAP];
static struct palua_packet packets[LIST_CAP];
static uint32_t count;
static struct frame datagram;
static bool
    remnants; /**< of datagrams that never become whole, somebody wants the transport header */

static struct defrag_options options = {.policy = DEFRAG_BSD,
                                        .ip_timeout_ns = 30 * S,
                                        .ipv6_timeout_ns = 60 * S,
                                        .memory_cap = 1 << 20,
                                        .datagram_cap = 100,
                                        .fragment_cap = 100,
                                        .host_cap = 1000};

static struct frame *next_frame(int64_t ts_ns)
{
    cr_assert_lt(count, LIST_CAP);
    packets[count] =
        (struct palua_packet){.number = count + 1, .ts_ns = ts_ns, .linktype = ETHERNET};
    frames[count].len = 0;
    return &frames[count++];
}

static void put_bytes(struct frame *frame, const uint8_t *bytes, size_t len)
{
    while (len--)
        put8(frame, *bytes++);
}

/** One IPv4 fragment of `datagram`. */
static void send_part(unsigned proto, uint32_t start, uint32_t end, int64_t ts_ns)
{
    struct frame *frame = next_frame(ts_ns);
    put_eth(frame, ON_IP);
    put_ip_fields(frame, 0x45, 20 + end - start, start / 8 | (end < datagram.len ? MORE : 0),
                  proto);
    put_bytes(frame, datagram.data + start, end - start);
}

static void send_part_ipv6(unsigned proto, uint32_t start, uint32_t end)
{
    struct frame *frame = next_frame(0);
    put_eth(frame, ON_IPV6);
    put_ipv6(frame, P_FRAGMENT, 8 + end - start);
    put_fragment_header(frame, proto, start | (end < datagram.len));
    put_bytes(frame, datagram.data + start, end - start);
}

static void fill_udp(unsigned len)
{
    datagram.len = 0;
    put_udp(&datagram, 1000, 53, len);
    put_fill(&datagram, len - 8, 'x');
}

/** What a batch said of its packets. */
struct told {
    char text[65536];
    size_t len;
};

static void tell_packet(const struct palua_packet *packet, const struct decoder *decoder,
                        struct told *told)
{
    for (uint32_t i = 0; i < packet->layer_count; i++)
        told->len += (size_t)snprintf(
            told->text + told->len, sizeof told->text - told->len, "%s%s%.*u", i ? ":" : "",
            decoder_protocol_name(decoder, packet->layers[i].protocol),
            packet->layers[i].buffer ? 1 : 0, (unsigned)packet->layers[i].buffer);
    told->len += (size_t)snprintf(told->text + told->len, sizeof told->text - told->len, "%s\n",
                                  packet->flags & PALUA_PACKET_FLOW ? " flow" : "");
}

/** What is left of datagrams that were given up before a packet. */
static const struct batch_remnant *tell_remnants(const struct batch_remnant *remnant,
                                                 uint32_t packet, const struct decoder *decoder,
                                                 struct told *told)
{
    for (; remnant && remnant->packet == packet; remnant = remnant->next) {
        const struct palua_packet *record = remnant->record;
        struct palua_slice payload = palua_layer_payload(record, record->transport);
        told->len += (size_t)snprintf(told->text + told->len, sizeof told->text - told->len,
                                      "left of <%u>, with %u bytes: ", (unsigned)record->number,
                                      payload.len);
        cr_assert_eq(record->transport, record->layer_count - 1);
        cr_assert(record->flags & PALUA_PACKET_FRAGMENT);
        tell_packet(record, decoder, told);
    }
    return remnant;
}

static void tell_batch(const struct batch *batch, uint32_t first, const struct decoder *decoder,
                       struct told *told)
{
    const struct batch_datagram *datagrams = batch->datagrams;
    const struct batch_remnant *remnant = batch->remnants;
    size_t anomaly = 0;
    for (uint32_t i = 0; i < batch->count; i++) {
        remnant = tell_remnants(remnant, i, decoder, told);
        for (; anomaly < batch->anomalies.count && batch->anomalies.items[anomaly].packet == i;
             anomaly++)
            told->len +=
                (size_t)snprintf(told->text + told->len, sizeof told->text - told->len, "%s ",
                                 decode_fault_name(batch->anomalies.items[anomaly].code));
        for (; datagrams && datagrams->packet == i; datagrams = datagrams->next)
            told->len += (size_t)snprintf(told->text + told->len, sizeof told->text - told->len,
                                          "%u<%u> ", datagrams->packet_count, first + i + 1);
        tell_packet(&batch->packets[i], decoder, told);
    }
    cr_assert_eq(anomaly, batch->anomalies.count);
    cr_assert_null(datagrams);
    cr_assert_null(remnant);
}

/** The end of the input, `size` datagrams at a time. */
static void tell_end(struct defrag *defrag, uint32_t size, const struct decoder *decoder,
                     struct told *told)
{
    for (uint32_t left = defrag_unfinished(defrag); left; left -= left < size ? left : size) {
        struct batch batch = {0};
        arena_init(&batch.arena);
        defrag_end(defrag, &batch, left < size ? left : size);
        cr_assert_null(tell_remnants(batch.remnants, 0, decoder, told));
        arena_fini(&batch.arena);
    }
    cr_assert_eq(defrag_unfinished(defrag), 0);
}

/** Decodes the frames and puts them together in batches of `size`. */
static void run(uint32_t size, struct told *told)
{
    struct decoder *decoder = decoder_new();
    struct defrag *defrag = defrag_new(&options, remnants, decoder);
    struct clock clock = {0};
    told->len = 0;
    told->text[0] = 0;
    for (uint32_t first = 0; first < count; first += size) {
        struct batch batch = {.packets = packets + first,
                              .count = count - first < size ? count - first : size};
        arena_init(&batch.arena);
        for (uint32_t i = first; i < first + batch.count; i++) {
            packets[i].data = arena_copy(&batch.arena, frames[i].data, frames[i].len + 1, 1);
            packets[i].caplen = (uint32_t)frames[i].len;
            packets[i].origlen = (uint32_t)frames[i].len;
            packets[i].flags = 0;
            packets[i].buffers = NULL;
        }
        decode_batch(decoder, &batch, 0, batch.count);
        clock_batch(&clock, &batch);
        defrag_batch(defrag, &batch);
        tell_batch(&batch, first, decoder, told);
        arena_fini(&batch.arena);
        memory_free(batch.anomalies.items);
    }
    tell_end(defrag, size, decoder, told);
    defrag_free(defrag);
    decoder_free(decoder);
}

static void expect_told(const char *want)
{
    static struct told whole, other;
    run(LIST_CAP, &whole);
    cr_expect_str_eq(whole.text, want);
    for (uint32_t size = 1; size < 4; size++) {
        run(size, &other);
        cr_expect_str_eq(other.text, whole.text, "in batches of %u", size);
    }
    count = 0;
}

Test(defrag, the_completing_packet_holds_the_whole_datagram)
{
    fill_udp(40);
    send_part(P_UDP, 24, 40, 0);
    send_part(P_UDP, 0, 16, 0);
    send_part(P_UDP, 16, 24, 0);
    expect_told("eth:ip:data\neth:ip:data\n3<3> eth:ip:udp1 flow\n");
    send_part_ipv6(P_UDP, 0, 24);
    send_part_ipv6(P_UDP, 24, 40);
    expect_told("eth:ipv6:ipv6.fraghdr:data\n2<2> eth:ipv6:ipv6.fraghdr:udp1 flow\n");
}

Test(defrag, a_tunnel_inside_fragments_may_hold_fragments)
{
    fill_udp(24);
    struct frame inner = {0}, tunnel[2] = {{0}};
    inner = datagram;
    put_ip_fields(&tunnel[0], 0x45, 36, MORE, P_UDP);
    put_bytes(&tunnel[0], inner.data, 16);
    put_ip_fields(&tunnel[1], 0x45, 28, 2, P_UDP);
    put_bytes(&tunnel[1], inner.data + 16, 8);
    for (int i = 0; i < 2; i++) {
        datagram = tunnel[i];
        send_part(P_IPIP, 0, 16, 0);
        send_part(P_IPIP, 16, (uint32_t)datagram.len, 0);
    }
    expect_told(
        "eth:ip:data\n2<2> eth:ip:ip1:data1\neth:ip:data\n2<4> 2<4> eth:ip:ip1:udp2 flow\n");
}

Test(defrag, another_vlan_is_another_datagram)
{
    fill_udp(24);
    for (unsigned vlan = 1; vlan <= 2; vlan++) {
        struct frame *frame = next_frame(0);
        put_eth(frame, ON_VLAN);
        put_vlan(frame, vlan, ON_IP);
        put_ip_fields(frame, 0x45, 36, vlan == 1 ? MORE : 2, P_UDP);
        put_bytes(frame, datagram.data, 16);
    }
    expect_told("eth:vlan:ip:data\neth:vlan:ip:data\n");
}

Test(defrag, malformed_fragments_are_named_and_left_out)
{
    fill_udp(24);
    send_part(P_UDP, 0, 16, 0);
    struct frame *frame = next_frame(0);
    put_eth(frame, ON_IP);
    put_ip_fields(frame, 0x45, 20, MORE, P_UDP); // empty
    frame = next_frame(0);
    put_eth(frame, ON_IP);
    put_ip_fields(frame, 0x45, 36, 0x1fff, P_UDP); // 65,528 + 16 bytes
    put_fill(frame, 16, 0);
    frame = next_frame(0);
    put_eth(frame, ON_IPV6);
    put_ipv6(frame, P_FRAGMENT, 8 + 9);
    put_fragment_header(frame, P_UDP, 1);
    put_fill(frame, 9, 0);
    send_part(P_UDP, 16, 24, 0);
    expect_told("eth:ip:data\nfragment_bad_length eth:ip\nfragment_beyond_limit eth:ip:data\n"
                "fragment_bad_length eth:ipv6:ipv6.fraghdr:data\n2<5> eth:ip:udp1 flow\n");
}

Test(defrag, anomalies_stand_in_packet_order)
{
    fill_udp(24);
    send_part(P_UDP, 0, 16, 0);
    datagram.data[0] = 9;
    send_part(P_UDP, 0, 16, 0);
    struct frame *frame = next_frame(0);
    put_eth(frame, ON_IP);
    put_ip_fields(frame, 0x95, 20, 0, P_UDP);
    send_part(P_UDP, 16, 24, 0);
    expect_told(
        "eth:ip:data\nfragment_overlap fragment_conflict eth:ip:data\nip_bad_version eth:ip\n"
        "3<4> eth:ip:udp1 flow\n");
}

Test(defrag, time_is_the_captures)
{
    fill_udp(24);
    send_part(P_UDP, 0, 16, 100 * S);
    send_part(P_UDP, 16, 24, 129 * S);
    send_part(P_UDP, 0, 16, 200 * S);
    send_part(P_UDP, 16, 24, 231 * S);
    expect_told("eth:ip:data\n2<2> eth:ip:udp1 flow\neth:ip:data\neth:ip:data\n");
    send_part(P_UDP, 0, 16, 0);
    send_part(P_UDP, 16, 24, 0);
    send_part(P_UDP, 0, 16, 100000 * S); // a jump that the next packet confirms
    send_part(P_UDP, 16, 24, 100001 * S);
    expect_told("eth:ip:data\n2<2> eth:ip:udp1 flow\neth:ip:data\n2<4> eth:ip:udp1 flow\n");
}

Test(defrag, a_fragment_cut_anywhere_completes_nothing)
{
    static struct told told;
    fill_udp(40);
    send_part(P_UDP, 0, 24, 0);
    send_part(P_UDP, 24, 40, 0);
    size_t len = frames[1].len;
    for (size_t cut = 0; cut < len; cut++) {
        frames[1].len = cut;
        run(LIST_CAP, &told);
        cr_expect_null(strchr(told.text, '<'), "cut to %zu bytes: %s", cut, told.text);
    }
    frames[1].len = len;
    run(LIST_CAP, &told);
    cr_expect_not_null(strchr(told.text, '<'));
    count = 0;
}

/** Who counts frames does not pay for reassembly; who looks behind an IP header does, be it by a
 * filter only. */
Test(defrag, is_needed_for_headers)
{
    struct registry *registry = registry_new();
    struct interest *interest = calloc(1, sizeof *interest);
    cr_expect_not(defrag_needed(interest, registry));
    interest->kinds[EVENT_PACKET].subscribed = true;
    interest->kinds[EVENT_PACKET].fields = UINT64_C(1) << PACKET_EVENT_LEN;
    cr_expect_not(defrag_needed(interest, registry));
    interest->kinds[EVENT_PACKET].layers = true;
    cr_expect(defrag_needed(interest, registry));
    interest->kinds[EVENT_PACKET].layers = false;
    interest->kinds[EVENT_PACKET].fields |= UINT64_C(1) << PACKET_EVENT_LAYERS;
    cr_expect(defrag_needed(interest, registry));
    free(interest);
    registry_free(registry);
}

Test(defrag, of_what_never_becomes_whole_the_transport_header_is_left)
{
    remnants = true;
    fill_udp(40);
    send_part(P_UDP, 0, 16, 0);
    send_part(P_UDP, 24, 32, 1 * S);
    next_frame(29 * S);
    next_frame(31 * S);
    expect_told("eth:ip:data\neth:ip:data\nheader_truncated eth\n"
                "left of <1>, with 8 bytes: eth:ip:udp1\nheader_truncated eth\n");
    send_part(P_UDP, 16, 24, 0);
    send_part(P_UDP, 0, 16, 0);
    expect_told("eth:ip:data\neth:ip:data\nleft of <2>, with 16 bytes: eth:ip:udp1\n");
    send_part_ipv6(P_UDP, 0, 8);
    expect_told("eth:ipv6:ipv6.fraghdr:data\n"
                "left of <1>, with 0 bytes: eth:ipv6:ipv6.fraghdr:udp1\n");
}

Test(defrag, nothing_is_left_without_a_whole_header_with_ports)
{
    remnants = true;
    fill_udp(40);
    send_part(P_UDP, 8, 16, 0); // no first fragment
    expect_told("eth:ip:data\n");
    send_part(P_ICMP, 0, 16, 0); // no ports
    expect_told("eth:ip:data\n");
    send_part(P_IPIP, 0, 16, 0); // no transport header
    expect_told("eth:ip:data\n");
    send_part(P_UDP, 0, 16, 0); // became whole
    send_part(P_UDP, 16, 40, 0);
    expect_told("eth:ip:data\n2<2> eth:ip:udp1 flow\n");
    send_part_ipv6(P_UDP, 0, 16); // RFC 5722: as if it had never come
    send_part_ipv6(P_UDP, 8, 24);
    expect_told("eth:ipv6:ipv6.fraghdr:data\nfragment_overlap eth:ipv6:ipv6.fraghdr:data\n");
    datagram.len = 0;
    put_tcp(&datagram, 1000, 80, 8);
    put_fill(&datagram, 32, 0);
    for (uint32_t end = 8; end < 48; end += 8) { // its header is 32 bytes long
        send_part(P_TCP, 0, end, 0);
        if (end < 32)
            expect_told("eth:ip:data\n");
        else
            expect_told(end == 32 ? "eth:ip:data\nleft of <1>, with 0 bytes: eth:ip:tcp1\n"
                                  : "eth:ip:data\nleft of <1>, with 8 bytes: eth:ip:tcp1\n");
    }
    send_part(P_TCP, 0, 16, 0);
    send_part(P_TCP, 16, 40, 0);
    expect_told("eth:ip:data\neth:ip:data\nleft of <1>, with 8 bytes: eth:ip:tcp1\n");
}

Test(defrag, what_is_shed_is_left_before_the_packet_that_took_its_place)
{
    remnants = true;
    options.datagram_cap = 2;
    fill_udp(24);
    for (unsigned id = 1; id <= 4; id++) {
        send_part(P_UDP, 0, 16, 0);
        frames[count - 1].data[19] = (uint8_t)id;
    }
    expect_told("eth:ip:data\neth:ip:data\n"
                "left of <1>, with 8 bytes: eth:ip:udp1\neth:ip:data\n"
                "left of <2>, with 8 bytes: eth:ip:udp1\neth:ip:data\n"
                "left of <3>, with 8 bytes: eth:ip:udp1\n"
                "left of <4>, with 8 bytes: eth:ip:udp1\n");
    options.datagram_cap = 100;
    options.fragment_cap = 2;
    fill_udp(64);
    for (uint32_t start = 0; start < 32; start += 8)
        send_part(P_UDP, start, start + 8, 0);
    expect_told("eth:ip:data\neth:ip:data\n"
                "left of <1>, with 8 bytes: eth:ip:udp1\neth:ip:data\neth:ip:data\n");
}

Test(defrag, a_first_fragment_inside_fragments_is_left_with_all_around_it)
{
    remnants = true;
    fill_udp(24);
    struct frame inner = datagram;
    datagram.len = 0;
    put_ip_fields(&datagram, 0x45, 36, MORE, P_UDP);
    put_bytes(&datagram, inner.data, 16);
    send_part(P_IPIP, 0, 16, 0);
    send_part(P_IPIP, 16, 36, 0);
    expect_told("eth:ip:data\n2<2> eth:ip:ip1:data1\n"
                "left of <2>, with 8 bytes: eth:ip:ip1:udp2\n");
}
