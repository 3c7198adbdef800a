// SPDX-License-Identifier: MIT OR Apache-2.0
/* IEEE 802.11 frames (IEEE 802.11-2020 clause 9). Fields are little-endian, addresses and what data
 * frames carry are not. */
#include "decode/walk.h"

enum { TYPE_CONTROL = 1, TYPE_DATA = 2, TYPE_EXTENSION = 3 };
enum { SUBTYPE_QOS = 8, SUBTYPE_NO_DATA = 4 };
enum {
    FLAG_BOTH_DS = 0x03,
    FLAG_MORE_FRAGMENTS = 0x04,
    FLAG_PROTECTED = 0x40,
    FLAG_ORDER = 0x80 /* where the frame may have one: an HT control field */
};
enum { SHORT_LEN = 10, TWO_ADDRESSES_LEN = 16, THREE_ADDRESSES_LEN = 24 };
enum { ADDRESS_LEN = 6, QOS_LEN = 2, HT_LEN = 4, MESH_LEN = 6, SUBFRAME_LEN = 14 };
enum { QOS_AGGREGATE = 0x0080, QOS_MESH = 0x0100, FRAGMENT_NUMBER = 0x000f, LLC_SNAP = 0xaaaa03 };

struct wlan_control {
    uint8_t type;
    uint8_t subtype;
    uint8_t flags;
};

/** Section 9.3.1: most control frames name receiver and transmitter, some the receiver only. */
static uint32_t control_len(uint8_t subtype)
{
    switch (subtype) {
    case 4:  /* beamforming report poll */
    case 5:  /* VHT NDP announcement */
    case 8:  /* block ack request */
    case 9:  /* block ack */
    case 10: /* PS-Poll */
    case 11: /* RTS */
    case 14: /* CF-End */
    case 15: /* CF-End and CF-Ack */
        return TWO_ADDRESSES_LEN;
    default:
        return SHORT_LEN;
    }
}

static bool has_fourth(const struct wlan_control *control)
{
    return control->type == TYPE_DATA && (control->flags & FLAG_BOTH_DS) == FLAG_BOTH_DS;
}

static bool has_qos(const struct wlan_control *control)
{
    return control->type == TYPE_DATA && control->subtype & SUBTYPE_QOS;
}

/** Sections 9.2.4 and 9.3: up to the frame's body. */
static uint32_t header_len(const struct wlan_control *control)
{
    if (control->type == TYPE_CONTROL)
        return control_len(control->subtype);
    if (control->type == TYPE_EXTENSION)
        return SHORT_LEN;
    bool ht = control->flags & FLAG_ORDER && (control->type != TYPE_DATA || has_qos(control));
    return THREE_ADDRESSES_LEN + (has_fourth(control) ? ADDRESS_LEN : 0u) +
           (has_qos(control) ? QOS_LEN : 0u) + (ht ? HT_LEN : 0u);
}

static bool read_control(struct cursor *in, struct wlan_control *out)
{
    uint8_t first;
    if (!cursor_u8(in, &first) || !cursor_u8(in, &out->flags))
        return false;
    out->type = first >> 2 & 3;
    out->subtype = first >> 4;
    return true;
}

/** The sequence and QoS control fields of a data frame. */
static bool read_data_fields(struct cursor in, const struct wlan_control *control,
                             uint16_t *sequence, uint16_t *qos)
{
    *qos = 0;
    return cursor_skip(&in, THREE_ADDRESSES_LEN - 2) && cursor_u16le(&in, sequence) &&
           cursor_skip(&in, has_fourth(control) ? ADDRESS_LEN : 0) &&
           (!has_qos(control) || cursor_u16le(&in, qos));
}

/** Section 9.2.4.7.3: the mesh control field that may begin the body. Between access points the bit
 * that announces it means something else, so that only what stands behind it tells. */
static uint32_t mesh_len(struct cursor in, uint32_t header)
{
    uint8_t flags;
    uint32_t llc;
    if (!cursor_skip(&in, header) || !cursor_u8(&in, &flags))
        return 0;
    uint32_t len = MESH_LEN + (flags & 3u) * ADDRESS_LEN;
    return cursor_skip(&in, len - 1) && cursor_u24(&in, &llc) && llc == LLC_SNAP ? len : 0;
}

/** Section 9.3.2.2: a body of several subframes, each with addresses and length of its own. The
 * first is decoded; its header counts as part of the frame's. */
static unsigned aggregate(struct walk *walk, uint32_t header, uint16_t aux)
{
    struct cursor in = walk->in;
    uint32_t len = header + SUBFRAME_LEN;
    uint16_t payload;
    if (!cursor_skip(&in, len - 2) || !cursor_u16(&in, &payload))
        return walk_short(walk, PALUA_PROTOCOL_WLAN, len);
    walk_layer(walk, PALUA_PROTOCOL_WLAN, len, aux);
    walk_to(walk, &in);
    if (payload <= walk->left)
        walk_trim(walk, payload);
    else if (!walk->quoted)
        walk_odd(walk, DECODE_FAULT_PAYLOAD_LEN, len - 2);
    return walk->left ? PALUA_PROTOCOL_LLC : WALK_END;
}

static unsigned data_frame(struct walk *walk, const struct wlan_control *control, uint32_t len,
                           uint16_t aux)
{
    uint16_t sequence, qos;
    if (cursor_left(&walk->in) < len || !read_data_fields(walk->in, control, &sequence, &qos))
        return walk_short(walk, PALUA_PROTOCOL_WLAN, len);
    bool opaque =
        control->flags & (FLAG_PROTECTED | FLAG_MORE_FRAGMENTS) || sequence & FRAGMENT_NUMBER;
    if (opaque)
        return walk_through(walk, PALUA_PROTOCOL_WLAN, len, aux, WALK_DATA);
    if (qos & QOS_AGGREGATE)
        return aggregate(walk, len, aux);
    if (has_fourth(control) && qos & QOS_MESH)
        len += mesh_len(walk->in, len);
    unsigned next = walk_through(walk, PALUA_PROTOCOL_WLAN, len, aux, PALUA_PROTOCOL_LLC);
    return walk->left ? next : WALK_END;
}

unsigned wlan_header(struct walk *walk)
{
    struct cursor in = walk->in;
    struct wlan_control control;
    if (!read_control(&in, &control))
        return walk_short(walk, PALUA_PROTOCOL_WLAN, SHORT_LEN);
    uint16_t aux = (uint16_t)(control.type << 4 | control.subtype);
    uint32_t len = header_len(&control);
    if (walk->padded)
        len = (len + 3u) & ~3u;
    walk->padded = false;
    if (control.type == TYPE_DATA && !(control.subtype & SUBTYPE_NO_DATA))
        return data_frame(walk, &control, len, aux);
    if (cursor_left(&walk->in) < len)
        return walk_short(walk, PALUA_PROTOCOL_WLAN, len);
    walk_layer(walk, PALUA_PROTOCOL_WLAN, len, aux);
    return WALK_END;
}
