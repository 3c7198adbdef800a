// SPDX-License-Identifier: MIT OR Apache-2.0
/* How fast can packets be decoded and one flow table be kept? Packets and bytes of every flow and
 * direction: flows of one cache line each, in the order they appeared, and an open-addressing index
 * that stays small. Packets are taken in groups, so that what a packet needs is fetched while
 * others are worked on. */
#include <arpa/inet.h>
#include <inttypes.h>

#include "reference/capture.h"
#include "reference/decode.h"
#include "reference/memory.h"

#define GROUP 32
#define FIRST_SIZE (1U << 16)
#define SHOWN 10
/* Address space for flows; pages exist once they are written. */
#define FLOW_CAP (1U << 28)

struct flow {
    struct decode_key key;
    uint64_t bytes[2];
    uint32_t packets[2];
};

struct slot {
    uint32_t hash;
    uint32_t flow; /**< its index + 1; 0: free */
};

struct table {
    struct flow *flows;
    uint32_t count;
    uint32_t mask;
    struct slot *slots;
};

struct item {
    struct decode_key key;
    uint32_t hash;
    uint32_t slot; /**< where to look next */
    uint32_t len;
    uint32_t side;
};

/* @return the next slot from `at` on that is free or could be the one */
static uint32_t probe(const struct table *table, uint32_t at, uint32_t hash)
{
    at &= table->mask;
    while (table->slots[at].flow && table->slots[at].hash != hash)
        at = (at + 1) & table->mask;
    return at;
}

static void grow(struct table *table)
{
    struct slot *old = table->slots;
    uint32_t size = table->mask + 1;
    table->slots = memory_table(2ULL * size * sizeof *old);
    table->mask = 2 * size - 1;
    for (uint32_t i = 0; i < size; i++) {
        if (!old[i].flow)
            continue;
        uint32_t at = old[i].hash & table->mask;
        while (table->slots[at].flow)
            at = (at + 1) & table->mask;
        table->slots[at] = old[i];
    }
    munmap(old, size * sizeof *old);
}

static struct flow *find_or_add(struct table *table, const struct item *item)
{
    for (uint32_t at = item->slot;; at++) {
        at = probe(table, at, item->hash);
        struct slot *slot = &table->slots[at];
        if (!slot->flow) {
            *slot = (struct slot){item->hash, ++table->count};
            table->flows[slot->flow - 1].key = item->key;
            return &table->flows[slot->flow - 1];
        }
        if (decode_same(&table->flows[slot->flow - 1].key, &item->key))
            return &table->flows[slot->flow - 1];
    }
}

/* @return how many packets with an IP header there are, GROUP at most */
static uint32_t take_group(struct capture *capture, const struct table *table, struct item *items)
{
    struct capture_record record;
    struct decoded decoded;
    uint32_t count = 0;
    while (count < GROUP && capture_next(capture, &record)) {
        if (!decode(record.data, record.caplen, &decoded))
            continue;
        uint32_t hash = (uint32_t)decode_hash(&decoded.key);
        items[count++] = (struct item){decoded.key, hash, hash, record.len, decoded.side};
        __builtin_prefetch(&table->slots[hash & table->mask], 1);
    }
    return count;
}

static void update_group(struct table *table, struct item *items, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        items[i].slot = probe(table, items[i].slot, items[i].hash);
        /* A new flow's line comes next in order, which the processor foresees. */
        if (table->slots[items[i].slot].flow)
            __builtin_prefetch(&table->flows[table->slots[items[i].slot].flow - 1], 1);
    }
    for (uint32_t i = 0; i < count; i++) {
        struct flow *flow = find_or_add(table, &items[i]);
        flow->packets[items[i].side]++;
        flow->bytes[items[i].side] += items[i].len;
    }
}

static void count_flows(struct capture *capture, struct table *table)
{
    struct item items[GROUP];
    uint32_t count;
    while ((count = take_group(capture, table, items))) {
        update_group(table, items, count);
        if (table->count > table->mask / 2)
            grow(table);
        if (table->count > FLOW_CAP - GROUP)
            capture_fail("too many flows");
    }
}

static int larger(const void *a, const void *b)
{
    const struct flow *x = *(struct flow *const *)a, *y = *(struct flow *const *)b;
    uint64_t p = x->bytes[0] + x->bytes[1], q = y->bytes[0] + y->bytes[1];
    return p != q ? (p < q) - (p > q) : memcmp(&x->key, &y->key, sizeof x->key);
}

static void print_flow(const struct flow *flow)
{
    char low[INET6_ADDRSTRLEN], high[INET6_ADDRSTRLEN];
    uint64_t tail = flow->key.words[4];
    int family = (tail & 0xff) == 4 ? AF_INET : AF_INET6;
    inet_ntop(family, &flow->key.words[0], low, sizeof low);
    inet_ntop(family, &flow->key.words[2], high, sizeof high);
    printf("%" PRIu64 " %s %" PRIu64 " %s %" PRIu64 " %u %" PRIu64 " %u %" PRIu64 "\n",
           tail >> 8 & 0xff, low, tail >> 48, high, tail >> 32 & 0xffff, flow->packets[0],
           flow->bytes[0], flow->packets[1], flow->bytes[1]);
}

/* Keeps the largest flows sorted in `best`, the only ones that are printed. */
static void print_answer(const struct table *table)
{
    struct flow *best[SHOWN + 1];
    uint32_t shown = 0;
    uint64_t packets = 0, bytes = 0;
    for (uint32_t i = 0; i < table->count; i++) {
        struct flow *flow = &table->flows[i];
        packets += flow->packets[0] + flow->packets[1];
        bytes += flow->bytes[0] + flow->bytes[1];
        best[shown] = flow;
        if (shown == SHOWN && larger(&best[SHOWN - 1], &flow) <= 0)
            continue;
        qsort(best, shown + 1, sizeof *best, larger);
        shown += shown < SHOWN;
    }
    printf("flows %u\npackets %" PRIu64 "\nbytes %" PRIu64 "\n", table->count, packets, bytes);
    for (uint32_t i = 0; i < shown; i++)
        print_flow(best[i]);
}

int main(int argc, char **argv)
{
    struct capture capture;
    if (argc != 2)
        capture_fail("usage: flows FILE");
    capture_init(&capture, argv[1]);
    struct table table = {memory_reserve(FLOW_CAP * sizeof(struct flow)), 0, FIRST_SIZE - 1,
                          memory_table(FIRST_SIZE * sizeof(struct slot))};
    count_flows(&capture, &table);
    print_answer(&table);
    capture_fini(&capture);
    return 0;
}
