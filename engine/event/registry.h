// SPDX-License-Identifier: MIT OR Apache-2.0
/** Every event kind the run knows: the engine's and those of the loaded plugins, by number and by
 * name.
 *
 * Filled during set-up on the main thread; read-only afterwards, so then safe on any thread.
 * Schemas are borrowed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <palua/event.h>

#include "base/error.h"

enum { EVENT_KIND_CAP = 512 }; /**< event kinds in one run */
enum { EVENT_KIND_NONE = 0xffff };

/** The engine's own kinds come first, with fixed numbers. */
enum event_kind {
    EVENT_PACKET,
    EVENT_LINK,
    EVENT_NETWORK,
    EVENT_TUNNEL,
    EVENT_TRANSPORT,
    EVENT_FRAGMENT,
    EVENT_FLOW_START,
    EVENT_FLOW_END,
    EVENT_TCP_DATA,
    EVENT_TCP_GAP,
    EVENT_TCP_SUMMARY,
    EVENT_ANOMALY,
    EVENT_EXPECT,
    EVENT_CAPTURE_END,
    EVENT_ENGINE_COUNT
};

/** Events that are made of a packet alone, whether it belongs to a flow or not. */
static inline bool event_is_of_packet(uint16_t kind)
{
    return kind == EVENT_PACKET || kind == EVENT_LINK || kind == EVENT_NETWORK ||
           kind == EVENT_TUNNEL || kind == EVENT_TRANSPORT || kind == EVENT_FRAGMENT;
}

struct registry;

/** With the engine's events in it. */
struct registry *registry_new(void);
void registry_free(struct registry *registry);

/** Adds a schema; checks it (names, offsets within size, at most PALUA_FIELD_CAP fields, no
 * duplicate).
 * @param kind  its number */
bool registry_add(struct registry *registry, const struct palua_schema *schema, uint16_t *kind,
                  struct error *err);

uint16_t registry_count(const struct registry *registry);
const struct palua_schema *registry_schema(const struct registry *registry, uint16_t kind);
/** EVENT_KIND_NONE if unknown. */
uint16_t registry_find(const struct registry *registry, const char *name);
/** The known event name nearest to a mistyped one; NULL if none is near. */
const char *registry_nearest(const struct registry *registry, const char *name);

/** The schemas behind every event: the common fields (offsets in struct palua_packet), the flow's
 * identity (in struct palua_flow), and the live flow fields (in struct palua_flow_live). */
extern const struct palua_schema palua_common_schema;
extern const struct palua_schema palua_flow_schema;
extern const struct palua_schema palua_flow_live_schema;
