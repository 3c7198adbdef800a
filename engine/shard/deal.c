// SPDX-License-Identifier: MIT OR Apache-2.0
#include "shard/deal.h"

#include <string.h>

#include "base/memory.h"
#include "shard/share.h"

#define NEW(type, count, arena) \
    ((type *)arena_zalloc(arena, memory_mul(count, sizeof(type)), _Alignof(type)))

void deal_fini(struct deal *deal)
{
    memory_free(deal->kinds);
    *deal = (struct deal){.partition = deal->partition};
}

void deal_add(struct deal *deal, uint16_t kind)
{
    for (size_t i = 0; i < deal->kind_count; i++)
        if (deal->kinds[i] == kind)
            return;
    deal->kinds =
        memory_grow(deal->kinds, &deal->kind_cap, deal->kind_count + 1, sizeof *deal->kinds);
    deal->kinds[deal->kind_count++] = kind;
}

/** The owner of every event of a queue, and how many each has, as the count of its list. */
static uint8_t *find_owners(const struct deal *deal, uint16_t kind, uint32_t owners,
                            const struct event_queue *queue, struct event_queue *lists,
                            struct arena *arena)
{
    uint8_t *out = NEW(uint8_t, queue->count, arena);
    _Static_assert(EVENT_KEY_PART_CAP <= UINT8_MAX, "an owner fits a byte");
    for (uint32_t i = 0; i < queue->count; i++) {
        struct owner_key key;
        owner_key_of(queue->events[i], kind, deal->partition, &key);
        out[i] = (uint8_t)share_part(owner_hash(&key), owners);
        lists[out[i]].count++;
    }
    return out;
}

/** Gives each list its room within two arrays, and empties it. */
static void lay_out(struct event_queue *lists, uint32_t owners, uint32_t count, struct arena *arena)
{
    const struct palua_event **events = NEW(const struct palua_event *, count, arena);
    uint64_t *keys = NEW(uint64_t, count, arena);
    for (uint32_t owner = 0; owner < owners; owner++) {
        struct event_queue *list = &lists[owner];
        list->events = events;
        list->keys = keys;
        list->cap = list->count;
        events += list->count;
        keys += list->count;
        list->count = 0;
    }
}

static struct event_queue *deal_queue(const struct deal *deal, uint16_t kind, uint32_t owners,
                                      struct part *part)
{
    const struct event_queue *queue = &part->queues[kind];
    struct event_queue *lists = NEW(struct event_queue, owners, &part->arena);
    if (!queue->count)
        return lists;
    const uint8_t *owner = find_owners(deal, kind, owners, queue, lists, &part->arena);
    lay_out(lists, owners, queue->count, &part->arena);
    for (uint32_t i = 0; i < queue->count; i++)
        event_queue_push(&lists[owner[i]], queue->events[i], queue->keys[i]);
    return lists;
}

void deal_part(const struct deal *deal, uint32_t owners, struct part *part)
{
    struct event_queue **lists = NEW(struct event_queue *, part->queue_count, &part->arena);
    for (size_t i = 0; i < deal->kind_count; i++)
        lists[deal->kinds[i]] = deal_queue(deal, deal->kinds[i], owners, part);
    part->dealt[deal->partition - PALUA_PARTITION_SRC] = lists;
}
