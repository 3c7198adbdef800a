// SPDX-License-Identifier: MIT OR Apache-2.0
/* ICMP (RFC 792, RFC 950, RFC 1191) and ICMPv6 (RFC 4443), neighbour discovery (RFC 4861) included.
 */
#include <stdlib.h>
#include <string.h>

#include <palua/cursor.h>
#include <palua/plugin.h>

#include "codes.h"
#include "quote.h"

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof *(array)))
#define OPTIONAL .flags = PALUA_OPTIONAL

enum { HEADER_LEN = 8, MAC_LEN = 6, IPV6_LEN = 16 };

struct icmp_event {
    struct palua_event event;
    struct palua_slice src;
    struct palua_slice dst;
    struct palua_slice type_name;
    struct palua_slice code_name;
    struct palua_slice gateway;
    struct palua_slice target;
    struct palua_slice link_address;
    struct palua_slice payload;
    struct palua_slice quoted;
    struct palua_slice quoted_src;
    struct palua_slice quoted_dst;
    uint32_t len;
    uint32_t mtu;
    uint32_t pointer;
    uint16_t ident;
    uint16_t seq;
    uint16_t quoted_sport;
    uint16_t quoted_dport;
    uint8_t version;
    uint8_t type;
    uint8_t code;
    uint8_t ttl;
    uint8_t checksum;
    uint8_t quoted_proto;
};

static const struct palua_enum_name checksum_words[] = {
    {PALUA_CHECKSUM_BAD, "bad"},
    {PALUA_CHECKSUM_GOOD, "good"},
    {PALUA_CHECKSUM_UNVERIFIED, "unverified"},
};
static const struct palua_enum checksum_names = {checksum_words, COUNT(checksum_words)};

enum {
    FIELD_VERSION,
    FIELD_SRC,
    FIELD_DST,
    FIELD_TTL,
    FIELD_TYPE,
    FIELD_TYPE_NAME,
    FIELD_CODE,
    FIELD_CODE_NAME,
    FIELD_CHECKSUM,
    FIELD_IDENT,
    FIELD_SEQ,
    FIELD_MTU,
    FIELD_GATEWAY,
    FIELD_POINTER,
    FIELD_TARGET,
    FIELD_LINK_ADDRESS,
    FIELD_LEN,
    FIELD_PAYLOAD,
    FIELD_QUOTED,
    FIELD_QUOTED_SRC,
    FIELD_QUOTED_DST,
    FIELD_QUOTED_PROTO,
    FIELD_QUOTED_SPORT,
    FIELD_QUOTED_DPORT
};

static const struct palua_field fields[] = {
    [FIELD_VERSION] =
        PALUA_FIELD(struct icmp_event, version, PALUA_UINT, "4 for ICMP, 6 for ICMPv6"),
    [FIELD_SRC] = PALUA_FIELD(struct icmp_event, src, PALUA_IPADDR, "source address", OPTIONAL),
    [FIELD_DST] =
        PALUA_FIELD(struct icmp_event, dst, PALUA_IPADDR, "destination address", OPTIONAL),
    [FIELD_TTL] = PALUA_FIELD(struct icmp_event, ttl, PALUA_UINT,
                              "time to live, or hop limit, of the IP header", OPTIONAL),
    [FIELD_TYPE] = PALUA_FIELD(struct icmp_event, type, PALUA_UINT, "type", .aliases = "itype"),
    [FIELD_TYPE_NAME] = PALUA_FIELD(struct icmp_event, type_name, PALUA_STRING,
                                    "its name, such as echo_request", OPTIONAL),
    [FIELD_CODE] = PALUA_FIELD(struct icmp_event, code, PALUA_UINT, "code", .aliases = "icode"),
    [FIELD_CODE_NAME] = PALUA_FIELD(struct icmp_event, code_name, PALUA_STRING,
                                    "its name, such as port_unreachable", OPTIONAL),
    [FIELD_CHECKSUM] =
        PALUA_FIELD(struct icmp_event, checksum, PALUA_ENUM, "whether the checksum is right",
                    .names = &checksum_names, .aliases = "checksum.status"),
    [FIELD_IDENT] = PALUA_FIELD(struct icmp_event, ident, PALUA_UINT,
                                "identifier of an echo and the like", .aliases = "id", OPTIONAL),
    [FIELD_SEQ] =
        PALUA_FIELD(struct icmp_event, seq, PALUA_UINT, "sequence number of an echo and the like",
                    .aliases = "sequence_number", OPTIONAL),
    [FIELD_MTU] = PALUA_FIELD(struct icmp_event, mtu, PALUA_UINT,
                              "fragmentation needed, packet too big: what fits, bytes", OPTIONAL),
    [FIELD_GATEWAY] = PALUA_FIELD(struct icmp_event, gateway, PALUA_IPADDR,
                                  "redirect: the better next hop", .aliases = "redir_gw", OPTIONAL),
    [FIELD_POINTER] =
        PALUA_FIELD(struct icmp_event, pointer, PALUA_UINT,
                    "parameter problem: where, bytes into the quoted packet", OPTIONAL),
    [FIELD_TARGET] = PALUA_FIELD(struct icmp_event, target, PALUA_IPADDR,
                                 "neighbour discovery: the address it is about",
                                 .aliases = "nd.ns.target_address,nd.na.target_address", OPTIONAL),
    [FIELD_LINK_ADDRESS] = PALUA_FIELD(struct icmp_event, link_address, PALUA_MAC,
                                       "neighbour discovery: link-layer address of the source or "
                                       "target",
                                       .aliases = "opt.linkaddr", OPTIONAL),
    [FIELD_LEN] = PALUA_FIELD(struct icmp_event, len, PALUA_UINT,
                              "bytes behind the header of 8 bytes, as sent"),
    [FIELD_PAYLOAD] = PALUA_FIELD(struct icmp_event, payload, PALUA_BYTES,
                                  "captured bytes behind the header of 8 bytes"),
    [FIELD_QUOTED] =
        PALUA_FIELD(struct icmp_event, quoted, PALUA_BYTES,
                    "the packet that an error is about, as far as it is quoted", OPTIONAL),
    [FIELD_QUOTED_SRC] = PALUA_FIELD(struct icmp_event, quoted_src, PALUA_IPADDR,
                                     "source address of that packet", OPTIONAL),
    [FIELD_QUOTED_DST] = PALUA_FIELD(struct icmp_event, quoted_dst, PALUA_IPADDR,
                                     "destination address of that packet", OPTIONAL),
    [FIELD_QUOTED_PROTO] = PALUA_FIELD(struct icmp_event, quoted_proto, PALUA_UINT,
                                       "IP protocol number of that packet", OPTIONAL),
    [FIELD_QUOTED_SPORT] = PALUA_FIELD(struct icmp_event, quoted_sport, PALUA_UINT,
                                       "source port of that packet", OPTIONAL),
    [FIELD_QUOTED_DPORT] = PALUA_FIELD(struct icmp_event, quoted_dport, PALUA_UINT,
                                       "destination port of that packet", OPTIONAL),
};
static const struct palua_schema schema = {
    .name = "icmp",
    .doc = "an ICMP or ICMPv6 message",
    .source = "RFC 792, RFC 4443, RFC 4861",
    .fields = fields,
    .field_count = COUNT(fields),
    .size = sizeof(struct icmp_event),
};

struct icmp {
    const struct palua_host *host;
    uint64_t wanted;
};

static bool start(const struct palua_host *host, struct palua_instance *instance, void **self)
{
    struct icmp *icmp = malloc(sizeof *icmp);
    if (!icmp) {
        host->refuse(instance, "memory ran out");
        return false;
    }
    *icmp = (struct icmp){.host = host, .wanted = host->wanted(instance, 0)};
    *self = icmp;
    return true;
}

static void set(struct icmp_event *out, unsigned field)
{
    out->event.present |= UINT64_C(1) << field;
}

static bool set_text(const char *text, struct palua_slice *out)
{
    if (text)
        *out = (struct palua_slice){.data = (const uint8_t *)text, .len = (uint32_t)strlen(text)};
    return text != NULL;
}

static void name(struct icmp_event *out)
{
    bool ipv6 = out->version == 6;
    if (set_text(icmp_type_name(ipv6, out->type), &out->type_name))
        set(out, FIELD_TYPE_NAME);
    if (set_text(icmp_code_name(ipv6, out->type, out->code), &out->code_name))
        set(out, FIELD_CODE_NAME);
}

/** What the second word of the header means. */
enum rest { REST_NONE, REST_ECHO, REST_MTU, REST_GATEWAY, REST_POINTER, REST_TARGET };

static enum rest rest_of(uint8_t type, uint8_t code)
{
    switch (type) {
    case 0:
    case 8:
    case 13: /* timestamp, information, mask */
    case 14:
    case 15:
    case 16:
    case 17:
    case 18:
    case 42:
    case 43:
        return REST_ECHO;
    case 3:
        return code == 4 ? REST_MTU : REST_NONE;
    case 5:
        return REST_GATEWAY;
    case 12:
        return REST_POINTER;
    default:
        return REST_NONE;
    }
}

static enum rest rest_of_ipv6(uint8_t type)
{
    switch (type) {
    case 128:
    case 129:
    case 160:
    case 161:
        return REST_ECHO;
    case 2:
        return REST_MTU;
    case 4:
        return REST_POINTER;
    case 135:
    case 136:
    case 137:
        return REST_TARGET;
    default:
        return REST_NONE;
    }
}

/** RFC 4861 section 4.6: options, among them one with a link-layer address. */
static void read_options(struct palua_cursor in, struct icmp_event *out)
{
    enum { SOURCE = 1, TARGET = 2 };
    uint8_t type, units;
    while (palua_cursor_u8(&in, &type) && palua_cursor_u8(&in, &units) && units) {
        struct palua_cursor option;
        if (!palua_cursor_sub(&in, units * 8u - 2, &option))
            return;
        if (type != SOURCE && type != TARGET)
            continue;
        if (palua_cursor_bytes(&option, MAC_LEN, &out->link_address.data)) {
            out->link_address.len = MAC_LEN;
            set(out, FIELD_LINK_ADDRESS);
        }
        return;
    }
}

/** Neighbour solicitation, advertisement and redirect: the target stands behind the header; in a
 * redirect it is the better next hop, and another address follows. */
static void read_target(struct palua_cursor in, struct icmp_event *out)
{
    enum { REDIRECT = 137 };
    if (!palua_cursor_skip(&in, 4) || !palua_cursor_bytes(&in, IPV6_LEN, &out->target.data))
        return;
    out->target.len = IPV6_LEN;
    set(out, FIELD_TARGET);
    if (out->type == REDIRECT) {
        out->gateway = out->target;
        set(out, FIELD_GATEWAY);
        if (!palua_cursor_bytes(&in, IPV6_LEN, &out->target.data))
            return;
    }
    read_options(in, out);
}

/** Router solicitation and advertisement: only their options. */
static void read_router(struct palua_cursor in, struct icmp_event *out)
{
    enum { SOLICITATION = 133, ADVERTISEMENT = 134 };
    if (out->version != 6 || (out->type != SOLICITATION && out->type != ADVERTISEMENT))
        return;
    if (palua_cursor_skip(&in, out->type == SOLICITATION ? 4 : 12))
        read_options(in, out);
}

/** RFC 1191: the MTU in the lower half; 0 from routers before that. */
static void read_mtu(struct palua_cursor in, struct icmp_event *out)
{
    uint32_t word;
    if (!palua_cursor_u32(&in, &word))
        return;
    out->mtu = out->version == 6 ? word : word & UINT16_MAX;
    set(out, FIELD_MTU);
}

/** @param in  behind type, code and checksum */
static void read_rest(struct palua_cursor in, struct icmp_event *out)
{
    uint8_t byte;
    switch (out->version == 6 ? rest_of_ipv6(out->type) : rest_of(out->type, out->code)) {
    case REST_ECHO:
        if (palua_cursor_u16(&in, &out->ident) && palua_cursor_u16(&in, &out->seq)) {
            set(out, FIELD_IDENT);
            set(out, FIELD_SEQ);
        }
        return;
    case REST_MTU:
        read_mtu(in, out);
        return;
    case REST_GATEWAY:
        if (palua_cursor_bytes(&in, 4, &out->gateway.data)) {
            out->gateway.len = 4;
            set(out, FIELD_GATEWAY);
        }
        return;
    case REST_POINTER:
        /* RFC 792: one byte; RFC 4443: four. */
        if (out->version == 6 ? palua_cursor_u32(&in, &out->pointer)
                              : palua_cursor_u8(&in, &byte)) {
            if (out->version != 6)
                out->pointer = byte;
            set(out, FIELD_POINTER);
        }
        return;
    case REST_TARGET:
        read_target(in, out);
        return;
    default:
        read_router(in, out);
    }
}

static void read_quote(const struct palua_layer_input *in, struct icmp_event *out)
{
    struct icmp_quote quote;
    if (!icmp_quote(in->packet, in->layer, &quote))
        return;
    out->quoted = quote.bytes;
    out->quoted_proto = quote.proto;
    out->quoted_src = quote.src;
    out->quoted_dst = quote.dst;
    out->quoted_sport = quote.sport;
    out->quoted_dport = quote.dport;
    set(out, FIELD_QUOTED);
    if (quote.src.len) {
        set(out, FIELD_QUOTED_SRC);
        set(out, FIELD_QUOTED_DST);
        set(out, FIELD_QUOTED_PROTO);
    }
    if (quote.has_ports) {
        set(out, FIELD_QUOTED_SPORT);
        set(out, FIELD_QUOTED_DPORT);
    }
}

static void read_carrier(const struct palua_layer_input *in, struct icmp_event *out)
{
    if (!in->src.len)
        return;
    out->src = in->src;
    out->dst = in->dst;
    set(out, FIELD_SRC);
    set(out, FIELD_DST);
    for (uint32_t i = in->layer; i-- > 0;) {
        uint16_t protocol = in->packet->layers[i].protocol;
        struct palua_cursor at = palua_cursor_of(palua_layer_bytes(in->packet, i));
        if (protocol != PALUA_PROTOCOL_IP && protocol != PALUA_PROTOCOL_IPV6)
            continue;
        if (palua_cursor_skip(&at, protocol == PALUA_PROTOCOL_IP ? 8 : 7) &&
            palua_cursor_u8(&at, &out->ttl))
            set(out, FIELD_TTL);
        return;
    }
}

static void layer(void *self, struct palua_call *call, const struct palua_layer_input *in)
{
    const struct icmp *icmp = self;
    struct palua_cursor at = palua_cursor_of(in->bytes), payload = at;
    struct icmp_event *out = icmp->host->event(call, 0);
    if (!out || !palua_cursor_u8(&at, &out->type) || !palua_cursor_u8(&at, &out->code))
        return; // decode has said what is wrong
    out->version = in->packet->layers[in->layer].protocol == PALUA_PROTOCOL_ICMPV6 ? 6 : 4;
    out->len = in->wire_len > HEADER_LEN ? in->wire_len - HEADER_LEN : 0;
    if (palua_cursor_skip(&payload, HEADER_LEN))
        out->payload =
            (struct palua_slice){.data = payload.pos, .len = (uint32_t)palua_cursor_left(&payload)};
    name(out);
    read_carrier(in, out);
    if (palua_cursor_skip(&at, 2))
        read_rest(at, out);
    read_quote(in, out);
    if (palua_field_bit(icmp->wanted, FIELD_CHECKSUM))
        out->checksum = (uint8_t)icmp->host->checksum(call, in->packet, in->layer);
    icmp->host->publish(call, 0, out);
}

static const struct palua_schema *const events[] = {&schema};
static const struct palua_binding bindings[] = {{PALUA_ON_LAYER, PALUA_PROTOCOL_ICMP},
                                                {PALUA_ON_LAYER, PALUA_PROTOCOL_ICMPV6}};

static const struct palua_plugin plugin = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "icmp",
    .doc = "ICMP and ICMPv6, with the packet that an error quotes",
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
