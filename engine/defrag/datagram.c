// SPDX-License-Identifier: MIT OR Apache-2.0
#include "defrag/datagram.h"

#include <string.h>

#include "base/memory.h"

/** A run of bytes of one fragment. */
struct datagram_piece {
    const uint8_t *data;
    uint32_t start;
    uint32_t end;
};

/** The copy of one fragment's bytes. */
struct datagram_chunk {
    struct datagram_chunk *next;
    uint8_t data[];
};

/** The pieces that a new fragment touches, and what takes their place. */
struct splice {
    size_t first;
    size_t count;
    struct datagram_piece *made;
    size_t made_count;
    bool used; /**< some piece of the new fragment is among them */
};

/** Index of the first piece that ends behind `at`. */
static size_t piece_behind(const struct datagram *datagram, uint32_t at)
{
    size_t low = 0, high = datagram->piece_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (datagram->pieces[middle].end > at)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static uint32_t fragment_end(const struct datagram_fragment *fragment)
{
    return fragment->start + (uint32_t)cursor_left(&fragment->bytes);
}

/** What this says of where the datagram ends must agree with what was said before: as in Linux, the
 * later fragment is the wrong one. */
static bool end_fits(const struct datagram *datagram, const struct datagram_fragment *fragment)
{
    uint32_t end = fragment_end(fragment);
    if (datagram->ended)
        return fragment->more ? end <= datagram->end : end == datagram->end;
    if (fragment->more || !datagram->piece_count)
        return true;
    return end >= datagram->pieces[datagram->piece_count - 1].end;
}

/** Whether the bytes that the fragment shares with a piece are the same in both. */
static bool agrees(const struct datagram_piece *piece, const struct datagram_fragment *fragment)
{
    uint32_t end = fragment_end(fragment);
    uint32_t from = piece->start > fragment->start ? piece->start : fragment->start;
    uint32_t to = piece->end < end ? piece->end : end;
    return memcmp(piece->data + (from - piece->start),
                  fragment->bytes.pos + (from - fragment->start), to - from) == 0;
}

static bool conflicts(const struct datagram *datagram, const struct splice *splice,
                      const struct datagram_fragment *fragment)
{
    for (size_t i = 0; i < splice->count; i++)
        if (!agrees(&datagram->pieces[splice->first + i], fragment))
            return true;
    return false;
}

/** RFC 8200 section 4.5: an exact duplicate may be ignored. */
static bool is_duplicate(const struct datagram *datagram, const struct splice *splice,
                         const struct datagram_fragment *fragment)
{
    const struct datagram_piece *piece = &datagram->pieces[splice->first];
    return splice->count == 1 && piece->start == fragment->start &&
           piece->end == fragment_end(fragment) && agrees(piece, fragment);
}

/** What is wrong with the bytes that are there already: enum datagram_finding. */
static unsigned compare(const struct datagram *datagram, const struct splice *splice,
                        const struct datagram_fragment *fragment)
{
    if (!splice->count || is_duplicate(datagram, splice, fragment))
        return 0;
    return DATAGRAM_OVERLAP | (conflicts(datagram, splice, fragment) ? DATAGRAM_CONFLICT : 0u);
}

static void make(struct splice *splice, const uint8_t *data, uint32_t start, uint32_t end)
{
    if (start < end)
        splice->made[splice->made_count++] = (struct datagram_piece){data, start, end};
}

/** Adds a run of the new fragment. */
static void make_new(struct splice *splice, const struct datagram_fragment *fragment,
                     const uint8_t *data, uint32_t start, uint32_t end)
{
    splice->used |= start < end;
    make(splice, data + (start - fragment->start), start, end);
}

/** Decides piece by piece who keeps the shared bytes. */
static void settle(const struct datagram *datagram, const struct datagram_fragment *fragment,
                   enum defrag_policy policy, const uint8_t *data, struct splice *splice)
{
    uint32_t start = fragment->start, end = fragment_end(fragment), at = start;
    struct datagram_piece rest = {0};
    for (size_t i = 0; i < splice->count; i++) {
        struct datagram_piece old = datagram->pieces[splice->first + i];
        if (!defrag_policy_replaces(policy, start, end, old.start, old.end)) {
            make_new(splice, fragment, data, at, old.start > at ? old.start : at);
            make(splice, old.data, old.start, old.end);
            at = old.end;
            continue;
        }
        make(splice, old.data, old.start, start);
        if (old.end > end)
            rest = (struct datagram_piece){old.data + (end - old.start), end, old.end};
    }
    make_new(splice, fragment, data, at, end > at ? end : at);
    make(splice, rest.data, rest.start, rest.end);
}

/** Puts what was made in the place of the pieces it was made from. */
static void replace(struct datagram *datagram, const struct splice *splice)
{
    size_t behind = datagram->piece_count - splice->first - splice->count;
    for (size_t i = 0; i < splice->count; i++) {
        const struct datagram_piece *old = &datagram->pieces[splice->first + i];
        datagram->held -= old->end - old->start;
    }
    size_t count = datagram->piece_count - splice->count + splice->made_count;
    size_t cap = datagram->piece_cap;
    datagram->pieces =
        memory_grow(datagram->pieces, &datagram->piece_cap, count, sizeof *datagram->pieces);
    datagram->memory += (datagram->piece_cap - cap) * sizeof *datagram->pieces;
    struct datagram_piece *at = datagram->pieces + splice->first;
    memmove(at + splice->made_count, at + splice->count, behind * sizeof *at);
    memcpy(at, splice->made, splice->made_count * sizeof *at);
    datagram->piece_count = count;
    for (size_t i = 0; i < splice->made_count; i++)
        datagram->held += at[i].end - at[i].start;
}

static void keep(struct datagram *datagram, struct datagram_chunk *chunk, size_t len)
{
    chunk->next = datagram->chunks;
    datagram->chunks = chunk;
    datagram->memory += sizeof *chunk + len;
}

static void insert(struct datagram *datagram, const struct datagram_fragment *fragment,
                   enum defrag_policy policy, struct splice *splice)
{
    struct datagram_piece few[4]; // enough where it touches one piece or none: the usual case
    size_t len = cursor_left(&fragment->bytes), most = 2 * splice->count + 2;
    struct datagram_chunk *chunk = memory_alloc(sizeof *chunk + len);
    memcpy(chunk->data, fragment->bytes.pos, len);
    splice->made = most <= 4 ? few : memory_alloc(memory_mul(most, sizeof *splice->made));
    settle(datagram, fragment, policy, chunk->data, splice);
    replace(datagram, splice);
    if (splice->used)
        keep(datagram, chunk, len);
    else
        memory_free(chunk);
    if (splice->made != few)
        memory_free(splice->made);
}

static void note_packet(struct datagram *datagram, uint64_t number)
{
    size_t cap = datagram->packet_cap;
    datagram->packets = memory_grow(datagram->packets, &datagram->packet_cap,
                                    datagram->packet_count + 1, sizeof *datagram->packets);
    datagram->memory += (datagram->packet_cap - cap) * sizeof *datagram->packets;
    datagram->packets[datagram->packet_count++] = number;
}

static void note_ends(struct datagram *datagram, const struct datagram_fragment *fragment)
{
    if (!fragment->start && !datagram->started) {
        datagram->started = true;
        datagram->proto = fragment->proto;
    }
    if (!fragment->more) {
        datagram->ended = true;
        datagram->end = fragment_end(fragment);
    }
}

unsigned datagram_add(struct datagram *datagram, const struct datagram_fragment *fragment,
                      enum defrag_policy policy)
{
    uint32_t end = fragment_end(fragment);
    if (datagram->dead)
        return 0;
    if (!end_fits(datagram, fragment))
        return DATAGRAM_END;
    struct splice splice = {.first = piece_behind(datagram, fragment->start)};
    while (splice.first + splice.count < datagram->piece_count &&
           datagram->pieces[splice.first + splice.count].start < end)
        splice.count++;
    unsigned findings = compare(datagram, &splice, fragment);
    if (findings && policy == DEFRAG_DROP) {
        // RFC 5722 section 4: all fragments are discarded, those to come included.
        datagram_kill(datagram);
        return findings;
    }
    note_packet(datagram, fragment->packet);
    note_ends(datagram, fragment);
    insert(datagram, fragment, policy, &splice);
    return findings;
}

uint32_t datagram_beginning(const struct datagram *datagram)
{
    uint32_t end = 0;
    for (size_t i = 0; i < datagram->piece_count && datagram->pieces[i].start == end; i++)
        end = datagram->pieces[i].end;
    return end;
}

void datagram_copy(const struct datagram *datagram, uint8_t *out)
{
    uint32_t end = 0;
    for (size_t i = 0; i < datagram->piece_count && datagram->pieces[i].start == end; i++) {
        const struct datagram_piece *piece = &datagram->pieces[i];
        memcpy(out + piece->start, piece->data, piece->end - piece->start);
        end = piece->end;
    }
}

void datagram_fini(struct datagram *datagram)
{
    while (datagram->chunks) {
        struct datagram_chunk *next = datagram->chunks->next;
        memory_free(datagram->chunks);
        datagram->chunks = next;
    }
    memory_free(datagram->pieces);
    memory_free(datagram->packets);
}

void datagram_kill(struct datagram *datagram)
{
    datagram_fini(datagram);
    *datagram = (struct datagram){.dead = true};
}
