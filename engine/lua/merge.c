// SPDX-License-Identifier: MIT OR Apache-2.0
#include "lua/merge.h"

#include "base/memory.h"

void merge_fini(struct merge *merge)
{
    memory_free((void *)merge->events);
    memory_free(merge->handlers);
    memory_free(merge->keys);
    memory_free(merge->sources);
}

void merge_clear(struct merge *merge)
{
    merge->count = 0;
    merge->source_count = 0;
}

void merge_add(struct merge *merge, const struct event_queue *queue, const uint16_t *handlers,
               uint32_t handler_count)
{
    if (!queue->count || !handler_count)
        return;
    merge->sources = memory_grow(merge->sources, &merge->source_cap, merge->source_count + 1,
                                 sizeof *merge->sources);
    merge->sources[merge->source_count++] =
        (struct merge_source){.queue = queue, .handlers = handlers, .handler_count = handler_count};
}

static uint64_t key_of(const struct merge_source *source)
{
    return source->queue->keys[source->next];
}

/** A queue is ascending, so the sources form a heap of their next keys. Sources keep their order in
 * memory among equals: the comparison falls back on the queue's place in the batch. */
static int comes_before(const struct merge_source *a, const struct merge_source *b)
{
    uint64_t key_a = key_of(a), key_b = key_of(b);
    return key_a != key_b ? key_a < key_b : a->queue < b->queue;
}

static void sift_down(struct merge_source *heap, size_t count, size_t at)
{
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++)
            if (comes_before(&heap[child], &heap[least]))
                least = child;
        if (least == at)
            return;
        struct merge_source kept = heap[at];
        heap[at] = heap[least];
        heap[least] = kept;
        at = least;
    }
}

static void reserve(struct merge *merge)
{
    size_t total = 0, cap = merge->cap;
    for (size_t i = 0; i < merge->source_count; i++)
        total = memory_add(
            total, memory_mul(merge->sources[i].queue->count, merge->sources[i].handler_count));
    if (total <= cap)
        return;
    merge->events = memory_resize((void *)merge->events, memory_mul(total, sizeof *merge->events));
    merge->handlers = memory_resize(merge->handlers, memory_mul(total, sizeof *merge->handlers));
    merge->keys = memory_resize(merge->keys, memory_mul(total, sizeof *merge->keys));
    merge->cap = total;
}

static void take(struct merge *merge, const struct merge_source *source)
{
    for (uint32_t i = 0; i < source->handler_count; i++) {
        merge->events[merge->count] = source->queue->events[source->next];
        merge->handlers[merge->count] = source->handlers[i];
        merge->keys[merge->count] = key_of(source);
        merge->count++;
    }
}

void merge_run(struct merge *merge)
{
    struct merge_source *heap = merge->sources;
    size_t left = merge->source_count;
    reserve(merge);
    for (size_t i = left; i-- > 0;)
        sift_down(heap, left, i);
    while (left) {
        take(merge, &heap[0]);
        if (++heap[0].next == heap[0].queue->count)
            heap[0] = heap[--left];
        sift_down(heap, left, 0);
    }
}
