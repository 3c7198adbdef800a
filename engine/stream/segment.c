// SPDX-License-Identifier: MIT OR Apache-2.0
#include "stream/segment.h"

#include "event/headers.h"

enum { FIXED_LEN = 20, OPTION_END = 0, OPTION_NOP = 1, OPTION_SCALE = 3, SCALE_MOST = 14 };
enum { IP_TTL_AT = 8, IPV6_HOPS_AT = 7 };

static uint8_t read_ttl(const struct palua_packet *packet)
{
    struct palua_slice bytes = palua_layer_bytes(packet, packet->network);
    struct cursor in = cursor_of(bytes.data, bytes.len);
    bool ipv6 = packet->layers[packet->network].protocol == PALUA_PROTOCOL_IPV6;
    uint8_t ttl = 0;
    if (!cursor_skip(&in, ipv6 ? IPV6_HOPS_AT : IP_TTL_AT) || !cursor_u8(&in, &ttl))
        return 0;
    return ttl;
}

/** RFC 7323 section 2.3: a larger shift counts as 14. */
static uint8_t read_scale(struct cursor options)
{
    uint8_t kind, len, scale;
    while (cursor_u8(&options, &kind) && kind != OPTION_END) {
        if (kind == OPTION_NOP)
            continue;
        if (!cursor_u8(&options, &len) || len < 2)
            break;
        if (kind == OPTION_SCALE && len == 3 && cursor_u8(&options, &scale))
            return scale > SCALE_MOST ? SCALE_MOST : scale;
        if (!cursor_skip(&options, len - 2U))
            break;
    }
    return STREAM_NO_SCALE;
}

bool stream_segment_read(const struct palua_packet *packet, struct stream_segment *out)
{
    if (packet->transport == PALUA_NO_LAYER)
        return false;
    const struct palua_layer *layer = &packet->layers[packet->transport];
    if (layer->protocol != PALUA_PROTOCOL_TCP || layer->flags & PALUA_LAYER_BAD)
        return false;
    struct palua_slice bytes = palua_layer_bytes(packet, packet->transport);
    struct cursor in = cursor_of(bytes.data, bytes.len), options;
    if (!cursor_skip(&in, 4) || !cursor_u32(&in, &out->seq) || !cursor_u32(&in, &out->ack) ||
        !cursor_skip(&in, 2) || !cursor_u16(&in, &out->window) ||
        !cursor_u16(&in, &out->checksum) || !cursor_skip(&in, 2) ||
        !cursor_sub(&in, layer->header_len - (size_t)FIXED_LEN, &options))
        return false;
    out->data = in;
    out->len = palua_layer_payload_len(packet, packet->transport);
    out->flags = layer->aux;
    out->ttl = read_ttl(packet);
    out->scale = layer->aux & SEGMENT_SYN ? read_scale(options) : STREAM_NO_SCALE;
    out->packet = packet->number;
    out->ts_ns = packet->ts_ns;
    return true;
}

bool stream_segment_ip_id(const struct palua_packet *packet, uint32_t *id)
{
    return packet->layers[packet->network].protocol == PALUA_PROTOCOL_IP &&
           headers_ip_id(packet, packet->network, id);
}
