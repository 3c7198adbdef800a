// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "base/prefetch.h"
#include "decode/checksum.h"
#include "flow/endings.h"
#include "flow/key.h"
#include "flow/pool.h"
#include "flow/role.h"
#include "flow/shard.h"
#include "flow/wheel.h"
#include "shard/share.h"

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMPV6 = 58 };
enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_ACK = 16 };
enum { WINDOW_CAP = 1048576 }; // how far ahead of what was sent a sequence number may lie
// How far memory is fetched ahead of its use: further where little is done in between.
enum { AHEAD = 16, AHEAD_RECORDS = 32 };

/** Which idle timeout applies. */
enum flow_state {
    FLOW_TCP,
    FLOW_TCP_EMBRYONIC, /**< begun by SYN or SYN-ACK, the handshake is not done */
    FLOW_TCP_FIN,       /**< FIN from both sides */
    FLOW_TCP_RST,
    FLOW_UDP,
    FLOW_ICMP,
    FLOW_OTHER,
    FLOW_STATE_COUNT
};

struct flow_table {
    struct flow_shard shards[SHARD_COUNT];
    struct flow_entries entries;
    struct flow_pool pool;
    struct flow_wheel wheel;
    int64_t timeouts[FLOW_STATE_COUNT];
    uint64_t seed;
    uint32_t shard_cap;
    uint16_t community_id_seed;
    const struct decoder *decoder;
    const char *const *services;
    bool verifies_checksums;
    bool keeps_connections;
    bool keeps_places;
    bool has_states;
    flow_ended_fn ended;
    void *context;
    struct flow_connections connections;
    struct flow_store places; /**< struct flow_place, by the flow's number */
    struct flow_store notes;  /**< struct flow_note, likewise */
    struct flow_identities identities;
    struct flow_counters counters;
    struct flow_endings endings;
    size_t ending_next; /**< of flow_table_end, which comes in portions */
};

const char *flow_reason_name(enum flow_reason reason)
{
    static const char *const names[] = {
#define X(code, name) name,
        FLOW_REASON_LIST(X)
#undef X
    };
    return names[reason];
}

/** A guess for chosen collisions is only worth something if they cannot be chosen. */
static uint64_t random_seed(void)
{
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed)
        seed = (uint64_t)(uintptr_t)&seed;
    return seed;
}

struct flow_table *flow_table_new(const struct flow_options *options, flow_ended_fn ended,
                                  void *context)
{
    struct flow_table *table = memory_zalloc(1, sizeof *table);
    flow_entries_init(&table->entries);
    flow_pool_init(&table->pool);
    flow_wheel_init(&table->wheel);
    table->timeouts[FLOW_TCP] = options->tcp_timeout_ns;
    table->timeouts[FLOW_TCP_EMBRYONIC] = options->tcp_embryonic_timeout_ns;
    table->timeouts[FLOW_TCP_FIN] = options->tcp_closed_timeout_ns;
    table->timeouts[FLOW_TCP_RST] = options->tcp_closed_timeout_ns;
    table->timeouts[FLOW_UDP] = options->udp_timeout_ns;
    table->timeouts[FLOW_ICMP] = options->icmp_timeout_ns;
    table->timeouts[FLOW_OTHER] = options->other_timeout_ns;
    table->seed = random_seed();
    table->shard_cap = (options->cap - 1) / SHARD_COUNT + 1;
    table->community_id_seed = options->community_id_seed;
    table->decoder = options->decoder;
    table->services = options->services;
    table->verifies_checksums = options->checksums;
    table->keeps_connections = options->connections;
    table->keeps_places = options->places;
    table->has_states = options->states;
    table->ended = ended;
    table->context = context;
    flow_connections_init(&table->connections);
    flow_store_init(&table->places, sizeof(struct flow_place));
    flow_store_init(&table->notes, (sizeof(struct flow_note) + 7) / 8 * 8);
    return table;
}

void flow_table_free(struct flow_table *table)
{
    for (unsigned i = 0; i < SHARD_COUNT; i++)
        flow_shard_fini(&table->shards[i]);
    flow_entries_fini(&table->entries);
    flow_wheel_fini(&table->wheel);
    flow_pool_fini(&table->pool);
    flow_connections_fini(&table->connections);
    flow_store_fini(&table->places);
    flow_store_fini(&table->notes);
    memory_free(table->identities.made);
    flow_endings_fini(&table->endings);
    memory_free(table);
}

uint16_t flow_table_community_id_seed(const struct flow_table *table)
{
    return table->community_id_seed;
}

const struct decoder *flow_table_decoder(const struct flow_table *table)
{
    return table->decoder;
}

struct flow_identities *flow_table_identities(struct flow_table *table)
{
    return &table->identities;
}

struct flow_origin *flow_table_origin(const struct flow_table *table, const struct flow *flow)
{
    return flow_pool_origin(&table->pool, flow->index);
}

bool flow_table_note(const struct flow_table *table, const struct flow *flow, struct flow_note *out)
{
    *out = (struct flow_note){0};
    if (flow->flags & FLOW_NOTED)
        *out = *(const struct flow_note *)flow_store_at(&table->notes, flow->index);
    return flow->flags & FLOW_NOTED;
}

int64_t flow_table_deadline(const struct flow_table *table, const struct flow *flow)
{
    int64_t deadline;
    if (__builtin_add_overflow(flow->last_ts_ns, table->timeouts[flow->state], &deadline))
        return INT64_MAX;
    return deadline;
}

/** What a flow that closed itself ended by, whatever it is removed for. */
static enum flow_reason reason_of(const struct flow *flow, enum flow_reason reason)
{
    if (flow->state == FLOW_TCP_FIN)
        return FLOW_REASON_FIN;
    return flow->state == FLOW_TCP_RST ? FLOW_REASON_RST : reason;
}

/** Whether a flow has what flow/connection.h keeps. */
static bool is_connection(const struct flow_table *table, const struct flow *flow)
{
    return table->keeps_connections && flow->proto == PROTO_TCP;
}

/** Ends a flow that is in neither the wheel nor its shard any longer. */
static void finish(struct flow_table *table, struct flow *flow, enum flow_reason reason)
{
    table->ended(table->context, flow, reason_of(flow, reason));
    if (is_connection(table, flow))
        flow_connection_end(&table->connections, flow->index);
    flow_pool_give(&table->pool, flow);
    table->counters.live--;
}

/** Ends a flow that is no longer in the wheel. */
static void end_due(struct flow_table *table, struct flow *flow)
{
    flow_shard_remove(&table->shards[flow->shard], flow);
    finish(table, flow, FLOW_REASON_TIMEOUT);
}

static void end_now(struct flow_table *table, struct flow *flow, enum flow_reason reason)
{
    flow_wheel_remove(&table->wheel, &table->pool, flow);
    flow_shard_remove(&table->shards[flow->shard], flow);
    finish(table, flow, reason);
}

/** The TCP flags of a packet, 0 if it has none. */
static unsigned tcp_flags(const struct palua_packet *packet)
{
    if (packet->transport == PALUA_NO_LAYER)
        return 0;
    const struct palua_layer *layer = &packet->layers[packet->transport];
    return layer->protocol == PALUA_PROTOCOL_TCP ? layer->aux & 0xffU : 0;
}

/** The word at an offset of a TCP header, 0 if it was not captured. */
static uint32_t tcp_word(const struct palua_packet *packet, size_t offset)
{
    struct palua_slice bytes = palua_layer_bytes(packet, packet->transport);
    struct cursor in = cursor_of(bytes.data, bytes.len);
    uint32_t word = 0;
    if (!cursor_skip(&in, offset) || !cursor_u32(&in, &word))
        return 0;
    return word;
}

static uint32_t tcp_sequence(const struct palua_packet *packet)
{
    return tcp_word(packet, 4);
}

static bool is_first_syn(unsigned flags)
{
    return (flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN;
}

static uint8_t state_of(uint8_t proto)
{
    switch (proto) {
    case PROTO_TCP:
        return FLOW_TCP;
    case PROTO_UDP:
        return FLOW_UDP;
    case PROTO_ICMP:
    case PROTO_ICMPV6:
        return FLOW_ICMP;
    default:
        return FLOW_OTHER;
    }
}

/** Whether a SYN opens another connection than the flow's (RFC 9293 section 3.6.1: TIME-WAIT may be
 * left for a SYN with another sequence number). A SYN of the responder's may be a simultaneous
 * open, and otherwise cannot be judged. */
static bool is_reopened(const struct flow *flow, const struct palua_packet *packet,
                        unsigned direction)
{
    uint32_t ahead = tcp_sequence(packet) - flow->syn;
    if (ahead == 0)
        return false;
    if (flow->state == FLOW_TCP_FIN || flow->state == FLOW_TCP_RST)
        return true;
    if (direction != PALUA_ORIG)
        return false;
    return flow->state == FLOW_TCP_EMBRYONIC ||
           ahead > flow->sides[PALUA_ORIG].payload + WINDOW_CAP;
}

static void make_room(struct flow_table *table, struct flow_shard *shard)
{
    if (shard->count < table->shard_cap)
        return;
    struct flow *victim = flow_shard_victim(shard, &table->pool);
    table->counters.evicted++;
    table->counters.evicted_unproven += !(victim->flags & FLOW_PROVEN);
    end_now(table, victim, FLOW_REASON_EVICTED);
}

/** What a new flow is made of. */
struct beginning {
    const struct palua_packet *packet;
    const struct flow_key *key;
    uint32_t hash;
    uint32_t ordinal;
    unsigned tcp_flags;
    uint8_t swapped; /**< the sender is the high end */
};

/** Ends the flow that has a packet's key if the packet cannot belong to it.
 * @return whether it did */
static bool ended_before(struct flow_table *table, struct flow *flow, struct beginning *next)
{
    const struct palua_packet *packet = next->packet;
    enum flow_reason reason;
    if (packet->ts_ns >= flow_table_deadline(table, flow))
        reason = FLOW_REASON_TIMEOUT;
    else if (is_first_syn(next->tcp_flags) &&
             is_reopened(flow, packet, next->swapped ^ (flow->flags & FLOW_LOW_RESPONDS)))
        reason = FLOW_REASON_REUSED;
    else
        return false;
    struct flow_note note;
    flow_table_note(table, flow, &note);
    if (flow_table_origin(table, flow)->first_ts_ns == packet->ts_ns)
        next->ordinal = note.ordinal + 1;
    end_now(table, flow, reason);
    return true;
}

static void note_tunnel(const struct palua_packet *packet, struct flow_note *note)
{
    struct decode_tunnel tunnel;
    if (packet->network < 2 && !decode_is_ip(&packet->layers[0]))
        return; // most packets: IP directly in a link layer
    if (!decode_tunnel(packet, packet->network, &tunnel))
        return;
    note->tunnel = tunnel.protocol;
    note->tunnel_id = tunnel.id;
    note->has_tunnel_id = tunnel.has_id;
}

static void note_origin(struct flow_table *table, struct flow *flow, const struct beginning *from)
{
    struct flow_note note = {.ordinal = from->ordinal};
    note_tunnel(from->packet, &note);
    if (!note.ordinal && note.tunnel == PALUA_PROTOCOL_NONE)
        return;
    *(struct flow_note *)flow_store_reach(&table->notes, flow->index) = note;
    flow->flags |= FLOW_NOTED;
}

/** The layer that a packet's flow is named by. */
static uint32_t flow_layer(const struct palua_packet *packet)
{
    return packet->transport != PALUA_NO_LAYER ? packet->transport : packet->network;
}

/** Where the originator's sequence numbers begin, as a flow's first packet tells. */
static uint32_t first_sequence(const struct beginning *from, bool turned)
{
    if (turned)
        return tcp_word(from->packet, 8) - 1; // what it acknowledges
    return tcp_sequence(from->packet) - !(from->tcp_flags & TCP_SYN);
}

static void begin_tcp(struct flow_table *table, struct flow *flow, const struct beginning *from)
{
    bool turned = flow->flags & FLOW_TURNED;
    flow->syn = first_sequence(from, turned);
    if (from->tcp_flags & TCP_SYN)
        flow->state = FLOW_TCP_EMBRYONIC;
    if (table->keeps_connections)
        flow_connection_begin(&table->connections, flow->index, turned);
}

/** Whether the first packet is the responder's. */
static bool begins_turned(const struct beginning *from)
{
    struct decode_tuple tuple;
    flow_key_tuple(from->key, from->swapped, &tuple);
    return flow_role_sender_responds(&tuple, from->tcp_flags) && !flow_key_is_loop(from->key);
}

static struct flow *begin(struct flow_table *table, const struct beginning *from)
{
    const struct palua_packet *packet = from->packet;
    uint8_t shard = (uint8_t)shard_of_flow(packet->flow_hash);
    make_room(table, &table->shards[shard]);
    struct flow *flow = flow_pool_take(&table->pool);
    bool turned = begins_turned(from);
    flow_key_store(from->key, from->swapped ^ turned, flow);
    flow->flags |= turned ? FLOW_TURNED : 0;
    flow->shard = shard;
    flow->hash = from->hash;
    flow->state = state_of(flow->proto);
    flow->last_ts_ns = packet->ts_ns;
    struct flow_origin *origin = flow_table_origin(table, flow);
    origin->id = packet->number << FLOW_ID_LAYER_BITS | flow_layer(packet);
    origin->first_ts_ns = packet->ts_ns;
    note_origin(table, flow, from);
    if (flow->proto == PROTO_TCP)
        begin_tcp(table, flow, from);
    flow_shard_add(&table->shards[shard], &table->entries, flow);
    flow_shard_note(&table->shards[shard], &table->pool, flow);
    flow_wheel_add(&table->wheel, &table->pool, flow, flow_table_deadline(table, flow));
    table->counters.created++;
    table->counters.live++;
    return flow;
}

/** Closing brings the deadline forward, and so the timer. */
static void close_flow(struct flow_table *table, struct flow *flow, enum flow_state state)
{
    flow->state = (uint8_t)state;
    flow_wheel_remove(&table->wheel, &table->pool, flow);
    flow_wheel_add(&table->wheel, &table->pool, flow, flow_table_deadline(table, flow));
}

/** Both sides have sent FIN; or one has, and the other never sent anything: what is seen of such a
 * connection is its tail. */
static bool is_finished(const struct flow *flow, unsigned direction)
{
    bool alone = flow->sides[!direction].pkts == 0;
    return flow->tcp_flags[direction] & TCP_FIN && (alone || flow->tcp_flags[!direction] & TCP_FIN);
}

static void track_tcp(struct flow_table *table, struct flow *flow, unsigned direction,
                      unsigned flags)
{
    flow->tcp_flags[direction] |= (uint8_t)flags;
    if (flow->state == FLOW_TCP_EMBRYONIC && flow->tcp_flags[PALUA_RESP] &&
        flow->tcp_flags[PALUA_ORIG] & TCP_ACK)
        flow->state = FLOW_TCP;
    if (flow->state != FLOW_TCP && flow->state != FLOW_TCP_EMBRYONIC)
        return;
    if (flags & TCP_RST)
        close_flow(table, flow, FLOW_TCP_RST);
    else if (is_finished(flow, direction))
        close_flow(table, flow, FLOW_TCP_FIN);
}

static void count(struct flow *flow, unsigned direction, const struct palua_packet *packet)
{
    struct flow_side *side = &flow->sides[direction];
    side->pkts++;
    side->ip_bytes +=
        packet->network < packet->layer_count ? packet->layers[packet->network].len : 0;
    side->payload += palua_layer_payload_len(packet, flow_layer(packet));
    flow->last_packet = packet->number;
    if (packet->ts_ns > flow->last_ts_ns)
        flow->last_ts_ns = packet->ts_ns;
}

/** Takes a packet into its connection. */
static void follow(struct flow_table *table, const struct flow *flow, unsigned direction,
                   const struct palua_packet *packet)
{
    // Whose checksum is wrong has an anomaly, so others need not be looked at again.
    bool corrupt = table->verifies_checksums && packet->flags & PALUA_PACKET_ANOMALY &&
                   packet->transport != PALUA_NO_LAYER &&
                   checksum_of(packet, packet->transport) == PALUA_CHECKSUM_BAD;
    if (corrupt)
        flow_connection_corrupt(&table->connections, flow->index, direction);
    else
        flow_connection_packet(&table->connections, flow->index, direction, packet);
}

/** A flow has proven itself with this packet, unless it is its first, or of a handshake. */
static void prove(struct flow *flow, bool created)
{
    if (!created && flow->state != FLOW_TCP_EMBRYONIC)
        flow->flags |= FLOW_PROVEN;
}

static void note_place(struct flow_table *table, const struct flow *flow,
                       const struct palua_packet *packet)
{
    struct flow_place *place = flow_store_reach(&table->places, flow->index);
    *place = (struct flow_place){packet->file_name, packet->frame, packet->file};
}

static const struct flow_shard *shard_of(const struct flow_table *table,
                                         const struct palua_packet *packet)
{
    return &table->shards[shard_of_flow(packet->flow_hash)];
}

void flow_table_seek(const struct flow_table *table, const struct palua_packet *packet,
                     struct flow_sought *sought)
{
    sought->named = flow_key_of_packet(packet, &sought->key, &sought->swapped);
    if (!sought->named)
        return;
    sought->hash = flow_key_hash(&sought->key, table->seed);
    flow_shard_prefetch(shard_of(table, packet), sought->hash);
}

void flow_table_foresee(const struct flow_table *table, const struct palua_packet *packet,
                        struct flow_sought *sought)
{
    if (!sought->named)
        return;
    sought->index = flow_shard_guess(shard_of(table, packet), sought->hash);
    if (sought->index == FLOW_POOL_NONE)
        return;
    flow_pool_prefetch(&table->pool, sought->index);
    if (table->has_states)
        flow_pool_prefetch_origin(&table->pool, sought->index);
}

void flow_table_foresee_state(const struct flow_table *table, const struct flow_sought *sought)
{
    if (!table->has_states || !sought->named || sought->index == FLOW_POOL_NONE)
        return;
    const char *state = flow_pool_origin(&table->pool, sought->index)->dissector_state;
    prefetch_write(state);
    if (state && flow_pool_at(&table->pool, sought->index)->proto == PROTO_TCP) {
        prefetch_write(state + 64); // the three lines of a stream that every packet looks at
        prefetch_read(state + 128);
    }
}

/** The flow that has the key; most often it is where it was guessed to be. */
static struct flow *find(const struct flow_table *table, const struct palua_packet *packet,
                         const struct flow_sought *sought)
{
    if (sought->index != FLOW_POOL_NONE) {
        struct flow *flow = flow_pool_at(&table->pool, sought->index);
        if (flow->last_packet && flow_key_matches(&sought->key, flow))
            return flow;
    }
    return flow_shard_find(shard_of(table, packet), &table->pool, &sought->key, sought->hash);
}

/** The flow that was found, or a new one if there is none or it is over. */
static struct flow *enter(struct flow_table *table, struct flow *flow, struct beginning *from,
                          uint8_t *direction, bool *created)
{
    const struct palua_packet *packet = from->packet;
    if (flow && ended_before(table, flow, from))
        flow = NULL;
    *created = !flow;
    if (!flow)
        flow = begin(table, from);
    *direction = from->swapped ^ (flow->flags & FLOW_LOW_RESPONDS);
    count(flow, *direction, packet);
    if (from->tcp_flags)
        track_tcp(table, flow, *direction, from->tcp_flags);
    if (!(flow->flags & FLOW_PROVEN))
        prove(flow, *created);
    if (is_connection(table, flow))
        follow(table, flow, *direction, packet);
    if (table->keeps_places)
        note_place(table, flow, packet);
    return flow;
}

struct flow *flow_table_find(struct flow_table *table, const struct palua_packet *packet,
                             const struct flow_sought *sought, uint8_t *direction, bool *created)
{
    struct beginning from = {.packet = packet,
                             .key = &sought->key,
                             .hash = sought->hash,
                             .swapped = sought->swapped,
                             .tcp_flags = tcp_flags(packet)};
    return enter(table, find(table, packet, sought), &from, direction, created);
}

struct flow *flow_table_lookup(struct flow_table *table, const struct palua_packet *packet,
                               const struct decode_tuple *tuple, uint8_t *direction, bool *created)
{
    struct flow_key key;
    struct beginning from = {.packet = packet, .key = &key, .tcp_flags = tcp_flags(packet)};
    flow_key_of(tuple, &key, &from.swapped);
    from.hash = flow_key_hash(&key, table->seed);
    struct flow *flow = flow_shard_find(shard_of(table, packet), &table->pool, &key, from.hash);
    return enter(table, flow, &from, direction, created);
}

static void add_ending(struct flow_table *table, struct flow *flow, int64_t deadline_ns)
{
    flow_endings_add(&table->endings, &(struct flow_ending){
                                          .deadline_ns = deadline_ns,
                                          .id = flow_table_origin(table, flow)->id,
                                          .flow = flow,
                                      });
}

/** A record that is about to end or to be put back, and what goes with it. */
static void foresee_record(const struct flow_table *table, uint32_t index)
{
    flow_pool_prefetch(&table->pool, index);
    flow_pool_prefetch_origin(&table->pool, index);
}

/** Puts the flows that are due in order, and the others back. */
static void line_up_due(struct flow_table *table, int64_t now_ns)
{
    const struct flow_wheel_slot *due = flow_wheel_advance(&table->wheel, now_ns);
    for (size_t i = 0; i < due->count; i++) {
        struct flow *flow = flow_pool_at(&table->pool, due->flows[i]);
        if (i + AHEAD_RECORDS < due->count)
            foresee_record(table, due->flows[i + AHEAD_RECORDS]);
        int64_t deadline = flow_table_deadline(table, flow);
        if (deadline <= now_ns)
            add_ending(table, flow, deadline);
        else
            flow_wheel_add(&table->wheel, &table->pool, flow, deadline);
    }
    flow_endings_by_deadline(&table->endings);
}

/** Has the processor fetch what ending a flow touches besides its record. */
static void foresee_ending(const struct flow_table *table, size_t at)
{
    if (at >= table->endings.count)
        return;
    const struct flow *next = table->endings.items[at].flow;
    flow_shard_prefetch(&table->shards[next->shard], next->hash);
    if (table->has_states)
        prefetch_write(flow_table_origin(table, next)->dissector_state);
}

void flow_table_expire(struct flow_table *table, int64_t now_ns)
{
    table->endings.count = 0;
    line_up_due(table, now_ns);
    for (size_t i = 0; i < table->endings.count; i++) {
        foresee_ending(table, i + AHEAD);
        end_due(table, table->endings.items[i].flow);
    }
    table->endings.count = 0;
}

/** All flows are going to end: none needs to be found again, so wheel and shards are emptied at
 * once. */
static void line_up_all(struct flow_table *table)
{
    table->endings.count = 0;
    table->ending_next = 0;
    flow_wheel_clear(&table->wheel);
    for (unsigned i = 0; i < SHARD_COUNT; i++)
        flow_shard_clear(&table->shards[i], &table->entries);
    for (uint32_t i = 0; i < table->pool.records.count; i++) {
        struct flow *flow = flow_pool_at(&table->pool, i);
        if (flow->last_packet)
            add_ending(table, flow, 0);
    }
    flow_endings_by_beginning(&table->endings);
}

uint64_t flow_table_line_up(struct flow_table *table)
{
    line_up_all(table);
    return table->endings.count;
}

uint64_t flow_table_ending(const struct flow_table *table, uint64_t place)
{
    return table->endings.items[place].id >> FLOW_ID_LAYER_BITS;
}

/** The same at the end of the run, where a record was last seen long ago. */
static void foresee_last(const struct flow_table *table, size_t at)
{
    if (at >= table->endings.count)
        return;
    const uint8_t *record = (const uint8_t *)table->endings.items[at].flow;
    prefetch_write(record);
    prefetch_write(record + 64);
}

uint32_t flow_table_end(struct flow_table *table, uint32_t limit)
{
    uint32_t ended = 0;
    if (table->ending_next == table->endings.count)
        line_up_all(table);
    while (ended < limit && table->ending_next < table->endings.count) {
        foresee_last(table, table->ending_next + AHEAD);
        finish(table, table->endings.items[table->ending_next++].flow, FLOW_REASON_END);
        ended++;
    }
    return ended;
}

void flow_table_counters(const struct flow_table *table, struct flow_counters *out)
{
    *out = table->counters;
    out->history_cut = table->connections.history_cut;
    out->pieces_lost = table->connections.pieces_lost;
}

bool flow_table_outcome(const struct flow_table *table, const struct flow *flow,
                        struct flow_outcome *out)
{
    if (!is_connection(table, flow))
        return false;
    flow_connection_outcome(&table->connections, flow->index, out);
    return true;
}

bool flow_table_place(const struct flow_table *table, const struct flow *flow,
                      struct flow_place *out)
{
    if (!table->keeps_places)
        return false;
    *out = *(const struct flow_place *)flow_store_at(&table->places, flow->index);
    return true;
}

const char *flow_table_service(const struct flow_table *table, const struct flow *flow)
{
    return table->services && flow->dissector ? table->services[flow->dissector - 1] : NULL;
}
