// SPDX-License-Identifier: MIT OR Apache-2.0
#include "event/builders.h"

#include <stddef.h>
#include <string.h>

#include "decode/checksum.h"
#include "event/chunks.h"
#include "event/headers.h"
#include "event/link_address.h"
#include "event/schemas.h"

#define NEW(type, arena) \
    ((struct type *)arena_zalloc(arena, sizeof(struct type), _Alignof(struct type)))
/** The same of an event that ends with `around`, which is left out where nobody wants it: its
 * fields are then absent. */
#define NEW_AROUND(type, wanted, vlan, arena)                                               \
    ((struct type *)arena_zalloc(                                                           \
        arena, (wanted)&AROUND(vlan) ? sizeof(struct type) : offsetof(struct type, around), \
        _Alignof(struct type)))
#define BIT(index) (UINT64_C(1) << (index))

/** Fields that come from one header: it is read only if one of them is wanted. */
#define PACKET_IP                                                              \
    (BIT(PACKET_EVENT_SRC) | BIT(PACKET_EVENT_DST) | BIT(PACKET_EVENT_PROTO) | \
     BIT(PACKET_EVENT_TTL))
#define PACKET_PORTS (BIT(PACKET_EVENT_SPORT) | BIT(PACKET_EVENT_DPORT))
#define NETWORK_IP                                                                \
    (BIT(NETWORK_EVENT_SRC) | BIT(NETWORK_EVENT_DST) | BIT(NETWORK_EVENT_PROTO) | \
     BIT(NETWORK_EVENT_TTL))
#define TRANSPORT_ADDRESSES (BIT(TRANSPORT_EVENT_SRC) | BIT(TRANSPORT_EVENT_DST))
#define TRANSPORT_PORTS (BIT(TRANSPORT_EVENT_SPORT) | BIT(TRANSPORT_EVENT_DPORT))
#define TRANSPORT_TCP                                                                   \
    (BIT(TRANSPORT_EVENT_SEQ) | BIT(TRANSPORT_EVENT_ACK) | BIT(TRANSPORT_EVENT_FLAGS) | \
     BIT(TRANSPORT_EVENT_WINDOW))

/** The fields of struct around, of which `first` is the VLAN's. */
#define AROUND_COUNT 5
#define AROUND(first) (((UINT64_C(1) << AROUND_COUNT) - 1) << (first))
#define TCP_OPTIONS                                                                                \
    (BIT(TRANSPORT_EVENT_OPTIONS) | BIT(TRANSPORT_EVENT_MSS) | BIT(TRANSPORT_EVENT_WINDOW_SCALE) | \
     BIT(TRANSPORT_EVENT_TSVAL) | BIT(TRANSPORT_EVENT_TSECR))

#define DCCP                                                                           \
    (BIT(TRANSPORT_EVENT_TYPE) | BIT(TRANSPORT_EVENT_SEQ) | BIT(TRANSPORT_EVENT_ACK) | \
     BIT(TRANSPORT_EVENT_SERVICE_CODE))

static struct palua_slice text_slice(const char *text)
{
    return (struct palua_slice){(const uint8_t *)text, (uint32_t)strlen(text), 0};
}

/** What lies around layer `layer` of a packet.
 * @return which of the fields there are, with the VLAN's as bit 0 */
static uint64_t fill_around(const struct palua_packet *packet, uint32_t layer,
                            const struct layer_names *names, struct around *out)
{
    struct decode_tunnel tunnel;
    struct ip_fields ip;
    uint64_t present = decode_vlan(packet, layer, &out->vlan) ? 1 : 0;
    if (!decode_tunnel(packet, layer, &tunnel))
        return present;
    out->tunnel = layer_names_one(names, tunnel.protocol);
    out->tunnel_id = tunnel.id;
    present |= BIT(PACKET_EVENT_TUNNEL - PACKET_EVENT_VLAN);
    if (tunnel.has_id)
        present |= BIT(PACKET_EVENT_TUNNEL_ID - PACKET_EVENT_VLAN);
    if (tunnel.outer == PALUA_NO_LAYER || !headers_ip(packet, tunnel.outer, &ip))
        return present;
    out->tunnel_src = ip.src;
    out->tunnel_dst = ip.dst;
    return present | BIT(PACKET_EVENT_TUNNEL_SRC - PACKET_EVENT_VLAN) |
           BIT(PACKET_EVENT_TUNNEL_DST - PACKET_EVENT_VLAN);
}

static void packet_ip(struct packet_event *out, const struct palua_packet *packet)
{
    struct ip_fields ip;
    if (!headers_ip(packet, packet->network, &ip))
        return;
    out->src = ip.src;
    out->dst = ip.dst;
    out->proto = ip.proto;
    out->ttl = ip.ttl;
    out->event.present |= PACKET_IP;
}

static void packet_transport(struct packet_event *out, const struct palua_packet *packet)
{
    struct transport_fields transport;
    if (!headers_transport(packet, packet->transport, &transport))
        return;
    out->sport = transport.sport;
    out->dport = transport.dport;
    out->tcp_flags = transport.flags;
    if (transport.ports)
        out->event.present |= PACKET_PORTS;
    if (transport.tcp)
        out->event.present |= BIT(PACKET_EVENT_TCP_FLAGS);
}

static void packet_payload(struct packet_event *out, const struct palua_packet *packet)
{
    if (packet->transport != PALUA_NO_LAYER)
        out->payload = palua_layer_payload(packet, packet->transport);
    else if (packet->network != PALUA_NO_LAYER)
        out->payload = headers_ip_payload(packet, packet->network);
    else
        return;
    out->event.present |= BIT(PACKET_EVENT_PAYLOAD);
}

struct palua_event *packet_event_new(const struct palua_packet *packet, uint64_t wanted,
                                     struct layer_names *names, struct arena *arena)
{
    struct packet_event *out = NEW_AROUND(packet_event, wanted, PACKET_EVENT_VLAN, arena);
    out->len = packet->origlen;
    out->caplen = packet->caplen;
    out->interface = packet->interface;
    out->linktype = packet->linktype;
    out->bytes = (struct palua_slice){packet->data, packet->caplen, 0};
    if (wanted & BIT(PACKET_EVENT_LAYERS))
        out->layers = layer_names_of(names, packet, arena);
    if (wanted & PACKET_IP)
        packet_ip(out, packet);
    if (wanted & (PACKET_PORTS | BIT(PACKET_EVENT_TCP_FLAGS)))
        packet_transport(out, packet);
    if (wanted & BIT(PACKET_EVENT_PAYLOAD))
        packet_payload(out, packet);
    if (wanted & AROUND(PACKET_EVENT_VLAN))
        out->event.present |= fill_around(packet, packet->layer_count, names, &out->around)
                              << PACKET_EVENT_VLAN;
    return &out->event;
}

static struct palua_event *link_event(const struct palua_packet *packet, uint32_t layer,
                                      uint64_t wanted, const struct layer_names *names,
                                      struct arena *arena)
{
    struct link_fields link;
    if (!headers_link(packet, layer, &link))
        return NULL;
    struct link_event *out = NEW(link_event, arena);
    out->type = layer_names_one(names, packet->layers[layer].protocol);
    out->src = link.src;
    out->dst = link.dst;
    out->payload = link.payload;
    out->vlan = link.vlan;
    out->ethertype = link.ethertype;
    if (wanted & BIT(LINK_EVENT_SUBFRAMES))
        out->subframes = link_subframes(packet, layer);
    out->event.present = (link.src.len ? BIT(LINK_EVENT_SRC) : 0) |
                         (link.dst.len ? BIT(LINK_EVENT_DST) : 0) |
                         (link.tagged ? BIT(LINK_EVENT_VLAN) : 0) |
                         (link.has_ethertype ? BIT(LINK_EVENT_ETHERTYPE) : 0) |
                         (out->subframes ? BIT(LINK_EVENT_SUBFRAMES) : 0);
    return &out->event;
}

static void network_ip(struct network_event *out, const struct palua_packet *packet, uint32_t layer)
{
    struct ip_fields ip;
    if (!headers_ip(packet, layer, &ip))
        return;
    out->src = ip.src;
    out->dst = ip.dst;
    out->proto = ip.proto;
    out->ttl = ip.ttl;
    out->event.present |= NETWORK_IP;
}

static void network_checksum(struct network_event *out, const struct palua_packet *packet,
                             uint32_t layer)
{
    if (out->version != 4)
        return;
    out->checksum = (uint8_t)checksum_of(packet, layer);
    out->event.present |= BIT(NETWORK_EVENT_CHECKSUM);
}

/** The packets that brought the datagram in this layer, if it was put together. */
static struct palua_list fragments_of(const struct layer_source *source, uint32_t layer)
{
    _Static_assert(sizeof(struct fragment_item) == sizeof(uint64_t), "numbers are items");
    for (const struct batch_datagram *at = source->datagrams; at && at->packet == source->index;
         at = at->next)
        if (at->layer == layer)
            return (struct palua_list){at->packets, at->packet_count, 0};
    return (struct palua_list){0};
}

static struct palua_event *network_event(const struct layer_source *source, uint32_t layer,
                                         uint64_t wanted, struct arena *arena)
{
    const struct palua_packet *packet = source->packet;
    uint16_t protocol = packet->layers[layer].protocol;
    if (protocol != PALUA_PROTOCOL_IP && protocol != PALUA_PROTOCOL_IPV6)
        return NULL;
    struct network_event *out = NEW_AROUND(network_event, wanted, NETWORK_EVENT_VLAN, arena);
    out->version = protocol == PALUA_PROTOCOL_IP ? 4 : 6;
    if (wanted & NETWORK_IP)
        network_ip(out, packet, layer);
    if (wanted & BIT(NETWORK_EVENT_ID) && headers_ip_id(packet, layer, &out->id))
        out->event.present |= BIT(NETWORK_EVENT_ID);
    if (wanted & BIT(NETWORK_EVENT_PAYLOAD))
        out->payload = headers_ip_payload(packet, layer);
    if (wanted & BIT(NETWORK_EVENT_FRAGMENTS))
        out->fragments = fragments_of(source, layer);
    if (wanted & BIT(NETWORK_EVENT_CHECKSUM))
        network_checksum(out, packet, layer);
    if (wanted & AROUND(NETWORK_EVENT_VLAN))
        out->event.present |= fill_around(packet, layer, source->names, &out->around)
                              << NETWORK_EVENT_VLAN;
    return &out->event;
}

/** The addresses of the IP layer that carries a transport layer: the nearest one before it. */
static void transport_addresses(struct transport_event *out, const struct palua_packet *packet,
                                uint32_t layer)
{
    struct ip_fields ip;
    while (layer > 0) {
        if (!headers_ip(packet, --layer, &ip))
            continue;
        out->src = ip.src;
        out->dst = ip.dst;
        out->event.present |= TRANSPORT_ADDRESSES;
        return;
    }
}

static struct palua_slice header_of(const struct palua_packet *packet, uint32_t layer)
{
    struct palua_slice out = palua_layer_bytes(packet, layer);
    if (out.len > packet->layers[layer].header_len)
        out.len = packet->layers[layer].header_len;
    return out;
}

/** The IP protocol number of a layer that headers_transport reads. */
static uint8_t proto_of(uint16_t protocol)
{
    switch (protocol) {
    case PALUA_PROTOCOL_TCP:
        return 6;
    case PALUA_PROTOCOL_DCCP:
        return 33;
    case PALUA_PROTOCOL_SCTP:
        return 132;
    case PALUA_PROTOCOL_UDPLITE:
        return 136;
    default:
        return 17;
    }
}

static void transport_options(struct transport_event *out, const struct palua_packet *packet,
                              uint32_t layer, struct arena *arena)
{
    struct option_fields options;
    if (!headers_options(packet, layer, arena, &options))
        return;
    out->options = options.list;
    out->mss = options.mss;
    out->window_scale = options.window_scale;
    out->tsval = options.tsval;
    out->tsecr = options.tsecr;
    out->event.present |=
        (options.has_mss ? BIT(TRANSPORT_EVENT_MSS) : 0) |
        (options.has_window_scale ? BIT(TRANSPORT_EVENT_WINDOW_SCALE) : 0) |
        (options.has_timestamps ? BIT(TRANSPORT_EVENT_TSVAL) | BIT(TRANSPORT_EVENT_TSECR) : 0);
}

static void transport_dccp(struct transport_event *out, const struct palua_packet *packet,
                           uint32_t layer)
{
    struct dccp_fields dccp;
    if (!headers_dccp(packet, layer, &dccp))
        return;
    out->type = dccp.type;
    out->seq = dccp.seq;
    out->ack = dccp.ack;
    out->service_code = dccp.service_code;
    out->event.present |= BIT(TRANSPORT_EVENT_TYPE) |
                          (dccp.has_seq ? BIT(TRANSPORT_EVENT_SEQ) : 0) |
                          (dccp.has_ack ? BIT(TRANSPORT_EVENT_ACK) : 0) |
                          (dccp.has_service_code ? BIT(TRANSPORT_EVENT_SERVICE_CODE) : 0);
}

static struct palua_event *transport_event(const struct layer_source *source, uint32_t layer,
                                           uint64_t wanted, struct arena *arena)
{
    const struct palua_packet *packet = source->packet;
    struct transport_fields transport;
    if (!headers_transport(packet, layer, &transport))
        return NULL;
    struct transport_event *out = NEW_AROUND(transport_event, wanted, TRANSPORT_EVENT_VLAN, arena);
    out->proto = proto_of(packet->layers[layer].protocol);
    out->sport = transport.sport;
    out->dport = transport.dport;
    out->seq = transport.seq;
    out->ack = transport.ack;
    out->flags = transport.flags;
    out->window = transport.window;
    out->event.present =
        (transport.ports ? TRANSPORT_PORTS : 0) | (transport.tcp ? TRANSPORT_TCP : 0);
    if (wanted & TRANSPORT_ADDRESSES)
        transport_addresses(out, packet, layer);
    if (wanted & BIT(TRANSPORT_EVENT_HEADER))
        out->header = header_of(packet, layer);
    if (wanted & BIT(TRANSPORT_EVENT_PAYLOAD))
        out->payload = palua_layer_payload(packet, layer);
    if (wanted & TCP_OPTIONS)
        transport_options(out, packet, layer, arena);
    if (wanted & DCCP)
        transport_dccp(out, packet, layer);
    if (wanted & BIT(TRANSPORT_EVENT_VERIFICATION_TAG) &&
        headers_verification_tag(packet, layer, &out->verification_tag))
        out->event.present |= BIT(TRANSPORT_EVENT_VERIFICATION_TAG);
    if (wanted & BIT(TRANSPORT_EVENT_CHUNKS))
        out->chunks = chunks_list(packet, layer, arena);
    if (wanted & BIT(TRANSPORT_EVENT_CHECKSUM))
        out->checksum = (uint8_t)checksum_of(packet, layer);
    if (wanted & AROUND(TRANSPORT_EVENT_VLAN))
        out->event.present |= fill_around(packet, layer, source->names, &out->around)
                              << TRANSPORT_EVENT_VLAN;
    return &out->event;
}

static struct palua_event *tunnel_event(const struct layer_source *source, uint32_t layer,
                                        struct arena *arena)
{
    const struct palua_packet *packet = source->packet;
    struct decode_tunnel tunnel;
    struct ip_fields ip;
    if (!decode_tunnel_at(packet, layer, &tunnel))
        return NULL;
    struct tunnel_event *out = NEW(tunnel_event, arena);
    out->type = layer_names_one(source->names, tunnel.protocol);
    out->id = tunnel.id;
    out->payload = layer == tunnel.outer ? headers_ip_payload(packet, layer)
                                         : palua_layer_payload(packet, layer);
    out->event.present = tunnel.has_id ? BIT(TUNNEL_EVENT_ID) : 0;
    if (tunnel.outer == PALUA_NO_LAYER || !headers_ip(packet, tunnel.outer, &ip))
        return &out->event;
    out->src = ip.src;
    out->dst = ip.dst;
    out->event.present |= BIT(TUNNEL_EVENT_SRC) | BIT(TUNNEL_EVENT_DST);
    return &out->event;
}

static struct palua_event *fragment_event(const struct palua_packet *packet, uint32_t layer,
                                          struct arena *arena)
{
    struct fragment_fields fragment;
    struct ip_fields ip;
    if (!(packet->layers[layer].flags & PALUA_LAYER_FRAGMENT) || !headers_ip(packet, layer, &ip) ||
        !headers_fragment(packet, layer, &fragment))
        return NULL;
    struct fragment_event *out = NEW(fragment_event, arena);
    out->version = ip.version;
    out->src = ip.src;
    out->dst = ip.dst;
    out->proto = fragment.proto;
    out->id = fragment.id;
    out->offset = fragment.offset;
    out->more = fragment.more;
    out->payload = palua_layer_payload(packet, fragment.header);
    return &out->event;
}

struct palua_event *layer_event_new(enum event_kind kind, const struct layer_source *source,
                                    uint32_t layer, uint64_t wanted, struct arena *arena)
{
    const struct palua_packet *packet = source->packet;
    if (layer >= packet->layer_count || packet->layers[layer].flags & PALUA_LAYER_QUOTED)
        return NULL;
    switch (kind) {
    case EVENT_LINK:
        return link_event(packet, layer, wanted, source->names, arena);
    case EVENT_NETWORK:
        return network_event(source, layer, wanted, arena);
    case EVENT_FRAGMENT:
        return fragment_event(packet, layer, arena);
    case EVENT_TUNNEL:
        return tunnel_event(source, layer, arena);
    case EVENT_TRANSPORT:
        return transport_event(source, layer, wanted, arena);
    default:
        return NULL;
    }
}

#define FLOW_SHARED_FIELDS (BIT(FLOW_FIELD_SHARED_COUNT) - 1)

struct palua_event *flow_start_event_new(struct flow_table *table, const struct flow *flow,
                                         uint64_t wanted, uint64_t batch, struct arena *arena)
{
    struct flow_start_event *out = NEW(flow_start_event, arena);
    out->event.flow =
        flow_identity_at(table, flow, wanted & FLOW_SHARED_FIELDS, batch, arena, &out->identity);
    out->event.present |= out->identity.present & FLOW_SHARED_FIELDS;
    return &out->event;
}

struct palua_event *flow_end_event_new(struct flow_table *table, const struct flow *flow,
                                       enum flow_reason reason, uint64_t wanted, uint64_t batch,
                                       struct arena *arena)
{
    struct flow_end_event *out = NEW(flow_end_event, arena);
    out->event.flow =
        flow_identity_at(table, flow, wanted & FLOW_SHARED_FIELDS, batch, arena, &out->identity);
    out->event.present |= out->identity.present & FLOW_SHARED_FIELDS;
    flow_live(table, flow, flow_end_live(wanted), arena, &out->live);
    out->event.live = &out->live;
    out->event.present |= out->live.present << FLOW_FIELD_SHARED_COUNT;
    out->reason = text_slice(flow_reason_name(reason));
    return &out->event;
}

struct palua_event *anomaly_event_new(const struct palua_packet *packet,
                                      const struct decode_anomaly *anomaly,
                                      const struct layer_names *names, struct arena *arena)
{
    struct anomaly_event *out = NEW(anomaly_event, arena);
    uint32_t layer = anomaly->layer;
    if (layer >= packet->layer_count && packet->layer_count) // none was made: the one around it
        layer = packet->layer_count - 1U;
    out->name = text_slice(layer_names_fault(names, anomaly->code));
    if (packet->layer_count)
        out->layer = layer_names_one(names, packet->layers[layer].protocol);
    out->offset = anomaly->offset;
    return &out->event;
}

struct palua_event *message_anomaly_event_new(const char *name, const char *layer, uint32_t offset,
                                              struct arena *arena)
{
    struct anomaly_event *out = NEW(anomaly_event, arena);
    out->name = text_slice(name);
    out->layer = text_slice(layer);
    out->offset = offset;
    return &out->event;
}

static struct palua_slice copy_slice(struct palua_slice from, struct arena *arena)
{
    if (from.len)
        from.data = arena_copy(arena, from.data, from.len, 1);
    return from;
}

struct palua_event *expect_event_new(struct palua_slice orig_h, struct palua_slice resp_h,
                                     uint16_t resp_p, uint8_t proto, const char *service,
                                     struct arena *arena)
{
    struct expect_event *out = NEW(expect_event, arena);
    out->orig_h = copy_slice(orig_h, arena);
    out->resp_h = copy_slice(resp_h, arena);
    out->service = copy_slice(text_slice(service), arena);
    out->resp_p = resp_p;
    out->proto = proto;
    out->event.present = (orig_h.len ? BIT(EXPECT_EVENT_ORIG_H) : 0) |
                         (resp_h.len ? BIT(EXPECT_EVENT_RESP_H) : 0) |
                         (resp_p ? BIT(EXPECT_EVENT_RESP_P) : 0);
    return &out->event;
}

struct palua_event *capture_end_event_new(const struct capture_sum *sum, struct arena *arena)
{
    struct capture_end_event *out = NEW(capture_end_event, arena);
    out->packets = sum->packets;
    out->bytes = sum->bytes;
    out->wire_bytes = sum->wire_bytes;
    out->flows = sum->flows;
    out->anomalies = sum->anomalies;
    if (!sum->packets)
        return &out->event;
    out->first_ts_ns = sum->first_ts_ns;
    out->last_ts_ns = sum->last_ts_ns;
    if (__builtin_sub_overflow(sum->last_ts_ns, sum->first_ts_ns, &out->duration_ns))
        out->duration_ns = INT64_MAX; // only timestamps centuries apart can do that
    out->event.present = BIT(CAPTURE_END_EVENT_FIRST_TS) | BIT(CAPTURE_END_EVENT_LAST_TS);
    return &out->event;
}
