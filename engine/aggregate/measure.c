// SPDX-License-Identifier: MIT OR Apache-2.0
#include "aggregate/measure.h"

#include <math.h>
#include <string.h>

#include "aggregate/distinct.h"

enum { FIXED_UNITS = 1000000000, FILL_MAX = 64 };

static const __int128 wide_max = (__int128)(((unsigned __int128)1 << 127) - 1);

struct average {
    __int128 sum;
    uint64_t count;
};

struct spread {
    struct buckets buckets;
    struct number least;
    struct number most;
};

static const char *const names[] = {
#define X(kind, name) name,
    MEASURE_LIST(X)
#undef X
};
enum { KIND_COUNT = sizeof names / sizeof *names };

bool measure_kind_find(const char *name, enum measure_kind *out)
{
    for (int i = 0; i < KIND_COUNT; i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = (enum measure_kind)i;
            return true;
        }
    }
    return false;
}

static size_t cell_size(enum measure_kind kind)
{
    switch (kind) {
    case MEASURE_COUNT:
        return sizeof(uint64_t);
    case MEASURE_SUM:
        return sizeof(__int128);
    case MEASURE_MIN:
    case MEASURE_MAX:
        return sizeof(struct number);
    case MEASURE_AVG:
        return sizeof(struct average);
    case MEASURE_HIST:
    case MEASURE_QUANTILE:
        return sizeof(struct spread);
    case MEASURE_DISTINCT:
        return sizeof(struct distinct);
    }
    return 0;
}

uint32_t measure_kind_size(enum measure_kind kind)
{
    return (uint32_t)((cell_size(kind) + 15) & ~(size_t)15);
}

uint32_t measure_kind_columns(enum measure_kind kind)
{
    return kind == MEASURE_QUANTILE ? 5 : kind == MEASURE_HIST ? 2 : 1;
}

const char *measure_kind_suffix(enum measure_kind kind, uint32_t column)
{
    static const char *const quantile[] = {"count", "p50", "p90", "p99", "max"};
    static const char *const hist[] = {"count", "hist"};
    if (kind == MEASURE_QUANTILE)
        return quantile[column];
    return kind == MEASURE_HIST ? hist[column] : NULL;
}

static void sum_add(__int128 *sum, __int128 value)
{
    __int128 result;
    if (__builtin_add_overflow(*sum, value, &result))
        result = value < 0 ? -wide_max - 1 : wide_max;
    *sum = result;
}

static void keep_least(struct number *kept, struct number value)
{
    if (value.kind != NUMBER_NONE &&
        (kept->kind == NUMBER_NONE || number_compare(value, *kept) < 0))
        *kept = value;
}

static void keep_most(struct number *kept, struct number value)
{
    if (value.kind != NUMBER_NONE &&
        (kept->kind == NUMBER_NONE || number_compare(value, *kept) > 0))
        *kept = value;
}

static void average_add(struct average *average, __int128 sum, uint64_t count)
{
    sum_add(&average->sum, sum);
    average->count += count;
}

static void spread_add(struct spread *spread, const struct scale *scale, struct number value)
{
    buckets_add(&spread->buckets, scale_index(scale, number_real(value)), 1);
    keep_least(&spread->least, value);
    keep_most(&spread->most, value);
}

/** Adds one value. */
static void add(struct measure *measure, void *cell, struct number value)
{
    switch (measure->kind) {
    case MEASURE_COUNT:
        return;
    case MEASURE_SUM:
        sum_add(cell, number_fixed(value));
        return;
    case MEASURE_MIN:
        keep_least(cell, value);
        return;
    case MEASURE_MAX:
        keep_most(cell, value);
        return;
    case MEASURE_AVG:
        average_add(cell, number_fixed(value), 1);
        return;
    case MEASURE_HIST:
    case MEASURE_QUANTILE:
        measure->real = measure->real || value.kind == NUMBER_REAL;
        spread_add(cell, &measure->scale, value);
        return;
    case MEASURE_DISTINCT:
        distinct_add(cell, value.uint);
        return;
    }
}

static const struct buckets *buckets_of(const uint8_t *cell)
{
    return &((const struct spread *)cell)->buckets;
}

/** Two steps, as a list of pages has to be there before it says where a count is. */
static void fetch_counts(const struct measure *measure, uint8_t *const *cells,
                         const struct number *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        buckets_fetch_pages(buckets_of(cells[i] + measure->offset));
    for (uint32_t i = 0; i < count; i++)
        if (values[i].kind != NUMBER_NONE)
            buckets_fetch_count(buckets_of(cells[i] + measure->offset),
                                scale_index(&measure->scale, number_real(values[i])));
}

static void add_sums(uint8_t *const *cells, uint32_t offset, const struct number *values,
                     uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (values[i].kind != NUMBER_NONE)
            sum_add((__int128 *)(void *)(cells[i] + offset), number_fixed(values[i]));
}

void measure_add_all(struct measure *measure, uint8_t *const *cells, const struct number *values,
                     uint32_t count)
{
    if (measure->kind == MEASURE_COUNT) {
        for (uint32_t i = 0; i < count; i++)
            ++*(uint64_t *)(void *)(cells[i] + measure->offset);
        return;
    }
    if (measure->kind == MEASURE_SUM) {
        add_sums(cells, measure->offset, values, count);
        return;
    }
    if (count > 1 && (measure->kind == MEASURE_HIST || measure->kind == MEASURE_QUANTILE))
        fetch_counts(measure, cells, values, count);
    for (uint32_t i = 0; i < count; i++)
        if (values[i].kind != NUMBER_NONE)
            add(measure, cells[i] + measure->offset, values[i]);
}

static void spread_merge(struct spread *into, const struct spread *from)
{
    buckets_merge(&into->buckets, &from->buckets);
    keep_least(&into->least, from->least);
    keep_most(&into->most, from->most);
}

void measure_merge(const struct measure *measure, void *into, const void *from)
{
    const struct average *average = from;
    switch (measure->kind) {
    case MEASURE_COUNT:
        *(uint64_t *)into += *(const uint64_t *)from;
        return;
    case MEASURE_SUM:
        sum_add(into, *(const __int128 *)from);
        return;
    case MEASURE_MIN:
        keep_least(into, *(const struct number *)from);
        return;
    case MEASURE_MAX:
        keep_most(into, *(const struct number *)from);
        return;
    case MEASURE_AVG:
        average_add(into, average->sum, average->count);
        return;
    case MEASURE_HIST:
    case MEASURE_QUANTILE:
        spread_merge(into, from);
        return;
    case MEASURE_DISTINCT:
        distinct_merge(into, from);
        return;
    }
}

void measure_fini(const struct measure *measure, void *cell)
{
    if (measure->kind == MEASURE_HIST || measure->kind == MEASURE_QUANTILE)
        buckets_fini(&((struct spread *)cell)->buckets);
    else if (measure->kind == MEASURE_DISTINCT)
        distinct_fini(cell);
}

/** To the nearest, halves away from zero. */
static __int128 divide(__int128 value, __int128 by)
{
    __int128 half = by / 2;
    return value / by + (value % by >= by - half ? 1 : value % by <= half - by ? -1 : 0);
}

static int64_t clamp_ns(__int128 value)
{
    return value > INT64_MAX ? INT64_MAX : value < INT64_MIN ? INT64_MIN : (int64_t)value;
}

/** A sum of values that are ns shows as seconds: its units of 1e-9 ns become units of 1e-9 s. */
static struct cell fixed_cell(const struct measure *measure, __int128 value)
{
    if (measure->unit == CELL_NIL)
        return (struct cell){.type = CELL_FIXED, .wide = value};
    __int128 ns = divide(value, FIXED_UNITS);
    if (measure->unit == CELL_TIME)
        return (struct cell){.type = CELL_TIME, .sint = clamp_ns(ns)};
    return (struct cell){.type = CELL_FIXED, .wide = ns};
}

static struct cell number_cell(const struct measure *measure, struct number number)
{
    switch (number.kind) {
    case NUMBER_INT:
        if (measure->unit != CELL_NIL)
            return (struct cell){.type = measure->unit, .sint = number.sint};
        return (struct cell){.type = CELL_INT, .sint = number.sint};
    case NUMBER_UINT:
        return (struct cell){.type = CELL_UINT, .uint = number.uint};
    case NUMBER_REAL:
        return (struct cell){.type = CELL_REAL, .real = number.real};
    default:
        return (struct cell){.type = CELL_NIL};
    }
}

/** The bounds of an interval, inclusive where all values were whole. */
static void interval(const struct measure *measure, int64_t index, double *low, double *high)
{
    *low = scale_low(&measure->scale, index);
    *high = scale_high(&measure->scale, index);
    if (measure->real || *low >= *high)
        return;
    bool upward = index >= 0 || measure->scale.step > 0; // which end belongs to the interval
    *low = upward ? ceil(*low) : floor(*low) + 1;
    *high = upward ? ceil(*high) - 1 : floor(*high);
}

static struct cell quantile_cell(const struct measure *measure, const struct spread *spread,
                                 uint32_t share)
{
    double low, high;
    if (spread->buckets.total == 0)
        return (struct cell){.type = CELL_NIL};
    interval(measure, buckets_quantile(&spread->buckets, share), &low, &high);
    double middle = low + (high - low) / 2;
    struct number value = number_of_real(measure->real ? middle : floor(middle));
    if (number_compare(value, spread->least) < 0)
        value = spread->least;
    if (number_compare(value, spread->most) > 0)
        value = spread->most;
    return number_cell(measure, value);
}

static struct cell spread_cell(const struct measure *measure, const struct spread *spread,
                               uint32_t column)
{
    static const uint32_t shares[] = {0, 500, 900, 990};
    if (column == 0 || measure->kind == MEASURE_HIST)
        return (struct cell){.type = CELL_UINT, .uint = spread->buckets.total};
    return column == 4 ? number_cell(measure, spread->most)
                       : quantile_cell(measure, spread, shares[column]);
}

static struct cell average_cell(const struct measure *measure, const struct average *average)
{
    if (average->count == 0)
        return (struct cell){.type = CELL_NIL};
    return fixed_cell(measure, divide(average->sum, average->count));
}

static struct cell distinct_cell(const struct distinct *distinct)
{
    return (struct cell){.type = distinct_estimated(distinct) ? CELL_ESTIMATE : CELL_UINT,
                         .uint = distinct_count(distinct)};
}

struct cell measure_rank(const struct measure *measure, const void *cell, uint32_t column)
{
    switch (measure->kind) {
    case MEASURE_COUNT:
        return (struct cell){.type = CELL_UINT, .uint = *(const uint64_t *)cell};
    case MEASURE_SUM:
        return fixed_cell(measure, *(const __int128 *)cell);
    case MEASURE_MIN:
    case MEASURE_MAX:
        return number_cell(measure, *(const struct number *)cell);
    case MEASURE_AVG:
        return average_cell(measure, cell);
    case MEASURE_HIST:
    case MEASURE_QUANTILE:
        return spread_cell(measure, cell, column);
    case MEASURE_DISTINCT:
        return distinct_cell(cell);
    }
    return (struct cell){.type = CELL_NIL};
}

/** A walk over the intervals that are shown. */
struct showing {
    uint32_t place;
    struct bucket bucket; /**< that was met */
    int64_t from;         /**< first interval shown because of it; the last is its own */
    bool begun;
};

/** Empty intervals are shown too, so that the shape is right, unless there are very many. */
static bool show_next(const struct measure *measure, const struct buckets *buckets,
                      struct showing *showing)
{
    int64_t before = showing->bucket.index;
    if (!buckets_next(buckets, &showing->place, &showing->bucket))
        return false;
    int64_t index = showing->bucket.index;
    if (measure->scale.step == 0 && before == 0 && index > 0 && !measure->real)
        before = scale_index(&measure->scale, 1) - 1; // after 0 comes 1
    showing->from = showing->begun && index - before <= FILL_MAX ? before + 1 : index;
    showing->begun = true;
    return true;
}

static uint32_t shown_buckets(const struct measure *measure, const struct buckets *buckets)
{
    int64_t shown = 0;
    struct showing showing = {0};
    while (show_next(measure, buckets, &showing))
        shown += showing.bucket.index - showing.from + 1;
    return (uint32_t)shown;
}

static struct cell hist_cell(const struct measure *measure, const struct buckets *buckets,
                             struct table *table)
{
    uint32_t count = shown_buckets(measure, buckets), at = 0;
    struct showing showing = {0};
    struct cell_bucket *items =
        arena_zalloc(&table->arena, count * sizeof *items, _Alignof(struct cell_bucket));
    while (show_next(measure, buckets, &showing)) {
        for (int64_t index = showing.from; index <= showing.bucket.index; index++, at++) {
            interval(measure, index, &items[at].low, &items[at].high);
            items[at].count = index == showing.bucket.index ? showing.bucket.count : 0;
        }
    }
    enum cell_type unit = measure->unit != CELL_NIL ? CELL_DURATION
                          : measure->real           ? CELL_REAL
                                                    : CELL_INT;
    return (struct cell){.type = CELL_HIST, .hist = {.items = items, .count = count, .unit = unit}};
}

/** Seconds in units of 1e-9 are nanoseconds: a sum or average of durations is one, where it fits.
 */
static void show_duration(const struct measure *measure, struct cell *cell)
{
    if (measure->unit == CELL_DURATION && cell->type == CELL_FIXED && cell->wide >= INT64_MIN &&
        cell->wide <= INT64_MAX)
        *cell = (struct cell){.type = CELL_DURATION, .sint = (int64_t)cell->wide};
}

void measure_show(const struct measure *measure, const void *cell, struct table *table,
                  struct cell *out)
{
    for (uint32_t i = 0; i < measure_kind_columns(measure->kind); i++) {
        out[i] = measure_rank(measure, cell, i);
        show_duration(measure, &out[i]);
    }
    if (measure->kind == MEASURE_HIST)
        out[1] = hist_cell(measure, &((const struct spread *)cell)->buckets, table);
}
