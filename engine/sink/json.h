// SPDX-License-Identifier: MIT OR Apache-2.0
/** JSON lines: one object per row, with the table's name first; printed lines as {"print": "…"}.
 *
 * Numbers keep all their digits (a reader with doubles only may round those above 2^53), times are
 * seconds with 9 decimals, addresses and bytes are strings, absent values and what JSON cannot
 * write (nan, inf) are null, a histogram is an array of {"low", "high", "count"}, a list an array.
 * A row with an estimate in it has "approximate": true besides, the one for all keys that there was
 * no room for "other": true. Pure, any thread. */
#pragma once

#include <stddef.h>

#include "base/text.h"
#include "sink/table.h"

/** What every row of a table has in common: the text before each value, made once. */
struct json_row {
    struct text text; /**< all prefixes, one after another */
    size_t *ends;     /**< end of each column's prefix */
    uint32_t column_count;
};

void json_row_init(struct json_row *row, const struct table_schema *schema);
void json_row_fini(struct json_row *row);
/** Adds one object and a newline. */
void json_row_add(const struct json_row *row, const struct cell *cells, struct text *out);

void json_print(const char *text, size_t len, struct text *out);
void json_table(const struct table *table, struct text *out);
