// SPDX-License-Identifier: MIT OR Apache-2.0
#include "aggregate/aggregate.h"

#include <math.h>
#include <string.h>

#include "aggregate/declaration.h"

enum { NS_PER_SECOND = 1000000000 };

/** Set up late: declaring may still move the cells. */
static void start(struct aggregate *aggregate)
{
    rows_init(&aggregate->rows, aggregate->measures, aggregate->measure_count,
              aggregate->cells_size, aggregate->key_cap);
    for (uint32_t i = 0; i < aggregate->measure_count; i++)
        aggregate->far |= measure_is_far(&aggregate->measures[i]);
    aggregate->started = true;
}

/** A plain number added where values are ns is in seconds, as fields are in Lua. */
static struct number seconds_to_ns(struct number seconds)
{
    __int128 ns = number_fixed(seconds);
    if (ns > INT64_MAX)
        return number_of_int(INT64_MAX);
    return number_of_int(ns < INT64_MIN ? INT64_MIN : (int64_t)ns);
}

/** @return false if the argument is no number */
static bool argument_number(const struct palua_argument *argument, bool in_ns, struct number *out)
{
    switch (argument->type) {
    case PALUA_INT:
        *out = number_of_int(argument->integer);
        break;
    case PALUA_UINT:
    case PALUA_ENUM:
        *out = number_of_uint((uint64_t)argument->integer);
        break;
    case PALUA_REAL:
        *out = number_of_real(argument->real);
        break;
    case PALUA_TIME:
    case PALUA_DURATION:
        *out = number_of_int(argument->integer);
        return true;
    default:
        return false;
    }
    if (in_ns && !number_is_nan(*out))
        *out = seconds_to_ns(*out);
    return true;
}

bool aggregate_read_value(struct aggregate *aggregate, const struct measure *measure,
                          const struct palua_argument *argument, struct number *out)
{
    out->kind = NUMBER_NONE;
    if (argument->type == 0)
        return true;
    if (measure->kind == MEASURE_DISTINCT)
        *out = number_of_uint(key_hash_value(argument));
    else if (!argument_number(argument, measure->unit != CELL_NIL, out))
        return false;
    if (number_is_nan(*out)) {
        out->kind = NUMBER_NONE;
        aggregate->nans++;
    }
    return true;
}

/** Reads one add's values, which are checked before anything is changed.
 * @param present  how many there are
 * @return 0, or the number of the argument (from 1) that is no number */
static uint32_t read_values(struct aggregate *aggregate, const struct palua_argument *arguments,
                            struct number *out, uint32_t *present)
{
    uint32_t at = aggregate->key_count;
    for (uint32_t i = 0; i < aggregate->measure_count; i++) {
        const struct measure *measure = &aggregate->measures[i];
        if (!measure_kind_valued(measure->kind))
            continue;
        if (!aggregate_read_value(aggregate, measure, &arguments[at++], out))
            return at;
        *present += out->kind != NUMBER_NONE;
        out++;
    }
    return 0;
}

/** Adds one value of a measure. */
static inline void add_value(struct measure *measure, void *cell, const struct number *value)
{
    if (value->kind == NUMBER_NONE)
        return;
    if (measure->kind == MEASURE_DISTINCT)
        measure_add_hash(cell, value->uint);
    else
        measure_add(measure, cell, *value);
}

/** @return the next add's values */
static const struct number *add_values(struct aggregate *aggregate, const struct number *values,
                                       uint8_t *cells)
{
    for (uint32_t i = 0; i < aggregate->measure_count; i++) {
        struct measure *measure = &aggregate->measures[i];
        if (measure->kind == MEASURE_COUNT)
            ++*(uint64_t *)(cells + measure->offset);
        else
            add_value(measure, cells + measure->offset, values++);
    }
    return values;
}

/** What a measure keeps outside its cell is fetched from memory for all adds at once too; that
 * takes two steps, as a cell has to be there before it can be read. */
static void fetch(const struct aggregate *aggregate, uint8_t *const *cells, enum measure_fetch step)
{
    const struct backlog *backlog = aggregate->backlog;
    const struct number *values = backlog->values;
    for (uint32_t i = 0; i < backlog->count; i++, values += aggregate->value_count) {
        uint32_t value = 0;
        for (uint32_t j = 0; j < aggregate->measure_count; j++) {
            const struct measure *measure = &aggregate->measures[j];
            if (!measure_kind_valued(measure->kind))
                continue;
            measure_fetch(measure, cells[i] + measure->offset, &values[value++], step);
        }
    }
}

/** As long as no row gives way to another, cells stay where they are. */
static void add_together(struct aggregate *aggregate)
{
    struct backlog *backlog = aggregate->backlog;
    const struct number *values = backlog->values;
    uint8_t *cells[BACKLOG_CAP];
    for (uint32_t i = 0; i < backlog->count; i++)
        cells[i] = rows_cells(&aggregate->rows, &backlog->requests[i]);
    if (aggregate->far) {
        fetch(aggregate, cells, MEASURE_FETCH_INDEX);
        fetch(aggregate, cells, MEASURE_FETCH_COUNT);
    }
    for (uint32_t i = 0; i < backlog->count; i++)
        values = add_values(aggregate, values, cells[i]);
}

static void add_singly(struct aggregate *aggregate)
{
    struct backlog *backlog = aggregate->backlog;
    const struct number *values = backlog->values;
    for (uint32_t i = 0; i < backlog->count; i++)
        values = add_values(aggregate, values, rows_cells(&aggregate->rows, &backlog->requests[i]));
}

void aggregate_settle(struct aggregate *aggregate)
{
    struct backlog *backlog = aggregate->backlog;
    if (!backlog->count)
        return;
    if (!aggregate->started)
        start(aggregate);
    rows_foresee(&aggregate->rows, backlog->requests, backlog->count);
    if (rows_stay(&aggregate->rows, backlog->count))
        add_together(aggregate);
    else
        add_singly(aggregate);
    backlog->count = 0;
    backlog->used = 0;
}

uint32_t aggregate_add(struct aggregate *aggregate, const struct palua_argument *arguments)
{
    uint32_t present = 0, bad = 0;
    bool cut;
    if (aggregate->value_count)
        bad = read_values(aggregate, arguments, aggregate_next_values(aggregate), &present);
    if (bad || !aggregate_accepts(aggregate, present))
        return bad;
    uint32_t len = key_write(aggregate_next_key(aggregate), arguments, aggregate->key_count, &cut);
    aggregate->keys_cut += cut;
    for (uint32_t i = 0; i < aggregate->key_count; i++)
        if (arguments[i].type == PALUA_STRING)
            aggregate->text_columns |= UINT32_C(1) << i;
    aggregate_put_off(aggregate, len);
    return 0;
}

uint32_t palua_aggregate_add(struct aggregate *aggregate)
{
    return aggregate_add(aggregate, aggregate->arguments);
}

void aggregate_merge(struct aggregate *into, struct aggregate *from)
{
    aggregate_settle(into);
    aggregate_settle(from);
    into->text_columns |= from->text_columns;
    into->keys_cut += from->keys_cut;
    into->nans += from->nans;
    into->absent += from->absent;
    for (uint32_t i = 0; i < into->measure_count; i++)
        into->measures[i].real = into->measures[i].real || from->measures[i].real;
    if (!from->started)
        return;
    if (!into->started)
        start(into);
    rows_merge(&into->rows, &from->rows);
}
