// SPDX-License-Identifier: MIT OR Apache-2.0
#include "aggregate/buckets.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

enum { MANTISSA_BITS = 52, LINEAR_REACH = 8192 };

/** The bits of a positive double grow with its value: exponent first, then the leading bits of the
 * mantissa. That is a log-linear scale already, without a logarithm whose rounding could differ
 * between machines. */
static int64_t log_index(uint32_t bits, double magnitude)
{
    uint64_t word;
    if (magnitude < 0x1p-64)
        return 0;
    if (magnitude > 0x1p64)
        magnitude = 0x1p64;
    memcpy(&word, &magnitude, sizeof word);
    return (int64_t)(word >> (MANTISSA_BITS - bits));
}

static double log_bound(uint32_t bits, int64_t index)
{
    uint64_t word = (uint64_t)index << (MANTISSA_BITS - bits);
    double bound;
    memcpy(&bound, &word, sizeof bound);
    return bound;
}

static int64_t linear_index(double step, double value)
{
    double index = floor(value / step);
    if (index < -LINEAR_REACH)
        return -LINEAR_REACH;
    return index > LINEAR_REACH - 1 ? LINEAR_REACH - 1 : (int64_t)index;
}

int64_t scale_index(const struct scale *scale, double value)
{
    if (scale->step > 0)
        return linear_index(scale->step, value);
    return value < 0 ? -log_index(scale->bits, -value) : log_index(scale->bits, value);
}

double scale_low(const struct scale *scale, int64_t index)
{
    if (scale->step > 0)
        return scale->step * (double)index;
    return index < 0 ? -log_bound(scale->bits, -index + 1) : log_bound(scale->bits, index);
}

double scale_high(const struct scale *scale, int64_t index)
{
    if (scale->step > 0)
        return scale->step * (double)(index + 1);
    if (index == 0)
        return 0;
    return index < 0 ? -log_bound(scale->bits, -index) : log_bound(scale->bits, index + 1);
}

/** Index of the first item not below `index`. */
static uint32_t find(const struct buckets *buckets, int64_t index)
{
    uint32_t low = 0, high = buckets->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (buckets->items[middle].index < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert(struct buckets *buckets, uint32_t at, int64_t index)
{
    if (buckets->count == buckets->cap) {
        buckets->cap = buckets->cap ? buckets->cap * 2 : 4;
        buckets->items =
            memory_resize(buckets->items, memory_mul(buckets->cap, sizeof *buckets->items));
    }
    memmove(buckets->items + at + 1, buckets->items + at,
            (buckets->count - at) * sizeof *buckets->items);
    buckets->items[at] = (struct bucket){.index = index};
    buckets->count++;
}

void buckets_add(struct buckets *buckets, int64_t index, uint64_t count)
{
    uint32_t at = buckets->recent;
    if (at >= buckets->count || buckets->items[at].index != index) {
        at = find(buckets, index);
        if (at == buckets->count || buckets->items[at].index != index)
            insert(buckets, at, index);
        buckets->recent = at;
    }
    buckets->items[at].count += count;
    buckets->total += count;
}

void buckets_merge(struct buckets *into, const struct buckets *from)
{
    for (uint32_t i = 0; i < from->count; i++)
        buckets_add(into, from->items[i].index, from->items[i].count);
}

void buckets_fini(struct buckets *buckets)
{
    memory_free(buckets->items);
    *buckets = (struct buckets){0};
}

int64_t buckets_quantile(const struct buckets *buckets, uint32_t share)
{
    unsigned __int128 need = ((unsigned __int128)buckets->total * share + 999) / 1000;
    unsigned __int128 seen = 0;
    for (uint32_t i = 0; i < buckets->count; i++) {
        seen += buckets->items[i].count;
        if (seen >= need)
            return buckets->items[i].index;
    }
    return buckets->items[buckets->count - 1].index;
}
