// SPDX-License-Identifier: MIT OR Apache-2.0
/* The engine's events of one packet, its flow among them, every field read and written. Input as
 * for decode_fuzz, whose corpus it shares: a byte that picks the link type, a byte of bytes that
 * the snaplen cut off, the frame. */
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "event/builders.h"
#include "event/value.h"
#include "linktypes.h"

/** What events are made with. */
struct maker {
    struct decoder *decoder;
    struct layer_names *names;
    struct registry *registry;
    struct flow_table *flows;
    struct arena arena;
    struct text text;
    uint64_t number;
};

static void read_all(struct maker *maker, enum event_kind kind, const struct palua_event *event)
{
    if (!event)
        return;
    const struct palua_schema *schema = registry_schema(maker->registry, (uint16_t)kind);
    for (uint32_t i = 0; i < schema->field_count; i++) {
        struct value value = field_read(&schema->fields[i], i, event->present, event);
        text_clear(&maker->text);
        value_text(&value, &schema->fields[i], &maker->text);
    }
}

static void flow_ended(void *context, struct flow *flow, enum flow_reason reason)
{
    struct maker *maker = context;
    read_all(
        maker, EVENT_FLOW_END,
        flow_end_event_new(maker->flows, flow, reason, UINT64_MAX, maker->number, &maker->arena));
}

static struct maker *shared_maker(void)
{
    static struct maker *maker;
    if (maker)
        return maker;
    maker = memory_zalloc(1, sizeof *maker);
    maker->decoder = decoder_new();
    maker->names = layer_names_new(maker->decoder);
    maker->registry = registry_new();
    struct flow_options options = {.cap = 256,
                                   .tcp_timeout_ns = 9,
                                   .tcp_embryonic_timeout_ns = 5,
                                   .connections = true,
                                   .tcp_closed_timeout_ns = 2};
    maker->flows = flow_table_new(&options, flow_ended, maker);
    arena_init(&maker->arena);
    text_init(&maker->text);
    return maker;
}

static void flow_events(struct maker *maker, const struct palua_packet *packet)
{
    struct decode_tuple tuple;
    uint8_t direction;
    bool created;
    if (!decode_tuple(packet, &tuple))
        return;
    struct flow *flow = flow_table_lookup(maker->flows, packet, &tuple, &direction, &created);
    if (created)
        read_all(
            maker, EVENT_FLOW_START,
            flow_start_event_new(maker->flows, flow, UINT64_MAX, maker->number, &maker->arena));
    if (direction > PALUA_RESP || flow->sides[direction].pkts == 0)
        abort();
}

static void packet_events(struct maker *maker, const struct batch *batch)
{
    static const enum event_kind kinds[] = {EVENT_LINK, EVENT_NETWORK, EVENT_FRAGMENT, EVENT_TUNNEL,
                                            EVENT_TRANSPORT};
    const struct palua_packet *packet = batch->packets;
    const struct layer_source source = {.packet = packet, .names = maker->names};
    read_all(maker, EVENT_PACKET,
             packet_event_new(packet, UINT64_MAX, maker->names, &maker->arena));
    for (uint32_t i = 0; i < packet->layer_count; i++)
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            read_all(maker, kinds[k],
                     layer_event_new(kinds[k], &source, i, UINT64_MAX, &maker->arena));
    for (size_t i = 0; i < batch->anomalies.count; i++)
        read_all(
            maker, EVENT_ANOMALY,
            anomaly_event_new(packet, &batch->anomalies.items[i], maker->names, &maker->arena));
    flow_events(maker, packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor in = cursor_of(data, size);
    uint8_t link, cut;
    if (!cursor_u8(&in, &link) || !cursor_u8(&in, &cut))
        return 0;
    struct maker *maker = shared_maker();
    /* A copy of exactly the frame, so that the byte behind it is no longer ours. */
    uint32_t len = (uint32_t)cursor_left(&in);
    uint8_t *frame = malloc(len ? len : 1);
    memcpy(frame, in.pos, len);
    struct palua_packet packet = {
        .number = ++maker->number,
        .ts_ns = (int64_t)maker->number,
        .data = frame,
        .caplen = len,
        .origlen = len + cut * 300u,
        .linktype = linktypes[link % LINKTYPE_COUNT],
    };
    struct batch batch = {.packets = &packet, .count = 1};
    decode_batch(maker->decoder, &batch, 0, 1);
    flow_table_expire(maker->flows, packet.ts_ns);
    packet_events(maker, &batch);
    memory_free(batch.anomalies.items);
    arena_reset(&maker->arena);
    free(frame);
    return 0;
}
