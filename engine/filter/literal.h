// SPDX-License-Identifier: MIT OR Apache-2.0
/** Values that stand in a filter expression, typed by the field they are compared with.
 *
 * A field's type says what may be written: a number, an enum's name, an address or a network, a
 * duration such as 5s, a time, a text. Reading one is set-up; comparing is for every event and
 * allocates nothing. Pure but for the arena, any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "event/value.h"
#include "filter/lexer.h"

/** What the values of a field are, as a filter sees them. */
struct filter_type {
    uint8_t type;                   /**< enum palua_type */
    uint8_t address_len;            /**< of an IPADDR that has only one version: 4 or 16; else 0 */
    const struct palua_enum *names; /**< of an ENUM */
};

/** Kinds of values that can be compared with each other. */
enum filter_class {
    FILTER_WHOLE, /**< integers, enums, bools */
    FILTER_REAL,
    FILTER_TIME,     /**< ns since 1970 */
    FILTER_DURATION, /**< ns */
    FILTER_ADDRESS,
    FILTER_MAC,
    FILTER_TEXT, /**< strings and bytes */
    FILTER_LIST  /**< cannot be compared */
};

enum filter_class filter_class_of(uint8_t type);
/** "a number", "a text" and so on, for messages. */
const char *filter_class_name(const struct filter_type *type);

struct filter_literal {
    enum filter_class kind;
    uint8_t prefix; /**< ADDRESS: bits that count, if `network` */
    bool network;
    union {
        __int128 whole; /**< WHOLE, TIME, DURATION */
        double real;
        struct palua_slice slice; /**< ADDRESS, MAC, TEXT: in the arena, or the event's */
    };
};

/** Reads one token as a value of the type.
 * @param lexer  that the token came from: has the text of a FILTER_STRING
 * @param field  the field's name, for the message
 * @param arena  owns the literal's bytes */
bool filter_literal_read(const struct filter_type *type, const struct filter_token *token,
                         const struct filter_lexer *lexer, const char *field, struct arena *arena,
                         struct filter_literal *out, struct error *err);

/** A value of an event as a literal that borrows its bytes; absent values and lists have none. */
bool filter_literal_of(const struct value *value, struct filter_literal *out);

/** Whether both are the same; a network is the same as the addresses in it. */
bool filter_literal_equal(const struct filter_literal *a, const struct filter_literal *b);
/** Whether they can be put in order, and how: -1, 0 or 1. Addresses of both versions, and NaN,
 * cannot. */
bool filter_literal_order(const struct filter_literal *a, const struct filter_literal *b, int *out);
