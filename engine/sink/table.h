// SPDX-License-Identifier: MIT OR Apache-2.0
/** A result table: named, typed columns and rows of cells; what aggregations and plugins end up as.
 *
 * Built once at the end of a run, on the main thread. Text in cells is copied into the table's
 * arena. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <palua/event.h>

#include "base/arena.h"
#include "sink/column_type.h"

/** A cell's type: an event field's, and beyond that fixed-point sums, estimates and histograms. */
enum cell_type {
    CELL_NIL,
    CELL_INT,      /**< sint */
    CELL_UINT,     /**< uint */
    CELL_ESTIMATE, /**< uint, marked with ≈ where people read it */
    CELL_REAL,     /**< real */
    CELL_BOOL,     /**< uint 0 or 1 */
    CELL_FIXED,    /**< wide: 128-bit integer in units of 1e-9 */
    CELL_TIME,     /**< sint, ns since the epoch */
    CELL_DURATION, /**< sint, ns */
    CELL_IPADDR,   /**< slice of 4 or 16 bytes */
    CELL_MAC,      /**< slice of 6 bytes */
    CELL_STRING,   /**< slice, bytes as the protocol sent them */
    CELL_BYTES,    /**< slice, shown as hex */
    CELL_HIST,     /**< hist: a histogram; drawn as bars on a terminal */
    CELL_LIST,     /**< list: several values, none of them a list */
    CELL_OTHER     /**< "(other)": the row is that of all keys that there was no room for */
};

/** One interval of a histogram: low <= value < high, or low <= value <= high where both are whole
 * numbers of the unit. */
struct cell_bucket {
    double low;
    double high;
    uint64_t count;
};

struct cell {
    enum cell_type type;
    union {
        int64_t sint;
        uint64_t uint;
        double real;
        __int128 wide;
        struct palua_slice slice;
        struct {
            const struct cell_bucket *items; /**< ascending */
            uint32_t count;
            enum cell_type unit; /**< of low and high: CELL_INT, CELL_REAL, CELL_DURATION (ns) */
        } hist;
        struct {
            const struct cell *items;
            uint32_t count;
        } list;
    };
};

struct table_schema {
    const char *name;
    const char *const *columns;
    uint32_t column_count;
    uint32_t key_count;              /**< leading columns that are keys; the rest are measures */
    const struct column_type *types; /**< one per column; NULL: as the cells are */
};

struct table {
    struct table_schema schema;
    struct arena arena; /**< owns names and what cells point to */
    struct cell *cells; /**< row_count × column_count */
    size_t row_count;
    size_t row_cap;
    char *footer; /**< one line below the table ("12 more rows"), NULL if none */
};

/** Empty, with a copy of the schema. */
void table_init(struct table *table, const struct table_schema *schema);
void table_fini(struct table *table);
/** A new row of column_count nil cells, to be filled by the caller; valid until the next call. */
struct cell *table_add_row(struct table *table);
/** Copies bytes into the table's arena, to point a cell at. */
struct palua_slice table_keep(struct table *table, const void *data, size_t len);
void table_set_footer(struct table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Sums of reals are fixed point: the nearest multiple of 1e-9. What lies beyond ±2^64 becomes
 * ±2^64, NaN becomes 0. */
__int128 cell_fixed(double value);
