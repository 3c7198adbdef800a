// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/arena.h"

#include <stdalign.h>
#include <string.h>

#include "base/memory.h"
#include "base/pages.h"

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_CHECKING 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_CHECKING 1
#endif
#endif

#define ARENA_ALIGN_MAX 64
#define ARENA_CHUNK_MIN (64U * 1024U)
#define ARENA_SPOILT 0xdb

struct arena_chunk {
    struct arena_chunk *next;
    size_t size; /**< bytes after this header */
    alignas(ARENA_ALIGN_MAX) uint8_t data[];
};

void arena_init(struct arena *arena)
{
    *arena = (struct arena){0};
}

static void chunks_free(struct arena_chunk *chunk)
{
    while (chunk) {
        struct arena_chunk *next = chunk->next;
        pages_free(chunk, sizeof *chunk + chunk->size);
        chunk = next;
    }
}

void arena_fini(struct arena *arena)
{
    chunks_free(arena->chunks);
    *arena = (struct arena){0};
}

static void chunk_add(struct arena *arena, size_t size)
{
    struct arena_chunk *chunk = pages_alloc(memory_add(sizeof *chunk, size));
    chunk->next = arena->chunks;
    chunk->size = size;
    arena->chunks = chunk;
    arena->pos = chunk->data;
    arena->end = chunk->data + size;
}

void arena_spoil(struct arena *arena)
{
    for (struct arena_chunk *chunk = arena->chunks; chunk; chunk = chunk->next)
        memset(chunk->data, ARENA_SPOILT, chunk->size);
}

#ifdef ARENA_CHECKING

void arena_reset(struct arena *arena)
{
    arena_fini(arena);
}

void *arena_alloc(struct arena *arena, size_t size, size_t align)
{
    (void)align; // a chunk's data is aligned to the maximum already
    chunk_add(arena, size);
    arena->used += size;
    return arena->chunks->data;
}

void arena_trim(struct arena *arena, const void *end)
{
    // A chunk holds one allocation here: its tail is not handed out again, only taken off the
    // count.
    arena->used -= (size_t)(arena->end - (const uint8_t *)end);
    arena->end = arena->chunks->data + ((const uint8_t *)end - arena->chunks->data);
}

#else

void arena_reset(struct arena *arena)
{
    arena->used = 0;
    if (!arena->chunks)
        return;
    // The newest chunk is the largest, as each is at least twice the one before.
    chunks_free(arena->chunks->next);
    arena->chunks->next = NULL;
    arena->pos = arena->chunks->data;
}

void *arena_alloc(struct arena *arena, size_t size, size_t align)
{
    size_t pad = (size_t)(-(uintptr_t)arena->pos & (align - 1));
    if (memory_add(size, pad) > (size_t)(arena->end - arena->pos)) {
        size_t chunk =
            arena->chunks ? memory_add(arena->chunks->size, arena->chunks->size) : ARENA_CHUNK_MIN;
        while (chunk < memory_add(size, align))
            chunk = memory_add(chunk, chunk);
        chunk_add(arena, chunk);
        pad = (size_t)(-(uintptr_t)arena->pos & (align - 1));
    }
    void *out = arena->pos + pad;
    arena->pos += pad + size;
    arena->used += size;
    return out;
}

void arena_trim(struct arena *arena, const void *end)
{
    size_t tail = (size_t)(arena->pos - (const uint8_t *)end);
    arena->pos -= tail;
    arena->used -= tail;
}

#endif

void *arena_zalloc(struct arena *arena, size_t size, size_t align)
{
    return memset(arena_alloc(arena, size, align), 0, size);
}

void *arena_copy(struct arena *arena, const void *data, size_t len, size_t align)
{
    void *out = arena_alloc(arena, len, align);
    if (len)
        memcpy(out, data, len);
    return out;
}
