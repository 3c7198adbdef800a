// SPDX-License-Identifier: MIT OR Apache-2.0
#include "event/queue.h"

#undef NDEBUG // assertions are always on
#include <assert.h>

#include "base/memory.h"

enum { QUEUE_CAP_FIRST = 64 };

void event_queue_init(struct event_queue *queue)
{
    *queue = (struct event_queue){0};
}

void event_queue_fini(struct event_queue *queue)
{
    memory_free(queue->events);
    memory_free(queue->keys);
    event_queue_init(queue);
}

void event_queue_clear(struct event_queue *queue)
{
    queue->count = 0;
}

static void queue_grow(struct event_queue *queue)
{
    assert(queue->cap <= UINT32_MAX / 2);
    uint32_t cap = queue->cap ? queue->cap * 2 : QUEUE_CAP_FIRST;
    queue->events = memory_resize(queue->events, memory_mul(cap, sizeof *queue->events));
    queue->keys = memory_resize(queue->keys, memory_mul(cap, sizeof *queue->keys));
    queue->cap = cap;
}

void event_queue_push(struct event_queue *queue, const struct palua_event *event, uint64_t key)
{
    // Consumers merge queues by key: an event out of order would silently reorder output.
    assert(queue->count == 0 || queue->keys[queue->count - 1] <= key);
    if (queue->count == queue->cap)
        queue_grow(queue);
    queue->events[queue->count] = event;
    queue->keys[queue->count] = key;
    queue->count++;
}
