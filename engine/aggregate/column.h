// SPDX-License-Identifier: MIT OR Apache-2.0
/** A field of an event on its way into an aggregation: as a key column, or as a value.
 *
 * What is known of the field beforehand is worked out once, so that the usual kinds go straight
 * from the event's C struct into the key; the others take the way of a palua_argument. Private to
 * this folder. One thread at a time. */
#pragma once

#include "aggregate/writer.h"
#include "base/text.h"
#include "event/path.h"

enum column_way {
    COLUMN_UINT,
    COLUMN_WORD,    /**< INT, TIME, DURATION of 8 bytes */
    COLUMN_SLICE,   /**< STRING, BYTES */
    COLUMN_ADDRESS, /**< IPADDR, MAC: absent if empty */
    COLUMN_NAME,    /**< an enum by its name */
    COLUMN_OTHER
};

enum { COLUMN_NAMES = 256 }; /**< values of an enum whose names are at hand */

struct column {
    uint8_t way; /**< enum column_way */
    uint8_t tag; /**< enum key_tag, where the way alone does not tell */
    uint8_t size;
    uint32_t offset;
    uint64_t need; /**< bits of `present`: 0 if the field is never absent */
    struct path path;
    struct palua_slice *names; /**< COLUMN_NAME: by value; empty where there is none */
    struct text list;          /**< a list counts as its text */
};

void column_init(struct column *column, const struct path *path);
void column_fini(struct column *column);
/** Whether what it writes may be a text, not only bytes. */
bool column_is_text(const struct column *column);

/** The field as an argument; its bytes are the event's or the column's until the next call. */
void column_argument(struct column *column, const struct palua_event *event,
                     struct palua_argument *out);

/** Where the field lies; NULL if the event does not have it. */
static inline const uint8_t *column_at(const struct column *column, const struct palua_event *event)
{
    uint64_t present;
    const uint8_t *record = path_record(&column->path, event, &present);
    return record && (present & column->need) == column->need ? record + column->offset : NULL;
}

/** The same where the way does not tell all. */
void column_put_other(struct column *column, const struct palua_event *event, struct writer *out,
                      uint32_t room);

static inline void column_put_slice(const struct column *column, const uint8_t *at,
                                    struct writer *out, uint32_t room)
{
    struct palua_slice slice;
    memcpy(&slice, at, sizeof slice);
    if (!slice.len && column->way == COLUMN_ADDRESS)
        writer_tag(out, KEY_NIL);
    else
        writer_slice(out, (enum key_tag)column->tag, slice.data, slice.len, room);
}

/** @return false if the name must be looked for */
static inline bool column_put_name(const struct column *column, uint64_t value, struct writer *out,
                                   uint32_t room)
{
    if (value >= COLUMN_NAMES)
        return false;
    const struct palua_slice *name = &column->names[value];
    if (name->len)
        writer_slice(out, KEY_STRING, name->data, name->len, room);
    else
        writer_uint(out, value);
    return true;
}

/** Writes the field as a key's next column. */
static inline void column_put(struct column *column, const struct palua_event *event,
                              struct writer *out, uint32_t room)
{
    const uint8_t *at = column_at(column, event);
    if (!at) {
        writer_tag(out, KEY_NIL);
        return;
    }
    switch (column->way) {
    case COLUMN_UINT:
        writer_uint(out, value_uint(at, column->size));
        return;
    case COLUMN_WORD:
        writer_word(out, (enum key_tag)column->tag, value_uint(at, 8));
        return;
    case COLUMN_SLICE:
    case COLUMN_ADDRESS:
        column_put_slice(column, at, out, room);
        return;
    case COLUMN_NAME:
        if (!column_put_name(column, value_uint(at, column->size), out, room))
            column_put_other(column, event, out, room);
        return;
    default:
        column_put_other(column, event, out, room);
    }
}
