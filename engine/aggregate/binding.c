// SPDX-License-Identifier: MIT OR Apache-2.0
#include <string.h>

#include "aggregate/column.h"
#include "aggregate/declaration.h"
#include "base/memory.h"

struct aggregate_binding {
    struct aggregate *aggregate;
    uint32_t text_columns; // as in the aggregate
    uint32_t column_count;
    struct column columns[PALUA_ARGUMENT_CAP]; // in the order of the arguments
};

static bool is_number_type(uint8_t type)
{
    return type == PALUA_UINT || type == PALUA_INT || type == PALUA_ENUM || type == PALUA_REAL ||
           type == PALUA_TIME || type == PALUA_DURATION;
}

static enum cell_type unit_of(const struct path *path)
{
    if (path->form != PATH_PLAIN)
        return CELL_NIL;
    return path->field->type == PALUA_TIME       ? CELL_TIME
           : path->field->type == PALUA_DURATION ? CELL_DURATION
                                                 : CELL_NIL;
}

/** Gives a measure its unit, once. */
static bool set_unit(struct aggregate *aggregate, struct measure *measure, enum cell_type unit,
                     bool fresh, struct error *err)
{
    if (measure->unit == unit)
        return true;
    if (measure->unit != CELL_NIL || !fresh)
        return error_set(err, ERROR_USAGE, "",
                         "\"%s\" would add seconds and plain numbers in one column: "
                         "use x_ns for a duration here",
                         aggregate->name);
    measure->unit = unit;
    measure->scale.step *= 1e9; // the width was given in seconds
    measure->real =
        measure->scale.step != (double)(int64_t)measure->scale.step && measure->scale.step < 0x1p62;
    return true;
}

static bool bind_field(struct aggregate_binding *binding, const struct registry *registry,
                       uint16_t kind, const char *field, struct interest *interest,
                       struct error *err)
{
    struct path path;
    if (!path_resolve(registry, kind, field, &path, err))
        return false;
    interest_add(interest, &path);
    column_init(&binding->columns[binding->column_count++], &path);
    return true;
}

static bool bind_value(struct aggregate_binding *binding, const struct registry *registry,
                       uint16_t kind, struct measure *measure, struct interest *interest,
                       struct error *err)
{
    struct aggregate *aggregate = binding->aggregate;
    if (!bind_field(binding, registry, kind, measure->field, interest, err)) {
        if (err) { // the field may be meant by the aggregation's name only: say how to choose one
            struct error cause = *err;
            error_set(err, ERROR_USAGE, cause.where,
                      "%.500s (the value of \"%s\"; name its field with { value = \"FIELD\" }%s)",
                      cause.text, aggregate->name,
                      aggregate->measure_count > 1 ? " or \"label:kind(FIELD)\"" : "");
        }
        return false;
    }
    const struct path *path = &binding->columns[binding->column_count - 1].path;
    if (measure->kind == MEASURE_DISTINCT)
        return true;
    if (path->item || path->form == PATH_NAME || !is_number_type(path->field->type))
        return error_set(err, ERROR_USAGE, "",
                         "the value of \"%s\" must be a number, and field \"%s\" is none",
                         aggregate->name, measure->field);
    return set_unit(aggregate, measure, unit_of(path), !aggregate->bound, err);
}

static bool bind_all(struct aggregate_binding *binding, const struct registry *registry,
                     uint16_t kind, struct interest *interest, struct error *err)
{
    struct aggregate *aggregate = binding->aggregate;
    for (uint32_t i = 0; i < aggregate->key_count; i++)
        if (!bind_field(binding, registry, kind, aggregate->key_names[i], interest, err))
            return false;
    for (uint32_t i = 0; i < aggregate->measure_count; i++) {
        struct measure *measure = &aggregate->measures[i];
        if (measure_kind_valued(measure->kind) &&
            !bind_value(binding, registry, kind, measure, interest, err))
            return false;
    }
    for (uint32_t i = 0; i < aggregate->key_count; i++)
        binding->text_columns |= (uint32_t)column_is_text(&binding->columns[i]) << i;
    aggregate->bound = true;
    return true;
}

struct aggregate_binding *aggregate_bind(struct aggregate *aggregate,
                                         const struct registry *registry, uint16_t kind,
                                         struct interest *interest, struct error *err)
{
    struct aggregate_binding *binding = memory_zalloc(1, sizeof *binding);
    binding->aggregate = aggregate;
    if (!bind_all(binding, registry, kind, interest, err)) {
        aggregate_binding_free(binding);
        return NULL;
    }
    interest_add_event(interest, registry, kind, false);
    return binding;
}

void aggregate_binding_free(struct aggregate_binding *binding)
{
    if (!binding)
        return;
    for (uint32_t i = 0; i < binding->column_count; i++)
        column_fini(&binding->columns[i]);
    memory_free(binding);
}

/** What the events have for a measure; NUMBER_NONE if nothing. */
static void read_values(struct aggregate *aggregate, const struct measure *measure,
                        struct column *column, const struct palua_event *const *events,
                        uint32_t count, struct number *out)
{
    if (column->way <= COLUMN_WORD && measure->kind != MEASURE_DISTINCT) {
        column_numbers(column, events, count, out);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct palua_argument argument;
        column_argument(column, events[i], &argument);
        aggregate_read_value(aggregate, measure, &argument, &out[i]);
    }
}

static void read_all_values(struct aggregate_binding *binding,
                            const struct palua_event *const *events, uint32_t count)
{
    struct aggregate *aggregate = binding->aggregate;
    struct backlog *backlog = aggregate->backlog;
    struct column *column = &binding->columns[aggregate->key_count];
    uint32_t value = 0;
    for (uint32_t i = 0; i < aggregate->measure_count; i++)
        if (measure_kind_valued(aggregate->measures[i].kind))
            read_values(aggregate, &aggregate->measures[i], column++, events, count,
                        &backlog->values[value++][backlog->count]);
}

/** Whether add `at` of the backlog has a value. */
static bool has_value(const struct aggregate *aggregate, uint32_t at)
{
    for (uint32_t i = 0; i < aggregate->value_count; i++)
        if (aggregate->backlog->values[i][at].kind != NUMBER_NONE)
            return true;
    return false;
}

/** Leaves out events without any value, whose places others take. @return how many are left */
static uint32_t leave_out(struct aggregate *aggregate, const struct palua_event **events,
                          uint32_t count)
{
    struct backlog *backlog = aggregate->backlog;
    uint32_t first = backlog->count, kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!has_value(aggregate, first + i))
            continue;
        events[kept] = events[i];
        for (uint32_t value = 0; value < aggregate->value_count; value++)
            backlog->values[value][first + kept] = backlog->values[value][first + i];
        kept++;
    }
    aggregate->absent += count - kept;
    return kept;
}

/** Column by column, so that what is to be done is decided once for all events. */
static void write_keys(struct aggregate_binding *binding, const struct palua_event *const *events,
                       uint32_t count)
{
    struct aggregate *aggregate = binding->aggregate;
    struct backlog *backlog = aggregate->backlog;
    struct rows_request *requests = &backlog->requests[backlog->count];
    struct writer keys[BACKLOG_CAP];
    for (uint32_t i = 0; i < count; i++)
        keys[i] = writer_at(backlog->keys[backlog->count + i]);
    for (uint32_t i = 0; i < aggregate->key_count; i++)
        column_put_all(&binding->columns[i], events, count, keys, aggregate->key_count - 1 - i);
    for (uint32_t i = 0; i < count; i++) {
        requests[i].key = keys[i].start;
        requests[i].key_len = writer_end(&keys[i]);
        aggregate->keys_cut += keys[i].cut;
    }
}

/** As many events as there is room for in the backlog. */
static void add_events(struct aggregate_binding *binding, const struct palua_event *const *events,
                       uint32_t count)
{
    struct aggregate *aggregate = binding->aggregate;
    const struct palua_event *kept[BACKLOG_CAP];
    if (aggregate->value_count)
        read_all_values(binding, events, count);
    if (aggregate_needs_value(aggregate)) {
        memcpy(kept, events, count * sizeof *kept);
        count = leave_out(aggregate, kept, count);
        events = kept;
    }
    write_keys(binding, events, count);
    aggregate_put_off(aggregate, count);
}

void aggregate_binding_consume(struct aggregate_binding *binding, const struct event_queue *queue)
{
    if (queue->count)
        binding->aggregate->text_columns |= binding->text_columns;
    for (uint32_t i = 0; i < queue->count;) {
        uint32_t room = BACKLOG_CAP - binding->aggregate->backlog->count;
        uint32_t count = queue->count - i < room ? queue->count - i : room;
        add_events(binding, (const struct palua_event *const *)queue->events + i, count);
        i += count;
    }
}
