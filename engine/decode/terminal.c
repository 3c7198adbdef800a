// SPDX-License-Identifier: MIT OR Apache-2.0
/* Protocols that end a packet's layers: known by their name and their fixed header; what follows it
 * is their message, for a dissector to read. */
#include "decode/walk.h"

/** Bytes of the header that every message of the protocol has. */
static uint32_t fixed_len(uint16_t protocol)
{
    switch (protocol) {
    case PALUA_PROTOCOL_STP:   /* IEEE 802.1D section 9.3: protocol, version, type */
    case PALUA_PROTOCOL_EAPOL: /* IEEE 802.1X section 11.3: version, type, length */
    case PALUA_PROTOCOL_PIM:   /* RFC 7761 section 4.9: version and type, checksum */
    case PALUA_PROTOCOL_OSPF:  /* RFC 2328 A.3.1: version, type, length */
        return 4;
    case PALUA_PROTOCOL_IGMP: /* RFC 3376 section 4 */
        return 8;
    default: /* an LLDP TLV's type and length; the skip count of a loop message */
        return 2;
    }
}

/** Leaves out the padding behind a message that says how long it is. */
static void trim(struct walk *walk, uint16_t protocol)
{
    struct cursor in = walk->in;
    uint16_t len;
    if (protocol == PALUA_PROTOCOL_EAPOL && cursor_skip(&in, 2) && cursor_u16(&in, &len) &&
        4u + len < walk->left)
        walk_trim(walk, 4u + len);
}

unsigned terminal_header(struct walk *walk, uint16_t protocol)
{
    uint32_t len = fixed_len(protocol);
    walk->ip = PALUA_NO_LAYER;
    if (cursor_left(&walk->in) < len)
        return walk_short(walk, protocol, len);
    trim(walk, protocol);
    walk_layer(walk, protocol, len, 0);
    return WALK_END;
}
