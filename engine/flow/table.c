// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "decode/checksum.h"
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
enum { ID_PORTION = 1 << 16, IDS_PER_FLOW = 16 }; // ids that are looked at together at the end
enum { WORKER_SHIFT = 48 };                       // flow ids: the worker above, the count below

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

/** A flow that is about to end, with what it is sorted by. */
struct ending {
    int64_t deadline_ns;
    uint64_t first_packet;
    uint64_t id;
    struct flow *flow;
};

struct flow_table {
    struct flow_shard shards[SHARD_COUNT];
    struct flow_entries entries;
    struct flow_pool pool;
    struct flow_wheel wheel;
    int64_t timeouts[FLOW_STATE_COUNT];
    uint64_t seed;
    uint64_t next_id;
    uint32_t shard_cap;
    uint16_t community_id_seed;
    const struct decoder *decoder;
    const char *const *services;
    bool verifies_checksums;
    bool keeps_connections;
    bool keeps_places;
    flow_ended_fn ended;
    void *context;
    struct flow_connections connections;
    struct flow_store places; /**< struct flow_place, by the flow's number */
    struct flow_counters counters;
    struct ending *endings;
    size_t ending_count;
    size_t ending_cap;
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

struct flow_table *flow_table_new(const struct flow_options *options, uint32_t worker,
                                  flow_ended_fn ended, void *context)
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
    table->next_id = ((uint64_t)worker << WORKER_SHIFT) + 1;
    table->shard_cap = (options->cap - 1) / SHARD_COUNT + 1;
    table->community_id_seed = options->community_id_seed;
    table->decoder = options->decoder;
    table->services = options->services;
    table->verifies_checksums = options->checksums;
    table->keeps_connections = options->connections;
    table->keeps_places = options->places;
    table->ended = ended;
    table->context = context;
    flow_connections_init(&table->connections);
    flow_store_init(&table->places, sizeof(struct flow_place));
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
    memory_free(table->endings);
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

/** Ends a flow that is no longer in the wheel. */
static void finish(struct flow_table *table, struct flow *flow, enum flow_reason reason)
{
    table->ended(table->context, flow, reason_of(flow, reason));
    if (is_connection(table, flow))
        flow_connection_end(&table->connections, flow->index);
    flow_shard_remove(&table->shards[flow->shard], flow);
    flow_pool_give(&table->pool, flow);
    table->counters.live--;
}

static void end_now(struct flow_table *table, struct flow *flow, enum flow_reason reason)
{
    flow_wheel_remove(&table->wheel, &table->pool, flow);
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

/** Ends the flow that has a packet's key if the packet cannot belong to it.
 * @return whether it did */
static bool ended_before(struct flow_table *table, struct flow *flow,
                         const struct palua_packet *packet, unsigned flags, uint8_t swapped)
{
    if (packet->ts_ns >= flow_table_deadline(table, flow))
        end_now(table, flow, FLOW_REASON_TIMEOUT);
    else if (is_first_syn(flags) &&
             is_reopened(flow, packet, swapped ^ (flow->flags & FLOW_LOW_RESPONDS)))
        end_now(table, flow, FLOW_REASON_REUSED);
    else
        return false;
    return true;
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
    const struct decode_tuple *tuple;
    const struct flow_key *key;
    uint32_t hash;
    uint32_t ordinal;
    unsigned tcp_flags;
    uint8_t swapped; /**< the sender is the high end */
};

static void note_tunnel(struct flow *flow, const struct palua_packet *packet)
{
    struct decode_tunnel tunnel;
    if (packet->network < 2 && !decode_is_ip(&packet->layers[0]))
        return; // most packets: IP directly in a link layer
    if (!decode_tunnel(packet, packet->network, &tunnel))
        return;
    flow->tunnel = tunnel.protocol;
    flow->tunnel_id = tunnel.id;
    flow->has_tunnel_id = tunnel.has_id;
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

static struct flow *begin(struct flow_table *table, const struct beginning *from)
{
    const struct palua_packet *packet = from->packet;
    uint8_t shard = (uint8_t)shard_of_flow(packet->flow_hash);
    make_room(table, &table->shards[shard]);
    struct flow *flow = flow_pool_take(&table->pool);
    bool turned =
        flow_role_sender_responds(from->tuple, from->tcp_flags) && !flow_key_is_loop(from->key);
    flow_key_store(from->key, from->swapped ^ turned, flow);
    flow->flags |= turned ? FLOW_TURNED : 0;
    flow->shard = shard;
    flow->hash = from->hash;
    flow->state = state_of(flow->proto);
    flow->id = table->next_id++;
    flow->first_packet = packet->number;
    flow->first_ts_ns = packet->ts_ns;
    flow->last_ts_ns = packet->ts_ns;
    flow->ordinal = from->ordinal;
    note_tunnel(flow, packet);
    if (flow->proto == PROTO_TCP)
        begin_tcp(table, flow, from);
    flow_shard_add(&table->shards[shard], &table->entries, flow);
    flow_shard_note(&table->shards[shard], &table->pool, flow);
    flow_wheel_add(&table->wheel, flow, flow_table_deadline(table, flow));
    table->counters.created++;
    table->counters.live++;
    return flow;
}

/** Closing brings the deadline forward, and so the timer. */
static void close_flow(struct flow_table *table, struct flow *flow, enum flow_state state)
{
    flow->state = (uint8_t)state;
    flow_wheel_remove(&table->wheel, &table->pool, flow);
    flow_wheel_add(&table->wheel, flow, flow_table_deadline(table, flow));
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
    uint32_t carrier = packet->transport != PALUA_NO_LAYER ? packet->transport : packet->network;
    side->pkts++;
    side->ip_bytes +=
        packet->network < packet->layer_count ? packet->layers[packet->network].len : 0;
    side->payload += palua_layer_payload_len(packet, carrier);
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

static void seek(const struct flow_table *table, struct flow_sought *sought)
{
    flow_key_of(&sought->tuple, &sought->key, &sought->swapped);
    sought->hash = flow_key_hash(&sought->key, table->seed);
    sought->index = FLOW_POOL_NONE;
    sought->named = true;
}

static const struct flow_shard *shard_of(const struct flow_table *table,
                                         const struct palua_packet *packet)
{
    return &table->shards[shard_of_flow(packet->flow_hash)];
}

/** A dissector's state, or the three lines of a stream that every packet looks at. */
static void prefetch_state(const struct flow *flow)
{
    const char *state = flow->dissector_state;
    __builtin_prefetch(state, 1);
    if (flow->proto == PROTO_TCP && state) {
        __builtin_prefetch(state + 64, 1);
        __builtin_prefetch(state + 128);
    }
}

void flow_table_foresee(const struct flow_table *table, const struct palua_packet *const *packets,
                        uint32_t count, struct flow_sought *out)
{
    for (uint32_t i = 0; i < count; i++) {
        out[i].named = false;
        if (!decode_tuple(packets[i], &out[i].tuple))
            continue;
        seek(table, &out[i]);
        flow_shard_prefetch(shard_of(table, packets[i]), out[i].hash);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!out[i].named)
            continue;
        out[i].index = flow_shard_guess(shard_of(table, packets[i]), out[i].hash);
        if (out[i].index != FLOW_POOL_NONE)
            flow_pool_prefetch(&table->pool, out[i].index);
    }
    for (uint32_t i = 0; i < count; i++)
        if (out[i].named && out[i].index != FLOW_POOL_NONE)
            prefetch_state(flow_pool_at(&table->pool, out[i].index));
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

struct flow *flow_table_find(struct flow_table *table, const struct palua_packet *packet,
                             const struct flow_sought *sought, uint8_t *direction, bool *created)
{
    struct beginning from = {.packet = packet,
                             .tuple = &sought->tuple,
                             .key = &sought->key,
                             .hash = sought->hash,
                             .swapped = sought->swapped,
                             .tcp_flags = tcp_flags(packet)};
    struct flow *flow = find(table, packet, sought);
    if (flow) {
        from.ordinal = flow->first_ts_ns == packet->ts_ns ? flow->ordinal + 1 : 0;
        if (ended_before(table, flow, packet, from.tcp_flags, from.swapped))
            flow = NULL;
    }
    *created = !flow;
    if (!flow)
        flow = begin(table, &from);
    *direction = from.swapped ^ (flow->flags & FLOW_LOW_RESPONDS);
    count(flow, *direction, packet);
    if (from.tcp_flags)
        track_tcp(table, flow, *direction, from.tcp_flags);
    if (!(flow->flags & FLOW_PROVEN))
        prove(flow, *created);
    if (is_connection(table, flow))
        follow(table, flow, *direction, packet);
    if (table->keeps_places)
        note_place(table, flow, packet);
    return flow;
}

struct flow *flow_table_lookup(struct flow_table *table, const struct palua_packet *packet,
                               const struct decode_tuple *tuple, uint8_t *direction, bool *created)
{
    struct flow_sought sought = {.tuple = *tuple};
    seek(table, &sought);
    return flow_table_find(table, packet, &sought, direction, created);
}

static void add_ending(struct flow_table *table, struct flow *flow)
{
    if (table->ending_count == table->ending_cap)
        table->endings = memory_grow(table->endings, &table->ending_cap, table->ending_count + 1,
                                     sizeof *table->endings);
    table->endings[table->ending_count++] = (struct ending){
        .deadline_ns = flow_table_deadline(table, flow),
        .first_packet = flow->first_packet,
        .id = flow->id,
        .flow = flow,
    };
}

static int compare_begin(const struct ending *a, const struct ending *b)
{
    if (a->first_packet != b->first_packet)
        return a->first_packet < b->first_packet ? -1 : 1;
    if (a->flow->shard != b->flow->shard) // a packet and its carriers; as between workers
        return a->flow->shard < b->flow->shard ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

static bool is_before(const struct ending *a, const struct ending *b)
{
    if (a->deadline_ns != b->deadline_ns)
        return a->deadline_ns < b->deadline_ns;
    return compare_begin(a, b) < 0;
}

/** Merges [0, half) and [half, count), both in order, by way of `spare`. */
static void merge(struct ending *endings, struct ending *spare, size_t half, size_t count)
{
    size_t left = 0, right = half, at = 0;
    if (!is_before(&endings[half], &endings[half - 1]))
        return;
    memcpy(spare, endings, half * sizeof *spare);
    while (left < half)
        endings[at++] = right < count && is_before(&endings[right], &spare[left]) ? endings[right++]
                                                                                  : spare[left++];
}

/** By deadline. Flows come up nearly in that order, which makes short work of most of it. */
static void sort_by_deadline(struct ending *endings, struct ending *spare, size_t count)
{
    if (count < 2)
        return;
    size_t half = count / 2;
    sort_by_deadline(endings, spare, half);
    sort_by_deadline(endings + half, spare, count - half);
    merge(endings, spare, half, count);
}

/** Puts the flows that are due in order, and the others back. */
static void line_up_due(struct flow_table *table, int64_t now_ns)
{
    const struct flow_wheel_slot *due = flow_wheel_advance(&table->wheel, now_ns);
    for (size_t i = 0; i < due->count; i++) {
        struct flow *flow = flow_pool_at(&table->pool, due->flows[i]);
        if (i + AHEAD_RECORDS < due->count)
            flow_pool_prefetch(&table->pool, due->flows[i + AHEAD_RECORDS]);
        int64_t deadline = flow_table_deadline(table, flow);
        if (deadline <= now_ns)
            add_ending(table, flow);
        else
            flow_wheel_add(&table->wheel, flow, deadline);
    }
    // The upper half is scratch space.
    table->endings = memory_grow(table->endings, &table->ending_cap, 2 * table->ending_count + 1,
                                 sizeof *table->endings);
    sort_by_deadline(table->endings, table->endings + table->ending_count, table->ending_count);
}

/** Has the processor fetch what ending a flow touches besides its record. */
static void foresee_ending(const struct flow_table *table, size_t at)
{
    if (at >= table->ending_count)
        return;
    const struct flow *next = table->endings[at].flow;
    flow_shard_prefetch(&table->shards[next->shard], next->hash);
    __builtin_prefetch(next->dissector_state, 1);
}

void flow_table_expire(struct flow_table *table, int64_t now_ns)
{
    table->ending_count = 0;
    line_up_due(table, now_ns);
    for (size_t i = 0; i < table->ending_count; i++) {
        foresee_ending(table, i + AHEAD);
        finish(table, table->endings[i].flow, FLOW_REASON_TIMEOUT);
    }
    table->ending_count = 0;
}

/** The first and the last id in use; ids of a table ascend with their flows' first packets. */
static void id_range(const struct flow_table *table, uint64_t *first, uint64_t *last)
{
    *first = UINT64_MAX;
    *last = 0;
    for (uint32_t i = 0; i < table->pool.records.count; i++) {
        const struct flow *flow = flow_pool_at(&table->pool, i);
        if (!flow->last_packet)
            continue;
        *first = flow->id < *first ? flow->id : *first;
        *last = flow->id > *last ? flow->id : *last;
    }
}

/** Lines up the flows whose ids lie in [first, first + count), by way of a list with a place for
 * each id: nothing is compared. */
static void line_up_ids(struct flow_table *table, uint64_t first, size_t count, uint32_t *list)
{
    memset(list, 0xff, count * sizeof *list);
    for (uint32_t i = 0; i < table->pool.records.count; i++) {
        const struct flow *flow = flow_pool_at(&table->pool, i);
        if (flow->last_packet && flow->id >= first && flow->id - first < count)
            list[flow->id - first] = i;
    }
    for (size_t i = 0; i < count; i++) {
        if (i + AHEAD_RECORDS < count && list[i + AHEAD_RECORDS] != FLOW_POOL_NONE)
            flow_pool_prefetch(&table->pool, list[i + AHEAD_RECORDS]);
        if (list[i] != FLOW_POOL_NONE)
            add_ending(table, flow_pool_at(&table->pool, list[i]));
    }
}

/** Flows that a packet began together with those that carry it stand side by side. */
static void order_ties(struct flow_table *table)
{
    for (size_t i = 1; i < table->ending_count; i++)
        for (size_t at = i; at && compare_begin(&table->endings[at], &table->endings[at - 1]) < 0;
             at--) {
            struct ending later = table->endings[at - 1];
            table->endings[at - 1] = table->endings[at];
            table->endings[at] = later;
        }
}

/** By first packet: that is by id. Few flows may be spread over very many ids, hence the portions.
 */
static void line_up_all(struct flow_table *table)
{
    uint64_t first, last;
    table->ending_count = 0;
    table->ending_next = 0;
    if (!table->counters.live)
        return;
    id_range(table, &first, &last);
    size_t portion = ID_PORTION;
    if (table->counters.live * IDS_PER_FLOW > portion)
        portion = table->counters.live * IDS_PER_FLOW;
    uint32_t *list = memory_alloc(memory_mul(portion, sizeof *list));
    while (table->ending_count < table->counters.live) {
        uint64_t left = last - first + 1;
        line_up_ids(table, first, left < portion ? (size_t)left : portion, list);
        first += portion;
    }
    order_ties(table);
    memory_free(list);
}

uint64_t flow_table_line_up(struct flow_table *table)
{
    line_up_all(table);
    return table->ending_count;
}

uint64_t flow_table_ending(const struct flow_table *table, uint64_t place)
{
    return table->endings[place].first_packet;
}

uint32_t flow_table_end(struct flow_table *table, uint32_t limit)
{
    uint32_t ended = 0;
    if (table->ending_next == table->ending_count)
        line_up_all(table);
    while (ended < limit && table->ending_next < table->ending_count) {
        foresee_ending(table, table->ending_next + AHEAD);
        end_now(table, table->endings[table->ending_next++].flow, FLOW_REASON_END);
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
