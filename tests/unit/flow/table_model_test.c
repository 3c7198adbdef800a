// SPDX-License-Identifier: MIT OR Apache-2.0
/* The flow table against a model too simple to be wrong: an array of flows, searched from one end
 * to the other. Both see the same random packets, with time going forth, back and in jumps, caps
 * met, and ends taken in portions; what they say must be equal. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "flow/table.h"
#include "sample.h"

#define S INT64_C(1000000000)

enum { MODEL_CAP = 4096, ENDED_CAP = 1 << 16 };

/** What is compared of a flow that ended. */
struct record {
    uint64_t first_packet;
    int64_t first_ts_ns;
    int64_t last_ts_ns;
    struct flow_side sides[2];
    uint16_t orig_port;
    uint8_t orig;
    uint8_t unused; /**< no padding: records are compared as memory */
    enum flow_reason reason;
};

struct model_flow {
    struct record record;
    struct sample key; /**< src is the originator */
    uint64_t last_packet;
    int64_t timeout_ns;
    uint32_t syn;
    uint8_t flags[2];
    bool closed;
    bool embryonic;
    bool proven;
};

struct model {
    struct model_flow flows[MODEL_CAP];
    unsigned count;
    unsigned shard_cap;
};

static struct record said[ENDED_CAP], expected[ENDED_CAP];
static unsigned said_count, expected_count;

static struct flow_options options = {
    .tcp_timeout_ns = 60 * S,
    .tcp_closed_timeout_ns = 3 * S,
    .tcp_embryonic_timeout_ns = 30 * S,
    .udp_timeout_ns = 20 * S,
    .icmp_timeout_ns = 5 * S,
    .other_timeout_ns = 7 * S,
};

static struct flow_table *table;

static void note(void *context, struct flow *flow, enum flow_reason reason)
{
    const struct flow_origin *origin = flow_table_origin(table, flow);
    (void)context;
    cr_assert_lt(said_count, ENDED_CAP);
    said[said_count++] = (struct record){
        .first_packet = flow_first_packet(origin),
        .first_ts_ns = origin->first_ts_ns,
        .last_ts_ns = flow->last_ts_ns,
        .sides = {flow->sides[0], flow->sides[1]},
        .orig_port = flow->ports[0],
        .orig = flow->addresses[flow->addr_len - 1],
        .reason = reason,
    };
}

static void model_end(struct model *model, unsigned at, enum flow_reason reason)
{
    struct record record = model->flows[at].record;
    if (!model->flows[at].closed)
        record.reason = reason;
    cr_assert_lt(expected_count, ENDED_CAP);
    expected[expected_count++] = record;
    model->flows[at] = model->flows[--model->count];
}

static int64_t deadline(const struct model_flow *flow)
{
    return flow->record.last_ts_ns + flow->timeout_ns;
}

static bool is_one_way(const struct sample *a)
{
    if (a->proto != 1)
        return false;
    static const uint16_t paired[] = {8, 0, 10, 9, 13, 14, 15, 16, 17, 18};
    for (unsigned i = 0; i < 10; i++)
        if (a->sport == paired[i])
            return false;
    return true;
}

/** 0 or 1: the flow's direction that the packet belongs to; -1: another flow. */
static int side_of(const struct sample *key, const struct sample *packet)
{
    if (key->addr_len != packet->addr_len || key->proto != packet->proto ||
        key->vlan != packet->vlan || is_one_way(key) != is_one_way(packet))
        return -1;
    if (key->src == packet->src && key->dst == packet->dst && key->sport == packet->sport &&
        key->dport == packet->dport)
        return 0;
    bool back = key->src == packet->dst && key->dst == packet->src && key->sport == packet->dport &&
                key->dport == packet->sport;
    return back && !is_one_way(key) ? 1 : -1;
}

static void model_make_room(struct model *model, uint8_t shard)
{
    unsigned in_shard = 0, oldest = MODEL_CAP, newborn = MODEL_CAP;
    for (unsigned i = 0; i < model->count; i++) {
        const struct model_flow *flow = &model->flows[i];
        if (flow->key.shard != shard)
            continue;
        in_shard++;
        if (oldest == MODEL_CAP || flow->last_packet < model->flows[oldest].last_packet)
            oldest = i;
        if (!flow->proven &&
            (newborn == MODEL_CAP ||
             flow->record.first_packet < model->flows[newborn].record.first_packet))
            newborn = i;
    }
    if (in_shard >= model->shard_cap)
        model_end(model, newborn == MODEL_CAP ? oldest : newborn, FLOW_REASON_EVICTED);
}

static bool is_server(uint16_t port)
{
    return port == 80 || port == 443;
}

static bool is_turned(const struct sample *packet)
{
    bool tcp = packet->proto == 6;
    if (tcp && packet->tcp_flags & SYN)
        return packet->tcp_flags & ACK &&
               (packet->src != packet->dst || packet->sport != packet->dport);
    if (!is_server(packet->sport) || (!tcp && packet->proto != 17))
        return false;
    return !is_server(packet->dport) || (tcp && packet->sport < packet->dport);
}

static struct model_flow *model_begin(struct model *model, const struct sample *packet)
{
    model_make_room(model, packet->shard);
    cr_assert_lt(model->count, MODEL_CAP);
    struct model_flow *flow = &model->flows[model->count++];
    *flow = (struct model_flow){.key = *packet};
    flow->syn = packet->seq - !(packet->tcp_flags & SYN);
    if (is_turned(packet)) {
        flow->syn = packet->ack - 1;
        flow->key.src = packet->dst;
        flow->key.dst = packet->src;
        flow->key.sport = packet->dport;
        flow->key.dport = packet->sport;
    }
    flow->embryonic = packet->proto == 6 && packet->tcp_flags & SYN;
    flow->timeout_ns = flow->embryonic       ? options.tcp_embryonic_timeout_ns
                       : packet->proto == 6  ? options.tcp_timeout_ns
                       : packet->proto == 17 ? options.udp_timeout_ns
                       : packet->proto == 1  ? options.icmp_timeout_ns
                                             : options.other_timeout_ns;
    flow->record = (struct record){.first_packet = packet->number,
                                   .first_ts_ns = packet->ts_ns,
                                   .last_ts_ns = packet->ts_ns,
                                   .orig_port = flow->key.sport,
                                   .orig = flow->key.src};
    return flow;
}

static void model_tcp(struct model_flow *flow, int side, const struct sample *packet)
{
    flow->flags[side] |= (uint8_t)packet->tcp_flags;
    if (flow->embryonic && flow->flags[0] & ACK && flow->flags[1]) {
        flow->embryonic = false;
        flow->timeout_ns = flow->closed ? flow->timeout_ns : options.tcp_timeout_ns;
    }
    if (flow->closed)
        return;
    bool alone = flow->record.sides[!side].pkts == 0;
    bool fin = flow->flags[side] & FIN && (alone || flow->flags[!side] & FIN);
    if (!fin && !(packet->tcp_flags & RST))
        return;
    flow->closed = true;
    flow->embryonic = false;
    flow->record.reason = packet->tcp_flags & RST ? FLOW_REASON_RST : FLOW_REASON_FIN;
    flow->timeout_ns = options.tcp_closed_timeout_ns;
}

static bool is_reopened(const struct model_flow *flow, const struct sample *packet)
{
    uint32_t ahead = packet->seq - flow->syn;
    if (packet->proto != 6 || (packet->tcp_flags & (SYN | ACK | RST)) != SYN || !ahead)
        return false;
    if (flow->closed)
        return true;
    if (side_of(&flow->key, packet) != 0)
        return false;
    return flow->embryonic || ahead > flow->record.sides[0].payload + 1048576;
}

/** @return the direction; *created as the table says it */
static int model_packet(struct model *model, const struct sample *packet, bool *created,
                        uint64_t *first_packet)
{
    struct model_flow *flow = NULL;
    for (unsigned i = 0; i < model->count && !flow; i++)
        if (side_of(&model->flows[i].key, packet) >= 0)
            flow = &model->flows[i];
    if (flow) {
        bool late = packet->ts_ns >= deadline(flow);
        if (late || is_reopened(flow, packet)) {
            model_end(model, (unsigned)(flow - model->flows),
                      late ? FLOW_REASON_TIMEOUT : FLOW_REASON_REUSED);
            flow = NULL;
        }
    }
    *created = !flow;
    if (!flow)
        flow = model_begin(model, packet);
    int side = side_of(&flow->key, packet);
    uint32_t headers = packet->addr_len == 4 ? 20 : 40;
    flow->record.sides[side].pkts++;
    flow->record.sides[side].payload += packet->payload;
    flow->record.sides[side].ip_bytes += headers + packet->payload + (packet->proto == 6 ? 20 : 0);
    flow->last_packet = packet->number;
    if (packet->ts_ns > flow->record.last_ts_ns)
        flow->record.last_ts_ns = packet->ts_ns;
    if (packet->proto == 6)
        model_tcp(flow, side, packet);
    if (!*created && !flow->embryonic)
        flow->proven = true;
    *first_packet = flow->record.first_packet;
    return side;
}

/** One by one, always the next that is due. */
static void model_expire(struct model *model, int64_t now)
{
    for (;;) {
        unsigned next = MODEL_CAP;
        for (unsigned i = 0; i < model->count; i++) {
            const struct model_flow *flow = &model->flows[i];
            if (deadline(flow) > now)
                continue;
            if (next == MODEL_CAP || deadline(flow) < deadline(&model->flows[next]) ||
                (deadline(flow) == deadline(&model->flows[next]) &&
                 flow->record.first_packet < model->flows[next].record.first_packet))
                next = i;
        }
        if (next == MODEL_CAP)
            return;
        model_end(model, next, FLOW_REASON_TIMEOUT);
    }
}

static void model_finish(struct model *model)
{
    while (model->count) {
        unsigned next = 0;
        for (unsigned i = 1; i < model->count; i++)
            if (model->flows[i].record.first_packet < model->flows[next].record.first_packet)
                next = i;
        model_end(model, next, FLOW_REASON_END);
    }
}

static uint64_t random_state;

/** xorshift64*: the same numbers for the same seed everywhere. */
static uint32_t any(uint32_t below)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)((random_state * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % below;
}

static int64_t any_step(void)
{
    switch (any(40)) {
    case 0:
        return S * any(100);
    case 1:
        return -S * (int64_t)any(30);
    case 2:
        return S * 3600 * any(3);
    case 3:
        return 0;
    default:
        return any(200) * INT64_C(1000000);
    }
}

static struct sample any_packet(uint64_t number, int64_t ts, unsigned hosts, unsigned shards)
{
    static const uint8_t protos[] = {6, 6, 6, 17, 17, 1, 47};
    static const uint16_t flags[] = {ACK,       ACK,       ACK, SYN, SYN,
                                     SYN | ACK, FIN | ACK, RST, FIN, SYN | FIN};
    static const uint16_t ports[] = {443, 40000, 80, 50000};
    static const uint16_t types[][2] = {{8, 0}, {0, 8}, {3, 3}, {3, 1}, {11, 0}};
    struct sample out = {.number = number, .ts_ns = ts, .payload = any(1000)};
    out.addr_len = any(4) ? 4 : 16;
    out.proto = protos[any(7)];
    out.src = (uint8_t)any(hosts);
    out.dst = (uint8_t)any(hosts);
    out.vlan = any(8) ? 0 : 5;
    if (out.proto == 6) {
        out.tcp_flags = flags[any(10)];
        out.seq = any(20) ? any(3) : any(1U << 30) * 4;
        out.ack = any(3);
    }
    if (out.proto == 6 || out.proto == 17) {
        out.sport = ports[any(4)];
        out.dport = ports[any(4)];
    } else if (out.proto == 1) {
        unsigned type = any(5);
        out.sport = types[type][0];
        out.dport = types[type][1];
    }
    out.shard = (uint8_t)((unsigned)(out.src + out.dst + out.proto) % shards); // the same both ways
    return out;
}

static void compare(uint64_t seed)
{
    cr_assert_eq(said_count, expected_count, "seed %#lx: %u flows ended, not %u", seed, said_count,
                 expected_count);
    for (unsigned i = 0; i < said_count; i++)
        cr_assert_eq(memcmp(&said[i], &expected[i], sizeof said[i]), 0,
                     "seed %#lx: end %u: flow of packet %lu (%s), not of %lu (%s)", seed, i,
                     said[i].first_packet, flow_reason_name(said[i].reason),
                     expected[i].first_packet, flow_reason_name(expected[i].reason));
    said_count = expected_count = 0;
}

static void one_packet(struct model *model, const struct sample *sample, uint64_t seed)
{
    struct sample_packet made;
    uint8_t side;
    bool created, model_created;
    uint64_t first;
    sample_fill(sample, &made);
    struct flow *flow = flow_table_lookup(table, &made.packet, &made.tuple, &side, &created);
    int model_side = model_packet(model, sample, &model_created, &first);
    cr_assert_eq(side, model_side, "seed %#lx: packet %lu: direction", seed, sample->number);
    cr_assert_eq(created, model_created, "seed %#lx: packet %lu: created", seed, sample->number);
    cr_assert_eq(flow_first_packet(flow_table_origin(table, flow)), first,
                 "seed %#lx: packet %lu: flow", seed, sample->number);
}

static void round_of(uint64_t seed)
{
    static struct model model;
    random_state = seed | 1;
    unsigned hosts = 2 + any(12), shards = 1 + any(4), count = 500 + any(3000);
    memset(&model, 0, sizeof model);
    model.shard_cap = any(2) ? 1 + any(60) : 1000;
    options.cap = 256 * model.shard_cap - any(256);
    table = flow_table_new(&options, note, NULL);
    int64_t ts = any(2) ? 1700000000 * S : 0, now = ts;
    for (uint64_t number = 1; number <= count; number++) {
        ts += any_step();
        if (ts > now)
            now = ts;
        if (!any(4)) {
            flow_table_expire(table, now);
            model_expire(&model, now);
            compare(seed);
        }
        struct sample sample = any_packet(number, ts, hosts, shards);
        one_packet(&model, &sample, seed);
        compare(seed);
    }
    while (flow_table_end(table, 1 + any(50)))
        continue;
    model_finish(&model);
    compare(seed);
    struct flow_counters counters;
    flow_table_counters(table, &counters);
    cr_assert_eq(counters.live, 0);
    flow_table_free(table);
}

Test(flow_table_model, agrees_on_random_packets, .timeout = 120)
{
    const char *given = getenv("PALUA_TEST_SEED");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)now.tv_nsec << 20;
    fprintf(stderr, "seed %#lx (PALUA_TEST_SEED repeats it)\n", (unsigned long)seed);
    for (unsigned round = 0; round < (given ? 1 : 100); round++)
        round_of(seed + round);
}
