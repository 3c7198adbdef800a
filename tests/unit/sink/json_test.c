// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sink/json.h"

#include <math.h>

#include <criterion/criterion.h>

#include "format_fixture.h"

static struct table table;
static struct text out;

static void stop(void)
{
    text_fini(&out);
    table_fini(&table);
}

Test(json, one_object_per_row, .fini = stop)
{
    fixture_table(&table);
    json_table(&table, &out);
    cr_expect_str_eq(out.data,
                     "{\"table\":\"hosts\",\"name\":\"a\\u001b[31m,\\\"b\\\"\\n\\\\\\u00ff\\tz\","
                     "\"addr\":\"192.0.2.1\",\"count\":12000,\"share\":1.5}\n"
                     "{\"table\":\"hosts\",\"name\":\"grün\",\"addr\":null,\"count\":7,"
                     "\"share\":-0.000000001,\"approximate\":true}\n");
}

Test(json, histograms_are_arrays, .fini = stop)
{
    fixture_hist(&table);
    json_table(&table, &out);
    cr_expect_str_eq(out.data, "{\"table\":\"sizes\",\"src\":\"x\",\"count\":162,\"hist\":["
                               "{\"low\":1,\"high\":1,\"count\":2},"
                               "{\"low\":2,\"high\":3,\"count\":0},"
                               "{\"low\":4,\"high\":7,\"count\":160}]}\n");
}

Test(json, what_it_cannot_write_is_null, .fini = stop)
{
    const char *columns[] = {"a\"b", "c"};
    struct table_schema schema = {"n", columns, 2, 0, NULL};
    table_init(&table, &schema);
    struct cell *row = table_add_row(&table);
    row[0] = (struct cell){.type = CELL_REAL, .real = NAN};
    row[1] = (struct cell){.type = CELL_REAL, .real = -INFINITY};
    json_table(&table, &out);
    cr_expect_str_eq(out.data, "{\"table\":\"n\",\"a\\\"b\":null,\"c\":null}\n");
}

Test(json, printed_lines)
{
    json_print("x\x1b\n\"", 4, &out);
    cr_expect_str_eq(out.data, "{\"print\":\"x\\u001b\\n\\\"\"}\n");
    text_fini(&out);
}

Test(json, lists_are_arrays, .fini = stop)
{
    const char *columns[] = {"l", "none"};
    struct table_schema schema = {"n", columns, 2, 0, NULL};
    const struct cell items[] = {
        fixture_text("a\"b"), {.type = CELL_UINT, .uint = 7}, {.type = CELL_NIL}};
    table_init(&table, &schema);
    struct cell *row = table_add_row(&table);
    row[0] = (struct cell){.type = CELL_LIST, .list = {items, 3}};
    row[1] = (struct cell){.type = CELL_LIST};
    json_table(&table, &out);
    cr_expect_str_eq(out.data, "{\"table\":\"n\",\"l\":[\"a\\\"b\",7,null],\"none\":[]}\n");
}

Test(json, says_what_is_no_plain_row, .fini = stop)
{
    const char *columns[] = {"key", "peers"};
    struct table_schema schema = {"n", columns, 2, 1, NULL};
    table_init(&table, &schema);
    struct cell *row = table_add_row(&table);
    row[0] = fixture_text("(other)");
    row[1] = (struct cell){.type = CELL_ESTIMATE, .uint = 7};
    row = table_add_row(&table);
    row[0] = (struct cell){.type = CELL_OTHER};
    row[1] = (struct cell){.type = CELL_UINT, .uint = 8};
    json_table(&table, &out);
    cr_expect_str_eq(out.data,
                     "{\"table\":\"n\",\"key\":\"(other)\",\"peers\":7,\"approximate\":true}\n"
                     "{\"table\":\"n\",\"key\":\"(other)\",\"peers\":8,\"other\":true}\n");
}
