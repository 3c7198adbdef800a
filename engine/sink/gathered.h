// SPDX-License-Identifier: MIT OR Apache-2.0
/** Result tables of several files as one each: tables of the same name and columns become one, with
 * a column `file` before the others. One thread at a time. */
#pragma once

#include <stddef.h>

#include "sink/table.h"

struct gathered {
    struct table *tables; /**< in the order in which the first of each came */
    size_t count;
    size_t cap;
};

void gathered_init(struct gathered *gathered);
void gathered_fini(struct gathered *gathered);

/** Copies the rows of a table, as those of a file. */
void gathered_add(struct gathered *gathered, const struct table *table, const char *file);

/** A copy of a schema with the column `file`, a key, in front; free it with gathered_schema_free.
 */
struct table_schema *gathered_schema(const struct table_schema *schema);
void gathered_schema_free(struct table_schema *schema);
/** Whether `with_file` is what gathered_schema makes of `schema`. */
bool gathered_same(const struct table_schema *with_file, const struct table_schema *schema);

/** Puts the file in front of the cells of a row. @param out  room for one cell more than `cells` */
void gathered_cells(const char *file, const struct cell *cells, uint32_t count, struct cell *out);
