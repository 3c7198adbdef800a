// SPDX-License-Identifier: MIT OR Apache-2.0
/* GRE (RFC 2784, with RFC 2890's key and sequence number and RFC 1701's routing), and its version 1
 * for PPTP (RFC 2637). NVGRE (RFC 7637) and ERSPAN are payload types. */
#include "decode/walk.h"

enum { GRE_FIXED_LEN = 4, OPTION_LEN = 4, ROUTE_LEN = 4 };
enum { CHECKSUM = 0x8000, ROUTING = 0x4000, KEY = 0x2000, SEQUENCE = 0x1000, ACK = 0x0080 };
enum { VERSION = 0x0007, VERSION_PPTP = 1, ETHERTYPE_LEAST = 0x600, ETHERTYPE_BRIDGED = 0x6558 };
enum { VSID_SHIFT = 8 };
enum { ARUBA_FIRST = 0x8200, ARUBA_LAST = 0x8370 };

/** Aruba's access points send the 802.11 frames they hear, in a type of GRE per priority. */
static bool is_aruba(uint16_t type)
{
    return type >= ARUBA_FIRST && type <= ARUBA_LAST && !(type & 0xf);
}

/** The fields that the flags announce. */
static uint32_t options_len(uint16_t flags)
{
    bool ack = (flags & VERSION) == VERSION_PPTP && flags & ACK;
    unsigned count = (flags & (CHECKSUM | ROUTING) ? 1u : 0u) + (flags & KEY ? 1u : 0u) +
                     (flags & SEQUENCE ? 1u : 0u) + (ack ? 1u : 0u);
    return count * OPTION_LEN;
}

/** RFC 1701: source route entries, up to one of length 0. */
static bool skip_routing(struct cursor *in)
{
    uint8_t len;
    do {
        if (!cursor_skip(in, ROUTE_LEN - 1) || !cursor_u8(in, &len) || !cursor_skip(in, len))
            return false;
    } while (len);
    return true;
}

/** RFC 2637 section 4.1: the key's first half is the payload's length. */
static void trim(struct walk *walk, uint32_t header_len, uint16_t flags, bool *beyond)
{
    struct cursor in = walk->in;
    uint16_t len;
    *beyond = false;
    if ((flags & VERSION) != VERSION_PPTP || !(flags & KEY) || !cursor_skip(&in, GRE_FIXED_LEN) ||
        !cursor_u16(&in, &len))
        return;
    *beyond = header_len + len > walk->left;
    if (!*beyond)
        walk_trim(walk, header_len + len);
}

/** What the key means. RFC 7637 section 3.2: NVGRE has a key, of which 24 bits name the network,
 * and neither checksum nor sequence number; its payload is Ethernet. */
static void note_key(struct walk *walk, struct cursor in, uint16_t flags, uint16_t type)
{
    uint32_t key;
    if (!(flags & KEY) || !cursor_skip(&in, GRE_FIXED_LEN) ||
        (flags & (CHECKSUM | ROUTING) && !cursor_skip(&in, OPTION_LEN)) || !cursor_u32(&in, &key))
        return;
    if ((flags & VERSION) == VERSION_PPTP)
        walk_context(walk, DECODE_CONTEXT_SESSION, key & UINT16_MAX);
    else if (type == ETHERTYPE_BRIDGED && !(flags & (CHECKSUM | ROUTING | SEQUENCE)))
        walk_context(walk, DECODE_CONTEXT_NETWORK, key >> VSID_SHIFT);
    else
        walk_context(walk, DECODE_CONTEXT_GRE, key);
}

unsigned gre_header(struct walk *walk)
{
    struct cursor in = walk->in;
    uint16_t flags, type;
    bool beyond;
    walk->ip = PALUA_NO_LAYER;
    if (!cursor_u16(&in, &flags) || !cursor_u16(&in, &type))
        return walk_short(walk, PALUA_PROTOCOL_GRE, GRE_FIXED_LEN);
    if ((flags & VERSION) > VERSION_PPTP) {
        walk_layer(walk, PALUA_PROTOCOL_GRE, GRE_FIXED_LEN, flags);
        return walk_bad(walk, DECODE_FAULT_GRE_VERSION, 1);
    }
    uint32_t len = GRE_FIXED_LEN + options_len(flags);
    if (!cursor_skip(&in, len - GRE_FIXED_LEN))
        return walk_short(walk, PALUA_PROTOCOL_GRE, len);
    if (flags & ROUTING && (flags & VERSION) == 0 && !skip_routing(&in))
        return walk_short(walk, PALUA_PROTOCOL_GRE, (uint32_t)cursor_left(&walk->in) + 1);
    len = (uint32_t)(in.pos - walk->in.pos);
    trim(walk, len, flags, &beyond);
    unsigned next = type >= ETHERTYPE_LEAST ? walk->decoder->ethertypes[type] : WALK_DATA;
    in = walk->in;
    if (next == WALK_DATA && is_aruba(type))
        next = PALUA_PROTOCOL_WLAN;
    next = walk_through(walk, PALUA_PROTOCOL_GRE, len, flags, next);
    note_key(walk, in, flags, type);
    if (beyond && !walk->quoted)
        walk_odd(walk, DECODE_FAULT_PAYLOAD_LEN, GRE_FIXED_LEN);
    /* A keepalive, or a bare acknowledgement, carries nothing. */
    return walk->left ? next : WALK_END;
}
