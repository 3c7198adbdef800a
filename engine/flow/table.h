// SPDX-License-Identifier: MIT OR Apache-2.0
/** The flow table of one worker: which packets belong together, who began, and when it is over.
 *
 * Keyed by the symmetric five-tuple and context: the VLAN id and a hash of the tunnels around it
 * (see decoder_key; two of 2^32 tunnels may share one). Who originated it: see flow/role.h.
 *
 * Life. A flow's deadline is its highest timestamp plus the idle timeout of its protocol; for TCP
 * the embryonic one until the handshake is done (if it began with a SYN or SYN-ACK), and the closed
 * one once both sides have sent FIN, or one a RST, or one FIN while nothing was seen of the other.
 * It ends when flow_table_expire is called at or past that, or when a packet of it comes with such
 * a timestamp: that packet starts a new flow at once. So does a SYN of the originator's with
 * another sequence number, if the flow is closed or embryonic, or the number lies outside the
 * window of what was sent (1 MiB, generously); a SYN inside the window of an open flow is no sign
 * of a new one (RFC 5961 section 4). A flow whose beginning was not captured is tracked like any
 * other, from its first packet. Nothing here depends on other flows, so the result is the same for
 * any number of workers.
 *
 * Cap. Flows are held in the 256 shards of shard/share.h; each holds at most cap / 256 flows,
 * rounded up. In a full shard a flow is ended to make room, and counted: of those that are not
 * proven (flow/nursery.h) the one begun first, and only if there is none, the one that has been
 * idle longest (whose last packet lies furthest back in the capture). So a flood of SYNs, or of
 * lone packets of any kind, pushes out only itself.
 *
 * Cost per packet: a hash, a cache line each of index, key and counters. A flow takes 160 bytes, 13
 * to 26 in the index, 4 to 8 in the timer wheel; 64 more if connections are kept. Timers are set
 * per timeout, not per packet. Time is the capture's clock. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <palua/abi.h>

#include "base/arena.h"
#include "decode/decode.h"
#include "flow/connection.h"

struct flow_table;
struct stream;

/** Why a flow ended; names as in API section 8. */
#define FLOW_REASON_LIST(X) \
    X(FIN, "fin")           \
    X(RST, "rst")           \
    X(TIMEOUT, "timeout")   \
    X(REUSED, "reused")     \
    X(EVICTED, "evicted")   \
    X(END, "end")

enum flow_reason {
#define X(code, name) FLOW_REASON_##code,
    FLOW_REASON_LIST(X)
#undef X
        FLOW_REASON_COUNT
};

const char *flow_reason_name(enum flow_reason reason);

struct flow_side {
    uint64_t pkts;
    uint64_t ip_bytes; /**< IP length on the wire, header included */
    uint64_t payload;  /**< transport payload on the wire; of the IP packet where there is no
                          transport layer */
};

/** One flow. Owned by the table; borrowed until flow_table_lookup, _expire or _end is called next.
 * Two cache lines, what is compared and what every packet changes; what is seldom used lies in its
 * struct flow_origin. */
struct flow {
    _Alignas(64) uint8_t addresses[32]; /**< originator, then responder at 16; IPv4 in the first 4
                              bytes, the rest 0 */
    uint16_t ports[2];                  /**< originator, responder; host order */
    uint16_t vlan;
    uint8_t addr_len;
    uint8_t proto;
    uint32_t context; /**< as in struct decode_tuple */
    uint32_t hash;    /**< private: place in the index; of a free record, the next free one */
    uint32_t index;   /**< private: place in the pool */
    uint32_t syn;     /**< private: sequence number of the originator's SYN, or what it would have
                         been */
    uint8_t tcp_flags[2]; /**< all seen, or-ed */
    uint16_t timer_slot;  /**< private: of the timer wheel */
    uint8_t state;        /**< private: which timeout applies */
    uint8_t flags;        /**< private: enum flow_flag */
    uint8_t dissector;    /**< 1 + index of the dissector bound to it, 0 none */
    uint8_t shard;        /**< private */

    int64_t last_ts_ns;        /**< highest timestamp */
    uint64_t last_packet;      /**< number of the last packet; 0: the record is free */
    struct flow_side sides[2]; /**< originator, responder */
};
_Static_assert(sizeof(struct flow) == 128, "two cache lines");

enum { FLOW_ID_LAYER_BITS = 5 }; /**< of a flow's id, below the number of its first packet */

/** What a flow has besides its record, found by flow_table_origin: fixed by its first packet, or
 * not touched by most. */
struct flow_origin {
    uint64_t id; /**< unique within the run: the number of the first packet, and which of its layers
                    is the flow's */
    int64_t first_ts_ns;
    union {                    /**< freed by the ended callback's owner */
        void *dissector_state; /**< of the bound dissector */
        struct stream *stream; /**< TCP, see stream/delivery.h; it has the dissector's state */
    };
    uint32_t timer_place; /**< private: where in its slot of the timer wheel */
    uint32_t identity;    /**< private: which of the batch's identities is its own, if any */
};
_Static_assert(sizeof(struct flow_origin) == 32, "two in a cache line");

/** Number of the flow's first packet. */
static inline uint64_t flow_first_packet(const struct flow_origin *origin)
{
    return origin->id >> FLOW_ID_LAYER_BITS;
}

/** What few flows have. */
struct flow_note {
    uint32_t ordinal;   /**< tells apart flows with the same key and first timestamp */
    uint32_t tunnel_id; /**< of the innermost tunnel around the first packet, see decode_tunnel */
    uint16_t tunnel;    /**< its protocol, PALUA_PROTOCOL_NONE if there is none */
    bool has_tunnel_id;
};

struct flow_options {
    uint32_t cap; /**< flows */
    int64_t tcp_timeout_ns;
    int64_t tcp_embryonic_timeout_ns; /**< before the handshake is done */
    int64_t tcp_closed_timeout_ns;    /**< after FIN from both sides or RST */
    int64_t udp_timeout_ns;
    int64_t icmp_timeout_ns;
    int64_t other_timeout_ns;
    uint16_t community_id_seed;
    const struct decoder *decoder; /**< knows the names of tunnels' protocols; NULL: they have none
                                    */
    const char *const *services; /**< names of the dissectors, by flow->dissector - 1; NULL: none */
    bool checksums;              /**< a TCP packet whose checksum is wrong says nothing but that */
    bool connections;            /**< somebody reads what needs flow/connection.h */
    bool places;                 /**< somebody reads in which file and frame a flow ended */
    bool states;                 /**< flows have states of dissectors, or streams */
};

/** Called for every flow that ends, before it is forgotten. It must not call back into the table,
 * except for flow_identity, flow_live and flow_snapshot. */
typedef void (*flow_ended_fn)(void *context, struct flow *flow, enum flow_reason reason);

struct flow_table *flow_table_new(const struct flow_options *options, flow_ended_fn ended,
                                  void *context);
/** Does not end flows: call flow_table_end first. */
void flow_table_free(struct flow_table *table);

/** The flow of a packet, made if it is the first; counters updated. Calls `ended` first if another
 * flow has to go.
 * @param tuple      of the packet; addresses of 4 or 16 bytes
 * @param direction  enum palua_direction of this packet
 * @param created    whether the flow began with it
 * @return never NULL */
struct flow *flow_table_lookup(struct flow_table *table, const struct palua_packet *packet,
                               const struct decode_tuple *tuple, uint8_t *direction, bool *created);

/** A five-tuple and its context (flow/key.h). Whole words, so that hash and comparison read what
 * was just written without waiting for it. */
struct flow_key {
    uint64_t low[2]; /**< addresses as memory; IPv4 in the first 4 bytes, the rest 0 */
    uint64_t high[2];
    uint64_t rest; /**< as memory: low port, high port, VLAN, address length, protocol: as struct
                      flow has them */
    uint64_t context;
};

/** What is known of a packet's flow before it is looked up. */
struct flow_sought {
    struct flow_key key;
    uint32_t hash;
    uint32_t index;  /**< of the record that may be the flow's */
    uint8_t swapped; /**< the sender is the key's high end */
    bool named;      /**< the packet belongs to a flow; the rest is set only then */
};

/* Most of the time that a large table takes is waiting for memory. So a packet's flow is looked for
 * in steps, each of which has the processor fetch what the next one reads, with work on other
 * packets in between (flow/lookahead.h). */

/** Names a packet's flow and has the index fetched where it would be. */
void flow_table_seek(const struct flow_table *table, const struct palua_packet *packet,
                     struct flow_sought *sought);
/** Finds out where the flow of a packet that was sought probably is, and has the record fetched. */
void flow_table_foresee(const struct flow_table *table, const struct palua_packet *packet,
                        struct flow_sought *sought);
/** Has the state of the flow fetched that was foreseen. */
void flow_table_foresee_state(const struct flow_table *table, const struct flow_sought *sought);
/** flow_table_lookup for a packet that was foreseen and is named; flows may have begun and ended
 * since. */
struct flow *flow_table_find(struct flow_table *table, const struct palua_packet *packet,
                             const struct flow_sought *sought, uint8_t *direction, bool *created);

/** What the flow has besides its record; borrowed for as long. */
struct flow_origin *flow_table_origin(const struct flow_table *table, const struct flow *flow);
/** @return false if the flow has none, all of which would be 0 */
bool flow_table_note(const struct flow_table *table, const struct flow *flow,
                     struct flow_note *out);

/** As in the options. */
uint16_t flow_table_community_id_seed(const struct flow_table *table);
const struct decoder *flow_table_decoder(const struct flow_table *table);

/** Ends every flow whose deadline is at or before `now_ns`, in order of (deadline, first packet).
 */
void flow_table_expire(struct flow_table *table, int64_t now_ns);
/** When the flow is over if no packet of it comes. */
int64_t flow_table_deadline(const struct flow_table *table, const struct flow *flow);

/** For the end of the run: puts the flows that are left in order of first packet. Then only
 * flow_table_end and flow_table_ending may be called.
 * @return how many there are */
uint64_t flow_table_line_up(struct flow_table *table);
/** First packet of flow `place` of those lined up (from 0), ended or not; any thread. */
uint64_t flow_table_ending(const struct flow_table *table, uint64_t place);

/** Ends the first `limit` of the flows that are left, in order of first packet: called until it
 * returns 0.
 * @return how many it ended */
uint32_t flow_table_end(struct flow_table *table, uint32_t limit);

struct flow_counters {
    uint64_t created;
    uint64_t evicted;          /**< ended early because the table was full */
    uint64_t evicted_unproven; /**< of these, flows that had not proven themselves */
    uint64_t live;
    uint64_t history_cut; /**< letters of histories that were left out */
    uint64_t pieces_lost; /**< segments beyond more holes than are remembered */
};
void flow_table_counters(const struct flow_table *table, struct flow_counters *out);

/** Identities of the batch that is being worked on. */
struct flow_identities {
    uint64_t batch; /**< its number */
    struct palua_flow **made;
    size_t count;
    size_t cap;
};
struct flow_identities *flow_table_identities(struct flow_table *table);

/** The identity to put into events, in `arena`, which must live as long as the batch numbered
 * `batch`. Made once per flow and batch; the text of uid and Community ID only when first wanted.
 * @param wanted  mask over palua_flow_schema */
const struct palua_flow *flow_identity(struct flow_table *table, const struct flow *flow,
                                       uint64_t wanted, uint64_t batch, struct arena *arena);
/** The same in `room`, which lives as long: made there, or copied there if it was made before. The
 * copy's slices go on pointing to the one that is returned.
 * @param room  zeroed */
const struct palua_flow *flow_identity_at(struct flow_table *table, const struct flow *flow,
                                          uint64_t wanted, uint64_t batch, struct arena *arena,
                                          struct palua_flow *room);
/** What changes while the flow lives, as it is now.
 * @param wanted  mask over palua_flow_live_schema; what is not wanted may be left zero
 * @param arena   owns what *out points to
 * @param out     zeroed */
void flow_live(const struct flow_table *table, const struct flow *flow, uint64_t wanted,
               struct arena *arena, struct palua_flow_live *out);
/** The same as a copy in the arena. */
const struct palua_flow_live *flow_snapshot(const struct flow_table *table, const struct flow *flow,
                                            uint64_t wanted, struct arena *arena);

/** What a TCP flow came to, as far as it is known: false unless the table keeps connections. */
bool flow_table_outcome(const struct flow_table *table, const struct flow *flow,
                        struct flow_outcome *out);

/** The name of the dissector bound to a flow; NULL if there is none. */
const char *flow_table_service(const struct flow_table *table, const struct flow *flow);

/** Where the last packet of a flow was. */
struct flow_place {
    struct palua_slice file_name;
    uint64_t frame;
    uint32_t file;
};
/** @return false unless the table keeps places */
bool flow_table_place(const struct flow_table *table, const struct flow *flow,
                      struct flow_place *out);
