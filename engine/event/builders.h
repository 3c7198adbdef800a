// SPDX-License-Identifier: MIT OR Apache-2.0
/** Makes the engine's events: from a packet, a flow or a finding to an event's struct in a batch's
 * arena.
 *
 * Called once per event, so only what is wanted is filled in; what is not wanted is zero or absent.
 * `wanted` is the interest_kind's `fields` mask. The caller sets event->packet; event->flow and
 * event->live stay NULL unless said otherwise. What an event points to lies in the packet, in the
 * arena, or lives as long as the run. Keeps no state but the layer names', so safe on any thread
 * that owns these. */
#pragma once

#include <stdint.h>

#include <palua/packet.h>

#include "base/arena.h"
#include "batch/batch.h"
#include "decode/decode.h"
#include "event/layer_names.h"
#include "event/registry.h"
#include "flow/table.h"

struct palua_event *packet_event_new(const struct palua_packet *packet, uint64_t wanted,
                                     struct layer_names *names, struct arena *arena);

/** What a layer's events are made from. */
struct layer_source {
    const struct palua_packet *packet;
    const struct layer_names *names;
    const struct batch_datagram *datagrams; /**< of the batch, from this packet's first one on */
    uint32_t index;                         /**< of the packet in the batch */
};

/** The event of a kind (EVENT_LINK, EVENT_NETWORK, EVENT_FRAGMENT, EVENT_TUNNEL, EVENT_TRANSPORT)
 * that one layer gives.
 * @return NULL if it gives none of this kind: another protocol, a VLAN tag or extension header
 * (part of the layer before), or quoted in an ICMP error */
struct palua_event *layer_event_new(enum event_kind kind, const struct layer_source *source,
                                    uint32_t layer, uint64_t wanted, struct arena *arena);

/** event->flow is set.
 * @param batch  the sequence number of the batch whose arena it is */
struct palua_event *flow_start_event_new(struct flow_table *table, const struct flow *flow,
                                         uint64_t wanted, uint64_t batch, struct arena *arena);

/** event->flow and event->live are set. */
struct palua_event *flow_end_event_new(struct flow_table *table, const struct flow *flow,
                                       enum flow_reason reason, uint64_t wanted, uint64_t batch,
                                       struct arena *arena);

/** What decode found. */
struct palua_event *anomaly_event_new(const struct palua_packet *packet,
                                      const struct decode_anomaly *anomaly,
                                      const struct layer_names *names, struct arena *arena);

/** What a dissector found.
 * @param name, layer  must live as long as the batch: constants, or in the arena */
struct palua_event *message_anomaly_event_new(const char *name, const char *layer, uint32_t offset,
                                              struct arena *arena);

/** A flow that a dissector announces. Addresses (empty: any) and the service are copied. */
struct palua_event *expect_event_new(struct palua_slice orig_h, struct palua_slice resp_h,
                                     uint16_t resp_p, uint8_t proto, const char *service,
                                     struct arena *arena);

/** What a run came to. */
struct capture_sum {
    uint64_t packets;
    uint64_t bytes;
    uint64_t wire_bytes;
    uint64_t flows;
    uint64_t anomalies;
    int64_t first_ts_ns; /**< the times: only with packets */
    int64_t last_ts_ns;
};
struct palua_event *capture_end_event_new(const struct capture_sum *sum, struct arena *arena);
