// SPDX-License-Identifier: MIT OR Apache-2.0
#include "receiver.h"

#include <criterion/criterion.h>
#include <string.h>

struct stream_options receiver_options(void)
{
    return (struct stream_options){
        .policy = STREAM_BSD,
        .memory_cap = 1 << 20,
        .side_cap = 1 << 19,
        .segment_cap = 1000,
        .gap_packets = 3,
        .history_size = 1 << 16,
        .health = true,
    };
}

static void take(struct receiver *receiver, uint8_t direction, uint64_t offset, uint64_t len)
{
    cr_assert_eq(offset, receiver->base[direction] + receiver->len[direction],
                 "no byte is told twice or left out");
    cr_assert_leq(receiver->len[direction] + len, RECEIVER_CAP);
    receiver->len[direction] += len;
}

static void on_data(void *context, struct stream *stream, const struct stream_bytes *bytes)
{
    struct receiver *receiver = context;
    uint64_t at = receiver->len[bytes->direction];
    cr_assert_eq(stream, receiver->stream);
    cr_assert_gt(bytes->data.len, 0);
    take(receiver, bytes->direction, bytes->offset, bytes->data.len);
    memcpy(receiver->bytes[bytes->direction] + at, bytes->data.data, bytes->data.len);
    for (uint32_t i = 0; i < bytes->data.len; i++)
        receiver->packets[bytes->direction][at + i] = bytes->packet;
    receiver->last_gap = bytes->gap;
}

static void on_gap(void *context, struct stream *stream, uint8_t direction, uint64_t offset,
                   uint64_t length)
{
    struct receiver *receiver = context;
    (void)stream;
    cr_assert_gt(length, 0);
    memset(receiver->missing[direction] + receiver->len[direction], 1, length);
    take(receiver, direction, offset, length);
    receiver->gaps[direction]++;
}

static void on_end(void *context, struct stream *stream, uint8_t direction)
{
    struct receiver *receiver = context;
    (void)stream;
    receiver->ends[direction]++;
}

static void on_fault(void *context, struct stream *stream, uint8_t direction,
                     enum stream_fault fault, uint64_t offset)
{
    struct receiver *receiver = context;
    (void)stream;
    (void)direction;
    (void)offset;
    receiver->faults[fault]++;
}

void receiver_open(struct receiver *receiver, const struct stream_options *options)
{
    memset(receiver, 0, sizeof *receiver);
    struct stream_output output = {
        .context = receiver, .data = on_data, .gap = on_gap, .end = on_end, .fault = on_fault};
    receiver->streams = streams_new(options, &output);
    arena_init(&receiver->part.arena);
    streams_enter(receiver->streams, &receiver->part);
    receiver->stream = stream_new(receiver->streams, 7, receiver);
    cr_assert_eq(receiver->stream->owner, receiver);
}

void receiver_close(struct receiver *receiver)
{
    stream_free(receiver->streams, receiver->stream);
    for (struct retired *it = receiver->part.retired; it; it = it->next)
        it->release(it->buffer);
    arena_fini(&receiver->part.arena);
    streams_free(receiver->streams);
}

void receiver_feed(struct receiver *receiver, uint8_t direction,
                   const struct stream_segment *segment)
{
    struct stream_segment one = *segment;
    one.packet = ++receiver->number;
    one.ts_ns = (int64_t)receiver->number * 1000;
    stream_segment(receiver->streams, receiver->stream, direction, &one, NULL);
}

void receiver_data(struct receiver *receiver, uint8_t direction, uint32_t seq, const char *text)
{
    struct stream_segment segment = {
        .data = cursor_of(text, strlen(text)),
        .len = (uint32_t)strlen(text),
        .seq = seq,
        .checksum = (uint16_t)receiver->number, // no copies of a packet
        .ttl = 64,
        .scale = STREAM_NO_SCALE,
    };
    receiver_feed(receiver, direction, &segment);
}

void receiver_ack(struct receiver *receiver, uint8_t direction, uint32_t seq, uint32_t ack,
                  uint16_t window)
{
    struct stream_segment segment = {.seq = seq,
                                     .ack = ack,
                                     .window = window,
                                     .flags = SEGMENT_ACK,
                                     .ttl = 64,
                                     .scale = STREAM_NO_SCALE};
    receiver_feed(receiver, direction, &segment);
}

void receiver_handshake(struct receiver *receiver, uint16_t window)
{
    struct stream_segment syn = {
        .seq = 1000, .window = window, .flags = SEGMENT_SYN, .ttl = 64, .scale = STREAM_NO_SCALE};
    receiver_feed(receiver, PALUA_ORIG, &syn);
    syn.seq = 5000;
    syn.ack = 1001;
    syn.flags |= SEGMENT_ACK;
    receiver_feed(receiver, PALUA_RESP, &syn);
    receiver_ack(receiver, PALUA_ORIG, 1001, 5001, window);
}

void receiver_expect(const struct receiver *receiver, uint8_t direction, const char *text)
{
    uint64_t len = strlen(text);
    cr_expect_eq(receiver->len[direction], len, "%llu bytes instead of '%s'",
                 (unsigned long long)receiver->len[direction], text);
    for (uint64_t i = 0; i < len && i < receiver->len[direction]; i++) {
        char got = receiver->missing[direction][i] ? '_' : (char)receiver->bytes[direction][i];
        cr_expect_eq(got, text[i], "byte %llu of '%s' is '%c'", (unsigned long long)i, text, got);
    }
}
