// SPDX-License-Identifier: MIT OR Apache-2.0
/** The rows of an aggregation: an open-addressing hash table from key bytes to measure cells.
 *
 * Two hashes: one with a random seed finds rows, so that crafted keys cannot pile up in one place;
 * one with a fixed seed is a key's rank. At the cap the keys with the smallest rank stay (ties by
 * bytes), so which rows survive depends on the keys alone, not on their order or on how they were
 * spread over instances; what the others gathered is added to one other row, and nothing is lost
 * from totals. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aggregate/measure.h"
#include "base/arena.h"
#include "base/slab.h"

enum { ROW_KEY_NEAR = 40 }; /**< longer keys lie outside their row */

struct row {
    uint32_t slot_hash; /**< where its search starts, and what a slot compares */
    uint16_t key_len;
    uint16_t key_room; /**< bytes reserved at `far`; 0: the key is `near` */
    union {
        uint8_t near[ROW_KEY_NEAR];
        uint8_t *far; /**< in rows->keys */
    };
    _Alignas(16) uint8_t cells[];
};

static inline const uint8_t *row_key(const struct row *row)
{
    return row->key_room ? row->far : row->near;
}

/** A key that is about to be added to. */
struct rows_request {
    const uint8_t *key; /**< padded with zeros to a multiple of KEY_PAD (aggregate/key.h) */
    uint32_t key_len;
    uint32_t hash; /**< this and the next: set by rows_foresee */
    uint32_t row;  /**< index + 1 of the row that may be the key's; 0: not known */
};

struct rows_slot {
    uint32_t hash;
    uint32_t row; /**< index + 1; 0: free */
};

/** A row at the cap, with the hash that decides whether it stays. */
struct rows_ranked {
    uint64_t rank; /**< of the key, with the fixed seed */
    uint32_t row;
};

struct rows {
    const struct measure *measures; /**< borrowed */
    uint32_t measure_count;
    uint64_t cap;
    uint64_t seeds[2];
    struct rows_slot *slots;
    size_t slot_count; /**< a power of two */
    struct slab rows;
    struct arena keys;
    size_t keys_wasted;       /**< bytes in `keys` that no row uses any more */
    struct rows_ranked *heap; /**< once at the cap: the largest rank first */
    uint8_t *other;           /**< once a key did not fit: what those gathered */
};

/** @param measures  with their offsets; must outlive the rows
 * @param cells_size  bytes of all measures of a row, a multiple of 16 */
void rows_init(struct rows *rows, const struct measure *measures, uint32_t measure_count,
               uint32_t cells_size, uint64_t cap);
void rows_fini(struct rows *rows);

/** Finds out for several keys where they probably are, and has the processor fetch that: most of
 * the time that a large table takes is waiting for memory, and so the waits overlap. */
void rows_foresee(const struct rows *rows, struct rows_request *requests, uint32_t count);
/** @param request  after rows_foresee; rows may have been added since
 * @return the cells of a key, to be added to: its row's, a new row's, or the other row's. Valid
 * until the next call. */
uint8_t *rows_cells(struct rows *rows, const struct rows_request *request);
/** Whether the cells of that many keys will all stay where they are found. */
static inline bool rows_stay(const struct rows *rows, uint32_t count)
{
    return rows->rows.count + (uint64_t)count <= rows->cap;
}
const struct row *rows_at(const struct rows *rows, size_t index);
static inline size_t rows_count(const struct rows *rows)
{
    return rows->rows.count;
}
void rows_merge(struct rows *into, const struct rows *from);
