// SPDX-License-Identifier: MIT OR Apache-2.0
#include "shard/deal.h"

#include <criterion/criterion.h>

#include "event/schemas.h"
#include "shard/share.h"

enum { EVENTS = 1000, KINDS = 4, OTHER = 3 };

static struct batch_pool *pool;
static struct batch *batch;
static struct packet_event events[EVENTS];
static uint8_t addresses[EVENTS][4];
static struct deal deal = {.partition = PALUA_PARTITION_SRC};

/** One part with `count` packet events of a few dozen addresses. */
static void open_part(uint32_t count)
{
    pool = batch_pool_new(1, 1, 1, KINDS);
    batch = batch_take(pool);
    for (uint32_t i = 0; i < count; i++) {
        addresses[i][0] = 10;
        addresses[i][3] = (uint8_t)(i * 7 % 40);
        events[i] = (struct packet_event){.src = {addresses[i], 4, 0}};
        event_queue_push(&batch->parts[0].queues[EVENT_PACKET], &events[i].event,
                         event_key(i, 0, 0));
    }
    deal_add(&deal, EVENT_PACKET);
}

static void close_part(void)
{
    batch_give(pool, batch);
    batch_pool_free(pool);
    deal_fini(&deal);
}

static const struct event_queue *list_of(uint16_t kind, uint32_t owner)
{
    return &batch->parts[0].dealt[0][kind][owner];
}

static void expect_owned(uint32_t owners)
{
    uint32_t total = 0;
    for (uint32_t owner = 0; owner < owners; owner++) {
        const struct event_queue *list = list_of(EVENT_PACKET, owner);
        total += list->count;
        for (uint32_t i = 0; i < list->count; i++) {
            struct owner_key key;
            owner_key_of(list->events[i], EVENT_PACKET, PALUA_PARTITION_SRC, &key);
            cr_assert_eq(share_part(owner_hash(&key), owners), owner);
            uint32_t packet = event_key_packet(list->keys[i]);
            cr_assert_eq(list->events[i], &events[packet].event, "an event lost its key");
            cr_assert(!i || list->keys[i - 1] < list->keys[i], "order was lost");
        }
    }
    cr_expect_eq(total, batch->parts[0].queues[EVENT_PACKET].count);
}

Test(deal, gives_every_event_to_its_owner_in_order)
{
    for (uint32_t owners = 1; owners <= EVENT_KEY_PART_CAP; owners += owners < 8 ? 1 : 14) {
        open_part(EVENTS);
        deal_part(&deal, owners, &batch->parts[0]);
        expect_owned(owners);
        close_part();
    }
}

Test(deal, of_nothing_is_nothing)
{
    open_part(0);
    deal_part(&deal, 3, &batch->parts[0]);
    for (uint32_t owner = 0; owner < 3; owner++)
        cr_expect_eq(list_of(EVENT_PACKET, owner)->count, 0);
    close_part();
}

Test(deal, leaves_kinds_alone_that_nobody_reads)
{
    open_part(3);
    event_queue_push(&batch->parts[0].queues[OTHER], &events[0].event, 0);
    deal_part(&deal, 2, &batch->parts[0]);
    cr_expect_null(batch->parts[0].dealt[0][OTHER]);
    cr_expect_null(batch->parts[0].dealt[1], "nobody is partitioned by dst");
    close_part();
}

Test(deal, is_forgotten_with_the_batch)
{
    open_part(3);
    deal_part(&deal, 2, &batch->parts[0]);
    batch_give(pool, batch);
    batch = batch_take(pool);
    cr_expect_null(batch->parts[0].dealt[0]);
    close_part();
}

Test(deal, adds_a_kind_once)
{
    deal_add(&deal, 1);
    deal_add(&deal, 2);
    deal_add(&deal, 1);
    cr_expect_eq(deal.kind_count, 2);
    deal_fini(&deal);
}
