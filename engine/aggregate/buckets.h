// SPDX-License-Identifier: MIT OR Apache-2.0
/** Counts per interval of values: what histograms and quantiles are made of.
 *
 * Sparse: only intervals near to some that were met take memory, a page of 16 at a time. Intervals
 * are numbered by a scale:
 *
 * - logarithmic with 2^bits steps per power of two. bits 0 is a log2 histogram; bits 7 (quantiles)
 * is right to within 0.4 %, and exact for whole numbers below 256. Values closer to 0 than 2^-64
 * count as 0, those beyond ±2^64 as that.
 * - linear, `step` wide, from a multiple of it; the outermost of the intervals -8192 to 8191 hold
 * everything beyond.
 *
 * So the memory of one is bounded: 32,768 intervals at most. Merging is exact, in any order. One
 * thread at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/prefetch.h"

struct scale {
    uint32_t bits; /**< logarithmic */
    double step;   /**< linear if not 0 */
};

struct bucket {
    int64_t index; /**< of the interval on its scale */
    uint64_t count;
};

enum { BUCKETS_PAGE = 16 }; /**< intervals side by side */

/** Zeroed is empty. */
struct buckets {
    int32_t *pages;                   /**< index / BUCKETS_PAGE, ascending */
    uint64_t (*counts)[BUCKETS_PAGE]; /**< of each page */
    uint32_t count;                   /**< pages */
    uint32_t cap;
    uint32_t recent; /**< where the last value went: values repeat */
    uint64_t total;
};

int64_t scale_index(const struct scale *scale, double value);
/** Smallest value of an interval. */
double scale_low(const struct scale *scale, int64_t index);
/** What every value of the interval lies below (for negative logarithmic ones: at or below). */
double scale_high(const struct scale *scale, int64_t index);

/** Has the processor fetch the list of pages, and, once it is there, the count of an interval. */
static inline void buckets_fetch_pages(const struct buckets *buckets)
{
    prefetch_read(buckets->pages);
    prefetch_read(buckets->pages + 16);
}
void buckets_fetch_count(const struct buckets *buckets, int64_t index);
void buckets_add(struct buckets *buckets, int64_t index, uint64_t count);
/** The next interval that was met, in ascending order.
 * @param place  0 at first; where to go on
 * @return false at the end */
bool buckets_next(const struct buckets *buckets, uint32_t *place, struct bucket *out);
void buckets_merge(struct buckets *into, const struct buckets *from);
void buckets_fini(struct buckets *buckets);
/** The interval in which the value of that rank lies: the smallest with at least ceil(total *
 * share) values up to its end.
 * @param share  per thousand; `buckets` must not be empty */
int64_t buckets_quantile(const struct buckets *buckets, uint32_t share);
