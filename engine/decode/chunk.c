// SPDX-License-Identifier: MIT OR Apache-2.0
#include "decode/chunk.h"

enum { HEADER_LEN = 4 };

uint16_t chunk_least(uint8_t type)
{
    switch (type) {
    case CHUNK_DATA: // section 3.3.1: there is user data
        return 17;
    case CHUNK_I_DATA:
        return 21;
    case CHUNK_INIT:
    case CHUNK_INIT_ACK:
    case CHUNK_NR_SACK:
        return 20;
    case CHUNK_SACK:
        return 16;
    case CHUNK_SHUTDOWN:
        return 8;
    default:
        return HEADER_LEN;
    }
}

/** Section 3.2: padded to 4 bytes, which the length does not count; the last one's padding may be
 * missing. */
static void pass(struct chunk_walk *walk, uint16_t length)
{
    uint32_t padded = (length + 3u) & ~3u;
    if (padded > walk->left)
        padded = walk->left;
    if (!cursor_skip(&walk->in, padded))
        walk->in.pos = walk->in.end;
    walk->left -= padded;
    walk->count++;
}

enum chunk_step chunk_next(struct chunk_walk *walk, struct chunk *out)
{
    struct cursor at = walk->in;
    struct chunk chunk;
    if (!walk->left)
        return CHUNK_END;
    if (walk->count == CHUNK_CAP)
        return CHUNK_MANY;
    if (walk->left < HEADER_LEN)
        return cursor_left(&at) < walk->left ? CHUNK_CUT : CHUNK_BAD;
    if (!cursor_u8(&at, &chunk.type) || !cursor_u8(&at, &chunk.flags) ||
        !cursor_u16(&at, &chunk.length))
        return CHUNK_CUT;
    if (chunk.length < HEADER_LEN || chunk.length > walk->left)
        return CHUNK_BAD;
    if (!cursor_sub(&at, chunk.length - (size_t)HEADER_LEN, &chunk.value))
        return CHUNK_CUT;
    *out = chunk;
    pass(walk, chunk.length);
    return CHUNK_READ;
}
