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

/** The values of one add, checked before anything is changed. */
struct values {
    struct number numbers[AGGREGATE_MEASURE_CAP]; // NUMBER_NONE: absent
    uint32_t present;
    uint32_t bad; // number of the argument that is no number, 0 if fine
};

static void read_values(struct aggregate *aggregate, const struct palua_argument *arguments,
                        struct values *out)
{
    uint32_t at = aggregate->key_count;
    out->present = 0;
    out->bad = 0;
    for (uint32_t i = 0; i < aggregate->measure_count; i++) {
        const struct measure *measure = &aggregate->measures[i];
        out->numbers[i].kind = NUMBER_NONE;
        if (!measure_kind_valued(measure->kind))
            continue;
        const struct palua_argument *argument = &arguments[at++];
        if (argument->type == 0)
            continue;
        if (measure->kind != MEASURE_DISTINCT &&
            !argument_number(argument, measure->unit != CELL_NIL, &out->numbers[i])) {
            out->bad = at;
            return;
        }
        if (number_is_nan(out->numbers[i])) {
            out->numbers[i].kind = NUMBER_NONE;
            aggregate->nans++;
            continue;
        }
        out->present++;
    }
}

static void add_values(struct aggregate *aggregate, const struct palua_argument *arguments,
                       const struct values *values, uint8_t *cells)
{
    uint32_t at = aggregate->key_count;
    for (uint32_t i = 0; i < aggregate->measure_count; i++) {
        struct measure *measure = &aggregate->measures[i];
        void *cell = cells + measure->offset;
        if (measure->kind == MEASURE_COUNT)
            measure_add(measure, cell, values->numbers[i]);
        else if (measure->kind != MEASURE_DISTINCT && values->numbers[i].kind != NUMBER_NONE)
            measure_add(measure, cell, values->numbers[i]);
        else if (measure->kind == MEASURE_DISTINCT && arguments[at].type != 0)
            measure_add_hash(cell, key_hash_value(&arguments[at]));
        at += measure_kind_valued(measure->kind);
    }
}

static uint8_t *find_cells(struct aggregate *aggregate, const struct palua_argument *arguments)
{
    struct key *key = &aggregate->key;
    key_make(key, arguments, aggregate->key_count);
    aggregate->keys_cut += key->cut;
    for (uint32_t i = 0; i < aggregate->key_count; i++)
        if (arguments[i].type == PALUA_STRING)
            aggregate->text_columns |= UINT32_C(1) << i;
    if (!aggregate->started)
        start(aggregate);
    return rows_cells(&aggregate->rows, key->bytes, key->len);
}

uint32_t aggregate_add(struct aggregate *aggregate, const struct palua_argument *arguments)
{
    struct values values;
    if (aggregate->value_count == 0 && aggregate->measure_count == 1) { // the commonest: a count
        ++*(uint64_t *)find_cells(aggregate, arguments);
        return 0;
    }
    read_values(aggregate, arguments, &values);
    if (values.bad)
        return values.bad;
    if (values.present == 0 && aggregate->value_count == aggregate->measure_count &&
        aggregate->measure_count) {
        aggregate->absent++;
        return 0;
    }
    add_values(aggregate, arguments, &values, find_cells(aggregate, arguments));
    return 0;
}

uint32_t palua_aggregate_add(struct aggregate *aggregate)
{
    return aggregate_add(aggregate, aggregate->arguments);
}

void aggregate_merge(struct aggregate *into, const struct aggregate *from)
{
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
