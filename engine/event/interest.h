// SPDX-License-Identifier: MIT OR Apache-2.0
/** What somebody asked for: per event kind, which fields; and from that, which stages run at all.
 *
 * "You pay only for what you subscribe to": a stage asks here before it does work. Filled during
 * set-up by every analysis (subscriptions, handlers' bytecode, -T), read-only afterwards. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "event/path.h"
#include "event/registry.h"

struct interest_kind {
    bool subscribed; /**< somebody wants the event */
    uint64_t fields; /**< wanted mask over the event's own fields */
    uint64_t flow;   /**< wanted mask over palua_flow_schema; not 0: the event carries its flow */
    uint64_t
        flow_live; /**< wanted mask over palua_flow_live_schema; not 0: live fields are copied in */
    uint64_t packet; /**< wanted mask over palua_common_schema; the event has its packet anyway */
    bool layers;     /**< somebody reads layers of its packet, past the event's fields */
};

struct interest {
    struct interest_kind kinds[EVENT_KIND_CAP];
    bool state; /**< somebody keeps per-flow state (`st`): every event carries its flow */
};

void interest_add(struct interest *interest, const struct path *path);
/** The event itself, and all its fields if `all_fields`. */
void interest_add_event(struct interest *interest, const struct registry *registry, uint16_t kind,
                        bool all_fields);

/** What is wanted of the live fields of any flow, over palua_flow_live_schema: by an event that has
 * them copied in, or by flow.end. */
uint64_t interest_flow_live(const struct interest *interest);
