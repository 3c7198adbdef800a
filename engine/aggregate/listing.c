// SPDX-License-Identifier: MIT OR Apache-2.0
#include <string.h>

#include "aggregate/declaration.h"
#include "base/memory.h"
#include "sink/aligned.h"
#include "sink/spelling.h"

/** A result that Lua walks through. */
struct palua_rows {
    struct table table;
    struct text text; // of the cell or table that was asked for last
};

struct palua_rows *palua_aggregate_rows(struct aggregate *aggregate)
{
    struct palua_rows *rows = memory_zalloc(1, sizeof *rows);
    aggregate_table(aggregate, &rows->table);
    return rows;
}

void palua_rows_free(struct palua_rows *rows)
{
    table_fini(&rows->table);
    text_fini(&rows->text);
    memory_free(rows);
}

uint64_t palua_rows_count(const struct palua_rows *rows)
{
    return rows->table.row_count;
}

uint32_t palua_rows_columns(const struct palua_rows *rows)
{
    return rows->table.schema.column_count;
}

const char *palua_rows_column(const struct palua_rows *rows, uint32_t column)
{
    return column < rows->table.schema.column_count ? rows->table.schema.columns[column] : "";
}

static void give_text(struct palua_rows *rows, const struct cell *cell, struct palua_argument *out)
{
    text_clear(&rows->text);
    spelling_cell(cell, SPELLING_MACHINE, &rows->text);
    out->type = PALUA_STRING;
    out->data = (const uint8_t *)rows->text.data;
    out->len = (uint32_t)rows->text.len;
}

static void give_real(struct palua_argument *out, double real)
{
    out->type = PALUA_REAL;
    out->real = real;
}

static void give_integer(struct palua_argument *out, uint32_t type, int64_t integer)
{
    out->type = type;
    out->integer = integer;
}

void palua_rows_cell(struct palua_rows *rows, uint64_t row, uint32_t column,
                     struct palua_argument *out)
{
    *out = (struct palua_argument){0};
    if (row >= rows->table.row_count || column >= rows->table.schema.column_count)
        return;
    const struct cell *cell = &rows->table.cells[row * rows->table.schema.column_count + column];
    switch (cell->type) {
    case CELL_NIL:
        return;
    case CELL_BOOL:
        give_integer(out, PALUA_BOOL, (int64_t)cell->uint);
        return;
    case CELL_INT:
        give_integer(out, PALUA_INT, cell->sint);
        return;
    case CELL_UINT:
    case CELL_ESTIMATE:
        give_integer(out, PALUA_UINT, (int64_t)cell->uint);
        return;
    case CELL_REAL:
        give_real(out, cell->real);
        return;
    case CELL_FIXED:
        give_real(out, (double)cell->wide / 1e9);
        return;
    case CELL_TIME:
    case CELL_DURATION:
        give_real(out, (double)cell->sint / 1e9);
        return;
    default:
        give_text(rows, cell, out);
        return;
    }
}

const char *palua_rows_text(struct palua_rows *rows, uint64_t *len)
{
    text_clear(&rows->text);
    aligned_table(&rows->table, false, &rows->text);
    *len = rows->text.len;
    return rows->text.data;
}
