// SPDX-License-Identifier: MIT OR Apache-2.0
/* A flow table under strain, as the argument says.
 *
 * floods: five million flows of one packet at its cap, then a million SYNs of which each is
 * answered. Memory must stay where the cap puts it, the counters must say what was shed, and
 * connections that were established before must all be there in the end. idle: what a flow takes
 * that does nothing any more. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../unit/flow/sample.h"

enum { CAP = 200000, ESTABLISHED = 20000, LONE = 5000000, ANSWERED = 1000000 };
/** What a flow may take with all that hangs on it, index, timers and connection included; and what
 * else the process needs. */
enum { BYTES_PER_FLOW = 512, REST = 64 << 20 };
enum { BYTES_PER_IDLE_FLOW = 256, BYTES_WITH_CONNECTION = 288 };

static uint64_t ended;

static void note(void *context, struct flow *flow, enum flow_reason reason)
{
    (void)context;
    (void)flow;
    ended += reason != FLOW_REASON_COUNT;
}

static void check(bool fine, const char *what)
{
    if (fine)
        return;
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static struct flow_table *table;
static uint64_t number;

/** One packet between two hosts that `pair` names; its shard is as random as a hash would make it.
 * @return whether it began a flow */
static bool packet(uint64_t pair, uint8_t proto, uint16_t flags, bool back)
{
    struct sample sample = {.number = ++number,
                            .ts_ns = (int64_t)(number * 1000),
                            .addr_len = 4,
                            .proto = proto,
                            .sport = back ? 80 : 40000,
                            .dport = back ? 40000 : 80,
                            .tcp_flags = flags,
                            .seq = (uint32_t)pair,
                            .shard = (uint8_t)(pair * 0x9e3779b97f4a7c15U >> 56)};
    struct sample_packet made;
    uint8_t direction;
    bool created;
    sample_fill(&sample, &made);
    uint8_t *host = back ? made.dst : made.src, *server = back ? made.src : made.dst;
    memcpy(host, &pair, 4);
    memset(server, 9, 4);
    flow_table_lookup(table, &made.packet, &made.tuple, &direction, &created);
    return created;
}

static size_t peak_memory(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (size_t)usage.ru_maxrss * 1024;
}

static size_t memory_now(void)
{
    unsigned long all = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    check(file && fscanf(file, "%lu %lu", &all, &resident) == 2, "no /proc/self/statm");
    fclose(file);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

/** What a flow takes that does nothing any more, with its places in index and timer wheel: on
 * average over several sizes of a table, as it depends on when the index was last doubled. */
static void idle_flows(bool connections)
{
    static const uint64_t counts[] = {400000, 500000, 600000, 700000, 800000, 900000, 1000000};
    enum { COUNTS = sizeof counts / sizeof *counts };
    size_t sum = 0;
    for (unsigned i = 0; i < COUNTS; i++) {
        struct flow_options options = {
            .cap = 1U << 30, .tcp_timeout_ns = INT64_MAX, .connections = connections};
        size_t before = memory_now();
        table = flow_table_new(&options, note, NULL);
        for (uint64_t pair = 0; pair < counts[i]; pair++)
            packet(pair, 6, ACK, false);
        size_t bytes = (memory_now() - before) / counts[i];
        printf("%lu idle flows%s: %zu bytes each\n", (unsigned long)counts[i],
               connections ? " with connections" : "", bytes);
        sum += bytes;
        flow_table_free(table);
    }
#ifndef __SANITIZE_ADDRESS__
    check(sum / COUNTS <= (connections ? BYTES_WITH_CONNECTION : BYTES_PER_IDLE_FLOW),
          "an idle flow takes more than it may");
#endif
}

/** Floods of a table at its cap. */
static void floods(void)
{
    struct flow_options options = {.cap = CAP,
                                   .tcp_timeout_ns = INT64_MAX,
                                   .tcp_embryonic_timeout_ns = INT64_MAX,
                                   .tcp_closed_timeout_ns = INT64_MAX,
                                   .udp_timeout_ns = INT64_MAX,
                                   .connections = true};
    struct flow_counters counters;
    table = flow_table_new(&options, note, NULL);
    for (uint64_t i = 0; i < ESTABLISHED; i++) {
        packet(i, 6, SYN, false);
        packet(i, 6, SYN | ACK, true);
        packet(i, 6, ACK, false);
    }
    for (uint64_t i = 0; i < LONE; i++)
        check(packet(ESTABLISHED + i, 17, 0, false), "a lone packet was taken for another's");
    for (uint64_t i = 0; i < ANSWERED; i++) {
        packet(ESTABLISHED + LONE + i, 6, SYN, false);
        packet(ESTABLISHED + LONE + i, 6, SYN | ACK, true);
    }
    flow_table_counters(table, &counters);
    check(counters.live <= CAP + 256, "more flows live than the cap allows");
    check(counters.evicted == counters.created - counters.live, "evicted flows were not counted");
    check(counters.evicted == counters.evicted_unproven, "a proven flow was evicted");
    check(ended == counters.evicted, "not every evicted flow was ended");
    for (uint64_t i = 0; i < ESTABLISHED; i++)
        check(!packet(i, 6, ACK, true), "an established flow was pushed out");
    printf("%lu flows, %lu evicted, %lu MiB\n", (unsigned long)counters.created,
           (unsigned long)counters.evicted, (unsigned long)(peak_memory() >> 20));
#ifndef __SANITIZE_ADDRESS__ // its shadow and quarantine are not the table's
    check(peak_memory() < (size_t)CAP * BYTES_PER_FLOW + REST, "memory grew beyond the bound");
#endif
    while (flow_table_end(table, 4096))
        continue;
    flow_table_counters(table, &counters);
    check(counters.live == 0 && ended == counters.created, "flows were left at the end");
    flow_table_free(table);
}

int main(int argc, char **argv)
{
    bool idle = argc == 2 && strcmp(argv[1], "idle") == 0;
    check(idle || (argc == 2 && strcmp(argv[1], "floods") == 0), "usage: flows idle|floods");
    if (idle) {
        idle_flows(false);
        idle_flows(true);
    } else {
        floods();
    }
    return 0;
}
