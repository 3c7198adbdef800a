// SPDX-License-Identifier: MIT OR Apache-2.0
/* Defragmentation of a batch. Input: a byte that picks policy and caps, then fragments as they
 * come: a byte of host, id, version and `more`, a byte of offset, a byte of length, and that many
 * bytes of payload. The headers are made here, so that what is fuzzed is the order, the overlaps
 * and what the whole datagram holds, which may be a tunnel with fragments again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "decode/decode.h"
#include "defrag/defrag.h"

enum { PACKETS = 64, FRAME = 48 + 256, LINKTYPE_RAW = 101 };

struct traffic {
    uint8_t frames[PACKETS][FRAME];
    struct palua_packet packets[PACKETS];
    uint32_t count;
};

/** IPv4 from 10.0.0.HOST, or IPv6; the payload follows. */
static uint32_t put_headers(uint8_t *out, uint8_t shape, uint8_t offset, uint8_t len)
{
    static const uint8_t protos[] = {17, 6, 4, 41, 60, 44, 1, 47};
    uint8_t proto = protos[shape >> 5], id = shape & 3, host = (shape >> 2) & 1;
    bool more = shape & 8;
    memset(out, 0, 48);
    if (shape & 16) {
        uint16_t field = (uint16_t)(offset << 3 | more);
        out[0] = 0x60;
        out[5] = (uint8_t)(len + 8);
        out[4] = (uint8_t)((len + 8) >> 8);
        out[6] = 44;
        out[23] = host;
        out[40] = proto;
        out[42] = (uint8_t)(field >> 8);
        out[43] = (uint8_t)field;
        out[47] = id;
        return 48;
    }
    out[0] = 0x45;
    out[2] = (uint8_t)((len + 20) >> 8);
    out[3] = (uint8_t)(len + 20);
    out[5] = id;
    out[6] = (uint8_t)(more << 5);
    out[7] = offset;
    out[9] = proto;
    out[15] = host;
    return 20;
}

static bool put_packet(struct traffic *traffic, struct cursor *in)
{
    uint8_t shape, offset, len;
    const uint8_t *payload;
    if (traffic->count == PACKETS || !cursor_u8(in, &shape) || !cursor_u8(in, &offset) ||
        !cursor_u8(in, &len) || !cursor_bytes(in, len, &payload))
        return false;
    uint32_t i = traffic->count++;
    uint32_t header = put_headers(traffic->frames[i], shape, offset & 63, len);
    memcpy(traffic->frames[i] + header, payload, len);
    traffic->packets[i] = (struct palua_packet){.number = i + 1,
                                                .ts_ns = (int64_t)(offset >> 6) * 20000000000,
                                                .data = traffic->frames[i],
                                                .caplen = header + len,
                                                .origlen = header + len,
                                                .linktype = LINKTYPE_RAW};
    return true;
}

/** What holds for every packet. */
static bool holds(const struct palua_packet *packet)
{
    for (uint32_t i = 0; i < packet->layer_count; i++) {
        const struct palua_layer *layer = &packet->layers[i];
        uint32_t len = layer->buffer ? packet->buffers[layer->buffer - 1].len : packet->caplen;
        struct palua_slice bytes = palua_layer_bytes(packet, i);
        for (uint32_t at = 0; at < bytes.len; at += bytes.len / 4 + 1)
            if (bytes.data[at] == 0 && len == 0)
                return false;
        if (layer->offset > len || (i && layer->buffer < layer[-1].buffer))
            return false;
    }
    struct decode_tuple tuple;
    bool flow = packet->flags & PALUA_PACKET_FLOW;
    return decode_tuple(packet, &tuple) == flow &&
           (!flow || decode_tuple_hash(&tuple) == packet->flow_hash) &&
           !(flow && packet->flags & PALUA_PACKET_FRAGMENT);
}

/** What is left of datagrams that were given up: before packets in order, with a transport header
 * that is all there. */
static void check_remnants(const struct batch *batch)
{
    uint32_t last = 0;
    for (const struct batch_remnant *at = batch->remnants; at; at = at->next) {
        const struct palua_packet *record = at->record;
        if (!holds(record) || at->packet < last || at->packet > batch->count ||
            record->transport + 1 != record->layer_count ||
            palua_layer_bytes(record, record->transport).len <
                record->layers[record->transport].header_len)
            abort();
        last = at->packet;
    }
}

static void check(const struct batch *batch)
{
    check_remnants(batch);
    for (uint32_t i = 0; i < batch->count; i++)
        if (!holds(&batch->packets[i]))
            abort();
    for (size_t i = 1; i < batch->anomalies.count; i++)
        if (batch->anomalies.items[i].packet < batch->anomalies.items[i - 1].packet)
            abort();
    for (const struct batch_datagram *at = batch->datagrams; at; at = at->next)
        if (!at->packet_count || at->packets[at->packet_count - 1] != at->packet + 1u)
            abort();
}

static void run(struct traffic *traffic, uint8_t caps)
{
    static struct decoder *decoder;
    if (!decoder)
        decoder = decoder_new();
    struct defrag_options options = {
        .policy = (enum defrag_policy)(caps % DEFRAG_POLICY_COUNT),
        .ip_timeout_ns = 30000000000,
        .ipv6_timeout_ns = 60000000000,
        .memory_cap = caps & 128 ? 65536 : 1024,
        .datagram_cap = caps & 64 ? 1000 : 2,
        .fragment_cap = caps & 32 ? 1000 : 4,
        .host_cap = caps & 16 ? 1000 : 6,
    };
    struct defrag *defrag = defrag_new(&options, caps & 8, decoder);
    struct batch_tick ticks[PACKETS];
    struct batch batch = {.packets = traffic->packets, .count = traffic->count, .ticks = ticks};
    int64_t now = 0;
    for (uint32_t i = 0; i < traffic->count; i++)
        if (traffic->packets[i].ts_ns > now) {
            now = traffic->packets[i].ts_ns;
            ticks[batch.tick_count++] = (struct batch_tick){now, i};
        }
    arena_init(&batch.arena);
    decode_batch(decoder, &batch, 0, batch.count);
    defrag_batch(defrag, &batch);
    check(&batch);
    batch = (struct batch){.arena = batch.arena, .anomalies = batch.anomalies};
    defrag_end(defrag, &batch, defrag_unfinished(defrag));
    check_remnants(&batch);
    if (defrag_unfinished(defrag))
        abort();
    arena_fini(&batch.arena);
    free(batch.anomalies.items);
    defrag_free(defrag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct traffic traffic;
    struct cursor in = cursor_of(data, size);
    uint8_t caps;
    if (!cursor_u8(&in, &caps))
        return 0;
    traffic.count = 0;
    while (put_packet(&traffic, &in))
        ;
    run(&traffic, caps);
    return 0;
}
