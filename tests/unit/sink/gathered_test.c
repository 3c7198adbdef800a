// SPDX-License-Identifier: MIT OR Apache-2.0
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "sink/gathered.h"

static const char *const columns[] = {"host", "bytes", "sizes"};
static const struct table_schema schema = {
    .name = "hosts", .columns = columns, .column_count = 3, .key_count = 1};

/** One row whose cells point into memory that goes away. */
static void add(struct gathered *gathered, const char *name, const char *host, const char *footer,
                const char *file)
{
    struct table table;
    struct table_schema named = schema;
    char text[32];
    struct cell_bucket buckets[] = {{1, 2, 3}, {2, 4, 5}};
    named.name = name;
    table_init(&table, &named);
    struct cell *row = table_add_row(&table);
    snprintf(text, sizeof text, "%s", host);
    row[0] = (struct cell){.type = CELL_STRING,
                           .slice = {.data = (uint8_t *)text, .len = (uint32_t)strlen(text)}};
    row[1] = (struct cell){.type = CELL_UINT, .uint = 7};
    row[2] =
        (struct cell){.type = CELL_HIST, .hist = {.items = buckets, .count = 2, .unit = CELL_INT}};
    if (footer)
        table_set_footer(&table, "%s", footer);
    gathered_add(gathered, &table, file);
    memset(text, 'x', sizeof text);
    memset(buckets, 0xff, sizeof buckets);
    table_fini(&table);
}

static void expect_text(const struct cell *cell, const char *want)
{
    cr_assert_eq(cell->type, CELL_STRING);
    cr_expect_eq(cell->slice.len, strlen(want));
    cr_expect_eq(memcmp(cell->slice.data, want, cell->slice.len), 0);
}

Test(gathered, tables_of_one_name_become_one)
{
    struct gathered gathered;
    gathered_init(&gathered);
    add(&gathered, "hosts", "a", "3 more rows", "one.pcap");
    add(&gathered, "other", "z", NULL, "one.pcap");
    add(&gathered, "hosts", "b", "5 more rows", "two.pcap");
    cr_assert_eq(gathered.count, 2);
    const struct table *table = &gathered.tables[0];
    cr_assert_eq(table->row_count, 2);
    cr_expect_eq(table->schema.column_count, 4);
    cr_expect_eq(table->schema.key_count, 2);
    cr_expect_str_eq(table->schema.name, "hosts");
    cr_expect_str_eq(table->schema.columns[0], "file");
    cr_expect_str_eq(table->schema.columns[3], "sizes");
    cr_expect_str_eq(table->footer, "one.pcap: 3 more rows; two.pcap: 5 more rows");
    expect_text(&table->cells[0], "one.pcap");
    expect_text(&table->cells[1], "a");
    expect_text(&table->cells[4], "two.pcap");
    expect_text(&table->cells[5], "b");
    for (size_t row = 0; row < 2; row++) {
        const struct cell *sizes = &table->cells[4 * row + 3];
        cr_expect_eq(table->cells[4 * row + 2].uint, 7);
        cr_assert_eq(sizes->hist.count, 2);
        cr_expect_eq(sizes->hist.items[1].count, 5);
    }
    cr_expect_null(gathered.tables[1].footer);
    gathered_fini(&gathered);
}

Test(gathered, other_columns_make_another_table)
{
    const char *const longer[] = {"host", "bytes", "times"};
    struct table_schema other = schema, keys = schema;
    other.columns = longer;
    keys.key_count = 2;
    struct table_schema *with_file = gathered_schema(&schema);
    cr_expect(gathered_same(with_file, &schema));
    cr_expect_not(gathered_same(with_file, &other));
    cr_expect_not(gathered_same(with_file, &keys));
    cr_expect_null(with_file->types);
    gathered_schema_free(with_file);
    gathered_schema_free(NULL);
}

Test(gathered, types_are_columns_too)
{
    const struct column_type types[] = {
        {COLUMN_ADDR, COLUMN_SCALAR}, {COLUMN_COUNT, COLUMN_SCALAR}, {COLUMN_STRING, COLUMN_SET}};
    const struct column_type others[] = {
        {COLUMN_ADDR, COLUMN_SCALAR}, {COLUMN_INT, COLUMN_SCALAR}, {COLUMN_STRING, COLUMN_SET}};
    struct table_schema typed = schema, other = schema;
    typed.types = types;
    other.types = others;
    struct table_schema *with_file = gathered_schema(&typed);
    cr_expect_eq(with_file->types[0].item, COLUMN_STRING);
    cr_expect_eq(with_file->types[1].item, COLUMN_ADDR);
    cr_expect_eq(with_file->types[3].container, COLUMN_SET);
    cr_expect(gathered_same(with_file, &typed));
    cr_expect_not(gathered_same(with_file, &other));
    cr_expect_not(gathered_same(with_file, &schema), "one without types is another");
    gathered_schema_free(with_file);
}

Test(gathered, lists_are_kept)
{
    struct gathered gathered;
    struct table table;
    struct cell items[] = {{.type = CELL_UINT, .uint = 5}, {.type = CELL_STRING}};
    char text[] = "kept";
    items[1].slice = (struct palua_slice){.data = (uint8_t *)text, .len = 4};
    gathered_init(&gathered);
    table_init(&table, &schema);
    struct cell *row = table_add_row(&table);
    row[0] = (struct cell){.type = CELL_LIST, .list = {items, 2}};
    gathered_add(&gathered, &table, "one.pcap");
    memset(items, 0, sizeof items);
    memset(text, 'x', sizeof text);
    table_fini(&table);
    const struct cell *list = &gathered.tables[0].cells[1];
    cr_assert_eq(list->list.count, 2);
    cr_expect_eq(list->list.items[0].uint, 5);
    expect_text(&list->list.items[1], "kept");
    gathered_fini(&gathered);
}
