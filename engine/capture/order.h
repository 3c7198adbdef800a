// SPDX-License-Identifier: MIT OR Apache-2.0
/** Integers in the byte order that a capture file says it has. Like the cursor's own readers
 * otherwise. */
#pragma once

#include "base/cursor.h"

CURSOR_CHECKED static inline bool order_u16(struct cursor *in, bool big, uint16_t *out)
{
    return big ? cursor_u16(in, out) : cursor_u16le(in, out);
}

CURSOR_CHECKED static inline bool order_u32(struct cursor *in, bool big, uint32_t *out)
{
    return big ? cursor_u32(in, out) : cursor_u32le(in, out);
}

CURSOR_CHECKED static inline bool order_u64(struct cursor *in, bool big, uint64_t *out)
{
    return big ? cursor_u64(in, out) : cursor_u64le(in, out);
}
