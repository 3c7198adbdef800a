// SPDX-License-Identifier: MIT OR Apache-2.0
#include "stream/side.h"

#include "base/memory.h"
#include "stream/streams.h"

#define NONE UINT64_MAX

void side_start(struct stream *stream, uint8_t direction, uint32_t next)
{
    struct stream_side *side = &stream->sides[direction];
    side->next = next;
    side->offset = side->gap = side->acked = side->highest = 0;
    stream->rest[direction].history = 0;
    stream->rest[direction].age = 0;
    side->edge = side->fin = NONE;
    side->started = true;
    side->ended = false;
}

static struct stream_rest *rest_of(const struct stream_work *work)
{
    return &work->stream->rest[work->direction];
}

static void raise_fault(const struct stream_work *work, enum stream_fault fault, uint64_t offset)
{
    work->streams->counters.faults++;
    work->streams->output.fault(work->streams->output.context, work->stream, work->direction, fault,
                                offset);
}

/** Bytes that are next in order. */
static void deliver(const struct stream_work *work, struct stream_bytes *bytes)
{
    struct streams *streams = work->streams;
    struct stream_side *side = work->side;
    bytes->offset = side->offset;
    bytes->gap = side->gap;
    bytes->direction = work->direction;
    streams->counters.bytes += bytes->data.len;
    if (streams->options.history_size)
        stream_history_add(&stream_shard_of(work)->history, &rest_of(work)->history, side->offset,
                           cursor_of(bytes->data.data, bytes->data.len));
    side->gap = 0;
    rest_of(work)->age = 0;
    side->offset += bytes->data.len;
    side->next += bytes->data.len;
    if (side->highest < side->offset)
        side->highest = side->offset;
    streams->output.data(streams->output.context, work->stream, bytes);
}

/** Bytes that will not come. */
static void miss(const struct stream_work *work, uint64_t length)
{
    struct streams *streams = work->streams;
    struct stream_side *side = work->side;
    uint64_t offset = side->offset;
    if (!length)
        return;
    streams->counters.gaps++;
    streams->counters.missed += length;
    if (work->stream->health)
        work->stream->health->tallies[work->direction].missed += length;
    side->gap += length;
    rest_of(work)->age = 0;
    side->offset += length;
    side->next += (uint32_t)length;
    streams->output.gap(streams->output.context, work->stream, work->direction, offset, length);
}

/** Keeps the books when what a direction holds has changed. */
static void account(const struct stream_work *work, uint64_t before)
{
    struct stream_shard *shard = stream_shard_of(work);
    struct stream *stream = work->stream;
    if (!work->side->early->count)
        stream_buffer_fini(work->side->early); // who waits for nothing costs nothing
    shard->memory = shard->memory - before + work->side->early->memory;
    bool waits = false;
    for (int i = 0; i < 2; i++)
        waits |= stream->sides[i].early && stream->sides[i].early->count;
    if (waits == stream->waits)
        return;
    stream->waits = waits;
    if (waits)
        ring_add(&shard->waiting, &stream->waiting);
    else
        ring_remove(&stream->waiting);
}

/** The first piece goes to the output. */
static void deliver_first(const struct stream_work *work)
{
    struct stream_buffer *early = work->side->early;
    uint64_t before = early->memory;
    struct stream_piece piece = stream_buffer_take(early, work->streams->part);
    account(work, before);
    if (!piece.data) {
        miss(work, piece.end - piece.start);
        return;
    }
    struct stream_bytes bytes = {
        .data = {.data = piece.data, .len = (uint32_t)(piece.end - piece.start)},
        .packet = piece.chunk->packet,
        .ts_ns = piece.chunk->ts_ns,
    };
    deliver(work, &bytes);
}

static void drop_first(const struct stream_work *work)
{
    struct stream_buffer *early = work->side->early;
    const struct stream_piece *first = stream_buffer_peek(early);
    uint64_t before = early->memory;
    work->streams->counters.refused += first->end - first->start;
    stream_buffer_drop(early);
    account(work, before);
}

static void split_first(const struct stream_work *work, uint64_t end)
{
    uint64_t before = work->side->early->memory;
    stream_buffer_split(work->side->early, end);
    account(work, before);
}

static const struct stream_piece *first_of(const struct stream_side *side)
{
    return side->early ? stream_buffer_peek(side->early) : NULL;
}

/** How far a piece may be handed over. */
static uint64_t limit_of(const struct stream_work *work, const struct stream_piece *piece)
{
    const struct stream_side *side = work->side;
    if (work->streams->options.wait_for_ack)
        return side->heard ? side->acked : 0;
    if (!piece->weak)
        return NONE;
    if (!side->heard)
        return side->established ? side->fin : 0;
    return side->acked < side->fin ? side->acked : side->fin;
}

/** What the receiver has taken with a lower TTL is as good as the rest from now on. */
static void trust_ttl(struct stream_side *side)
{
    if (!side->contested && side->low_ttl)
        side->ttl = side->low_ttl;
    side->low_ttl = 0;
}

static void tell_end(const struct stream_work *work)
{
    const struct stream_output *output = &work->streams->output;
    if (work->side->ended)
        return;
    work->side->ended = true;
    output->end(output->context, work->stream, work->direction);
}

void side_drain(const struct stream_work *work)
{
    struct stream_side *side = work->side;
    const struct stream_piece *first;
    while ((first = first_of(side))) {
        uint64_t limit = limit_of(work, first);
        if (first->start > side->offset || first->start >= limit)
            break;
        if (first->end > limit)
            split_first(work, limit);
        else if (first->weak)
            trust_ttl(side);
        deliver_first(work);
    }
    if (side->offset == side->fin && (side->acked > side->fin || !side->heard))
        tell_end(work);
}

/** Gives up the hole before the first piece. */
static void skip_hole(const struct stream_work *work)
{
    miss(work, first_of(work->side)->start - work->side->offset);
    side_drain(work);
}

void side_age(const struct stream_work *work)
{
    struct stream_side *side = work->side;
    const struct stream_piece *first = first_of(side);
    if (!first || first->start <= side->offset || side->acked < first->start) {
        rest_of(work)->age = 0;
        return;
    }
    if (++rest_of(work)->age > work->streams->options.gap_packets)
        skip_hole(work);
}

static bool drop_weak(const struct stream_work *work)
{
    struct stream_buffer *early = work->side->early;
    uint64_t before = early->memory;
    uint64_t dropped = stream_buffer_drop_weak(early);
    work->streams->counters.refused += dropped;
    account(work, before);
    return dropped != 0;
}

void side_relieve(const struct stream_work *work)
{
    struct stream_side *side = work->side;
    const struct stream_piece *first = first_of(side);
    work->streams->counters.shed++;
    if (first->weak && first->start == side->offset && first->start < side->fin &&
        !side->contested) {
        side->edge = NONE; // nobody contradicts: rather its acknowledgements were not captured
    } else if (drop_weak(work)) {
        return;
    } else if (first->start > side->offset) {
        miss(work, first->start - side->offset);
    }
    deliver_first(work); // also if it waits for an acknowledgement
    side_drain(work);
}

/** A direction over its own cap. */
static void enforce_cap(const struct stream_work *work)
{
    const struct stream_options *options = &work->streams->options;
    const struct stream_buffer *early = work->side->early;
    while (early->count &&
           (early->memory > options->side_cap || early->count > options->segment_cap))
        side_relieve(work);
}

/** @return what was found, a set of enum stream_finding */
static unsigned hold(const struct stream_work *work, const struct stream_run *run)
{
    struct stream_side *side = work->side;
    if (run->start >= run->end)
        return 0;
    if (!side->early)
        side->early = memory_zalloc(1, sizeof *side->early);
    uint64_t before = side->early->memory;
    unsigned found = stream_buffer_add(side->early, run, work->streams->options.policy);
    account(work, before);
    work->streams->counters.early++;
    if (found & STREAM_CONFLICT) {
        side->contested |= (found & STREAM_CONTESTED) != 0;
        raise_fault(work, STREAM_FAULT_OVERLAP, run->start);
    }
    return found;
}

/** The run from `start` on. */
static struct stream_run run_from(struct stream_run run, uint64_t start)
{
    if (start >= run.end)
        start = run.end;
    uint64_t skipped = start - run.start;
    size_t captured = cursor_left(&run.bytes);
    run.bytes.pos += skipped < captured ? skipped : captured;
    run.start = start;
    return run;
}

static struct stream_run run_until(struct stream_run run, uint64_t end)
{
    if (end < run.end) {
        run.end = end > run.start ? end : run.start;
        cursor_clip(&run.bytes, run.end - run.start);
    }
    return run;
}

/** Bytes that came before: compared with what is remembered. A keep-alive's byte is no byte of the
 * stream (RFC 9293 section 3.8.4). */
static void compare(const struct stream_work *work, const struct stream_run *run, bool keepalive)
{
    if (!work->streams->options.history_size || keepalive)
        return;
    if (stream_history_differs(&stream_shard_of(work)->history, rest_of(work)->history, run->start,
                               run->bytes))
        raise_fault(work, STREAM_FAULT_OVERLAP, run->start);
}

/** How far the receiver takes bytes for sure. */
static uint64_t sure_end(const struct stream_work *work, const struct stream_run *run)
{
    const struct stream_side *side = work->side;
    uint64_t end = run->end;
    if (end > side->fin) {
        raise_fault(work, STREAM_FAULT_AFTER_FIN, side->fin);
        end = side->fin;
    }
    if (end > side->edge) {
        // One byte may be a zero window probe (RFC 9293 section 3.8.6.1).
        if (end - side->edge > 1)
            raise_fault(work, STREAM_FAULT_OUTSIDE_WINDOW, run->start);
        end = side->edge;
    }
    return end;
}

/** What cannot be handed over at once. @return whether some of it came before */
static bool take_early(const struct stream_work *work, struct stream_run run)
{
    uint64_t sure = run.weak ? run.end : sure_end(work, &run);
    struct stream_run doubtful = run_from(run, sure > run.start ? sure : run.start);
    unsigned found = 0;
    run = run_until(run, sure);
    found |= hold(work, &run);
    doubtful.weak = true;
    found |= hold(work, &doubtful);
    side_drain(work);
    if (work->side->early)
        enforce_cap(work);
    return found & STREAM_OVERLAP;
}

/** Whether the run can be handed over as it is. */
static bool is_next(const struct stream_work *work, const struct stream_run *run)
{
    const struct stream_side *side = work->side;
    return run->start == side->offset && !run->weak && !(side->early && side->early->count) &&
           run->end <= side->edge && run->end <= side->fin &&
           run->end - run->start == cursor_left(&run->bytes) &&
           !work->streams->options.wait_for_ack;
}

static void deliver_view(const struct stream_work *work, const struct stream_run *run)
{
    struct stream_bytes bytes = {
        .data = {.data = run->bytes.pos, .len = (uint32_t)cursor_left(&run->bytes)},
        .packet = run->packet,
        .ts_ns = run->ts_ns,
    };
    deliver(work, &bytes);
}

static bool is_keepalive(const struct stream_side *side, const struct stream_segment *segment)
{
    return segment->len <= 1 && segment->seq + 1 == side->next;
}

enum stream_kind side_take(const struct stream_work *work, const struct stream_segment *segment,
                           bool weak)
{
    struct stream_side *side = work->side;
    int64_t at = side_offset(side, segment->seq);
    struct stream_run run = {
        .bytes = segment->data,
        .packet = segment->packet,
        .ts_ns = segment->ts_ns,
        .weak = weak,
    };
    uint64_t before = at < 0 ? (uint64_t)-at : 0; // bytes that lie before the first one
    run.start = at < 0 ? 0 : (uint64_t)at;
    run.end = run.start + segment->len - (before < segment->len ? before : segment->len);
    run.bytes.pos += before < cursor_left(&run.bytes) ? before : cursor_left(&run.bytes);
    bool again = before || run.start<side->offset, behind = run.end> side->highest;
    if (run.start < side->offset) {
        struct stream_run known = run_until(run, side->offset);
        compare(work, &known, is_keepalive(side, segment));
        run = run_from(run, side->offset);
    }
    if (behind)
        side->highest = run.end;
    if (run.start < run.end) {
        if (is_next(work, &run))
            deliver_view(work, &run);
        else
            again |= take_early(work, run);
    }
    if (again)
        return STREAM_RETRANSMITTED;
    return behind ? STREAM_NEW : STREAM_OUT_OF_ORDER;
}

void side_fin(const struct stream_work *work, uint32_t seq)
{
    struct stream_side *side = work->side;
    if (!serial_near(seq, side->next))
        return;
    int64_t at = side_offset(side, seq);
    bool fits = at >= 0 && (uint64_t)at >= side->acked && (uint64_t)at <= side->edge;
    if ((uint64_t)at == side->fin)
        return;
    if (!fits || side->fin != NONE) {
        raise_fault(work, STREAM_FAULT_BAD_FIN, at < 0 ? 0 : (uint64_t)at);
        return;
    }
    side->fin = (uint64_t)at;
    side_drain(work);
}

void side_acked(const struct stream_work *work, uint32_t ack, uint32_t window)
{
    struct stream_side *side = work->side;
    if (!serial_near(ack, side->next))
        return;
    int64_t at = side_offset(side, ack);
    if (at < 0)
        return;
    uint64_t acked = (uint64_t)at;
    side->heard = true;
    if (window != UINT32_MAX && (side->edge == NONE || acked + window > side->edge))
        side->edge = acked + window;
    if (acked <= side->acked)
        return;
    side->acked = acked;
    // A FIN that what was acknowledged reaches beyond was not taken.
    if (side->fin != NONE && acked > side->fin + 1)
        side->fin = NONE;
    if (side->early || side->fin != NONE)
        side_drain(work);
}

/** Pieces in doubt end with the stream, unless they follow directly on what is sure and nothing of
 * the kind was contradicted. */
static bool is_believed(const struct stream_side *side, const struct stream_piece *piece)
{
    return !piece->weak ||
           (piece->start <= side->offset && piece->start < side->fin && !side->contested);
}

void side_finish(const struct stream_work *work)
{
    struct stream_side *side = work->side;
    const struct stream_piece *first;
    if (!side->started)
        return;
    side_drain(work);
    while ((first = first_of(side))) {
        if (!is_believed(side, first)) {
            drop_first(work);
            continue;
        }
        if (first->start > side->offset)
            miss(work, first->start - side->offset);
        if (first->weak && first->end > side->fin)
            split_first(work, side->fin);
        deliver_first(work);
    }
    uint64_t end = side->acked < side->fin ? side->acked : side->fin;
    if (side->fin != NONE && side->fin > end)
        end = side->fin;
    if (end > side->offset)
        miss(work, end - side->offset);
    tell_end(work);
}

void side_fini(struct stream_side *side)
{
    if (side->early)
        stream_buffer_fini(side->early);
    memory_free(side->early);
    side->early = NULL;
}
