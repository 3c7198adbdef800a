// SPDX-License-Identifier: MIT OR Apache-2.0
/** The table that the tests of every format print: each cell type, and bytes that attack a terminal
 * or the format. */
#pragma once

#include <string.h>

#include "sink/table.h"

static struct cell fixture_text(const char *text)
{
    return (struct cell){.type = CELL_STRING,
                         .slice = {.data = (const uint8_t *)text, .len = (uint32_t)strlen(text)}};
}

static const uint8_t fixture_address[] = {192, 0, 2, 1};

/** name, addr (keys); count, share. */
static inline void fixture_table(struct table *table)
{
    static const char *const columns[] = {"name", "addr", "count", "share"};
    struct table_schema schema = {"hosts", columns, 4, 2, NULL};
    table_init(table, &schema);
    struct cell *row = table_add_row(table);
    row[0] = fixture_text("a\x1b[31m,\"b\"\n\\\xff\tz");
    row[1] = (struct cell){.type = CELL_IPADDR, .slice = {.data = fixture_address, .len = 4}};
    row[2] = (struct cell){.type = CELL_UINT, .uint = 12000};
    row[3] = (struct cell){.type = CELL_FIXED, .wide = 1500000000};
    row = table_add_row(table);
    row[0] = fixture_text("grün");
    row[2] = (struct cell){.type = CELL_ESTIMATE, .uint = 7};
    row[3] = (struct cell){.type = CELL_FIXED, .wide = -1};
    table_set_footer(table, "1 more row");
}

static const struct cell_bucket fixture_buckets[] = {{1, 1, 2}, {2, 3, 0}, {4, 7, 160}};

/** src (key); count, hist. */
static inline void fixture_hist(struct table *table)
{
    static const char *const columns[] = {"src", "count", "hist"};
    struct table_schema schema = {"sizes", columns, 3, 1, NULL};
    table_init(table, &schema);
    struct cell *row = table_add_row(table);
    row[0] = fixture_text("x");
    row[1] = (struct cell){.type = CELL_UINT, .uint = 162};
    row[2] = (struct cell){.type = CELL_HIST,
                           .hist = {.items = fixture_buckets, .count = 3, .unit = CELL_INT}};
}
