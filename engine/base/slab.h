// SPDX-License-Identifier: MIT OR Apache-2.0
/** Records of one size by number, at addresses that never change.
 *
 * They lie in chunks of which each holds as many records as all before it, so that a small slab is
 * small and a large one lies in few, huge pages. Numbers are given out in order; which of them are
 * in use is the owner's business. One thread at a time. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { SLAB_FIRST_BITS = 6 };                /**< the first chunk holds 64 records */
enum { SLAB_CHUNKS = 33 - SLAB_FIRST_BITS }; /**< numbers have 32 bits */

struct slab {
    /** Of each chunk: where record 0 would lie if the slab were one array. */
    uintptr_t origins[SLAB_CHUNKS];
    size_t stride;  /**< bytes per record */
    uint32_t count; /**< records given out */
    uint32_t cap;   /**< records there is room for */
};

/** @param stride  bytes per record; a record is aligned to 64 if that is a multiple of 64,
 * otherwise to 16 if it is one of 16 */
void slab_init(struct slab *slab, size_t stride);
void slab_fini(struct slab *slab);

/** Room for more records; called by slab_add. */
void slab_grow(struct slab *slab);

/** The chunk in which a record lies: 0 for the first 64, 1 for the next 64, 2 for the next 128… */
static inline unsigned slab_chunk(uint32_t index)
{
    return 31U - (unsigned)__builtin_clz(index >> (SLAB_FIRST_BITS - 1) | 1);
}

/** @param index  of a record that was given out */
static inline void *slab_at(const struct slab *slab, uint32_t index)
{
    return (void *)(slab->origins[slab_chunk(index)] + index * slab->stride);
}

/** The next number; the record is zeroed. */
static inline uint32_t slab_add(struct slab *slab)
{
    if (slab->count == slab->cap)
        slab_grow(slab);
    return slab->count++;
}
