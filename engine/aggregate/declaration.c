// SPDX-License-Identifier: MIT OR Apache-2.0
#include "aggregate/declaration.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/nearest.h"

enum { QUANTILE_BITS = 7 };

__attribute__((format(printf, 2, 3))) static bool refuse(struct aggregate *aggregate,
                                                         const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(aggregate->problem, sizeof aggregate->problem, format, args);
    va_end(args);
    return false;
}

struct aggregate *palua_aggregate_new(const char *name, uint64_t key_cap)
{
    struct aggregate *aggregate = memory_zalloc(1, sizeof *aggregate);
    aggregate->name = memory_strdup(name);
    aggregate->key_cap = key_cap ? key_cap : 1;
    aggregate->sort = UINT32_MAX;
    aggregate->backlog = memory_alloc(sizeof *aggregate->backlog);
    aggregate->backlog->count = 0;
    return aggregate;
}

void aggregate_free(struct aggregate *aggregate)
{
    if (!aggregate)
        return;
    if (aggregate->started)
        rows_fini(&aggregate->rows);
    for (uint32_t i = 0; i < aggregate->key_count; i++)
        memory_free(aggregate->key_names[i]);
    for (uint32_t i = 0; i < aggregate->measure_count; i++) {
        memory_free(aggregate->measures[i].label);
        memory_free(aggregate->measures[i].field);
    }
    memory_free(aggregate->backlog);
    memory_free(aggregate->name);
    memory_free(aggregate);
}

void palua_aggregate_free(struct aggregate *aggregate)
{
    aggregate_free(aggregate);
}

const char *aggregate_name(const struct aggregate *aggregate)
{
    return aggregate->name;
}

bool aggregate_shown(const struct aggregate *aggregate)
{
    return !aggregate->hidden;
}

const char *palua_aggregate_problem(const struct aggregate *aggregate)
{
    return aggregate->problem;
}

uint32_t palua_aggregate_keys(const struct aggregate *aggregate)
{
    return aggregate->key_count;
}

bool palua_aggregate_valued(const char *kind)
{
    enum measure_kind found;
    return measure_kind_find(kind, &found) && measure_kind_valued(found);
}

const char *palua_aggregate_kind(const char *kind)
{
    static const char *const kinds[] = {
#define X(kind, name) name,
        MEASURE_LIST(X)
#undef X
            "group"};
    return nearest(kind, kinds, sizeof kinds / sizeof *kinds);
}

struct palua_argument *palua_aggregate_arguments(struct aggregate *aggregate)
{
    return aggregate->arguments;
}

uint32_t declaration_columns(const struct aggregate *aggregate)
{
    uint32_t count = aggregate->key_count;
    for (uint32_t i = 0; i < aggregate->measure_count; i++)
        count += measure_kind_columns(aggregate->measures[i].kind);
    return count;
}

const struct measure *declaration_measure(const struct aggregate *aggregate, uint32_t column,
                                          uint32_t *part)
{
    const struct measure *measure = aggregate->measures;
    column -= aggregate->key_count;
    while (column >= measure_kind_columns(measure->kind))
        column -= measure_kind_columns((measure++)->kind);
    *part = column;
    return measure;
}

void declaration_column(const struct aggregate *aggregate, uint32_t column, struct text *out)
{
    text_clear(out);
    if (column < aggregate->key_count) {
        text_add_str(out, aggregate->key_names[column]);
        return;
    }
    uint32_t part;
    const struct measure *measure = declaration_measure(aggregate, column, &part);
    const char *suffix = measure_kind_suffix(measure->kind, part);
    // Alone, a quantile's columns need no more than "p50"; in a group they are "rtt_p50".
    if (!suffix || measure->label[0] != '\0')
        text_add_str(out, measure->label);
    if (suffix && measure->label[0] != '\0')
        text_add_char(out, '_');
    if (suffix)
        text_add_str(out, suffix);
}

/** Finds a result column by name. @return its index, or the number of columns */
static uint32_t find_column(const struct aggregate *aggregate, const char *name)
{
    uint32_t count = declaration_columns(aggregate), i = 0;
    struct text column;
    text_init(&column);
    for (; i < count; i++) {
        declaration_column(aggregate, i, &column);
        if (column.data && strcmp(column.data, name) == 0)
            break;
    }
    text_fini(&column);
    return i;
}

bool palua_aggregate_key(struct aggregate *aggregate, const char *column)
{
    if (aggregate->key_count == KEY_COLUMN_CAP)
        return refuse(aggregate, "there are more than %d key columns", KEY_COLUMN_CAP);
    if (find_column(aggregate, column) < declaration_columns(aggregate))
        return refuse(aggregate, "column \"%s\" is there twice", column);
    aggregate->key_names[aggregate->key_count++] = memory_strdup(column);
    return true;
}

/** The label under which a measure that shows one column is listed; several columns have suffixes.
 */
static bool names_clash(const struct aggregate *aggregate, const struct measure *measure)
{
    struct text column;
    text_init(&column);
    struct aggregate with = *aggregate;
    with.measures[with.measure_count++] = *measure;
    bool clash = false;
    for (uint32_t i = declaration_columns(aggregate); i < declaration_columns(&with); i++) {
        declaration_column(&with, i, &column);
        clash = clash || find_column(aggregate, column.data) < declaration_columns(aggregate);
    }
    text_fini(&column);
    return clash;
}

bool palua_aggregate_measure(struct aggregate *aggregate, const char *label, const char *kind,
                             const char *field, double step)
{
    struct measure measure = {.unit = CELL_NIL, .offset = aggregate->cells_size};
    if (!measure_kind_find(kind, &measure.kind))
        return refuse(aggregate, "there is no measure \"%s\"", kind);
    if (aggregate->measure_count == AGGREGATE_MEASURE_CAP)
        return refuse(aggregate, "there are more than %d measures", AGGREGATE_MEASURE_CAP);
    if (step != 0 && (measure.kind != MEASURE_HIST || !(step > 0) || !isfinite(step)))
        return refuse(aggregate, "linear is the width of a histogram's buckets, a number above 0");
    measure.label = memory_strdup(label);
    if (names_clash(aggregate, &measure)) {
        memory_free(measure.label);
        return refuse(aggregate, "column \"%s\" is there twice", label);
    }
    measure.field = memory_strdup(field);
    measure.scale = (struct scale){.step = step};
    measure.scale.bits = measure.kind == MEASURE_QUANTILE ? QUANTILE_BITS : 0;
    measure.real = step != 0 && step != rint(step);
    aggregate->measures[aggregate->measure_count++] = measure;
    aggregate->value_count += measure_kind_valued(measure.kind);
    aggregate->cells_size += measure_kind_size(measure.kind);
    return true;
}

/** Names the result columns in a sentence about an unknown one. */
static bool refuse_column(struct aggregate *aggregate, const char *name)
{
    uint32_t count = declaration_columns(aggregate);
    struct text *columns = memory_zalloc(count, sizeof *columns);
    const char **names = memory_zalloc(count, sizeof *names);
    for (uint32_t i = 0; i < count; i++) {
        declaration_column(aggregate, i, &columns[i]);
        names[i] = columns[i].data;
    }
    const char *near = nearest(name, names, count);
    if (near)
        refuse(aggregate, "there is no column \"%s\"; did you mean \"%s\"?", name, near);
    else
        refuse(aggregate, "there is no column \"%s\"; the last one is \"%s\"", name,
               count ? names[count - 1] : "");
    for (uint32_t i = 0; i < count; i++)
        text_fini(&columns[i]);
    memory_free(columns);
    memory_free(names);
    return false;
}

bool palua_aggregate_order(struct aggregate *aggregate, const char *column, const char *order)
{
    uint32_t index = column ? find_column(aggregate, column) : aggregate->key_count;
    if (column && index == declaration_columns(aggregate))
        return refuse_column(aggregate, column);
    if (order && strcmp(order, "asc") != 0 && strcmp(order, "desc") != 0)
        return refuse(aggregate, "an order is \"asc\" or \"desc\", not \"%s\"", order);
    aggregate->sort = index;
    aggregate->ascending = order ? strcmp(order, "asc") == 0 : index < aggregate->key_count;
    return true;
}

void palua_aggregate_top(struct aggregate *aggregate, uint64_t count)
{
    aggregate->top = count;
}

void palua_aggregate_hide(struct aggregate *aggregate)
{
    aggregate->hidden = true;
}
