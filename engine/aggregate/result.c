// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdlib.h>

#include "aggregate/declaration.h"
#include "base/memory.h"

/** A row and what it is ordered by. */
struct ranked {
    const struct row *row;
    struct cell rank; // unused when a key column decides
    const struct aggregate *aggregate;
};

static struct number cell_number(const struct cell *cell)
{
    if (cell->type == CELL_REAL)
        return number_of_real(cell->real);
    if (cell->type == CELL_UINT || cell->type == CELL_ESTIMATE)
        return number_of_uint(cell->uint);
    return number_of_int(cell->sint);
}

/** Absent values are the smallest. */
static int compare_cells(const struct cell *a, const struct cell *b)
{
    if (a->type == CELL_NIL || b->type == CELL_NIL)
        return (a->type != CELL_NIL) - (b->type != CELL_NIL);
    if (a->type == CELL_FIXED)
        return (a->wide > b->wide) - (a->wide < b->wide);
    return number_compare(cell_number(a), cell_number(b));
}

static uint32_t sort_column(const struct aggregate *aggregate)
{
    return aggregate->sort == UINT32_MAX ? aggregate->key_count : aggregate->sort;
}

static int compare_rows(const void *a, const void *b)
{
    const struct ranked *left = a, *right = b;
    const struct aggregate *aggregate = left->aggregate;
    uint32_t column = sort_column(aggregate);
    int order = column < aggregate->key_count
                    ? key_compare_column(row_key(left->row), row_key(right->row), column)
                    : compare_cells(&left->rank, &right->rank);
    if (order)
        return aggregate->ascending ? order : -order;
    return key_compare(row_key(left->row), row_key(right->row), aggregate->key_count);
}

/** Puts the row at `at` of a heap whose top comes last in the result where it belongs. */
static void sink(struct ranked *heap, size_t count, size_t at)
{
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && compare_rows(&heap[child + 1], &heap[child]) > 0)
            child++;
        if (compare_rows(&heap[child], &heap[at]) <= 0)
            return;
        struct ranked swap = heap[at];
        heap[at] = heap[child];
        heap[child] = swap;
    }
}

/** How the rows are ordered: by a column of a measure, or by a key column. */
struct ranking {
    const struct aggregate *aggregate;
    const struct measure *measure; // NULL: a key column decides
    uint32_t part;                 // which of the measure's columns
};

static struct ranked rank_row(const struct ranking *ranking, size_t index)
{
    const struct row *row = rows_at(&ranking->aggregate->rows, index);
    struct ranked out = {.row = row, .aggregate = ranking->aggregate};
    if (ranking->measure)
        out.rank =
            measure_rank(ranking->measure, row->cells + ranking->measure->offset, ranking->part);
    return out;
}

/** The rows that come first, of all `count`: no more are held than are shown. */
static struct ranked *rank_rows(const struct aggregate *aggregate, size_t count, size_t shown)
{
    struct ranked *ranked = memory_alloc(memory_mul(shown, sizeof *ranked));
    struct ranking ranking = {.aggregate = aggregate};
    uint32_t column = sort_column(aggregate);
    if (column >= aggregate->key_count)
        ranking.measure = declaration_measure(aggregate, column, &ranking.part);
    for (size_t i = 0; i < shown; i++)
        ranked[i] = rank_row(&ranking, i);
    for (size_t i = shown < count ? shown / 2 : 0; i-- > 0;)
        sink(ranked, shown, i);
    for (size_t i = shown; i < count; i++) {
        struct ranked next = rank_row(&ranking, i);
        if (compare_rows(&next, &ranked[0]) >= 0)
            continue;
        ranked[0] = next;
        sink(ranked, shown, 0);
    }
    qsort(ranked, shown, sizeof *ranked, compare_rows);
    return ranked;
}

static void show_measures(const struct aggregate *aggregate, const uint8_t *cells,
                          struct table *table, struct cell *out)
{
    out += aggregate->key_count;
    for (uint32_t i = 0; i < aggregate->measure_count; i++) {
        const struct measure *measure = &aggregate->measures[i];
        measure_show(measure, cells + measure->offset, table, out);
        out += measure_kind_columns(measure->kind);
    }
}

static void show_row(const struct aggregate *aggregate, const struct row *row, struct table *table)
{
    struct cell *out = table_add_row(table);
    key_cells(row_key(row), aggregate->key_count, aggregate->text_columns, out);
    for (uint32_t i = 0; i < aggregate->key_count; i++)
        if (out[i].type >= CELL_IPADDR && out[i].type <= CELL_BYTES)
            out[i].slice = table_keep(table, out[i].slice.data, out[i].slice.len);
    show_measures(aggregate, row->cells, table, out);
}

static void show_other(const struct aggregate *aggregate, struct table *table)
{
    struct cell *out = table_add_row(table);
    if (aggregate->key_count)
        out[0] = (struct cell){.type = CELL_OTHER};
    show_measures(aggregate, aggregate->rows.other, table, out);
}

/** Without key columns there is always one row: nothing counted is 0, not silence. */
static void show_nothing(const struct aggregate *aggregate, struct table *table)
{
    uint8_t *cells = memory_aligned(16, aggregate->cells_size);
    for (uint32_t i = 0; i < aggregate->cells_size; i++)
        cells[i] = 0;
    show_measures(aggregate, cells, table, table_add_row(table));
    memory_free(cells);
}

static bool has_estimates(const struct table *table)
{
    for (size_t i = 0; i < table->row_count * table->schema.column_count; i++)
        if (table->cells[i].type == CELL_ESTIMATE)
            return true;
    return false;
}

/** One part of the footer; `format` holds %llu once or not at all. */
static void add_note(struct text *notes, const char *format, uint64_t number)
{
    if (notes->len)
        text_add_str(notes, "; ");
    text_add_format(notes, format, (unsigned long long)number);
}

static void add_footer(const struct aggregate *aggregate, size_t hidden, struct table *table)
{
    struct text notes;
    text_init(&notes);
    if (hidden)
        add_note(&notes, hidden == 1 ? "%llu more row" : "%llu more rows", hidden);
    if (aggregate->rows.other)
        add_note(&notes, "(other): what did not fit into %llu keys (aggregate.key_cap)",
                 aggregate->key_cap);
    if (aggregate->keys_cut)
        add_note(&notes, "%llu times a key was longer than 1024 bytes and was cut",
                 aggregate->keys_cut);
    if (aggregate->nans)
        add_note(&notes, "%llu values were not a number and were left out", aggregate->nans);
    if (aggregate->absent && !aggregate->started)
        add_note(&notes, "no value was given, %llu times nil", aggregate->absent);
    if (has_estimates(table))
        add_note(&notes, "≈ is an estimate with a standard error of %llu %%", 2);
    if (notes.len)
        table_set_footer(table, "%s", notes.data);
    text_fini(&notes);
}

static void init_table(const struct aggregate *aggregate, struct table *out)
{
    uint32_t count = declaration_columns(aggregate);
    struct text *names = memory_zalloc(count, sizeof *names);
    const char **columns = memory_zalloc(count, sizeof *columns);
    for (uint32_t i = 0; i < count; i++) {
        declaration_column(aggregate, i, &names[i]);
        columns[i] = names[i].data;
    }
    struct table_schema schema = {.name = aggregate->name,
                                  .columns = columns,
                                  .column_count = count,
                                  .key_count = aggregate->key_count};
    table_init(out, &schema);
    for (uint32_t i = 0; i < count; i++)
        text_fini(&names[i]);
    memory_free(names);
    memory_free(columns);
}

void aggregate_table(struct aggregate *aggregate, struct table *out)
{
    aggregate_settle(aggregate);
    size_t count = aggregate->started ? rows_count(&aggregate->rows) : 0, shown = count;
    if (aggregate->top && aggregate->top < shown)
        shown = (size_t)aggregate->top;
    init_table(aggregate, out);
    if (count) {
        struct ranked *ranked = rank_rows(aggregate, count, shown);
        for (size_t i = 0; i < shown; i++)
            show_row(aggregate, ranked[i].row, out);
        memory_free(ranked);
    } else if (aggregate->key_count == 0) {
        show_nothing(aggregate, out);
    }
    if (aggregate->rows.other)
        show_other(aggregate, out);
    add_footer(aggregate, count - shown, out);
}
