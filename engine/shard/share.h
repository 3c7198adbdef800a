// SPDX-License-Identifier: MIT OR Apache-2.0
/** Sharding: which packets of a batch are which worker's.
 *
 * Packets of one flow, in both directions, share one worker: the first 8 bits of packet->flow_hash
 * are a virtual shard (the flow table's), and each worker has a range of these. Fragments of one
 * datagram, which has not become whole, share one worker too: by addresses and protocol. Any other
 * packet without a flow goes by its number. A packet in a UDP tunnel is listed once more for each
 * flow that carries it: that flow's worker counts it there, and publishes its `transport` event;
 * all else about the packet is with the innermost flow. So which shard a packet falls into, and
 * with it every cap that is held per shard, does not depend on how many workers there are. What a
 * batch's lists say depends on it alone, so those of several batches may be made at once. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "batch/batch.h"

enum { SHARD_COUNT = 256 };

/** The shard of a packet with PALUA_PACKET_FLOW. */
static inline uint32_t shard_of_flow(uint32_t flow_hash)
{
    return flow_hash >> 24;
}

/** The part, of `parts`, that a flow's packets go to. */
static inline uint32_t share_part(uint32_t flow_hash, uint32_t parts)
{
    return shard_of_flow(flow_hash) * parts / SHARD_COUNT;
}

/** The part that a packet itself goes to: that of its flow or datagram, if it has one. */
static inline uint32_t share_owner(const struct palua_packet *packet, uint32_t parts)
{
    if (packet->flags & (PALUA_PACKET_FLOW | PALUA_PACKET_FRAGMENT))
        return share_part(packet->flow_hash, parts);
    return (uint32_t)(packet->number % SHARD_COUNT) * parts / SHARD_COUNT;
}

/** Lists the packets of a batch per part. With one part nothing is listed.
 * @param carriers  somebody tracks flows: a packet is also listed where the flows of its carriers
 * are (decode_next_carrier) */
void share_batch(struct batch *batch, bool carriers);
