// SPDX-License-Identifier: MIT OR Apache-2.0
#include "run/fields.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "event/path.h"
#include "filter/program.h"
#include "sink/cell.h"

/** One event kind among those that -T names: where each column is in it. */
struct fields_kind {
    uint16_t kind;
    struct path *paths;           /**< one per column */
    bool *has;                    /**< whether the event has the column */
    struct filter_program *where; /**< NULL: every event */
};

struct fields {
    struct analysis analysis;
    const struct registry *registry;
    const char **columns; /**< as the user wrote them */
    size_t column_count;
    struct fields_kind *kinds;
    size_t kind_count;
    size_t kind_cap;
    struct table_schema schema;
    struct column_type *types; /**< one per column */
    bool *typed;               /**< while columns are added: the type is that of an event's field */
    uint32_t stream;
    struct cell *cells;
    struct arena scratch; /**< what a row has to spell out */
};

static struct fields_kind *kind_entry(struct fields *fields, uint16_t kind)
{
    for (size_t i = 0; i < fields->kind_count; i++)
        if (fields->kinds[i].kind == kind)
            return &fields->kinds[i];
    fields->kinds = memory_grow(fields->kinds, &fields->kind_cap, fields->kind_count + 1,
                                sizeof *fields->kinds);
    struct fields_kind *entry = &fields->kinds[fields->kind_count++];
    *entry = (struct fields_kind){
        .kind = kind,
        .paths = memory_zalloc(fields->column_count, sizeof *entry->paths),
        .has = memory_zalloc(fields->column_count, sizeof *entry->has),
    };
    return entry;
}

static void add_column(struct fields *fields, size_t column, const struct path *path,
                       struct interest *interest)
{
    struct fields_kind *entry = kind_entry(fields, path->kind);
    entry->paths[column] = *path;
    entry->has[column] = true;
    struct column_type type = cell_column_type(path->field, path->item ? PATH_PLAIN : path->form);
    fields->types[column] =
        fields->typed[column] ? column_type_join(fields->types[column], type) : type;
    fields->typed[column] = true;
    interest_add(interest, path);
}

/** EVENT.FIELD: the longest prefix of the spec that is an event. */
static bool resolve_event(struct fields *fields, size_t column, struct interest *interest,
                          bool *known, struct error *err)
{
    const char *spec = fields->columns[column];
    struct text name;
    struct path path;
    uint16_t kind = EVENT_KIND_NONE;
    const char *dot = spec + strlen(spec);
    text_init(&name);
    while (kind == EVENT_KIND_NONE && (dot = memrchr(spec, '.', (size_t)(dot - spec)))) {
        text_clear(&name);
        text_add(&name, spec, (size_t)(dot - spec));
        kind = registry_find(fields->registry, name.data);
    }
    text_fini(&name);
    *known = kind != EVENT_KIND_NONE;
    if (!*known || !path_resolve(fields->registry, kind, dot + 1, &path, err))
        return false;
    add_column(fields, column, &path, interest);
    return true;
}

/** PROTO.FIELD: every event of the protocol that has the field. */
static bool resolve_protocol(struct fields *fields, size_t column, struct interest *interest,
                             struct error *err)
{
    const char *spec = fields->columns[column];
    const char *dot = strchr(spec, '.');
    bool protocol = false, found = false;
    for (uint16_t kind = 0; dot && kind < registry_count(fields->registry); kind++) {
        const char *name = registry_schema(fields->registry, kind)->name;
        struct path path;
        if (strncmp(name, spec, (size_t)(dot - spec) + 1) != 0)
            continue;
        protocol = true;
        if (!path_resolve(fields->registry, kind, dot + 1, &path, err))
            continue;
        add_column(fields, column, &path, interest);
        found = true;
    }
    if (protocol || found)
        return found;
    const char *near = registry_nearest(fields->registry, spec);
    return error_set(err, ERROR_USAGE, NULL,
                     near ? "-T %s: no such event; did you mean %s.FIELD?"
                          : "-T %s: no such event, expected EVENT.FIELD; --list-events lists them",
                     spec, near);
}

static bool resolve(struct fields *fields, size_t column, struct interest *interest,
                    struct error *err)
{
    bool known = false;
    if (resolve_event(fields, column, interest, &known, err))
        return true;
    return !known && resolve_protocol(fields, column, interest, err);
}

/** The filter of -Y, once per event, as names mean something else in each. */
static bool add_filters(struct fields *fields, const struct fields_options *options,
                        struct error *err)
{
    uint16_t *kinds = memory_zalloc(fields->kind_count, sizeof *kinds);
    bool ok = true;
    for (size_t i = 0; i < fields->kind_count; i++)
        kinds[i] = fields->kinds[i].kind;
    for (size_t i = 0; ok && i < fields->kind_count; i++) {
        const struct filter_scope scope = {.registry = options->registry,
                                           .decoder = options->decoder,
                                           .interest = options->interest,
                                           .kind = kinds[i],
                                           .others = kinds,
                                           .other_count = (uint32_t)fields->kind_count};
        fields->kinds[i].where =
            filter_program_new(&scope, options->where, strlen(options->where), err);
        ok = fields->kinds[i].where != NULL;
    }
    if (!ok && err)
        snprintf(err->where, sizeof err->where, "-Y");
    memory_free(kinds);
    return ok;
}

static void print_event(struct fields *fields, const struct fields_kind *kind,
                        const struct palua_event *event, uint64_t key, struct sheet *sheet)
{
    arena_reset(&fields->scratch);
    for (size_t i = 0; i < fields->column_count; i++) {
        fields->cells[i] = (struct cell){.type = CELL_NIL};
        if (!kind->has[i])
            continue;
        struct value value;
        path_read_into(&kind->paths[i], event, &value);
        fields->cells[i] = cell_of(&value, kind->paths[i].field, &fields->scratch);
    }
    output_row(sheet, (struct output_key){key, fields->analysis.order, 0}, fields->stream,
               fields->cells);
}

static void open(struct analysis *analysis, struct output *output, const struct analysis *first)
{
    struct fields *fields = (struct fields *)analysis;
    fields->stream =
        first ? ((const struct fields *)first)->stream : output_stream(output, &fields->schema);
}

static void consume(struct analysis *analysis, struct batch *batch, struct part_range parts,
                    struct sheet *sheet)
{
    struct fields *fields = (struct fields *)analysis;
    for (uint32_t part = parts.first; part < parts.first + parts.count; part++)
        for (size_t k = 0; k < fields->kind_count; k++) {
            const struct fields_kind *kind = &fields->kinds[k];
            const struct event_queue *queue = &batch->parts[part].queues[kind->kind];
            for (uint32_t i = 0; i < queue->count; i++)
                if (!kind->where || filter_program_holds(kind->where, queue->events[i]))
                    print_event(fields, kind, queue->events[i], queue->keys[i], sheet);
        }
    analysis->report.given_up = 0;
    for (size_t k = 0; k < fields->kind_count; k++)
        if (fields->kinds[k].where)
            analysis->report.given_up += filter_program_given_up(fields->kinds[k].where);
}

static bool reads(const struct analysis *analysis, uint16_t kind)
{
    const struct fields *fields = (const struct fields *)analysis;
    for (size_t k = 0; k < fields->kind_count; k++)
        if (fields->kinds[k].kind == kind)
            return true;
    return false;
}

static void gate(const struct analysis *analysis, uint16_t kind, struct filter_gate *out)
{
    const struct fields *fields = (const struct fields *)analysis;
    for (size_t k = 0; k < fields->kind_count; k++)
        if (fields->kinds[k].kind == kind)
            filter_gate_add(out, fields->kinds[k].where);
}

/** An instance keeps nothing: its rows are in the sheets. */
static void merge(struct analysis *into, struct analysis *from)
{
    (void)into;
    (void)from;
}

static void finish(struct analysis *analysis, struct output *output, struct sheet *sheet)
{
    (void)analysis;
    (void)output;
    (void)sheet;
}

static void fields_free(struct analysis *analysis)
{
    struct fields *fields = (struct fields *)analysis;
    for (size_t i = 0; i < fields->kind_count; i++) {
        memory_free(fields->kinds[i].paths);
        memory_free(fields->kinds[i].has);
        filter_program_free(fields->kinds[i].where);
    }
    memory_free(fields->kinds);
    memory_free(fields->columns);
    memory_free(fields->cells);
    memory_free(fields->types);
    memory_free(fields->typed);
    arena_fini(&fields->scratch);
    memory_free(fields);
}

static const struct analysis_ops ops = {.open = open,
                                        .consume = consume,
                                        .reads = reads,
                                        .gate = gate,
                                        .merge = merge,
                                        .finish = finish,
                                        .free = fields_free};

struct analysis *fields_new(const struct fields_options *options, struct error *err)
{
    const struct string_list *specs = options->specs;
    struct fields *fields = memory_zalloc(1, sizeof *fields);
    fields->analysis = (struct analysis){.ops = &ops, .name = "fields", .order = options->order};
    fields->registry = options->registry;
    fields->column_count = specs->count;
    fields->columns = memory_zalloc(specs->count, sizeof *fields->columns);
    memcpy(fields->columns, specs->items, specs->count * sizeof *fields->columns);
    fields->cells = memory_zalloc(specs->count, sizeof *fields->cells);
    fields->types = memory_zalloc(specs->count, sizeof *fields->types);
    fields->typed = memory_zalloc(specs->count, sizeof *fields->typed);
    fields->schema = (struct table_schema){.name = "fields",
                                           .columns = fields->columns,
                                           .column_count = (uint32_t)specs->count,
                                           .key_count = (uint32_t)specs->count,
                                           .types = fields->types};
    arena_init(&fields->scratch);
    bool ok = true;
    for (size_t i = 0; ok && i < specs->count; i++)
        ok = resolve(fields, i, options->interest, err);
    if (ok && (!options->where || add_filters(fields, options, err)))
        return &fields->analysis;
    fields_free(&fields->analysis);
    return NULL;
}
