// SPDX-License-Identifier: MIT OR Apache-2.0
/** What a name in a filter stands for, and the values an event has of it.
 *
 * A name is looked up in this order: a field of the event, of its packet or flow (event/path.h);
 * the same behind the event's name or its protocol's (dns.query.qname, dns.qname); a field of a
 * packet's layers (filter/layer.h) or SCTP chunks; a protocol, as a test whether it is there; a
 * field of the flow without "flow.". Resolved at set-up, then read per event without looking at
 * names; read-only then, so safe on any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "decode/decode.h"
#include "event/chunks.h"
#include "event/interest.h"
#include "event/path.h"
#include "filter/layer.h"
#include "filter/literal.h"

/** What a filter is for. */
struct filter_scope {
    const struct registry *registry;
    const struct decoder *decoder; /**< knows the names of protocols */
    struct interest *interest;     /**< what the filter reads is added */
    uint16_t kind;                 /**< the event it is asked of */
    const uint16_t *others; /**< events it is asked of too, by programs of their own: what only they
                               have is absent in this one */
    uint32_t other_count;
};

enum filter_base {
    FILTER_FIELD,    /**< of the event, its packet or flow */
    FILTER_LAYERS,   /**< of the packet's layers */
    FILTER_CHUNKS,   /**< of the chunks of its SCTP layers: `path` is that of transport events */
    FILTER_PROTOCOL, /**< whether the packet has such a layer */
    FILTER_SERVICE,  /**< whether a dissector reads the flow */
    FILTER_ALWAYS,   /**< the event's own protocol */
    FILTER_NEVER     /**< a field of other events */
};

enum { FILTER_NAME_CAP = 128 }; /**< bytes of a name; no field has a longer one */

struct filter_operand {
    enum filter_base base;
    struct filter_type type; /**< type 0: a protocol, which is there or not and has no value */
    uint64_t mask;           /**< bits of its values that count; 0: all */
    struct path path;
    const struct filter_layer_field *layer;
    uint16_t protocol;
    char name[FILTER_NAME_CAP]; /**< as it was written */
};

/** Resolves a name; adds what it takes to the interest.
 * @param token  the word; its column is where an error is */
bool filter_operand_init(struct filter_operand *operand, const struct filter_scope *scope,
                         const struct filter_token *token, struct error *err);
/** Whether a word is such a name. */
bool filter_operand_known(const struct filter_scope *scope, const struct filter_token *token);

/** Reads an enum's name (`rcode_name`) as the number behind it, to be compared as one. */
void filter_operand_use_number(struct filter_operand *operand);

/** Whether its values are the packet's, whatever the rest of the event is. */
bool filter_operand_of_packet(const struct filter_operand *operand);

/** Is shown one value. @return true to see no more of them */
typedef bool (*filter_visit)(void *context, const struct value *value);

/** Shows the values that one event has of an operand, never an absent one.
 * @return whether `visit` has seen enough */
bool filter_operand_visit(const struct filter_operand *operand, const struct palua_event *event,
                          filter_visit visit, void *context);
