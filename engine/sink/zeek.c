// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sink/zeek.h"

#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "sink/spelling.h"

enum { NS_PER_SECOND = 1000000000 };

static const char unset[] = "-";
static const char empty[] = "(empty)";

static void add_moment(int64_t ns, struct text *out)
{
    time_t when = (time_t)(ns / NS_PER_SECOND - (ns % NS_PER_SECOND < 0));
    struct tm utc;
    gmtime_r(&when, &utc);
    text_add_format(out, "%04d-%02d-%02d-%02d-%02d-%02d\n", utc.tm_year + 1900, utc.tm_mon + 1,
                    utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

void zeek_header(const struct table_schema *schema, const struct column_type *types,
                 int64_t open_ns, struct text *out)
{
    text_add_str(out, "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n"
                      "#unset_field\t-\n#path\t");
    text_add_escaped(out, schema->name, strlen(schema->name));
    text_add_str(out, "\n#open\t");
    add_moment(open_ns, out);
    text_add_str(out, "#fields");
    for (uint32_t i = 0; i < schema->column_count; i++) {
        text_add_char(out, '\t');
        text_add_escaped(out, schema->columns[i], strlen(schema->columns[i]));
    }
    text_add_str(out, "\n#types");
    for (uint32_t i = 0; i < schema->column_count; i++) {
        text_add_char(out, '\t');
        column_type_text(types ? types[i] : (struct column_type){COLUMN_STRING, COLUMN_SCALAR},
                         out);
    }
    text_add_char(out, '\n');
}

void zeek_close(int64_t close_ns, struct text *out)
{
    text_add_str(out, "#close\t");
    add_moment(close_ns, out);
}

/** Whether a text would be read as something else if it were written as it is. */
static bool reads_otherwise(const struct palua_slice *slice, bool first)
{
    const char *data = (const char *)slice->data;
    return (first && data[0] == '#') ||
           (slice->len == sizeof unset - 1 && memcmp(data, unset, slice->len) == 0) ||
           (slice->len == sizeof empty - 1 && memcmp(data, empty, slice->len) == 0);
}

/** @param first    the text begins a line
 * @param special  what is escaped besides */
static void add_string(const struct palua_slice *slice, bool first, const char *special,
                       struct text *out)
{
    if (!slice->len) {
        text_add_str(out, empty);
        return;
    }
    bool escape = reads_otherwise(slice, first);
    if (escape)
        text_add_format(out, "\\x%02x", slice->data[0]);
    text_add_escaped_and(out, slice->data + escape, slice->len - escape, special);
}

/** Seconds with 6 decimals; a half is rounded to the even digit, as Zeek does. */
static void add_seconds(int64_t ns, struct text *out)
{
    uint64_t magnitude = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
    uint64_t us = magnitude / 1000, rest = magnitude % 1000;
    us += rest > 500 || (rest == 500 && us % 2);
    char fraction[7] = {'.'};
    uint32_t digits = (uint32_t)(us % 1000000);
    for (int i = 6; i > 0; i--, digits /= 10)
        fraction[i] = (char)('0' + digits % 10);
    if (ns < 0 && us)
        text_add_char(out, '-');
    text_add_uint(out, us / 1000000);
    text_add(out, fraction, sizeof fraction);
}

static void add_scalar(const struct cell *cell, bool first, const char *special, struct text *out)
{
    switch (cell->type) {
    case CELL_NIL:
        text_add_str(out, unset);
        return;
    case CELL_STRING:
        add_string(&cell->slice, first, special, out);
        return;
    case CELL_TIME:
    case CELL_DURATION:
        add_seconds(cell->sint, out);
        return;
    case CELL_BOOL:
        text_add_char(out, cell->uint ? 'T' : 'F');
        return;
    case CELL_IPADDR:
    case CELL_MAC:
    case CELL_BYTES:
        if (!cell->slice.len) {
            text_add_str(out, empty);
            return;
        }
        spelling_cell(cell, SPELLING_MACHINE, out);
        return;
    default:
        spelling_cell(cell, SPELLING_MACHINE, out);
        return;
    }
}

static void add_list(const struct cell *cell, bool first, struct text *out)
{
    if (!cell->list.count)
        text_add_str(out, empty);
    for (uint32_t i = 0; i < cell->list.count; i++) {
        if (i)
            text_add_char(out, ',');
        add_scalar(&cell->list.items[i], first && i == 0, ",", out);
    }
}

static void add_hist(const struct cell *cell, struct text *out)
{
    if (!cell->hist.count)
        text_add_str(out, empty);
    for (uint32_t i = 0; i < cell->hist.count; i++) {
        struct cell one = {.type = CELL_HIST, .hist = cell->hist};
        one.hist.items += i;
        one.hist.count = 1;
        if (i)
            text_add_char(out, ',');
        spelling_cell(&one, SPELLING_MACHINE, out);
    }
}

void zeek_row(const struct cell *cells, uint32_t count, struct text *out)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            text_add_char(out, '\t');
        if (cells[i].type == CELL_LIST)
            add_list(&cells[i], i == 0, out);
        else if (cells[i].type == CELL_HIST)
            add_hist(&cells[i], out);
        else
            add_scalar(&cells[i], i == 0, "", out);
    }
    text_add_char(out, '\n');
}

/** The type of a column of a table without types: that of its values, string if it has none. */
static struct column_type type_of(const struct table *table, uint32_t column)
{
    struct column_type type = {COLUMN_STRING, COLUMN_SCALAR};
    bool known = false;
    for (size_t row = 0; row < table->row_count; row++) {
        const struct cell *cell = &table->cells[row * table->schema.column_count + column];
        if (cell->type == CELL_NIL)
            continue;
        type = known ? column_type_join(type, column_type_of(cell)) : column_type_of(cell);
        known = true;
    }
    return type;
}

void zeek_table(const struct table *table, int64_t open_ns, int64_t close_ns, struct text *out)
{
    uint32_t columns = table->schema.column_count;
    struct column_type *types = memory_zalloc((size_t)columns + 1, sizeof *types);
    for (uint32_t i = 0; i < columns; i++)
        types[i] = table->schema.types ? table->schema.types[i] : type_of(table, i);
    zeek_header(&table->schema, types, open_ns, out);
    for (size_t row = 0; row < table->row_count; row++)
        zeek_row(table->cells + row * columns, columns, out);
    zeek_close(close_ns, out);
    memory_free(types);
}
