// SPDX-License-Identifier: MIT OR Apache-2.0
/* Link layers: Ethernet (IEEE 802.3 clause 3.2.6), VLAN tags (802.1Q), and the link types of the
 * tcpdump group. */
#include "decode/walk.h"

enum { ETH_LEN = 14, VLAN_LEN = 4, NULL_LEN = 4, SLL_LEN = 16, SLL2_LEN = 20, ARP_FIXED_LEN = 8 };
enum { ETHERTYPE_LEAST = 0x600, LENGTH_MOST = 1500 };

/* IEEE 802.3 gives the field two meanings, a type or the length of an LLC frame. */
unsigned link_type(struct walk *walk, uint16_t type, uint32_t field)
{
    if (type >= ETHERTYPE_LEAST)
        return walk->decoder->ethertypes[type];
    /* An LLC frame cannot be empty: 0 is what some devices write that mirror frames without a type.
     */
    if (type > LENGTH_MOST || type == 0)
        return WALK_DATA;
    if (type <= walk->left)
        walk_trim(walk, type);
    else if (!walk->quoted)
        walk_odd(walk, DECODE_FAULT_PAYLOAD_LEN, field);
    return walk->left ? PALUA_PROTOCOL_LLC : WALK_END;
}

unsigned link_eth(struct walk *walk)
{
    struct cursor in = walk->in, fixed;
    uint16_t type;
    if (!cursor_sub(&in, ETH_LEN, &fixed) || !cursor_skip(&fixed, 12) || !cursor_u16(&fixed, &type))
        return walk_short(walk, PALUA_PROTOCOL_ETH, ETH_LEN);
    walk_layer(walk, PALUA_PROTOCOL_ETH, ETH_LEN, type);
    walk_to(walk, &in);
    return link_type(walk, type, 12);
}

unsigned link_vlan(struct walk *walk, uint16_t protocol)
{
    struct cursor in = walk->in, fixed;
    uint16_t tag, type;
    if (!cursor_sub(&in, VLAN_LEN, &fixed) || !cursor_u16(&fixed, &tag) ||
        !cursor_u16(&fixed, &type))
        return walk_short(walk, protocol, VLAN_LEN);
    tag &= 0xfff;
    walk_tag(walk, walk_layer(walk, protocol, VLAN_LEN, tag));
    walk_to(walk, &in);
    return link_type(walk, type, 2);
}

unsigned link_raw(struct walk *walk)
{
    uint8_t version = 0;
    walk_layer(walk, PALUA_PROTOCOL_RAW, 0, 0);
    if (!cursor_peek_u8(&walk->in, &version)) {
        if (walk->left)
            walk_fault(walk, DECODE_FAULT_SNAPLEN_CUT, walk->count - 1u, walk_offset(walk));
        return WALK_END;
    }
    if (version >> 4 == 6)
        return PALUA_PROTOCOL_IPV6;
    return version >> 4 == 4 ? PALUA_PROTOCOL_IP : WALK_DATA;
}

/** The address families of the systems that write this header; some write an ethertype instead, in
 * the lower half. */
static unsigned family(const struct walk *walk, uint32_t value)
{
    switch (value) {
    case 2:
        return PALUA_PROTOCOL_IP;
    case 10: /* Linux */
    case 24: /* NetBSD, OpenBSD, BSD/OS */
    case 28: /* FreeBSD, DragonFly */
    case 30: /* macOS */
        return PALUA_PROTOCOL_IPV6;
    default:
        return (uint16_t)value >= ETHERTYPE_LEAST ? walk->decoder->ethertypes[(uint16_t)value]
                                                  : WALK_DATA;
    }
}

unsigned link_null(struct walk *walk)
{
    struct cursor in = walk->in;
    uint32_t value;
    if (!cursor_u32(&in, &value))
        return walk_short(walk, PALUA_PROTOCOL_NULL, NULL_LEN);
    /* The byte order of LINKTYPE_NULL is that of the machine which captured; families fit into 16
     * bits. */
    if (value > UINT16_MAX && __builtin_bswap32(value) <= UINT16_MAX)
        value = __builtin_bswap32(value);
    walk_layer(walk, PALUA_PROTOCOL_NULL, NULL_LEN, (uint16_t)value);
    walk_to(walk, &in);
    return family(walk, value);
}

/** A cooked header's protocol field means an ethertype, unless the device is of a kind that uses it
 * otherwise or not at all. */
static unsigned cooked(const struct walk *walk, uint16_t device, uint16_t protocol)
{
    enum { ARPHRD_FRAD = 770, ARPHRD_IEEE80211_RADIOTAP = 803, ARPHRD_NETLINK = 824 };
    enum { LINKTYPE_FRELAY = 107, ETH_P_802_2 = 4 };
    switch (device) {
    case ARPHRD_FRAD:
        return walk->decoder->linktypes[LINKTYPE_FRELAY];
    case ARPHRD_IEEE80211_RADIOTAP:
        return PALUA_PROTOCOL_RADIOTAP;
    case ARPHRD_NETLINK:
        return WALK_DATA;
    default:
        break;
    }
    if (protocol == ETH_P_802_2 && walk->left)
        return PALUA_PROTOCOL_LLC;
    return protocol >= ETHERTYPE_LEAST ? walk->decoder->ethertypes[protocol] : WALK_DATA;
}

unsigned link_sll(struct walk *walk)
{
    struct cursor in = walk->in, fixed;
    uint16_t device, protocol;
    if (!cursor_sub(&in, SLL_LEN, &fixed) || !cursor_skip(&fixed, 2) ||
        !cursor_u16(&fixed, &device) || !cursor_skip(&fixed, 10) || !cursor_u16(&fixed, &protocol))
        return walk_short(walk, PALUA_PROTOCOL_SLL, SLL_LEN);
    walk_layer(walk, PALUA_PROTOCOL_SLL, SLL_LEN, protocol);
    walk_to(walk, &in);
    return cooked(walk, device, protocol);
}

unsigned link_sll2(struct walk *walk)
{
    struct cursor in = walk->in, fixed;
    uint16_t device, protocol;
    if (!cursor_sub(&in, SLL2_LEN, &fixed) || !cursor_u16(&fixed, &protocol) ||
        !cursor_skip(&fixed, 6) || !cursor_u16(&fixed, &device))
        return walk_short(walk, PALUA_PROTOCOL_SLL, SLL2_LEN);
    walk_layer(walk, PALUA_PROTOCOL_SLL, SLL2_LEN, protocol);
    walk_to(walk, &in);
    return cooked(walk, device, protocol);
}

unsigned link_arp(struct walk *walk)
{
    struct cursor in = walk->in;
    uint8_t hardware_len, protocol_len;
    uint16_t opcode;
    if (!cursor_skip(&in, 4) || !cursor_u8(&in, &hardware_len) || !cursor_u8(&in, &protocol_len) ||
        !cursor_u16(&in, &opcode))
        return walk_short(walk, PALUA_PROTOCOL_ARP, ARP_FIXED_LEN);
    uint32_t len = ARP_FIXED_LEN + 2u * hardware_len + 2u * protocol_len;
    if (len > cursor_left(&walk->in))
        return walk_short(walk, PALUA_PROTOCOL_ARP, len);
    walk_trim(walk, len);
    walk_layer(walk, PALUA_PROTOCOL_ARP, len, opcode);
    return WALK_END;
}
