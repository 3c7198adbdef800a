// SPDX-License-Identifier: MIT OR Apache-2.0
#include "shard/share.h"

#include <criterion/criterion.h>

enum { PACKETS = 1000 };

static struct batch_pool *pool;
static struct batch *batch;

static void open_batch(uint32_t parts, uint32_t count)
{
    pool = batch_pool_new(1, PACKETS, parts, 1);
    batch = batch_take(pool);
    for (uint32_t i = 0; i < count; i++)
        batch->packets[i] = (struct palua_packet){
            .number = i + 1,
            .flags = i % 3 ? PALUA_PACKET_FLOW : 0,
            .flow_hash = i * 0x9e3779b1U,
        };
    batch->count = count;
}

static void close_batch(void)
{
    batch_give(pool, batch);
    batch_pool_free(pool);
}

Test(share, one_worker_needs_no_list)
{
    open_batch(1, 10);
    share_batch(batch);
    cr_expect_null(batch->shares);
    close_batch();
}

Test(share, of_nothing_is_nothing)
{
    open_batch(3, 0);
    share_batch(batch);
    for (uint32_t i = 0; i < 3; i++)
        cr_expect_eq(batch->shares[i].count, 0);
    close_batch();
}

/** The worker that has each packet; every packet must have exactly one, every list must ascend. */
static void owners(uint8_t *out)
{
    memset(out, 0xff, PACKETS);
    uint32_t total = 0;
    for (uint32_t part = 0; part < batch->part_count; part++) {
        const struct batch_share *share = &batch->shares[part];
        for (uint32_t i = 0; i < share->count; i++) {
            cr_assert(!i || share->packets[i - 1] < share->packets[i]);
            cr_assert_lt(share->packets[i], batch->count);
            cr_assert_eq(out[share->packets[i]], 0xff, "packet %u twice", share->packets[i]);
            out[share->packets[i]] = (uint8_t)part;
        }
        total += share->count;
    }
    cr_assert_eq(total, batch->count);
}

Test(share, gives_every_packet_to_one_worker_and_a_flow_to_the_same)
{
    static const uint32_t counts[] = {2, 3, 8, EVENT_KEY_PART_CAP};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        uint8_t of[PACKETS];
        open_batch(counts[i], PACKETS);
        share_batch(batch);
        owners(of);
        for (uint32_t a = 1; a < PACKETS; a++)
            for (uint32_t b = 0; b < a; b++)
                if ((batch->packets[a].flags & batch->packets[b].flags & PALUA_PACKET_FLOW) &&
                    shard_of_flow(batch->packets[a].flow_hash) ==
                        shard_of_flow(batch->packets[b].flow_hash))
                    cr_assert_eq(of[a], of[b]);
        close_batch();
    }
}
