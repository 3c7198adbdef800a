// SPDX-License-Identifier: MIT OR Apache-2.0
#include "stream/buffer.h"

#include <string.h>

#include "base/memory.h"

/** What takes the place of the pieces [first, first + count) that a run touches. */
struct exchange {
    const struct stream_run *run;
    struct stream_chunk *chunk; /**< of the run */
    struct stream_piece *made;
    size_t made_count;
    size_t first;
    size_t count;
};

static uint64_t captured_end(const struct stream_run *run)
{
    return run->start + cursor_left(&run->bytes);
}

/** Index of the first piece that ends behind `at`. */
static size_t find(const struct stream_buffer *buffer, uint64_t at)
{
    size_t low = buffer->first, high = buffer->first + buffer->count;
    // Most segments come behind all others.
    if (low < high && buffer->pieces[high - 1].end <= at)
        return high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (buffer->pieces[middle].end > at)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void release_chunk(struct stream_buffer *buffer, struct stream_chunk *chunk)
{
    if (--chunk->pieces)
        return;
    buffer->memory -= chunk->size;
    memory_free(chunk);
}

static void make(struct exchange *exchange, struct stream_piece piece)
{
    if (piece.start >= piece.end)
        return;
    piece.chunk->pieces++;
    exchange->made[exchange->made_count++] = piece;
}

/** A run of the new segment's bytes, joined to the one before it where both touch. */
static void make_new(struct exchange *exchange, uint64_t start, uint64_t end, bool hollow)
{
    const struct stream_run *run = exchange->run;
    struct stream_piece *last =
        exchange->made_count ? &exchange->made[exchange->made_count - 1] : NULL;
    if (start >= end)
        return;
    if (last && last->chunk == exchange->chunk && last->end == start && !last->data == hollow) {
        last->end = end;
        return;
    }
    make(exchange, (struct stream_piece){
                       .start = start,
                       .end = end,
                       .data = hollow ? NULL : exchange->chunk->data + (start - run->start),
                       .chunk = exchange->chunk,
                       .weak = run->weak,
                   });
}

/** The bytes [start, end) of the run, of which the capture may have only the first. */
static void make_run(struct exchange *exchange, uint64_t start, uint64_t end)
{
    uint64_t seen = captured_end(exchange->run);
    make_new(exchange, start, end < seen ? end : seen, false);
    make_new(exchange, start > seen ? start : seen, end, true);
}

static void make_old(struct exchange *exchange, struct stream_piece old, uint64_t start,
                     uint64_t end)
{
    if (start >= end)
        return;
    if (old.data)
        old.data += start - old.start;
    old.start = start;
    old.end = end;
    make(exchange, old);
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static bool replaces(const struct stream_run *run, const struct stream_piece *old, bool hollow,
                     enum stream_policy policy)
{
    if (!old->data != hollow)
        return !hollow;
    if (old->weak != run->weak)
        return old->weak;
    return stream_policy_replaces(policy, run->start, run->end, old->start, old->end);
}

/** Decides who keeps the bytes [start, end) that the run shares with one piece. */
static void settle(struct exchange *exchange, const struct stream_piece *old, uint64_t start,
                   uint64_t end, enum stream_policy policy)
{
    uint64_t seen = later(start, earlier(end, captured_end(exchange->run)));
    if (replaces(exchange->run, old, false, policy))
        make_run(exchange, start, seen);
    else
        make_old(exchange, *old, start, seen);
    if (replaces(exchange->run, old, true, policy))
        make_run(exchange, seen, end);
    else
        make_old(exchange, *old, seen, end);
}

static void settle_all(struct exchange *exchange, const struct stream_buffer *buffer,
                       enum stream_policy policy)
{
    uint64_t at = exchange->run->start, run_end = exchange->run->end;
    for (size_t i = 0; i < exchange->count; i++) {
        const struct stream_piece *old = &buffer->pieces[exchange->first + i];
        uint64_t start = later(at, old->start), end = earlier(run_end, old->end);
        make_old(exchange, *old, old->start, start);
        make_run(exchange, at, start);
        settle(exchange, old, start, end, policy);
        make_old(exchange, *old, end, old->end);
        at = end;
    }
    make_run(exchange, at, run_end);
}

/** Pieces that a decision cut in two though both halves stay are one piece. */
static void join(struct exchange *exchange)
{
    size_t kept = 0;
    for (size_t i = 0; i < exchange->made_count; i++) {
        struct stream_piece *at = &exchange->made[i], *last = kept ? at - (i - kept) - 1 : NULL;
        if (last && last->chunk == at->chunk && last->end == at->start &&
            !last->data == !at->data && last->weak == at->weak) {
            last->end = at->end;
            at->chunk->pieces--;
            continue;
        }
        exchange->made[kept++] = *at;
    }
    exchange->made_count = kept;
}

static bool disagrees(const struct stream_run *run, const struct stream_piece *old)
{
    uint64_t start = later(run->start, old->start);
    uint64_t end = earlier(captured_end(run), old->end);
    return old->data && start < end &&
           memcmp(old->data + (start - old->start), run->bytes.pos + (start - run->start),
                  end - start) != 0;
}

static unsigned compare(const struct stream_buffer *buffer, const struct exchange *exchange)
{
    unsigned found = exchange->count ? STREAM_OVERLAP : 0;
    for (size_t i = 0; i < exchange->count; i++) {
        const struct stream_piece *old = &buffer->pieces[exchange->first + i];
        if (disagrees(exchange->run, old))
            found |= old->weak || exchange->run->weak ? STREAM_CONFLICT | STREAM_CONTESTED
                                                      : STREAM_CONFLICT;
    }
    return found;
}

/** Room for `count` pieces in all, at the array's start. */
static void reserve(struct stream_buffer *buffer, size_t count, size_t *index)
{
    if (buffer->first + count <= buffer->cap)
        return;
    if (buffer->first)
        memmove(buffer->pieces, buffer->pieces + buffer->first,
                buffer->count * sizeof *buffer->pieces);
    *index -= buffer->first;
    buffer->first = 0;
    size_t cap = buffer->cap;
    buffer->pieces = memory_grow(buffer->pieces, &buffer->cap, count, sizeof *buffer->pieces);
    buffer->memory += (buffer->cap - cap) * sizeof *buffer->pieces;
}

static void put(struct stream_buffer *buffer, struct exchange *exchange)
{
    for (size_t i = 0; i < exchange->count; i++)
        release_chunk(buffer, buffer->pieces[exchange->first + i].chunk);
    size_t count = buffer->count - exchange->count + exchange->made_count;
    reserve(buffer, count, &exchange->first);
    struct stream_piece *at = buffer->pieces + exchange->first;
    size_t behind = buffer->first + buffer->count - exchange->first - exchange->count;
    memmove(at + exchange->made_count, at + exchange->count, behind * sizeof *at);
    memcpy(at, exchange->made, exchange->made_count * sizeof *at);
    buffer->count = count;
}

static struct stream_chunk *new_chunk(struct stream_buffer *buffer, const struct stream_run *run)
{
    size_t len = cursor_left(&run->bytes);
    struct stream_chunk *chunk = memory_alloc(sizeof *chunk + len);
    *chunk = (struct stream_chunk){
        .packet = run->packet,
        .ts_ns = run->ts_ns,
        .pieces = 1, // ours, until the exchange is done
        .size = (uint32_t)(sizeof *chunk + len),
    };
    memcpy(chunk->data, run->bytes.pos, len);
    buffer->memory += chunk->size;
    return chunk;
}

unsigned stream_buffer_add(struct stream_buffer *buffer, const struct stream_run *run,
                           enum stream_policy policy)
{
    struct stream_piece few[10]; // enough where it touches one piece or none: the usual case
    struct exchange exchange = {.run = run, .first = find(buffer, run->start)};
    while (exchange.first + exchange.count < buffer->first + buffer->count &&
           buffer->pieces[exchange.first + exchange.count].start < run->end)
        exchange.count++;
    unsigned found = compare(buffer, &exchange);
    size_t most = memory_add(memory_mul(exchange.count, 6), 2);
    exchange.made = most <= 10 ? few : memory_alloc(memory_mul(most, sizeof *exchange.made));
    exchange.chunk = new_chunk(buffer, run);
    settle_all(&exchange, buffer, policy);
    join(&exchange);
    put(buffer, &exchange);
    release_chunk(buffer, exchange.chunk);
    if (exchange.made != few)
        memory_free(exchange.made);
    return found;
}

void stream_buffer_split(struct stream_buffer *buffer, uint64_t end)
{
    size_t index = buffer->first;
    reserve(buffer, buffer->count + 1, &index);
    struct stream_piece *at = &buffer->pieces[buffer->first];
    memmove(at + 1, at, buffer->count * sizeof *at);
    buffer->count++;
    at->chunk->pieces++;
    if (at[1].data)
        at[1].data += end - at->start;
    at[1].start = at->end = end;
}

/** The first piece leaves the list; its chunk is the caller's to settle. */
static struct stream_piece remove_first(struct stream_buffer *buffer)
{
    struct stream_piece piece = buffer->pieces[buffer->first++];
    if (!--buffer->count)
        buffer->first = 0;
    return piece;
}

struct stream_piece stream_buffer_take(struct stream_buffer *buffer, struct part *part)
{
    struct stream_piece piece = remove_first(buffer);
    struct stream_chunk *chunk = piece.chunk;
    if (chunk->pieces == 1) {
        buffer->memory -= chunk->size;
        part_retire(part, chunk, memory_free);
        return piece;
    }
    chunk->pieces--;
    struct stream_chunk *copy = arena_alloc(&part->arena, sizeof *copy, _Alignof(max_align_t));
    *copy = (struct stream_chunk){.packet = chunk->packet, .ts_ns = chunk->ts_ns};
    piece.chunk = copy;
    if (piece.data)
        piece.data = arena_copy(&part->arena, piece.data, piece.end - piece.start, 1);
    return piece;
}

void stream_buffer_drop(struct stream_buffer *buffer)
{
    struct stream_piece piece = remove_first(buffer);
    release_chunk(buffer, piece.chunk);
}

uint64_t stream_buffer_drop_weak(struct stream_buffer *buffer)
{
    size_t kept = buffer->first, end = buffer->first + buffer->count;
    uint64_t dropped = 0;
    for (size_t i = buffer->first; i < end; i++) {
        struct stream_piece piece = buffer->pieces[i];
        if (piece.weak) {
            dropped += piece.end - piece.start;
            release_chunk(buffer, piece.chunk);
        } else {
            buffer->pieces[kept++] = piece;
        }
    }
    buffer->count = kept - buffer->first;
    return dropped;
}

void stream_buffer_fini(struct stream_buffer *buffer)
{
    while (buffer->count)
        stream_buffer_drop(buffer);
    memory_free(buffer->pieces);
    *buffer = (struct stream_buffer){0};
}
