// SPDX-License-Identifier: MIT OR Apache-2.0
/* MPLS label stacks (RFC 3032; in IP: RFC 4023) and Ethernet pseudowires (RFC 4448).
 *
 * Nothing in a label stack says what follows. RFC 4928 and RFC 4385 keep the first four bits of the
 * payload apart: 4 and 6 for IP, 0 for a control word, 1 for an associated channel. */
#include "decode/walk.h"

enum { ENTRY_LEN = 4, BOTTOM = 0x100, LABEL_SHIFT = 12, CONTROL_WORD_LEN = 4 };
enum { STACK_CAP = 16383 }; /* the record has 16 bits for the header's length */
enum { MACS_LEN = 12, ETHERTYPE_LEAST = 0x600, LENGTH_MOST = 1500 };

/** Whether a frame whose type is one that is decoded, or a length that fits, begins `skip` bytes
 * on. */
static bool looks_like_ethernet(const struct walk *walk, struct cursor in, uint32_t skip)
{
    uint16_t type;
    if (!cursor_skip(&in, skip + MACS_LEN) || !cursor_u16(&in, &type))
        return false;
    if (type >= ETHERTYPE_LEAST)
        return walk->decoder->ethertypes[type] != WALK_DATA;
    return type && type <= LENGTH_MOST && type <= cursor_left(&in);
}

/** What the payload that the walk stands before looks like. */
static unsigned payload(struct walk *walk)
{
    struct cursor in = walk->in;
    uint8_t first;
    if (!cursor_peek_u8(&in, &first)) {
        if (walk->left)
            walk_fault(walk, DECODE_FAULT_SNAPLEN_CUT, walk->count - 1u, walk_offset(walk));
        return WALK_END;
    }
    switch (first >> 4) {
    case 4:
        return PALUA_PROTOCOL_IP;
    case 6:
        return PALUA_PROTOCOL_IPV6;
    case 0:
        if (looks_like_ethernet(walk, in, CONTROL_WORD_LEN))
            return PALUA_PROTOCOL_PWETHCW;
        break;
    default:
        break;
    }
    return looks_like_ethernet(walk, in, 0) ? PALUA_PROTOCOL_ETH : WALK_DATA;
}

unsigned mpls_stack(struct walk *walk)
{
    struct cursor in = walk->in;
    uint32_t entry = 0, count = 0;
    do {
        if (!cursor_u32(&in, &entry))
            return walk_short(walk, PALUA_PROTOCOL_MPLS, (count + 1) * ENTRY_LEN);
        count++;
    } while (!(entry & BOTTOM) && count < STACK_CAP);
    walk_layer(walk, PALUA_PROTOCOL_MPLS, count * ENTRY_LEN, (uint16_t)count);
    walk_context(walk, DECODE_CONTEXT_LABEL, entry >> LABEL_SHIFT);
    walk_to(walk, &in);
    return payload(walk);
}

unsigned mpls_control_word(struct walk *walk)
{
    struct cursor in = walk->in;
    if (!cursor_skip(&in, CONTROL_WORD_LEN))
        return walk_short(walk, PALUA_PROTOCOL_PWETHCW, CONTROL_WORD_LEN);
    return walk_through(walk, PALUA_PROTOCOL_PWETHCW, CONTROL_WORD_LEN, 0, PALUA_PROTOCOL_ETH);
}
