/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** What palua's own Lua calls to declare, fill and read aggregations (see aggregate/aggregate.h).
 *
 * Part of the cdef, so the rules of palua/abi.h hold. One thread at a time per aggregate; nothing
 * here is reachable from a script. Functions that return false leave a sentence in
 * palua_aggregate_problem. */
#ifndef PALUA_ABI_AGGREGATE_H
#define PALUA_ABI_AGGREGATE_H

#ifndef PALUA_CDEF
#include <stdbool.h>
#include <stdint.h>
#define PALUA_LUA_EXPORT __attribute__((visibility("default")))
#else
#define PALUA_LUA_EXPORT
#endif

/** One argument of add: a key column or a value, typed as event fields are (enum palua_type; 0:
 * nil). */
struct palua_argument {
    uint32_t type;
    uint32_t len;        /**< of data */
    const uint8_t *data; /**< STRING, BYTES, IPADDR, MAC: borrowed until add returns */
    int64_t
        integer; /**< INT, TIME, DURATION (ns), BOOL; UINT and ENUM: the same 64 bits unsigned */
    double real; /**< REAL */
};

enum { PALUA_ARGUMENT_CAP = 32 }; /**< key columns and measures together */

struct aggregate;
struct palua_rows;

/** Declares: new, then keys, then measures, then order. Names are copied. */
PALUA_LUA_EXPORT struct aggregate *palua_aggregate_new(const char *name, uint64_t key_cap);
PALUA_LUA_EXPORT void palua_aggregate_free(struct aggregate *aggregate);
PALUA_LUA_EXPORT bool palua_aggregate_key(struct aggregate *aggregate, const char *column);
/** label: its column's name; field: what it reads when the aggregation is used as a handler; step:
 * width of a linear histogram's buckets, 0 for log2. */
PALUA_LUA_EXPORT bool palua_aggregate_measure(struct aggregate *aggregate, const char *label,
                                              const char *kind, const char *field, double step);
/** How rows are ordered and how many are shown (0: all). column NULL: the first measure. order:
 * "asc", "desc" or NULL for what is usual: measures from the largest, keys from the smallest. */
PALUA_LUA_EXPORT bool palua_aggregate_order(struct aggregate *aggregate, const char *column,
                                            const char *order);
PALUA_LUA_EXPORT void palua_aggregate_top(struct aggregate *aggregate, uint64_t count);
/** It does not print itself at the end of the run. */
PALUA_LUA_EXPORT void palua_aggregate_hide(struct aggregate *aggregate);
PALUA_LUA_EXPORT const char *palua_aggregate_problem(const struct aggregate *aggregate);
/** Key columns declared so far. */
PALUA_LUA_EXPORT uint32_t palua_aggregate_keys(const struct aggregate *aggregate);
/** Whether a measure of this kind takes a value. */
PALUA_LUA_EXPORT bool palua_aggregate_valued(const char *kind);
/** The known kind of aggregation (a measure's, or "group") of that name or the nearest one; NULL if
 * none is near. */
PALUA_LUA_EXPORT const char *palua_aggregate_kind(const char *kind);

/** Where add reads its arguments: key columns, then the value of each measure that takes one. */
PALUA_LUA_EXPORT struct palua_argument *palua_aggregate_arguments(struct aggregate *aggregate);
/** Adds the arguments. @return 0, or the number of the argument (from 1) that is no number where
 * one is needed */
PALUA_LUA_EXPORT uint32_t palua_aggregate_add(struct aggregate *aggregate);

/** The result's rows as they would be printed. */
PALUA_LUA_EXPORT struct palua_rows *palua_aggregate_rows(struct aggregate *aggregate);
PALUA_LUA_EXPORT void palua_rows_free(struct palua_rows *rows);
PALUA_LUA_EXPORT uint64_t palua_rows_count(const struct palua_rows *rows);
PALUA_LUA_EXPORT uint32_t palua_rows_columns(const struct palua_rows *rows);
PALUA_LUA_EXPORT const char *palua_rows_column(const struct palua_rows *rows, uint32_t column);
/** One cell: nil, BOOL, INT, UINT, REAL (also sums, averages and durations in seconds) or STRING;
 * text is borrowed until the next call. */
PALUA_LUA_EXPORT void palua_rows_cell(struct palua_rows *rows, uint64_t row, uint32_t column,
                                      struct palua_argument *out);
/** The result as a table for people, borrowed until the next call or free. */
PALUA_LUA_EXPORT const char *palua_rows_text(struct palua_rows *rows, uint64_t *len);

#endif
