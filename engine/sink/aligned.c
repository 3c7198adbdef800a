// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sink/aligned.h"

#include <string.h>

#include "base/memory.h"
#include "sink/spelling.h"

enum { BAR_WIDTH = 40 };
static const char gap[] = "  ";
static const char nothing[] = "-"; // shown where a value is absent, as Zeek does

/** The cells as text, and what the columns need. */
struct layout {
    const struct table *table;
    enum spelling_style style;
    struct text text; /**< all cells, one after another */
    size_t *ends;     /**< end of each cell in text */
    size_t *widths;   /**< per column, in characters */
    bool *numeric;    /**< per column: every value in it is a number */
    bool *drawn;      /**< per column: a histogram, drawn below the row instead */
};

/** Characters a terminal shows: escaped text is valid UTF-8, so every byte that starts a sequence.
 */
static size_t display_width(const char *text, size_t len)
{
    size_t width = 0;
    for (size_t i = 0; i < len; i++)
        width += ((uint8_t)text[i] & 0xc0) != 0x80;
    return width;
}

static void pad(struct text *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        text_add_char(out, ' ');
}

static void cell_escaped(const struct cell *cell, enum spelling_style style, struct text *out)
{
    if (cell->type == CELL_NIL)
        text_add_str(out, nothing);
    else if (cell->type == CELL_STRING)
        text_add_escaped(out, cell->slice.data, cell->slice.len);
    else if (cell->type != CELL_HIST)
        spelling_cell(cell, style, out);
}

static void layout_cell(struct layout *layout, size_t index, uint32_t column)
{
    const struct cell *cell = &layout->table->cells[index];
    size_t start = layout->text.len;
    cell_escaped(cell, layout->style, &layout->text);
    layout->ends[index] = layout->text.len;
    size_t width = display_width(layout->text.data + start, layout->text.len - start);
    if (width > layout->widths[column])
        layout->widths[column] = width;
    if (cell->type == CELL_HIST)
        layout->drawn[column] = true;
    else if (cell->type != CELL_NIL && !spelling_is_number(cell))
        layout->numeric[column] = false;
}

static void layout_init(struct layout *layout, const struct table *table, bool terminal)
{
    uint32_t columns = table->schema.column_count;
    *layout =
        (struct layout){.table = table, .style = terminal ? SPELLING_TERMINAL : SPELLING_HUMAN};
    layout->ends = memory_zalloc(memory_mul(table->row_count, columns), sizeof *layout->ends);
    layout->widths = memory_zalloc(columns, sizeof *layout->widths);
    layout->numeric = memory_zalloc(columns, sizeof *layout->numeric);
    layout->drawn = memory_zalloc(columns, sizeof *layout->drawn);
    text_add_str(&layout->text, "");
    for (uint32_t column = 0; column < columns; column++)
        layout->numeric[column] = true;
    for (size_t row = 0; row < table->row_count; row++)
        for (uint32_t column = 0; column < columns; column++)
            layout_cell(layout, row * columns + column, column);
}

static void layout_fini(struct layout *layout)
{
    text_fini(&layout->text);
    memory_free(layout->ends);
    memory_free(layout->widths);
    memory_free(layout->numeric);
    memory_free(layout->drawn);
}

/** One field of a line. Spaces at a line's end are left out. */
static void add_field(const struct layout *layout, uint32_t column, bool last, const char *text,
                      size_t len, struct text *out)
{
    size_t width = display_width(text, len);
    size_t missing = layout->widths[column] > width ? layout->widths[column] - width : 0;
    if (layout->numeric[column])
        pad(out, missing);
    text_add(out, text, len);
    if (!last) {
        if (!layout->numeric[column])
            pad(out, missing);
        text_add_str(out, gap);
    }
}

static uint32_t last_column(const struct layout *layout)
{
    uint32_t last = 0;
    for (uint32_t i = 0; i < layout->table->schema.column_count; i++)
        if (!layout->drawn[i])
            last = i;
    return last;
}

static void add_header(struct layout *layout, struct text *out)
{
    const struct table_schema *schema = &layout->table->schema;
    struct text name;
    text_init(&name);
    uint32_t last = last_column(layout);
    for (uint32_t i = 0; i < schema->column_count; i++) {
        if (layout->drawn[i])
            continue;
        text_clear(&name);
        text_add_escaped(&name, schema->columns[i], strlen(schema->columns[i]));
        add_field(layout, i, i == last, name.len ? name.data : "", name.len, out);
    }
    text_add_char(out, '\n');
    text_fini(&name);
}

static void widen_for_header(struct layout *layout)
{
    const struct table_schema *schema = &layout->table->schema;
    struct text name;
    text_init(&name);
    for (uint32_t i = 0; i < schema->column_count; i++) {
        text_clear(&name);
        text_add_escaped(&name, schema->columns[i], strlen(schema->columns[i]));
        size_t width = display_width(name.data, name.len);
        if (width > layout->widths[i])
            layout->widths[i] = width;
    }
    text_fini(&name);
}

static void bucket_text(const struct cell *cell, uint32_t index, struct text *out)
{
    const struct cell_bucket *bucket = &cell->hist.items[index];
    text_add_char(out, '[');
    spelling_bound(bucket->low, cell->hist.unit, SPELLING_HUMAN, out);
    text_add_str(out, ", ");
    spelling_bound(bucket->high, cell->hist.unit, SPELLING_HUMAN, out);
    text_add_char(out, cell->hist.unit == CELL_REAL && bucket->low < bucket->high ? ')' : ']');
}

static void add_bar(uint64_t count, uint64_t most, struct text *out)
{
    // At least one mark for what is not empty. 128 bits, as a count may use all of 64.
    uint64_t marks = (uint64_t)(((unsigned __int128)count * BAR_WIDTH + most - 1) / most);
    text_add_str(out, " |");
    for (uint64_t i = 0; i < BAR_WIDTH; i++)
        text_add_char(out, i < marks ? '@' : ' ');
    text_add_char(out, '|');
}

static void add_hist(const struct cell *cell, bool bars, struct text *out)
{
    struct text label, count;
    text_init(&label);
    text_init(&count);
    size_t label_width = 0, count_width = 0;
    uint64_t most = 1;
    for (uint32_t i = 0; i < cell->hist.count; i++) {
        text_clear(&label);
        bucket_text(cell, i, &label);
        size_t width = display_width(label.data, label.len);
        label_width = width > label_width ? width : label_width;
        most = cell->hist.items[i].count > most ? cell->hist.items[i].count : most;
    }
    text_add_uint(&count, most);
    count_width = count.len;
    for (uint32_t i = 0; i < cell->hist.count; i++) {
        text_clear(&label);
        text_clear(&count);
        bucket_text(cell, i, &label);
        text_add_uint(&count, cell->hist.items[i].count);
        text_add_str(out, gap);
        text_add(out, label.data, label.len);
        pad(out, label_width - display_width(label.data, label.len) + sizeof gap - 1 + count_width -
                     count.len);
        text_add(out, count.data, count.len);
        if (bars)
            add_bar(cell->hist.items[i].count, most, out);
        text_add_char(out, '\n');
    }
    text_fini(&label);
    text_fini(&count);
}

static void add_row(const struct layout *layout, size_t row, struct text *out)
{
    uint32_t columns = layout->table->schema.column_count, last = last_column(layout);
    for (uint32_t i = 0; i < columns; i++) {
        size_t index = row * columns + i, start = index ? layout->ends[index - 1] : 0;
        if (!layout->drawn[i])
            add_field(layout, i, i == last, layout->text.data + start, layout->ends[index] - start,
                      out);
    }
    text_add_char(out, '\n');
    for (uint32_t i = 0; i < columns; i++)
        if (layout->drawn[i])
            add_hist(&layout->table->cells[row * columns + i], layout->style == SPELLING_TERMINAL,
                     out);
}

void aligned_table(const struct table *table, bool terminal, struct text *out)
{
    struct layout layout;
    text_add_escaped(out, table->schema.name, strlen(table->schema.name));
    text_add_char(out, '\n');
    layout_init(&layout, table, terminal);
    widen_for_header(&layout);
    add_header(&layout, out);
    for (size_t row = 0; row < table->row_count; row++)
        add_row(&layout, row, out);
    layout_fini(&layout);
    if (table->footer) {
        text_add_escaped(out, table->footer, strlen(table->footer));
        text_add_char(out, '\n');
    }
}
