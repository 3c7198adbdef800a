// SPDX-License-Identifier: MIT OR Apache-2.0
#include "aggregate/declaration.h"
#include "base/memory.h"

struct aggregate_binding {
    struct aggregate *aggregate;
    struct path paths[PALUA_ARGUMENT_CAP]; // in the order of the arguments
    uint32_t path_count;
    struct text lists[PALUA_ARGUMENT_CAP]; // a list counts as its text
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
    struct path *path = &binding->paths[binding->path_count++];
    if (!path_resolve(registry, kind, field, path, err))
        return false;
    interest_add(interest, path);
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
    const struct path *path = &binding->paths[binding->path_count - 1];
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
    for (uint32_t i = 0; i < PALUA_ARGUMENT_CAP; i++)
        text_fini(&binding->lists[i]);
    memory_free(binding);
}

static void set_slice(struct palua_argument *out, const uint8_t *data, size_t len)
{
    out->data = data;
    out->len = len < UINT32_MAX ? (uint32_t)len : UINT32_MAX;
}

static void set_argument(struct palua_argument *out, const struct value *value,
                         const struct path *path, struct text *list)
{
    out->type = value->type;
    switch (value->type) {
    case PALUA_REAL:
        out->real = value->real;
        return;
    case PALUA_IPADDR:
    case PALUA_MAC:
    case PALUA_BYTES:
    case PALUA_STRING:
        set_slice(out, value->slice.data, value->slice.len);
        return;
    case PALUA_LIST:
        text_clear(list);
        value_text(value, path->field, list);
        out->type = PALUA_STRING;
        set_slice(out, (const uint8_t *)list->data, list->len);
        return;
    default:
        out->integer = value->sint;
        return;
    }
}

void aggregate_binding_consume(struct aggregate_binding *binding, const struct event_queue *queue)
{
    struct palua_argument arguments[PALUA_ARGUMENT_CAP];
    for (uint32_t event = 0; event < queue->count; event++) {
        for (uint32_t i = 0; i < binding->path_count; i++) {
            struct value value;
            path_read_into(&binding->paths[i], queue->events[event], &value);
            set_argument(&arguments[i], &value, &binding->paths[i], &binding->lists[i]);
        }
        aggregate_add(binding->aggregate, arguments);
    }
}
