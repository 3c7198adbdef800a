// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sink/gathered.h"

#include <string.h>

#include "base/memory.h"

void gathered_init(struct gathered *gathered)
{
    *gathered = (struct gathered){0};
}

void gathered_fini(struct gathered *gathered)
{
    for (size_t i = 0; i < gathered->count; i++)
        table_fini(&gathered->tables[i]);
    memory_free(gathered->tables);
}

struct table_schema *gathered_schema(const struct table_schema *schema)
{
    struct table_schema *out = memory_alloc(sizeof *out);
    const char **columns = memory_zalloc((size_t)schema->column_count + 1, sizeof *columns);
    struct column_type *types =
        schema->types ? memory_zalloc((size_t)schema->column_count + 1, sizeof *types) : NULL;
    if (types) // the file's is the first, a string
        memcpy(types + 1, schema->types, schema->column_count * sizeof *types);
    columns[0] = memory_strdup("file");
    for (uint32_t i = 0; i < schema->column_count; i++)
        columns[i + 1] = memory_strdup(schema->columns[i]);
    *out = (struct table_schema){.name = memory_strdup(schema->name),
                                 .columns = columns,
                                 .column_count = schema->column_count + 1,
                                 .key_count = schema->key_count + 1,
                                 .types = types};
    return out;
}

void gathered_schema_free(struct table_schema *schema)
{
    if (!schema)
        return;
    for (uint32_t i = 0; i < schema->column_count; i++)
        memory_free((void *)(uintptr_t)schema->columns[i]); // allocated above
    memory_free((void *)(uintptr_t)schema->columns);
    memory_free((void *)(uintptr_t)schema->types);
    memory_free((void *)(uintptr_t)schema->name);
    memory_free(schema);
}

bool gathered_same(const struct table_schema *with_file, const struct table_schema *schema)
{
    if (with_file->column_count != schema->column_count + 1 ||
        with_file->key_count != schema->key_count + 1 ||
        strcmp(with_file->name, schema->name) != 0 || !with_file->types != !schema->types)
        return false;
    for (uint32_t i = 0; i < schema->column_count; i++)
        if (strcmp(with_file->columns[i + 1], schema->columns[i]) != 0 ||
            (schema->types && !column_type_same(with_file->types[i + 1], schema->types[i])))
            return false;
    return true;
}

void gathered_cells(const char *file, const struct cell *cells, uint32_t count, struct cell *out)
{
    out[0] = (struct cell){
        .type = CELL_STRING,
        .slice = {.data = (const uint8_t *)file, .len = (uint32_t)strlen(file)},
    };
    memcpy(out + 1, cells, count * sizeof *cells);
}

static void keep_cell(struct table *table, struct cell *cell);

static void keep_list(struct table *table, struct cell *cell)
{
    struct cell *items = arena_copy(&table->arena, cell->list.items,
                                    cell->list.count * sizeof *items, _Alignof(struct cell));
    for (uint32_t i = 0; i < cell->list.count; i++)
        keep_cell(table, &items[i]); // an item is no list
    cell->list.items = items;
}

/** Lets a cell point into the table that it stands in. */
static void keep_cell(struct table *table, struct cell *cell)
{
    switch (cell->type) {
    case CELL_IPADDR:
    case CELL_MAC:
    case CELL_STRING:
    case CELL_BYTES:
        cell->slice = table_keep(table, cell->slice.data, cell->slice.len);
        return;
    case CELL_HIST:
        cell->hist.items =
            arena_copy(&table->arena, cell->hist.items, cell->hist.count * sizeof *cell->hist.items,
                       _Alignof(struct cell_bucket));
        return;
    case CELL_LIST:
        keep_list(table, cell);
        return;
    default:
        return;
    }
}

static struct table *table_for(struct gathered *gathered, const struct table_schema *schema)
{
    for (size_t i = 0; i < gathered->count; i++)
        if (gathered_same(&gathered->tables[i].schema, schema))
            return &gathered->tables[i];
    gathered->tables = memory_grow(gathered->tables, &gathered->cap, gathered->count + 1,
                                   sizeof *gathered->tables);
    struct table_schema *with_file = gathered_schema(schema);
    table_init(&gathered->tables[gathered->count], with_file);
    gathered_schema_free(with_file);
    return &gathered->tables[gathered->count++];
}

/* A table has one line below it: those of the files stand in it one after another. */
static void add_footer(struct table *to, const char *footer, const char *file)
{
    if (!footer)
        return;
    char *before = to->footer ? memory_strdup(to->footer) : NULL;
    table_set_footer(to, "%s%s%s: %s", before ? before : "", before ? "; " : "", file, footer);
    memory_free(before);
}

void gathered_add(struct gathered *gathered, const struct table *table, const char *file)
{
    struct table *to = table_for(gathered, &table->schema);
    uint32_t columns = table->schema.column_count;
    for (size_t i = 0; i < table->row_count; i++) {
        struct cell *row = table_add_row(to);
        gathered_cells(file, table->cells + i * columns, columns, row);
        for (uint32_t k = 0; k <= columns; k++)
            keep_cell(to, &row[k]);
    }
    add_footer(to, table->footer, file);
}
