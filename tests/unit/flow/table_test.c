// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/table.h"

#include <criterion/criterion.h>

#include "event/schemas.h"
#include "sample.h"

#define S INT64_C(1000000000)

/** One call of the ended callback. */
struct ended {
    struct flow flow;
    struct flow_origin origin;
    enum flow_reason reason;
};

static struct ended ended[4096];
static unsigned ended_count;
static struct flow_table *table;
static uint64_t number;

static void note(void *context, struct flow *flow, enum flow_reason reason)
{
    (void)context;
    cr_assert_lt(ended_count, sizeof ended / sizeof *ended);
    ended[ended_count++] = (struct ended){*flow, *flow_table_origin(table, flow), reason};
}

static void open_table(uint32_t cap)
{
    struct flow_options options = {
        .cap = cap,
        .tcp_timeout_ns = 100 * S,
        .tcp_embryonic_timeout_ns = 60 * S,
        .tcp_closed_timeout_ns = 5 * S,
        .udp_timeout_ns = 30 * S,
        .icmp_timeout_ns = 10 * S,
        .other_timeout_ns = 20 * S,
    };
    table = flow_table_new(&options, note, NULL);
    ended_count = 0;
    number = 0;
}

static void setup(void)
{
    open_table(1000 * 256);
}

static void teardown(void)
{
    while (flow_table_end(table, 16))
        continue;
    flow_table_free(table);
}

TestSuite(flow_table, .init = setup, .fini = teardown);

static uint8_t direction;
static bool created;

static struct flow *look(struct sample sample)
{
    struct sample_packet made;
    if (!sample.addr_len)
        sample.addr_len = 4;
    if (!sample.number)
        sample.number = ++number;
    sample_fill(&sample, &made);
    return flow_table_lookup(table, &made.packet, &made.tuple, &direction, &created);
}

static uint64_t id_of(const struct flow *flow)
{
    return flow_table_origin(table, flow)->id;
}

static struct sample udp(uint8_t src, uint16_t sport, uint8_t dst, uint16_t dport, int64_t ts_ns)
{
    return (struct sample){
        .src = src, .sport = sport, .dst = dst, .dport = dport, .proto = 17, .ts_ns = ts_ns};
}

static struct sample tcp(uint8_t src, uint8_t dst, uint16_t flags, int64_t ts_ns)
{
    return (struct sample){.src = src,
                           .dst = dst,
                           .sport = src == 1 ? 4000 : 80,
                           .dport = src == 1 ? 80 : 4000,
                           .proto = 6,
                           .tcp_flags = flags,
                           .ts_ns = ts_ns};
}

static struct flow_counters counters(void)
{
    struct flow_counters out;
    flow_table_counters(table, &out);
    return out;
}

Test(flow_table, both_directions_are_one_flow)
{
    struct sample forth = udp(9, 1234, 2, 53, S), back = udp(2, 53, 9, 1234, 2 * S);
    forth.payload = 30;
    back.payload = 100;
    uint64_t id = id_of(look(forth));
    cr_expect(created);
    cr_expect_eq(direction, PALUA_ORIG);
    struct flow *flow = look(back);
    cr_expect_not(created);
    cr_expect_eq(direction, PALUA_RESP);
    cr_expect_eq(id_of(flow), id);
    look(back);
    cr_expect_eq(flow->addresses[3], 9);
    cr_expect_eq(flow->addresses[16 + 3], 2);
    cr_expect_eq(flow->ports[PALUA_ORIG], 1234);
    cr_expect_eq(flow->ports[PALUA_RESP], 53);
    cr_expect_eq(flow->sides[PALUA_ORIG].pkts, 1);
    cr_expect_eq(flow->sides[PALUA_RESP].pkts, 2);
    cr_expect_eq(flow->sides[PALUA_ORIG].ip_bytes, 50);
    cr_expect_eq(flow->sides[PALUA_RESP].ip_bytes, 240);
    cr_expect_eq(flow->sides[PALUA_RESP].payload, 200);
    cr_expect_eq(counters().live, 1);
}

Test(flow_table, each_part_of_the_key_tells_flows_apart)
{
    struct sample base = udp(1, 1000, 2, 2000, S);
    struct sample other[7];
    for (int i = 0; i < 7; i++)
        other[i] = base;
    other[0].src = 3;
    other[1].dst = 3;
    other[2].sport = 2000;
    other[3].dport = 1000;
    other[4].vlan = 7;
    other[5].proto = 132;
    other[6].addr_len = 16;
    uint64_t id = id_of(look(base));
    for (int i = 0; i < 7; i++) {
        cr_expect_neq(id_of(look(other[i])), id, "part %d", i);
        cr_expect(created, "part %d", i);
    }
    cr_expect_eq(counters().live, 8);
}

Test(flow_table, ends_with_one_address_are_told_by_port)
{
    look(udp(1, 30000, 1, 20001, S));
    look(udp(1, 20001, 1, 30000, S));
    cr_expect_not(created);
    cr_expect_eq(direction, PALUA_RESP);
    look(udp(1, 7, 1, 7, S));
    look(udp(1, 7, 1, 7, S));
    cr_expect_not(created);
    cr_expect_eq(direction, PALUA_ORIG);
}

Test(flow_table, a_syn_ack_names_its_receiver_originator)
{
    struct flow *flow = look(tcp(2, 1, SYN | ACK, S));
    cr_expect_eq(direction, PALUA_RESP);
    cr_expect_eq(flow->addresses[3], 1);
    cr_expect_eq(flow->sides[PALUA_RESP].pkts, 1);
    look(tcp(1, 2, ACK, S));
    cr_expect_not(created);
    cr_expect_eq(direction, PALUA_ORIG);
}

static struct sample icmp(uint8_t src, uint8_t dst, uint16_t type, uint16_t other)
{
    return (struct sample){
        .src = src, .dst = dst, .sport = type, .dport = other, .proto = 1, .ts_ns = S};
}

Test(flow_table, icmp_pairs_requests_with_answers_only)
{
    look(icmp(1, 2, 8, 0));
    look(icmp(2, 1, 0, 8));
    cr_expect_not(created);
    cr_expect_eq(direction, PALUA_RESP);
    look(icmp(1, 2, 3, 3)); // unreachable, code 3: nobody answers it
    cr_expect(created);
    look(icmp(2, 1, 3, 3));
    cr_expect(created, "errors of both directions are no conversation");
    cr_expect_eq(direction, PALUA_ORIG);
    look(icmp(2, 1, 3, 3));
    cr_expect_not(created);
}

Test(flow_table, expires_at_the_deadline_not_before)
{
    look(udp(1, 1, 2, 2, S));
    flow_table_expire(table, 31 * S - 1);
    cr_expect_eq(ended_count, 0);
    flow_table_expire(table, 31 * S);
    cr_assert_eq(ended_count, 1);
    cr_expect_eq(ended[0].reason, FLOW_REASON_TIMEOUT);
    cr_expect_eq(counters().live, 0);
}

Test(flow_table, packets_push_the_deadline_back)
{
    flow_table_expire(table, S);
    for (int i = 0; i < 100; i++) {
        look(udp(1, 1, 2, 2, S * 29 * i));
        flow_table_expire(table, S * 29 * i);
    }
    cr_expect_eq(ended_count, 0);
    look(udp(1, 1, 2, 2, S)); // an old timestamp does not bring it forward
    flow_table_expire(table, S * 29 * 99 + 30 * S - 1);
    cr_expect_eq(ended_count, 0);
    flow_table_expire(table, S * 29 * 99 + 30 * S);
    cr_expect_eq(ended_count, 1);
}

Test(flow_table, a_packet_past_the_deadline_starts_anew)
{
    uint64_t id = id_of(look(udp(1, 1, 2, 2, S)));
    look(udp(1, 1, 2, 2, 31 * S - 1));
    cr_expect_not(created);
    look(udp(2, 2, 1, 1, 61 * S - 1));
    cr_expect(created);
    cr_expect_eq(direction, PALUA_ORIG);
    cr_assert_eq(ended_count, 1);
    cr_expect_eq(ended[0].origin.id, id);
    cr_expect_eq(ended[0].reason, FLOW_REASON_TIMEOUT);
    flow_table_expire(table, 61 * S);
    cr_expect_eq(ended_count, 1);
}

Test(flow_table, expires_in_order_of_deadline_then_first_packet)
{
    look(udp(1, 1, 2, 1, 3 * S)); // packet 1, due at 33
    look(udp(1, 1, 2, 2, 1 * S)); // packet 2, due at 31
    look(udp(1, 1, 2, 3, 3 * S)); // packet 3, due at 33
    struct sample other = udp(1, 1, 2, 4, 12 * S);
    other.proto = 47; // packet 4, due at 32
    look(other);
    flow_table_expire(table, 1000 * S);
    static const uint64_t order[] = {2, 4, 1, 3};
    cr_assert_eq(ended_count, 4);
    for (int i = 0; i < 4; i++)
        cr_expect_eq(flow_first_packet(&ended[i].origin), order[i], "place %d", i);
}

Test(flow_table, each_protocol_has_its_timeout)
{
    look(tcp(1, 2, SYN, 0));
    look(udp(1, 1, 2, 2, 0));
    struct sample sample = icmp(1, 2, 8, 0);
    sample.ts_ns = 0;
    look(sample);
    sample = udp(1, 0, 2, 0, 0);
    sample.proto = 58;
    look(sample);
    sample.proto = 47;
    look(sample);
    static const int64_t due[] = {10, 20, 30, 60};
    static const unsigned gone[] = {2, 3, 4, 5};
    for (unsigned i = 0; i < 4; i++) {
        flow_table_expire(table, due[i] * S - 1);
        cr_expect_eq(ended_count, i ? gone[i - 1] : 0);
        flow_table_expire(table, due[i] * S);
        cr_expect_eq(ended_count, gone[i]);
    }
}

Test(flow_table, fin_from_both_sides_closes)
{
    look(tcp(1, 2, SYN, 0));
    look(tcp(2, 1, SYN | ACK, 0));
    look(tcp(1, 2, FIN | ACK, S));
    flow_table_expire(table, 50 * S);
    cr_expect_eq(ended_count, 0, "half closed is not closed");
    look(tcp(2, 1, FIN | ACK, 50 * S));
    look(tcp(1, 2, ACK, 51 * S));
    cr_expect_not(created);
    flow_table_expire(table, 56 * S - 1);
    cr_expect_eq(ended_count, 0);
    flow_table_expire(table, 56 * S);
    cr_assert_eq(ended_count, 1);
    cr_expect_eq(ended[0].reason, FLOW_REASON_FIN);
}

Test(flow_table, rst_closes)
{
    look(tcp(1, 2, SYN, 0));
    look(tcp(2, 1, RST | ACK, S));
    flow_table_expire(table, 6 * S);
    cr_assert_eq(ended_count, 1);
    cr_expect_eq(ended[0].reason, FLOW_REASON_RST);
}

Test(flow_table, a_new_syn_after_the_close_is_a_new_flow)
{
    struct sample syn = tcp(1, 2, SYN, 0);
    syn.seq = 1000;
    uint64_t id = id_of(look(syn));
    look(tcp(2, 1, RST | ACK, 0));
    look(syn);
    cr_expect_not(created, "the same SYN again is a retransmission");
    syn.seq = 2000;
    cr_expect_neq(id_of(look(syn)), id);
    cr_expect(created);
    cr_assert_eq(ended_count, 1);
    cr_expect_eq(ended[0].reason, FLOW_REASON_RST);
}

static uint64_t handshake(uint32_t isn)
{
    struct sample syn = tcp(1, 2, SYN, 0), answer = tcp(2, 1, SYN | ACK, 0);
    syn.seq = isn;
    answer.seq = 7;
    answer.ack = isn + 1;
    uint64_t id = id_of(look(syn));
    look(answer);
    struct sample done = tcp(1, 2, ACK, 0);
    done.seq = isn + 1;
    done.payload = 100;
    look(done);
    return id;
}

static bool is_split_by_syn(uint8_t from, uint32_t seq)
{
    struct sample syn = tcp(from, 3 - from, SYN, S);
    syn.seq = seq;
    look(syn);
    return created;
}

Test(flow_table, a_syn_outside_the_window_of_an_open_flow_is_a_new_flow)
{
    handshake(0xfffffff0);
    cr_expect_not(is_split_by_syn(1, 0xfffffff0), "a retransmission");
    cr_expect_not(is_split_by_syn(1, 0xfffffff0 + 100 + 1048576), "the last inside");
    cr_expect_not(is_split_by_syn(2, 0x40000000), "the responder's cannot be judged");
    cr_expect(is_split_by_syn(1, 0xfffffff0 + 100 + 1048577), "the first outside");
    cr_assert_eq(ended_count, 1);
    cr_expect_eq(ended[0].reason, FLOW_REASON_REUSED);
}

Test(flow_table, a_syn_behind_what_was_sent_is_a_new_flow)
{
    handshake(1000);
    cr_expect(is_split_by_syn(1, 999));
}

Test(flow_table, a_new_attempt_is_a_new_flow)
{
    cr_expect(is_split_by_syn(1, 1000));
    cr_expect_not(is_split_by_syn(1, 1000));
    cr_expect_not(is_split_by_syn(2, 5000), "a simultaneous open");
    cr_expect(is_split_by_syn(1, 1001));
    cr_expect_eq(ended[0].reason, FLOW_REASON_REUSED);
}

Test(flow_table, a_syn_that_comes_late_belongs_to_what_it_opened)
{
    struct sample data = tcp(1, 2, ACK, 0), answer = tcp(2, 1, ACK, 0);
    data.seq = 5001;
    look(data);
    cr_expect_not(is_split_by_syn(1, 5000));
    cr_expect(is_split_by_syn(1, 4000));
    flow_table_expire(table, INT64_MAX);
    answer.ack = 9001; // the responder is seen first
    look(answer);
    cr_expect_eq(direction, PALUA_RESP);
    cr_expect_not(is_split_by_syn(1, 9000));
    cr_expect(is_split_by_syn(1, 8999));
}

Test(flow_table, an_embryonic_flow_times_out_sooner)
{
    handshake(1);
    struct sample other = tcp(3, 2, SYN, 0);
    other.sport = 5000;
    look(other);
    flow_table_expire(table, 60 * S);
    cr_assert_eq(ended_count, 1);
    cr_expect_eq(ended[0].flow.ports[PALUA_ORIG], 5000);
    flow_table_expire(table, 100 * S - 1);
    cr_expect_eq(ended_count, 1);
    flow_table_expire(table, 100 * S);
    cr_expect_eq(ended_count, 2);
}

Test(flow_table, the_tail_of_a_connection_closes_with_its_fin)
{
    look(tcp(1, 2, FIN | ACK, 0));
    flow_table_expire(table, 5 * S);
    cr_assert_eq(ended_count, 1);
    cr_expect_eq(ended[0].reason, FLOW_REASON_FIN);
}

/** A flood in one shard, among which one flow is established. */
static void survives_a_flood_of(uint8_t proto, uint16_t flags)
{
    flow_table_free(table);
    open_table(100 * 256);
    uint64_t id = handshake(1);
    for (unsigned i = 0; i < 4000; i++) {
        struct sample one = udp(9, (uint16_t)(i + 2000), 2, 80, S);
        one.proto = proto;
        one.tcp_flags = flags;
        look(one);
    }
    cr_expect_eq(counters().live, 100);
    cr_expect_eq(counters().evicted, 4001 - 100);
    cr_expect_eq(counters().evicted_unproven, counters().evicted);
    cr_expect_eq(ended[0].flow.ports[PALUA_ORIG], 2000, "the flood's first goes first");
    cr_expect_eq(id_of(look(tcp(1, 2, ACK, 2 * S))), id);
}

static void ignore(void *context, struct flow *flow, enum flow_reason reason)
{
    (void)context, (void)flow, (void)reason;
}

/** The history of two SYNs, whose checksum is right or wrong. */
static void history_is(bool verify, bool right, const char *expected)
{
    struct flow_options options = {
        .cap = 256, .tcp_embryonic_timeout_ns = S, .checksums = verify, .connections = true};
    struct flow_table *one = flow_table_new(&options, ignore, NULL);
    struct sample sample = tcp(1, 2, SYN, 0);
    struct sample_packet made;
    struct flow_outcome outcome = {0};
    sample.number = 1;
    sample.addr_len = 4;
    sample_fill(&sample, &made);
    made.frame[0] = 0x45;
    made.frame[32] = 0x50;
    made.packet.flags |= PALUA_PACKET_ANOMALY;
    // Of the pseudo header (no addresses, TCP, 20 bytes) and the fields that are not 0.
    uint16_t sum = (uint16_t) ~(6 + 20 + 0x5000 + SYN + 0x1000);
    made.frame[36] = (uint8_t)(sum >> 8);
    made.frame[37] = (uint8_t)(right ? sum : sum + 1);
    for (unsigned i = 0; i < 2; i++) {
        struct flow *flow = flow_table_lookup(one, &made.packet, &made.tuple, &direction, &created);
        cr_assert(flow_table_outcome(one, flow, &outcome));
    }
    cr_expect_eq(outcome.history_len, strlen(expected));
    cr_expect_eq(memcmp(outcome.history, expected, strlen(expected)), 0, "%.*s, expected %s",
                 (int)outcome.history_len, outcome.history, expected);
    flow_table_end(one, 10);
    flow_table_free(one);
}

Test(flow_table, a_wrong_checksum_is_all_a_packet_says)
{
    history_is(true, true, "S");
    history_is(true, false, "C");
    history_is(false, false, "S");
}

Test(flow_table, a_flood_pushes_out_only_itself)
{
    survives_a_flood_of(6, SYN);
    survives_a_flood_of(6, ACK);
    survives_a_flood_of(17, 0);
}

Test(flow_table, a_flood_of_syns_and_answers_pushes_out_only_itself)
{
    flow_table_free(table);
    open_table(10 * 256);
    uint64_t id = handshake(1);
    for (uint16_t i = 0; i < 1000; i++) {
        struct sample syn = tcp(1, 2, SYN, S), answer = tcp(2, 1, SYN | ACK, S);
        syn.sport = answer.dport = (uint16_t)(10000 + i);
        look(syn);
        look(answer);
    }
    cr_expect_eq(id_of(look(tcp(1, 2, ACK, 2 * S))), id);
}

Test(flow_table, a_closed_flow_says_so_at_the_end_of_the_run)
{
    look(tcp(1, 2, RST, 0));
    look(udp(1, 1, 2, 2, 0));
    cr_expect_eq(flow_table_end(table, 100), 2);
    cr_expect_eq(ended[0].reason, FLOW_REASON_RST);
    cr_expect_eq(ended[1].reason, FLOW_REASON_END);
}

/** Long flows begin every now and then, so that what is left at the end is spread over very many
 * ids. */
Test(flow_table, ends_few_flows_of_many_in_order)
{
    enum { ROUNDS = 100, SHORT = 2000, LONG = 7 };
    int64_t now = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (uint16_t i = 0; i < SHORT; i++) {
            struct sample brief = udp(3, i, 4, 1, now);
            brief.shard = (uint8_t)i;
            look(brief);
        }
        for (uint8_t i = 0; i < LONG; i++) // which begin in round 0, 15, 30…
            if (round >= i * 15U)
                look(tcp((uint8_t)(100 - i), 2, 0, now));
        now += 31 * S;
        ended_count = 0;
        flow_table_expire(table, now);
        cr_assert_eq(ended_count, SHORT);
    }
    ended_count = 0;
    cr_expect_eq(flow_table_end(table, 100), LONG);
    for (unsigned i = 1; i < LONG; i++)
        cr_expect_gt(flow_first_packet(&ended[i].origin), flow_first_packet(&ended[i - 1].origin));
}

Test(flow_table, ends_in_order_of_first_packet_in_portions)
{
    for (uint16_t i = 0; i < 100; i++)
        look(udp(1, i, 2, 2, (100 - i) * S));
    for (uint16_t i = 0; i < 100; i += 3)
        look(udp(1, i, 2, 2, (100 - i) * S)); // touching changes nothing
    unsigned seen = 0;
    for (uint32_t n; (n = flow_table_end(table, 7)) > 0; seen += n)
        cr_expect_leq(n, 7);
    cr_expect_eq(seen, 100);
    for (uint64_t i = 0; i < 100; i++)
        cr_expect_eq(flow_first_packet(&ended[i].origin), i + 1);
    cr_expect_eq(flow_table_end(table, 7), 0);
    cr_expect_eq(counters().live, 0);
    look(udp(1, 1, 2, 2, S));
    cr_expect_eq(flow_table_end(table, 7), 1, "the table goes on working");
}

/** A flow that has proven itself. */
static void look_twice(uint16_t port)
{
    look(udp(1, port, 2, 2, S));
    look(udp(1, port, 2, 2, S));
}

Test(flow_table, a_full_shard_ends_the_longest_idle)
{
    flow_table_free(table);
    open_table(3 * 256);
    for (uint16_t i = 0; i < 3; i++)
        look_twice(i);
    look(udp(1, 0, 2, 2, S)); // now flow 1 is idle longest
    cr_expect_eq(ended_count, 0);
    look_twice(3);
    cr_assert_eq(ended_count, 1);
    cr_expect_eq(ended[0].flow.ports[PALUA_ORIG], 1);
    cr_expect_eq(ended[0].reason, FLOW_REASON_EVICTED);
    look_twice(4);
    look_twice(5);
    look_twice(6);
    static const uint16_t order[] = {1, 2, 0, 3};
    for (unsigned i = 0; i < 4; i++)
        cr_expect_eq(ended[i].flow.ports[PALUA_ORIG], order[i]);
    cr_expect_eq(counters().evicted, 4);
    cr_expect_eq(counters().evicted_unproven, 0);
    cr_expect_eq(counters().created, 7);
    cr_expect_eq(counters().live, 3);
    struct sample elsewhere = udp(1, 7, 2, 2, S);
    elsewhere.shard = 1;
    look(elsewhere);
    cr_expect_eq(ended_count, 4, "another shard has room");
}

Test(flow_table, the_smallest_cap_is_a_flow_per_shard)
{
    flow_table_free(table);
    open_table(1);
    for (uint16_t i = 0; i < 10; i++)
        look(udp(1, i, 2, 2, S));
    cr_expect_eq(counters().live, 1);
    cr_expect_eq(ended_count, 9);
}

Test(flow_table, survives_times_at_both_ends_of_the_scale)
{
    static const int64_t times[] = {INT64_MIN, INT64_MAX, 0, INT64_MAX - 1, INT64_MIN + 1, -1};
    for (unsigned i = 0; i < 6; i++) {
        look(udp(1, (uint16_t)i, 2, 2, times[i]));
        flow_table_expire(table, times[i]);
        struct flow *flow = look(udp(1, 77, 2, 2, times[i]));
        struct palua_flow_live live = {0};
        flow_live(table, flow, 0, NULL, &live);
        cr_expect_geq(live.duration_ns, 0);
    }
    flow_table_expire(table, INT64_MAX);
    cr_expect_eq(counters().live, 0);
}

Test(flow_table, ids_hold_the_first_packet_and_the_layer)
{
    cr_expect_eq(id_of(look(udp(1, 1, 2, 2, S))), 1 << FLOW_ID_LAYER_BITS);
    cr_expect_eq(id_of(look(tcp(1, 2, SYN, S))), 2 << FLOW_ID_LAYER_BITS | 1);
    cr_expect_eq(id_of(look(tcp(1, 2, ACK, S))), 2 << FLOW_ID_LAYER_BITS | 1);
}

Test(flow_table, reasons_have_names)
{
    cr_expect_str_eq(flow_reason_name(FLOW_REASON_FIN), "fin");
    cr_expect_str_eq(flow_reason_name(FLOW_REASON_END), "end");
}
