// SPDX-License-Identifier: MIT OR Apache-2.0
/* ARP (RFC 826) and what has its format: RARP (RFC 903), InARP (RFC 2390). */
#include <stdlib.h>
#include <string.h>

#include <palua/cursor.h>
#include <palua/plugin.h>

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof *(array)))
#define OPTIONAL .flags = PALUA_OPTIONAL

enum { MAC_LEN = 6, IP_LEN = 4, IPV6_LEN = 16, TYPE_IP = 0x0800, REQUEST = 1 };

struct arp_event {
    struct palua_event event;
    struct palua_slice mac_src;
    struct palua_slice mac_dst;
    struct palua_slice src_hw_mac;
    struct palua_slice src_proto_ipv4;
    struct palua_slice dst_hw_mac;
    struct palua_slice dst_proto_ipv4;
    uint16_t opcode;
    uint16_t hw_type;
    uint16_t proto_type;
    uint8_t isgratuitous;
    uint8_t isprobe;
};

/** IANA "Address Resolution Protocol (ARP) Parameters". */
static const struct palua_enum_name opcodes[] = {
    {1, "request"},       {2, "reply"},       {3, "reverse_request"}, {4, "reverse_reply"},
    {5, "drarp_request"}, {6, "drarp_reply"}, {7, "drarp_error"},     {8, "inarp_request"},
    {9, "inarp_reply"},   {10, "arp_nak"},    {23, "mapos_unarp"},    {25, "op_exp2"},
};
static const struct palua_enum opcode_names = {opcodes, COUNT(opcodes)};

enum {
    FIELD_OPCODE,
    FIELD_SRC_HW,
    FIELD_SRC_PROTO,
    FIELD_DST_HW,
    FIELD_DST_PROTO,
    FIELD_MAC_SRC,
    FIELD_MAC_DST,
    FIELD_GRATUITOUS,
    FIELD_PROBE,
    FIELD_HW_TYPE,
    FIELD_PROTO_TYPE
};

static const struct palua_field fields[] = {
    [FIELD_OPCODE] = PALUA_FIELD(struct arp_event, opcode, PALUA_ENUM, "what it asks or says",
                                 .names = &opcode_names),
    [FIELD_SRC_HW] =
        PALUA_FIELD(struct arp_event, src_hw_mac, PALUA_MAC, "the sender's hardware address",
                    .aliases = "src.hw_mac,sha", OPTIONAL),
    [FIELD_SRC_PROTO] =
        PALUA_FIELD(struct arp_event, src_proto_ipv4, PALUA_IPADDR, "the sender's IP address",
                    .aliases = "src.proto_ipv4,spa", OPTIONAL),
    [FIELD_DST_HW] =
        PALUA_FIELD(struct arp_event, dst_hw_mac, PALUA_MAC, "the target's hardware address",
                    .aliases = "dst.hw_mac,tha", OPTIONAL),
    [FIELD_DST_PROTO] = PALUA_FIELD(struct arp_event, dst_proto_ipv4, PALUA_IPADDR,
                                    "the target's IP address: the one asked for",
                                    .aliases = "dst.proto_ipv4,tpa", OPTIONAL),
    [FIELD_MAC_SRC] = PALUA_FIELD(struct arp_event, mac_src, PALUA_MAC,
                                  "source of the Ethernet header around it", OPTIONAL),
    [FIELD_MAC_DST] = PALUA_FIELD(struct arp_event, mac_dst, PALUA_MAC,
                                  "destination of the Ethernet header around it", OPTIONAL),
    [FIELD_GRATUITOUS] =
        PALUA_FIELD(struct arp_event, isgratuitous, PALUA_BOOL,
                    "sender and target are one IP address: an announcement (RFC 5944 section 4.6)"),
    [FIELD_PROBE] = PALUA_FIELD(struct arp_event, isprobe, PALUA_BOOL,
                                "a request without the sender's IP address (RFC 5227)"),
    [FIELD_HW_TYPE] = PALUA_FIELD(struct arp_event, hw_type, PALUA_UINT,
                                  "kind of hardware, 1 Ethernet", .aliases = "hw.type"),
    [FIELD_PROTO_TYPE] =
        PALUA_FIELD(struct arp_event, proto_type, PALUA_UINT,
                    "ethertype of the protocol, 2048 IPv4", .aliases = "proto.type"),
};
static const struct palua_schema schema = {
    .name = "arp",
    .doc = "an ARP, RARP or InARP message",
    .source = "RFC 826, RFC 903, RFC 2390",
    .fields = fields,
    .field_count = COUNT(fields),
    .size = sizeof(struct arp_event),
};

static bool start(const struct palua_host *host, struct palua_instance *instance, void **self)
{
    const struct palua_host **kept = malloc(sizeof *kept);
    if (!kept) {
        host->refuse(instance, "memory ran out");
        return false;
    }
    *kept = host;
    *self = kept;
    return true;
}

static void set(struct arp_event *out, unsigned field)
{
    out->event.present |= UINT64_C(1) << field;
}

/** An address; only those of known kinds become fields. */
static bool read_address(struct palua_cursor *in, uint8_t len, bool known, struct palua_slice *out)
{
    const uint8_t *data;
    if (!palua_cursor_bytes(in, len, &data))
        return false;
    if (known)
        *out = (struct palua_slice){.data = data, .len = len};
    return true;
}

static bool is_zero(struct palua_slice address)
{
    static const uint8_t zero[IPV6_LEN] = {0};
    return address.len && !memcmp(address.data, zero, address.len);
}

static void judge(struct arp_event *out)
{
    struct palua_slice from = out->src_proto_ipv4, to = out->dst_proto_ipv4;
    out->isgratuitous = from.len && from.len == to.len && !memcmp(from.data, to.data, from.len);
    out->isprobe = out->opcode == REQUEST && is_zero(from) && !is_zero(to);
}

/** The four addresses, each of which may be the last that was captured. */
static void read_addresses(struct palua_cursor in, uint8_t hw_len, uint8_t proto_len,
                           struct arp_event *out)
{
    bool mac = hw_len == MAC_LEN;
    bool ip = proto_len == (out->proto_type == TYPE_IP ? IP_LEN : IPV6_LEN);
    struct palua_slice *const slots[] = {&out->src_hw_mac, &out->src_proto_ipv4, &out->dst_hw_mac,
                                         &out->dst_proto_ipv4};
    for (unsigned i = 0; i < COUNT(slots); i++) {
        bool hw = i % 2 == 0;
        if (!read_address(&in, hw ? hw_len : proto_len, hw ? mac : ip, slots[i]))
            break;
        if (slots[i]->len)
            set(out, FIELD_SRC_HW + i);
    }
    judge(out);
}

/** The Ethernet header before VLAN tags. */
static void read_ethernet(const struct palua_layer_input *in, struct arp_event *out)
{
    for (uint32_t i = in->layer; i-- > 0;) {
        uint16_t protocol = in->packet->layers[i].protocol;
        if (protocol == PALUA_PROTOCOL_VLAN || protocol == PALUA_PROTOCOL_IEEE8021AD)
            continue;
        struct palua_cursor at = palua_cursor_of(palua_layer_bytes(in->packet, i));
        if (protocol != PALUA_PROTOCOL_ETH ||
            !palua_cursor_bytes(&at, MAC_LEN, &out->mac_dst.data) ||
            !palua_cursor_bytes(&at, MAC_LEN, &out->mac_src.data))
            return;
        out->mac_dst.len = out->mac_src.len = MAC_LEN;
        set(out, FIELD_MAC_SRC);
        set(out, FIELD_MAC_DST);
        return;
    }
}

static void layer(void *self, struct palua_call *call, const struct palua_layer_input *in)
{
    const struct palua_host *host = *(const struct palua_host **)self;
    struct palua_cursor at = palua_cursor_of(in->bytes);
    uint8_t hw_len, proto_len;
    struct arp_event *out = host->event(call, 0);
    if (!out || !palua_cursor_u16(&at, &out->hw_type) || !palua_cursor_u16(&at, &out->proto_type) ||
        !palua_cursor_u8(&at, &hw_len) || !palua_cursor_u8(&at, &proto_len) ||
        !palua_cursor_u16(&at, &out->opcode))
        return; // decode has said what is wrong
    read_addresses(at, hw_len, proto_len, out);
    read_ethernet(in, out);
    host->publish(call, 0, out);
}

static const struct palua_schema *const events[] = {&schema};
static const struct palua_binding bindings[] = {{PALUA_ON_LAYER, PALUA_PROTOCOL_ARP}};

static const struct palua_plugin plugin = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "arp",
    .doc = "ARP: who has which address",
    .role = PALUA_DISSECTOR,
    .events = events,
    .event_count = COUNT(events),
    .bindings = bindings,
    .binding_count = COUNT(bindings),
    .start = start,
    .stop = free,
    .layer = layer,
};

PALUA_PLUGIN(plugin)
