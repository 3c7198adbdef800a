// SPDX-License-Identifier: MIT OR Apache-2.0
#include "event/link_address.h"

#include "base/cursor.h"

enum { MAC_LEN = 6, GID_LEN = 16, SUBFRAME_LEN = 14 };
enum { TYPE_MANAGEMENT = 0, TYPE_DATA = 2, SUBTYPE_QOS = 8, SUBTYPE_NO_DATA = 4 };
enum { TO_DS = 1, FROM_DS = 2, BOTH_DS = 3, MORE_FRAGMENTS = 4, PROTECTED = 0x40 };
enum { FRAGMENT_NUMBER = 0x0f, QOS_AGGREGATE = 0x80 };

/** The address `offset` bytes into the layer; empty if it was not captured. */
static struct palua_slice address(struct palua_slice layer, uint32_t offset, uint32_t len)
{
    struct cursor in = cursor_of(layer.data, layer.len);
    const uint8_t *data;
    if (!cursor_skip(&in, offset) || !cursor_bytes(&in, len, &data))
        return (struct palua_slice){0};
    return (struct palua_slice){data, len, 0};
}

/** Whether the body consists of subframes, which have addresses of their own. */
static bool is_aggregate(struct palua_slice layer, unsigned subtype, uint8_t flags)
{
    struct cursor in = cursor_of(layer.data, layer.len);
    uint8_t fragment, qos;
    if (!(subtype & SUBTYPE_QOS) || subtype & SUBTYPE_NO_DATA ||
        flags & (MORE_FRAGMENTS | PROTECTED))
        return false;
    return cursor_skip(&in, 22) && cursor_u8(&in, &fragment) && !(fragment & FRAGMENT_NUMBER) &&
           cursor_skip(&in, (flags & BOTH_DS) == BOTH_DS ? 1 + MAC_LEN : 1) &&
           cursor_u8(&in, &qos) && qos & QOS_AGGREGATE;
}

/** Whether a layer is a frame of subframes, of which decode read the first one's header. */
static bool has_subframe(const struct palua_layer *layer, struct palua_slice bytes)
{
    struct cursor in = cursor_of(bytes.data, bytes.len);
    uint8_t control, flags;
    return layer->protocol == PALUA_PROTOCOL_WLAN && layer->header_len >= SUBFRAME_LEN &&
           cursor_u8(&in, &control) && cursor_u8(&in, &flags) && (control >> 2 & 3) == TYPE_DATA &&
           is_aggregate(bytes, control >> 4, flags);
}

uint32_t link_subframes(const struct palua_packet *packet, uint32_t layer)
{
    const struct palua_layer *at = &packet->layers[layer];
    struct palua_slice bytes = palua_layer_bytes(packet, layer);
    struct cursor in = cursor_of(bytes.data, bytes.len);
    uint32_t count = 0;
    uint16_t len;
    if (!has_subframe(at, bytes) || !cursor_skip(&in, at->header_len - (size_t)SUBFRAME_LEN))
        return 0;
    // Section 9.3.2.2: addresses, length; each but the last is padded to a multiple of 4 bytes.
    while (cursor_skip(&in, 2 * MAC_LEN) && cursor_u16(&in, &len)) {
        count++;
        if (!cursor_skip(&in, ((SUBFRAME_LEN + len + 3u) & ~3u) - SUBFRAME_LEN))
            break;
    }
    return count;
}

/* Table 9-30: what the four addresses mean, the direction says. */
static void wlan(const struct palua_layer *layer, struct palua_slice bytes,
                 struct link_address *out)
{
    static const uint8_t dst_at[] = {4, 16, 4, 16}, src_at[] = {10, 10, 16, 24};
    struct cursor in = cursor_of(bytes.data, bytes.len);
    uint8_t control, flags;
    if (!cursor_u8(&in, &control) || !cursor_u8(&in, &flags))
        return;
    unsigned type = control >> 2 & 3;
    if (type != TYPE_MANAGEMENT && type != TYPE_DATA)
        return;
    if (type == TYPE_MANAGEMENT)
        flags = 0;
    bool subframe = has_subframe(layer, bytes);
    uint32_t at = layer->header_len - (uint32_t)SUBFRAME_LEN;
    out->dst = address(bytes, subframe ? at : dst_at[flags & BOTH_DS], MAC_LEN);
    out->src = address(bytes, subframe ? at + MAC_LEN : src_at[flags & BOTH_DS], MAC_LEN);
}

bool link_address(const struct palua_packet *packet, uint32_t layer, struct link_address *out)
{
    struct palua_slice bytes = palua_layer_bytes(packet, layer);
    *out = (struct link_address){0};
    switch (packet->layers[layer].protocol) {
    case PALUA_PROTOCOL_WLAN:
        wlan(&packet->layers[layer], bytes, out);
        return true;
    case PALUA_PROTOCOL_FDDI:
        out->dst = address(bytes, 1, MAC_LEN);
        out->src = address(bytes, 1 + MAC_LEN, MAC_LEN);
        return true;
    case PALUA_PROTOCOL_TR:
        out->dst = address(bytes, 2, MAC_LEN);
        out->src = address(bytes, 2 + MAC_LEN, MAC_LEN);
        return true;
    case PALUA_PROTOCOL_IPOIB:
        out->src = address(bytes, 8, GID_LEN);
        out->dst = address(bytes, 8 + GID_LEN, GID_LEN);
        return true;
    default:
        return false;
    }
}
