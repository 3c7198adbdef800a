// SPDX-License-Identifier: MIT OR Apache-2.0
#include "event/headers.h"

#include "base/cursor.h"
#include "decode/decode.h"
#include "event/link_address.h"
#include "event/schemas.h"

enum {
    MAC_LEN = 6,
    SLL_LEN = 16,
    SLL2_LEN = 20,
    TCP_LEN = 20,
    ETHERTYPE_LEAST = 0x0600 // IEEE 802.3-2018 section 3.2.6: less is a length
};

/** TCP option kinds. */
enum {
    OPTION_EOL = 0,
    OPTION_NOP = 1,
    OPTION_MSS = 2,
    OPTION_WINDOW_SCALE = 3,
    OPTION_TIMESTAMPS = 8
};

/** Where in a DCCP header its type stands, and the types that differ from the others. */
enum { DCCP_TYPE_AT = 8, DCCP_REQUEST = 0, DCCP_RESPONSE = 1, DCCP_DATA = 2, DCCP_LISTEN = 10 };

static struct cursor layer_cursor(const struct palua_packet *packet, uint32_t layer)
{
    struct palua_slice bytes = palua_layer_bytes(packet, layer);
    return cursor_of(bytes.data, bytes.len);
}

/** Reads `len` bytes as a slice; leaves it empty if they are not there. */
static bool read_slice(struct cursor *in, uint32_t len, struct palua_slice *out)
{
    const uint8_t *data;
    if (!cursor_bytes(in, len, &data))
        return false;
    *out = (struct palua_slice){data, len, 0};
    return true;
}

static bool read_ipv4(struct cursor *in, struct ip_fields *out)
{
    out->version = 4;
    return cursor_skip(in, 8) && cursor_u8(in, &out->ttl) && cursor_skip(in, 3) &&
           read_slice(in, 4, &out->src) && read_slice(in, 4, &out->dst);
}

static bool read_ipv6(struct cursor *in, struct ip_fields *out)
{
    out->version = 6;
    return cursor_skip(in, 7) && cursor_u8(in, &out->ttl) && read_slice(in, 16, &out->src) &&
           read_slice(in, 16, &out->dst);
}

bool headers_ip(const struct palua_packet *packet, uint32_t layer, struct ip_fields *out)
{
    if (layer >= packet->layer_count)
        return false;
    struct cursor in = layer_cursor(packet, layer);
    out->proto = (uint8_t)packet->layers[layer].aux;
    switch (packet->layers[layer].protocol) {
    case PALUA_PROTOCOL_IP:
        return read_ipv4(&in, out);
    case PALUA_PROTOCOL_IPV6:
        return read_ipv6(&in, out);
    default:
        return false;
    }
}

static void read_tcp(struct cursor *in, struct transport_fields *out)
{
    out->tcp = out->ports && cursor_u32(in, &out->seq) && cursor_u32(in, &out->ack) &&
               cursor_u16(in, &out->flags) && cursor_u16(in, &out->window);
    out->flags &= 0x0fff; // RFC 9293 section 3.1: the data offset stands above
}

static bool has_ports(uint16_t protocol)
{
    return protocol == PALUA_PROTOCOL_TCP || protocol == PALUA_PROTOCOL_UDP ||
           protocol == PALUA_PROTOCOL_SCTP || protocol == PALUA_PROTOCOL_DCCP ||
           protocol == PALUA_PROTOCOL_UDPLITE;
}

bool headers_transport(const struct palua_packet *packet, uint32_t layer,
                       struct transport_fields *out)
{
    if (layer >= packet->layer_count)
        return false;
    uint16_t protocol = packet->layers[layer].protocol;
    if (!has_ports(protocol))
        return false;
    struct cursor in = layer_cursor(packet, layer);
    *out = (struct transport_fields){0};
    out->ports = cursor_u16(&in, &out->sport) && cursor_u16(&in, &out->dport);
    if (protocol == PALUA_PROTOCOL_TCP)
        read_tcp(&in, out);
    return true;
}

/** A number of 48 bits, or in a short header of 24. */
static bool read_dccp_number(struct cursor *in, bool extended, uint64_t *out)
{
    struct cursor at = *in;
    uint16_t high = 0;
    uint32_t low;
    if (extended ? !cursor_u16(&at, &high) || !cursor_u32(&at, &low) : !cursor_u24(&at, &low))
        return false;
    *out = (uint64_t)high << 32 | low;
    *in = at;
    return true;
}

/** Behind the type: section 5.1, the sequence number; section 5.2, the acknowledgement number of
 * most types; sections 5.3 and 5.4 and RFC 5596 section 2.2, the service code. */
static void read_dccp(struct cursor *in, bool extended, struct dccp_fields *out)
{
    bool opens = out->type == DCCP_REQUEST || out->type == DCCP_LISTEN;
    bool acks = !opens && out->type != DCCP_DATA && out->type < DCCP_LISTEN;
    out->has_seq = cursor_skip(in, extended ? 1 : 0) && read_dccp_number(in, extended, &out->seq);
    out->has_ack = out->has_seq && acks && cursor_skip(in, extended ? 2 : 1) &&
                   read_dccp_number(in, extended, &out->ack);
    if ((opens && out->has_seq) || (out->type == DCCP_RESPONSE && out->has_ack))
        out->has_service_code = cursor_u32(in, &out->service_code);
}

bool headers_dccp(const struct palua_packet *packet, uint32_t layer, struct dccp_fields *out)
{
    uint8_t type;
    if (layer >= packet->layer_count || packet->layers[layer].protocol != PALUA_PROTOCOL_DCCP)
        return false;
    struct cursor in = layer_cursor(packet, layer);
    cursor_clip(&in, packet->layers[layer].header_len);
    *out = (struct dccp_fields){0};
    if (!cursor_skip(&in, DCCP_TYPE_AT) || !cursor_u8(&in, &type))
        return false;
    out->type = type >> 1 & 0x0f;
    read_dccp(&in, type & 1, out);
    return true;
}

bool headers_verification_tag(const struct palua_packet *packet, uint32_t layer, uint32_t *out)
{
    if (layer >= packet->layer_count || packet->layers[layer].protocol != PALUA_PROTOCOL_SCTP)
        return false;
    struct cursor in = layer_cursor(packet, layer);
    return cursor_skip(&in, 4) && cursor_u32(&in, out);
}

/** One option: a kind, and for most a length that counts both. @return false if there is none */
static bool read_option(struct cursor *in, struct option_item *out)
{
    struct cursor at = *in;
    uint8_t len;
    *out = (struct option_item){0};
    if (!cursor_u8(&at, &out->kind))
        return false;
    if (out->kind > OPTION_NOP &&
        (!cursor_u8(&at, &len) || len < 2 || !read_slice(&at, len - 2u, &out->data)))
        return false;
    *in = at;
    return true;
}

/** Those whose values are fields of their own (RFC 9293 section 3.2, RFC 7323): the last one, as
 * receivers do. One of another length than theirs is none. */
static void note_option(const struct option_item *item, struct option_fields *out)
{
    struct cursor in = cursor_of(item->data.data, item->data.len);
    if (item->kind == OPTION_MSS && item->data.len == 2)
        out->has_mss = cursor_u16(&in, &out->mss);
    else if (item->kind == OPTION_WINDOW_SCALE && item->data.len == 1)
        out->has_window_scale = cursor_u8(&in, &out->window_scale);
    else if (item->kind == OPTION_TIMESTAMPS && item->data.len == 8)
        out->has_timestamps = cursor_u32(&in, &out->tsval) && cursor_u32(&in, &out->tsecr);
}

bool headers_options(const struct palua_packet *packet, uint32_t layer, struct arena *arena,
                     struct option_fields *out)
{
    *out = (struct option_fields){0};
    if (packet->layers[layer].protocol != PALUA_PROTOCOL_TCP)
        return false;
    struct cursor in = layer_cursor(packet, layer), count;
    struct option_item item;
    cursor_clip(&in, packet->layers[layer].header_len);
    if (!cursor_skip(&in, TCP_LEN))
        return true;
    for (count = in; read_option(&count, &item); out->list.count++)
        if (item.kind == OPTION_EOL)
            break;
    struct option_item *items =
        arena_alloc(arena, (out->list.count + 1) * sizeof item, _Alignof(struct option_item));
    out->list.items = items;
    out->list.count = 0;
    while (read_option(&in, &item)) {
        items[out->list.count++] = item;
        note_option(&item, out);
        if (item.kind == OPTION_EOL)
            break;
    }
    return true;
}

static bool is_vlan(const struct palua_packet *packet, uint32_t layer)
{
    if (layer >= packet->layer_count)
        return false;
    uint16_t protocol = packet->layers[layer].protocol;
    return protocol == PALUA_PROTOCOL_VLAN || protocol == PALUA_PROTOCOL_IEEE8021AD;
}

static void read_eth(struct cursor *in, struct link_fields *out)
{
    if (read_slice(in, MAC_LEN, &out->dst) && read_slice(in, MAC_LEN, &out->src) &&
        cursor_u16(in, &out->ethertype))
        out->has_ethertype = out->ethertype >= ETHERTYPE_LEAST;
}

/** The sender's address, of which 8 bytes are always there. */
static void read_sll_address(struct cursor *in, unsigned len, struct link_fields *out)
{
    if (len == MAC_LEN && read_slice(in, MAC_LEN, &out->src) && !cursor_skip(in, 2))
        out->src.len = 0;
}

/** LINKTYPE_LINUX_SLL: packet type, ARPHRD, address length, address, protocol. */
static void read_sll(struct cursor *in, struct link_fields *out)
{
    struct cursor address = *in;
    uint16_t len;
    if (cursor_skip(&address, 4) && cursor_u16(&address, &len))
        read_sll_address(&address, len, out);
    out->has_ethertype = cursor_skip(in, 14) && cursor_u16(in, &out->ethertype);
}

/** LINKTYPE_LINUX_SLL2: protocol, reserved, interface, ARPHRD, packet type, address length,
 * address. */
static void read_sll2(struct cursor *in, struct link_fields *out)
{
    uint8_t len;
    out->has_ethertype = cursor_u16(in, &out->ethertype);
    if (cursor_skip(in, 9) && cursor_u8(in, &len))
        read_sll_address(in, len, out);
}

/** Whether a layer is what the packet's link type names, and a decoder plugin's: of its header only
 * the plugin knows more. */
static bool is_plugin_link(const struct palua_packet *packet, uint32_t layer)
{
    return layer == 0 && packet->layers[layer].protocol >= PALUA_PROTOCOL_PLUGIN;
}

/** A link layer with addresses that is not one of the above, or a plugin's. */
static bool read_other(const struct palua_packet *packet, uint32_t layer, struct link_fields *out)
{
    struct link_address found;
    if (!link_address(packet, layer, &found))
        return is_plugin_link(packet, layer);
    out->src = found.src;
    out->dst = found.dst;
    if (packet->layers[layer].protocol != PALUA_PROTOCOL_IPOIB)
        return true;
    out->ethertype = packet->layers[layer].aux;
    out->has_ethertype = out->src.len;
    return true;
}

static bool read_link(const struct palua_packet *packet, uint32_t layer, struct link_fields *out)
{
    struct cursor in = layer_cursor(packet, layer);
    switch (packet->layers[layer].protocol) {
    case PALUA_PROTOCOL_ETH:
        read_eth(&in, out);
        return true;
    case PALUA_PROTOCOL_SLL:
        if (packet->layers[layer].header_len == SLL2_LEN)
            read_sll2(&in, out);
        else
            read_sll(&in, out);
        return true;
    case PALUA_PROTOCOL_RAW:
    case PALUA_PROTOCOL_NULL:
    case PALUA_PROTOCOL_PPP:
        return true;
    case PALUA_PROTOCOL_CHDLC:
        out->has_ethertype = cursor_skip(&in, 2) && cursor_u16(&in, &out->ethertype);
        return true;
    default:
        return read_other(packet, layer, out);
    }
}

/** A tag: priority and id, then the ethertype of what follows (IEEE 802.1Q section 9.6). */
static void read_tag(const struct palua_packet *packet, uint32_t layer, struct link_fields *out)
{
    struct cursor in = layer_cursor(packet, layer);
    uint16_t control;
    out->has_ethertype = false;
    if (!cursor_u16(&in, &control))
        return;
    out->vlan = control & 0x0fff;
    out->tagged = true;
    out->has_ethertype = cursor_u16(&in, &out->ethertype) && out->ethertype >= ETHERTYPE_LEAST;
}

bool headers_link(const struct palua_packet *packet, uint32_t layer, struct link_fields *out)
{
    *out = (struct link_fields){0};
    if (layer >= packet->layer_count || !read_link(packet, layer, out))
        return false;
    while (is_vlan(packet, layer + 1))
        read_tag(packet, ++layer, out);
    out->payload = palua_layer_payload(packet, layer);
    return true;
}

uint32_t headers_ip_last(const struct palua_packet *packet, uint32_t layer)
{
    while (layer + 1 < packet->layer_count &&
           decode_is_extension(packet->layers[layer + 1].protocol))
        layer++;
    return layer;
}

struct palua_slice headers_ip_payload(const struct palua_packet *packet, uint32_t layer)
{
    uint32_t last = headers_ip_last(packet, layer);
    struct palua_slice out = palua_layer_payload(packet, last);
    if (last + 1 >= packet->layer_count ||
        packet->layers[last + 1].buffer == packet->layers[last].buffer)
        return out;
    return packet->buffers[packet->layers[last + 1].buffer - 1];
}

bool headers_ip_id(const struct palua_packet *packet, uint32_t layer, uint32_t *out)
{
    if (packet->layers[layer].protocol == PALUA_PROTOCOL_IP) {
        struct cursor in = layer_cursor(packet, layer);
        uint16_t id;
        if (!cursor_skip(&in, 4) || !cursor_u16(&in, &id))
            return false;
        *out = id;
        return true;
    }
    uint32_t last = headers_ip_last(packet, layer);
    while (layer < last)
        if (packet->layers[++layer].protocol == PALUA_PROTOCOL_IPV6_FRAGMENT) {
            struct cursor in = layer_cursor(packet, layer);
            return cursor_skip(&in, 4) && cursor_u32(&in, out);
        }
    return false;
}

static bool fragment_ipv4(struct cursor in, struct fragment_fields *out)
{
    uint16_t id, field;
    if (!cursor_skip(&in, 4) || !cursor_u16(&in, &id) || !cursor_u16(&in, &field) ||
        !cursor_skip(&in, 1) || !cursor_u8(&in, &out->proto))
        return false;
    out->id = id;
    out->offset = (field & 0x1fffu) * 8;
    out->more = field & 0x2000;
    return true;
}

static bool fragment_ipv6(struct cursor in, struct fragment_fields *out)
{
    uint16_t field;
    if (!cursor_u8(&in, &out->proto) || !cursor_skip(&in, 1) || !cursor_u16(&in, &field) ||
        !cursor_u32(&in, &out->id))
        return false;
    out->offset = field & 0xfff8u;
    out->more = field & 1;
    return true;
}

bool headers_fragment(const struct palua_packet *packet, uint32_t layer,
                      struct fragment_fields *out)
{
    out->header = layer;
    if (packet->layers[layer].protocol == PALUA_PROTOCOL_IP)
        return fragment_ipv4(layer_cursor(packet, layer), out);
    for (out->header = headers_ip_last(packet, layer); out->header > layer; out->header--)
        if (packet->layers[out->header].flags & PALUA_LAYER_FRAGMENT)
            return fragment_ipv6(layer_cursor(packet, out->header), out);
    return false;
}
