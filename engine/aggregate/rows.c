// SPDX-License-Identifier: MIT OR Apache-2.0
#include "aggregate/rows.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define XXH_INLINE_ALL // a call per event through the library costs more than the hash of a short
                       // key
#include <xxhash.h>

#include "aggregate/key.h"
#include "base/fold.h"
#include "base/memory.h"
#include "base/pages.h"
#include "base/prefetch.h"

enum { SLOTS_MIN = 64, KEY_ALIGN = 16, WASTE_MIN = 1 << 20 };
enum { LINE = 64, HASH_FOLD_MOST = 64 };

_Static_assert(ROW_KEY_NEAR % KEY_PAD == 0, "a near key has room for its padding");
_Static_assert(sizeof(struct row) % 16 == 0, "cells start where they are aligned");
static const uint64_t rank_seed = 0x70616c75612e6b31; // any fixed number: reaches the output

static uint64_t random_seed(void)
{
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed) {
        struct timespec now; // early at boot: better than a constant, and no result depends on it
        clock_gettime(CLOCK_MONOTONIC, &now);
        seed = (uint64_t)now.tv_nsec * 0x9e3779b97f4a7c15 + (uint64_t)(uintptr_t)&seed;
    }
    return seed;
}

void rows_init(struct rows *rows, const struct measure *measures, uint32_t measure_count,
               uint32_t cells_size, uint64_t cap)
{
    *rows = (struct rows){.measures = measures,
                          .measure_count = measure_count,
                          .cap = cap < UINT32_MAX - 1 ? cap : UINT32_MAX - 1,
                          .seeds = {random_seed(), random_seed()}};
    slab_init(&rows->rows, sizeof(struct row) + cells_size);
    arena_init(&rows->keys);
}

static struct row *row_at(const struct rows *rows, size_t index)
{
    return slab_at(&rows->rows, (uint32_t)index);
}

const struct row *rows_at(const struct rows *rows, size_t index)
{
    return row_at(rows, index);
}

static size_t cells_size(const struct rows *rows)
{
    return rows->rows.stride - sizeof(struct row);
}

static void cells_fini(const struct rows *rows, uint8_t *cells)
{
    for (uint32_t i = 0; i < rows->measure_count; i++)
        measure_fini(&rows->measures[i], cells + rows->measures[i].offset);
}

static void cells_merge(const struct rows *rows, uint8_t *into, const uint8_t *from)
{
    for (uint32_t i = 0; i < rows->measure_count; i++)
        measure_merge(&rows->measures[i], into + rows->measures[i].offset,
                      from + rows->measures[i].offset);
}

void rows_fini(struct rows *rows)
{
    for (size_t i = 0; i < rows_count(rows); i++)
        cells_fini(rows, row_at(rows, i)->cells);
    if (rows->other)
        cells_fini(rows, rows->other);
    arena_fini(&rows->keys);
    slab_fini(&rows->rows);
    pages_free(rows->slots, rows->slot_count * sizeof *rows->slots);
    memory_free(rows->heap);
    memory_free(rows->other);
    *rows = (struct rows){0};
}

static inline uint64_t load(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/** Short keys, which most are, take a multiplication per two words, which are padded with zeros. */
static inline uint32_t hash_of(const struct rows *rows, const uint8_t *key, uint32_t key_len)
{
    if (key_len > HASH_FOLD_MOST)
        return (uint32_t)XXH3_64bits_withSeed(key, key_len, rows->seeds[0]);
    uint64_t hash = rows->seeds[0] ^ key_len;
    for (uint32_t at = 0; at < key_len; at += 16)
        hash = fold_words(load(key + at) ^ hash,
                          (at + 8 < key_len ? load(key + at + 8) : 0) ^ rows->seeds[1]);
    return (uint32_t)(hash ^ hash >> 32);
}

static uint64_t rank_of(const uint8_t *key, uint32_t key_len)
{
    return XXH3_64bits_withSeed(key, key_len, rank_seed);
}

/** Keys are compared by words: they are short, and padded with zeros to KEY_PAD (aggregate/key.h).
 */
static bool same_key(const uint8_t *a, const uint8_t *b, uint32_t len)
{
    for (uint32_t at = 0; at < len; at += KEY_PAD) {
        uint64_t left, right;
        memcpy(&left, a + at, sizeof left);
        memcpy(&right, b + at, sizeof right);
        if (left != right)
            return false;
    }
    return true;
}

static bool row_has_key(const struct row *row, const uint8_t *key, uint32_t key_len)
{
    return row->key_len == key_len && same_key(row_key(row), key, key_len);
}

/** The slot that holds the key, or the free one where it would go. */
static struct rows_slot *probe(const struct rows *rows, uint32_t hash, const uint8_t *key,
                               uint32_t key_len)
{
    size_t mask = rows->slot_count - 1;
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
        struct rows_slot *slot = &rows->slots[at];
        if (slot->row == 0)
            return slot;
        if (slot->hash == hash && row_has_key(row_at(rows, slot->row - 1), key, key_len))
            return slot;
    }
}

/** The first row of that hash, which hardly ever is another key's; 0 if there is none. */
static uint32_t guess(const struct rows *rows, uint32_t hash)
{
    size_t mask = rows->slot_count - 1, at = hash & mask;
    while (rows->slots[at].row && rows->slots[at].hash != hash)
        at = (at + 1) & mask;
    return rows->slots[at].row;
}

void rows_foresee(const struct rows *rows, struct rows_request *requests, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct rows_request *request = &requests[i];
        request->hash = hash_of(rows, request->key, request->key_len);
        request->row = 0;
        if (rows->slot_count)
            prefetch_read(&rows->slots[request->hash & (rows->slot_count - 1)]);
    }
    for (uint32_t i = 0; rows->slot_count && i < count; i++) {
        requests[i].row = guess(rows, requests[i].hash);
        if (!requests[i].row)
            continue;
        const uint8_t *row = (const uint8_t *)row_at(rows, requests[i].row - 1);
        prefetch_write(row);
        prefetch_write(row + LINE);
    }
}

static void slots_grow(struct rows *rows)
{
    size_t count = rows->slot_count ? rows->slot_count * 2 : SLOTS_MIN;
    struct rows_slot *slots = pages_zalloc(memory_mul(count, sizeof *slots));
    for (size_t i = 0; i < rows->slot_count; i++) {
        if (rows->slots[i].row == 0)
            continue;
        size_t at = rows->slots[i].hash & (count - 1);
        while (slots[at].row)
            at = (at + 1) & (count - 1);
        slots[at] = rows->slots[i];
    }
    pages_free(rows->slots, rows->slot_count * sizeof *slots);
    rows->slots = slots;
    rows->slot_count = count;
}

/** Frees a slot and moves those up that were pushed past it, so that no search ends early. */
static void slot_remove(struct rows *rows, size_t hole)
{
    size_t mask = rows->slot_count - 1;
    for (size_t at = (hole + 1) & mask; rows->slots[at].row; at = (at + 1) & mask) {
        size_t home = rows->slots[at].hash & mask;
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        rows->slots[hole] = rows->slots[at];
        hole = at;
    }
    rows->slots[hole].row = 0;
}

/** Room for a key outside the row: what there is, if it is enough. */
static void need_room(struct rows *rows, struct row *row, uint32_t key_len)
{
    if (row->key_room >= key_len)
        return;
    rows->keys_wasted += row->key_room;
    row->key_room = (uint16_t)((key_len + KEY_ALIGN - 1) & ~(uint32_t)(KEY_ALIGN - 1));
    row->far = arena_alloc(&rows->keys, row->key_room, KEY_ALIGN);
}

static void key_store(struct rows *rows, struct row *row, const uint8_t *key, uint32_t key_len)
{
    if (key_len > ROW_KEY_NEAR) {
        need_room(rows, row, key_len);
    } else {
        rows->keys_wasted += row->key_room;
        row->key_room = 0;
    }
    uint8_t *out = row->key_room ? row->far : row->near;
    memset(out, 0, row->key_room ? row->key_room : ROW_KEY_NEAR);
    memcpy(out, key, key_len);
    row->key_len = (uint16_t)key_len;
}

/** Rows that were replaced by longer keys leave holes; when these are half of it all, the keys
 * move. */
static void keys_compact(struct rows *rows)
{
    if (rows->keys_wasted < WASTE_MIN || rows->keys_wasted < rows->keys.used / 2)
        return;
    struct arena old = rows->keys;
    arena_init(&rows->keys);
    for (size_t i = 0; i < rows_count(rows); i++) {
        struct row *row = row_at(rows, i);
        const uint8_t *key = row->far;
        if (!row->key_room)
            continue;
        row->key_room = 0;
        key_store(rows, row, key, row->key_len);
    }
    rows->keys_wasted = 0;
    arena_fini(&old);
}

/** Ranks of different keys are hardly ever equal; then their bytes decide. */
static int rank_compare(uint64_t a_rank, const uint8_t *a, uint32_t a_len, const struct rows *rows,
                        const struct rows_ranked *b)
{
    if (a_rank != b->rank)
        return a_rank < b->rank ? -1 : 1;
    const struct row *row = row_at(rows, b->row);
    int order = memcmp(a, row_key(row), a_len < row->key_len ? a_len : row->key_len);
    return order ? order : (a_len > row->key_len) - (a_len < row->key_len);
}

static bool heap_above(const struct rows *rows, const struct rows_ranked *a,
                       const struct rows_ranked *b)
{
    const struct row *row = row_at(rows, a->row);
    return rank_compare(a->rank, row_key(row), row->key_len, rows, b) > 0;
}

static void heap_sink(struct rows *rows, size_t at)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= rows_count(rows))
            return;
        if (child + 1 < rows_count(rows) &&
            heap_above(rows, &rows->heap[child + 1], &rows->heap[child]))
            child++;
        if (!heap_above(rows, &rows->heap[child], &rows->heap[at]))
            return;
        struct rows_ranked swap = rows->heap[at];
        rows->heap[at] = rows->heap[child];
        rows->heap[child] = swap;
        at = child;
    }
}

static void heap_make(struct rows *rows)
{
    rows->heap = memory_alloc(memory_mul(rows_count(rows), sizeof *rows->heap));
    for (size_t i = 0; i < rows_count(rows); i++) {
        const struct row *row = row_at(rows, i);
        rows->heap[i] = (struct rows_ranked){rank_of(row_key(row), row->key_len), (uint32_t)i};
    }
    for (size_t i = rows_count(rows) / 2; i-- > 0;)
        heap_sink(rows, i);
}

static void slot_fill(struct rows *rows, uint32_t hash, size_t row)
{
    size_t mask = rows->slot_count - 1, at = hash & mask;
    while (rows->slots[at].row)
        at = (at + 1) & mask;
    rows->slots[at] = (struct rows_slot){.hash = hash, .row = (uint32_t)row + 1};
}

static uint8_t *add_row(struct rows *rows, uint32_t hash, const uint8_t *key, uint32_t key_len)
{
    if ((rows_count(rows) + 1) * 4 > rows->slot_count * 3)
        slots_grow(rows);
    uint32_t index = slab_add(&rows->rows);
    struct row *row = row_at(rows, index);
    row->slot_hash = hash;
    key_store(rows, row, key, key_len);
    slot_fill(rows, hash, index);
    return row->cells;
}

/** The row with the largest rank gives way to a key with a smaller one. */
static uint8_t *replace_row(struct rows *rows, uint32_t hash, uint64_t rank, const uint8_t *key,
                            uint32_t key_len)
{
    uint32_t index = rows->heap[0].row;
    struct row *row = row_at(rows, index);
    cells_merge(rows, rows->other, row->cells);
    cells_fini(rows, row->cells);
    memset(row->cells, 0, cells_size(rows));
    slot_remove(rows,
                (size_t)(probe(rows, row->slot_hash, row_key(row), row->key_len) - rows->slots));
    rows->heap[0].rank = rank;
    row->slot_hash = hash;
    key_store(rows, row, key, key_len);
    slot_fill(rows, hash, index);
    heap_sink(rows, 0);
    keys_compact(rows);
    return row->cells;
}

static void need_other(struct rows *rows)
{
    if (!rows->other) // a row's cells, which may need 16-byte alignment
        rows->other = memset(memory_aligned(16, cells_size(rows)), 0, cells_size(rows));
}

static uint8_t *new_key(struct rows *rows, uint32_t hash, const uint8_t *key, uint32_t key_len)
{
    if (rows_count(rows) < rows->cap)
        return add_row(rows, hash, key, key_len);
    uint64_t rank = rank_of(key, key_len);
    need_other(rows);
    if (!rows->heap)
        heap_make(rows);
    if (rank_compare(rank, key, key_len, rows, &rows->heap[0]) > 0)
        return rows->other;
    return replace_row(rows, hash, rank, key, key_len);
}

static uint8_t *find_cells(struct rows *rows, uint32_t hash, const uint8_t *key, uint32_t key_len)
{
    if (rows->slot_count) {
        const struct rows_slot *slot = probe(rows, hash, key, key_len);
        if (slot->row)
            return row_at(rows, slot->row - 1)->cells;
    }
    return new_key(rows, hash, key, key_len);
}

uint8_t *rows_cells(struct rows *rows, const struct rows_request *request)
{
    if (request->row) {
        struct row *row = row_at(rows, request->row - 1);
        if (row_has_key(row, request->key, request->key_len))
            return row->cells;
    }
    return find_cells(rows, request->hash, request->key, request->key_len);
}

void rows_merge(struct rows *into, const struct rows *from)
{
    for (size_t i = 0; i < rows_count(from); i++) {
        const struct row *row = row_at(from, i);
        const uint8_t *key = row_key(row);
        uint32_t hash = hash_of(into, key, row->key_len);
        cells_merge(into, find_cells(into, hash, key, row->key_len), row->cells);
    }
    if (from->other) {
        need_other(into);
        cells_merge(into, into->other, from->other);
    }
}
