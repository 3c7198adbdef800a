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
#include "base/text.h"
#include "event/registry.h"

enum path_base { PATH_EVENT, PATH_PACKET, PATH_FLOW, PATH_FLOW_LIVE };

/** How a time, duration or enum is meant: as declared, as integer ns (`x_ns`), or as its name
 * (`x_name`). */
enum path_form { PATH_PLAIN, PATH_NS, PATH_NAME };

struct path {
    uint16_t kind; /**< the event */
    enum path_base base;
    enum path_form form;
    uint8_t index; /**< of the field in its schema: its bit in `present` and in a wanted mask */
    const struct palua_field *field;
    const struct palua_schema *schema; /**< where the field stands */
};

/** Resolves a field of one event: "qname", "ts", "ts_ns", "rcode_name", "flow.uid",
 * "packet_number", or an alias. On failure names the nearest field. */
bool path_resolve(const struct registry *registry, uint16_t kind, const char *field,
                  struct path *out, struct error *err);

/** A field's value, read from an event. Slices and lists are borrowed from it. */
struct value {
    uint8_t type; /**< enum palua_type; 0: absent (nil) */
    union {
        uint64_t uint;
        int64_t sint;
        double real;
        struct palua_slice slice;
        struct palua_list list;
    };
};

/** Reads a path. An enum in PATH_NAME form reads as PALUA_STRING, or as its number where it has no
 * name; a time or duration in PATH_NS form as PALUA_INT. */
struct value path_read(const struct path *path, const struct palua_event *event);
/** The same for a field of any record laid out by a schema (a list's item, a result row); `present`
 * as in the event, or all ones. */
struct value field_read(const struct palua_field *field, uint32_t index, uint64_t present,
                        const void *record);

/** How a value is written in machine formats and by print: durations and times in seconds,
 * addresses and MACs in their notation, strings as they are (the caller escapes), bytes as hex,
 * bools as true/false, lists joined by ','. Absent: nothing. */
void value_text(const struct value *value, const struct palua_field *field, struct text *out);
