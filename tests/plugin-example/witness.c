// SPDX-License-Identifier: MIT OR Apache-2.0
/** An analysis that checks what palua promises to analyses, and says how often it was broken:
 *
 * - overlapping: a hook was called while another of the same instance was not over;
 * - early: an event came after one of a later packet (the end of a flow, and what is left of a
 *   datagram that never became whole, come when they are given up);
 * - inner_first: a layer's event came after one of a layer further in;
 * - scattered: a key (a flow, an address, a pair: as PARTITION says) was seen by two instances.
 *
 * It is built once for each partition, with -DPARTITION=PALUA_PARTITION_SRC.
 *
 *     palua -p ./witness_src.so capture.pcap */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <palua/cursor.h>
#include <palua/packet.h>
#include <palua/plugin.h>

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

static const enum palua_partition partition = PARTITION;

enum { KEY_CAP = 8192, KEY_LEN = 40 };
enum { ON_PACKET, ON_LINK, ON_NETWORK, ON_TRANSPORT, ON_FLOW_START, ON_FLOW_END };
enum { COUNTER_KEYS_LEFT_OUT };

/** The row of the result. */
struct finding {
    uint64_t events;
    uint64_t keys;
    uint64_t overlapping;
    uint64_t early;
    uint64_t inner_first;
    uint64_t scattered;
};

struct key {
    uint8_t bytes[KEY_LEN]; /**< its length first */
};

struct witness {
    const struct palua_host *host;
    atomic_flag busy;
    struct finding found;
    uint64_t packet; /**< number of the last one */
    uint32_t layer;  /**< of it: where the next layer's event may stand */
    struct key keys[KEY_CAP];
};

static bool start(const struct palua_host *host, struct palua_instance *instance, void **self)
{
    struct witness *witness = calloc(1, sizeof *witness);
    if (!witness) {
        host->refuse(instance, "memory ran out");
        return false;
    }
    witness->host = host;
    *self = witness;
    return true;
}

static void stop(void *self)
{
    free(self);
}

static bool has_key(const struct witness *witness, const struct key *key)
{
    for (uint64_t i = 0; i < witness->found.keys; i++)
        if (!memcmp(&witness->keys[i], key, sizeof *key))
            return true;
    return false;
}

static void add_bytes(struct key *key, const void *bytes, uint32_t len)
{
    if (len) // without bytes there is no address to copy from
        memcpy(key->bytes + 1 + key->bytes[0], bytes, len);
    key->bytes[0] = (uint8_t)(key->bytes[0] + len);
}

/** The key of two ends, empty ones if there are none. */
static struct key key_of(struct palua_slice src, struct palua_slice dst)
{
    struct key key = {0};
    bool ordered = src.len != dst.len || !src.len || memcmp(src.data, dst.data, src.len) <= 0;
    if (partition == PALUA_PARTITION_SRC)
        add_bytes(&key, src.data, src.len);
    else if (partition == PALUA_PARTITION_DST)
        add_bytes(&key, dst.data, dst.len);
    if (partition != PALUA_PARTITION_PAIR)
        return key;
    add_bytes(&key, ordered ? src.data : dst.data, src.len);
    add_bytes(&key, ordered ? dst.data : src.data, dst.len);
    return key;
}

static bool is_network(const struct palua_layer *layer)
{
    return layer->protocol == PALUA_PROTOCOL_IP || layer->protocol == PALUA_PROTOCOL_IPV6;
}

static bool is_transport(const struct palua_layer *layer)
{
    return layer->protocol == PALUA_PROTOCOL_TCP || layer->protocol == PALUA_PROTOCOL_UDP ||
           layer->protocol == PALUA_PROTOCOL_SCTP || layer->protocol == PALUA_PROTOCOL_DCCP ||
           layer->protocol == PALUA_PROTOCOL_UDPLITE;
}

/** The addresses of an IP layer. */
static struct key layer_key(const struct palua_packet *packet, uint32_t layer)
{
    struct palua_slice ends[2] = {{0}};
    bool v4 = packet->layers[layer].protocol == PALUA_PROTOCOL_IP;
    uint32_t len = v4 ? 4 : 16, from = v4 ? 12 : 8, least = v4 ? 20 : 40;
    struct palua_slice header = palua_layer_bytes(packet, layer);
    struct palua_cursor in = palua_cursor_of(header);
    if (header.len >= least && palua_cursor_skip(&in, from) &&
        palua_cursor_bytes(&in, len, &ends[0].data) && palua_cursor_bytes(&in, len, &ends[1].data))
        ends[0].len = ends[1].len = len;
    return key_of(ends[0], ends[1]);
}

/** The layer that an event of one is about: the next of its kind. */
static bool find_layer(struct witness *witness, const struct palua_packet *packet, bool network)
{
    for (; witness->layer < packet->layer_count; witness->layer++) {
        const struct palua_layer *at = &packet->layers[witness->layer];
        if (!(at->flags & PALUA_LAYER_QUOTED) && (network ? is_network(at) : is_transport(at)))
            return true;
    }
    return false;
}

static bool network_before(const struct palua_packet *packet, uint32_t layer, uint32_t *out)
{
    while (layer-- > 0)
        if (is_network(&packet->layers[layer])) {
            *out = layer;
            return true;
        }
    return false;
}

/** Whether there is an IP layer in another: then what an instance is handed of one packet may begin
 * with either, and an event does not say which layer it is of. */
static bool is_nested(const struct palua_packet *packet)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < packet->layer_count; i++)
        count += is_network(&packet->layers[i]);
    return count > 1;
}

/** Whether an event is about what is left of a datagram that never became whole: it comes late,
 * with the packet of its first fragment. */
static bool is_remnant(uint32_t subscription, const struct palua_event *event)
{
    return subscription == ON_TRANSPORT && event->packet->flags & PALUA_PACKET_FRAGMENT;
}

/** The key of an event of a packet or layer; moves on to that layer.
 * @return false if it cannot be told */
static bool packet_key(struct witness *witness, uint32_t subscription,
                       const struct palua_packet *packet, struct key *out)
{
    uint32_t layer = packet->network;
    bool of_layer = subscription == ON_NETWORK || subscription == ON_TRANSPORT;
    if (of_layer && !find_layer(witness, packet, subscription == ON_NETWORK)) {
        witness->found.inner_first++;
        return false;
    }
    if (of_layer)
        layer = witness->layer++;
    if (of_layer && is_nested(packet))
        return false;
    if (subscription == ON_TRANSPORT && !network_before(packet, layer, &layer))
        layer = PALUA_NO_LAYER;
    if (layer != PALUA_NO_LAYER)
        *out = layer_key(packet, layer);
    return true;
}

static void look(struct witness *witness, struct palua_call *call, uint32_t subscription,
                 const struct palua_event *event)
{
    struct key key = {0};
    bool of_flow = subscription == ON_FLOW_START || subscription == ON_FLOW_END;
    witness->found.events++;
    if (subscription != ON_FLOW_END && !is_remnant(subscription, event)) {
        witness->found.early += event->packet->number < witness->packet;
        witness->layer = event->packet->number == witness->packet ? witness->layer : 0;
        witness->packet = event->packet->number;
    }
    if (is_remnant(subscription, event))
        return;
    if (!of_flow && !packet_key(witness, subscription, event->packet, &key))
        return;
    if (of_flow)
        key = key_of(event->flow->orig_h, event->flow->resp_h);
    if (partition == PALUA_PARTITION_FLOW && event->flow)
        add_bytes(&key, &event->flow->id, sizeof event->flow->id);
    if (has_key(witness, &key))
        return;
    if (witness->found.keys == KEY_CAP)
        witness->host->count(call, COUNTER_KEYS_LEFT_OUT, 1);
    else
        witness->keys[witness->found.keys++] = key;
}

static void event(void *self, struct palua_call *call, uint32_t subscription,
                  const struct palua_event *event_)
{
    struct witness *witness = self;
    witness->found.overlapping += atomic_flag_test_and_set(&witness->busy);
    look(witness, call, subscription, event_);
    atomic_flag_clear(&witness->busy);
}

static void merge(void *self, void *other)
{
    struct witness *into = self;
    const struct witness *from = other;
    for (uint64_t i = 0; i < from->found.keys; i++) {
        // The empty key of what has no flow is no flow's.
        bool counts = partition != PALUA_PARTITION_FLOW || from->keys[i].bytes[0];
        if (counts && has_key(into, &from->keys[i]))
            into->found.scattered++;
        else if (into->found.keys < KEY_CAP && counts)
            into->keys[into->found.keys++] = from->keys[i];
    }
    into->found.events += from->found.events;
    into->found.overlapping += from->found.overlapping;
    into->found.early += from->found.early;
    into->found.inner_first += from->found.inner_first;
    into->found.scattered += from->found.scattered;
}

static void finish(void *self, struct palua_call *call)
{
    struct witness *witness = self;
    witness->host->row(call, 0, &witness->found);
}

static const struct palua_field fields[] = {
    PALUA_FIELD(struct finding, events, PALUA_UINT, "events seen"),
    PALUA_FIELD(struct finding, keys, PALUA_UINT, "different keys of these"),
    PALUA_FIELD(struct finding, overlapping, PALUA_UINT, "calls during another"),
    PALUA_FIELD(struct finding, early, PALUA_UINT, "events of an earlier packet than the last"),
    PALUA_FIELD(struct finding, inner_first, PALUA_UINT, "layers after ones further in"),
    PALUA_FIELD(struct finding, scattered, PALUA_UINT, "keys that two instances saw"),
};
static const struct palua_schema table = {
    .name = "findings",
    .doc = "what was promised and not kept",
    .fields = fields,
    .field_count = COUNT(fields),
    .size = sizeof(struct finding),
};
static const struct palua_schema *const tables[] = {&table};
static const struct palua_subscription subscriptions[] = {
    [ON_PACKET] = {"packet", ""},         [ON_LINK] = {"link", ""},
    [ON_NETWORK] = {"network", ""},       [ON_TRANSPORT] = {"transport", "flow.uid"},
    [ON_FLOW_START] = {"flow.start", ""}, [ON_FLOW_END] = {"flow.end", ""},
};
static const struct palua_counter counters[] = {
    [COUNTER_KEYS_LEFT_OUT] = {"keys_left_out", "keys beyond the table's size"},
};

static const struct palua_plugin plugin = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "witness",
    .doc = "checks the order of events and who sees them",
    .role = PALUA_ANALYSIS,
    .partition = PARTITION,
    .subscriptions = subscriptions,
    .subscription_count = COUNT(subscriptions),
    .tables = tables,
    .table_count = COUNT(tables),
    .counters = counters,
    .counter_count = COUNT(counters),
    .start = start,
    .stop = stop,
    .event = event,
    .merge = merge,
    .finish = finish,
};

PALUA_PLUGIN(plugin)
