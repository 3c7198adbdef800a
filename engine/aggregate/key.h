// SPDX-License-Identifier: MIT OR Apache-2.0
/** Keys as canonical bytes: per column a tag and its value, so that equal keys are equal bytes.
 *
 * A number is the same key however it was written (1, 1.0, 1ULL); a string is the same key as a
 * byte view of the same bytes; an address is typed, so never equal to its text. A key has at most
 * KEY_CAP bytes: a string or byte column is cut to what is left when every later column keeps
 * KEY_RESERVE bytes. Pure, any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lua/abi_aggregate.h"
#include "sink/table.h"

enum { KEY_CAP = 1024 }; /**< bytes of a key */
enum { KEY_PAD = 8 }; /**< zeros follow up to a multiple of this, so that keys compare by words */
enum { KEY_COLUMN_CAP = 16 }; /**< columns */
enum {
    KEY_RESERVE = 3 + 16
}; /**< bytes left for each later column: enough for any but a long string */

struct key {
    uint32_t len;
    bool cut; /**< a column did not fit */
    uint8_t bytes[KEY_CAP + KEY_PAD];
};

/** Writes all columns. @param count  at most KEY_COLUMN_CAP */
void key_make(struct key *key, const struct palua_argument *columns, uint32_t count);

/** The same at `out`, which has room for KEY_CAP + KEY_PAD bytes.
 * @param cut  set if a column did not fit
 * @return the key's length without the padding */
uint32_t key_write(uint8_t *out, const struct palua_argument *columns, uint32_t count, bool *cut);

/** The order of result rows: column by column nil, booleans, numbers by value, times, durations,
 * addresses, MACs, strings by bytes. @return < 0, 0, > 0 */
int key_compare(const uint8_t *a, const uint8_t *b, uint32_t columns);
/** The same for one column. */
int key_compare_column(const uint8_t *a, const uint8_t *b, uint32_t column);

/** The columns as cells that point into the key.
 * @param text_columns  bit i: column i is shown as text, else as hex */
void key_cells(const uint8_t *key, uint32_t columns, uint32_t text_columns, struct cell *out);

/** A hash of one value of any length: the same for equal keys, with a fixed seed. */
uint64_t key_hash_value(const struct palua_argument *value);
