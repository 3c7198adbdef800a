// SPDX-License-Identifier: MIT OR Apache-2.0
/** A host for the parser's tests: gives memory that the sanitizer watches byte by byte, and holds
 * the plugin to the contract of room and keep. */
#pragma once

#include <stdlib.h>

#include <palua/plugin.h>

struct fake_block {
    struct fake_block *next;
    uint8_t data[];
};

struct palua_call {
    struct fake_block *blocks;
    struct fake_block *room; /**< open, as long as nothing else was called */
    uint32_t room_size;
    uint64_t allocated;
};

static uint8_t *fake_block(struct palua_call *call, size_t size, int fill)
{
    struct fake_block *block = malloc(sizeof *block + size);
    if (!block)
        abort();
    block->next = call->blocks;
    call->blocks = block;
    call->allocated += size;
    memset(block->data, fill, size);
    return block->data;
}

static void *fake_alloc(struct palua_call *call, size_t size)
{
    if (call->room)
        abort(); // the parser did not keep first
    return fake_block(call, size, 0);
}

static uint8_t *fake_room(struct palua_call *call, uint32_t size)
{
    if (call->room)
        abort();
    uint8_t *data = fake_block(call, size, 0xee);
    call->room = call->blocks;
    call->room_size = size;
    return data;
}

static void fake_keep(struct palua_call *call, uint32_t len)
{
    if (!call->room || len > call->room_size)
        abort();
    call->room = NULL;
}

static inline void fake_free(struct palua_call *call)
{
    while (call->blocks) {
        struct fake_block *next = call->blocks->next;
        free(call->blocks);
        call->blocks = next;
    }
}

static const struct palua_host fake_host = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_host),
    .alloc = fake_alloc,
    .room = fake_room,
    .keep = fake_keep,
};
