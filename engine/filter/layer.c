// SPDX-License-Identifier: MIT OR Apache-2.0
#include "filter/layer.h"

#include <string.h>

#include "base/cursor.h"
#include "event/headers.h"
#include "event/path.h"
#include "event/registry.h"
#include "event/schemas.h"

/** An Ethernet header as it stands there, whatever tags follow. The second value of a field with
 * two stands behind the first, in every record. */
struct eth_record {
    struct palua_slice src;
    struct palua_slice dst;
    uint16_t type;
};

struct ip_record {
    struct ip_fields fields;
    uint32_t id;
    uint8_t next; /**< protocol of the header that follows directly */
};

struct transport_record {
    struct transport_fields fields;
    uint32_t len; /**< of the payload */
    uint32_t verification_tag;
    uint16_t header_len;
};

/** What of a record was captured; the bit that an optional field asks for. */
enum {
    PART_ADDRESSES,
    PART_TYPE,
    PART_ID,
    PART_PORTS,
    PART_TCP,
    PART_TAG,
    PART_SEQ,
    PART_ACK,
    PART_SERVICE_CODE
};

#define NO_FLOW                                    \
    {                                              \
        FILTER_NO_FLOW_FIELD, FILTER_NO_FLOW_FIELD \
    }
#define BIT(part) ((uint64_t)1 << (part))

#define FRAME(name, member, text, ...)                                                \
    {                                                                                 \
        .field = PALUA_FIELD_AS(struct palua_packet, member, name, PALUA_UINT, text), \
        .record = FILTER_RECORD_FRAME, .flow = NO_FLOW, __VA_ARGS__                   \
    }
#define ETH(name, member, kind, text, ...)                                       \
    {                                                                            \
        .field = PALUA_FIELD_AS(struct eth_record, member, name, kind, text),    \
        .record = FILTER_RECORD_ETH, .protocol = PALUA_PROTOCOL_ETH, __VA_ARGS__ \
    }
#define TAG(proto, name, text, ...)                                                     \
    {                                                                                   \
        .field = PALUA_FIELD_AS(struct palua_layer, aux, name, PALUA_UINT, text),       \
        .record = FILTER_RECORD_LAYER, .protocol = (proto), .mask = 0x0fff, __VA_ARGS__ \
    }
#define IP(proto, name, member, kind, text, ...)                            \
    {                                                                       \
        .field = PALUA_FIELD_AS(struct ip_record, member, name, kind, text, \
                                .names = &ip_protocol_names),               \
        .record = FILTER_RECORD_IP, .protocol = (proto), __VA_ARGS__        \
    }
#define ADDRESSES(proto, prefix, len)                                                          \
    IP(proto, prefix ".src", fields.src, PALUA_IPADDR, "source address", .address_len = (len), \
       .flow = {FLOW_FIELD_ORIG_H, FILTER_NO_FLOW_FIELD}),                                     \
        IP(proto, prefix ".dst", fields.dst, PALUA_IPADDR, "destination address",              \
           .address_len = (len), .flow = {FLOW_FIELD_RESP_H, FILTER_NO_FLOW_FIELD}),           \
        IP(proto, prefix ".addr", fields.src, PALUA_IPADDR, "source or destination address",   \
           .address_len = (len), .second = offsetof(struct ip_record, fields.dst),             \
           .flow = {FLOW_FIELD_ORIG_H, FLOW_FIELD_RESP_H})
#define TRANSPORT(proto, name, member, need, kind, text, other, ...)                        \
    {                                                                                       \
        .field = PALUA_FIELD_AS(struct transport_record, member, name, kind, text, other),  \
        .record = FILTER_RECORD_TRANSPORT, .protocol = (proto), .part = (need), __VA_ARGS__ \
    }
#define PORTS(proto, prefix)                                                                 \
    TRANSPORT(proto, prefix ".srcport", fields.sport, PART_PORTS, PALUA_UINT, "source port", \
              .aliases = NULL, .flow = {FLOW_FIELD_ORIG_P, FILTER_NO_FLOW_FIELD}),           \
        TRANSPORT(proto, prefix ".dstport", fields.dport, PART_PORTS, PALUA_UINT,            \
                  "destination port", .aliases = NULL,                                       \
                  .flow = {FLOW_FIELD_RESP_P, FILTER_NO_FLOW_FIELD}),                        \
        TRANSPORT(proto, prefix ".port", fields.sport, PART_PORTS, PALUA_UINT,               \
                  "source or destination port", .aliases = NULL,                             \
                  .second = offsetof(struct transport_record, fields.dport),                 \
                  .flow = {FLOW_FIELD_ORIG_P, FLOW_FIELD_RESP_P})
#define TCP(name, member, need, kind, text, other, ...)                                          \
    TRANSPORT(PALUA_PROTOCOL_TCP, "tcp." name, member, need, kind, text, other, .flow = NO_FLOW, \
              __VA_ARGS__)
#define TCP_FLAG(name, bit, text, other)                                                          \
    TCP("flags." name, fields.flags, PART_TCP, PALUA_UINT, text, .aliases = other, .mask = (bit), \
        .flag = true)

#define DCCP(name, member, need, kind, text)                                           \
    {                                                                                  \
        .field = PALUA_FIELD_AS(struct dccp_fields, member, "dccp." name, kind, text,  \
                                .names = &dccp_type_names),                            \
        .record = FILTER_RECORD_DCCP, .protocol = PALUA_PROTOCOL_DCCP, .part = (need), \
        .flow = NO_FLOW                                                                \
    }

static const struct filter_layer_field fields[] = {
    FRAME("frame.len", origlen, "bytes on the wire"),
    FRAME("frame.cap_len", caplen, "bytes captured"),
    FRAME("frame.interface_id", interface, "index of the interface in its file"),
    ETH("eth.src", src, PALUA_MAC, "source address", .part = PART_ADDRESSES, .flow = NO_FLOW),
    ETH("eth.dst", dst, PALUA_MAC, "destination address", .part = PART_ADDRESSES, .flow = NO_FLOW),
    ETH("eth.addr", src, PALUA_MAC, "source or destination address", .part = PART_ADDRESSES,
        .second = offsetof(struct eth_record, dst), .flow = NO_FLOW),
    ETH("eth.type", type, PALUA_UINT, "ethertype", .part = PART_TYPE, .flow = NO_FLOW),
    TAG(PALUA_PROTOCOL_VLAN, "vlan.id", "VLAN id of an 802.1Q tag",
        .flow = {FLOW_FIELD_VLAN, FILTER_NO_FLOW_FIELD}),
    TAG(PALUA_PROTOCOL_IEEE8021AD, "ieee8021ad.id", "VLAN id of an 802.1ad tag", .flow = NO_FLOW),
    ADDRESSES(PALUA_PROTOCOL_IP, "ip", 4),
    IP(PALUA_PROTOCOL_IP, "ip.version", fields.version, PALUA_UINT, "4", .flow = NO_FLOW),
    IP(PALUA_PROTOCOL_IP, "ip.ttl", fields.ttl, PALUA_UINT, "time to live", .flow = NO_FLOW),
    IP(PALUA_PROTOCOL_IP, "ip.proto", next, PALUA_ENUM, "protocol of the payload",
       .flow = {FLOW_FIELD_PROTO, FILTER_NO_FLOW_FIELD}),
    IP(PALUA_PROTOCOL_IP, "ip.id", id, PALUA_UINT, "identification", .part = PART_ID,
       .flow = NO_FLOW),
    ADDRESSES(PALUA_PROTOCOL_IPV6, "ipv6", 16),
    IP(PALUA_PROTOCOL_IPV6, "ipv6.version", fields.version, PALUA_UINT, "6", .flow = NO_FLOW),
    IP(PALUA_PROTOCOL_IPV6, "ipv6.hlim", fields.ttl, PALUA_UINT, "hop limit", .flow = NO_FLOW),
    IP(PALUA_PROTOCOL_IPV6, "ipv6.nxt", next, PALUA_ENUM, "protocol of the next header",
       .flow = NO_FLOW),
    PORTS(PALUA_PROTOCOL_TCP, "tcp"),
    TCP("seq_raw", fields.seq, PART_TCP, PALUA_UINT, "sequence number as sent", .aliases = NULL),
    TCP("ack_raw", fields.ack, PART_TCP, PALUA_UINT, "acknowledgement number as sent",
        .aliases = NULL),
    TCP("window_size_value", fields.window, PART_TCP, PALUA_UINT, "window as sent, not scaled",
        .aliases = "tcp.window"),
    TCP("hdr_len", header_len, PART_TCP, PALUA_UINT, "bytes of the header", .aliases = NULL),
    TCP("len", len, PART_TCP, PALUA_UINT, "bytes of payload, on the wire", .aliases = NULL),
    TCP("flags", fields.flags, PART_TCP, PALUA_UINT, "the 12 bits of flags", .aliases = NULL),
    TCP_FLAG("fin", 0x001, "FIN", NULL),
    TCP_FLAG("syn", 0x002, "SYN", NULL),
    TCP_FLAG("reset", 0x004, "RST", "tcp.flags.rst"),
    TCP_FLAG("push", 0x008, "PSH", "tcp.flags.psh"),
    TCP_FLAG("ack", 0x010, "ACK", NULL),
    TCP_FLAG("urg", 0x020, "URG", NULL),
    TCP_FLAG("ece", 0x040, "ECE", "tcp.flags.ecn"),
    TCP_FLAG("cwr", 0x080, "CWR", NULL),
    TCP_FLAG("ae", 0x100, "AE", "tcp.flags.ns"),
    PORTS(PALUA_PROTOCOL_UDP, "udp"),
    PORTS(PALUA_PROTOCOL_SCTP, "sctp"),
    TRANSPORT(PALUA_PROTOCOL_SCTP, "sctp.verification_tag", verification_tag, PART_TAG, PALUA_UINT,
              "verification tag", .aliases = NULL, .flow = NO_FLOW),
    PORTS(PALUA_PROTOCOL_DCCP, "dccp"),
    DCCP("type", type, PART_TYPE, PALUA_ENUM, "packet type"),
    DCCP("seq_raw", seq, PART_SEQ, PALUA_UINT, "sequence number as sent"),
    DCCP("ack_raw", ack, PART_ACK, PALUA_UINT, "acknowledgement number as sent"),
    DCCP("service_code", service_code, PART_SERVICE_CODE, PALUA_UINT,
         "service code of a Request or Response"),
    PORTS(PALUA_PROTOCOL_UDPLITE, "udplite"),
};

enum { FIELD_COUNT = sizeof fields / sizeof fields[0] };

/** IP protocol numbers of layers that a flow can be told by. */
static const struct {
    uint16_t protocol;
    uint8_t number;
} flow_protocols[] = {
    {PALUA_PROTOCOL_ICMP, 1},  {PALUA_PROTOCOL_IGMP, 2},      {PALUA_PROTOCOL_TCP, 6},
    {PALUA_PROTOCOL_UDP, 17},  {PALUA_PROTOCOL_DCCP, 33},     {PALUA_PROTOCOL_GRE, 47},
    {PALUA_PROTOCOL_ESP, 50},  {PALUA_PROTOCOL_AH, 51},       {PALUA_PROTOCOL_ICMPV6, 58},
    {PALUA_PROTOCOL_OSPF, 89}, {PALUA_PROTOCOL_PIM, 103},     {PALUA_PROTOCOL_SCTP, 132},
    {PALUA_PROTOCOL_HIP, 139}, {PALUA_PROTOCOL_UDPLITE, 136},
};

union record {
    struct eth_record eth;
    struct ip_record ip;
    struct transport_record transport;
    struct dccp_fields dccp;
};

const struct filter_layer_field *filter_layer_find(const char *name)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (path_called(&fields[i].field, name))
            return &fields[i];
    return NULL;
}

const char *filter_layer_name(uint32_t index)
{
    return index < FIELD_COUNT ? fields[index].field.name : NULL;
}

static struct cursor layer_cursor(const struct palua_packet *packet, uint32_t layer)
{
    struct palua_slice bytes = palua_layer_bytes(packet, layer);
    return cursor_of(bytes.data, bytes.len);
}

/** IEEE 802.3 sections 3.1.1 and 3.2.6: destination, source, and a type or, if less, a length.
 * @return what was captured */
static uint64_t read_eth(const struct palua_packet *packet, uint32_t layer, struct eth_record *out)
{
    struct cursor in = layer_cursor(packet, layer);
    enum { LEN = 6, ETHERTYPE_LEAST = 0x0600 };
    if (!cursor_bytes(&in, LEN, &out->dst.data) || !cursor_bytes(&in, LEN, &out->src.data))
        return 0;
    out->dst.len = out->src.len = LEN;
    bool typed = cursor_u16(&in, &out->type) && out->type >= ETHERTYPE_LEAST;
    return BIT(PART_ADDRESSES) | (typed ? BIT(PART_TYPE) : 0);
}

/** RFC 791 section 3.1, RFC 8200 section 3: where the next header's protocol stands. */
static uint64_t read_ip(const struct palua_packet *packet, uint32_t layer, struct ip_record *out)
{
    struct cursor in = layer_cursor(packet, layer);
    if (!headers_ip(packet, layer, &out->fields) ||
        !cursor_skip(&in, out->fields.version == 4 ? 9 : 6) || !cursor_u8(&in, &out->next))
        return 0;
    return BIT(PART_ADDRESSES) | (headers_ip_id(packet, layer, &out->id) ? BIT(PART_ID) : 0);
}

static uint64_t read_ports(const struct palua_packet *packet, uint32_t layer,
                           struct transport_record *out)
{
    struct cursor in = layer_cursor(packet, layer);
    bool ports = cursor_u16(&in, &out->fields.sport) && cursor_u16(&in, &out->fields.dport);
    return ports ? BIT(PART_PORTS) : 0;
}

static uint64_t read_transport(const struct palua_packet *packet, uint32_t layer,
                               struct transport_record *out)
{
    if (!headers_transport(packet, layer, &out->fields))
        return 0;
    out->len = palua_layer_payload_len(packet, layer);
    out->header_len = packet->layers[layer].header_len;
    bool tagged = headers_verification_tag(packet, layer, &out->verification_tag);
    return (out->fields.tcp ? BIT(PART_TCP) : 0) | (tagged ? BIT(PART_TAG) : 0);
}

static uint64_t read_dccp(const struct palua_packet *packet, uint32_t layer,
                          struct dccp_fields *out)
{
    if (!headers_dccp(packet, layer, out))
        return 0;
    return BIT(PART_TYPE) | (out->has_seq ? BIT(PART_SEQ) : 0) |
           (out->has_ack ? BIT(PART_ACK) : 0) |
           (out->has_service_code ? BIT(PART_SERVICE_CODE) : 0);
}

/** The record that a field stands in, of which only its part is sure to be there.
 * @return NULL if that was not captured */
static const void *read_record(const struct filter_layer_field *field,
                               const struct palua_packet *packet, uint32_t layer,
                               union record *space)
{
    uint64_t present;
    switch (field->record) {
    case FILTER_RECORD_FRAME:
        return packet;
    case FILTER_RECORD_LAYER:
        return &packet->layers[layer];
    case FILTER_RECORD_ETH:
        present = read_eth(packet, layer, &space->eth);
        break;
    case FILTER_RECORD_IP:
        present = read_ip(packet, layer, &space->ip);
        break;
    case FILTER_RECORD_DCCP:
        present = read_dccp(packet, layer, &space->dccp);
        break;
    default:
        present = field->part == PART_PORTS ? read_ports(packet, layer, &space->transport)
                                            : read_transport(packet, layer, &space->transport);
    }
    return present & BIT(field->part) ? space : NULL;
}

/** @return false if it is absent */
static bool read_value(const struct filter_layer_field *field, const uint8_t *record,
                       struct value *out)
{
    value_read(out, &field->field, 0, 0, record);
    if (field->mask)
        out->uint &= field->mask;
    if (field->flag)
        *out = (struct value){.type = PALUA_BOOL, .uint = out->uint != 0};
    return out->type != 0;
}

uint32_t filter_layer_read(const struct filter_layer_field *field,
                           const struct palua_packet *packet, uint32_t layer, struct value out[2])
{
    union record space = {0};
    uint32_t count = 0;
    const uint8_t *record = read_record(field, packet, layer, &space);
    if (!record)
        return 0;
    count += read_value(field, record, &out[count]);
    // The second value is of the same type, elsewhere in the record.
    if (field->second)
        count += read_value(field, record + (field->second - field->field.offset), &out[count]);
    return count;
}

bool filter_layer_flow(const struct filter_layer_field *field, const struct palua_flow *flow,
                       uint32_t which, struct value *out)
{
    uint8_t index = field->flow[which];
    if (index == FILTER_NO_FLOW_FIELD || !filter_layer_flow_has(flow, field->protocol))
        return false;
    value_read(out, &palua_flow_schema.fields[index], index, flow->present, flow);
    return out->type != 0;
}

bool filter_layer_present(const struct palua_packet *packet, uint16_t protocol)
{
    for (uint32_t i = 0; i < packet->layer_count; i++)
        if (packet->layers[i].protocol == protocol)
            return true;
    return false;
}

bool filter_layer_flow_has(const struct palua_flow *flow, uint16_t protocol)
{
    if (protocol == PALUA_PROTOCOL_IP || protocol == PALUA_PROTOCOL_IPV6)
        return flow->orig_h.len == (protocol == PALUA_PROTOCOL_IP ? 4 : 16);
    if (protocol == PALUA_PROTOCOL_VLAN)
        return palua_field_bit(flow->present, FLOW_FIELD_VLAN);
    for (size_t i = 0; i < sizeof flow_protocols / sizeof flow_protocols[0]; i++)
        if (flow_protocols[i].protocol == protocol)
            return flow->proto == flow_protocols[i].number;
    return false;
}
