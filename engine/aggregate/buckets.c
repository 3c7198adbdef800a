// SPDX-License-Identifier: MIT OR Apache-2.0
#include "aggregate/buckets.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/prefetch.h"

enum { MANTISSA_BITS = 52, LINEAR_REACH = 8192, CAP_FIRST = 2 };

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

/** Place of the first page not below `page`. */
static uint32_t find(const struct buckets *buckets, int32_t page)
{
    uint32_t low = 0, high = buckets->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (buckets->pages[middle] < page)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert(struct buckets *buckets, uint32_t at, int32_t page)
{
    if (buckets->count == buckets->cap) {
        buckets->cap = buckets->cap ? buckets->cap * 2 : CAP_FIRST;
        buckets->pages =
            memory_resize(buckets->pages, memory_mul(buckets->cap, sizeof *buckets->pages));
        buckets->counts =
            memory_resize(buckets->counts, memory_mul(buckets->cap, sizeof *buckets->counts));
    }
    uint32_t behind = buckets->count++ - at;
    memmove(buckets->pages + at + 1, buckets->pages + at, behind * sizeof *buckets->pages);
    memmove(buckets->counts + at + 1, buckets->counts + at, behind * sizeof *buckets->counts);
    buckets->pages[at] = page;
    memset(buckets->counts + at, 0, sizeof *buckets->counts);
}

/** Rounds down, negative numbers too. */
static int32_t page_of(int64_t index)
{
    return (int32_t)((index - (index & (BUCKETS_PAGE - 1))) / BUCKETS_PAGE);
}

void buckets_fetch_count(const struct buckets *buckets, int64_t index)
{
    uint32_t at = find(buckets, page_of(index));
    if (at < buckets->count)
        prefetch_write(&buckets->counts[at][index & (BUCKETS_PAGE - 1)]);
}

void buckets_add(struct buckets *buckets, int64_t index, uint64_t count)
{
    int32_t page = page_of(index);
    uint32_t at = buckets->recent;
    if (at >= buckets->count || buckets->pages[at] != page) {
        at = find(buckets, page);
        if (at == buckets->count || buckets->pages[at] != page)
            insert(buckets, at, page);
        buckets->recent = at;
    }
    buckets->counts[at][index & (BUCKETS_PAGE - 1)] += count;
    buckets->total += count;
}

bool buckets_next(const struct buckets *buckets, uint32_t *place, struct bucket *out)
{
    for (; *place < buckets->count * BUCKETS_PAGE; ++*place) {
        uint32_t at = *place / BUCKETS_PAGE, within = *place % BUCKETS_PAGE;
        if (!buckets->counts[at][within])
            continue;
        out->index = (int64_t)buckets->pages[at] * BUCKETS_PAGE + within;
        out->count = buckets->counts[at][within];
        ++*place;
        return true;
    }
    return false;
}

void buckets_merge(struct buckets *into, const struct buckets *from)
{
    struct bucket bucket;
    for (uint32_t place = 0; buckets_next(from, &place, &bucket);)
        buckets_add(into, bucket.index, bucket.count);
}

void buckets_fini(struct buckets *buckets)
{
    memory_free(buckets->pages);
    memory_free(buckets->counts);
    *buckets = (struct buckets){0};
}

int64_t buckets_quantile(const struct buckets *buckets, uint32_t share)
{
    unsigned __int128 need = ((unsigned __int128)buckets->total * share + 999) / 1000;
    unsigned __int128 seen = 0;
    struct bucket bucket = {0};
    for (uint32_t place = 0; buckets_next(buckets, &place, &bucket);) {
        seen += bucket.count;
        if (seen >= need)
            break;
    }
    return bucket.index;
}
