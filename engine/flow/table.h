// SPDX-License-Identifier: MIT OR Apache-2.0
/** The flow table of one worker: which packets belong together, who began, and when it is over.
 *
 * Keyed by the symmetric five-tuple and context (VLAN). Bounded: at `cap` flows the one idle
 * longest is ended to make room, and counted. Time is the capture's clock. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <palua/abi.h>

#include "base/arena.h"
#include "decode/decode.h"

struct flow_table;

/** Why a flow ended; names as in API section 8. */
#define FLOW_REASON_LIST(X) \
    X(FIN, "fin")           \
    X(RST, "rst")           \
    X(TIMEOUT, "timeout")   \
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
    uint64_t ip_bytes;
    uint64_t payload;
    uint8_t tcp_flags; /**< all seen, or-ed */
};

/** One flow. Owned by the table; borrowed until flow_table_lookup or _expire is called next. */
struct flow {
    uint64_t id;           /**< 1, 2, 3… per worker, with the worker in the upper bits */
    uint64_t first_packet; /**< number of the first packet */
    int64_t first_ts_ns;
    int64_t last_ts_ns;
    int64_t deadline_ns;       /**< when it expires unless another packet comes */
    struct flow_side sides[2]; /**< originator, responder */
    uint8_t addresses[32];     /**< originator, then responder */
    uint16_t ports[2];         /**< host order */
    uint16_t vlan;
    uint8_t addr_len;
    uint8_t proto;
    uint8_t state;     /**< enum flow_state, private to the table */
    uint8_t dissector; /**< 1 + index of the dissector bound to it, 0 none */
    uint8_t flags;
    uint32_t hash;
    void *dissector_state; /**< of the bound dissector, freed by the ended callback's owner */
    const struct palua_flow *identity; /**< in the arena of batch identity_batch, made on demand */
    uint64_t identity_batch;
};

struct flow_options {
    uint32_t cap; /**< flows */
    int64_t tcp_timeout_ns;
    int64_t tcp_closed_timeout_ns; /**< after FIN from both sides or RST */
    int64_t udp_timeout_ns;
    int64_t icmp_timeout_ns;
    int64_t other_timeout_ns;
    uint16_t community_id_seed;
};

/** Called for every flow that ends, before it is forgotten. */
typedef void (*flow_ended_fn)(void *context, struct flow *flow, enum flow_reason reason);

struct flow_table *flow_table_new(const struct flow_options *options, uint32_t worker,
                                  flow_ended_fn ended, void *context);
/** Does not end flows: call flow_table_end first. */
void flow_table_free(struct flow_table *table);

/** The flow of a packet, made if it is the first; counters updated.
 * @param direction  enum palua_direction of this packet
 * @param created    whether the flow began with it */
struct flow *flow_table_lookup(struct flow_table *table, const struct palua_packet *packet,
                               const struct decode_tuple *tuple, uint8_t *direction, bool *created);

/** Ends every flow whose deadline is at or before `now_ns`, in order of (deadline, first packet).
 */
void flow_table_expire(struct flow_table *table, int64_t now_ns);
/** Ends the first `limit` of the flows that are left, in order of first packet: called until it
 * returns 0.
 * @return how many it ended */
uint32_t flow_table_end(struct flow_table *table, uint32_t limit);

struct flow_counters {
    uint64_t created;
    uint64_t evicted; /**< ended early because the table was full */
    uint64_t live;
};
void flow_table_counters(const struct flow_table *table, struct flow_counters *out);

/** The identity to put into events, in `arena`, which must live as long as the batch numbered
 * `batch`.
 * @param wanted  mask over palua_flow_schema: the Community ID is computed only if its bit is set
 */
const struct palua_flow *flow_identity(const struct flow_table *table, struct flow *flow,
                                       uint64_t wanted, uint64_t batch, struct arena *arena);
/** What changes while the flow lives, as it is now. */
void flow_live(const struct flow *flow, struct palua_flow_live *out);
/** The same as a copy in the arena. */
const struct palua_flow_live *flow_snapshot(const struct flow *flow, struct arena *arena);
