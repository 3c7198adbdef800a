// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sink/zeek.h"

#include <math.h>

#include <criterion/criterion.h>

#include "format_fixture.h"

static struct text out;

static void stop(void)
{
    text_fini(&out);
}

TestSuite(zeek, .fini = stop);

/** How one cell is written, which stands behind another. */
static const char *second(struct cell cell)
{
    struct cell cells[] = {{.type = CELL_NIL}, cell};
    text_clear(&out);
    zeek_row(cells, 2, &out);
    cr_assert(strncmp(out.data, "-\t", 2) == 0 && out.data[out.len - 1] == '\n', "%s", out.data);
    out.data[--out.len] = '\0';
    return out.data + 2;
}

static const char *first(struct cell cell)
{
    text_clear(&out);
    zeek_row(&cell, 1, &out);
    return out.data;
}

static struct cell bytes(const char *data, uint32_t len)
{
    return (struct cell){.type = CELL_STRING, .slice = {.data = (const uint8_t *)data, .len = len}};
}

static struct cell list_of(const struct cell *items, uint32_t count)
{
    return (struct cell){.type = CELL_LIST, .list = {.items = items, .count = count}};
}

static struct cell moment(int64_t ns)
{
    return (struct cell){.type = CELL_TIME, .sint = ns};
}

Test(zeek, numbers)
{
    cr_expect_str_eq(second((struct cell){.type = CELL_INT, .sint = INT64_MIN}),
                     "-9223372036854775808");
    cr_expect_str_eq(second((struct cell){.type = CELL_UINT, .uint = UINT64_MAX}),
                     "18446744073709551615");
    cr_expect_str_eq(second((struct cell){.type = CELL_ESTIMATE, .uint = 5}), "5");
    cr_expect_str_eq(second((struct cell){.type = CELL_REAL, .real = 0.25}), "0.25");
    cr_expect_str_eq(second((struct cell){.type = CELL_REAL, .real = NAN}), "nan");
    cr_expect_str_eq(second((struct cell){.type = CELL_FIXED, .wide = 1500000000}), "1.5");
    cr_expect_str_eq(second((struct cell){.type = CELL_BOOL, .uint = 1}), "T");
    cr_expect_str_eq(second((struct cell){.type = CELL_BOOL, .uint = 0}), "F");
    cr_expect_str_eq(second((struct cell){.type = CELL_NIL}), "-");
}

Test(zeek, times_and_intervals_have_six_decimals)
{
    cr_expect_str_eq(second(moment(0)), "0.000000");
    cr_expect_str_eq(second(moment(1795447840494608905)), "1795447840.494609");
    cr_expect_str_eq(second((struct cell){.type = CELL_DURATION, .sint = 1727000}), "0.001727");
    cr_expect_str_eq(second((struct cell){.type = CELL_DURATION, .sint = -2500000000}),
                     "-2.500000");
    cr_expect_str_eq(second(moment(499)), "0.000000");
    cr_expect_str_eq(second(moment(500)), "0.000000", "a half goes to the even digit");
    cr_expect_str_eq(second(moment(1500)), "0.000002");
    cr_expect_str_eq(second(moment(501)), "0.000001");
    cr_expect_str_eq(second(moment(-400)), "0.000000", "no minus before nothing");
    cr_expect_str_eq(second(moment(999999600)), "1.000000");
    cr_expect_str_eq(second(moment(INT64_MIN)), "-9223372036.854776");
    cr_expect_str_eq(second(moment(INT64_MAX)), "9223372036.854776");
}

Test(zeek, addresses_and_bytes)
{
    static const uint8_t v6[16] = {0x20, 1, 0x0d, 0xb8, [15] = 1};
    cr_expect_str_eq(
        second((struct cell){.type = CELL_IPADDR, .slice = {.data = fixture_address, .len = 4}}),
        "192.0.2.1");
    cr_expect_str_eq(second((struct cell){.type = CELL_IPADDR, .slice = {.data = v6, .len = 16}}),
                     "2001:db8::1");
    cr_expect_str_eq(second((struct cell){.type = CELL_MAC, .slice = {.data = v6, .len = 6}}),
                     "20:01:0d:b8:00:00");
    cr_expect_str_eq(second((struct cell){.type = CELL_BYTES, .slice = {.data = v6, .len = 3}}),
                     "20010d");
    cr_expect_str_eq(second((struct cell){.type = CELL_BYTES}), "(empty)");
}

Test(zeek, texts_are_escaped)
{
    cr_expect_str_eq(second(bytes("", 0)), "(empty)");
    cr_expect_str_eq(second(bytes("a b,c", 5)), "a b,c", "a comma is harmless outside of a set");
    cr_expect_str_eq(second(bytes("a\tb\nc\r", 6)), "a\\x09b\\x0ac\\x0d");
    cr_expect_str_eq(second(bytes("\0\x1b[m\x7f", 5)), "\\x00\\x1b[m\\x7f");
    cr_expect_str_eq(second(bytes("\\PIPE\\x", 7)), "\\\\PIPE\\\\x", "as in dce_rpc.log");
    cr_expect_str_eq(second(fixture_text("grün")), "grün", "UTF-8 stays");
    cr_expect_str_eq(second(bytes("\xff\xfe", 2)), "\\xff\\xfe");
}

Test(zeek, texts_that_read_like_nothing_are_told_apart)
{
    cr_expect_str_eq(second(fixture_text("-")), "\\x2d");
    cr_expect_str_eq(second(fixture_text("--")), "--");
    cr_expect_str_eq(second(fixture_text("-a")), "-a");
    cr_expect_str_eq(second(fixture_text("(empty)")), "\\x28empty)");
    cr_expect_str_eq(second(fixture_text("(empty")), "(empty");
    cr_expect_str_eq(second(fixture_text("#fields")), "#fields");
    cr_expect_str_eq(first(fixture_text("#fields")), "\\x23fields\n", "no header begins here");
    cr_expect_str_eq(first(fixture_text("a#")), "a#\n");
}

Test(zeek, lists_are_joined_by_commas)
{
    const struct cell items[] = {fixture_text("a,b"),     fixture_text("-"),  fixture_text(""),
                                 fixture_text("(empty)"), {.type = CELL_NIL}, fixture_text("\\")};
    cr_expect_str_eq(second(list_of(items, 6)), "a\\x2cb,\\x2d,(empty),\\x28empty),-,\\\\");
    cr_expect_str_eq(second(list_of(items, 0)), "(empty)");
    const struct cell numbers[] = {
        {.type = CELL_UINT, .uint = 1}, moment(1000000000), {.type = CELL_BOOL, .uint = 1}};
    cr_expect_str_eq(second(list_of(numbers, 3)), "1,1.000000,T");
    const struct cell hash = fixture_text("#");
    cr_expect_str_eq(first(list_of(&hash, 1)), "\\x23\n");
}

Test(zeek, header_lines)
{
    static const char *const columns[] = {"ts", "id.orig_h", "odd\tname"};
    static const struct column_type types[] = {
        {COLUMN_TIME, COLUMN_SCALAR}, {COLUMN_ADDR, COLUMN_SET}, {COLUMN_COUNT, COLUMN_VECTOR}};
    const struct table_schema schema = {"conn", columns, 3, 3, types};
    zeek_header(&schema, types, 1795447840494608905, &out);
    cr_expect_str_eq(out.data, "#separator \\x09\n"
                               "#set_separator\t,\n"
                               "#empty_field\t(empty)\n"
                               "#unset_field\t-\n"
                               "#path\tconn\n"
                               "#open\t2026-11-23-15-30-40\n"
                               "#fields\tts\tid.orig_h\todd\\x09name\n"
                               "#types\ttime\tset[addr]\tvector[count]\n");
    text_clear(&out);
    zeek_header(&schema, NULL, 0, &out);
    cr_expect(strstr(out.data, "#types\tstring\tstring\tstring\n"), "%s", out.data);
    text_clear(&out);
    zeek_close(-1, &out);
    cr_expect_str_eq(out.data, "#close\t1969-12-31-23-59-59\n");
}

/** Below the header lines' common part. */
static const char *of_table(struct table *table)
{
    text_clear(&out);
    zeek_table(table, 0, 1000000000, &out);
    table_fini(table);
    const char *fields = strstr(out.data, "#fields");
    cr_assert(fields);
    return fields;
}

Test(zeek, a_table_has_the_types_of_its_values)
{
    struct table table;
    fixture_table(&table);
    cr_expect_str_eq(of_table(&table),
                     "#fields\tname\taddr\tcount\tshare\n"
                     "#types\tstring\taddr\tcount\tdouble\n"
                     "a\\x1b[31m,\"b\"\\x0a\\\\\\xff\\x09z\t192.0.2.1\t12000\t1.5\n"
                     "grün\t-\t7\t-0.000000001\n"
                     "#close\t1970-01-01-00-00-01\n");
    fixture_hist(&table);
    cr_expect_str_eq(of_table(&table), "#fields\tsrc\tcount\thist\n"
                                       "#types\tstring\tcount\tvector[string]\n"
                                       "x\t162\t1..1:2,2..3:0,4..7:160\n"
                                       "#close\t1970-01-01-00-00-01\n");
}

Test(zeek, a_column_of_several_types_holds_all)
{
    static const char *const columns[] = {"a", "b", "c"};
    const struct table_schema schema = {"mixed", columns, 3, 1, NULL};
    struct table table;
    table_init(&table, &schema);
    struct cell *row = table_add_row(&table);
    row[1] = (struct cell){.type = CELL_UINT, .uint = 1};
    row = table_add_row(&table);
    row[0] = (struct cell){.type = CELL_OTHER};
    row[1] = (struct cell){.type = CELL_REAL, .real = 1.5};
    cr_expect_str_eq(of_table(&table), "#fields\ta\tb\tc\n#types\tstring\tdouble\tstring\n"
                                       "-\t1\t-\n(other)\t1.5\t-\n#close\t1970-01-01-00-00-01\n");
}
