// SPDX-License-Identifier: MIT OR Apache-2.0
/** What is kept per key: a count, a sum, a histogram… Each kind is a zeroed cell that can be added
 * to, merged and shown.
 *
 * Adding and merging give the same cell in any order: sums are 128-bit fixed point (1e-9), counts
 * whole, minima by exact comparison. A single value beyond ±2^64 is summed as ±2^64; a sum
 * saturates at ±2^127 * 1e-9, which takes more than 8 thousand million of those. NaN is never
 * added. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "aggregate/aggregate.h"
#include "aggregate/buckets.h"
#include "aggregate/number.h"
#include "sink/table.h"

/** Kind and name. All but COUNT take a value. */
#define MEASURE_LIST(X)     \
    X(COUNT, "count")       \
    X(SUM, "sum")           \
    X(MIN, "min")           \
    X(MAX, "max")           \
    X(AVG, "avg")           \
    X(HIST, "hist")         \
    X(QUANTILE, "quantile") \
    X(DISTINCT, "distinct")

enum { MEASURE_COLUMNS_MAX = 5 }; /**< columns of the measure that shows most: quantile */

struct measure {
    enum measure_kind kind;
    char *label;         /**< column name */
    char *field;         /**< what it reads as a handler */
    struct scale scale;  /**< HIST, QUANTILE */
    enum cell_type unit; /**< CELL_TIME, CELL_DURATION: values are ns; CELL_NIL: plain numbers */
    bool real;           /**< a value was not whole: intervals are shown as such */
    uint32_t offset;     /**< of its cell, from the first measure's */
};

bool measure_kind_find(const char *name, enum measure_kind *out);
static inline bool measure_kind_valued(enum measure_kind kind)
{
    return kind != MEASURE_COUNT;
}
/** Bytes of a cell, a multiple of 16. */
uint32_t measure_kind_size(enum measure_kind kind);
/** Columns it shows, and what tells them apart: the suffix is NULL where the label is enough. */
uint32_t measure_kind_columns(enum measure_kind kind);
const char *measure_kind_suffix(enum measure_kind kind, uint32_t column);

/** Adds several values to a cell each; what lies outside the cells is fetched from memory together.
 * @param cells   of the rows: the measure's own stands at its offset
 * @param values  NUMBER_NONE: nothing is added; COUNT: ignored; DISTINCT: the value's hash */
void measure_add_all(struct measure *measure, uint8_t *const *cells, const struct number *values,
                     uint32_t count);
void measure_merge(const struct measure *measure, void *into, const void *from);
/** Frees what the cell holds. */
void measure_fini(const struct measure *measure, void *cell);

/** The measure's columns. Histograms are kept in `table`. */
void measure_show(const struct measure *measure, const void *cell, struct table *table,
                  struct cell *out);
/** One column without histograms: what rows are ordered by. A histogram shows as its total. */
struct cell measure_rank(const struct measure *measure, const void *cell, uint32_t column);
