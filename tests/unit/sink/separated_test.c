// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sink/separated.h"

#include <criterion/criterion.h>

#include "format_fixture.h"

static struct table table;
static struct text out;

static void stop(void)
{
    text_fini(&out);
    table_fini(&table);
}

Test(separated, csv, .fini = stop)
{
    fixture_table(&table);
    separated_table(&table, ',', &out);
    cr_expect_str_eq(out.data, "name,addr,count,share\n"
                               "\"a\\x1b[31m,\"\"b\"\"\n\\\\xff\\x09z\",192.0.2.1,12000,1.5\n"
                               "grün,,7,-0.000000001\n");
}

Test(separated, tsv, .fini = stop)
{
    fixture_table(&table);
    separated_table(&table, '\t', &out);
    cr_expect_str_eq(out.data, "name\taddr\tcount\tshare\n"
                               "a\\x1b[31m,\"b\"\\x0a\\\\\\xff\\x09z\t192.0.2.1\t12000\t1.5\n"
                               "grün\t\t7\t-0.000000001\n");
}

Test(separated, a_lone_empty_field_is_no_blank_line, .fini = stop)
{
    const char *columns[] = {"a"};
    struct table_schema schema = {"n", columns, 1, 1, NULL};
    table_init(&table, &schema);
    table_add_row(&table);
    separated_table(&table, ',', &out);
    cr_expect_str_eq(out.data, "a\n\"\"\n");
}

Test(separated, lists_are_one_field, .fini = stop)
{
    const struct cell items[] = {fixture_text("a\"b"), {.type = CELL_UINT, .uint = 7}};
    const struct cell cells[] = {{.type = CELL_LIST, .list = {items, 2}}, {.type = CELL_LIST}};
    separated_row(cells, 2, ',', &out);
    separated_row(cells, 2, '\t', &out);
    cr_expect_str_eq(out.data, "\"a\"\"b,7\",\na\"b,7\t\n");
}
