// SPDX-License-Identifier: MIT OR Apache-2.0
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

/** What the event has for a measure; NUMBER_NONE if nothing. */
static inline void read_value(struct aggregate *aggregate, const struct measure *measure,
                              struct column *column, const struct palua_event *event,
                              struct number *out)
{
    struct palua_argument argument;
    const uint8_t *at = column_at(column, event);
    bool plain = at && measure->kind != MEASURE_DISTINCT;
    if (plain && column->way == COLUMN_UINT) {
        *out = number_of_uint(value_uint(at, column->size));
    } else if (plain && column->way == COLUMN_WORD) {
        *out = number_of_int((int64_t)value_uint(at, 8)); // of the measure's unit: see set_unit
    } else {
        column_argument(column, event, &argument);
        aggregate_read_value(aggregate, measure, &argument, out);
    }
}

/** @return how many values the event has */
static inline uint32_t read_values(struct aggregate_binding *binding,
                                   const struct palua_event *event)
{
    struct aggregate *aggregate = binding->aggregate;
    struct column *column = &binding->columns[aggregate->key_count];
    struct number *out = aggregate_next_values(aggregate);
    uint32_t present = 0;
    for (uint32_t i = 0; i < aggregate->measure_count; i++) {
        const struct measure *measure = &aggregate->measures[i];
        if (!measure_kind_valued(measure->kind))
            continue;
        read_value(aggregate, measure, column++, event, out);
        present += (out++)->kind != NUMBER_NONE;
    }
    return present;
}

static inline void add_event(struct aggregate_binding *binding, const struct palua_event *event)
{
    struct aggregate *aggregate = binding->aggregate;
    if (!aggregate_accepts(aggregate, aggregate->value_count ? read_values(binding, event) : 0))
        return;
    struct writer key = writer_at(aggregate_next_key(aggregate));
    for (uint32_t i = 0; i < aggregate->key_count; i++)
        column_put(&binding->columns[i], event, &key,
                   writer_room(&key, aggregate->key_count - 1 - i));
    aggregate->keys_cut += key.cut;
    aggregate_put_off(aggregate, writer_end(&key));
}

void aggregate_binding_consume(struct aggregate_binding *binding, const struct event_queue *queue)
{
    if (queue->count)
        binding->aggregate->text_columns |= binding->text_columns;
    for (uint32_t i = 0; i < queue->count; i++)
        add_event(binding, queue->events[i]);
}
