// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sink/aligned.h"

#include <criterion/criterion.h>

#include "format_fixture.h"

static struct table table;
static struct text out;

static void stop(void)
{
    text_fini(&out);
    table_fini(&table);
}

Test(aligned, aligns_and_escapes, .fini = stop)
{
    fixture_table(&table);
    aligned_table(&table, false, &out);
    cr_expect_str_eq(out.data,
                     "hosts\n"
                     "name                          addr       count         share\n"
                     "a\\x1b[31m,\"b\"\\x0a\\\\\\xff\\x09z  192.0.2.1  12000           1.5\n"
                     "grün                          -             ≈7  -0.000000001\n"
                     "1 more row\n",
                     "%s", out.data);
}

Test(aligned, draws_bars_on_a_terminal, .fini = stop)
{
    fixture_hist(&table);
    aligned_table(&table, true, &out);
    cr_expect_str_eq(out.data, "sizes\n"
                               "src  count\n"
                               "x      162\n"
                               "  [1, 1]    2 |@                                       |\n"
                               "  [2, 3]    0 |                                        |\n"
                               "  [4, 7]  160 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n");
}

Test(aligned, counts_only_elsewhere, .fini = stop)
{
    fixture_hist(&table);
    aligned_table(&table, false, &out);
    cr_expect_str_eq(out.data, "sizes\n"
                               "src  count\n"
                               "x      162\n"
                               "  [1, 1]    2\n"
                               "  [2, 3]    0\n"
                               "  [4, 7]  160\n");
}

Test(aligned, names_are_escaped_too, .fini = stop)
{
    const char *columns[] = {"\x1b[2J"};
    struct table_schema schema = {"\x07", columns, 1, 1, NULL};
    table_init(&table, &schema);
    aligned_table(&table, true, &out);
    cr_expect_str_eq(out.data, "\\x07\n\\x1b[2J\n");
}
