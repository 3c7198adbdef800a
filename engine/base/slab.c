// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/slab.h"

#undef NDEBUG // assertions are always on
#include <assert.h>

#include "base/memory.h"
#include "base/pages.h"

enum { FIRST = 1 << SLAB_FIRST_BITS };

void slab_init(struct slab *slab, size_t stride)
{
    *slab = (struct slab){.stride = stride};
}

/** The number of a chunk's first record. */
static size_t first_of(unsigned chunk)
{
    return chunk ? (size_t)FIRST << (chunk - 1) : 0;
}

static size_t size_of(const struct slab *slab, unsigned chunk)
{
    return memory_mul(chunk ? first_of(chunk) : FIRST, slab->stride);
}

void slab_grow(struct slab *slab)
{
    assert(slab->cap <= UINT32_MAX / 2);
    unsigned chunk = slab->cap ? slab_chunk(slab->cap) : 0;
    uintptr_t memory = (uintptr_t)pages_zalloc(size_of(slab, chunk));
    slab->origins[chunk] = memory - first_of(chunk) * slab->stride;
    slab->cap = slab->cap ? 2 * slab->cap : FIRST;
}

void slab_fini(struct slab *slab)
{
    for (unsigned chunk = 0; first_of(chunk) < slab->cap; chunk++)
        pages_free((void *)(slab->origins[chunk] + first_of(chunk) * slab->stride),
                   size_of(slab, chunk));
    slab_init(slab, slab->stride);
}
