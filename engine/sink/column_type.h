// SPDX-License-Identifier: MIT OR Apache-2.0
/** What a column of a table or stream holds, in the words of Zeek's logs: a type such as `addr`,
 * `set[string]` for several values in no order, `vector[count]` for several in theirs.
 *
 * Streams are declared with these (log.stream), and Zeek's format writes them above the rows. Pure,
 * any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

enum column_item {
    COLUMN_STRING,
    COLUMN_TIME,
    COLUMN_INTERVAL,
    COLUMN_ADDR,
    COLUMN_SUBNET,
    COLUMN_PORT,
    COLUMN_COUNT,
    COLUMN_INT,
    COLUMN_DOUBLE,
    COLUMN_BOOL,
    COLUMN_ENUM,
    COLUMN_ITEM_END
};

enum column_container { COLUMN_SCALAR, COLUMN_SET, COLUMN_VECTOR };

struct column_type {
    enum column_item item;
    enum column_container container;
};

struct cell;

/** Reads "count", "set[addr]" or "vector[string]". @return false if it is none of these */
bool column_type_parse(const char *text, size_t len, struct column_type *out);
/** The type that a misspelt one was meant to be; NULL if none is near. */
const char *column_type_near(const char *text);
/** All types, as a user may write them. */
const char *column_type_list(void);
const char *column_item_name(enum column_item item);
void column_type_text(struct column_type type, struct text *out);
bool column_type_same(struct column_type a, struct column_type b);

/** The type that a value of a result table has. */
struct column_type column_type_of(const struct cell *cell);
/** The type of a column that has values of both. */
struct column_type column_type_join(struct column_type a, struct column_type b);
