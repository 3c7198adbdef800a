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

#include "decode/decode.h"
#include "flow/table.h"

/** Everything in it takes part in hash and comparison; no padding. */
struct flow_key {
    uint64_t low[2]; /**< addresses as memory; IPv4 in the first 4 bytes, the rest 0 */
    uint64_t high[2];
    uint16_t low_port;
    uint16_t high_port;
    uint16_t vlan;
    uint8_t proto;
    uint8_t kind; /**< address length, and FLOW_KEY_ONE_WAY */
};

enum { FLOW_KEY_ONE_WAY = 0x80 };

/** In flow->flags. */
enum flow_flag {
    FLOW_LOW_RESPONDS = 1, /**< the key's low end is the responder */
    FLOW_ONE_WAY = 2       /**< as in the key */
};

/** @param swapped  1 if the packet's source is the high end, else 0 */
void flow_key_of(const struct decode_tuple *tuple, struct flow_key *out, uint8_t *swapped);

/** 32 bits that a sender cannot choose without knowing the seed. */
uint32_t flow_key_hash(const struct flow_key *key, uint64_t seed);

/** Whether a host talks to itself from one port: then there is one direction only. */
bool flow_key_is_loop(const struct flow_key *key);

/** Writes the key into a new flow.
 * @param low_responds  1 if the low end is the responder, else 0 */
void flow_key_store(const struct flow_key *key, uint8_t low_responds, struct flow *out);

/** Whether a flow has this key. */
bool flow_key_matches(const struct flow_key *key, const struct flow *flow);
