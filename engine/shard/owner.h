// SPDX-License-Identifier: MIT OR Apache-2.0
/** Which instance an event belongs to where an analysis is partitioned by address (API section 3).
 *
 * The key of an event is one address ("src", "dst"), or two, the smaller first ("pair"):
 * - of `packet`, `network`, `tunnel`, `transport` and `fragment` those that its own fields src and
 *   dst show: of a layer, the layer's;
 * - of `link`, and of a `tunnel` that shows none, those of the packet's innermost network layer;
 * - of any other event those of its flow, originator and responder; without a flow the packet's.
 * An event without an address (ARP, `capture.end`) has the empty key, which is one like any other.
 *
 * A key falls into one of the 256 virtual shards of shard/share.h, and each instance owns a range
 * of these, so that what is held per shard does not depend on how many instances there are. Pure,
 * any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <palua/plugin.h>

#include "event/interest.h"
#include "event/registry.h"

enum { OWNER_KEY_CAP = 32 };

struct owner_key {
    uint8_t bytes[OWNER_KEY_CAP]; /**< one address of 4 or 16 bytes, or two of the same length */
    uint8_t len;                  /**< 0: the event has no address */
};

/** Whether a partition is by address, so that events have keys and owners. */
static inline bool owner_decides(enum palua_partition partition)
{
    return partition >= PALUA_PARTITION_SRC && partition <= PALUA_PARTITION_PAIR;
}

/** Has events of a kind carry what their keys are made of. */
void owner_interest(struct interest *interest, uint16_t kind);

/** @param kind       the event's; owner_interest was called for it before the run
 * @param partition  one that owner_decides */
void owner_key_of(const struct palua_event *event, uint16_t kind, enum palua_partition partition,
                  struct owner_key *out);

/** The same in every run: where a key falls decides what is shed. */
uint32_t owner_hash(const struct owner_key *key);

/** The virtual shard of a key with this hash. */
static inline uint32_t owner_shard(uint32_t hash)
{
    return hash >> 24;
}
