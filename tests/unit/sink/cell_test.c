// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sink/cell.h"

#include <criterion/criterion.h>
#include <string.h>

struct item {
    struct palua_slice name;
    uint16_t ttl;
};

static const struct palua_field item_fields[] = {
    PALUA_FIELD(struct item, name, PALUA_STRING, "a name"),
    PALUA_FIELD(struct item, ttl, PALUA_UINT, "seconds"),
};

static const struct palua_schema item_schema = {
    .name = "item", .fields = item_fields, .field_count = 2, .size = sizeof(struct item)};

Test(cell, keeps_scalars_and_borrows_slices)
{
    struct arena arena;
    arena_init(&arena);
    struct value value = {.type = PALUA_UINT, .uint = 7};
    cr_expect_eq(cell_of(&value, &item_fields[1], &arena).type, CELL_UINT);
    cr_expect_eq(cell_of(&value, &item_fields[1], &arena).uint, 7);
    value = (struct value){.type = PALUA_STRING, .slice = {(const uint8_t *)"abc", 3, 0}};
    struct cell cell = cell_of(&value, &item_fields[0], &arena);
    cr_expect_eq(cell.type, CELL_STRING);
    cr_expect_eq(cell.slice.data, value.slice.data, "borrowed, not copied");
    value = (struct value){.type = 0};
    cr_expect_eq(cell_of(&value, &item_fields[0], &arena).type, CELL_NIL);
    cr_expect_eq(arena.used, 0);
    arena_fini(&arena);
}

Test(cell, spells_lists_out)
{
    static const struct item items[] = {{{(const uint8_t *)"a", 1, 0}, 5},
                                        {{(const uint8_t *)"b", 1, 0}, 6}};
    const struct palua_field list = {.name = "items", .type = PALUA_LIST, .item = &item_schema};
    struct value value = {.type = PALUA_LIST, .list = {items, 2, 0}};
    struct arena arena;
    arena_init(&arena);
    struct cell cell = cell_of(&value, &list, &arena);
    cr_expect_eq(cell.type, CELL_STRING);
    cr_expect_eq(cell.slice.len, strlen("a 5,b 6"));
    cr_expect_eq(memcmp(cell.slice.data, "a 5,b 6", cell.slice.len), 0);
    arena_fini(&arena);
}

static enum column_item item_of(uint8_t type, enum path_form form)
{
    struct palua_field field = {.name = "f", .type = type};
    struct column_type out = cell_column_type(&field, form);
    cr_expect_eq(out.container, COLUMN_SCALAR);
    return out.item;
}

Test(cell, columns_have_the_types_of_fields)
{
    cr_expect_eq(item_of(PALUA_UINT, PATH_PLAIN), COLUMN_COUNT);
    cr_expect_eq(item_of(PALUA_INT, PATH_PLAIN), COLUMN_INT);
    cr_expect_eq(item_of(PALUA_ENUM, PATH_PLAIN), COLUMN_COUNT);
    cr_expect_eq(item_of(PALUA_ENUM, PATH_NAME), COLUMN_STRING);
    cr_expect_eq(item_of(PALUA_BOOL, PATH_PLAIN), COLUMN_BOOL);
    cr_expect_eq(item_of(PALUA_REAL, PATH_PLAIN), COLUMN_DOUBLE);
    cr_expect_eq(item_of(PALUA_TIME, PATH_PLAIN), COLUMN_TIME);
    cr_expect_eq(item_of(PALUA_TIME, PATH_NS), COLUMN_INT);
    cr_expect_eq(item_of(PALUA_DURATION, PATH_PLAIN), COLUMN_INTERVAL);
    cr_expect_eq(item_of(PALUA_DURATION, PATH_NS), COLUMN_INT);
    cr_expect_eq(item_of(PALUA_IPADDR, PATH_PLAIN), COLUMN_ADDR);
    cr_expect_eq(item_of(PALUA_MAC, PATH_PLAIN), COLUMN_STRING);
    cr_expect_eq(item_of(PALUA_BYTES, PATH_PLAIN), COLUMN_STRING);
    cr_expect_eq(item_of(PALUA_LIST, PATH_PLAIN), COLUMN_STRING);
}
