// SPDX-License-Identifier: MIT OR Apache-2.0
/** One field's value, read from a record by its schema, and how it is written.
 *
 * What outputs, aggregations and filters hand around instead of typed structs. A value borrows its
 * slices and lists from the record it was read from. Pure, any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <palua/event.h>

#include "base/text.h"

/** How a time, duration or enum is meant: as declared, as integer ns (`x_ns`), or as its name
 * (`x_name`). */
enum path_form { PATH_PLAIN, PATH_NS, PATH_NAME };

/** Which member of the union holds it: UINT, ENUM and BOOL `uint`; INT, TIME and DURATION `sint`;
 * REAL `real`; LIST `list`; the others `slice`. */
struct value {
    uint8_t type; /**< enum palua_type; 0: absent (nil) */
    uint8_t form; /**< enum path_form of the items, if `item` is set; PATH_PLAIN otherwise */
    const struct palua_field *item; /**< a list read through a path such as answers.name: this field
                                       of each item; else NULL */
    union {
        uint64_t uint;
        int64_t sint;
        double real;
        struct palua_slice slice;
        struct palua_list list;
    };
};

/** Reads a field of any record laid out by a schema (an event, a list's item, a result row).
 * @param index    the field's index in its schema
 * @param present  as in the event, or all ones; an optional field whose bit is not set is absent,
 * as are empty addresses */
struct value field_read(const struct palua_field *field, uint32_t index, uint64_t present,
                        const void *record);

/** The same in another form. An enum in PATH_NAME form reads as PALUA_STRING, or as its number
 * where it has no name; a time or duration in PATH_NS form as PALUA_INT. */
struct value field_read_as(const struct palua_field *field, enum path_form form, uint32_t index,
                           uint64_t present, const void *record);

/** The name of an enum's value; NULL if it has none. */
const char *enum_name(const struct palua_enum *names, uint64_t value);

/** How a value is written in machine formats and by print: times and durations in seconds,
 * addresses and MACs in their notation, strings as they are (the caller escapes), bytes as hex,
 * bools as true/false, enums as their number. Absent: nothing. Lists are joined by ','. An item of
 * a list is written as its fields joined by ' ', empty ones left out, enums by name where they have
 * one: the way a person reads a record ("www.example.com A 300 192.0.2.1").
 * @param field  where the value was read from */
void value_text(const struct value *value, const struct palua_field *field, struct text *out);
