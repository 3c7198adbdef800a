// SPDX-License-Identifier: MIT OR Apache-2.0
#include "defrag/table.h"

#include <criterion/criterion.h>
#include <string.h>

#define S INT64_C(1000000000)

static struct defrag_options options;
static struct defrag_table *table;
static const uint8_t bytes[2048];

static void init(void)
{
    options = (struct defrag_options){.policy = DEFRAG_BSD,
                                      .ip_timeout_ns = 30 * S,
                                      .ipv6_timeout_ns = 60 * S,
                                      .memory_cap = 1 << 20,
                                      .datagram_cap = 100,
                                      .fragment_cap = 50,
                                      .host_cap = 1000};
}

static struct fragment fragment_of(uint8_t host, uint32_t id, uint32_t start, uint32_t len,
                                   bool more)
{
    struct fragment fragment;
    memset(&fragment, 0, sizeof fragment);
    fragment.key.src[0] = host;
    fragment.key.id = id;
    fragment.key.version = 4;
    fragment.part = (struct datagram_fragment){
        .bytes = cursor_of(bytes, len), .packet = 1, .start = start, .more = more};
    return fragment;
}

/** @return whether a datagram became whole; it is removed then */
static bool add_at(const struct fragment *fragment, int64_t now_ns)
{
    unsigned findings;
    struct datagram *datagram = defrag_table_add(table, fragment, now_ns, &findings);
    if (datagram)
        defrag_table_remove(table, datagram);
    cr_assert_leq(defrag_table_memory(table), options.memory_cap);
    cr_assert_leq(defrag_table_count(table), options.datagram_cap);
    return datagram != NULL;
}

static bool add(uint8_t host, uint32_t id, uint32_t start, bool more)
{
    struct fragment fragment = fragment_of(host, id, start, 8, more);
    return add_at(&fragment, 0);
}

static struct defrag_counters counters(void)
{
    struct defrag_counters out;
    defrag_table_counters(table, &out);
    return out;
}

Test(table, everything_in_the_key_tells_datagrams_apart, .init = init)
{
    table = defrag_table_new(&options);
    struct fragment first = fragment_of(1, 1, 0, 8, true), last = fragment_of(1, 1, 8, 8, false);
    add_at(&first, 0);
    for (size_t i = 0; i < sizeof last.key; i++) {
        uint8_t *at = (uint8_t *)&last.key + i;
        if (i == offsetof(struct fragment_key, version) + 1)
            continue; // the version is 4 or 6
        *at ^= 2;
        cr_expect_not(add_at(&last, 0), "byte %zu", i);
        *at ^= 2;
    }
    cr_expect(add_at(&last, 0));
    defrag_table_free(table);
}

Test(table, time_runs_from_the_first_fragment, .init = init)
{
    table = defrag_table_new(&options);
    struct fragment first = fragment_of(1, 1, 0, 8, true), last = fragment_of(1, 1, 16, 8, false);
    add_at(&first, 10 * S);
    add_at(&last, 39 * S);
    defrag_table_expire(table, 40 * S - 1);
    cr_expect_eq(defrag_table_count(table), 1);
    defrag_table_expire(table, 40 * S);
    cr_expect_eq(defrag_table_count(table), 0);
    cr_expect_eq(defrag_table_memory(table), 0);
    cr_expect_eq(counters().incomplete, 1);
    first.key.version = 6;
    add_at(&first, 10 * S);
    defrag_table_expire(table, 70 * S - 1);
    cr_expect_eq(defrag_table_count(table), 1);
    defrag_table_expire(table, 70 * S);
    cr_expect_eq(counters().incomplete, 2);
    defrag_table_free(table);
}

Test(table, what_a_held_back_jump_began_is_not_old, .init = init)
{
    table = defrag_table_new(&options);
    struct fragment first = fragment_of(1, 1, 0, 8, true), late = fragment_of(1, 2, 0, 8, true);
    late.ts_ns = 50000 * S;
    add_at(&first, 0);
    add_at(&late, 0);
    defrag_table_expire(table, 50000 * S);
    cr_expect_eq(defrag_table_count(table), 1);
    defrag_table_expire(table, 50030 * S);
    cr_expect_eq(defrag_table_count(table), 0);
    defrag_table_free(table);
}

Test(table, at_the_datagram_cap_the_oldest_goes, .init = init)
{
    table = defrag_table_new(&options);
    for (uint32_t id = 0; id <= options.datagram_cap; id++)
        cr_expect_not(add((uint8_t)id, id, 0, true));
    cr_expect_eq(counters().shed, 1);
    cr_expect_not(add(0, 0, 8, false)); // its first fragment is gone; it pushes the next one out
    cr_expect_not(add(1, 1, 8, false));
    cr_expect(add(100, 100, 8, false));
    defrag_table_free(table);
}

Test(table, memory_stays_below_its_cap, .init = init)
{
    options.memory_cap = 65536;
    options.datagram_cap = 1 << 16;
    table = defrag_table_new(&options);
    for (uint32_t id = 0; id < 1000; id++) {
        struct fragment fragment = fragment_of((uint8_t)id, id, 0, 2048, true);
        add_at(&fragment, 0);
    }
    cr_expect_gt(defrag_table_count(table), 20);
    cr_expect_eq(counters().shed, 1000 - defrag_table_count(table));
    defrag_table_free(table);
}

Test(table, a_host_over_its_cap_pays_itself, .init = init)
{
    options.host_cap = 10;
    table = defrag_table_new(&options);
    cr_expect_not(add(1, 7, 0, true));
    for (uint32_t id = 0; id < 60; id++)
        add(2, id, 0, true);
    cr_expect_eq(defrag_table_count(table), 11);
    cr_expect_eq(counters().shed, 50);
    cr_expect(add(1, 7, 8, false));
    for (uint32_t i = 0; i < 12; i++) // one datagram alone is over the cap
        add(3, 1, 8 * i, true);
    cr_expect_not(add(3, 1, 96, false));
    defrag_table_free(table);
}

Test(table, a_datagram_of_too_many_fragments_is_given_up, .init = init)
{
    table = defrag_table_new(&options);
    for (uint32_t i = 1; i <= options.fragment_cap; i++)
        cr_expect_not(add(1, 1, 8 * i, true));
    cr_expect_gt(defrag_table_memory(table), 0);
    cr_expect_not(add(1, 1, 0, true));
    cr_expect_eq(defrag_table_memory(table), 0);
    cr_expect_eq(defrag_table_count(table), 1);
    cr_expect_eq(counters().shed, 1);
    cr_expect_eq(counters().incomplete, 0);
    cr_expect_not(add(1, 1, 0, false));
    defrag_table_expire(table, 30 * S);
    cr_expect_eq(defrag_table_count(table), 0);
    cr_expect_eq(counters().incomplete, 0);
    defrag_table_free(table);
}

/** Two fragments that overlap with other bytes, of which the second is the last. */
static void add_overlapping(uint16_t version, uint8_t last_of_dst, uint8_t *out)
{
    uint8_t a[16], b[8];
    struct fragment fragment = fragment_of(1, 1, 0, 0, true);
    struct datagram *datagram;
    unsigned findings;
    memset(a, 'a', sizeof a);
    memset(b, 'b', sizeof b);
    fragment.key.version = version;
    fragment.key.dst[version == 6 ? 15 : 3] = last_of_dst;
    fragment.part.bytes = cursor_of(a, sizeof a);
    cr_expect_null(defrag_table_add(table, &fragment, 0, &findings));
    fragment.part.start = 8;
    fragment.part.more = false;
    fragment.part.bytes = cursor_of(b, sizeof b);
    datagram = defrag_table_add(table, &fragment, 0, &findings);
    cr_expect_eq(findings, DATAGRAM_OVERLAP | DATAGRAM_CONFLICT);
    memset(out, 0, 16);
    if (!datagram)
        return;
    datagram_copy(datagram, out);
    defrag_table_remove(table, datagram);
}

Test(table, the_destination_decides_who_wins, .init = init)
{
    static struct defrag_networks networks;
    uint8_t out[16];
    cr_assert(defrag_networks_add(&networks, "0.0.0.2", "last", NULL));
    cr_assert(defrag_networks_add(&networks, "0.0.0.3", "drop", NULL));
    cr_assert(defrag_networks_add(&networks, "::2", "first", NULL));
    options.networks = &networks;
    table = defrag_table_new(&options);
    add_overlapping(4, 1, out);
    cr_expect_eq(out[8], 'a');
    add_overlapping(4, 2, out);
    cr_expect_eq(out[8], 'b');
    add_overlapping(4, 3, out);
    cr_expect_eq(out[8], 0);
    add_overlapping(6, 1, out);
    cr_expect_eq(out[8], 0, "IPv6 drops where nothing else is said");
    add_overlapping(6, 2, out);
    cr_expect_eq(out[8], 'a');
    cr_expect_eq(counters().overlapping, 2);
    defrag_table_free(table);
}
