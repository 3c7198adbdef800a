// SPDX-License-Identifier: MIT OR Apache-2.0
#include "stage.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "event/path.h"

enum { LINKTYPE_IPV4 = 228 };

void stage_open(struct stage *stage, const struct palua_plugin *const *plugins)
{
    struct error err = {0};
    *stage = (struct stage){.registry = registry_new()};
    stage->set = plugin_set_new(stage->registry, &err);
    cr_assert_not_null(stage->set, "%s", err.text);
    for (; plugins && *plugins; plugins++)
        cr_assert(plugin_set_add(stage->set, *plugins, "the test", &err), "%s", err.text);
}

void stage_want(struct stage *stage, const char *event, const char *fields)
{
    uint16_t kind = registry_find(stage->registry, event);
    cr_assert_neq(kind, EVENT_KIND_NONE, "%s", event);
    interest_add_event(&stage->interest, stage->registry, kind, false);
    char copy[256];
    snprintf(copy, sizeof copy, "%s", fields);
    for (char *rest = copy, *name; (name = strsep(&rest, ","));) {
        struct path path;
        struct error err;
        if (!*name)
            continue;
        cr_assert(path_resolve(stage->registry, kind, name, &path, &err), "%s", err.text);
        interest_add(&stage->interest, &path);
    }
}

static void flow_ended(void *context, struct flow *flow, enum flow_reason reason)
{
    struct stage *stage = context;
    (void)reason;
    stage->call.flow = flow;
    stage->call.phase = EVENT_PHASE_EXPIRY;
    dissection_flow_end(stage->dissection, &stage->call);
}

static void stage_take(struct stage *stage)
{
    stage->batch = batch_take(stage->pool);
    cr_assert_not_null(stage->batch);
    stage->batch->count = 0;
    stage->batch->sequence = stage->packets + 1;
    stage->call.batch = stage->batch;
    stage->call.part = &stage->batch->parts[0];
}

void stage_start(struct stage *stage, uint32_t parts)
{
    struct error err = {0};
    const int64_t minute_ns = INT64_C(60000000000);
    struct flow_options options = {.cap = 4096, .udp_timeout_ns = minute_ns};
    stage->decoder = decoder_new();
    stage->flows = flow_table_new(&options, flow_ended, stage);
    stage->dissection = dissection_new(stage->set, &stage->interest, 1 << 28, &err);
    cr_assert_not_null(stage->dissection, "%s", err.text);
    stage->pool = batch_pool_new(2, STAGE_PACKET_CAP, parts, registry_count(stage->registry));
    stage->call = (struct dissection_call){.flows = stage->flows, .sequence = &stage->sequence};
    stage_take(stage);
}

void stage_close(struct stage *stage)
{
    batch_give(stage->pool, stage->batch);
    flow_table_free(stage->flows);
    dissection_free(stage->dissection);
    batch_pool_free(stage->pool);
    decoder_free(stage->decoder);
    plugin_set_free(stage->set);
    registry_free(stage->registry);
}

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/** IPv4 and UDP headers before the payload. */
static void fill_frame(uint8_t *frame, const struct stage_datagram *datagram)
{
    memset(frame, 0, 28);
    frame[0] = 0x45;
    put16(frame + 2, 28 + datagram->len);
    frame[6] = datagram->fragment ? 0x20 : 0;
    frame[8] = 64;
    frame[9] = 17;
    memcpy(frame + 12, (const uint8_t[]){192, 0, 2, datagram->src}, 4);
    memcpy(frame + 16, (const uint8_t[]){192, 0, 2, datagram->dst}, 4);
    put16(frame + 20, datagram->sport);
    put16(frame + 22, datagram->dport);
    put16(frame + 24, 8 + datagram->len);
    memcpy(frame + 28, datagram->payload, datagram->len);
}

void stage_send(struct stage *stage, const struct stage_datagram *datagram)
{
    uint32_t index = stage->batch->count++;
    cr_assert(index < STAGE_PACKET_CAP && datagram->len <= STAGE_PAYLOAD_CAP);
    fill_frame(stage->frames[index], datagram);
    struct palua_packet *packet = &stage->batch->packets[index];
    *packet = (struct palua_packet){
        .number = ++stage->packets,
        .ts_ns = datagram->ts_ns,
        .data = stage->frames[index],
        .caplen = 28 + datagram->len - datagram->cut,
        .origlen = 28 + datagram->len,
        .linktype = LINKTYPE_IPV4,
    };
    decode_batch(stage->decoder, stage->batch, index, 1);
    struct decode_tuple tuple;
    uint8_t direction;
    bool created;
    stage->sequence = 0;
    stage->call.packet = packet;
    stage->call.packet_index = index;
    if (!decode_tuple(packet, &tuple))
        return;
    stage->call.flow = flow_table_lookup(stage->flows, packet, &tuple, &direction, &created);
    stage->call.phase = EVENT_PHASE_PARSE;
    dissection_packet(stage->dissection, &stage->call, direction, created);
}

void stage_next_batch(struct stage *stage)
{
    batch_give(stage->pool, stage->batch);
    stage_take(stage);
}

void stage_end(struct stage *stage)
{
    stage_next_batch(stage);
    stage->call.packet = NULL;
    stage->call.packet_index = 0;
    stage->sequence = 0;
    flow_table_end(stage->flows, UINT32_MAX);
}

const struct event_queue *stage_queue(const struct stage *stage, const char *event)
{
    uint16_t kind = registry_find(stage->registry, event);
    cr_assert_neq(kind, EVENT_KIND_NONE, "%s", event);
    return &stage->batch->parts[0].queues[kind];
}
