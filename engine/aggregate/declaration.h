// SPDX-License-Identifier: MIT OR Apache-2.0
/** What an aggregate consists of; for the files of this folder.
 *
 * Built column by column by palua_aggregate_new and its followers; the first add fixes it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "aggregate/aggregate.h"
#include "aggregate/key.h"
#include "aggregate/measure.h"
#include "aggregate/rows.h"

enum { BACKLOG_CAP = 32 };

/** Adds that are still to be made: several at once, so that their rows can be fetched from memory
 * together. What they are made of was checked and copied. */
struct backlog {
    uint32_t count;
    struct rows_request requests[BACKLOG_CAP];
    /** Of each measure that takes a value, in their order: NUMBER_NONE if absent, DISTINCT: the
     * value's hash. */
    struct number values[AGGREGATE_MEASURE_CAP][BACKLOG_CAP];
    uint8_t keys[BACKLOG_CAP][KEY_CAP + KEY_PAD];
};

struct aggregate {
    char *name;
    char *key_names[KEY_COLUMN_CAP];
    uint32_t key_count;
    struct measure measures[AGGREGATE_MEASURE_CAP];
    uint32_t measure_count;
    uint32_t value_count; /**< measures that take a value */
    uint32_t cells_size;
    uint64_t key_cap;

    uint64_t top;   /**< rows shown, 0: all */
    bool hidden;    /**< does not print itself at the end of the run */
    uint32_t sort;  /**< result column that rows are ordered by; UINT32_MAX: the first measure */
    bool ascending; /**< the order of that column */

    bool bound;   /**< used as a handler: the units of its measures are fixed */
    bool started; /**< rows is set up */
    struct rows rows;
    struct backlog *backlog;
    uint32_t text_columns; /**< bit i: key column i was given a string, not only bytes */
    uint64_t keys_cut;     /**< adds whose key was longer than KEY_CAP */
    uint64_t nans;         /**< values that were NaN */
    uint64_t absent;       /**< adds without any value */
    struct palua_argument arguments[PALUA_ARGUMENT_CAP];
    char problem[256]; /**< why the last declaration failed */
};

_Static_assert(KEY_COLUMN_CAP + AGGREGATE_MEASURE_CAP <= PALUA_ARGUMENT_CAP,
               "every column and value has its argument");

/** A value as the measure takes it; NUMBER_NONE if there is none to add.
 * @return false if it is no number where one is needed */
bool aggregate_read_value(struct aggregate *aggregate, const struct measure *measure,
                          const struct palua_argument *argument, struct number *out);

/** Makes the adds that were put off; before anything is read. */
void aggregate_settle(struct aggregate *aggregate);

/** Whether an add without any value says nothing. */
static inline bool aggregate_needs_value(const struct aggregate *aggregate)
{
    return aggregate->measure_count && aggregate->value_count == aggregate->measure_count;
}

/** Takes up adds whose keys and values were written behind those of the backlog; there must be
 * room. */
static inline void aggregate_put_off(struct aggregate *aggregate, uint32_t count)
{
    aggregate->backlog->count += count;
    if (aggregate->backlog->count == BACKLOG_CAP)
        aggregate_settle(aggregate);
}

/** Columns of the result: keys, then what the measures show. */
uint32_t declaration_columns(const struct aggregate *aggregate);
/** The name of one of them, in `out`. */
void declaration_column(const struct aggregate *aggregate, uint32_t column, struct text *out);
/** The measure that shows a result column past the keys, and which of its columns it is. */
const struct measure *declaration_measure(const struct aggregate *aggregate, uint32_t column,
                                          uint32_t *part);
