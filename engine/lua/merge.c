// SPDX-License-Identifier: MIT OR Apache-2.0
#include "lua/merge.h"

#include <stdbool.h>

#include "base/memory.h"

void merge_fini(struct merge *merge)
{
    memory_free((void *)merge->events);
    memory_free(merge->handlers);
    memory_free(merge->keys);
    memory_free(merge->sources);
    memory_free(merge->heap);
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

static bool comes_before(const struct batch *batch, const struct merge_head *a,
                         const struct merge_head *b)
{
    return a->key != b->key ? batch_event_before(batch, a->key, b->key) : a->source < b->source;
}

/** Puts `head` into the place that is free at `at`, or below it. */
static void sift_down(const struct batch *batch, struct merge_head *heap, size_t count, size_t at,
                      struct merge_head head)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count)
            break;
        child += child + 1 < count && comes_before(batch, &heap[child + 1], &heap[child]);
        if (!comes_before(batch, &heap[child], &head))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = head;
}

static struct merge_head head_of(const struct merge *merge, size_t source)
{
    const struct merge_source *at = &merge->sources[source];
    return (struct merge_head){.key = at->queue->keys[at->next], .source = (uint32_t)source};
}

static void build_heap(struct merge *merge, const struct batch *batch)
{
    struct merge_head *heap = merge->heap;
    for (size_t i = 0; i < merge->source_count; i++)
        heap[i] = head_of(merge, i);
    for (size_t i = merge->source_count; i-- > 0;)
        sift_down(batch, heap, merge->source_count, i, heap[i]);
}

static void reserve(struct merge *merge)
{
    size_t total = 0;
    for (size_t i = 0; i < merge->source_count; i++)
        total = memory_add(
            total, memory_mul(merge->sources[i].queue->count, merge->sources[i].handler_count));
    merge->heap =
        memory_grow(merge->heap, &merge->heap_cap, merge->source_count + 1, sizeof *merge->heap);
    if (total <= merge->cap)
        return;
    merge->events = memory_resize((void *)merge->events, memory_mul(total, sizeof *merge->events));
    merge->handlers = memory_resize(merge->handlers, memory_mul(total, sizeof *merge->handlers));
    merge->keys = memory_resize(merge->keys, memory_mul(total, sizeof *merge->keys));
    merge->cap = total;
}

/** Takes the source's next event, once per handler. */
static void take(struct merge *merge, struct merge_source *source, uint64_t key)
{
    const struct palua_event *event = source->queue->events[source->next++];
    for (uint32_t i = 0; i < source->handler_count; i++) {
        merge->events[merge->count] = event;
        merge->handlers[merge->count] = source->handlers[i];
        merge->keys[merge->count] = key;
        merge->count++;
    }
}

void merge_run(struct merge *merge, const struct batch *batch)
{
    size_t left = merge->source_count;
    reserve(merge);
    build_heap(merge, batch);
    while (left) {
        struct merge_head head = merge->heap[0];
        struct merge_source *source = &merge->sources[head.source];
        take(merge, source, head.key);
        if (source->next < source->queue->count)
            head.key = source->queue->keys[source->next];
        else
            head = merge->heap[--left];
        if (left)
            sift_down(batch, merge->heap, left, 0, head);
    }
}
