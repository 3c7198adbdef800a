// SPDX-License-Identifier: MIT OR Apache-2.0
#include "capture/turns.h"

#include <stdlib.h>

#include "base/memory.h"

static int by_start(const void *a, const void *b, void *context)
{
    const struct feed *feeds = context;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    int64_t one = feeds[i].key_ns, other = feeds[j].key_ns;
    if (one != other)
        return one < other ? -1 : 1;
    return i < j ? -1 : 1;
}

void turns_init(struct turns *turns, struct feed *feeds, uint32_t count)
{
    *turns = (struct turns){.feeds = feeds, .count = count};
    turns->closed = memory_zalloc(count, sizeof *turns->closed);
    turns->open = memory_zalloc(count, sizeof *turns->open);
    for (uint32_t i = 0; i < count; i++) {
        if (feeds[i].state == FEED_CLOSED)
            turns->closed[turns->closed_count++] = i;
        if (feeds[i].state == FEED_OPEN)
            turns_opened(turns, &feeds[i]);
    }
    qsort_r(turns->closed, turns->closed_count, sizeof *turns->closed, by_start, feeds);
}

void turns_fini(struct turns *turns)
{
    memory_free(turns->closed);
    memory_free(turns->open);
}

/** The earliest that was not opened yet. */
static struct feed *closed_next(const struct turns *turns)
{
    return turns->closed_pos < turns->closed_count ? &turns->feeds[turns->closed[turns->closed_pos]]
                                                   : NULL;
}

static struct feed *earlier(struct feed *a, struct feed *b)
{
    if (!a || !b)
        return a ? a : b;
    return turns_before(a->key_ns, a->index, (struct turns_limit){b->key_ns, b->index}) ? a : b;
}

/** The earliest of all but one. */
static struct feed *earliest(const struct turns *turns, const struct feed *but)
{
    struct feed *best = closed_next(turns);
    if (best == but)
        best = turns->closed_pos + 1 < turns->closed_count
                   ? &turns->feeds[turns->closed[turns->closed_pos + 1]]
                   : NULL;
    for (uint32_t i = 0; i < turns->open_count; i++) {
        struct feed *feed = &turns->feeds[turns->open[i]];
        if (feed != but)
            best = earlier(best, feed);
    }
    return best;
}

static struct feed *without_packets(const struct turns *turns)
{
    for (uint32_t i = 0; i < turns->open_count; i++)
        if (!feed_held(&turns->feeds[turns->open[i]]))
            return &turns->feeds[turns->open[i]];
    return NULL;
}

/** What waits until all that was named before it is done. */
static struct feed *waiting_next(struct turns *turns)
{
    while (turns->first < turns->count && turns->feeds[turns->first].state == FEED_OVER)
        turns->first++;
    if (turns->first == turns->count || turns->feeds[turns->first].state != FEED_WAITING)
        return NULL;
    return &turns->feeds[turns->first];
}

struct feed *turns_next(struct turns *turns, struct turns_limit *limit)
{
    struct feed *next = without_packets(turns);
    if (!next)
        next = waiting_next(turns);
    if (!next)
        next = earliest(turns, NULL);
    const struct feed *other = next ? earliest(turns, next) : NULL;
    *limit = other ? (struct turns_limit){other->key_ns, other->index}
                   : (struct turns_limit){INT64_MAX, UINT32_MAX};
    return next;
}

void turns_opened(struct turns *turns, struct feed *feed)
{
    if (feed == closed_next(turns))
        turns->closed_pos++;
    turns->open[turns->open_count++] = feed->index;
}

void turns_ended(struct turns *turns, struct feed *feed)
{
    if (feed == closed_next(turns)) // it could not be opened
        turns->closed_pos++;
    for (uint32_t i = 0; i < turns->open_count; i++)
        if (turns->open[i] == feed->index) {
            turns->open[i] = turns->open[--turns->open_count];
            return;
        }
}
