// SPDX-License-Identifier: MIT OR Apache-2.0
/** Puts the events of several kinds and workers into one order: the entries of the generated chain.
 *
 * An entry is one handler to be called with one event; the handlers of one event follow each other
 * in the order in which they were declared. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "batch/batch.h"

/** One queue to merge, and who is called with its events. */
struct merge_source {
    const struct event_queue *queue;
    const uint16_t *handlers;
    uint32_t handler_count;
    uint32_t next; /**< event to be taken next */
};

/** A source by its next key. */
struct merge_head {
    uint64_t key;
    uint32_t source;
};

struct merge {
    const struct palua_event **events;
    uint16_t *handlers;
    uint64_t *keys;
    size_t count;
    size_t cap;
    struct merge_source *sources;
    size_t source_count;
    size_t source_cap;
    struct merge_head *heap;
    size_t heap_cap;
};

void merge_fini(struct merge *merge);
/** Forgets sources and entries, keeps the memory. */
void merge_clear(struct merge *merge);
/** Adds a queue; `handlers` must stay until merge_run. */
void merge_add(struct merge *merge, const struct event_queue *queue, const uint16_t *handlers,
               uint32_t handler_count);
/** Fills the entries, ascending by key; of equal keys the source added first comes first. */
void merge_run(struct merge *merge, const struct batch *batch);
