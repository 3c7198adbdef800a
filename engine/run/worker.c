// SPDX-License-Identifier: MIT OR Apache-2.0
#include "run/worker.h"

#include <stddef.h>

#include "base/memory.h"
#include "decode/tuple.h"
#include "event/builders.h"
#include "event/schemas.h"
#include "flow/lookahead.h"
#include "flow/table.h"
#include "shard/share.h"
#include "stream/delivery.h"

#define SECOND_NS INT64_C(1000000000)

#define NO_POINT UINT32_MAX

/** What ends a flow: a packet of its own shard, the clock, or the run's end. */
enum ending { ENDING_BY_PACKET, ENDING_BY_CLOCK, ENDING_BY_RUN };

struct worker {
    struct worker_options options;
    const struct interest *interest;
    struct flow_table *flows; /**< NULL: nobody needs flows */
    struct dissection *dissection;
    struct delivery *delivery;   /**< NULL: nobody reads TCP streams */
    struct dissection_call call; /**< where the worker stands */
    uint32_t sequence;           /**< events so far of the current packet and phase */
    enum ending ending;          /**< what ends flows now */
    uint8_t depth; /**< layer of the carrier whose flow is looked up, else PALUA_NO_LAYER */
    struct flow_lookahead ahead;            /**< the flows of the packets that come next */
    const struct batch_datagram *datagrams; /**< of the batch, from the current packet's on */
    const struct batch_remnant *remnants;   /**< the same */
    uint32_t remnant_count;                 /**< of the batch, before these */
    struct layer_names *names;              /**< spellings of layers, cached */
    bool layer_dissectors;                  /**< some dissector reads layers */
    bool layers;                            /**< somebody wants link, network or transport events */
    bool packets; /**< somebody reads the packet of what can be published at a flow's end */
};

static const struct interest_kind *wants(const struct worker *worker, enum event_kind kind)
{
    return &worker->interest->kinds[kind];
}

/** Whether any event carries its flow, so that flows must be tracked. */
static bool needs_flows(const struct worker *worker)
{
    const struct interest *interest = worker->interest;
    if (interest->state || worker->delivery || dissection_needs_flows(worker->dissection) ||
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
    uint64_t live = interest_flow_live(worker->interest);
    uint64_t place = UINT64_C(1) << COMMON_FILE | UINT64_C(1) << COMMON_FRAME;
    struct flow_options options = {
        .cap = (uint32_t)config->flow_cap,
        .tcp_embryonic_timeout_ns = config->flow_tcp_embryonic_timeout * SECOND_NS,
        .tcp_timeout_ns = config->flow_tcp_timeout * SECOND_NS,
        .tcp_closed_timeout_ns = config->flow_tcp_closed_timeout * SECOND_NS,
        .udp_timeout_ns = config->flow_udp_timeout * SECOND_NS,
        .icmp_timeout_ns = config->flow_icmp_timeout * SECOND_NS,
        .other_timeout_ns = config->flow_other_timeout * SECOND_NS,
        .community_id_seed = (uint16_t)config->flow_community_id_seed,
        .decoder = worker->options.decoder,
        .services = dissection_names(worker->dissection),
        .checksums = config->decode_do_checksums,
        .connections = (live & FLOW_LIVE_CONNECTION) != 0,
        .places = (wants(worker, EVENT_FLOW_END)->packet & place) != 0,
        .states = worker->delivery || dissection_needs_flows(worker->dissection),
    };
    return flow_table_new(&options, flow_ended, worker);
}

/** Whether somebody reads the packet of an event that a stream or dissector can publish at the end
 * of its flow. */
static bool reads_packets(const struct worker *worker)
{
    uint64_t read = wants(worker, EVENT_ANOMALY)->packet | wants(worker, EVENT_TCP_DATA)->packet |
                    wants(worker, EVENT_TCP_GAP)->packet | wants(worker, EVENT_TCP_SUMMARY)->packet;
    for (uint32_t kind = EVENT_ENGINE_COUNT; kind < registry_count(worker->options.registry);
         kind++)
        read |= worker->interest->kinds[kind].packet;
    return read != 0;
}

struct worker *worker_new(const struct worker_options *options, struct error *err)
{
    struct worker *worker = memory_zalloc(1, sizeof *worker);
    worker->options = *options;
    worker->interest = options->interest;
    worker->dissection = dissection_new(options->plugins, options->interest,
                                        (uint64_t)options->config->stream_reader_cap, err);
    if (!worker->dissection) {
        memory_free(worker);
        return NULL;
    }
    worker->layers =
        wants(worker, EVENT_LINK)->subscribed || wants(worker, EVENT_NETWORK)->subscribed ||
        wants(worker, EVENT_FRAGMENT)->subscribed || wants(worker, EVENT_TUNNEL)->subscribed ||
        wants(worker, EVENT_TRANSPORT)->subscribed;
    worker->packets = reads_packets(worker);
    if (delivery_needed(options->interest, worker->dissection))
        worker->delivery = delivery_new(options->config, options->interest, worker->dissection);
    if (needs_flows(worker))
        worker->flows = open_flows(worker);
    worker->names = layer_names_new(options->decoder);
    worker->layer_dissectors = dissection_needs_layers(worker->dissection);
    worker->depth = PALUA_NO_LAYER;
    worker->call.flows = worker->flows;
    worker->call.sequence = &worker->sequence;
    worker->call.part_index = options->index;
    return worker;
}

void worker_free(struct worker *worker)
{
    if (worker->flows)
        flow_table_free(worker->flows);
    delivery_free(worker->delivery);
    dissection_free(worker->dissection);
    layer_names_free(worker->names);
    memory_free(worker);
}

bool worker_tracks_flows(const struct worker *worker)
{
    return worker->flows != NULL;
}

/** Whether somebody wants the events of a kind that are made of the packet. */
static bool wants_of(const struct worker *worker, enum event_kind kind,
                     const struct palua_packet *packet)
{
    return wants(worker, kind)->subscribed &&
           filter_gate_passes(&worker->options.gates[kind], packet);
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
        event->live = flow_snapshot(worker->flows, call->flow, want->flow_live, &call->part->arena);
    event_queue_push(&call->part->queues[kind], event, dissection_key(call, depth));
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

/** Notes where the flow's end stands among those in other parts. */
static void note_expiry(struct worker *worker, const struct flow *flow)
{
    const struct dissection_call *call = &worker->call;
    // Behind what was due comes what the packet ends, carriers first; at the end of the run all are
    // alike.
    int64_t deadline_ns = worker->ending == ENDING_BY_CLOCK
                              ? flow_table_deadline(worker->flows, flow)
                              : INT64_MAX - PALUA_NO_LAYER + worker->depth;
    part_expiry(call->part,
                &(struct flow_expiry){
                    .key = event_key_expiry(call->packet_index, call->part_index, worker->sequence),
                    .deadline_ns = deadline_ns,
                    .first_packet = flow_first_packet(flow_table_origin(worker->flows, flow)),
                    .shard = flow->shard,
                });
}

/** Whether somebody reads the packet of what a flow's end publishes. */
static bool reads_last_packet(const struct worker *worker, const struct flow *flow)
{
    return wants(worker, EVENT_FLOW_END)->packet ||
           (worker->packets &&
            (flow->dissector || flow_table_origin(worker->flows, flow)->dissector_state));
}

/** The packet of what a flow's end publishes: number and time of the flow's last, and where that
 * was if somebody reads it. The packet that happened to move the clock is another flow's, and at
 * the end of the run there is none. The record has no layers, so the room for them is left out. */
static const struct palua_packet *last_packet(struct worker *worker, const struct flow *flow)
{
    struct palua_packet *out =
        arena_zalloc(&worker->call.part->arena, offsetof(struct palua_packet, layers),
                     _Alignof(struct palua_packet));
    struct flow_place place;
    out->number = flow->last_packet;
    out->ts_ns = flow->last_ts_ns;
    out->network = PALUA_NO_LAYER;
    out->transport = PALUA_NO_LAYER;
    if (flow_table_place(worker->flows, flow, &place)) {
        out->frame = place.frame;
        out->file = place.file;
        out->file_name = place.file_name;
    }
    return out;
}

static void flow_ended(void *context, struct flow *flow, enum flow_reason reason)
{
    struct worker *worker = context;
    struct dissection_call *call = &worker->call;
    const struct palua_packet *current = call->packet;
    uint8_t dissector = flow->dissector;
    call->packet = reads_last_packet(worker, flow) ? last_packet(worker, flow) : NULL;
    call->flow = flow;
    call->phase = EVENT_PHASE_EXPIRY;
    if (call->batch->part_count > 1)
        note_expiry(worker, flow);
    if (worker->delivery && flow->proto == TUPLE_TCP)
        delivery_flow_end(worker->delivery, call);
    else if (dissector)
        dissection_flow_end(worker->dissection, call);
    flow->dissector = dissector; // the name of its service
    if (wants(worker, EVENT_FLOW_END)->subscribed)
        push(worker, EVENT_FLOW_END,
             flow_end_event_new(worker->flows, flow, reason, wants(worker, EVENT_FLOW_END)->fields,
                                call->batch->sequence, &call->part->arena),
             0);
    if (worker->interest->state)
        note_ended(call->part, flow_table_origin(worker->flows, flow)->id);
    call->packet = current;
    call->flow = NULL;
}

/** Whether a layer's transport event is made where its own flow is known. */
static bool of_carrier(const struct worker *worker, uint32_t layer)
{
    return worker->flows && decode_is_carrier(worker->call.packet, layer);
}

/** Kinds of events that are made of a packet's layers, in the order in which one layer's come. */
static const enum event_kind layer_kinds[] = {EVENT_LINK, EVENT_NETWORK, EVENT_FRAGMENT,
                                              EVENT_TUNNEL, EVENT_TRANSPORT};

enum { LAYER_KIND_COUNT = sizeof layer_kinds / sizeof layer_kinds[0] };

/** Which of these kinds somebody wants of the packet, a bit for each. */
static uint32_t wanted_layer_kinds(const struct worker *worker, const struct palua_packet *packet)
{
    uint32_t wanted = 0;
    for (uint32_t i = 0; i < LAYER_KIND_COUNT; i++)
        wanted |= (uint32_t)wants_of(worker, layer_kinds[i], packet) << i;
    return wanted;
}

/** The events of one layer, of the kinds that are wanted. */
static void layer_events(struct worker *worker, uint32_t layer, uint32_t wanted)
{
    struct dissection_call *call = &worker->call;
    const struct layer_source source = {.packet = call->packet,
                                        .names = worker->names,
                                        .datagrams = worker->datagrams,
                                        .index = call->packet_index};
    for (uint32_t i = 0; i < LAYER_KIND_COUNT; i++) {
        enum event_kind kind = layer_kinds[i];
        if (!(wanted >> i & 1) || (kind == EVENT_TRANSPORT && of_carrier(worker, layer)))
            continue;
        struct palua_event *event =
            layer_event_new(kind, &source, layer, wants(worker, kind)->fields, &call->part->arena);
        if (event)
            push(worker, kind, event, layer);
    }
}

/** The events of all layers, outer to inner. */
static void all_layer_events(struct worker *worker)
{
    const struct palua_packet *packet = worker->call.packet;
    uint32_t wanted = wanted_layer_kinds(worker, packet);
    while (worker->datagrams && worker->datagrams->packet < worker->call.packet_index)
        worker->datagrams = worker->datagrams->next;
    for (uint32_t layer = 0; wanted && layer < packet->layer_count; layer++)
        layer_events(worker, layer, wanted);
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

static void push_flow_start(struct worker *worker, uint32_t depth)
{
    struct dissection_call *call = &worker->call;
    if (wants(worker, EVENT_FLOW_START)->subscribed)
        push(worker, EVENT_FLOW_START,
             flow_start_event_new(worker->flows, call->flow,
                                  wants(worker, EVENT_FLOW_START)->fields, call->batch->sequence,
                                  &call->part->arena),
             depth);
}

/** One carrier's flow, and its transport event. */
static void carrier_stages(struct worker *worker, const struct palua_packet *view)
{
    struct dissection_call *call = &worker->call;
    const struct layer_source source = {.packet = call->packet, .names = worker->names};
    struct decode_tuple tuple;
    uint8_t direction;
    bool created;
    if (!decode_tuple(view, &tuple))
        return;
    worker->depth = view->transport;
    call->flow = flow_table_lookup(worker->flows, view, &tuple, &direction, &created);
    worker->depth = PALUA_NO_LAYER;
    call->phase = EVENT_PHASE_PARSE;
    uint32_t endings = worker->sequence; // goes on with the next flow
    worker->sequence = 0;
    if (wants_of(worker, EVENT_TRANSPORT, call->packet))
        push(worker, EVENT_TRANSPORT,
             layer_event_new(EVENT_TRANSPORT, &source, view->transport,
                             wants(worker, EVENT_TRANSPORT)->fields, &call->part->arena),
             view->transport);
    if (created)
        push_flow_start(worker, view->transport);
    worker->sequence = endings;
    call->flow = NULL; // what is carried may belong to no flow
}

/** The flows that carry the packet, outer to inner: those of them that are this worker's. */
static void carriers(struct worker *worker, const struct palua_packet *packet)
{
    uint32_t layer = decode_next_carrier(packet, 0);
    uint32_t parts = worker->call.batch->part_count;
    for (; layer != PALUA_NO_LAYER; layer = decode_next_carrier(packet, layer + 1)) {
        struct palua_packet view;
        decode_carrier(packet, layer, &view);
        if (share_part(view.flow_hash, parts) == worker->options.index)
            carrier_stages(worker, &view);
    }
}

static void packet_stages(struct worker *worker, const struct flow_sought *sought,
                          uint32_t *next_anomaly)
{
    struct dissection_call *call = &worker->call;
    const struct palua_packet *packet = call->packet;
    uint8_t direction = PALUA_ORIG;
    bool created = false;
    call->flow = NULL;
    if (worker->flows && decode_next_carrier(packet, 0) != PALUA_NO_LAYER)
        carriers(worker, packet);
    if (share_owner(packet, call->batch->part_count) != worker->options.index)
        return; // here for its carriers only
    bool tracked = find_flow(worker, sought, &direction, &created);
    call->phase = EVENT_PHASE_PARSE;
    worker->sequence = 0;
    if (wants_of(worker, EVENT_PACKET, packet))
        push(worker, EVENT_PACKET,
             packet_event_new(packet, wants(worker, EVENT_PACKET)->fields, worker->names,
                              &call->part->arena),
             0);
    if ((packet->flags & PALUA_PACKET_ANOMALY) && wants(worker, EVENT_ANOMALY)->subscribed)
        anomaly_events(worker, next_anomaly);
    if (worker->layers)
        all_layer_events(worker);
    if (worker->layer_dissectors)
        dissection_layers(worker->dissection, call);
    if (!tracked)
        return;
    uint32_t depth = packet->transport != PALUA_NO_LAYER ? packet->transport : packet->network;
    if (created)
        push_flow_start(worker, depth);
    if (call->flow->proto != TUPLE_TCP)
        dissection_packet(worker->dissection, call, direction, created);
    else if (worker->delivery)
        delivery_packet(worker->delivery, call, direction, created);
}

static void enter(struct worker *worker, struct batch *batch)
{
    worker->call.batch = batch;
    worker->call.part = &batch->parts[worker->options.index];
    worker->datagrams = batch->datagrams;
    worker->remnants = batch->remnants;
    worker->remnant_count = 0;
}

/** The transport event of a datagram that never became whole, which belongs to no flow. */
static void remnant_event(struct worker *worker, const struct palua_packet *record)
{
    struct dissection_call *call = &worker->call;
    const struct layer_source source = {.packet = record, .names = worker->names};
    if (!filter_gate_passes(&worker->options.gates[EVENT_TRANSPORT], record))
        return;
    // Before any flow that ends there, in the order in which they were given up.
    if (call->batch->part_count > 1)
        part_expiry(call->part, &(struct flow_expiry){.key = event_key_expiry(call->packet_index,
                                                                              call->part_index,
                                                                              worker->sequence),
                                                      .deadline_ns = INT64_MIN,
                                                      .first_packet = worker->remnant_count});
    call->packet = record;
    call->flow = NULL;
    call->phase = EVENT_PHASE_EXPIRY;
    push(worker, EVENT_TRANSPORT,
         layer_event_new(EVENT_TRANSPORT, &source, record->transport,
                         wants(worker, EVENT_TRANSPORT)->fields, &call->part->arena),
         record->transport);
}

/** Those of the batch's remnants that belong before a packet: this worker's become events. */
static void remnants_before(struct worker *worker, uint32_t packet)
{
    uint32_t parts = worker->call.batch->part_count;
    for (; worker->remnants && worker->remnants->packet == packet;
         worker->remnants = worker->remnants->next, worker->remnant_count++)
        if (share_owner(worker->remnants->record, parts) == worker->options.index)
            remnant_event(worker, worker->remnants->record);
}

/** Ends what is due at a tick. Its packet moved the clock, whosever it is. */
static void expire(struct worker *worker, const struct batch_tick *tick)
{
    worker->call.packet = &worker->call.batch->packets[tick->packet];
    worker->ending = ENDING_BY_CLOCK;
    if (worker->flows)
        flow_table_expire(worker->flows, tick->now_ns);
    worker->ending = ENDING_BY_PACKET;
}

/** Where a walk through the worker's packets of a batch stands. */
struct walk {
    const uint32_t *packets; /**< NULL: all */
    uint32_t count;
    uint32_t next_tick;
    uint32_t next_anomaly;
    uint32_t next_point; /**< the next packet before which something ends; NO_POINT: none */
};

static uint32_t packet_at(const struct walk *walk, uint32_t place)
{
    return walk->packets ? walk->packets[place] : place;
}

static uint32_t next_point(const struct worker *worker, const struct walk *walk)
{
    const struct batch *batch = worker->call.batch;
    uint32_t tick =
        walk->next_tick < batch->tick_count ? batch->ticks[walk->next_tick].packet : NO_POINT;
    return worker->remnants && worker->remnants->packet < tick ? worker->remnants->packet : tick;
}

/** What ends before a packet: remnants of datagrams, then flows. */
static void end_before(struct worker *worker, struct walk *walk, uint32_t packet)
{
    const struct batch *batch = worker->call.batch;
    worker->call.packet_index = packet;
    worker->sequence = 0;
    remnants_before(worker, packet);
    if (walk->next_tick < batch->tick_count && batch->ticks[walk->next_tick].packet == packet)
        expire(worker, &batch->ticks[walk->next_tick++]);
    walk->next_point = next_point(worker, walk);
}

/** What ends before packets, up to this one. @return whether something ended before it */
static bool expire_until(struct worker *worker, struct walk *walk, uint32_t packet)
{
    bool own = false;
    while (walk->next_point <= packet) {
        own = walk->next_point == packet;
        end_before(worker, walk, walk->next_point);
    }
    return own;
}

void worker_batch(struct worker *worker, struct batch *batch)
{
    const struct batch_share *share = batch->shares ? &batch->shares[worker->options.index] : NULL;
    struct walk walk = {.packets = share ? share->packets : NULL,
                        .count = share ? share->count : batch->count};
    enter(worker, batch);
    walk.next_point = next_point(worker, &walk);
    if (worker->flows)
        flow_lookahead_begin(&worker->ahead, worker->flows, batch->packets, walk.packets,
                             walk.count);
    for (uint32_t i = 0; i < walk.count; i++) {
        uint32_t packet = packet_at(&walk, i);
        if (walk.next_point > packet || !expire_until(worker, &walk, packet))
            worker->sequence = 0;
        worker->call.packet = &batch->packets[packet];
        worker->call.packet_index = packet;
        packet_stages(worker, worker->flows ? flow_lookahead_at(&worker->ahead, i) : NULL,
                      &walk.next_anomaly);
    }
    expire_until(worker, &walk, NO_POINT - 1);
}

void worker_remnants(struct worker *worker, struct batch *batch)
{
    enter(worker, batch);
    worker->call.packet_index = 0;
    worker->sequence = 0;
    remnants_before(worker, 0);
}

uint64_t worker_line_up(struct worker *worker)
{
    return worker->flows ? flow_table_line_up(worker->flows) : 0;
}

uint64_t worker_ending(const struct worker *worker, uint64_t place)
{
    return flow_table_ending(worker->flows, place);
}

void worker_end(struct worker *worker, struct batch *batch, uint32_t count)
{
    enter(worker, batch);
    worker->call.packet = NULL;
    worker->call.packet_index = 0;
    worker->sequence = 0;
    worker->ending = ENDING_BY_RUN;
    if (count)
        flow_table_end(worker->flows, count);
}

void worker_totals(const struct worker *worker, struct worker_totals *out)
{
    *out = (struct worker_totals){.anomalies = dissection_anomalies(worker->dissection)};
    delivery_counters(worker->delivery, &out->streams);
    out->streams.unread = dissection_dropped(worker->dissection);
    out->anomalies += out->streams.faults;
    if (!worker->flows)
        return;
    struct flow_counters counters;
    flow_table_counters(worker->flows, &counters);
    out->flows = counters.created;
    out->flows_evicted = counters.evicted;
    out->history_cut = counters.history_cut;
    out->pieces_lost = counters.pieces_lost;
    out->tracks_flows = true;
}

void worker_counters(const struct worker *worker, dissection_counter_fn report, void *context)
{
    dissection_counters(worker->dissection, report, context);
}

void worker_explain(const struct worker *worker, struct text *out)
{
    if (worker->flows)
        text_add_str(out, ", flows");
    if (worker->delivery)
        text_add_str(out, ", TCP streams");
    dissection_explain(worker->dissection, out);
}
