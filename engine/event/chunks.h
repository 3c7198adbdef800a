// SPDX-License-Identifier: MIT OR Apache-2.0
/** What `transport` events show of an SCTP packet's chunks.
 *
 * RFC 9260 section 3.3, and RFC 8260 for I-DATA. Each field is read if it lies within its chunk.
 * Pure, any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <palua/packet.h>

#include "base/arena.h"
#include "decode/chunk.h"
#include "event/schemas.h"

/** The chunks of an SCTP layer from the first on. A walk of another layer has none. */
struct chunk_walk chunks_walk(const struct palua_packet *packet, uint32_t layer);

/** The next chunk as events show it.
 * @return false behind the last: at the end, the cap, before one that was not captured whole or
 * whose length is impossible */
bool chunks_next(struct chunk_walk *walk, struct chunk_item *out);

/** All of them.
 * @param arena  owns the list, of struct chunk_item */
struct palua_list chunks_list(const struct palua_packet *packet, uint32_t layer,
                              struct arena *arena);
