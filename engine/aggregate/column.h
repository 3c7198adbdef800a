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

/** Writes the field of several events as the next column of their keys.
 * @param later  columns that follow it */
void column_put_all(struct column *column, const struct palua_event *const *events, uint32_t count,
                    struct writer *keys, uint32_t later);

/** The field of several events as numbers; NUMBER_NONE where it is absent. COLUMN_UINT and
 * COLUMN_WORD only. */
void column_numbers(const struct column *column, const struct palua_event *const *events,
                    uint32_t count, struct number *out);
