// SPDX-License-Identifier: MIT OR Apache-2.0
/** Basic statistics: packets and bytes per sender, receiver and protocol (l3), and per direction of
 * each five-tuple (l4), with totals.
 *
 * l3 counts every packet by its innermost IP layer, fragments one by one; num_bytes is IP's
 * payload. l4 counts what flows counted: num_bytes is the transport layer's payload, a datagram
 * that came in fragments is one packet. Each table has at most `row_cap` rows; totals include what
 * is beyond, which is counted. */
#include <stdlib.h>
#include <string.h>

#include <palua/cursor.h>
#include <palua/packet.h>
#include <palua/plugin.h>

#include "tally.h"

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

/** Rows of the result. */
struct total_row {
    struct palua_slice layer;
    uint64_t num_packets, num_bytes;
};
struct l3_row {
    struct palua_slice src, dst;
    uint64_t num_packets, num_bytes, ip_bytes;
    uint8_t l4_proto;
};
struct l4_row {
    struct palua_slice src, dst, flow_id;
    uint64_t num_packets, num_bytes, ip_bytes;
    uint16_t src_port, dst_port;
    uint8_t proto;
};

enum { ON_PACKET, ON_FLOW_END };
enum { TABLE_TOTALS, TABLE_L3, TABLE_L4 };
enum { COUNTER_LEFT_OUT };

struct stats {
    const struct palua_host *host;
    struct tally l3, l4;
    struct total_row totals[2];
};

static struct palua_slice literal(const char *text)
{
    return (struct palua_slice){.data = (const uint8_t *)text, .len = (uint32_t)strlen(text)};
}

static bool start(const struct palua_host *host, struct palua_instance *instance, void **self)
{
    struct stats *stats = calloc(1, sizeof *stats);
    if (!stats) {
        host->refuse(instance, "memory ran out");
        return false;
    }
    stats->host = host;
    stats->l3.cap = stats->l4.cap = (uint64_t)host->option_int(instance, "row_cap");
    stats->totals[0].layer = literal("l3");
    stats->totals[1].layer = literal("l4");
    *self = stats;
    return true;
}

static void stop(void *self)
{
    struct stats *stats = self;
    tally_fini(&stats->l3);
    tally_fini(&stats->l4);
    free(stats);
}

/** What one packet, or one side of a flow, adds. */
struct amount {
    uint64_t packets, bytes, ip_bytes;
};

static struct tally_row *add(struct stats *stats, struct palua_call *call, unsigned layer,
                             const struct tally_key *key, struct amount amount)
{
    struct tally_row *row = tally_at(layer ? &stats->l4 : &stats->l3, key);
    stats->totals[layer].num_packets += amount.packets;
    stats->totals[layer].num_bytes += amount.bytes;
    if (!row) {
        stats->host->count(call, COUNTER_LEFT_OUT, amount.packets);
        return NULL;
    }
    row->packets += amount.packets;
    row->bytes += amount.bytes;
    row->ip_bytes += amount.ip_bytes;
    return row;
}

/** @return false if the packet has no IP header, or not enough of it was captured */
static bool read_addresses(const struct palua_packet *packet, struct tally_key *key)
{
    struct palua_cursor in = palua_cursor_of(palua_layer_bytes(packet, packet->network));
    const uint8_t *src, *dst;
    if (packet->network >= packet->layer_count)
        return false;
    bool ipv6 = packet->layers[packet->network].protocol == PALUA_PROTOCOL_IPV6;
    key->addr_len = ipv6 ? 16 : 4;
    key->proto = (uint8_t)packet->layers[packet->network].aux;
    if (!palua_cursor_skip(&in, ipv6 ? 8 : 12) || !palua_cursor_bytes(&in, key->addr_len, &src) ||
        !palua_cursor_bytes(&in, key->addr_len, &dst))
        return false;
    memcpy(key->src, src, key->addr_len);
    memcpy(key->dst, dst, key->addr_len);
    return true;
}

static void on_packet(struct stats *stats, struct palua_call *call,
                      const struct palua_packet *packet)
{
    struct tally_key key = {0};
    if (!read_addresses(packet, &key))
        return;
    add(stats, call, 0, &key,
        (struct amount){1, palua_layer_payload_len(packet, packet->network),
                        packet->layers[packet->network].len});
}

static void on_side(struct stats *stats, struct palua_call *call, const struct palua_flow *flow,
                    unsigned side, struct amount amount)
{
    struct tally_key key = {
        .addr_len = flow->addr_len,
        .proto = flow->proto,
        .sport = side ? flow->resp_p : flow->orig_p,
        .dport = side ? flow->orig_p : flow->resp_p,
    };
    memcpy(key.src, flow->addresses + (size_t)16 * side, 16);
    memcpy(key.dst, flow->addresses + (size_t)16 * !side, 16);
    struct tally_row *row = amount.packets ? add(stats, call, 1, &key, amount) : NULL;
    if (!row)
        return;
    row->uid_len = flow->uid.len < TALLY_UID_CAP ? flow->uid.len : TALLY_UID_CAP;
    memcpy(row->uid, flow->uid.data, row->uid_len);
}

static void event(void *self, struct palua_call *call, uint32_t subscription,
                  const struct palua_event *seen)
{
    struct stats *stats = self;
    if (subscription == ON_PACKET) {
        on_packet(stats, call, seen->packet);
        return;
    }
    const struct palua_flow_live *live = seen->live;
    on_side(stats, call, seen->flow, PALUA_ORIG,
            (struct amount){live->orig_pkts, live->orig_payload, live->orig_ip_bytes});
    on_side(stats, call, seen->flow, PALUA_RESP,
            (struct amount){live->resp_pkts, live->resp_payload, live->resp_ip_bytes});
}

static void write_l3(const struct stats *stats, struct palua_call *call,
                     const struct tally_row *from)
{
    struct l3_row row = {
        .src = {.data = from->key.src, .len = from->key.addr_len},
        .dst = {.data = from->key.dst, .len = from->key.addr_len},
        .l4_proto = from->key.proto,
        .num_packets = from->packets,
        .num_bytes = from->bytes,
        .ip_bytes = from->ip_bytes,
    };
    stats->host->row(call, TABLE_L3, &row);
}

static void write_l4(const struct stats *stats, struct palua_call *call,
                     const struct tally_row *from)
{
    struct l4_row row = {
        .src = {.data = from->key.src, .len = from->key.addr_len},
        .dst = {.data = from->key.dst, .len = from->key.addr_len},
        .flow_id = {.data = from->uid, .len = from->uid_len},
        .num_packets = from->packets,
        .num_bytes = from->bytes,
        .ip_bytes = from->ip_bytes,
        .src_port = from->key.sport,
        .dst_port = from->key.dport,
        .proto = from->key.proto,
    };
    stats->host->row(call, TABLE_L4, &row);
}

static void finish(void *self, struct palua_call *call)
{
    struct stats *stats = self;
    tally_sort(&stats->l3);
    tally_sort(&stats->l4);
    stats->host->row(call, TABLE_TOTALS, &stats->totals[0]);
    stats->host->row(call, TABLE_TOTALS, &stats->totals[1]);
    for (uint64_t i = 0; i < stats->l3.count; i++)
        write_l3(stats, call, &stats->l3.rows[i]);
    for (uint64_t i = 0; i < stats->l4.count; i++)
        write_l4(stats, call, &stats->l4.rows[i]);
}

static const struct palua_field total_fields[] = {
    PALUA_FIELD(struct total_row, layer, PALUA_STRING, "l3 or l4"),
    PALUA_FIELD(struct total_row, num_packets, PALUA_UINT, "packets"),
    PALUA_FIELD(struct total_row, num_bytes, PALUA_UINT, "bytes of the layer's payload"),
};
static const struct palua_field l3_fields[] = {
    PALUA_FIELD(struct l3_row, src, PALUA_IPADDR, "sender"),
    PALUA_FIELD(struct l3_row, dst, PALUA_IPADDR, "receiver"),
    PALUA_FIELD(struct l3_row, l4_proto, PALUA_UINT, "IP protocol number"),
    PALUA_FIELD(struct l3_row, num_packets, PALUA_UINT, "packets"),
    PALUA_FIELD(struct l3_row, num_bytes, PALUA_UINT, "bytes behind the IP header"),
    PALUA_FIELD(struct l3_row, ip_bytes, PALUA_UINT, "bytes, header included"),
};
static const struct palua_field l4_fields[] = {
    PALUA_FIELD(struct l4_row, proto, PALUA_UINT, "IP protocol number"),
    PALUA_FIELD(struct l4_row, src, PALUA_IPADDR, "sender"),
    PALUA_FIELD(struct l4_row, src_port, PALUA_UINT, "its port"),
    PALUA_FIELD(struct l4_row, dst, PALUA_IPADDR, "receiver"),
    PALUA_FIELD(struct l4_row, dst_port, PALUA_UINT, "its port"),
    PALUA_FIELD(struct l4_row, num_packets, PALUA_UINT, "packets"),
    PALUA_FIELD(struct l4_row, num_bytes, PALUA_UINT, "bytes of payload"),
    PALUA_FIELD(struct l4_row, ip_bytes, PALUA_UINT, "bytes of IP packets"),
    PALUA_FIELD(struct l4_row, flow_id, PALUA_STRING, "unique name of the last such flow"),
};

#define TABLE(title, text, record, list)                                              \
    {                                                                                 \
        .name = (title), .doc = (text), .fields = (list), .field_count = COUNT(list), \
        .size = sizeof(record)                                                        \
    }
static const struct palua_schema total_table =
    TABLE("totals", "all packets of a layer", struct total_row, total_fields);
static const struct palua_schema l3_table =
    TABLE("l3", "who sent to whom, by protocol", struct l3_row, l3_fields);
static const struct palua_schema l4_table =
    TABLE("l4", "each direction of each five-tuple", struct l4_row, l4_fields);
static const struct palua_schema *const tables[] = {
    [TABLE_TOTALS] = &total_table, [TABLE_L3] = &l3_table, [TABLE_L4] = &l4_table};
static const struct palua_subscription subscriptions[] = {
    [ON_PACKET] = {"packet", ""},
    [ON_FLOW_END] = {"flow.end", "uid,orig_pkts,orig_payload,orig_ip_bytes"},
};
static const struct palua_option options[] = {
    {"row_cap", "rows of each table; what is beyond is in the totals only", "1000000", 1,
     100000000},
};
static const struct palua_counter counters[] = {
    [COUNTER_LEFT_OUT] = {"packets_left_out", "packets beyond row_cap"},
};

static const struct palua_plugin plugin = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "basic_stats",
    .doc = "packets and bytes by addresses, and by five-tuple",
    .role = PALUA_ANALYSIS,
    .options = options,
    .option_count = COUNT(options),
    .subscriptions = subscriptions,
    .subscription_count = COUNT(subscriptions),
    .tables = tables,
    .table_count = COUNT(tables),
    .counters = counters,
    .counter_count = COUNT(counters),
    .start = start,
    .stop = stop,
    .event = event,
    .finish = finish,
};

PALUA_PLUGIN(plugin)
