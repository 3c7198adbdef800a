// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugin/reader.h"

#include <stddef.h>
#include <string.h>

#include "base/memory.h"
#include "shard/share.h"

void readers_init(struct readers *readers, uint64_t memory_cap)
{
    readers->shards = memory_zalloc(SHARD_COUNT, sizeof *readers->shards);
    readers->shard_cap = memory_cap / SHARD_COUNT;
    readers->dropped = 0;
    for (int i = 0; i < SHARD_COUNT; i++)
        ring_init(&readers->shards[i].waiting);
}

void readers_fini(struct readers *readers)
{
    memory_free(readers->shards);
}

struct reader *reader_new(uint8_t shard)
{
    struct reader *reader = memory_zalloc(1, sizeof *reader);
    reader->shard = shard;
    return reader;
}

/** Keeps the books when a direction has changed. */
static void account(struct readers *readers, struct reader *reader, uint32_t before, uint32_t after)
{
    struct reader_shard *shard = &readers->shards[reader->shard];
    bool waits = reader->sides[0].bytes || reader->sides[1].bytes;
    shard->memory = shard->memory - before + after;
    if (waits == reader->waits)
        return;
    reader->waits = waits;
    if (waits)
        ring_add(&shard->waiting, &reader->waiting);
    else
        ring_remove(&reader->waiting);
}

uint8_t *reader_take(struct readers *readers, struct reader *reader, uint8_t direction,
                     uint32_t *len)
{
    struct reader_side *side = &reader->sides[direction];
    uint8_t *bytes = side->bytes;
    uint32_t cap = side->cap;
    *len = side->len;
    side->bytes = NULL;
    side->len = side->cap = 0;
    account(readers, reader, cap, 0);
    return bytes;
}

void reader_lose(struct readers *readers, struct reader *reader, uint8_t direction, uint32_t len)
{
    struct reader_side *side = &reader->sides[direction];
    readers->dropped += len;
    side->offset += len;
    side->gap += len;
    side->need = 0;
}

void reader_drop(struct readers *readers, struct reader *reader, uint8_t direction)
{
    uint32_t len;
    memory_free(reader_take(readers, reader, direction, &len));
    reader_lose(readers, reader, direction, len);
}

void reader_free(struct readers *readers, struct reader *reader)
{
    uint32_t len;
    for (uint8_t i = 0; i < 2; i++)
        memory_free(reader_take(readers, reader, i, &len));
    memory_free(reader);
}

/** Makes room for `len` more bytes in a shard: whoever has kept something longest pays. */
static void enforce_cap(struct readers *readers, const struct reader_shard *shard, uint32_t len)
{
    while (shard->memory + len > readers->shard_cap && !ring_empty(&shard->waiting)) {
        struct reader *reader = (struct reader *)(void *)((char *)shard->waiting.next -
                                                          offsetof(struct reader, waiting));
        reader_drop(readers, reader, reader->sides[0].bytes ? 0 : 1);
    }
}

bool reader_keep(struct readers *readers, struct reader *reader, uint8_t direction,
                 struct palua_slice bytes, uint32_t cap)
{
    struct reader_side *side = &reader->sides[direction];
    uint32_t most = readers->shard_cap / 2 < cap ? (uint32_t)(readers->shard_cap / 2) : cap;
    if (!bytes.len)
        return true;
    if (bytes.len > most || side->len > most - bytes.len) {
        reader_drop(readers, reader, direction);
        return false;
    }
    uint32_t need = side->len + bytes.len, before = side->cap;
    if (need > before) {
        uint32_t after = need < most / 2 ? 2 * need : most;
        enforce_cap(readers, &readers->shards[reader->shard], after - before);
        if (side->cap != before)
            return false; // it was the one that paid
        side->bytes = memory_resize(side->bytes, after);
        side->cap = after;
        account(readers, reader, before, after);
    }
    memcpy(side->bytes + side->len, bytes.data, bytes.len);
    side->len = need;
    return true;
}
