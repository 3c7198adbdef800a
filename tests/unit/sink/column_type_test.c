// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sink/column_type.h"

#include <string.h>

#include <criterion/criterion.h>

#include "sink/table.h"

static bool parses(const char *text, struct column_type *out)
{
    return column_type_parse(text, strlen(text), out);
}

Test(column_type, what_is_read_is_written_again)
{
    static const char *const all[] = {
        "string",     "time",      "interval",    "addr",          "subnet",
        "port",       "count",     "int",         "bool",          "double",
        "enum",       "set[addr]", "set[string]", "vector[count]", "vector[interval]",
        "set[subnet]"};
    struct text out;
    text_init(&out);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct column_type type;
        cr_assert(parses(all[i], &type), "%s", all[i]);
        text_clear(&out);
        column_type_text(type, &out);
        cr_expect_str_eq(out.data, all[i]);
    }
    text_fini(&out);
}

Test(column_type, nothing_else_is_one)
{
    static const char *const none[] = {"",      "strin",          "strings",   "set",
                                       "set[",  "set[]",          "set[addr",  "table[addr]",
                                       "addr]", "set[set[addr]]", "vector[x]", "set[addr]]",
                                       "Count"};
    struct column_type type;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        cr_expect_not(parses(none[i], &type), "%s", none[i]);
    cr_expect_not(column_type_parse("count", 4, &type), "only as many bytes as given are read");
    cr_expect_str_eq(column_type_near("adr"), "addr");
    cr_expect_null(column_type_near("record"));
}

static struct column_type join(const char *a, const char *b)
{
    struct column_type left, right;
    cr_assert(parses(a, &left) && parses(b, &right));
    return column_type_join(left, right);
}

Test(column_type, columns_of_two_types_have_one_that_holds_both)
{
    struct column_type type = join("addr", "addr");
    cr_expect_eq(type.item, COLUMN_ADDR);
    cr_expect_eq(join("count", "int").item, COLUMN_INT);
    cr_expect_eq(join("count", "double").item, COLUMN_DOUBLE);
    cr_expect_eq(join("double", "int").item, COLUMN_DOUBLE);
    cr_expect_eq(join("count", "addr").item, COLUMN_STRING);
    cr_expect_eq(join("time", "double").item, COLUMN_STRING);
    type = join("vector[count]", "count");
    cr_expect_eq(type.item, COLUMN_STRING);
    cr_expect_eq(type.container, COLUMN_SCALAR);
}

Test(column_type, every_cell_has_one)
{
    static const struct {
        enum cell_type cell;
        const char *type;
    } all[] = {{CELL_NIL, "string"},          {CELL_INT, "int"},
               {CELL_UINT, "count"},          {CELL_REAL, "double"},
               {CELL_BOOL, "bool"},           {CELL_FIXED, "double"},
               {CELL_TIME, "time"},           {CELL_DURATION, "interval"},
               {CELL_IPADDR, "addr"},         {CELL_MAC, "string"},
               {CELL_STRING, "string"},       {CELL_BYTES, "string"},
               {CELL_ESTIMATE, "count"},      {CELL_HIST, "vector[string]"},
               {CELL_LIST, "vector[string]"}, {CELL_OTHER, "string"}};
    struct text out;
    text_init(&out);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct cell cell = {.type = all[i].cell};
        text_clear(&out);
        column_type_text(column_type_of(&cell), &out);
        cr_expect_str_eq(out.data, all[i].type);
    }
    text_fini(&out);
}
