// SPDX-License-Identifier: MIT OR Apache-2.0
/* The flow table with connections. Input: a byte that picks the cap, then packets of 8 bytes: who
 * speaks to whom, TCP flags, sequence and acknowledgement numbers near the side's own or far off,
 * length, and how time goes on or back. The packets are made here, so that what is fuzzed is their
 * order and their numbers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/flow/sample.h"
#include "base/cursor.h"

enum { PACKETS_CAP = 4096 };

/** What the table said of the flows that ended. */
struct totals {
    struct flow_table *table;
    uint64_t flows;
    uint64_t packets;
    uint64_t payload;
};

static void require(bool fine, const char *what)
{
    if (fine)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static bool is_state(const char *name)
{
    static const char *const names[] = {"S0",   "S1",     "SF",    "REJ", "S2",  "S3", "RSTO",
                                        "RSTR", "RSTOS0", "RSTRH", "SH",  "SHR", "OTH"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static void check_outcome(const struct flow_outcome *outcome)
{
    require(is_state(outcome->state), "no state of Zeek's");
    require(outcome->history_len <= FLOW_HISTORY_CAP, "a history beyond its cap");
    for (uint32_t i = 0; i < outcome->history_len; i++)
        require(strchr("^SHADFRIQTWGCshadfriqtwgc", outcome->history[i]) && outcome->history[i],
                "no letter of Zeek's");
    for (unsigned side = 0; side < 2; side++)
        require(outcome->bytes[side] < UINT64_C(1) << 41, "bytes beyond a TiB");
}

static void note(void *context, struct flow *flow, enum flow_reason reason)
{
    struct totals *totals = context;
    struct flow_outcome outcome;
    require(reason < FLOW_REASON_COUNT, "no reason");
    totals->flows++;
    for (unsigned side = 0; side < 2; side++) {
        totals->packets += flow->sides[side].pkts;
        totals->payload += flow->sides[side].payload;
    }
    if (flow_table_outcome(totals->table, flow, &outcome))
        check_outcome(&outcome);
}

/** A number of 8 bits: most near 0, some half the sequence space away. */
static uint32_t spread(uint8_t small)
{
    static const uint32_t bases[] = {0, 0, 0, 1000, 70000, 0x40000000, 0x80000000, 0xfffffff0};
    return bases[small >> 5] + 7U * (small & 31);
}

static bool read_sample(struct cursor *in, uint64_t number, int64_t *now_ns, struct sample *out)
{
    static const uint16_t ports[] = {40000, 80, 50000, 443};
    static const uint8_t protos[] = {6, 6, 6, 17};
    uint8_t who, flags, seq, ack, len, step, unused;
    if (!cursor_u8(in, &who) || !cursor_u8(in, &flags) || !cursor_u8(in, &seq) ||
        !cursor_u8(in, &ack) || !cursor_u8(in, &len) || !cursor_u8(in, &step) ||
        !cursor_u8(in, &unused) || !cursor_u8(in, &unused))
        return false;
    *now_ns += ((int64_t)step - 8) * (step & 128 ? 1000000000 : 1000000);
    *out = (struct sample){.number = number,
                           .ts_ns = *now_ns,
                           .addr_len = who & 1 ? 16 : 4,
                           .proto = protos[who >> 1 & 3],
                           .src = who >> 3 & 1,
                           .dst = !(who >> 3 & 1),
                           .sport = ports[who >> 4 & 3],
                           .dport = ports[who >> 6],
                           .tcp_flags = flags & 0x3f,
                           .seq = spread(seq),
                           .ack = spread(ack),
                           .payload = len * 11U,
                           .zero_window = flags & 128};
    return true;
}

static void run(struct totals *totals, struct cursor *in)
{
    struct sample sample;
    struct sample_packet made;
    struct flow_counters counters;
    int64_t now_ns = 0, last_ns = 0;
    uint64_t number = 0, payload = 0;
    while (number < PACKETS_CAP && read_sample(in, number + 1, &now_ns, &sample)) {
        uint8_t direction;
        bool created;
        number++;
        payload += sample.payload;
        if (now_ns > last_ns && number % 16 == 0)
            flow_table_expire(totals->table, last_ns = now_ns);
        sample_fill(&sample, &made);
        struct flow *flow =
            flow_table_lookup(totals->table, &made.packet, &made.tuple, &direction, &created);
        require(direction < 2 && flow->sides[direction].pkts > 0, "the packet was not counted");
        require(created == (flow_first_packet(flow_table_origin(totals->table, flow)) == number),
                "the flow's beginning is unclear");
    }
    flow_table_counters(totals->table, &counters);
    require(counters.live + totals->flows == counters.created, "flows went missing");
    while (flow_table_end(totals->table, 7))
        continue;
    require(totals->flows == counters.created, "flows were left over");
    require(totals->packets == number && totals->payload == payload, "packets went missing");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor in = cursor_of(data, size);
    uint8_t caps = 0;
    if (!cursor_u8(&in, &caps))
        return 0;
    struct totals totals = {0};
    struct flow_options options = {.cap = 256U * (1U + (caps & 7)),
                                   .tcp_timeout_ns = 60000000000,
                                   .tcp_embryonic_timeout_ns = 10000000000,
                                   .tcp_closed_timeout_ns = 1000000000,
                                   .udp_timeout_ns = 5000000000,
                                   .connections = true,
                                   .places = caps & 8};
    totals.table = flow_table_new(&options, note, &totals);
    run(&totals, &in);
    flow_table_free(totals.table);
    return 0;
}
