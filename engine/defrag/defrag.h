// SPDX-License-Identifier: MIT OR Apache-2.0
/** Defragmentation: from the packets of a batch that hold fragments to whole datagrams (RFC 791
 * section 3.2, RFC 8200 section 4.5, RFC 5722).
 *
 * The packet that completes a datagram gets its bytes as a buffer of their own, in the batch's
 * arena, and the layers behind its network layer are decoded anew from there, so that flows and
 * dissectors see one whole datagram. What is found there may be a fragment again, of a datagram
 * that travels inside: it is treated the same way, up to the cap of layers. All other fragments
 * stay as decode left them. Of a datagram that is given up, the first fragment's packet is left, as
 * far as its transport header: a remnant of the batch that was under way. Part of the sequential
 * lane: one thread, batches in capture order; the result does not depend on where batches end. */
#pragma once

#include "batch/batch.h"
#include "decode/decode.h"
#include "defrag/table.h"
#include "event/interest.h"

struct defrag;

/** Whether anybody wants something that whole datagrams could change: all but the frames' bytes and
 * lengths. */
bool defrag_needed(const struct interest *interest, const struct registry *registry);

/** @param options    all but given_up and its context
 * @param remnants   somebody wants the transport headers of datagrams that never become whole
 * @param decoder  must outlive it */
struct defrag *defrag_new(const struct defrag_options *options, bool remnants,
                          const struct decoder *decoder);
void defrag_free(struct defrag *defrag);

/** To be called for a decoded batch whose ticks are set. Appends to batch->anomalies, in packet
 * order, and sets batch->datagrams and batch->remnants. */
void defrag_batch(struct defrag *defrag, struct batch *batch);

/** How many datagrams are unfinished, if somebody wants what is left of them. */
uint32_t defrag_unfinished(const struct defrag *defrag);
/** At the end of the input: gives up the `count` datagrams begun first, and sets batch->remnants of
 * a batch without packets. */
void defrag_end(struct defrag *defrag, struct batch *batch, uint32_t count);

void defrag_counters(const struct defrag *defrag, struct defrag_counters *out);
