// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sink/table.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

enum { FIXED_UNITS = 1000000000 };

static const char *keep_string(struct arena *arena, const char *text)
{
    return arena_copy(arena, text, strlen(text) + 1, 1);
}

void table_init(struct table *table, const struct table_schema *schema)
{
    *table = (struct table){.schema = *schema};
    arena_init(&table->arena);
    const char **columns = arena_alloc(
        &table->arena, memory_mul(schema->column_count, sizeof *columns), sizeof *columns);
    for (uint32_t i = 0; i < schema->column_count; i++)
        columns[i] = keep_string(&table->arena, schema->columns[i]);
    table->schema.columns = columns;
    if (schema->types)
        table->schema.types =
            arena_copy(&table->arena, schema->types, schema->column_count * sizeof *schema->types,
                       _Alignof(struct column_type));
    table->schema.name = keep_string(&table->arena, schema->name);
}

void table_fini(struct table *table)
{
    memory_free(table->cells);
    arena_fini(&table->arena);
    *table = (struct table){0};
}

struct cell *table_add_row(struct table *table)
{
    size_t columns = table->schema.column_count;
    table->cells = memory_grow(table->cells, &table->row_cap, table->row_count + 1,
                               memory_mul(columns, sizeof *table->cells));
    struct cell *row = table->cells + table->row_count++ * columns;
    memset(row, 0, columns * sizeof *row);
    return row;
}

struct palua_slice table_keep(struct table *table, const void *data, size_t len)
{
    uint32_t kept = len < UINT32_MAX ? (uint32_t)len : UINT32_MAX;
    return (struct palua_slice){.data = arena_copy(&table->arena, data, kept, 1), .len = kept};
}

void table_set_footer(struct table *table, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len >= 0) {
        table->footer = arena_alloc(&table->arena, (size_t)len + 1, 1);
        vsnprintf(table->footer, (size_t)len + 1, format, again);
    }
    va_end(again);
}

__int128 cell_fixed(double value)
{
    if (isnan(value))
        return 0;
    if (value > 0x1p64)
        value = 0x1p64;
    if (value < -0x1p64)
        value = -0x1p64;
    // The whole part is exact; only the fraction is rounded, so that 0.1 + 0.2 is 0.3.
    double whole = trunc(value);
    return (__int128)whole * FIXED_UNITS + (__int128)rint((value - whole) * FIXED_UNITS);
}
