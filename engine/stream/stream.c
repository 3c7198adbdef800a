// SPDX-License-Identifier: MIT OR Apache-2.0
#include "stream/stream.h"

#include <stddef.h>
#include <string.h>

#include "base/memory.h"
#include "stream/streams.h"

enum { POOL_CHUNK = 256, SCALE_MOST = 14 };

const char *stream_fault_name(enum stream_fault fault)
{
    static const char *const names[] = {
#define X(code, name, text) name,
        STREAM_FAULT_LIST(X)
#undef X
    };
    return names[fault];
}

const char *stream_fault_text(enum stream_fault fault)
{
    static const char *const texts[] = {
#define X(code, name, text) text,
        STREAM_FAULT_LIST(X)
#undef X
    };
    return texts[fault];
}

struct streams *streams_new(const struct stream_options *options,
                            const struct stream_output *output)
{
    struct streams *streams = memory_zalloc(1, sizeof *streams);
    streams->options = *options;
    streams->output = *output;
    for (int i = 0; i < SHARD_COUNT; i++) {
        ring_init(&streams->shards[i].waiting);
        stream_history_init(&streams->shards[i].history, options->history_size);
    }
    return streams;
}

void streams_free(struct streams *streams)
{
    if (!streams)
        return;
    for (int i = 0; i < SHARD_COUNT; i++)
        stream_history_fini(&streams->shards[i].history);
    for (size_t i = 0; i < streams->chunk_count; i++)
        memory_free(streams->chunks[i]);
    memory_free((void *)streams->chunks);
    memory_free(streams);
}

void streams_enter(struct streams *streams, struct part *part)
{
    streams->part = part;
}

void streams_counters(const struct streams *streams, struct stream_counters *out)
{
    *out = streams->counters;
}

void stream_counters_add(struct stream_counters *into, const struct stream_counters *from)
{
    into->streams += from->streams;
    into->bytes += from->bytes;
    into->gaps += from->gaps;
    into->missed += from->missed;
    into->early += from->early;
    into->retransmitted += from->retransmitted;
    into->shed += from->shed;
    into->refused += from->refused;
    into->unread += from->unread;
    into->faults += from->faults;
}

uint64_t streams_memory(const struct streams *streams, uint8_t shard)
{
    return streams->shards[shard].memory;
}

static void refill(struct streams *streams)
{
    struct stream *chunk =
        memory_aligned(_Alignof(struct stream), memory_mul(POOL_CHUNK, sizeof *chunk));
    streams->chunks = memory_grow((void *)streams->chunks, &streams->chunk_cap,
                                  streams->chunk_count + 1, sizeof *streams->chunks);
    streams->chunks[streams->chunk_count++] = chunk;
    for (size_t i = POOL_CHUNK; i-- > 0;) {
        chunk[i].owner = streams->free;
        streams->free = &chunk[i];
    }
}

static struct stream_health *new_health(void)
{
    struct stream_health *health = memory_zalloc(1, sizeof *health);
    health->syn_ns = health->answer_ns = INT64_MIN;
    health->rtt_ns = -1;
    return health;
}

struct stream *stream_new(struct streams *streams, uint8_t shard, void *owner)
{
    if (!streams->free)
        refill(streams);
    struct stream *stream = streams->free;
    streams->free = stream->owner;
    *stream = (struct stream){.owner = owner, .shard = shard};
    if (streams->options.health)
        stream->health = new_health();
    streams->counters.streams++;
    return stream;
}

void stream_free(struct streams *streams, struct stream *stream)
{
    for (uint8_t i = 0; i < 2; i++)
        side_fini(&stream->sides[i]);
    memory_free(stream->health);
    stream->owner = streams->free;
    streams->free = stream;
}

static struct stream_work work_on(struct streams *streams, struct stream *stream, uint8_t direction)
{
    return (struct stream_work){
        .streams = streams,
        .stream = stream,
        .side = &stream->sides[direction],
        .direction = direction,
    };
}

void stream_finish(struct streams *streams, struct stream *stream)
{
    for (uint8_t i = 0; i < 2; i++) {
        struct stream_work work = work_on(streams, stream, i);
        side_finish(&work);
    }
}

/** The shard is over its cap: whoever has been holding segments longest pays. */
static void enforce_cap(struct streams *streams, const struct stream_shard *shard)
{
    while (shard->memory > streams->options.memory_cap && !ring_empty(&shard->waiting)) {
        struct stream *stream = (struct stream *)(void *)((char *)shard->waiting.next -
                                                          offsetof(struct stream, waiting));
        uint8_t i = stream->sides[0].early && stream->sides[0].early->count ? 0 : 1;
        struct stream_work work = work_on(streams, stream, i);
        side_relieve(&work);
    }
}

static void raise_fault(const struct stream_work *work, enum stream_fault fault, uint64_t offset)
{
    struct streams *streams = work->streams;
    streams->counters.faults++;
    streams->output.fault(streams->output.context, work->stream, work->direction, fault, offset);
}

/** The connection is over and another one begins between the same ends. */
static void begin_anew(const struct stream_work *work, uint32_t next, uint32_t peer_next)
{
    struct stream_side *sides = work->stream->sides;
    stream_finish(work->streams, work->stream);
    for (uint8_t i = 0; i < 2; i++) {
        struct stream_buffer *early = sides[i].early;
        sides[i] = (struct stream_side){.early = early};
        side_start(work->stream, i, i == work->direction ? next : peer_next);
        sides[i].synchronised = true;
    }
}

static void take_scale(struct stream_side *side, const struct stream_segment *segment)
{
    side->scale_known = true;
    side->scale = segment->scale;
}

/** A SYN in a connection that has one already, with another sequence number. RFC 9293 section
 * 3.10.7.4 has the receiver answer with an ACK and go on; a capture may lack the end of one
 * connection and the next begin. What comes then tells which. */
static void take_other_syn(const struct stream_work *work, const struct stream_segment *segment)
{
    const struct stream_side *peer = &work->stream->sides[!work->direction];
    struct stream_rest *rest = work->stream->rest;
    uint32_t next = segment->seq + 1;
    if (segment->flags & SEGMENT_ACK && peer->has_candidate &&
        segment->ack == rest[!work->direction].candidate) {
        begin_anew(work, next, rest[!work->direction].candidate);
        take_scale(work->side, segment);
        return;
    }
    if (!work->side->has_candidate || rest[work->direction].candidate != next)
        raise_fault(work, STREAM_FAULT_BAD_SYN, work->side->offset);
    work->side->has_candidate = true;
    rest[work->direction].candidate = next;
}

static void take_syn(const struct stream_work *work, const struct stream_segment *segment)
{
    struct stream_side *side = work->side;
    uint32_t next = segment->seq + 1;
    bool untouched = !side->offset && !(side->early && side->early->count);
    if (!side->started || (!side->synchronised && untouched)) {
        side_start(work->stream, work->direction, next);
        side->synchronised = true;
        take_scale(side, segment);
    } else if (side->next - (uint32_t)side->offset != next) {
        take_other_syn(work, segment);
    }
}

/** The shift of the window in a segment; what is not known is taken for the largest there can be,
 * so that nothing is doubted without a reason (RFC 7323 section 2.2: both SYNs must have it). */
static uint8_t shift_of(const struct stream_side *side, const struct stream_side *peer)
{
    if (!side->scale_known)
        return peer->scale_known && peer->scale == STREAM_NO_SCALE ? 0 : SCALE_MOST;
    if (side->scale == STREAM_NO_SCALE || (peer->scale_known && peer->scale == STREAM_NO_SCALE))
        return 0;
    return side->scale;
}

/** What a segment says of the other direction. */
static void take_ack(const struct stream_work *work, const struct stream_segment *segment)
{
    const struct stream_side *side = work->side;
    struct stream_work other = work_on(work->streams, work->stream, !work->direction);
    if (!(segment->flags & SEGMENT_ACK) || segment->flags & SEGMENT_RST)
        return;
    if (!other.side->started)
        side_start(work->stream, !work->direction, segment->ack);
    uint8_t shift = segment->flags & SEGMENT_SYN ? 0 : shift_of(side, other.side);
    side_acked(&other, segment->ack, (uint32_t)segment->window << shift);
}

static void take_reset(const struct stream_work *work, const struct stream_segment *segment)
{
    const struct stream_side *side = work->side;
    if (!side->started)
        return;
    int64_t at = side_offset(side, segment->seq);
    bool near = serial_near(segment->seq, side->next);
    if (!near || at < (int64_t)side->acked || (uint64_t)at > side->edge)
        raise_fault(work, STREAM_FAULT_BAD_RST, side->offset);
}

/** Whether the receiver may not have got it: the route to it takes fewer hops than the TTL allows
 * for all others (Ptacek and Newsham, "Insertion, Evasion, and Denial of Service", 1998). */
static bool is_short_lived(struct stream_side *side, const struct stream_segment *segment)
{
    if (segment->ttl < side->ttl)
        return true;
    side->ttl = segment->ttl;
    return false;
}

/** Where payload begins if nothing of the direction was seen before: at the first of it. Segments
 * that were captured in the wrong order may come before. */
static void pick_up(const struct stream_work *work, uint32_t seq)
{
    struct stream_side *side = work->side;
    bool untouched = !side->synchronised && !side->offset && !(side->early && side->early->count);
    if (!side->started || (untouched && !serial_near(seq, side->next)))
        side_start(work->stream, work->direction, seq);
    else if (untouched && serial_distance(seq, side->next) < -1) {
        bool heard = side->heard;
        uint64_t back = side->next - seq, acked = side->acked, edge = side->edge;
        side_start(work->stream, work->direction, seq);
        side->heard = heard;
        side->acked = acked + back;
        side->edge = edge == UINT64_MAX ? edge : edge + back;
    }
}

static enum stream_kind take_payload(const struct stream_work *work, struct stream_segment segment,
                                     bool short_lived)
{
    struct stream_side *side = work->side;
    bool syn = segment.flags & SEGMENT_SYN;
    segment.seq += syn;
    if (!syn)
        pick_up(work, segment.seq);
    uint32_t candidate = work->stream->rest[work->direction].candidate;
    if (side->has_candidate && segment.seq == candidate &&
        (!serial_near(segment.seq, side->next) || !side->heard))
        begin_anew(work, candidate, work->stream->sides[!work->direction].next);
    if (!serial_near(segment.seq, side->next)) {
        raise_fault(work, STREAM_FAULT_OUTSIDE_WINDOW, side->offset);
        return STREAM_NEW;
    }
    if (short_lived)
        side->low_ttl = segment.ttl;
    return side_take(work, &segment, short_lived || syn);
}

/** Whether the same packet was captured a moment ago: as a mirror port that copies what comes in
 * and what goes out has it. A retransmission is a packet of its own: with another IP id; IPv6 has
 * none, but then timestamps or acknowledgements change the checksum. */
static bool is_copy(struct stream_health *health, uint8_t direction,
                    const struct stream_segment *segment, const struct palua_packet *packet)
{
    uint64_t place = (uint64_t)segment->seq << 32 | segment->checksum;
    uint32_t id = 0;
    if (packet && !stream_segment_ip_id(packet, &id))
        id = 0;
    uint64_t kind = (uint64_t)id << 40 | (uint64_t)segment->ttl << 32 | segment->len;
    for (int i = 0; i < STREAM_RECENT; i++)
        if (health->recent[direction][i].place == place &&
            health->recent[direction][i].kind == kind)
            return true;
    uint32_t at = health->next_recent[direction]++ % STREAM_RECENT;
    health->recent[direction][at].place = place;
    health->recent[direction][at].kind = kind;
    return false;
}

static void measure_handshake(struct stream_health *health, const struct stream_segment *segment)
{
    unsigned flags = segment->flags & (SEGMENT_SYN | SEGMENT_ACK | SEGMENT_RST);
    int64_t now_ns = segment->ts_ns;
    if (flags == SEGMENT_SYN && health->answer_ns == INT64_MIN)
        health->syn_ns = now_ns; // the last one: an earlier one may have been lost
    else if (flags == (SEGMENT_SYN | SEGMENT_ACK) && health->syn_ns != INT64_MIN)
        health->answer_ns = now_ns;
    else if (flags == SEGMENT_ACK && health->answer_ns != INT64_MIN && health->rtt_ns < 0 &&
             __builtin_sub_overflow(now_ns, health->syn_ns, &health->rtt_ns))
        health->rtt_ns = -1;
}

static void tally(struct tcp_tally *tally, const struct stream_side *side,
                  const struct stream_segment *segment, uint32_t next, enum stream_kind kind)
{
    unsigned flags = segment->flags;
    bool bare = !(flags & (SEGMENT_SYN | SEGMENT_FIN | SEGMENT_RST));
    tally->resets += (flags & SEGMENT_RST) != 0;
    tally->zero_windows += bare && !segment->window;
    tally->segments += segment->len != 0;
    if (bare && side->started && segment->len <= 1 && segment->seq + 1 == next) {
        tally->keepalives++;
    } else if (segment->len && kind == STREAM_RETRANSMITTED) {
        tally->retransmitted++;
        tally->retransmitted_bytes += segment->len;
    }
    tally->out_of_order += segment->len && kind == STREAM_OUT_OF_ORDER;
}

/** Counts a segment. @param next  the side's next sequence number before it came */
static void take_health(const struct stream_work *work, const struct stream_segment *segment,
                        const struct palua_packet *packet, uint32_t next, enum stream_kind kind)
{
    struct stream_health *health = work->stream->health;
    struct tcp_tally *out = &health->tallies[work->direction];
    if (segment->len && is_copy(health, work->direction, segment, packet)) {
        out->duplicates++;
        return;
    }
    measure_handshake(health, segment);
    tally(out, work->side, segment, next, kind);
}

void stream_segment(struct streams *streams, struct stream *stream, uint8_t direction,
                    const struct stream_segment *segment, const struct palua_packet *packet)
{
    struct stream_work work = work_on(streams, stream, direction);
    uint32_t next = work.side->next;
    enum stream_kind kind = STREAM_NEW;
    if (segment->flags & SEGMENT_SYN && !(segment->flags & SEGMENT_RST))
        take_syn(&work, segment);
    take_ack(&work, segment);
    work.side->established |= !(segment->flags & (SEGMENT_SYN | SEGMENT_RST));
    // RFC 9293 section 3.10.7.3: what a RST carries is no data.
    if (segment->flags & SEGMENT_RST) {
        take_reset(&work, segment);
    } else {
        bool short_lived = is_short_lived(work.side, segment);
        if (segment->len)
            kind = take_payload(&work, *segment, short_lived);
    }
    if ((segment->flags & (SEGMENT_FIN | SEGMENT_RST)) == SEGMENT_FIN && work.side->started)
        side_fin(&work, segment->seq + ((segment->flags & SEGMENT_SYN) != 0) + segment->len);
    streams->counters.retransmitted += kind == STREAM_RETRANSMITTED;
    if (stream->health)
        take_health(&work, segment, packet, next, kind);
    if (stream->waits)
        for (uint8_t i = 0; i < 2; i++) {
            work = work_on(streams, stream, i);
            side_age(&work);
        }
    enforce_cap(streams, &streams->shards[stream->shard]);
}
