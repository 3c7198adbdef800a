// SPDX-License-Identifier: MIT OR Apache-2.0
/* TCP streams. Input: a byte that picks options, then packets as they come: a byte of direction and
 * flags, one of what is odd about it, and one each for sequence number, length and acknowledgement.
 * Every byte of payload is a function of its sequence number, so whatever order, overlaps and cuts
 * are found, what is handed over must be that function; unless the payload is odd. */
#include <stdlib.h>

#include "stream/serial.h"
#include "stream/stream.h"

enum { MOST = 255 * 4, FLAGS_END = 64 };

struct check {
    uint64_t next[2]; /**< offset that must come next */
    bool lies;        /**< some payload is not what its sequence number says */
};

static uint8_t content(uint32_t seq)
{
    return (uint8_t)(seq * 2654435761U >> 24);
}

static void on_data(void *context, struct stream *stream, const struct stream_bytes *bytes)
{
    struct check *check = context;
    uint32_t seq = stream->sides[bytes->direction].next - bytes->data.len;
    if (bytes->offset && bytes->offset != check->next[bytes->direction])
        abort();
    check->next[bytes->direction] = bytes->offset + bytes->data.len;
    for (uint32_t i = 0; i < bytes->data.len && !check->lies; i++)
        if (bytes->data.data[i] != content(seq + i))
            abort();
}

static void on_gap(void *context, struct stream *stream, uint8_t direction, uint64_t offset,
                   uint64_t length)
{
    struct check *check = context;
    (void)stream;
    if ((offset && offset != check->next[direction]) || !length)
        abort();
    check->next[direction] = offset + length;
}

static void on_end(void *context, struct stream *stream, uint8_t direction)
{
    (void)context, (void)stream, (void)direction;
}

static void on_fault(void *context, struct stream *stream, uint8_t direction,
                     enum stream_fault fault, uint64_t offset)
{
    const struct check *check = context;
    (void)stream, (void)direction, (void)offset;
    if (fault == STREAM_FAULT_OVERLAP && !check->lies)
        abort();
}

static bool read_packet(struct cursor *in, struct check *check, uint8_t *payload,
                        struct stream_segment *out, uint8_t *direction)
{
    uint8_t shape, odd, seq, len, ack;
    if (!cursor_u8(in, &shape) || !cursor_u8(in, &odd) || !cursor_u8(in, &seq) ||
        !cursor_u8(in, &len) || !cursor_u8(in, &ack))
        return false;
    *direction = shape >> 7;
    *out = (struct stream_segment){.seq = UINT32_MAX - 300 + seq * 4U,
                                   .ack = UINT32_MAX - 300 + ack * 4U,
                                   .window = (uint16_t)(odd & 1 ? 16 : 4096),
                                   .flags = shape % FLAGS_END,
                                   .ttl = (uint8_t)(odd & 2 ? 3 : 64),
                                   .scale = (uint8_t)(odd & 4 ? 2 : STREAM_NO_SCALE)};
    if (odd & 8)
        out->seq += UINT32_C(0x20000000) * (odd >> 5);
    uint32_t wire = odd & 16 ? len : len * 4U, captured = odd & 32 ? wire / 2 : wire;
    bool lie = (odd & 0xc0) == 0xc0;
    check->lies |= lie;
    uint32_t first = out->seq + ((out->flags & SEGMENT_SYN) != 0);
    for (uint32_t i = 0; i < captured; i++)
        payload[i] = (uint8_t)(content(first + i) + lie);
    out->len = wire;
    out->data = cursor_of(payload, captured);
    return true;
}

static struct stream_options options_of(uint8_t byte)
{
    return (struct stream_options){
        .policy = (enum stream_policy)(byte % STREAM_POLICY_COUNT),
        .memory_cap = byte & 8 ? 1 << 20 : 4096,
        .side_cap = byte & 16 ? 1 << 19 : 2048,
        .segment_cap = byte & 32 ? 1000 : 3,
        .gap_packets = byte & 64 ? 100 : 2,
        .history_size = 8192,
        .wait_for_ack = byte & 128,
        .health = true,
    };
}

static void run(struct cursor *in, const struct stream_options *options)
{
    static uint8_t payload[MOST];
    struct check check = {0};
    struct stream_output output = {
        .context = &check, .data = on_data, .gap = on_gap, .end = on_end, .fault = on_fault};
    struct streams *streams = streams_new(options, &output);
    struct stream *stream = stream_new(streams, 0, NULL);
    struct part part = {0};
    struct stream_segment segment;
    uint8_t direction;
    arena_init(&part.arena);
    streams_enter(streams, &part);
    while (read_packet(in, &check, payload, &segment, &direction)) {
        stream_segment(streams, stream, direction, &segment, NULL);
        if (streams_memory(streams, 0) > options->memory_cap)
            abort();
    }
    stream_finish(streams, stream);
    if (streams_memory(streams, 0))
        abort();
    stream_free(streams, stream);
    for (struct retired *it = part.retired; it; it = it->next)
        it->release(it->buffer);
    arena_fini(&part.arena);
    streams_free(streams);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor in = cursor_of(data, size);
    uint8_t byte;
    if (!cursor_u8(&in, &byte))
        return 0;
    struct stream_options options = options_of(byte);
    run(&in, &options);
    return 0;
}
