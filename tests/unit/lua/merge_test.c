// SPDX-License-Identifier: MIT OR Apache-2.0
#include "lua/merge.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { QUEUES = 5 };

static const struct palua_event events[64];

static void push(struct event_queue *queue, uint32_t packet, uint32_t event)
{
    event_queue_push(queue, &events[event], event_key(packet, 0, 0));
}

Test(merge, of_nothing_is_nothing)
{
    struct merge merge = {0};
    struct event_queue empty;
    uint16_t handler = 1;
    event_queue_init(&empty);
    merge_add(&merge, &empty, &handler, 1);
    merge_run(&merge, NULL);
    cr_expect_eq(merge.count, 0);
    event_queue_fini(&empty);
    merge_fini(&merge);
}

Test(merge, calls_the_handlers_of_one_event_one_after_the_other)
{
    struct merge merge = {0};
    struct event_queue a, b;
    const uint16_t of_a[] = {3, 7}, of_b[] = {5};
    event_queue_init(&a);
    event_queue_init(&b);
    push(&a, 1, 0);
    push(&a, 4, 1);
    push(&b, 2, 2);
    merge_add(&merge, &a, of_a, 2);
    merge_add(&merge, &b, of_b, 1);
    merge_run(&merge, NULL);
    const uint16_t handlers[] = {3, 7, 5, 3, 7};
    const int order[] = {0, 0, 2, 1, 1};
    cr_assert_eq(merge.count, 5);
    for (size_t i = 0; i < 5; i++) {
        cr_expect_eq(merge.handlers[i], handlers[i]);
        cr_expect_eq(merge.events[i], &events[order[i]]);
    }
    event_queue_fini(&a);
    event_queue_fini(&b);
    merge_fini(&merge);
}

Test(merge, takes_equal_keys_in_the_order_of_the_sources)
{
    struct merge merge = {0};
    struct event_queue queues[QUEUES];
    uint16_t handlers[QUEUES];
    for (int i = 0; i < QUEUES; i++) {
        event_queue_init(&queues[i]);
        push(&queues[i], 9, (uint32_t)i);
        handlers[i] = (uint16_t)i;
        merge_add(&merge, &queues[i], &handlers[i], 1);
    }
    merge_run(&merge, NULL);
    cr_assert_eq(merge.count, QUEUES);
    for (int i = 0; i < QUEUES; i++) {
        cr_expect_eq(merge.handlers[i], i);
        event_queue_fini(&queues[i]);
    }
    merge_fini(&merge);
}

Test(merge, is_ascending_for_random_queues_and_loses_nothing)
{
    struct merge merge = {0};
    unsigned seed = 20261123;
    cr_log_info("seed %u", seed);
    for (int round = 0; round < 200; round++) {
        struct event_queue queues[QUEUES];
        uint16_t handlers[QUEUES];
        size_t total = 0;
        merge_clear(&merge);
        for (int i = 0; i < QUEUES; i++) {
            uint32_t packet = 0, count = (uint32_t)rand_r(&seed) % 60;
            event_queue_init(&queues[i]);
            for (uint32_t k = 0; k < count; k++)
                push(&queues[i], packet += (uint32_t)rand_r(&seed) % 3, k);
            handlers[i] = (uint16_t)i;
            merge_add(&merge, &queues[i], &handlers[i], 1);
            total += count;
        }
        merge_run(&merge, NULL);
        cr_expect_eq(merge.count, total);
        for (size_t i = 1; i < merge.count; i++)
            cr_expect(
                merge.keys[i - 1] < merge.keys[i] ||
                (merge.keys[i - 1] == merge.keys[i] && merge.handlers[i - 1] <= merge.handlers[i]));
        for (int i = 0; i < QUEUES; i++)
            event_queue_fini(&queues[i]);
    }
    merge_fini(&merge);
}
