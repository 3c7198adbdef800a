// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/holes.h"

#include <string.h>

/** RFC 1982: whether place a comes after place b. */
static bool is_after(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}

static void remove_pieces(struct flow_holes *holes, uint32_t first, uint32_t count)
{
    holes->count -= count;
    memmove(&holes->pieces[first], &holes->pieces[first + count],
            (holes->count - first) * sizeof *holes->pieces);
}

/** Moves over the pieces that `next` has reached. */
static void absorb(struct flow_holes *holes, uint32_t *next)
{
    uint32_t reached = 0;
    while (reached < holes->count && !is_after(holes->pieces[reached].from, *next)) {
        if (is_after(holes->pieces[reached].to, *next))
            *next = holes->pieces[reached].to;
        reached++;
    }
    remove_pieces(holes, 0, reached);
}

/** Remembers a piece beyond `next`, joined with those it touches. */
static bool remember(struct flow_holes *holes, struct flow_piece seen)
{
    uint32_t first = 0, end;
    while (first < holes->count && is_after(seen.from, holes->pieces[first].to))
        first++;
    for (end = first; end < holes->count && !is_after(holes->pieces[end].from, seen.to); end++) {
        if (is_after(seen.from, holes->pieces[end].from))
            seen.from = holes->pieces[end].from;
        if (is_after(holes->pieces[end].to, seen.to))
            seen.to = holes->pieces[end].to;
    }
    if (end > first) {
        holes->pieces[first] = seen;
        remove_pieces(holes, first + 1, end - first - 1);
        return true;
    }
    if (holes->count == FLOW_HOLES_CAP)
        return false;
    memmove(&holes->pieces[first + 1], &holes->pieces[first],
            (holes->count - first) * sizeof *holes->pieces);
    holes->pieces[first] = seen;
    holes->count++;
    return true;
}

bool flow_holes_see(struct flow_holes *holes, uint32_t *next, struct flow_piece seen)
{
    if (!is_after(seen.to, *next))
        return true;
    if (is_after(seen.from, *next))
        return remember(holes, seen);
    *next = seen.to;
    absorb(holes, next);
    return true;
}

uint32_t flow_holes_acknowledge(struct flow_holes *holes, uint32_t *next, uint32_t to,
                                uint64_t *missing)
{
    uint32_t gaps = 0;
    *missing = 0;
    while (is_after(to, *next)) {
        uint32_t end = to;
        if (holes->count && is_after(to, holes->pieces[0].from))
            end = holes->pieces[0].from;
        *missing += end - *next;
        gaps++;
        *next = end;
        absorb(holes, next);
    }
    return gaps;
}
