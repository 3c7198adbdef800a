// SPDX-License-Identifier: MIT OR Apache-2.0
#include "stream/delivery.h"

#include <string.h>

#include "base/memory.h"
#include "event/schemas.h"
#include "shard/share.h"

struct delivery {
    const struct interest *interest;
    struct dissection *dissection;
    struct streams *streams;
    struct dissection_call *call; /**< where the worker stands */
    bool data;                    /**< somebody wants tcp.data */
    bool all;                     /**< of every TCP flow, not only those a dissector reads */
};

static const struct interest_kind *wants(const struct delivery *delivery, enum event_kind kind)
{
    return &delivery->interest->kinds[kind];
}

static struct palua_slice text_slice(const char *text)
{
    return (struct palua_slice){.data = (const uint8_t *)text, .len = (uint32_t)strlen(text)};
}

static struct palua_slice direction_name(uint8_t direction)
{
    return direction == PALUA_ORIG ? text_slice("orig") : text_slice("resp");
}

/** Makes an event for a flow. */
static void *new_event(const struct delivery *delivery, size_t size)
{
    struct palua_event *event =
        arena_zalloc(&delivery->call->part->arena, size, _Alignof(struct palua_event));
    event->packet = delivery->call->packet;
    return event;
}

/** Between the transport layer and the messages found in it. */
static uint32_t depth_of(const struct dissection_call *call)
{
    return call->phase == EVENT_PHASE_EXPIRY ? 0 : call->packet->transport + 1U;
}

static void push(const struct delivery *delivery, enum event_kind kind, struct flow *flow,
                 struct palua_event *event)
{
    const struct dissection_call *call = delivery->call;
    const struct interest_kind *want = wants(delivery, kind);
    struct arena *arena = &call->part->arena;
    if (want->flow || delivery->interest->state)
        event->flow = flow_identity(call->flows, flow, want->flow, call->batch->sequence, arena);
    if (want->flow_live)
        event->live = flow_snapshot(call->flows, flow, want->flow_live, arena);
    event_queue_push(&call->part->queues[kind], event, dissection_key(call, depth_of(call)));
}

static void push_data(const struct delivery *delivery, struct flow *flow,
                      const struct stream_bytes *bytes)
{
    struct tcp_data_event *event = new_event(delivery, sizeof *event);
    event->dir = direction_name(bytes->direction);
    event->data = bytes->data;
    event->offset = bytes->offset;
    event->gap = bytes->gap;
    event->data_packet = bytes->packet;
    event->data_ts_ns = bytes->ts_ns;
    push(delivery, EVENT_TCP_DATA, flow, &event->event);
}

/** The worker's call, for the flow that bytes belong to: not the packet's if a cap freed them.
 * @return the flow it was for */
static struct flow *enter_flow(struct delivery *delivery, struct flow *flow)
{
    struct flow *before = delivery->call->flow;
    delivery->call->flow = flow;
    return before;
}

static void on_data(void *context, struct stream *stream, const struct stream_bytes *bytes)
{
    struct delivery *delivery = context;
    if (delivery->data)
        push_data(delivery, stream->owner, bytes);
    if (!stream->reader)
        return;
    struct flow *current = enter_flow(delivery, stream->owner);
    dissection_stream_data(delivery->dissection, delivery->call, stream, bytes);
    delivery->call->flow = current;
}

static void on_gap(void *context, struct stream *stream, uint8_t direction, uint64_t offset,
                   uint64_t length)
{
    const struct delivery *delivery = context;
    if (!wants(delivery, EVENT_TCP_GAP)->subscribed)
        return;
    struct tcp_gap_event *event = new_event(delivery, sizeof *event);
    event->dir = direction_name(direction);
    event->offset = offset;
    event->length = length;
    push(delivery, EVENT_TCP_GAP, stream->owner, &event->event);
}

static void on_end(void *context, struct stream *stream, uint8_t direction)
{
    struct delivery *delivery = context;
    if (!stream->reader)
        return;
    struct flow *current = enter_flow(delivery, stream->owner);
    dissection_stream_end(delivery->dissection, delivery->call, stream, direction);
    delivery->call->flow = current;
}

static void on_fault(void *context, struct stream *stream, uint8_t direction,
                     enum stream_fault fault, uint64_t offset)
{
    const struct delivery *delivery = context;
    (void)direction;
    if (!wants(delivery, EVENT_ANOMALY)->subscribed)
        return;
    struct anomaly_event *event = new_event(delivery, sizeof *event);
    event->name = text_slice(stream_fault_name(fault));
    event->layer = text_slice("tcp");
    event->offset = offset < UINT32_MAX ? (uint32_t)offset : UINT32_MAX;
    push(delivery, EVENT_ANOMALY, stream->owner, &event->event);
}

/** Whether somebody wants what every TCP flow may give. */
static bool wants_all(const struct interest *interest)
{
    return interest->kinds[EVENT_TCP_DATA].subscribed ||
           interest->kinds[EVENT_TCP_GAP].subscribed ||
           interest->kinds[EVENT_TCP_SUMMARY].subscribed ||
           interest->kinds[EVENT_ANOMALY].subscribed;
}

bool delivery_needed(const struct interest *interest, const struct dissection *dissection)
{
    return wants_all(interest) || dissection_reads_streams(dissection);
}

struct delivery *delivery_new(const struct config *config, const struct interest *interest,
                              struct dissection *dissection)
{
    struct delivery *delivery = memory_zalloc(1, sizeof *delivery);
    uint64_t shard_cap = (uint64_t)config->stream_memory_cap / SHARD_COUNT;
    uint64_t side_cap = (uint64_t)config->stream_flow_cap;
    struct stream_options options = {
        .policy = (enum stream_policy)config->stream_policy,
        .memory_cap = shard_cap,
        .side_cap = side_cap < shard_cap / 2 ? side_cap : shard_cap / 2,
        .segment_cap = (uint32_t)config->stream_segment_cap,
        .gap_packets = (uint32_t)config->stream_gap_packets,
        .history_size = interest->kinds[EVENT_ANOMALY].subscribed
                            ? (uint32_t)(config->stream_history / SHARD_COUNT)
                            : 0,
        .wait_for_ack = config->stream_wait_for_ack != 0,
        .health = interest->kinds[EVENT_TCP_SUMMARY].subscribed,
    };
    struct stream_output output = {
        .context = delivery, .data = on_data, .gap = on_gap, .end = on_end, .fault = on_fault};
    delivery->interest = interest;
    delivery->dissection = dissection;
    delivery->data = interest->kinds[EVENT_TCP_DATA].subscribed;
    delivery->all = wants_all(interest);
    delivery->streams = streams_new(&options, &output);
    return delivery;
}

void delivery_free(struct delivery *delivery)
{
    if (!delivery)
        return;
    streams_free(delivery->streams);
    memory_free(delivery);
}

static void enter(struct delivery *delivery, struct dissection_call *call)
{
    delivery->call = call;
    streams_enter(delivery->streams, call->part);
}

/** @return false if nobody reads the flow's stream */
static bool begin(struct delivery *delivery, struct dissection_call *call, bool created)
{
    struct flow *flow = call->flow;
    bool reads = created && dissection_reads_flow(delivery->dissection, flow);
    if (!reads && !delivery->all)
        return false;
    struct stream *stream =
        stream_new(delivery->streams, (uint8_t)shard_of_flow(call->packet->flow_hash), flow);
    flow_table_origin(call->flows, flow)->stream = stream;
    if (reads)
        dissection_stream_begin(delivery->dissection, call, stream);
    return true;
}

void delivery_packet(struct delivery *delivery, struct dissection_call *call, uint8_t direction,
                     bool created)
{
    const struct palua_packet *packet = call->packet;
    const struct flow_origin *origin = flow_table_origin(call->flows, call->flow);
    struct stream_segment segment;
    if ((!origin->stream && !begin(delivery, call, created)) ||
        !stream_segment_read(packet, &segment))
        return;
    enter(delivery, call);
    stream_segment(delivery->streams, origin->stream, direction, &segment, packet);
}

static void push_summary(const struct delivery *delivery, struct flow *flow,
                         const struct stream_health *health)
{
    struct tcp_summary_event *event = new_event(delivery, sizeof *event);
    memcpy(event->tallies, health->tallies, sizeof event->tallies);
    event->rtt_ns = health->rtt_ns;
    if (health->rtt_ns >= 0)
        event->event.present |= UINT64_C(1) << TCP_SUMMARY_EVENT_RTT;
    push(delivery, EVENT_TCP_SUMMARY, flow, &event->event);
}

void delivery_flow_end(struct delivery *delivery, struct dissection_call *call)
{
    struct flow_origin *origin = flow_table_origin(call->flows, call->flow);
    struct stream *stream = origin->stream;
    if (!stream)
        return;
    enter(delivery, call);
    stream_finish(delivery->streams, stream);
    if (stream->reader)
        dissection_stream_close(delivery->dissection, call, stream);
    if (stream->health)
        push_summary(delivery, call->flow, stream->health);
    stream_free(delivery->streams, stream);
    origin->stream = NULL;
}

void delivery_counters(const struct delivery *delivery, struct stream_counters *out)
{
    *out = (struct stream_counters){0};
    if (delivery)
        streams_counters(delivery->streams, out);
}
