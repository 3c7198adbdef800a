// SPDX-License-Identifier: MIT OR Apache-2.0
#include <criterion/criterion.h>
#include <signal.h>

#include "event/queue.h"

Test(queue, key_orders_by_packet_phase_depth_index)
{
    const uint64_t keys[] = {
        event_key_expiry(0, 0, 0),
        event_key_expiry(0, 0, 1),
        event_key_expiry(0, 63, 0),
        event_key(0, 0, 0),
        event_key(0, 0, 0xffffff),
        event_key(0, 1, 0),
        event_key(0, 127, 0xffffff),
        event_key_expiry(1, 0, 0),
        event_key(UINT32_MAX, 127, 0xffffff),
    };
    for (size_t i = 1; i < sizeof keys / sizeof *keys; i++)
        cr_expect_lt(keys[i - 1], keys[i], "key %zu", i);
    cr_expect_eq(event_key_packet(keys[7]), 1);
    cr_expect_eq(event_key_packet(keys[8]), UINT32_MAX);
}

Test(queue, fields_beyond_their_width_do_not_spill)
{
    cr_expect_eq(event_key(3, 0x80, 0), event_key(3, 0, 0));
    cr_expect_eq(event_key(3, 0, 1 << 24), event_key(3, 0, 0xffffff), "the last stands for all");
    cr_expect_eq(event_key_expiry(3, 64, 0), event_key_expiry(3, 0, 0));
    cr_expect_eq(event_key_expiry(3, 1, UINT32_MAX), event_key_expiry(3, 1, 0x1fffffe));
    cr_expect_lt(event_key_expiry(3, 1, UINT32_MAX), event_key_expiry(3, 2, 0));
    cr_expect_eq(event_key_part(event_key_expiry(3, 63, 7)), 63);
    cr_expect_eq(event_key_phase(event_key_expiry(3, 63, UINT32_MAX)), EVENT_PHASE_EXPIRY);
    cr_expect_eq(event_key_phase(event_key(3, 0, 0)), EVENT_PHASE_PARSE);
}

Test(queue, keeps_every_event_while_growing)
{
    enum { COUNT = 10000 };
    static struct palua_event events[COUNT];
    struct event_queue queue;
    event_queue_init(&queue);
    for (uint32_t i = 0; i < COUNT; i++)
        event_queue_push(&queue, &events[i], event_key(i / 3, 0, i));
    cr_assert_eq(queue.count, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        cr_assert_eq(queue.events[i], &events[i]);
        cr_assert_eq(queue.keys[i], event_key(i / 3, 0, i));
    }
    event_queue_fini(&queue);
}

Test(queue, clear_forgets_events_and_keeps_memory)
{
    struct palua_event event = {0};
    struct event_queue queue;
    event_queue_init(&queue);
    event_queue_push(&queue, &event, 9);
    uint32_t cap = queue.cap;
    event_queue_clear(&queue);
    cr_expect_eq(queue.count, 0);
    cr_expect_eq(queue.cap, cap);
    event_queue_push(&queue, &event, 1); // a lower key than before the clear
    cr_expect_eq(queue.keys[0], 1);
    event_queue_fini(&queue);
    cr_expect_null(queue.events);
}

Test(queue, equal_keys_are_allowed)
{
    struct palua_event event = {0};
    struct event_queue queue;
    event_queue_init(&queue);
    event_queue_push(&queue, &event, 5);
    event_queue_push(&queue, &event, 5);
    cr_expect_eq(queue.count, 2);
    event_queue_fini(&queue);
}

Test(queue, descending_key_stops_the_program, .signal = SIGABRT)
{
    struct palua_event event = {0};
    struct event_queue queue;
    event_queue_init(&queue);
    event_queue_push(&queue, &event, 5);
    event_queue_push(&queue, &event, 4);
}
