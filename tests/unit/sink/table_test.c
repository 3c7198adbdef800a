// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sink/table.h"

#include <math.h>
#include <string.h>

#include <criterion/criterion.h>

static struct table table;

static void start(void)
{
    const char *columns[] = {"name", "count"};
    struct table_schema schema = {"t", columns, 2, 1, NULL};
    table_init(&table, &schema);
    columns[0] = "overwritten"; // the table has its own copy
}

static void stop(void)
{
    table_fini(&table);
}

Test(table, copies_its_schema, .init = start, .fini = stop)
{
    cr_expect_str_eq(table.schema.columns[0], "name");
    cr_expect_str_eq(table.schema.name, "t");
}

Test(table, rows_start_nil_and_survive_growth, .init = start, .fini = stop)
{
    for (uint64_t i = 0; i < 1000; i++) {
        struct cell *row = table_add_row(&table);
        cr_assert_eq(row[0].type, CELL_NIL);
        cr_assert_eq(row[1].type, CELL_NIL);
        row[1] = (struct cell){.type = CELL_UINT, .uint = i};
    }
    for (uint64_t i = 0; i < 1000; i++)
        cr_assert_eq(table.cells[i * 2 + 1].uint, i);
}

Test(table, keeps_copies, .init = start, .fini = stop)
{
    char text[] = "abc";
    struct palua_slice kept = table_keep(&table, text, 3);
    text[0] = 'x';
    cr_expect(memcmp(kept.data, "abc", 3) == 0);
    cr_expect_eq(table_keep(&table, NULL, 0).len, 0);
    table_set_footer(&table, "%d more rows", 12);
    cr_expect_str_eq(table.footer, "12 more rows");
}

Test(table, fixed_point_is_exact_for_whole_numbers_and_saturates)
{
    const __int128 most = (__int128)1 << 64;
    cr_expect(cell_fixed(3) == 3000000000);
    cr_expect(cell_fixed(0.1) + cell_fixed(0.2) == cell_fixed(0.3));
    cr_expect(cell_fixed(-1.5) == -1500000000);
    cr_expect(cell_fixed(4e-10) == 0);
    cr_expect(cell_fixed(6e-10) == 1);
    cr_expect(cell_fixed(9007199254740992.0) == (__int128)9007199254740992 * 1000000000);
    cr_expect(cell_fixed(0x1p64) == most * 1000000000);
    cr_expect(cell_fixed(1e300) == most * 1000000000);
    cr_expect(cell_fixed(-INFINITY) == -most * 1000000000);
    cr_expect(cell_fixed(NAN) == 0);
}
