// SPDX-License-Identifier: MIT OR Apache-2.0
/* IEEE 802.2 logical link control, and SNAP behind it (RFC 1042). */
#include "decode/walk.h"

enum { LLC_LEN = 3, SNAP_LEN = 5 };
enum { SAP_STP = 0x42, SAP_IP = 0x06, SAP_SNAP = 0xaa, SAP_GLOBAL = 0xff };
enum { CONTROL_UI = 0x03, CONTROL_UNNUMBERED = 0x03 };
enum { OUI_ETHERTYPE = 0x000000, OUI_APPLE = 0x0000f8, OUI_CISCO = 0x00000c, OUI_8021 = 0x0080c2 };
enum { CISCO_PVST = 0x010b };
/* RFC 2684 section 5.2: the kinds of what a bridge passes on, and what stands before a frame. */
enum { BRIDGED_ETH_FCS = 1, BRIDGED_ETH = 7, BRIDGED_BPDU = 14, BRIDGED_PAD_LEN = 2, FCS_LEN = 4 };
enum { ETHERTYPE_LEAST = 0x600 };

static bool is_bridged(uint32_t oui, uint16_t type)
{
    return oui == OUI_8021 && (type == BRIDGED_ETH_FCS || type == BRIDGED_ETH);
}

static unsigned snap_next(const struct walk *walk, uint32_t oui, uint16_t type)
{
    switch (oui) {
    case OUI_ETHERTYPE:
    case OUI_APPLE:
        return type >= ETHERTYPE_LEAST ? walk->decoder->ethertypes[type] : WALK_DATA;
    case OUI_CISCO:
        return type == CISCO_PVST ? PALUA_PROTOCOL_STP : WALK_DATA;
    case OUI_8021:
        if (type == BRIDGED_BPDU)
            return PALUA_PROTOCOL_STP;
        return is_bridged(oui, type) ? PALUA_PROTOCOL_ETH : WALK_DATA;
    default:
        return WALK_DATA;
    }
}

static unsigned sap_next(uint8_t dsap, uint8_t control)
{
    if (control != CONTROL_UI)
        return WALK_DATA;
    if (dsap == SAP_STP)
        return PALUA_PROTOCOL_STP;
    return dsap == SAP_IP ? PALUA_PROTOCOL_IP : WALK_DATA;
}

/** @param in  behind the LLC header */
static unsigned snap(struct walk *walk, struct cursor in)
{
    uint16_t type;
    uint32_t oui, len = LLC_LEN + SNAP_LEN;
    if (!cursor_u24(&in, &oui) || !cursor_u16(&in, &type))
        return walk_short(walk, PALUA_PROTOCOL_LLC, len);
    len += is_bridged(oui, type) ? BRIDGED_PAD_LEN : 0;
    unsigned next = walk_through(walk, PALUA_PROTOCOL_LLC, len, type, snap_next(walk, oui, type));
    if (oui == OUI_8021 && type == BRIDGED_ETH_FCS)
        walk_drop(walk, FCS_LEN);
    return next;
}

unsigned llc_header(struct walk *walk)
{
    struct cursor in = walk->in;
    uint8_t dsap, ssap, control;
    if (!cursor_u8(&in, &dsap) || !cursor_u8(&in, &ssap) || !cursor_u8(&in, &control))
        return walk_short(walk, PALUA_PROTOCOL_LLC, LLC_LEN);
    /* Novell's "raw 802.3": IPX without LLC, which begins with an unused checksum. */
    if (dsap == SAP_GLOBAL && ssap == SAP_GLOBAL)
        return WALK_DATA;
    if (dsap == SAP_SNAP && ssap == SAP_SNAP && control == CONTROL_UI)
        return snap(walk, in);
    bool unnumbered = (control & CONTROL_UNNUMBERED) == CONTROL_UNNUMBERED;
    return walk_through(walk, PALUA_PROTOCOL_LLC, LLC_LEN + (unnumbered ? 0u : 1u),
                        (uint16_t)(dsap << 8 | ssap), sap_next(dsap, control));
}
