// SPDX-License-Identifier: MIT OR Apache-2.0
#include "aggregate/aggregate.h"

#include <math.h>
#include <string.h>

#include "aggregate/declaration.h"
#include "aggregate/writer.h"

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

/** Reads the next add's values, which are checked before anything is changed.
 * @param present  how many there are
 * @return 0, or the number of the argument (from 1) that is no number */
static uint32_t read_values(struct aggregate *aggregate, const struct palua_argument *arguments,
                            uint32_t *present)
{
    struct backlog *backlog = aggregate->backlog;
    uint32_t at = aggregate->key_count, value = 0;
    for (uint32_t i = 0; i < aggregate->measure_count; i++) {
        const struct measure *measure = &aggregate->measures[i];
        if (!measure_kind_valued(measure->kind))
            continue;
        struct number *out = &backlog->values[value++][backlog->count];
        if (!aggregate_read_value(aggregate, measure, &arguments[at++], out))
            return at;
        *present += out->kind != NUMBER_NONE;
    }
    return 0;
}

/** Makes `count` adds of the backlog from `first` on, to cells that were found. */
static void add_values(struct aggregate *aggregate, uint8_t *const *cells, uint32_t first,
                       uint32_t count)
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < aggregate->measure_count; i++) {
        struct measure *measure = &aggregate->measures[i];
        const struct number *values = NULL;
        if (measure_kind_valued(measure->kind))
            values = &aggregate->backlog->values[value++][first];
        measure_add_all(measure, cells, values, count);
    }
}

/** As long as no row gives way to another, cells stay where they are. */
static void add_together(struct aggregate *aggregate)
{
    const struct backlog *backlog = aggregate->backlog;
    uint8_t *cells[BACKLOG_CAP];
    for (uint32_t i = 0; i < backlog->count; i++)
        cells[i] = rows_cells(&aggregate->rows, &backlog->requests[i]);
    add_values(aggregate, cells, 0, backlog->count);
}

static void add_singly(struct aggregate *aggregate)
{
    const struct backlog *backlog = aggregate->backlog;
    for (uint32_t i = 0; i < backlog->count; i++) {
        uint8_t *cells = rows_cells(&aggregate->rows, &backlog->requests[i]);
        add_values(aggregate, &cells, i, 1);
    }
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
}

uint32_t aggregate_add(struct aggregate *aggregate, const struct palua_argument *arguments)
{
    struct backlog *backlog = aggregate->backlog;
    uint32_t present = 0;
    uint32_t bad = aggregate->value_count ? read_values(aggregate, arguments, &present) : 0;
    if (bad)
        return bad;
    if (!present && aggregate_needs_value(aggregate)) {
        aggregate->absent++;
        return 0;
    }
    struct rows_request *request = &backlog->requests[backlog->count];
    struct writer key = writer_at(backlog->keys[backlog->count]);
    for (uint32_t i = 0; i < aggregate->key_count; i++) {
        writer_argument(&key, &arguments[i], writer_room(&key, aggregate->key_count - 1 - i));
        aggregate->text_columns |= (uint32_t)(arguments[i].type == PALUA_STRING) << i;
    }
    aggregate->keys_cut += key.cut;
    request->key = key.start;
    request->key_len = writer_end(&key);
    aggregate_put_off(aggregate, 1);
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
