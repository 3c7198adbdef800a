// SPDX-License-Identifier: MIT OR Apache-2.0
/* Tags that bridges put into Ethernet frames: provider backbone (802.1ah), MACsec (802.1AE), port
 * extension (802.1BR, and VN-Tag before it). */
#include "decode/walk.h"

enum { BACKBONE_LEN = 18, ISID = 0xffffff, VNTAG_LEN = 6, ETAG_LEN = 8 };
enum { SECTAG_LEN = 6, SECTAG_SCI_LEN = 8, ICV_LEN = 16, TYPE_LEN = 2 };
enum { TCI_SCI = 0x20, TCI_CHANGED = 0x0c /* E and C: the payload is not what was sent */ };

/** The type field that ends a header of `len` bytes. */
static bool read_type(struct cursor in, uint32_t len, uint16_t *out)
{
    return cursor_skip(&in, len - TYPE_LEN) && cursor_u16(&in, out);
}

/** A header that ends with a type field. */
static unsigned tag(struct walk *walk, uint16_t protocol, uint32_t len)
{
    uint16_t type;
    if (!read_type(walk->in, len, &type))
        return walk_short(walk, protocol, len);
    if (walk_through(walk, protocol, len, type, WALK_DATA) == WALK_END)
        return WALK_END;
    return link_type(walk, type, len - TYPE_LEN);
}

unsigned bridge_backbone(struct walk *walk)
{
    struct cursor in = walk->in;
    uint32_t tci;
    uint8_t count = walk->count;
    bool whole = cursor_u32(&in, &tci);
    unsigned next = tag(walk, PALUA_PROTOCOL_IEEE8021AH, BACKBONE_LEN);
    if (whole && walk->count > count)
        walk_context(walk, DECODE_CONTEXT_NETWORK, tci & ISID);
    return next;
}

unsigned bridge_port_tag(struct walk *walk, uint16_t protocol)
{
    return tag(walk, protocol, protocol == PALUA_PROTOCOL_VNTAG ? VNTAG_LEN : ETAG_LEN);
}

unsigned bridge_macsec(struct walk *walk)
{
    struct cursor in = walk->in;
    uint8_t control, short_len;
    uint16_t type;
    if (!cursor_u8(&in, &control) || !cursor_u8(&in, &short_len))
        return walk_short(walk, PALUA_PROTOCOL_MACSEC, SECTAG_LEN);
    uint32_t len = SECTAG_LEN + (control & TCI_SCI ? SECTAG_SCI_LEN : 0u);
    if (control & TCI_CHANGED) {
        if (cursor_left(&walk->in) < len)
            return walk_short(walk, PALUA_PROTOCOL_MACSEC, len);
        walk_layer(walk, PALUA_PROTOCOL_MACSEC, len, 0);
        return WALK_END;
    }
    /* Integrity only: the frame follows in clear, its type first, and the check value last. */
    if (!read_type(walk->in, len + TYPE_LEN, &type))
        return walk_short(walk, PALUA_PROTOCOL_MACSEC, len + TYPE_LEN);
    uint32_t declared = len + (short_len ? short_len : walk->left) + ICV_LEN;
    if (declared < walk->left)
        walk_trim(walk, declared);
    if (walk_through(walk, PALUA_PROTOCOL_MACSEC, len + TYPE_LEN, type, WALK_DATA) == WALK_END)
        return WALK_END;
    walk_drop(walk, ICV_LEN);
    return walk->left ? link_type(walk, type, len) : WALK_END;
}
