// SPDX-License-Identifier: MIT OR Apache-2.0
/* PPP (RFC 1661) in HDLC-like framing (RFC 1662), PPP over Ethernet (RFC 2516), Cisco's HDLC. */
#include "decode/walk.h"

enum { CISCO_LEN = 4, PPPOE_LEN = 6, PPPOE_SESSION_DATA = 0 };
enum { ADDRESS_ALL = 0xff, CONTROL_UI = 0x03, CISCO_UNICAST = 0x0f, CISCO_MULTICAST = 0x8f };
enum { PPP_IP = 0x0021, PPP_IPV6 = 0x0057, PPP_MPLS = 0x0281, PPP_MPLS_MULTICAST = 0x0283 };
enum { ETHERTYPE_LEAST = 0x600, CISCO_SLARP = 0x8035 };

static unsigned ppp_next(uint16_t protocol)
{
    switch (protocol) {
    case PPP_IP:
        return PALUA_PROTOCOL_IP;
    case PPP_IPV6:
        return PALUA_PROTOCOL_IPV6;
    case PPP_MPLS:
    case PPP_MPLS_MULTICAST:
        return PALUA_PROTOCOL_MPLS;
    default:
        return WALK_DATA;
    }
}

/** Reads the protocol. RFC 1661 section 2: the last byte of a protocol is odd, the first even, so
 * that a single odd byte is a compressed one. */
static bool read_protocol(struct cursor *in, uint16_t *out)
{
    uint8_t low;
    if (!cursor_peek_u8(in, &low) || !(low & 1))
        return cursor_u16(in, out);
    *out = low;
    return cursor_skip(in, 1);
}

/** The header behind `framing` bytes of address and control. */
static unsigned behind_framing(struct walk *walk, uint32_t framing)
{
    struct cursor in = walk->in;
    uint16_t protocol;
    bool framing_cut = cursor_left(&walk->in) < 2 && walk->left >= 2;
    if (framing_cut || !cursor_skip(&in, framing) || !read_protocol(&in, &protocol))
        return walk_short(walk, PALUA_PROTOCOL_PPP, framing + 2);
    uint32_t header_len = (uint32_t)(in.pos - walk->in.pos);
    return walk_through(walk, PALUA_PROTOCOL_PPP, header_len, protocol, ppp_next(protocol));
}

unsigned ppp_header(struct walk *walk)
{
    struct cursor in = walk->in;
    uint16_t framing;
    bool framed = cursor_u16(&in, &framing) && framing == (ADDRESS_ALL << 8 | CONTROL_UI);
    return behind_framing(walk, framed ? 2 : 0);
}

unsigned ppp_hdlc(struct walk *walk)
{
    struct cursor in = walk->in;
    uint8_t address, control;
    if (!cursor_u8(&in, &address) || !cursor_u8(&in, &control))
        return behind_framing(walk, 0);
    if ((address == CISCO_UNICAST || address == CISCO_MULTICAST) && control == 0)
        return ppp_cisco(walk);
    /* Some systems write the direction, 0 or 1, instead of the address. */
    bool framed = (address == ADDRESS_ALL || address <= 1) && control == CONTROL_UI;
    return behind_framing(walk, framed ? 2 : 0);
}

unsigned ppp_cisco(struct walk *walk)
{
    struct cursor in = walk->in;
    uint16_t type;
    if (!cursor_skip(&in, 2) || !cursor_u16(&in, &type))
        return walk_short(walk, PALUA_PROTOCOL_CHDLC, CISCO_LEN);
    /* SLARP has the number of RARP. */
    unsigned next = type >= ETHERTYPE_LEAST && type != CISCO_SLARP ? walk->decoder->ethertypes[type]
                                                                   : WALK_DATA;
    return walk_through(walk, PALUA_PROTOCOL_CHDLC, CISCO_LEN, type, next);
}

unsigned ppp_ethernet(struct walk *walk, uint16_t protocol)
{
    struct cursor in = walk->in, fixed;
    uint8_t code;
    uint16_t session, len;
    if (!cursor_sub(&in, PPPOE_LEN, &fixed) || !cursor_skip(&fixed, 1) ||
        !cursor_u8(&fixed, &code) || !cursor_u16(&fixed, &session) || !cursor_u16(&fixed, &len))
        return walk_short(walk, protocol, PPPOE_LEN);
    bool beyond = PPPOE_LEN + (uint32_t)len > walk->left;
    if (!beyond)
        walk_trim(walk, PPPOE_LEN + (uint32_t)len);
    walk_layer(walk, protocol, PPPOE_LEN, session);
    if (protocol == PALUA_PROTOCOL_PPPOES)
        walk_context(walk, DECODE_CONTEXT_PPPOE, session);
    if (beyond && !walk->quoted)
        walk_odd(walk, DECODE_FAULT_PAYLOAD_LEN, 4);
    walk_to(walk, &in);
    if (protocol == PALUA_PROTOCOL_PPPOED || !walk->left)
        return WALK_END;
    return code == PPPOE_SESSION_DATA ? PALUA_PROTOCOL_PPP : WALK_DATA;
}
