// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sink/separated.h"

#include <string.h>

#include "sink/spelling.h"

void separated_header(const struct table_schema *schema, char separator, struct text *out)
{
    for (uint32_t i = 0; i < schema->column_count; i++) {
        if (i)
            text_add_char(out, separator);
        text_add_separated(out, schema->columns[i], strlen(schema->columns[i]), separator);
    }
    text_add_char(out, '\n');
}

/** A list's text may hold what a line must not, as the text of its items does. */
static void add_list(const struct cell *cell, char separator, struct text *out)
{
    struct text list;
    text_init(&list);
    spelling_cell(cell, SPELLING_MACHINE, &list);
    text_add_separated(out, list.data ? list.data : "", list.len, separator);
    text_fini(&list);
}

void separated_row(const struct cell *cells, uint32_t count, char separator, struct text *out)
{
    size_t start = out->len;
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            text_add_char(out, separator);
        if (cells[i].type == CELL_STRING)
            text_add_separated(out, cells[i].slice.data, cells[i].slice.len, separator);
        else if (cells[i].type == CELL_LIST)
            add_list(&cells[i], separator, out);
        else
            spelling_cell(&cells[i], SPELLING_MACHINE, out);
    }
    if (separator == ',' && out->len == start)
        text_add_str(out, "\"\"");
    text_add_char(out, '\n');
}

void separated_table(const struct table *table, char separator, struct text *out)
{
    uint32_t columns = table->schema.column_count;
    separated_header(&table->schema, separator, out);
    for (size_t row = 0; row < table->row_count; row++)
        separated_row(table->cells + row * columns, columns, separator, out);
}
