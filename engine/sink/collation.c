// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sink/collation.h"

#include <stdlib.h>

#include "base/memory.h"

static bool event_before(const struct batch *batch, uint64_t a, uint64_t b)
{
    // The keys of what no event caused stand before and behind all others.
    bool plain = !batch || a == 0 || b == 0 || a == UINT64_MAX || b == UINT64_MAX;
    return plain ? a < b : batch_event_before(batch, a, b);
}

static bool key_before(const struct batch *batch, const struct output_key *a,
                       const struct output_key *b)
{
    if (a->event != b->event)
        return event_before(batch, a->event, b->event);
    if (a->script != b->script)
        return a->script < b->script;
    return a->call < b->call;
}

/** Lines of one key come from one sheet, where they stand in the order of adding. */
static int compare(const void *left, const void *right, void *batch)
{
    const struct collated *a = left, *b = right;
    if (key_before(batch, &a->key, &b->key))
        return -1;
    if (key_before(batch, &b->key, &a->key))
        return 1;
    return a->text < b->text ? -1 : 1;
}

static void add(struct collation *collation, const struct sheet *sheet)
{
    size_t start = 0;
    for (size_t i = 0; i < sheet->line_count; i++) {
        const struct sheet_line *line = &sheet->lines[i];
        collation->lines[collation->count++] = (struct collated){
            .key = line->key,
            .stream = line->stream,
            .text = sheet->text.data + start,
            .len = line->end - start,
        };
        start = line->end;
    }
}

static bool in_order(const struct collation *collation, const struct batch *batch)
{
    for (size_t i = 1; i < collation->count; i++)
        if (key_before(batch, &collation->lines[i].key, &collation->lines[i - 1].key))
            return false;
    return true;
}

void collation_fill(struct collation *collation, const struct batch *batch,
                    const struct sheet *sheets, size_t count)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += sheets[i].line_count;
    collation->lines =
        memory_grow(collation->lines, &collation->cap, total, sizeof *collation->lines);
    collation->count = 0;
    for (size_t i = 0; i < count; i++)
        add(collation, &sheets[i]);
    if (!in_order(collation, batch))
        qsort_r(collation->lines, collation->count, sizeof *collation->lines, compare,
                (void *)(uintptr_t)batch);
}

void collation_fini(struct collation *collation)
{
    memory_free(collation->lines);
}
