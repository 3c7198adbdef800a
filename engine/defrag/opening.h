// SPDX-License-Identifier: MIT OR Apache-2.0
/** The packet that brought a datagram's first fragment, kept for when the rest never comes: its
 * record and its bytes, which are gone with their batch by then. One thread at a time. */
#pragma once

#include <stddef.h>

#include <palua/packet.h>

#include "base/arena.h"
#include "decode/decode.h"
#include "defrag/datagram.h"

struct opening;

/** Copies a packet, its frame and buffers included.
 * @param header  index of the last header before the fragment's payload */
struct opening *opening_new(const struct palua_packet *packet, uint8_t header);
void opening_free(struct opening *opening);

/** Bytes of heap. */
size_t opening_memory(const struct opening *opening);

/** The packet with the transport header that its datagram begins with, in what came of it.
 * @param datagram  its own, not whole
 * @param arena     owns what is returned, and all it points to
 * @return NULL if no whole header with ports came */
const struct palua_packet *opening_show(const struct opening *opening,
                                        const struct datagram *datagram,
                                        const struct decoder *decoder, struct arena *arena);
