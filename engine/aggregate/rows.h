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

struct row {
    uint64_t rank; /**< hash of the key with the fixed seed */
    uint8_t *key;  /**< in rows->keys */
    uint32_t key_len;
    uint32_t key_room;  /**< bytes reserved at key */
    uint32_t slot_hash; /**< where its search starts, and what a slot compares */
    _Alignas(16) uint8_t cells[];
};

struct rows_slot {
    uint32_t hash;
    uint32_t row; /**< index + 1; 0: free */
};

struct rows {
    const struct measure *measures; /**< borrowed */
    uint32_t measure_count;
    uint64_t cap;
    uint64_t seed;
    struct rows_slot *slots;
    size_t slot_count; /**< a power of two */
    uint8_t *slab;     /**< row_count rows of `stride` bytes */
    size_t stride;
    size_t row_count;
    size_t row_cap;
    struct arena keys;
    size_t keys_wasted; /**< bytes in `keys` that no row uses any more */
    uint32_t *heap;     /**< once at the cap: rows, the largest rank first */
    uint8_t *other;     /**< once a key did not fit: what those gathered */
};

/** @param measures  with their offsets; must outlive the rows
 * @param cells_size  bytes of all measures of a row, a multiple of 16 */
void rows_init(struct rows *rows, const struct measure *measures, uint32_t measure_count,
               uint32_t cells_size, uint64_t cap);
void rows_fini(struct rows *rows);

/** @param key  padded with zeros to a multiple of KEY_PAD (aggregate/key.h)
 * @return the cells of a key, to be added to: its row's, a new row's, or the other row's. Valid
 * until the next call. */
uint8_t *rows_cells(struct rows *rows, const uint8_t *key, uint32_t key_len);
const struct row *rows_at(const struct rows *rows, size_t index);
void rows_merge(struct rows *into, const struct rows *from);
