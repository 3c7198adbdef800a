/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** The bounds-checked reader for plugins: the only way a plugin should touch packet bytes.
 *
 * A cursor is a window [pos, end) on memory that somebody else owns. A reader returns false and
 * leaves the cursor where it was when the window holds too few bytes; otherwise it advances and
 * writes its result. Network byte order. Keeps no state beyond the struct, so safe on any thread.
 */
#ifndef PALUA_CURSOR_H
#define PALUA_CURSOR_H

#include <stddef.h>

#include <palua/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PALUA_CHECKED __attribute__((warn_unused_result))

struct palua_cursor {
    const uint8_t *pos;  /**< next byte to read */
    const uint8_t *end;  /**< just past the last byte that may be read */
    const uint8_t *base; /**< where the outermost message starts; offsets are counted from here */
};

/** A cursor over a slice; offsets count from its start. */
static inline struct palua_cursor palua_cursor_of(struct palua_slice in)
{
    struct palua_cursor out = {in.data, in.len ? in.data + in.len : in.data, in.data};
    return out;
}

/** Bytes left to read. */
static inline size_t palua_cursor_left(const struct palua_cursor *in)
{
    return (size_t)(in->end - in->pos);
}

/** Bytes between the base and the next byte to read. */
static inline uint32_t palua_cursor_offset(const struct palua_cursor *in)
{
    return (uint32_t)(in->pos - in->base);
}

PALUA_CHECKED static inline bool palua_cursor_skip(struct palua_cursor *in, size_t len)
{
    if (len > palua_cursor_left(in))
        return false;
    in->pos += len;
    return true;
}

/** Borrows `len` bytes. */
PALUA_CHECKED static inline bool palua_cursor_bytes(struct palua_cursor *in, size_t len,
                                                    const uint8_t **out)
{
    if (len > palua_cursor_left(in))
        return false;
    *out = in->pos;
    in->pos += len;
    return true;
}

/** Splits off the next `len` bytes as a cursor of their own, with the same base. */
PALUA_CHECKED static inline bool palua_cursor_sub(struct palua_cursor *in, size_t len,
                                                  struct palua_cursor *out)
{
    if (len > palua_cursor_left(in))
        return false;
    out->pos = in->pos;
    out->end = in->pos + len;
    out->base = in->base;
    in->pos += len;
    return true;
}

/** The same window, to be read on from `offset` bytes after the base; false if that lies outside.
 */
PALUA_CHECKED static inline bool palua_cursor_seek(struct palua_cursor *in, size_t offset)
{
    if (offset > (size_t)(in->end - in->base))
        return false;
    in->pos = in->base + offset;
    return true;
}

PALUA_CHECKED static inline bool palua_cursor_u8(struct palua_cursor *in, uint8_t *out)
{
    if (palua_cursor_left(in) < 1)
        return false;
    *out = *in->pos++;
    return true;
}

PALUA_CHECKED static inline bool palua_cursor_peek_u8(const struct palua_cursor *in, uint8_t *out)
{
    if (palua_cursor_left(in) < 1)
        return false;
    *out = *in->pos;
    return true;
}

PALUA_CHECKED static inline bool palua_cursor_u16(struct palua_cursor *in, uint16_t *out)
{
    if (palua_cursor_left(in) < 2)
        return false;
    *out = (uint16_t)(in->pos[0] << 8 | in->pos[1]);
    in->pos += 2;
    return true;
}

PALUA_CHECKED static inline bool palua_cursor_u32(struct palua_cursor *in, uint32_t *out)
{
    if (palua_cursor_left(in) < 4)
        return false;
    *out = (uint32_t)in->pos[0] << 24 | (uint32_t)in->pos[1] << 16 | (uint32_t)in->pos[2] << 8 |
           in->pos[3];
    in->pos += 4;
    return true;
}

#ifdef __cplusplus
}
#endif
#endif
