// SPDX-License-Identifier: MIT OR Apache-2.0
/* Headers that a radio puts before the 802.11 frames it hears: radiotap (radiotap.org), Prism, AVS
 * (the Absolute Value Systems capture frame, version 2.1), and PPI (CACE's per-packet information
 * 1.0.10), which can stand before frames of any link type. */
#include "decode/walk.h"

enum { RADIOTAP_LEN = 8, PRISM_LEN = 144, AVS_LEN = 64, PPI_LEN = 8, FCS_LEN = 4 };
enum { PRESENT_TSFT = 1, PRESENT_FLAGS = 2, FLAG_FCS = 0x10, FLAG_PADDED = 0x20 };
enum { PPI_ALIGNED = 1, PPI_COMMON = 2, PPI_COMMON_FCS = 1 };
#define PRESENT_MORE 0x80000000u
#define AVS_MAGIC 0x80211000u

/** Adds a header that declares its own length, of which `least` is the smallest. */
static unsigned sized(struct walk *walk, uint16_t protocol, uint32_t len, uint32_t least,
                      uint32_t field, unsigned next)
{
    if (len >= least)
        return walk_through(walk, protocol, len, 0, next);
    walk_layer(walk, protocol, len, 0);
    return walk_bad(walk, DECODE_FAULT_RADIO_LEN, field);
}

/** The flags field: second in the order of the presence bits, behind all words of them and the
 * time, which is aligned to its size. */
static uint8_t radiotap_flags(struct cursor in)
{
    const uint8_t *start = in.pos;
    uint32_t present, more;
    uint8_t flags;
    if (!cursor_skip(&in, 4) || !cursor_u32le(&in, &present))
        return 0;
    for (more = present; more & PRESENT_MORE;)
        if (!cursor_u32le(&in, &more))
            return 0;
    if (present & PRESENT_TSFT && !cursor_skip(&in, (-(size_t)(in.pos - start) & 7) + 8))
        return 0;
    return present & PRESENT_FLAGS && cursor_u8(&in, &flags) ? flags : 0;
}

unsigned radio_radiotap(struct walk *walk)
{
    struct cursor in = walk->in, header = walk->in;
    uint16_t len;
    if (cursor_left(&in) < RADIOTAP_LEN || !cursor_skip(&in, 2) || !cursor_u16le(&in, &len))
        return walk_short(walk, PALUA_PROTOCOL_RADIOTAP, RADIOTAP_LEN);
    cursor_clip(&header, len);
    uint8_t flags = radiotap_flags(header);
    unsigned next = sized(walk, PALUA_PROTOCOL_RADIOTAP, len, RADIOTAP_LEN, 2, PALUA_PROTOCOL_WLAN);
    if (next == WALK_END)
        return WALK_END;
    walk->padded = flags & FLAG_PADDED;
    if (flags & FLAG_FCS)
        walk_drop(walk, FCS_LEN);
    return next;
}

unsigned radio_avs(struct walk *walk)
{
    struct cursor in = walk->in;
    uint32_t len;
    if (!cursor_skip(&in, 4) || !cursor_u32(&in, &len))
        return walk_short(walk, PALUA_PROTOCOL_WLANCAP, AVS_LEN);
    return sized(walk, PALUA_PROTOCOL_WLANCAP, len, AVS_LEN, 4, PALUA_PROTOCOL_WLAN);
}

/* Drivers write AVS headers under Prism's link type too, told by their magic. */
unsigned radio_prism(struct walk *walk)
{
    struct cursor in = walk->in;
    uint32_t magic;
    if (cursor_u32(&in, &magic) && (magic & 0xfffff000) == AVS_MAGIC)
        return radio_avs(walk);
    return walk_through(walk, PALUA_PROTOCOL_PRISM, PRISM_LEN, 0, PALUA_PROTOCOL_WLAN);
}

/** Whether the 802.11-Common field among the fields of a PPI header says that there is a frame
 * check sequence. */
static bool ppi_fcs(struct cursor in, bool aligned)
{
    uint16_t type, len, flags;
    if (!cursor_skip(&in, PPI_LEN))
        return false;
    while (cursor_u16le(&in, &type) && cursor_u16le(&in, &len)) {
        if (type == PPI_COMMON)
            return cursor_skip(&in, 8) && cursor_u16le(&in, &flags) && flags & PPI_COMMON_FCS;
        if (!cursor_skip(&in, len + (aligned ? -(unsigned)len & 3 : 0)))
            return false;
    }
    return false;
}

unsigned radio_ppi(struct walk *walk)
{
    struct cursor in = walk->in, header = walk->in;
    uint8_t version, flags;
    uint16_t len;
    uint32_t linktype;
    if (!cursor_u8(&in, &version) || !cursor_u8(&in, &flags) || !cursor_u16le(&in, &len) ||
        !cursor_u32le(&in, &linktype))
        return walk_short(walk, PALUA_PROTOCOL_PPI, PPI_LEN);
    unsigned next = linktype <= UINT16_MAX ? walk->decoder->linktypes[linktype] : WALK_DATA;
    cursor_clip(&header, len);
    bool fcs = next == PALUA_PROTOCOL_WLAN && ppi_fcs(header, flags & PPI_ALIGNED);
    next = sized(walk, PALUA_PROTOCOL_PPI, len, PPI_LEN, 2, next);
    if (next != WALK_END && fcs)
        walk_drop(walk, FCS_LEN);
    return next;
}
