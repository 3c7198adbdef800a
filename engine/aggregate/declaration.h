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

enum { BACKLOG_CAP = 32, BACKLOG_BYTES = 4 * KEY_CAP };

/** Adds that are still to be made: several at once, so that their rows can be fetched from memory
 * together. What they are made of was checked and copied. */
struct backlog {
    uint32_t count;
    uint32_t used; /**< bytes of keys */
    struct rows_request requests[BACKLOG_CAP];
    uint8_t keys[BACKLOG_BYTES + KEY_CAP + KEY_PAD];
    /** Per add, one for each measure that takes a value: NUMBER_NONE if absent, DISTINCT: the
     * value's hash. */
    struct number values[BACKLOG_CAP * AGGREGATE_MEASURE_CAP];
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
    bool far;     /**< a measure keeps more than its cell */
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

/** Where the next add's key is to be written: there is room for any. */
static inline uint8_t *aggregate_next_key(const struct aggregate *aggregate)
{
    return aggregate->backlog->keys + aggregate->backlog->used;
}

/** And its values, one for each measure that takes one. */
static inline struct number *aggregate_next_values(const struct aggregate *aggregate)
{
    return aggregate->backlog->values + aggregate->backlog->count * aggregate->value_count;
}

/** Puts off the add whose key and values were written there. */
static inline void aggregate_put_off(struct aggregate *aggregate, uint32_t key_len)
{
    struct backlog *backlog = aggregate->backlog;
    struct rows_request *request = &backlog->requests[backlog->count];
    request->key = backlog->keys + backlog->used;
    request->key_len = key_len;
    backlog->used += (key_len + KEY_PAD - 1) & ~(uint32_t)(KEY_PAD - 1);
    if (++backlog->count == BACKLOG_CAP || backlog->used > BACKLOG_BYTES)
        aggregate_settle(aggregate);
}

/** An add needs at least one value, if the aggregation has nothing but measures that take one.
 * @param present  how many there are
 * @return false if it is to be left out; then it is counted */
static inline bool aggregate_accepts(struct aggregate *aggregate, uint32_t present)
{
    bool without = present == 0 && aggregate->value_count == aggregate->measure_count &&
                   aggregate->measure_count;
    aggregate->absent += without;
    return !without;
}

/** Columns of the result: keys, then what the measures show. */
uint32_t declaration_columns(const struct aggregate *aggregate);
/** The name of one of them, in `out`. */
void declaration_column(const struct aggregate *aggregate, uint32_t column, struct text *out);
/** The measure that shows a result column past the keys, and which of its columns it is. */
const struct measure *declaration_measure(const struct aggregate *aggregate, uint32_t column,
                                          uint32_t *part);
