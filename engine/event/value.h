// SPDX-License-Identifier: MIT OR Apache-2.0
/** One field's value, read from a record by its schema, and how it is written.
 *
 * What outputs, aggregations and filters hand around instead of typed structs. A value borrows its
 * slices and lists from the record it was read from. Pure, any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

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

/** An unsigned integer of 1, 2, 4 or 8 bytes. A record's fields may stand unaligned (a plugin's
 * packed struct), hence the copies. */
static inline uint64_t value_uint(const uint8_t *at, uint8_t size)
{
    uint64_t u64;
    uint32_t u32;
    uint16_t u16;
    switch (size) {
    case 1:
        return *at;
    case 2:
        memcpy(&u16, at, sizeof u16);
        return u16;
    case 4:
        memcpy(&u32, at, sizeof u32);
        return u32;
    default:
        memcpy(&u64, at, sizeof u64);
        return u64;
    }
}

/** Reads a field of any record laid out by a schema (an event, a list's item, a result row).
 * Inline, and into the caller's struct, because it runs for every column of every event: a copied
 * struct that was just written member by member stalls the processor.
 * @param index    the field's index in its schema
 * @param present  as in the event, or all ones; an optional field whose bit is not set is absent,
 * as are empty addresses */
static inline void value_read(struct value *out, const struct palua_field *field, uint32_t index,
                              uint64_t present, const void *record)
{
    const uint8_t *at = (const uint8_t *)record + field->offset;
    unsigned unused = 64U - 8U * field->size;
    bool absent = field->flags & PALUA_OPTIONAL && !palua_field_bit(present, index);
    out->type = absent ? 0 : field->type;
    out->form = PATH_PLAIN;
    out->item = NULL;
    switch (out->type) {
    case 0:
        out->uint = 0;
        break;
    case PALUA_UINT:
    case PALUA_ENUM:
    case PALUA_BOOL:
        out->uint = value_uint(at, field->size);
        break;
    case PALUA_INT:
    case PALUA_TIME:
    case PALUA_DURATION:
        out->sint = (int64_t)(value_uint(at, field->size) << unused) >> unused;
        break;
    case PALUA_REAL:
        memcpy(&out->real, at, sizeof out->real);
        break;
    case PALUA_LIST:
        memcpy(&out->list, at, sizeof out->list);
        break;
    case PALUA_IPADDR:
    case PALUA_MAC:
        memcpy(&out->slice, at, sizeof out->slice);
        out->type = out->slice.len ? out->type : 0;
        break;
    default:
        memcpy(&out->slice, at, sizeof out->slice);
    }
}

/** The same as a result. */
static inline struct value field_read(const struct palua_field *field, uint32_t index,
                                      uint64_t present, const void *record)
{
    struct value out;
    value_read(&out, field, index, present, record);
    return out;
}

/** Puts a value into another form: an enum in PATH_NAME form becomes PALUA_STRING, or a number
 * where it has no name; a time or duration in PATH_NS form becomes PALUA_INT. */
void value_form(struct value *value, const struct palua_field *field, enum path_form form);

/** Both at once. */
static inline struct value field_read_as(const struct palua_field *field, enum path_form form,
                                         uint32_t index, uint64_t present, const void *record)
{
    struct value out = field_read(field, index, present, record);
    if (form != PATH_PLAIN)
        value_form(&out, field, form);
    return out;
}

/** A field of a list's item; optional ones have their bits in the mask that the item begins with.
 */
static inline struct value item_read(const struct palua_schema *schema,
                                     const struct palua_field *field, enum path_form form,
                                     const void *item)
{
    uint64_t present = field->flags & PALUA_OPTIONAL ? value_uint(item, sizeof present) : 0;
    return field_read_as(field, form, (uint32_t)(field - schema->fields), present, item);
}

/** The name of an enum's value; NULL if it has none. */
const char *enum_name(const struct palua_enum *names, uint64_t value);

/** How a value is written in machine formats and by print: times and durations in seconds,
 * addresses and MACs in their notation, strings as they are (the caller escapes), bytes as hex,
 * bools as true/false, enums as their number. Absent: nothing. Lists are joined by ','. An item of
 * a list is written as its fields joined by ' ', empty ones left out, enums by name where they have
 * one: the way a person reads a record ("www.example.com A 300 192.0.2.1").
 * @param field  where the value was read from */
void value_text(const struct value *value, const struct palua_field *field, struct text *out);
