// SPDX-License-Identifier: MIT OR Apache-2.0
/** Sharding: which packets of a batch are which worker's.
 *
 * Packets of one flow, in both directions, share one worker: the first 8 bits of packet->flow_hash
 * are a virtual shard (the flow table's), and each worker has a range of these. A packet without a
 * flow goes by its number. So which shard a packet falls into, and with it every cap that is held
 * per shard, does not depend on how many workers there are. Part of the sequential lane: one thread
 * at a time. */
#pragma once

#include <stdint.h>

#include "batch/batch.h"

enum { SHARD_COUNT = 256 };

/** The shard of a packet with PALUA_PACKET_FLOW. */
static inline uint32_t shard_of_flow(uint32_t flow_hash)
{
    return flow_hash >> 24;
}

/** Lists the packets of a batch per part. With one part nothing is listed. */
void share_batch(struct batch *batch);
