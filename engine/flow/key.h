// SPDX-License-Identifier: MIT OR Apache-2.0
/** What two packets of one flow have in common: the five-tuple and its context, whichever way they
 * go.
 *
 * The ends stand in a canonical order, so that both directions give the same key. An ICMP message
 * that nothing answers makes a flow of one direction: its ends keep their order. Pure, any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "decode/decode.h"
#include "flow/table.h"

/** In flow->flags. */
enum flow_flag {
    FLOW_LOW_RESPONDS = 1, /**< the key's low end is the responder */
    FLOW_TURNED = 2,       /**< the first packet is the responder's (flow/role.h) */
    FLOW_PROVEN = 4,       /**< not to be ended first when room is needed (flow/nursery.h) */
    FLOW_NOTED = 8         /**< has a struct flow_note */
};

/** @param swapped  1 if the packet's source is the high end, else 0 */
void flow_key_of(const struct decode_tuple *tuple, struct flow_key *out, uint8_t *swapped);

/** The same of a packet's own tuple.
 * @return false if it belongs to no flow */
bool flow_key_of_packet(const struct palua_packet *packet, struct flow_key *out, uint8_t *swapped);

/** The tuple that a key is of.
 * @param swapped  as with the key
 * @param out      addresses point into the key */
void flow_key_tuple(const struct flow_key *key, uint8_t swapped, struct decode_tuple *out);

/** 32 bits that a sender cannot choose without knowing the seed. */
uint32_t flow_key_hash(const struct flow_key *key, uint64_t seed);

/** Whether a host talks to itself from one port: then there is one direction only. */
bool flow_key_is_loop(const struct flow_key *key);

/** Writes the key into a new flow.
 * @param low_responds  1 if the low end is the responder, else 0 */
void flow_key_store(const struct flow_key *key, uint8_t low_responds, struct flow *out);

/** `rest` as a flow has it whose low end responds: the ports change places. */
static inline uint64_t flow_key_turned(uint64_t rest)
{
    return (rest & ~UINT64_C(0xffffffff)) | (rest & 0xffff) << 16 | (rest >> 16 & 0xffff);
}

/** Whether a flow has this key. */
static inline bool flow_key_matches(const struct flow_key *key, const struct flow *flow)
{
    unsigned low = flow->flags & FLOW_LOW_RESPONDS;
    uint64_t ends[4], rest;
    memcpy(ends, flow->addresses + 16 * low, 16);
    memcpy(ends + 2, flow->addresses + 16 * (low ^ 1), 16);
    memcpy(&rest, flow->ports, sizeof rest);
    rest = low ? flow_key_turned(rest) : rest;
    return ((ends[0] ^ key->low[0]) | (ends[1] ^ key->low[1]) | (ends[2] ^ key->high[0]) |
            (ends[3] ^ key->high[1]) | (rest ^ key->rest) | (flow->context ^ key->context)) == 0;
}
