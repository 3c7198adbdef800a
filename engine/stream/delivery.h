// SPDX-License-Identifier: MIT OR Apache-2.0
/** The stream stage of one worker: from the packets of TCP flows to `tcp.data`, `tcp.gap` and
 * `tcp.summary` events, anomalies, and the dissectors that read streams.
 *
 * Runs only if somebody wants one of these. What a packet makes deliverable comes between its
 * transport layer and the messages found in it; what a flow still held comes when it ends, before
 * its flow.end. A shard's cap may have the packet of one flow hand over what another one held. One
 * thread at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "plugin/dissection.h"
#include "stream/stream.h"

struct delivery;

/** Whether there is anything for it to do. */
bool delivery_needed(const struct interest *interest, const struct dissection *dissection);

/** What it is given must outlive it. */
struct delivery *delivery_new(const struct config *config, const struct interest *interest,
                              struct dissection *dissection);
/** Every flow must have ended; NULL is allowed. */
void delivery_free(struct delivery *delivery);

/** One packet of call->flow, which is TCP and began with it if `created`. */
void delivery_packet(struct delivery *delivery, struct dissection_call *call, uint8_t direction,
                     bool created);
/** call->flow is about to end. */
void delivery_flow_end(struct delivery *delivery, struct dissection_call *call);

void delivery_counters(const struct delivery *delivery, struct stream_counters *out);
