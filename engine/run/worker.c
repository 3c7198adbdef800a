// SPDX-License-Identifier: MIT OR Apache-2.0
#include "run/worker.h"

#include "base/memory.h"
#include "event/builders.h"
#include "flow/table.h"

enum { END_BATCH_FLOWS = 4096 }; // flows ended per synthetic batch: bounds its memory

#define SECOND_NS INT64_C(1000000000)

struct worker {
    struct worker_options options;
    const struct interest *interest;
    struct flow_table *flows; /**< NULL: nobody needs flows */
    struct dissection *dissection;
    struct dissection_call call;               /**< where the worker stands */
    uint32_t sequence;                         /**< events so far of the current packet and phase */
    struct flow_sought sought[FLOW_GROUP_CAP]; /**< of the packets that come next */
    struct layer_names *names;                 /**< spellings of layers, cached */
    bool layers; /**< somebody wants link, network or transport events */
};

static const struct interest_kind *wants(const struct worker *worker, enum event_kind kind)
{
    return &worker->interest->kinds[kind];
}

/** Whether any event carries its flow, so that flows must be tracked. */
static bool needs_flows(const struct worker *worker)
{
    const struct interest *interest = worker->interest;
    if (interest->state || dissection_active(worker->dissection) ||
        interest->kinds[EVENT_FLOW_START].subscribed || interest->kinds[EVENT_FLOW_END].subscribed)
        return true;
    for (uint16_t kind = 0; kind < registry_count(worker->options.registry); kind++)
        if (interest->kinds[kind].subscribed &&
            (interest->kinds[kind].flow || interest->kinds[kind].flow_live))
            return true;
    return false;
}

static void flow_ended(void *context, struct flow *flow, enum flow_reason reason);

static struct flow_table *open_flows(struct worker *worker)
{
    const struct config *config = worker->options.config;
    struct flow_options options = {
        .cap = (uint32_t)config->flow_cap,
        .tcp_timeout_ns = config->flow_tcp_timeout * SECOND_NS,
        .tcp_closed_timeout_ns = config->flow_tcp_closed_timeout * SECOND_NS,
        .udp_timeout_ns = config->flow_udp_timeout * SECOND_NS,
        .icmp_timeout_ns = config->flow_icmp_timeout * SECOND_NS,
        .other_timeout_ns = config->flow_other_timeout * SECOND_NS,
        .community_id_seed = (uint16_t)config->flow_community_id_seed,
        .decoder = worker->options.decoder,
    };
    return flow_table_new(&options, worker->options.index, flow_ended, worker);
}

struct worker *worker_new(const struct worker_options *options, struct error *err)
{
    struct worker *worker = memory_zalloc(1, sizeof *worker);
    worker->options = *options;
    worker->interest = options->interest;
    worker->dissection =
        dissection_new(options->plugins, options->registry, options->interest, err);
    if (!worker->dissection) {
        memory_free(worker);
        return NULL;
    }
    worker->layers =
        wants(worker, EVENT_LINK)->subscribed || wants(worker, EVENT_NETWORK)->subscribed ||
        wants(worker, EVENT_FRAGMENT)->subscribed || wants(worker, EVENT_TRANSPORT)->subscribed;
    if (needs_flows(worker))
        worker->flows = open_flows(worker);
    worker->names = layer_names_new(options->decoder);
    worker->call.flows = worker->flows;
    worker->call.sequence = &worker->sequence;
    return worker;
}

void worker_free(struct worker *worker)
{
    if (worker->flows)
        flow_table_free(worker->flows);
    dissection_free(worker->dissection);
    layer_names_free(worker->names);
    memory_free(worker);
}

/** Puts an event into its queue, with the flow it belongs to if somebody reads that. */
static void push(struct worker *worker, enum event_kind kind, struct palua_event *event,
                 uint32_t depth)
{
    struct dissection_call *call = &worker->call;
    const struct interest_kind *want = wants(worker, kind);
    event->packet = call->packet;
    if (call->flow && (want->flow || worker->interest->state))
        event->flow = flow_identity(worker->flows, call->flow, want->flow, call->batch->sequence,
                                    &call->part->arena);
    if (call->flow && want->flow_live)
        event->live = flow_snapshot(call->flow, &call->part->arena);
    event_queue_push(&call->part->queues[kind], event,
                     event_key(call->packet_index, call->phase, depth, worker->sequence++));
}

/** Remembers a flow whose per-flow script state is to be dropped once the batch's events have been
 * seen. */
static void note_ended(struct part *part, uint64_t id)
{
    struct ended_flow *ended =
        arena_alloc(&part->arena, sizeof *ended, _Alignof(struct ended_flow));
    *ended = (struct ended_flow){.next = part->ended, .id = id};
    part->ended = ended;
}

static void flow_ended(void *context, struct flow *flow, enum flow_reason reason)
{
    struct worker *worker = context;
    struct dissection_call *call = &worker->call;
    call->flow = flow;
    call->phase = EVENT_PHASE_EXPIRY;
    dissection_flow_end(worker->dissection, call);
    if (wants(worker, EVENT_FLOW_END)->subscribed)
        push(worker, EVENT_FLOW_END,
             flow_end_event_new(worker->flows, flow, reason, wants(worker, EVENT_FLOW_END)->fields,
                                call->batch->sequence, &call->part->arena),
             0);
    if (worker->interest->state)
        note_ended(call->part, flow->id);
    call->flow = NULL;
}

/** The events of one layer, outer to inner. */
static void layer_events(struct worker *worker, uint32_t layer)
{
    struct dissection_call *call = &worker->call;
    static const enum event_kind kinds[] = {EVENT_LINK, EVENT_NETWORK, EVENT_FRAGMENT,
                                            EVENT_TRANSPORT};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct interest_kind *want = wants(worker, kinds[i]);
        if (!want->subscribed)
            continue;
        struct palua_event *event = layer_event_new(kinds[i], call->packet, layer, want->fields,
                                                    worker->names, &call->part->arena);
        if (event)
            push(worker, kinds[i], event, layer);
    }
}

/** What decode found malformed in the current packet; `*next` walks through the batch's list, which
 * is in packet order. */
static void anomaly_events(struct worker *worker, uint32_t *next)
{
    struct dissection_call *call = &worker->call;
    const struct anomaly_list *list = &call->batch->anomalies;
    while (*next < list->count && list->items[*next].packet < call->packet_index)
        (*next)++;
    for (; *next < list->count && list->items[*next].packet == call->packet_index; (*next)++) {
        const struct decode_anomaly *anomaly = &list->items[*next];
        push(worker, EVENT_ANOMALY,
             anomaly_event_new(call->packet, anomaly, worker->names, &call->part->arena), 0);
    }
}

/** The flow of the current packet; flows that end to make room do so before the packet's own
 * events. */
static bool find_flow(struct worker *worker, const struct flow_sought *sought, uint8_t *direction,
                      bool *created)
{
    struct dissection_call *call = &worker->call;
    if (!worker->flows || !sought->named)
        return false;
    call->flow = flow_table_find(worker->flows, call->packet, sought, direction, created);
    return true;
}

static void packet_stages(struct worker *worker, const struct flow_sought *sought,
                          uint32_t *next_anomaly)
{
    struct dissection_call *call = &worker->call;
    const struct palua_packet *packet = call->packet;
    uint8_t direction = PALUA_ORIG;
    bool created = false;
    worker->sequence = 0;
    call->flow = NULL;
    bool tracked = find_flow(worker, sought, &direction, &created);
    call->phase = EVENT_PHASE_PARSE;
    if (wants(worker, EVENT_PACKET)->subscribed)
        push(worker, EVENT_PACKET,
             packet_event_new(packet, wants(worker, EVENT_PACKET)->fields, worker->names,
                              &call->part->arena),
             0);
    if ((packet->flags & PALUA_PACKET_ANOMALY) && wants(worker, EVENT_ANOMALY)->subscribed)
        anomaly_events(worker, next_anomaly);
    if (worker->layers)
        for (uint32_t layer = 0; layer < packet->layer_count; layer++)
            layer_events(worker, layer);
    if (!tracked)
        return;
    uint32_t depth = packet->transport != PALUA_NO_LAYER ? packet->transport : packet->network;
    if (created && wants(worker, EVENT_FLOW_START)->subscribed)
        push(worker, EVENT_FLOW_START,
             flow_start_event_new(worker->flows, call->flow,
                                  wants(worker, EVENT_FLOW_START)->fields, call->batch->sequence,
                                  &call->part->arena),
             depth);
    dissection_packet(worker->dissection, call, &sought->tuple, direction, created);
}

static void enter(struct worker *worker, struct batch *batch)
{
    worker->call.batch = batch;
    worker->call.part = &batch->parts[worker->options.index];
    worker->call.part->ended = NULL;
}

void worker_batch(struct worker *worker, struct batch *batch)
{
    uint32_t next_tick = 0, next_anomaly = 0;
    enter(worker, batch);
    for (uint32_t i = 0; i < batch->count; i++) {
        uint32_t place = i % FLOW_GROUP_CAP, left = batch->count - i;
        if (worker->flows && place == 0)
            flow_table_foresee(worker->flows, &batch->packets[i],
                               left < FLOW_GROUP_CAP ? left : FLOW_GROUP_CAP, worker->sought);
        worker->call.packet = &batch->packets[i];
        worker->call.packet_index = i;
        if (next_tick < batch->tick_count && batch->ticks[next_tick].packet == i) {
            worker->sequence = 0;
            if (worker->flows)
                flow_table_expire(worker->flows, batch->ticks[next_tick].now_ns);
            next_tick++;
        }
        packet_stages(worker, &worker->sought[place], &next_anomaly);
    }
}

bool worker_end(struct worker *worker, struct batch *batch)
{
    enter(worker, batch);
    worker->call.packet = NULL;
    worker->call.packet_index = 0;
    worker->sequence = 0;
    return worker->flows && flow_table_end(worker->flows, END_BATCH_FLOWS) > 0;
}

void worker_totals(const struct worker *worker, struct worker_totals *out)
{
    *out = (struct worker_totals){.anomalies = dissection_anomalies(worker->dissection)};
    if (!worker->flows)
        return;
    struct flow_counters counters;
    flow_table_counters(worker->flows, &counters);
    out->flows = counters.created;
    out->flows_evicted = counters.evicted;
    out->tracks_flows = true;
}

void worker_counters(const struct worker *worker, dissection_counter_fn report, void *context)
{
    dissection_counters(worker->dissection, report, context);
}
