// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugin/dissection.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/slab.h"
#include "event/headers.h"
#include "event/schemas.h"
#include "plugin/host.h"
#include "plugin/reader.h"

enum { PORT_COUNT = 65536, PROTO_TCP = 6, PROTO_UDP = 17, LINE = 64 };

/** Flow states of one dissector, all of one size; a free one holds the next. */
struct state_pool {
    struct slab states;
    void *free;
    size_t size; /**< bytes per state, a multiple of the strictest alignment; 0: stateless */
};

struct dissector {
    struct palua_instance instance;
    struct state_pool pool;
};

/** One dissector on one port; `next` is the one to try after it, 1 + index, 0 for none. */
struct bound {
    uint16_t dissector;
    uint16_t next;
};

struct dissection {
    struct dissector *dissectors;
    const char **names;
    uint32_t count;
    struct bound *bounds;
    size_t bound_count;
    size_t bound_cap;
    uint16_t udp[PORT_COUNT]; /**< 1 + index of the first bound, 0 for none */
    uint16_t tcp[PORT_COUNT];
    uint16_t layers[PALUA_PROTOCOL_ENGINE_END]; /**< the same, by protocol */
    struct readers readers;
    bool layers_bound;  /**< `layers` has an entry */
    bool flows_bound;   /**< a dissector reads the payload of flows */
    bool reads_streams; /**< some dissector has a stream hook and a TCP port */
};

static void pool_init(struct state_pool *pool, uint32_t size)
{
    // A state that nearly fills a cache line gets one to itself.
    size_t align = size > LINE / 2 ? LINE : _Alignof(max_align_t);
    *pool = (struct state_pool){.size = (size + align - 1) / align * align};
    slab_init(&pool->states, pool->size);
}

static void pool_fini(struct state_pool *pool)
{
    slab_fini(&pool->states);
}

static void *pool_take(struct state_pool *pool)
{
    if (!pool->size)
        return NULL;
    if (!pool->free)
        return slab_at(&pool->states, slab_add(&pool->states));
    void *state = pool->free;
    memcpy(&pool->free, state, sizeof(void *));
    return memset(state, 0, pool->size);
}

static void pool_give(struct state_pool *pool, void *state)
{
    if (!state)
        return;
    memcpy(state, &pool->free, sizeof(void *));
    pool->free = state;
}

/** Whether anybody reads what the dissector makes. */
static bool is_wanted(const struct plugin_set *set, uint32_t index, const struct interest *interest)
{
    const struct palua_plugin *plugin = plugin_set_at(set, index);
    if (plugin->role != PALUA_DISSECTOR)
        return false;
    bool wanted = (interest->kinds[EVENT_ANOMALY].subscribed && plugin->anomaly_count) ||
                  interest_flow_live(interest) & UINT64_C(1) << FLOW_LIVE_SERVICE;
    for (uint32_t i = 0; i < plugin->event_count && !wanted; i++)
        wanted = interest->kinds[plugin_set_kind(set, index, i)].subscribed;
    return wanted;
}

/** Where the list of a binding begins; NULL if nothing is called for it. */
static uint16_t *list_of(struct dissection *dissection, const struct palua_plugin *plugin,
                         const struct palua_binding *binding)
{
    switch (binding->kind) {
    case PALUA_ON_UDP_PORT:
        return &dissection->udp[binding->value];
    case PALUA_ON_LAYER:
        return &dissection->layers[binding->value];
    default:
        return plugin->stream ? &dissection->tcp[binding->value] : NULL;
    }
}

/** Puts a dissector's ports and protocols first in their lists: what is loaded later is tried
 * earlier. */
static void bind(struct dissection *dissection, uint16_t dissector)
{
    const struct palua_plugin *plugin = dissection->dissectors[dissector].instance.plugin;
    for (uint32_t i = 0; i < plugin->binding_count; i++) {
        const struct palua_binding *binding = &plugin->bindings[i];
        uint16_t *first = list_of(dissection, plugin, binding);
        dissection->layers_bound |= binding->kind == PALUA_ON_LAYER;
        dissection->flows_bound |= binding->kind != PALUA_ON_LAYER;
        dissection->reads_streams |= first && binding->kind == PALUA_ON_TCP_PORT;
        if (!first)
            continue;
        dissection->bounds = memory_grow(dissection->bounds, &dissection->bound_cap,
                                         dissection->bound_count + 1, sizeof(struct bound));
        dissection->bounds[dissection->bound_count] = (struct bound){
            .dissector = dissector,
            .next = *first,
        };
        *first = (uint16_t)++dissection->bound_count;
    }
}

static bool start_dissector(struct dissection *dissection, const struct plugin_set *set,
                            uint32_t index, const struct interest *interest, struct error *err)
{
    if (dissection->count == DISSECTOR_CAP)
        return error_set(err, ERROR_PLUGIN, "", "more than %d dissectors are asked for",
                         DISSECTOR_CAP);
    struct dissector *dissector = &dissection->dissectors[dissection->count];
    if (!host_start(&dissector->instance, set, index, interest, err))
        return false;
    pool_init(&dissector->pool, dissector->instance.plugin->flow_state_size);
    dissection->names[dissection->count] = dissector->instance.plugin->name;
    bind(dissection, (uint16_t)dissection->count++);
    if (dissection->bound_count >= UINT16_MAX)
        return error_set(err, ERROR_PLUGIN, "", "dissectors bind more than %d ports", UINT16_MAX);
    return true;
}

struct dissection *dissection_new(const struct plugin_set *set, const struct interest *interest,
                                  uint64_t reader_cap, struct error *err)
{
    struct dissection *dissection = memory_zalloc(1, sizeof *dissection);
    // Never moved: an instance's address is known to its plugin.
    dissection->dissectors = memory_zalloc(DISSECTOR_CAP, sizeof *dissection->dissectors);
    readers_init(&dissection->readers, reader_cap);
    dissection->names = memory_zalloc(DISSECTOR_CAP, sizeof *dissection->names);
    for (uint32_t i = 0; i < plugin_set_count(set); i++) {
        if (is_wanted(set, i, interest) && !start_dissector(dissection, set, i, interest, err)) {
            dissection_free(dissection);
            return NULL;
        }
    }
    return dissection;
}

void dissection_free(struct dissection *dissection)
{
    if (!dissection)
        return;
    for (uint32_t i = 0; i < dissection->count; i++) {
        host_stop(&dissection->dissectors[i].instance);
        pool_fini(&dissection->dissectors[i].pool);
    }
    readers_fini(&dissection->readers);
    memory_free(dissection->dissectors);
    memory_free(dissection->names);
    memory_free(dissection->bounds);
    memory_free(dissection);
}

void dissection_explain(const struct dissection *dissection, struct text *out)
{
    for (uint32_t i = 0; i < dissection->count; i++)
        text_add_format(out, "%s %s",
                        i ? "" : ", dissectors:", dissection->dissectors[i].instance.plugin->name);
}

const char *const *dissection_names(const struct dissection *dissection)
{
    return dissection->names;
}

bool dissection_needs_layers(const struct dissection *dissection)
{
    return dissection->layers_bound;
}

bool dissection_needs_flows(const struct dissection *dissection)
{
    return dissection->flows_bound;
}

/** The dissector to try on a flow after `last` (1 + index; 0: the first), 1 + index, 0 for none.
 * One that is bound to both ports is tried once: where it stands first. */
static uint8_t next_dissector(const struct dissection *dissection, const struct flow *flow,
                              uint8_t last)
{
    const uint16_t ports[2] = {flow->ports[PALUA_RESP], flow->ports[PALUA_ORIG]};
    const uint16_t *table = flow->proto == PROTO_TCP ? dissection->tcp : dissection->udp;
    if (!table[ports[0]] && !table[ports[1]])
        return 0; // most flows
    if (!last) {
        uint16_t at = table[ports[0]] ? table[ports[0]] : table[ports[1]];
        return (uint8_t)(dissection->bounds[at - 1].dissector + 1);
    }
    bool tried[DISSECTOR_CAP + 1] = {false};
    bool passed = false;
    for (int side = 0; side < 2; side++) {
        for (uint16_t at = table[ports[side]]; at; at = dissection->bounds[at - 1].next) {
            uint8_t candidate = (uint8_t)(dissection->bounds[at - 1].dissector + 1);
            if (passed && !tried[candidate])
                return candidate;
            tried[candidate] = true;
            passed = passed || candidate == last;
        }
    }
    return 0;
}

/** @param dissector  1 + its index, or 0 */
static void bind_flow(struct dissection *dissection, const struct dissection_call *at,
                      uint8_t dissector)
{
    at->flow->dissector = dissector;
    if (dissector)
        flow_table_origin(at->flows, at->flow)->dissector_state =
            pool_take(&dissection->dissectors[dissector - 1].pool);
}

static void unbind_flow(struct dissection *dissection, const struct dissection_call *at)
{
    struct flow_origin *origin = flow_table_origin(at->flows, at->flow);
    pool_give(&dissection->dissectors[at->flow->dissector - 1].pool, origin->dissector_state);
    at->flow->dissector = 0;
    origin->dissector_state = NULL;
}

/** A header that is malformed beyond use has swallowed the payload; one that merely declares too
 * much has not. */
static bool has_payload(const struct palua_packet *packet, struct palua_slice payload)
{
    return payload.len || !(packet->layers[packet->transport].flags & PALUA_LAYER_BAD);
}

static bool fill_datagram(struct palua_datagram *in, const struct palua_packet *packet,
                          uint8_t direction)
{
    struct decode_tuple tuple;
    if (packet->transport == PALUA_NO_LAYER || (packet->flags & PALUA_PACKET_FRAGMENT) ||
        packet->layers[packet->transport].protocol != PALUA_PROTOCOL_UDP ||
        !decode_tuple(packet, &tuple))
        return false;
    *in = (struct palua_datagram){
        .packet = packet,
        .payload = palua_layer_payload(packet, packet->transport),
        .src = tuple.src,
        .dst = tuple.dst,
        .wire_len = palua_layer_payload_len(packet, packet->transport),
        .sport = tuple.sport,
        .dport = tuple.dport,
        .direction = direction,
        .layer = packet->transport,
    };
    return has_payload(packet, in->payload);
}

/** The addresses of the IP layer that carries a layer. */
static void fill_addresses(struct palua_layer_input *in)
{
    struct ip_fields ip;
    for (uint32_t i = in->layer; i-- > 0;)
        if (headers_ip(in->packet, i, &ip)) {
            in->src = ip.src;
            in->dst = ip.dst;
            return;
        }
}

static void call_layer(struct dissection *dissection, const struct dissection_call *at,
                       uint32_t layer)
{
    struct palua_layer_input in = {
        .packet = at->packet,
        .bytes = palua_layer_bytes(at->packet, layer),
        .wire_len = at->packet->layers[layer].len,
        .layer = layer,
    };
    fill_addresses(&in);
    uint16_t bound = dissection->layers[at->packet->layers[layer].protocol];
    for (; bound; bound = dissection->bounds[bound - 1].next) {
        struct dissector *dissector =
            &dissection->dissectors[dissection->bounds[bound - 1].dissector];
        struct palua_call call = {
            .instance = &dissector->instance,
            .arena = &at->part->arena,
            .depth = layer + 1U,
            .at = at,
        };
        dissector->instance.plugin->layer(dissector->instance.self, &call, &in);
    }
}

void dissection_layers(struct dissection *dissection, const struct dissection_call *call)
{
    const struct palua_packet *packet = call->packet;
    for (uint32_t i = 0; dissection->layers_bound && i < packet->layer_count; i++) {
        const struct palua_layer *layer = &packet->layers[i];
        if (layer->protocol < PALUA_PROTOCOL_ENGINE_END && dissection->layers[layer->protocol] &&
            !(layer->flags & PALUA_LAYER_QUOTED))
            call_layer(dissection, call, i);
    }
}

static enum palua_verdict call_datagram(struct dissection *dissection,
                                        const struct dissection_call *at,
                                        const struct palua_datagram *in)
{
    struct dissector *dissector = &dissection->dissectors[at->flow->dissector - 1];
    struct palua_call call = {
        .instance = &dissector->instance,
        .arena = &at->part->arena,
        .depth = in->layer + 1U,
        .at = at,
    };
    return dissector->instance.plugin->datagram(
        dissector->instance.self, &call, flow_table_origin(at->flows, at->flow)->dissector_state,
        in);
}

void dissection_packet(struct dissection *dissection, struct dissection_call *call,
                       uint8_t direction, bool created)
{
    struct flow *flow = call->flow;
    if (created && flow->proto == PROTO_UDP)
        bind_flow(dissection, call, next_dissector(dissection, flow, 0));
    if (!flow->dissector)
        return;
    struct palua_datagram in;
    if (!fill_datagram(&in, call->packet, direction))
        return;
    while (flow->dissector && call_datagram(dissection, call, &in) != PALUA_DONE) {
        uint8_t next = next_dissector(dissection, flow, flow->dissector);
        unbind_flow(dissection, call);
        bind_flow(dissection, call, next);
    }
}

void dissection_flow_end(struct dissection *dissection, struct dissection_call *at)
{
    if (!at->flow->dissector)
        return;
    struct dissector *dissector = &dissection->dissectors[at->flow->dissector - 1];
    if (dissector->instance.plugin->flow_end) {
        struct palua_call call = {
            .instance = &dissector->instance,
            .arena = &at->part->arena,
            .at = at,
        };
        dissector->instance.plugin->flow_end(
            dissector->instance.self, &call,
            flow_table_origin(at->flows, at->flow)->dissector_state);
    }
    unbind_flow(dissection, at);
}

bool dissection_reads_streams(const struct dissection *dissection)
{
    return dissection->reads_streams;
}

bool dissection_reads_flow(const struct dissection *dissection, const struct flow *flow)
{
    return next_dissector(dissection, flow, 0) != 0;
}

uint64_t dissection_dropped(const struct dissection *dissection)
{
    return dissection->readers.dropped;
}

/** Goes on to the next dissector of the flow's ports; without one nothing reads the stream. */
static void bind_next(struct dissection *dissection, struct flow *flow, struct stream *stream)
{
    uint8_t last = flow->dissector;
    if (last)
        pool_give(&dissection->dissectors[last - 1].pool, stream->reader->state);
    flow->dissector = next_dissector(dissection, flow, last);
    if (flow->dissector) {
        stream->reader->state = pool_take(&dissection->dissectors[flow->dissector - 1].pool);
        return;
    }
    reader_free(&dissection->readers, stream->reader);
    stream->reader = NULL;
}

void dissection_stream_begin(struct dissection *dissection, struct dissection_call *at,
                             struct stream *stream)
{
    stream->reader = reader_new(stream->shard);
    bind_next(dissection, at->flow, stream);
}

/** What a hook is told of a direction besides its bytes. */
static struct palua_stream describe(const struct dissection_call *at, const struct stream *stream,
                                    uint8_t direction)
{
    const struct flow *flow = at->flow;
    const struct palua_flow *identity =
        flow_identity(at->flows, at->flow, 0, at->batch->sequence, &at->part->arena);
    const struct reader_side *side = &stream->reader->sides[direction];
    bool orig = direction == PALUA_ORIG;
    return (struct palua_stream){
        .packet = at->packet,
        .src = orig ? identity->orig_h : identity->resp_h,
        .dst = orig ? identity->resp_h : identity->orig_h,
        .offset = side->offset,
        .gap = side->gap,
        .ts_ns = flow->last_ts_ns,
        .sport = flow->ports[direction],
        .dport = flow->ports[!direction],
        .direction = direction,
    };
}

static enum palua_verdict call_stream(struct dissection *dissection, struct dissection_call *at,
                                      const struct stream *stream, const struct palua_stream *in,
                                      struct palua_taken *taken)
{
    struct dissector *dissector = &dissection->dissectors[at->flow->dissector - 1];
    struct palua_call call = {
        .instance = &dissector->instance,
        .arena = &at->part->arena,
        .depth = at->phase == EVENT_PHASE_EXPIRY ? 0 : at->packet->transport + 1U,
        .at = at,
    };
    *taken = (struct palua_taken){0};
    return dissector->instance.plugin->stream(dissector->instance.self, &call,
                                              stream->reader->state, in, taken);
}

/** Hands bytes to the dissector, and to the next one if it has no use for them.
 * @return whether anybody reads the stream still */
static bool hand_over(struct dissection *dissection, struct dissection_call *at,
                      struct stream *stream, const struct palua_stream *in,
                      struct palua_taken *taken)
{
    while (stream->reader && call_stream(dissection, at, stream, in, taken) != PALUA_DONE)
        bind_next(dissection, at->flow, stream);
    if (taken->consumed > in->data.len)
        taken->consumed = in->data.len;
    return stream->reader != NULL;
}

/** Keeps what the dissector has left. */
static void keep_rest(struct dissection *dissection, const struct flow *flow, struct stream *stream,
                      const struct palua_stream *in, const struct palua_taken *taken)
{
    struct reader_side *side = &stream->reader->sides[in->direction];
    uint32_t cap = dissection->dissectors[flow->dissector - 1].instance.plugin->stream_cap;
    struct palua_slice rest = {.data = in->data.data + taken->consumed,
                               .len = in->data.len - taken->consumed};
    side->offset = in->offset + taken->consumed;
    side->gap = 0;
    side->need = taken->need;
    if (!rest.len)
        return;
    if (taken->need > cap ||
        !reader_keep(&dissection->readers, stream->reader, in->direction, rest, cap))
        reader_lose(&dissection->readers, stream->reader, in->direction, rest.len);
}

/** A gap: what was kept before it cannot be completed any more. */
static void pass_gap(struct dissection *dissection, struct stream *stream, uint8_t direction,
                     uint64_t gap)
{
    struct reader_side *side = &stream->reader->sides[direction];
    uint32_t len;
    if (!gap)
        return;
    memory_free(reader_take(&dissection->readers, stream->reader, direction, &len));
    side->gap += gap;
    side->need = 0;
}

/** Joins new bytes to those that are kept.
 * @param owned  heap that the joined bytes lie in, NULL if they are the new ones as they came
 * @return false if the dissector waits for more */
static bool join(struct dissection *dissection, const struct flow *flow, struct stream *stream,
                 const struct stream_bytes *bytes, struct palua_slice *data, uint8_t **owned)
{
    struct reader_side *side = &stream->reader->sides[bytes->direction];
    uint32_t cap = dissection->dissectors[flow->dissector - 1].instance.plugin->stream_cap;
    *data = bytes->data;
    if (!side->len)
        side->offset = bytes->offset;
    if (!side->len && bytes->data.len >= side->need)
        return true;
    if (!reader_keep(&dissection->readers, stream->reader, bytes->direction, bytes->data, cap)) {
        side->offset = bytes->offset;
        return true;
    }
    if (side->len < side->need)
        return false;
    *owned = reader_take(&dissection->readers, stream->reader, bytes->direction, &data->len);
    data->data = *owned;
    return true;
}

void dissection_stream_data(struct dissection *dissection, struct dissection_call *at,
                            struct stream *stream, const struct stream_bytes *bytes)
{
    struct palua_taken taken;
    struct palua_slice data;
    uint8_t *owned = NULL;
    pass_gap(dissection, stream, bytes->direction, bytes->gap);
    if (!join(dissection, at->flow, stream, bytes, &data, &owned))
        return;
    struct palua_stream in = describe(at, stream, bytes->direction);
    in.data = data;
    in.ts_ns = bytes->ts_ns;
    if (hand_over(dissection, at, stream, &in, &taken))
        keep_rest(dissection, at->flow, stream, &in, &taken);
    if (owned)
        part_retire(at->part, owned, memory_free);
}

void dissection_stream_end(struct dissection *dissection, struct dissection_call *at,
                           struct stream *stream, uint8_t direction)
{
    struct reader_side *side = &stream->reader->sides[direction];
    struct palua_taken taken;
    if (side->ended)
        return;
    side->ended = true;
    pass_gap(dissection, stream, direction, stream->sides[direction].gap);
    struct palua_stream in = describe(at, stream, direction);
    uint8_t *owned = reader_take(&dissection->readers, stream->reader, direction, &in.data.len);
    in.data.data = owned;
    in.end = true;
    hand_over(dissection, at, stream, &in, &taken);
    if (owned)
        part_retire(at->part, owned, memory_free);
}

void dissection_stream_close(struct dissection *dissection, struct dissection_call *at,
                             struct stream *stream)
{
    struct dissector *dissector = &dissection->dissectors[at->flow->dissector - 1];
    if (dissector->instance.plugin->flow_end) {
        struct palua_call call = {
            .instance = &dissector->instance, .arena = &at->part->arena, .at = at};
        dissector->instance.plugin->flow_end(dissector->instance.self, &call,
                                             stream->reader->state);
    }
    pool_give(&dissector->pool, stream->reader->state);
    reader_free(&dissection->readers, stream->reader);
    stream->reader = NULL;
    at->flow->dissector = 0;
}

void dissection_counters(const struct dissection *dissection, dissection_counter_fn report,
                         void *context)
{
    for (uint32_t i = 0; i < dissection->count; i++) {
        const struct palua_instance *instance = &dissection->dissectors[i].instance;
        const struct palua_plugin *plugin = instance->plugin;
        for (uint32_t j = 0; j < plugin->counter_count; j++)
            if (instance->counts[j])
                report(context, plugin->name, plugin->counters[j].name, instance->counts[j]);
        for (uint32_t j = 0; j < plugin->anomaly_count; j++) {
            char name[128];
            snprintf(name, sizeof name, "anomaly_%s", plugin->anomalies[j].name);
            if (instance->anomaly_counts[j])
                report(context, plugin->name, name, instance->anomaly_counts[j]);
        }
    }
}

uint64_t dissection_anomalies(const struct dissection *dissection)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < dissection->count; i++) {
        const struct palua_instance *instance = &dissection->dissectors[i].instance;
        for (uint32_t j = 0; j < instance->plugin->anomaly_count; j++)
            sum += instance->anomaly_counts[j];
    }
    return sum;
}
