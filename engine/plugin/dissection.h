// SPDX-License-Identifier: MIT OR Apache-2.0
/** The dissector stage of one worker: hands each flow's payload to the dissector bound to it, and
 * collects what is published.
 *
 * Holds one instance of every dissector that somebody reads from: one of its events is subscribed
 * to, or `anomaly` is. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "plugin/plugin.h"
#include "stream/stream.h"

enum { DISSECTOR_CAP = 254 }; /**< dissectors started in one run; a flow names its own in a byte */

struct dissection;

/** Starts an instance of every dissector whose events are in `interest`.
 * @param reader_cap  bytes that may be kept of streams, see plugin/reader.h
 * @return NULL if one refuses to start, or there are more than DISSECTOR_CAP */
struct dissection *dissection_new(const struct plugin_set *set, const struct interest *interest,
                                  uint64_t reader_cap, struct error *err);
/** Every flow must have ended; NULL is allowed. */
void dissection_free(struct dissection *dissection);
/** Names of the dissectors, by 1 less than a flow's `dissector`; they live as long as it. */
const char *const *dissection_names(const struct dissection *dissection);
/** Whether any dissector runs that reads the payload of flows: if not, nothing needs flows for its
 * sake. */
bool dissection_needs_flows(const struct dissection *dissection);
/** Whether any runs that reads layers: if not, dissection_layers does nothing. */
bool dissection_needs_layers(const struct dissection *dissection);

/** For --explain: ", dissectors: dns arp", nothing if none runs. */
void dissection_explain(const struct dissection *dissection, struct text *out);

/** Where the worker stands: what a hook's call can reach. Filled anew for each packet. */
struct dissection_call {
    struct batch *batch;
    struct part *part;
    struct flow_table *flows;
    struct flow *flow; /**< NULL if the packet has none, or nobody asked for flows */
    const struct palua_packet *packet;
    uint32_t packet_index;
    uint32_t part_index; /**< of `part` in the batch */
    uint32_t *sequence;  /**< running number within packet and phase, for event keys */
    enum event_phase phase;
};

/** The order key of the call's next event. */
static inline uint64_t dissection_key(const struct dissection_call *call, uint32_t depth)
{
    uint32_t index = (*call->sequence)++;
    return call->phase == EVENT_PHASE_EXPIRY
               ? event_key_expiry(call->packet_index, call->part_index, index)
               : event_key(call->packet_index, depth, index);
}

/** The layers of one packet, whether it belongs to a flow or not: call->flow may be NULL. */
void dissection_layers(struct dissection *dissection, const struct dissection_call *call);
/** One packet of a flow: binds a dissector when the flow is new, and calls it with the UDP payload
 * (never for a fragment). */
void dissection_packet(struct dissection *dissection, struct dissection_call *call,
                       uint8_t direction, bool created);
/** The flow has ended: the dissector's last word, and its state is freed. */
void dissection_flow_end(struct dissection *dissection, struct dissection_call *at);

/** Whether some dissector reads TCP streams. */
bool dissection_reads_streams(const struct dissection *dissection);
/** Whether a dissector that reads streams is bound to the ports of a TCP flow. */
bool dissection_reads_flow(const struct dissection *dissection, const struct flow *flow);
/** Binds the first of these to call->flow, whose stream it is. */
void dissection_stream_begin(struct dissection *dissection, struct dissection_call *at,
                             struct stream *stream);
/** Bytes of a stream that was begun, in order. */
void dissection_stream_data(struct dissection *dissection, struct dissection_call *at,
                            struct stream *stream, const struct stream_bytes *bytes);
/** No more bytes come in this direction. */
void dissection_stream_end(struct dissection *dissection, struct dissection_call *at,
                           struct stream *stream, uint8_t direction);
/** The flow has ended, and both directions before it: as dissection_flow_end. */
void dissection_stream_close(struct dissection *dissection, struct dissection_call *at,
                             struct stream *stream);
/** Bytes kept for dissectors that were given up at a cap. */
uint64_t dissection_dropped(const struct dissection *dissection);

/** Counters that are not zero: called once per worker at the end; the caller sums. Anomalies are
 * reported like counters, as "anomaly_<name>". */
typedef void (*dissection_counter_fn)(void *context, const char *plugin, const char *counter,
                                      uint64_t value);
void dissection_counters(const struct dissection *dissection, dissection_counter_fn report,
                         void *context);
/** Anomalies raised so far, of all dissectors. */
uint64_t dissection_anomalies(const struct dissection *dissection);
