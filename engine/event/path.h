// SPDX-License-Identifier: MIT OR Apache-2.0
/** Field paths: from "dns.query.flow.uid" or a key column "qname" to the bytes in an event.
 *
 * The one way by which -T, aggregations used as handlers, outputs and filters reach a field. A path
 * is resolved once at set-up and then read per event without looking at names. Read-only after
 * resolving, so safe on any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <palua/event.h>

#include "base/error.h"
#include "event/registry.h"
#include "event/value.h"

enum path_base { PATH_EVENT, PATH_PACKET, PATH_FLOW, PATH_FLOW_LIVE };

struct path {
    uint16_t kind; /**< the event */
    enum path_base base;
    enum path_form form;
    uint8_t index; /**< of the field in its schema: its bit in `present` and in a wanted mask */
    const struct palua_field *field;
    const struct palua_schema *schema; /**< where the field stands */
    const struct palua_field
        *item; /**< "answers.name": the field of each item, `field` being the list; else NULL */
};

/** Resolves a field of one event. In this order: a field of the event ("qname", "rtt_ns",
 * "rcode_name"), a field of its list's items
 * ("answers.name" or an alias with a dot, read as a list), a common field ("ts", "ts_ns",
 * "packet_number"), the flow's identity, then its live fields
 * ("flow.uid", "flow.duration_ns", and Zeek's "id.orig_h"). An exact name comes before an alias,
 * and both before the forms x_ns and x_name. On failure names the event, the field and the nearest
 * one. */
bool path_resolve(const struct registry *registry, uint16_t kind, const char *field,
                  struct path *out, struct error *err);

/** Whether a field is called that, by its name or one of its aliases. */
bool path_called(const struct palua_field *field, const char *name);

/** What the path starts from, and the `present` mask that goes with it. */
static inline const void *path_record(const struct path *path, const struct palua_event *event,
                                      uint64_t *present)
{
    *present = UINT64_MAX;
    switch (path->base) {
    case PATH_PACKET:
        return event->packet;
    case PATH_FLOW:
        *present = event->flow ? event->flow->present : 0;
        return event->flow;
    case PATH_FLOW_LIVE:
        *present = event->live ? event->live->present : 0;
        return event->live;
    default:
        *present = event->present;
        return event;
    }
}

/** Reads a path: the form applied, absent if the event has no packet, flow or live fields to read
 * it from. */
static inline void path_read_into(const struct path *path, const struct palua_event *event,
                                  struct value *out)
{
    uint64_t present;
    const void *record = path_record(path, event, &present);
    if (!record) {
        *out = (struct value){0};
        return;
    }
    value_read(out, path->field, path->index, present, record);
    if (path->item) {
        out->item = path->item;
        out->form = (uint8_t)path->form;
    } else if (path->form != PATH_PLAIN) {
        value_form(out, path->field, path->form);
    }
}

/** The same as a result, where speed does not matter. */
static inline struct value path_read(const struct path *path, const struct palua_event *event)
{
    struct value out;
    path_read_into(path, event, &out);
    return out;
}
