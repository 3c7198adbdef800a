// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/shard.h"

#include <criterion/criterion.h>

enum { COUNT = 1000 };

static struct flow_shard shard;
static struct flow_pool pool;
static struct flow_entries entries;

static void setup(void)
{
    flow_entries_init(&entries);
    flow_pool_init(&pool);
}

static void teardown(void)
{
    flow_shard_fini(&shard);
    flow_entries_fini(&entries);
    flow_pool_fini(&pool);
}

TestSuite(flow_shard, .init = setup, .fini = teardown);

static struct flow_key key_of(uint16_t port)
{
    return (struct flow_key){.rest = UINT64_C(4) << 48 | 1U << 16 | port};
}

/** Adds a flow under a hash of the test's choice. */
static struct flow *add(uint16_t port, uint32_t hash)
{
    struct flow_key key = key_of(port);
    struct flow *flow = flow_pool_take(&pool);
    flow_key_store(&key, 0, flow);
    flow->hash = hash;
    flow_pool_origin(&pool, flow->index)->id = port;
    flow->last_packet = 1000U + port;
    flow_shard_add(&shard, &entries, flow);
    return flow;
}

static struct flow *find(uint16_t port, uint32_t hash)
{
    struct flow_key key = key_of(port);
    return flow_shard_find(&shard, &pool, &key, hash);
}

static void drop(struct flow *flow)
{
    flow_shard_remove(&shard, flow);
    flow_pool_give(&pool, flow);
}

/** Adds, then removes in another order, then adds again; whatever is in must be found, whatever is
 * not must not. */
static void holds_up(uint32_t (*hash_of)(uint16_t))
{
    struct flow *flows[COUNT];
    cr_expect_null(find(1, hash_of(1)));
    for (uint16_t i = 0; i < COUNT; i++)
        flows[i] = add(i, hash_of(i));
    cr_expect_eq(shard.count, COUNT);
    cr_expect_leq(8 * shard.count, 5 * (shard.mask + 1));
    for (uint16_t i = 0; i < COUNT; i++)
        cr_assert_eq(find(i, hash_of(i)), flows[i]);
    for (uint16_t i = 0; i < COUNT; i++) {
        uint16_t at = (uint16_t)(i * 7 % COUNT); // 7 and 1000 have no common divisor
        if (at % 3)
            drop(flows[at]);
        if (i % 50)
            continue;
        for (uint16_t k = 0; k <= i; k++) {
            uint16_t past = (uint16_t)(k * 7 % COUNT);
            cr_assert_eq(find(past, hash_of(past)) != NULL, past % 3 == 0);
        }
    }
    for (uint16_t i = 0; i < COUNT; i++)
        cr_assert_eq(find(i, hash_of(i)) != NULL, i % 3 == 0, "flow %u", i);
    cr_expect_eq(shard.count, (COUNT + 2) / 3);
}

static uint32_t spread(uint16_t port)
{
    return port * 2654435761U;
}

static uint32_t all_the_same(uint16_t port)
{
    (void)port;
    return 0xffffffff;
}

/** Homes in a row at the end of the index, so that probes wrap around. */
static uint32_t wrapping(uint16_t port)
{
    return 0xfffffff0 + port % 32;
}

Test(flow_shard, finds_what_is_in)
{
    holds_up(spread);
}

Test(flow_shard, finds_what_is_in_when_all_hashes_collide)
{
    holds_up(all_the_same);
}

Test(flow_shard, finds_what_is_in_across_the_end_of_the_index)
{
    holds_up(wrapping);
}

Test(flow_shard, the_oldest_is_the_one_with_the_earliest_last_packet)
{
    struct flow *flows[10];
    for (uint16_t i = 0; i < 10; i++) {
        flows[i] = add(i, spread(i));
        flows[i]->flags |= FLOW_PROVEN;
    }
    cr_expect_eq(flow_shard_victim(&shard, &pool), flows[0]);
    drop(flows[0]);
    flows[1]->last_packet = 5000;
    cr_expect_eq(flow_shard_victim(&shard, &pool), flows[2], "touched since the line-up");
    drop(flows[2]);
    drop(flows[3]);
    struct flow *young = add(77, spread(77)); // takes the record of flow 3
    young->last_packet = 6000;
    young->flags |= FLOW_PROVEN;
    for (uint16_t i = 4; i < 10; i++) {
        cr_expect_eq(flow_shard_victim(&shard, &pool), flows[i]);
        drop(flows[i]);
    }
    cr_expect_eq(flow_shard_victim(&shard, &pool), flows[1]);
    drop(flows[1]);
    cr_expect_eq(flow_shard_victim(&shard, &pool), young);
}
