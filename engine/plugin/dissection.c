// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugin/dissection.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/slab.h"
#include "event/headers.h"
#include "plugin/host.h"

enum { PORT_COUNT = 65536, PROTO_UDP = 17 };

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
    uint32_t count;
    struct bound *bounds;
    size_t bound_count;
    size_t bound_cap;
    uint16_t udp[PORT_COUNT];                   /**< 1 + index of the first bound, 0 for none */
    uint16_t layers[PALUA_PROTOCOL_ENGINE_END]; /**< the same, by protocol */
    bool layers_bound;                          /**< `layers` has an entry */
    bool flows_bound;                           /**< a dissector reads the payload of flows */
};

static void pool_init(struct state_pool *pool, uint32_t size)
{
    size_t align = _Alignof(max_align_t);
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
    bool wanted = interest->kinds[EVENT_ANOMALY].subscribed && plugin->anomaly_count;
    for (uint32_t i = 0; i < plugin->event_count && !wanted; i++)
        wanted = interest->kinds[plugin_set_kind(set, index, i)].subscribed;
    return wanted;
}

/** Puts a dissector's ports and protocols first in their lists: what is loaded later is tried
 * earlier. */
static void bind(struct dissection *dissection, uint16_t dissector)
{
    const struct palua_plugin *plugin = dissection->dissectors[dissector].instance.plugin;
    for (uint32_t i = 0; i < plugin->binding_count; i++) {
        const struct palua_binding *binding = &plugin->bindings[i];
        uint16_t *first = binding->kind == PALUA_ON_UDP_PORT ? &dissection->udp[binding->value]
                          : binding->kind == PALUA_ON_LAYER  ? &dissection->layers[binding->value]
                                                             : NULL;
        dissection->layers_bound |= binding->kind == PALUA_ON_LAYER;
        dissection->flows_bound |= binding->kind != PALUA_ON_LAYER;
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
    bind(dissection, (uint16_t)dissection->count++);
    if (dissection->bound_count >= UINT16_MAX)
        return error_set(err, ERROR_PLUGIN, "", "dissectors bind more than %d ports", UINT16_MAX);
    return true;
}

struct dissection *dissection_new(const struct plugin_set *set, const struct registry *registry,
                                  const struct interest *interest, struct error *err)
{
    (void)registry;
    struct dissection *dissection = memory_zalloc(1, sizeof *dissection);
    // Never moved: an instance's address is known to its plugin.
    dissection->dissectors = memory_zalloc(DISSECTOR_CAP, sizeof *dissection->dissectors);
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
    memory_free(dissection->dissectors);
    memory_free(dissection->bounds);
    memory_free(dissection);
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
    if (!dissection->udp[ports[0]] && !dissection->udp[ports[1]])
        return 0; // most flows
    bool tried[DISSECTOR_CAP + 1] = {false};
    bool passed = last == 0;
    for (int side = 0; side < 2; side++) {
        for (uint16_t at = dissection->udp[ports[side]]; at; at = dissection->bounds[at - 1].next) {
            uint8_t candidate = (uint8_t)(dissection->bounds[at - 1].dissector + 1);
            if (passed && !tried[candidate])
                return candidate;
            tried[candidate] = true;
            passed = passed || candidate == last;
        }
    }
    return 0;
}

static void bind_flow(struct dissection *dissection, struct flow *flow, uint8_t dissector)
{
    flow->dissector = dissector;
    flow->dissector_state =
        dissector ? pool_take(&dissection->dissectors[dissector - 1].pool) : NULL;
}

static void unbind_flow(struct dissection *dissection, struct flow *flow)
{
    pool_give(&dissection->dissectors[flow->dissector - 1].pool, flow->dissector_state);
    flow->dissector = 0;
    flow->dissector_state = NULL;
}

/** A header that is malformed beyond use has swallowed the payload; one that merely declares too
 * much has not. */
static bool has_payload(const struct palua_packet *packet, struct palua_slice payload)
{
    return payload.len || !(packet->layers[packet->transport].flags & PALUA_LAYER_BAD);
}

static bool fill_datagram(struct palua_datagram *in, const struct palua_packet *packet,
                          const struct decode_tuple *tuple, uint8_t direction)
{
    if (packet->transport == PALUA_NO_LAYER || (packet->flags & PALUA_PACKET_FRAGMENT) ||
        packet->layers[packet->transport].protocol != PALUA_PROTOCOL_UDP)
        return false;
    *in = (struct palua_datagram){
        .packet = packet,
        .payload = palua_layer_payload(packet, packet->transport),
        .src = tuple->src,
        .dst = tuple->dst,
        .wire_len = palua_layer_payload_len(packet, packet->transport),
        .sport = tuple->sport,
        .dport = tuple->dport,
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
    return dissector->instance.plugin->datagram(dissector->instance.self, &call,
                                                at->flow->dissector_state, in);
}

void dissection_packet(struct dissection *dissection, struct dissection_call *call,
                       const struct decode_tuple *tuple, uint8_t direction, bool created)
{
    struct flow *flow = call->flow;
    if (created && tuple->proto == PROTO_UDP)
        bind_flow(dissection, flow, next_dissector(dissection, flow, 0));
    if (!flow->dissector)
        return;
    struct palua_datagram in;
    if (!fill_datagram(&in, call->packet, tuple, direction))
        return;
    while (flow->dissector && call_datagram(dissection, call, &in) != PALUA_DONE) {
        uint8_t next = next_dissector(dissection, flow, flow->dissector);
        unbind_flow(dissection, flow);
        bind_flow(dissection, flow, next);
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
        dissector->instance.plugin->flow_end(dissector->instance.self, &call,
                                             at->flow->dissector_state);
    }
    unbind_flow(dissection, at->flow);
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
