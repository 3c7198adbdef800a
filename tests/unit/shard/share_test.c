// SPDX-License-Identifier: MIT OR Apache-2.0
#include "shard/share.h"

#include <criterion/criterion.h>

#include "decode/decode.h"

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
            .flags = (uint8_t[]){0, PALUA_PACKET_FLOW, PALUA_PACKET_FRAGMENT}[i % 3],
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
    share_batch(batch, false);
    cr_expect_null(batch->shares);
    close_batch();
}

Test(share, of_nothing_is_nothing)
{
    open_batch(3, 0);
    share_batch(batch, false);
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

Test(share, gives_every_packet_to_one_worker_and_a_flow_or_datagram_to_the_same)
{
    static const uint32_t counts[] = {2, 3, 8, EVENT_KEY_PART_CAP};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        uint8_t of[PACKETS];
        open_batch(counts[i], PACKETS);
        share_batch(batch, false);
        owners(of);
        for (uint32_t a = 1; a < PACKETS; a++)
            for (uint32_t b = 0; b < a; b++)
                if (batch->packets[a].flags && batch->packets[b].flags &&
                    shard_of_flow(batch->packets[a].flow_hash) ==
                        shard_of_flow(batch->packets[b].flow_hash))
                    cr_assert_eq(of[a], of[b]);
        close_batch();
    }
}

/** A packet in a carrier is listed where each of its two flows is, and there once. */
Test(share, lists_a_packet_with_its_carriers)
{
    enum { PARTS = 8 };
    static uint8_t frame[20 + 8 + 20 + 8] = {0x45, [9] = 17, [28] = 0x45, [37] = 17};
    open_batch(PARTS, PACKETS);
    for (uint32_t i = 0; i < PACKETS; i++) {
        struct palua_packet *packet = &batch->packets[i];
        packet->data = frame;
        packet->caplen = packet->origlen = sizeof frame;
        packet->layer_count = 4;
        packet->network = 2;
        packet->transport = 3;
        for (uint32_t k = 0; k < 4; k++)
            packet->layers[k] = (struct palua_layer){
                .protocol = k % 2 ? PALUA_PROTOCOL_UDP : PALUA_PROTOCOL_IP,
                .offset = k / 2 * 28 + k % 2 * 20,
                .len = sizeof frame - (k / 2 * 28 + k % 2 * 20),
                .header_len = k % 2 ? 8 : 20,
            };
    }
    struct palua_packet view;
    decode_carrier(&batch->packets[0], 1, &view);
    uint32_t carrier = share_part(view.flow_hash, PARTS);
    share_batch(batch, true);
    cr_expect_eq(batch->shares[carrier].count, PACKETS, "the carrier's flow is there");
    uint32_t total = 0;
    for (uint32_t part = 0; part < PARTS; part++) {
        const struct batch_share *share = &batch->shares[part];
        for (uint32_t i = 0; i < share->count; i++)
            cr_assert(part == carrier ||
                      share_owner(&batch->packets[share->packets[i]], PARTS) == part);
        total += share->count;
    }
    uint32_t both = 0;
    for (uint32_t i = 0; i < PACKETS; i++)
        both += share_owner(&batch->packets[i], PARTS) == carrier;
    cr_expect_eq(total, 2 * PACKETS - both);
    cr_expect_gt(both, 0);
    close_batch();
}
