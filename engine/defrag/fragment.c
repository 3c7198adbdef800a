// SPDX-License-Identifier: MIT OR Apache-2.0
#include "defrag/fragment.h"

#include <string.h>

#include "base/cursor.h"
#include "decode/tuple.h"
#include "event/headers.h"

enum { IPV4_OFFSET_AT = 6, IPV6_OFFSET_AT = 2 };

static struct cursor layer_cursor(const struct palua_packet *packet, uint32_t layer)
{
    struct palua_slice bytes = palua_layer_bytes(packet, layer);
    return cursor_of(bytes.data, bytes.len);
}

/** The addresses of a tunnel's ends. */
static uint64_t mix_addresses(const struct palua_packet *packet, uint32_t layer, uint64_t context)
{
    struct cursor in = layer_cursor(packet, layer);
    uint64_t word;
    uint32_t words = 4;
    if (packet->layers[layer].protocol == PALUA_PROTOCOL_IP) {
        words = 1;
        in.pos += cursor_left(&in) < 12 ? cursor_left(&in) : 12;
    } else {
        in.pos += cursor_left(&in) < 8 ? cursor_left(&in) : 8;
    }
    while (words-- && cursor_u64(&in, &word))
        context = tuple_mix(context, word);
    return context;
}

static uint64_t context_of(const struct palua_packet *packet)
{
    uint64_t context = 0;
    for (uint32_t i = 0; i < packet->network; i++) {
        const struct palua_layer *layer = &packet->layers[i];
        if (layer->flags & PALUA_LAYER_CONTEXT)
            context = tuple_mix(context, layer->context + UINT64_C(1));
        if (layer->protocol == PALUA_PROTOCOL_IP || layer->protocol == PALUA_PROTOCOL_IPV6)
            context = mix_addresses(packet, i, context);
    }
    return context;
}

/** Bytes that the length field of the whole datagram counts besides the payload. */
static uint32_t counted_headers(const struct palua_packet *packet, uint32_t header)
{
    uint32_t len = 0;
    if (header == packet->network)
        return packet->layers[header].header_len;
    // RFC 8200 section 4.5: the extension headers before the fragment header.
    for (uint32_t i = packet->network + 1u; i < header; i++)
        len += packet->layers[i].header_len;
    return len;
}

static enum fragment_status judge(const struct palua_packet *packet, struct fragment *fragment)
{
    struct datagram_fragment *part = &fragment->part;
    uint32_t len = palua_layer_payload_len(packet, fragment->header);
    uint8_t flags = packet->layers[packet->network].flags | packet->layers[fragment->header].flags;
    if (cursor_left(&part->bytes) != len || flags & (PALUA_LAYER_CUT | PALUA_LAYER_BAD))
        return FRAGMENT_CUT;
    if (!len)
        return FRAGMENT_EMPTY;
    if (counted_headers(packet, fragment->header) + part->start + len > DATAGRAM_MOST)
        return FRAGMENT_BEYOND_MOST;
    return part->more && len % 8 ? FRAGMENT_UNALIGNED : FRAGMENT_WHOLE;
}

static void read_key(const struct palua_packet *packet, const struct ip_fields *ip,
                     const struct fragment_fields *fields, struct fragment_key *out)
{
    memcpy(out->src, ip->src.data, ip->src.len);
    memcpy(out->dst, ip->dst.data, ip->dst.len);
    out->context = context_of(packet);
    out->id = fields->id;
    out->version = ip->version;
    out->proto = ip->version == 4 ? fields->proto : 0;
}

bool fragment_read(const struct palua_packet *packet, struct fragment *out)
{
    struct fragment_fields fields;
    struct ip_fields ip;
    memset(out, 0, sizeof *out);
    if (!headers_ip(packet, packet->network, &ip) ||
        !headers_fragment(packet, packet->network, &fields))
        return false;
    read_key(packet, &ip, &fields, &out->key);
    struct palua_slice payload = palua_layer_payload(packet, fields.header);
    out->part = (struct datagram_fragment){
        .bytes = cursor_of(payload.data, payload.len),
        .packet = packet->number,
        .start = fields.offset,
        .proto = fields.proto,
        .more = fields.more,
        .ipv6 = ip.version == 6,
    };
    out->packet = packet;
    out->header = (uint8_t)fields.header;
    out->offset =
        packet->layers[fields.header].offset + (out->part.ipv6 ? IPV6_OFFSET_AT : IPV4_OFFSET_AT);
    out->ts_ns = packet->ts_ns;
    out->status = judge(packet, out);
    return true;
}
