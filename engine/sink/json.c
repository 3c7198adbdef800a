// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sink/json.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "sink/spelling.h"

void json_row_init(struct json_row *row, const struct table_schema *schema)
{
    *row = (struct json_row){.column_count = schema->column_count};
    row->ends = memory_zalloc(schema->column_count, sizeof *row->ends);
    text_add_str(&row->text, "{\"table\":");
    text_add_json(&row->text, schema->name, strlen(schema->name));
    for (uint32_t i = 0; i < schema->column_count; i++) {
        text_add_char(&row->text, ',');
        text_add_json(&row->text, schema->columns[i], strlen(schema->columns[i]));
        text_add_char(&row->text, ':');
        row->ends[i] = row->text.len;
    }
}

void json_row_fini(struct json_row *row)
{
    text_fini(&row->text);
    memory_free(row->ends);
}

static void json_hist(const struct cell *cell, struct text *out)
{
    text_add_char(out, '[');
    for (uint32_t i = 0; i < cell->hist.count; i++) {
        text_add_str(out, i ? ",{\"low\":" : "{\"low\":");
        spelling_bound(cell->hist.items[i].low, cell->hist.unit, SPELLING_MACHINE, out);
        text_add_str(out, ",\"high\":");
        spelling_bound(cell->hist.items[i].high, cell->hist.unit, SPELLING_MACHINE, out);
        text_add_str(out, ",\"count\":");
        text_add_uint(out, cell->hist.items[i].count);
        text_add_char(out, '}');
    }
    text_add_char(out, ']');
}

static void json_cell(const struct cell *cell, struct text *out);

static void json_list(const struct cell *cell, struct text *out)
{
    text_add_char(out, '[');
    for (uint32_t i = 0; i < cell->list.count; i++) {
        if (i)
            text_add_char(out, ',');
        json_cell(&cell->list.items[i], out); // an item is no list
    }
    text_add_char(out, ']');
}

static void json_cell(const struct cell *cell, struct text *out)
{
    switch (cell->type) {
    case CELL_NIL:
        text_add_str(out, "null");
        return;
    case CELL_STRING:
        text_add_json(out, cell->slice.data, cell->slice.len);
        return;
    case CELL_IPADDR:
    case CELL_MAC:
    case CELL_BYTES:
    case CELL_OTHER:
        text_add_char(out, '"');
        spelling_cell(cell, SPELLING_MACHINE, out);
        text_add_char(out, '"');
        return;
    case CELL_HIST:
        json_hist(cell, out);
        return;
    case CELL_LIST:
        json_list(cell, out);
        return;
    case CELL_REAL:
        if (!isfinite(cell->real)) {
            text_add_str(out, "null");
            return;
        }
        spelling_cell(cell, SPELLING_MACHINE, out);
        return;
    default:
        spelling_cell(cell, SPELLING_MACHINE, out);
        return;
    }
}

void json_row_add(const struct json_row *row, const struct cell *cells, struct text *out)
{
    size_t start = 0;
    bool approximate = false, other = false;
    for (uint32_t i = 0; i < row->column_count; i++) {
        text_add(out, row->text.data + start, row->ends[i] - start);
        json_cell(&cells[i], out);
        start = row->ends[i];
        approximate |= cells[i].type == CELL_ESTIMATE;
        other |= cells[i].type == CELL_OTHER;
    }
    text_add(out, row->text.data + start, row->text.len - start);
    if (approximate)
        text_add_str(out, ",\"approximate\":true");
    if (other)
        text_add_str(out, ",\"other\":true");
    text_add(out, "}\n", 2);
}

void json_print(const char *text, size_t len, struct text *out)
{
    text_add_str(out, "{\"print\":");
    text_add_json(out, text, len);
    text_add_str(out, "}\n");
}

void json_table(const struct table *table, struct text *out)
{
    struct json_row row;
    json_row_init(&row, &table->schema);
    for (size_t i = 0; i < table->row_count; i++)
        json_row_add(&row, table->cells + i * table->schema.column_count, out);
    json_row_fini(&row);
}
