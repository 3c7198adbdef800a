// SPDX-License-Identifier: MIT OR Apache-2.0
/** The bounds-checked reader through which every byte of a capture is parsed.
 *
 * A cursor is a window [pos, end) on memory that somebody else owns. A reader returns false and
 * leaves the cursor where it was when the window holds too few bytes; otherwise it advances and
 * writes its result. Network byte order unless the name says `le`. Keeps no state beyond the
 * struct, so safe on any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CURSOR_CHECKED __attribute__((warn_unused_result))

struct cursor {
    const uint8_t *pos;  /**< next byte to read */
    const uint8_t *end;  /**< just past the last byte that may be read */
    const uint8_t *base; /**< where the outermost message starts; offsets are counted from here */
};

/** A cursor over `len` bytes at `data`; offsets count from `data`. */
static inline struct cursor cursor_of(const void *data, size_t len)
{
    const uint8_t *bytes = data;
    return (struct cursor){.pos = bytes, .end = len ? bytes + len : bytes, .base = bytes};
}

/** Bytes left to read. */
static inline size_t cursor_left(const struct cursor *in)
{
    return (size_t)(in->end - in->pos);
}

/** Bytes between the base and the next byte to read. */
static inline size_t cursor_offset(const struct cursor *in)
{
    return (size_t)(in->pos - in->base);
}

CURSOR_CHECKED static inline bool cursor_skip(struct cursor *in, size_t len)
{
    if (len > cursor_left(in))
        return false;
    in->pos += len;
    return true;
}

/** Borrows `len` bytes. */
CURSOR_CHECKED static inline bool cursor_bytes(struct cursor *in, size_t len, const uint8_t **out)
{
    if (len > cursor_left(in))
        return false;
    *out = in->pos;
    in->pos += len;
    return true;
}

/** Splits off the next `len` bytes as a cursor of their own, with the same base. */
CURSOR_CHECKED static inline bool cursor_sub(struct cursor *in, size_t len, struct cursor *out)
{
    if (len > cursor_left(in))
        return false;
    *out = (struct cursor){.pos = in->pos, .end = in->pos + len, .base = in->base};
    in->pos += len;
    return true;
}

/** A cursor over the whole message that starts `offset` bytes after the base; false if that lies
 * outside. */
CURSOR_CHECKED static inline bool cursor_seek(const struct cursor *in, size_t offset,
                                              struct cursor *out)
{
    if (offset > (size_t)(in->end - in->base))
        return false;
    *out = (struct cursor){.pos = in->base + offset, .end = in->end, .base = in->base};
    return true;
}

/** Shortens the window to at most `len` bytes from the next byte on. */
static inline void cursor_clip(struct cursor *in, size_t len)
{
    if (len < cursor_left(in))
        in->end = in->pos + len;
}

CURSOR_CHECKED static inline bool cursor_u8(struct cursor *in, uint8_t *out)
{
    if (cursor_left(in) < 1)
        return false;
    *out = *in->pos++;
    return true;
}

CURSOR_CHECKED static inline bool cursor_peek_u8(const struct cursor *in, uint8_t *out)
{
    if (cursor_left(in) < 1)
        return false;
    *out = *in->pos;
    return true;
}

CURSOR_CHECKED static inline bool cursor_u16(struct cursor *in, uint16_t *out)
{
    if (cursor_left(in) < 2)
        return false;
    *out = (uint16_t)(in->pos[0] << 8 | in->pos[1]);
    in->pos += 2;
    return true;
}

CURSOR_CHECKED static inline bool cursor_u24(struct cursor *in, uint32_t *out)
{
    if (cursor_left(in) < 3)
        return false;
    *out = (uint32_t)in->pos[0] << 16 | (uint32_t)in->pos[1] << 8 | in->pos[2];
    in->pos += 3;
    return true;
}

CURSOR_CHECKED static inline bool cursor_u32(struct cursor *in, uint32_t *out)
{
    uint32_t raw;
    if (cursor_left(in) < sizeof raw)
        return false;
    memcpy(&raw, in->pos, sizeof raw);
    *out = __builtin_bswap32(raw);
    in->pos += sizeof raw;
    return true;
}

CURSOR_CHECKED static inline bool cursor_u64(struct cursor *in, uint64_t *out)
{
    uint64_t raw;
    if (cursor_left(in) < sizeof raw)
        return false;
    memcpy(&raw, in->pos, sizeof raw);
    *out = __builtin_bswap64(raw);
    in->pos += sizeof raw;
    return true;
}

CURSOR_CHECKED static inline bool cursor_u16le(struct cursor *in, uint16_t *out)
{
    if (cursor_left(in) < 2)
        return false;
    *out = (uint16_t)(in->pos[1] << 8 | in->pos[0]);
    in->pos += 2;
    return true;
}

CURSOR_CHECKED static inline bool cursor_u32le(struct cursor *in, uint32_t *out)
{
    if (cursor_left(in) < sizeof *out)
        return false;
    memcpy(out, in->pos, sizeof *out);
    in->pos += sizeof *out;
    return true;
}

CURSOR_CHECKED static inline bool cursor_u64le(struct cursor *in, uint64_t *out)
{
    if (cursor_left(in) < sizeof *out)
        return false;
    memcpy(out, in->pos, sizeof *out);
    in->pos += sizeof *out;
    return true;
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "palua runs on little-endian machines only");
