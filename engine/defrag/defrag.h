// SPDX-License-Identifier: MIT OR Apache-2.0
/** Defragmentation: from the packets of a batch that hold fragments to whole datagrams (RFC 791
 * section 3.2, RFC 8200 section 4.5, RFC 5722).
 *
 * The packet that completes a datagram gets its bytes as a buffer of their own, in the batch's
 * arena, and the layers behind its network layer are decoded anew from there, so that flows and
 * dissectors see one whole datagram. What is found there may be a fragment again, of a datagram
 * that travels inside: it is treated the same way, up to the cap of layers. All other fragments
 * stay as decode left them. Part of the sequential lane: one thread, batches in capture order; the
 * result does not depend on where batches end. */
#pragma once

#include "batch/batch.h"
#include "decode/decode.h"
#include "defrag/table.h"
#include "event/interest.h"

struct defrag;

/** Whether anybody wants something that whole datagrams could change: all but the frames' bytes and
 * lengths. */
bool defrag_needed(const struct interest *interest, const struct registry *registry);

/** @param decoder  must outlive it */
struct defrag *defrag_new(const struct defrag_options *options, const struct decoder *decoder);
void defrag_free(struct defrag *defrag);

/** To be called for a decoded batch whose ticks are set. Appends to batch->anomalies, in packet
 * order, and sets batch->datagrams. */
void defrag_batch(struct defrag *defrag, struct batch *batch);

void defrag_counters(const struct defrag *defrag, struct defrag_counters *out);
