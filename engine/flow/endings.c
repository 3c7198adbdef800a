// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/endings.h"

#include <stdbool.h>
#include <string.h>

#include "base/memory.h"
#include "base/pages.h"

enum { FIRST_CAP = 64 };
enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS }; // of ids, where they are sorted

static size_t size_of(size_t count)
{
    return memory_mul(count, sizeof(struct flow_ending));
}

void flow_endings_fini(struct flow_endings *endings)
{
    pages_free(endings->items, size_of(endings->cap));
    *endings = (struct flow_endings){0};
}

static void reserve(struct flow_endings *endings, size_t count)
{
    size_t cap = endings->cap ? endings->cap : FIRST_CAP;
    while (cap < count)
        cap = memory_add(cap, cap);
    if (cap == endings->cap)
        return;
    struct flow_ending *items = pages_alloc(size_of(cap));
    if (endings->count)
        memcpy(items, endings->items, size_of(endings->count));
    pages_free(endings->items, size_of(endings->cap));
    endings->items = items;
    endings->cap = cap;
}

void flow_endings_add(struct flow_endings *endings, const struct flow_ending *ending)
{
    if (endings->count == endings->cap)
        reserve(endings, endings->count + 1);
    endings->items[endings->count++] = *ending;
}

static int compare_begin(const struct flow_ending *a, const struct flow_ending *b)
{
    uint64_t a_first = a->id >> FLOW_ID_LAYER_BITS, b_first = b->id >> FLOW_ID_LAYER_BITS;
    if (a_first != b_first)
        return a_first < b_first ? -1 : 1;
    if (a->flow->shard != b->flow->shard)
        return a->flow->shard < b->flow->shard ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

static bool is_before(const struct flow_ending *a, const struct flow_ending *b)
{
    if (a->deadline_ns != b->deadline_ns)
        return a->deadline_ns < b->deadline_ns;
    return compare_begin(a, b) < 0;
}

/** Merges [0, half) and [half, count), both in order, by way of `spare`. */
static void merge(struct flow_ending *items, struct flow_ending *spare, size_t half, size_t count)
{
    size_t left = 0, right = half, at = 0;
    if (!is_before(&items[half], &items[half - 1]))
        return;
    memcpy(spare, items, half * sizeof *spare);
    while (left < half)
        items[at++] = right < count && is_before(&items[right], &spare[left]) ? items[right++]
                                                                              : spare[left++];
}

static void sort_by_deadline(struct flow_ending *items, struct flow_ending *spare, size_t count)
{
    if (count < 2)
        return;
    size_t half = count / 2;
    sort_by_deadline(items, spare, half);
    sort_by_deadline(items + half, spare, count - half);
    merge(items, spare, half, count);
}

void flow_endings_by_deadline(struct flow_endings *endings)
{
    reserve(endings, memory_add(endings->count, endings->count));
    sort_by_deadline(endings->items, endings->items + endings->count, endings->count);
}

/** One pass of sorting by id: by one digit of its distance from `least`. */
static void sort_by_digit(const struct flow_ending *from, struct flow_ending *to, size_t count,
                          uint64_t least, unsigned shift)
{
    size_t places[DIGITS] = {0}, place = 0;
    for (size_t i = 0; i < count; i++)
        places[((from[i].id - least) >> shift) % DIGITS]++;
    for (size_t digit = 0; digit < DIGITS; digit++) {
        size_t here = places[digit];
        places[digit] = place;
        place += here;
    }
    for (size_t i = 0; i < count; i++)
        to[places[((from[i].id - least) >> shift) % DIGITS]++] = from[i];
}

/** How far the ids lie apart. */
static uint64_t spread(const struct flow_endings *endings, uint64_t *least)
{
    uint64_t most = 0;
    *least = UINT64_MAX;
    for (size_t i = 0; i < endings->count; i++) {
        uint64_t id = endings->items[i].id;
        *least = id < *least ? id : *least;
        most = id > most ? id : most;
    }
    return most - *least;
}

/** Flows that one packet began stand side by side, as yet by layer alone. */
static void order_ties(struct flow_endings *endings)
{
    struct flow_ending *items = endings->items;
    for (size_t i = 1; i < endings->count; i++)
        for (size_t at = i; at && compare_begin(&items[at], &items[at - 1]) < 0; at--) {
            struct flow_ending later = items[at - 1];
            items[at - 1] = items[at];
            items[at] = later;
        }
}

/* Digit by digit, so that nothing is compared. */
void flow_endings_by_beginning(struct flow_endings *endings)
{
    uint64_t least;
    size_t count = endings->count;
    if (!count)
        return;
    reserve(endings, memory_add(count, count));
    struct flow_ending *from = endings->items, *to = from + count;
    uint64_t distance = spread(endings, &least);
    for (unsigned shift = 0; shift < 64 && distance >> shift; shift += DIGIT_BITS) {
        sort_by_digit(from, to, count, least, shift);
        struct flow_ending *sorted = to;
        to = from;
        from = sorted;
    }
    if (from != endings->items)
        memcpy(endings->items, from, size_of(count));
    order_ties(endings);
}
