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
        const struct palua_argument *argument = &arguments[at++];
        out->kind = NUMBER_NONE;
        if (argument->type != 0 && measure->kind == MEASURE_DISTINCT)
            *out = number_of_uint(key_hash_value(argument));
        else if (argument->type != 0 && !argument_number(argument, measure->unit != CELL_NIL, out))
            return at;
        if (number_is_nan(*out)) {
            out->kind = NUMBER_NONE;
            aggregate->nans++;
        }
        *present += out->kind != NUMBER_NONE;
        out++;
    }
    return 0;
}

/** @return the next add's values */
static const struct number *add_values(struct aggregate *aggregate, const struct number *values,
                                       uint8_t *cells)
{
    for (uint32_t i = 0; i < aggregate->measure_count; i++) {
        struct measure *measure = &aggregate->measures[i];
        void *cell = cells + measure->offset;
        if (measure->kind == MEASURE_COUNT) {
            ++*(uint64_t *)cell;
            continue;
        }
        if (values->kind != NUMBER_NONE && measure->kind == MEASURE_DISTINCT)
            measure_add_hash(cell, values->uint);
        else if (values->kind != NUMBER_NONE)
            measure_add(measure, cell, *values);
        values++;
    }
    return values;
}

static void flush(struct aggregate *aggregate)
{
    struct backlog *backlog = aggregate->backlog;
    const struct number *values = backlog->values;
    rows_foresee(&aggregate->rows, backlog->requests, backlog->count);
    for (uint32_t i = 0; i < backlog->count; i++)
        values = add_values(aggregate, values, rows_cells(&aggregate->rows, &backlog->requests[i]));
    backlog->count = 0;
    backlog->used = 0;
}

/** Puts an add, whose values are in the backlog already, behind the others. */
static void put_off(struct aggregate *aggregate, const struct palua_argument *arguments)
{
    struct backlog *backlog = aggregate->backlog;
    struct rows_request *request = &backlog->requests[backlog->count];
    bool cut;
    request->key = backlog->keys + backlog->used;
    request->key_len =
        key_write(backlog->keys + backlog->used, arguments, aggregate->key_count, &cut);
    backlog->used += (request->key_len + KEY_PAD - 1) & ~(uint32_t)(KEY_PAD - 1);
    aggregate->keys_cut += cut;
    for (uint32_t i = 0; i < aggregate->key_count; i++)
        if (arguments[i].type == PALUA_STRING)
            aggregate->text_columns |= UINT32_C(1) << i;
    if (!aggregate->started)
        start(aggregate);
    if (++backlog->count == BACKLOG_CAP || backlog->used > BACKLOG_BYTES)
        flush(aggregate);
}

uint32_t aggregate_add(struct aggregate *aggregate, const struct palua_argument *arguments)
{
    struct number *values =
        aggregate->backlog->values + aggregate->backlog->count * aggregate->value_count;
    uint32_t present = 0;
    uint32_t bad = aggregate->value_count ? read_values(aggregate, arguments, values, &present) : 0;
    if (bad)
        return bad;
    if (present == 0 && aggregate->value_count == aggregate->measure_count &&
        aggregate->measure_count) {
        aggregate->absent++;
        return 0;
    }
    put_off(aggregate, arguments);
    return 0;
}

void aggregate_settle(struct aggregate *aggregate)
{
    if (aggregate->backlog->count)
        flush(aggregate);
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
