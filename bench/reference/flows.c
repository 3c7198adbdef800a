// SPDX-License-Identifier: MIT OR Apache-2.0
/* How fast can packets be decoded and one flow table be kept? Packets and bytes of every flow and
 * direction, in one open-addressing table of one cache line per flow. Packets are taken in groups,
 * so that the lines of a group are fetched while its other packets are decoded. */
#include <arpa/inet.h>
#include <inttypes.h>

#include "reference/capture.h"
#include "reference/decode.h"
#include "reference/memory.h"

#define GROUP 32
#define FIRST_SIZE (1U << 16)
#define SHOWN 10

struct flow {
    struct decode_key key; /**< words[4] is 0 in a free slot: the version is never 0 */
    uint64_t bytes[2];
    uint32_t packets[2];
};

struct table {
    struct flow *flows;
    uint64_t mask;
    uint64_t count;
};

struct item {
    struct decode_key key;
    uint64_t hash;
    uint32_t len;
    uint32_t side;
};

static struct flow *find(const struct table *table, const struct decode_key *key, uint64_t hash)
{
    uint64_t slot = hash & table->mask;
    while (table->flows[slot].key.words[4] && !decode_same(&table->flows[slot].key, key))
        slot = (slot + 1) & table->mask;
    return &table->flows[slot];
}

static void grow(struct table *table)
{
    struct table old = *table;
    uint64_t size = (old.mask + 1) * 4;
    table->flows = memory_table(size * sizeof *table->flows);
    table->mask = size - 1;
    for (uint64_t i = 0; i <= old.mask; i++)
        if (old.flows[i].key.words[4])
            *find(table, &old.flows[i].key, decode_hash(&old.flows[i].key)) = old.flows[i];
    munmap(old.flows, (old.mask + 1) * sizeof *old.flows);
}

static void update(struct table *table, const struct item *item)
{
    struct flow *flow = find(table, &item->key, item->hash);
    if (!flow->key.words[4]) {
        flow->key = item->key;
        table->count++;
    }
    flow->packets[item->side]++;
    flow->bytes[item->side] += item->len;
}

/* @return how many of up to GROUP packets, all in the buffer, have an IP header */
static uint32_t take_group(struct capture *capture, const struct table *table, struct item *items)
{
    struct capture_record record;
    struct decoded decoded;
    uint32_t count = 0;
    while (count < GROUP && capture_next(capture, &record)) {
        if (!decode(record.data, record.caplen, &decoded))
            continue;
        struct item *item = &items[count++];
        *item = (struct item){decoded.key, decode_hash(&decoded.key), record.len, decoded.side};
        __builtin_prefetch(&table->flows[item->hash & table->mask], 1);
    }
    return count;
}

static void count_flows(struct capture *capture, struct table *table)
{
    struct item items[GROUP];
    uint32_t count;
    while ((count = take_group(capture, table, items))) {
        for (uint32_t i = 0; i < count; i++)
            update(table, &items[i]);
        if (table->count * 8 > table->mask * 5)
            grow(table);
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
    for (uint64_t i = 0; i <= table->mask; i++) {
        struct flow *flow = &table->flows[i];
        if (!flow->key.words[4])
            continue;
        packets += flow->packets[0] + flow->packets[1];
        bytes += flow->bytes[0] + flow->bytes[1];
        best[shown] = flow;
        if (shown == SHOWN && larger(&best[SHOWN - 1], &flow) <= 0)
            continue;
        qsort(best, shown + 1, sizeof *best, larger);
        shown += shown < SHOWN;
    }
    printf("flows %" PRIu64 "\npackets %" PRIu64 "\nbytes %" PRIu64 "\n", table->count, packets,
           bytes);
    for (uint32_t i = 0; i < shown; i++)
        print_flow(best[i]);
}

int main(int argc, char **argv)
{
    struct capture capture;
    if (argc != 2)
        capture_fail("usage: flows FILE");
    capture_init(&capture, argv[1]);
    struct table table = {memory_table(FIRST_SIZE * sizeof(struct flow)), FIRST_SIZE - 1, 0};
    count_flows(&capture, &table);
    print_answer(&table);
    capture_fini(&capture);
    return 0;
}
