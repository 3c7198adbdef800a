// SPDX-License-Identifier: MIT OR Apache-2.0
#include "aggregate/key.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include <palua/event.h>

static struct palua_argument nil(void)
{
    return (struct palua_argument){0};
}

static struct palua_argument integer(uint32_t type, int64_t value)
{
    return (struct palua_argument){.type = type, .integer = value};
}

static struct palua_argument real(double value)
{
    return (struct palua_argument){.type = PALUA_REAL, .real = value};
}

static struct palua_argument bytes(uint32_t type, const void *data, uint32_t len)
{
    return (struct palua_argument){.type = type, .data = data, .len = len};
}

static struct key make(struct palua_argument column)
{
    struct key key;
    key_make(&key, &column, 1);
    return key;
}

static bool same(struct palua_argument a, struct palua_argument b)
{
    struct key left = make(a), right = make(b);
    bool equal = left.len == right.len && memcmp(left.bytes, right.bytes, left.len) == 0;
    cr_expect_eq(equal, key_compare(left.bytes, right.bytes, 1) == 0);
    cr_expect_eq(equal, key_hash_value(&a) == key_hash_value(&b));
    return equal;
}

Test(key, equal_values_are_equal_keys)
{
    cr_expect(same(real(1), integer(PALUA_INT, 1)));
    cr_expect(same(real(1), integer(PALUA_UINT, 1)));
    cr_expect(same(real(1), integer(PALUA_ENUM, 1)));
    cr_expect(same(real(-0.0), real(0.0)));
    cr_expect(same(real(NAN), real(-NAN)));
    cr_expect(same(real(0x1p63), integer(PALUA_UINT, INT64_MIN)));
    cr_expect(same(bytes(PALUA_STRING, "ab", 2), bytes(PALUA_BYTES, "ab", 2)));
    cr_expect(same(nil(), nil()));
}

Test(key, different_values_are_different_keys)
{
    const uint8_t zero[16] = {0};
    struct palua_argument all[] = {nil(),
                                   integer(PALUA_BOOL, 0),
                                   integer(PALUA_BOOL, 1),
                                   real(0),
                                   real(1),
                                   real(0.5),
                                   integer(PALUA_UINT, -1),
                                   integer(PALUA_INT, -1),
                                   integer(PALUA_TIME, 0),
                                   integer(PALUA_DURATION, 0),
                                   bytes(PALUA_IPADDR, zero, 4),
                                   bytes(PALUA_IPADDR, zero, 16),
                                   bytes(PALUA_MAC, zero, 6),
                                   bytes(PALUA_STRING, zero, 4),
                                   bytes(PALUA_STRING, NULL, 0),
                                   bytes(PALUA_STRING, "0", 1)};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (size_t j = 0; j < i; j++)
            cr_expect_not(same(all[i], all[j]), "%zu %zu", i, j);
}

Test(key, columns_do_not_run_together)
{
    struct palua_argument a[] = {bytes(PALUA_STRING, "ab", 2), bytes(PALUA_STRING, "c", 1)};
    struct palua_argument b[] = {bytes(PALUA_STRING, "a", 1), bytes(PALUA_STRING, "bc", 2)};
    struct key left, right;
    key_make(&left, a, 2);
    key_make(&right, b, 2);
    cr_expect_eq(left.len, right.len);
    cr_expect_neq(memcmp(left.bytes, right.bytes, left.len), 0);
    cr_expect_gt(key_compare(left.bytes, right.bytes, 2), 0, "\"ab\" after \"a\"");
}

Test(key, rows_are_ordered_by_value)
{
    const uint8_t low[16] = {1}, high[4] = {2};
    const struct palua_argument ascending[] = {nil(),
                                               integer(PALUA_BOOL, 0),
                                               integer(PALUA_BOOL, 1),
                                               real(-1.5),
                                               integer(PALUA_INT, -1),
                                               real(0.5),
                                               integer(PALUA_UINT, 256),
                                               integer(PALUA_UINT, 1000),
                                               integer(PALUA_TIME, -5),
                                               integer(PALUA_TIME, 3),
                                               integer(PALUA_DURATION, 1),
                                               bytes(PALUA_IPADDR, high, 4),
                                               bytes(PALUA_IPADDR, low, 16),
                                               bytes(PALUA_MAC, low, 6),
                                               bytes(PALUA_STRING, "", 0),
                                               bytes(PALUA_STRING, "a", 1),
                                               bytes(PALUA_STRING, "ab", 2),
                                               bytes(PALUA_STRING, "\xff", 1)};
    const int count = sizeof ascending / sizeof *ascending;
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++) {
            struct key a = make(ascending[i]), b = make(ascending[j]);
            cr_expect_eq(key_compare(a.bytes, b.bytes, 1) < 0, i < j, "%d %d", i, j);
        }
    }
}

/** Exact, one more, and several columns that all want everything. */
Test(key, is_cut_to_its_maximum)
{
    char *text = malloc(70000);
    memset(text, 'x', 70000);
    struct key key = make(bytes(PALUA_STRING, text, KEY_CAP - 3));
    cr_expect_not(key.cut);
    cr_expect_eq(key.len, KEY_CAP);
    key = make(bytes(PALUA_STRING, text, KEY_CAP - 2));
    cr_expect(key.cut);
    cr_expect_eq(key.len, KEY_CAP);
    struct palua_argument columns[KEY_COLUMN_CAP];
    for (int i = 0; i < KEY_COLUMN_CAP; i++)
        columns[i] = bytes(PALUA_STRING, text, 70000);
    key_make(&key, columns, KEY_COLUMN_CAP);
    cr_expect(key.cut);
    cr_expect_eq(key.len, KEY_CAP);
    struct cell cells[KEY_COLUMN_CAP];
    key_cells(key.bytes, KEY_COLUMN_CAP, 0, cells);
    cr_expect_eq(cells[0].slice.len, KEY_CAP - 3 - (KEY_COLUMN_CAP - 1) * KEY_RESERVE);
    cr_expect_eq(cells[KEY_COLUMN_CAP - 1].slice.len, 16);
    // Numbers and addresses always fit behind a long string.
    const uint8_t address[16] = {1};
    for (int i = 1; i < KEY_COLUMN_CAP; i++)
        columns[i] = i % 2 ? bytes(PALUA_IPADDR, address, 16) : real(0.1);
    key_make(&key, columns, KEY_COLUMN_CAP);
    key_cells(key.bytes, KEY_COLUMN_CAP, 0, cells);
    cr_expect_eq(cells[15].slice.len, 16);
    cr_expect_eq(cells[14].real, 0.1);
    free(text);
}

Test(key, long_values_are_hashed_whole)
{
    char *text = malloc(2000);
    memset(text, 'x', 2000);
    struct palua_argument a = bytes(PALUA_STRING, text, 2000), b = bytes(PALUA_BYTES, text, 1999);
    cr_expect_neq(key_hash_value(&a), key_hash_value(&b));
    free(text);
}

Test(key, cells_give_back_what_went_in)
{
    const uint8_t mac[6] = {1, 2, 3, 4, 5, 6};
    struct palua_argument columns[] = {nil(),
                                       integer(PALUA_BOOL, 1),
                                       real(2.5),
                                       integer(PALUA_UINT, -1),
                                       integer(PALUA_TIME, 7),
                                       bytes(PALUA_MAC, mac, 6),
                                       bytes(PALUA_STRING, "hi", 2),
                                       bytes(PALUA_BYTES, "hi", 2)};
    struct key key;
    struct cell cells[8];
    key_make(&key, columns, 8);
    key_cells(key.bytes, 8, 1 << 6, cells);
    cr_expect_eq(cells[0].type, CELL_NIL);
    cr_expect(cells[1].type == CELL_BOOL && cells[1].uint == 1);
    cr_expect(cells[2].type == CELL_REAL && cells[2].real == 2.5);
    cr_expect(cells[3].type == CELL_UINT && cells[3].uint == UINT64_MAX);
    cr_expect(cells[4].type == CELL_TIME && cells[4].sint == 7);
    cr_expect(cells[5].type == CELL_MAC && memcmp(cells[5].slice.data, mac, 6) == 0);
    cr_expect(cells[6].type == CELL_STRING && cells[6].slice.len == 2);
    cr_expect(cells[7].type == CELL_BYTES && cells[7].slice.len == 2);
}
