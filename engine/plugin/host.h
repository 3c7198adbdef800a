// SPDX-License-Identifier: MIT OR Apache-2.0
/** The engine's side of the plugin ABI: the table of functions, and what an instance and a call
 * are.
 *
 * Used by dissection (dissectors) and native (analyses) only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "plugin/dissection.h"
#include "plugin/plugin.h"
#include "sink/output.h"
#include "sink/table.h"

/** What the host needs to know of one event of a dissector, looked up once. */
struct host_event {
    uint64_t wanted;
    uint32_t size;
    uint16_t kind;
    bool subscribed;
    bool flow;     /**< the event carries its flow's identity */
    uint64_t live; /**< what of its live fields is copied in: mask over palua_flow_live_schema */
};

struct palua_instance {
    const struct plugin_set *set;
    uint32_t index;
    const struct palua_plugin *plugin;
    void *self;
    struct host_event *events; /**< dissector: one per own event */
    uint64_t *counts;          /**< one per counter */
    uint64_t *anomaly_counts;  /**< one per anomaly */
    struct palua_slice *names; /**< one per anomaly: what its event calls it */
    uint64_t flow_wanted;      /**< of palua_flow_schema, by anybody in the run */
    struct host_event anomaly; /**< the engine's event */
    struct host_event expect;  /**< the engine's event */
    char refusal[256];
};

struct palua_call {
    struct palua_instance *instance;
    struct arena *arena; /**< of the part; for an analysis one of its own */
    uint8_t *room;       /**< the last one given out, NULL once kept */
    uint32_t room_size;
    uint32_t depth; /**< of the events published: below the transport layer */

    const struct dissection_call *at; /**< NULL in an analysis */

    struct sheet *sheet; /**< analysis: NULL in a dissector */
    struct output_key key;
    const struct palua_event *event;
    struct table *tables; /**< in finish only */
};

/** Makes an instance of a plugin and calls its start.
 * @param interest  of the whole run; NULL for an analysis */
bool host_start(struct palua_instance *instance, const struct plugin_set *set, uint32_t index,
                const struct interest *interest, struct error *err);
/** Calls stop and frees what host_start made. */
void host_stop(struct palua_instance *instance);
