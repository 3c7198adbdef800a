// SPDX-License-Identifier: MIT OR Apache-2.0
#include "defrag/defrag.h"

#include <string.h>

#include "base/memory.h"
#include "event/schemas.h"

struct defrag {
    const struct decoder *decoder;
    struct defrag_table *table;
    bool remnants;               /**< somebody wants them */
    struct batch *batch;         /**< under way */
    uint32_t index;              /**< of the packet whose turn it is */
    struct batch_remnant **tail; /**< where the next remnant is linked in */
    int64_t now_ns;              /**< of the last tick: the same for any batch size */
    bool started;                /**< the capture's clock runs */
    uint64_t fragments;
    uint64_t skipped;
};

/** Fields of a packet event that no datagram changes. */
#define FRAME_FIELDS                                                                \
    (UINT64_C(1) << PACKET_EVENT_LEN | UINT64_C(1) << PACKET_EVENT_CAPLEN |         \
     UINT64_C(1) << PACKET_EVENT_INTERFACE | UINT64_C(1) << PACKET_EVENT_LINKTYPE | \
     UINT64_C(1) << PACKET_EVENT_BYTES)
/** Of a capture.end: its counts. */
#define COUNTED_FIELDS \
    (UINT64_C(1) << CAPTURE_END_EVENT_FLOWS | UINT64_C(1) << CAPTURE_END_EVENT_ANOMALIES)

bool defrag_needed(const struct interest *interest, const struct registry *registry)
{
    if (interest->state)
        return true;
    for (uint16_t kind = 0; kind < registry_count(registry); kind++) {
        const struct interest_kind *want = &interest->kinds[kind];
        uint64_t fields = want->fields;
        if (kind == EVENT_PACKET)
            fields &= ~FRAME_FIELDS;
        else if (kind == EVENT_CAPTURE_END)
            fields &= COUNTED_FIELDS;
        else if (want->subscribed)
            return true;
        if (want->subscribed && (fields || want->layers || want->flow || want->flow_live))
            return true;
    }
    return false;
}

static void given_up(void *context, const struct opening *opening, const struct datagram *datagram)
{
    struct defrag *defrag = context;
    struct arena *arena = &defrag->batch->arena;
    const struct palua_packet *record = opening_show(opening, datagram, defrag->decoder, arena);
    if (!record)
        return;
    struct batch_remnant *remnant =
        arena_alloc(arena, sizeof *remnant, _Alignof(struct batch_remnant));
    *remnant = (struct batch_remnant){.record = record, .packet = defrag->index};
    *defrag->tail = remnant;
    defrag->tail = &remnant->next;
}

struct defrag *defrag_new(const struct defrag_options *options, bool remnants,
                          const struct decoder *decoder)
{
    struct defrag *defrag = memory_zalloc(1, sizeof *defrag);
    struct defrag_options all = *options;
    all.given_up = remnants ? given_up : NULL;
    all.context = defrag;
    defrag->decoder = decoder;
    defrag->remnants = remnants;
    defrag->table = defrag_table_new(&all);
    return defrag;
}

void defrag_free(struct defrag *defrag)
{
    if (!defrag)
        return;
    defrag_table_free(defrag->table);
    memory_free(defrag);
}

/** A packet on its way. */
struct visit {
    struct defrag *defrag;
    struct batch *batch;
    struct batch_datagram **tail; /**< where the next datagram is linked in */
    uint32_t index;
    uint8_t buffer_count; /**< of the packet */
};

static void raise(struct visit *visit, enum decode_fault code, const struct fragment *fragment)
{
    decode_raise(visit->batch, visit->index, code, fragment->header, fragment->offset);
}

/** Gives the packet one more buffer, the datagram's bytes. */
static void hand_over(struct visit *visit, const struct datagram *datagram)
{
    struct arena *arena = &visit->batch->arena;
    struct palua_packet *packet = &visit->batch->packets[visit->index];
    struct palua_slice *buffers = arena_alloc(arena, (visit->buffer_count + 1u) * sizeof *buffers,
                                              _Alignof(struct palua_slice));
    uint8_t *bytes = arena_alloc(arena, datagram->end, 1);
    datagram_copy(datagram, bytes);
    if (visit->buffer_count)
        memcpy(buffers, packet->buffers, visit->buffer_count * sizeof *buffers);
    buffers[visit->buffer_count++] = (struct palua_slice){bytes, datagram->end, 0};
    packet->buffers = buffers;
}

static void note_packets(struct visit *visit, const struct datagram *datagram)
{
    struct arena *arena = &visit->batch->arena;
    struct batch_datagram *note = arena_alloc(arena, sizeof *note, _Alignof(struct batch_datagram));
    *note = (struct batch_datagram){
        .packets =
            arena_copy(arena, datagram->packets, datagram->packet_count * sizeof *datagram->packets,
                       _Alignof(uint64_t)),
        .packet_count = (uint32_t)datagram->packet_count,
        .packet = visit->index,
        .layer = visit->batch->packets[visit->index].network,
        .buffer = visit->buffer_count,
    };
    *visit->tail = note;
    visit->tail = &note->next;
}

/** @return whether the packet now holds a whole datagram */
static bool complete(struct visit *visit, const struct fragment *fragment)
{
    struct defrag *defrag = visit->defrag;
    unsigned findings = 0;
    struct datagram *datagram =
        defrag_table_add(defrag->table, fragment, defrag->now_ns, &findings);
    if (findings & DATAGRAM_OVERLAP)
        raise(visit, DECODE_FAULT_FRAGMENT_OVERLAP, fragment);
    if (findings & DATAGRAM_CONFLICT)
        raise(visit, DECODE_FAULT_FRAGMENT_CONFLICT, fragment);
    if (findings & DATAGRAM_END)
        raise(visit, DECODE_FAULT_FRAGMENT_END, fragment);
    if (!datagram)
        return false;
    hand_over(visit, datagram);
    note_packets(visit, datagram);
    uint8_t proto = datagram->proto;
    defrag_table_remove(defrag->table, datagram);
    decode_reassembled(defrag->decoder, visit->batch, visit->index, fragment->header,
                       visit->buffer_count, proto);
    return true;
}

/** RFC 8200 section 4.5 discards a fragment that is not a multiple of 8 bytes; of an IPv4 fragment
 * Linux keeps what is, as RFC 791 says nothing. */
static bool align(struct fragment *fragment)
{
    size_t len = cursor_left(&fragment->part.bytes) & ~(size_t)7;
    cursor_clip(&fragment->part.bytes, len);
    return !fragment->part.ipv6 && len;
}

/** Whether the fragment can be used; raises what is wrong with it. */
static bool usable(struct visit *visit, struct fragment *fragment)
{
    switch (fragment->status) {
    case FRAGMENT_WHOLE:
        return true;
    case FRAGMENT_EMPTY:
        raise(visit, DECODE_FAULT_FRAGMENT_LEN, fragment);
        return false;
    case FRAGMENT_UNALIGNED:
        raise(visit, DECODE_FAULT_FRAGMENT_LEN, fragment);
        return align(fragment);
    case FRAGMENT_BEYOND_MOST:
        raise(visit, DECODE_FAULT_FRAGMENT_BEYOND_MOST, fragment);
        return false;
    default:
        return false;
    }
}

static void visit_packet(struct visit *visit)
{
    const struct palua_packet *packet = &visit->batch->packets[visit->index];
    struct fragment fragment;
    visit->buffer_count = 0;
    // Ends: what is decoded anew and is a fragment again has at least one more layer.
    while (packet->flags & PALUA_PACKET_FRAGMENT) {
        visit->defrag->fragments++;
        if (!fragment_read(packet, &fragment) || !usable(visit, &fragment)) {
            visit->defrag->skipped++;
            return;
        }
        if (!complete(visit, &fragment))
            return;
    }
}

static void start_clock(struct defrag *defrag, const struct palua_packet *packet)
{
    if (defrag->started || packet->flags & PALUA_PACKET_NO_TIME)
        return;
    defrag->started = true;
    defrag->now_ns = packet->ts_ns;
}

static void expire(struct defrag *defrag, const struct batch_tick *tick)
{
    defrag->index = tick->packet;
    defrag->now_ns = tick->now_ns;
    defrag_table_expire(defrag->table, defrag->now_ns);
}

static void enter(struct defrag *defrag, struct batch *batch)
{
    batch->remnants = NULL;
    defrag->batch = batch;
    defrag->tail = &batch->remnants;
    defrag->index = 0;
}

void defrag_batch(struct defrag *defrag, struct batch *batch)
{
    struct visit visit = {.defrag = defrag, .batch = batch, .tail = &batch->datagrams};
    size_t first = batch->anomalies.count;
    uint32_t tick = 0;
    batch->datagrams = NULL;
    enter(defrag, batch);
    // Of most batches there is nothing to see but how time goes on.
    for (uint32_t i = 0; (batch->has_fragments || !defrag->started) && i < batch->count; i++) {
        start_clock(defrag, &batch->packets[i]);
        if (tick < batch->tick_count && batch->ticks[tick].packet == i)
            expire(defrag, &batch->ticks[tick++]);
        if (!(batch->packets[i].flags & PALUA_PACKET_FRAGMENT))
            continue;
        visit.index = defrag->index = i;
        visit_packet(&visit);
    }
    for (; tick < batch->tick_count; tick++)
        expire(defrag, &batch->ticks[tick]);
    decode_order(batch, first);
}

uint32_t defrag_unfinished(const struct defrag *defrag)
{
    return defrag && defrag->remnants ? defrag_table_count(defrag->table) : 0;
}

void defrag_end(struct defrag *defrag, struct batch *batch, uint32_t count)
{
    enter(defrag, batch);
    defrag_table_end(defrag->table, count);
}

void defrag_counters(const struct defrag *defrag, struct defrag_counters *out)
{
    *out = (struct defrag_counters){0};
    if (!defrag)
        return;
    defrag_table_counters(defrag->table, out);
    out->fragments = defrag->fragments;
    out->skipped = defrag->skipped;
}
