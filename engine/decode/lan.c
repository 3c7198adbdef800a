// SPDX-License-Identifier: MIT OR Apache-2.0
/* Local networks beside Ethernet: FDDI (ISO 9314-2), Token Ring (IEEE 802.5), IP over InfiniBand
 * (RFC 4391). */
#include "decode/walk.h"

enum { FDDI_LEN = 13, FDDI_CLASS = 0xf0, FDDI_LLC = 0x50 };
enum { RING_LEN = 14, RING_TYPE = 0xc0, RING_LLC = 0x40, RING_ROUTED = 0x80, ROUTE_LEN = 0x1f };
enum { ROUTE_LEAST = 2, ADDRESS_LEN = 6, GRH_LEN = 40, IPOIB_LEN = 44, ETHERTYPE_LEAST = 0x600 };

unsigned lan_fddi(struct walk *walk)
{
    struct cursor in = walk->in;
    uint8_t control;
    if (cursor_left(&in) < FDDI_LEN || !cursor_u8(&in, &control))
        return walk_short(walk, PALUA_PROTOCOL_FDDI, FDDI_LEN);
    unsigned next = walk_through(walk, PALUA_PROTOCOL_FDDI, FDDI_LEN, control, WALK_DATA);
    bool llc = (control & FDDI_CLASS) == FDDI_LLC && walk->left;
    return llc ? PALUA_PROTOCOL_LLC : next;
}

/** Clause 3.3: the top bit of the sender's address tells whether a route follows, whose first byte
 * holds its length. */
static bool read_route(struct cursor in, uint32_t *len)
{
    uint8_t sender, route;
    *len = 0;
    if (!cursor_skip(&in, 2 + ADDRESS_LEN) || !cursor_u8(&in, &sender) ||
        !cursor_skip(&in, ADDRESS_LEN - 1))
        return false;
    if (!(sender & RING_ROUTED))
        return true;
    if (!cursor_u8(&in, &route))
        return false;
    *len = route & ROUTE_LEN;
    return true;
}

unsigned lan_ring(struct walk *walk)
{
    struct cursor in = walk->in;
    uint8_t access, control;
    uint32_t route;
    if (!cursor_u8(&in, &access) || !cursor_u8(&in, &control) || !read_route(walk->in, &route))
        return walk_short(walk, PALUA_PROTOCOL_TR,
                          cursor_left(&walk->in) < RING_LEN ? RING_LEN : RING_LEN + ROUTE_LEAST);
    unsigned next = walk_through(walk, PALUA_PROTOCOL_TR, RING_LEN + route, control, WALK_DATA);
    bool llc = (control & RING_TYPE) == RING_LLC && walk->left;
    return llc && next != WALK_END ? PALUA_PROTOCOL_LLC : next;
}

unsigned lan_infiniband(struct walk *walk)
{
    struct cursor in = walk->in;
    uint16_t type;
    if (cursor_left(&in) < IPOIB_LEN || !cursor_skip(&in, GRH_LEN) || !cursor_u16(&in, &type))
        return walk_short(walk, PALUA_PROTOCOL_IPOIB, IPOIB_LEN);
    unsigned next = type >= ETHERTYPE_LEAST ? walk->decoder->ethertypes[type] : WALK_DATA;
    return walk_through(walk, PALUA_PROTOCOL_IPOIB, IPOIB_LEN, type, next);
}
