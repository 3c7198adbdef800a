/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** Events: what an analysis can see, declared once as data.
 *
 * A publisher declares each event as a `struct palua_schema`: name, fields, types, offsets in its C
 * struct, one line of documentation, the RFC. From it come the LuaJIT views, --list-events and
 * --describe, the columns of every output, filters, -T, and the manual's reference. Schemas are
 * constant data that live as long as the process.
 *
 * Field types and their C representation:
 *
 *   PALUA_UINT, PALUA_INT, PALUA_ENUM  an integer of `size` bytes (1, 2, 4, 8), host order
 *   PALUA_BOOL                         uint8_t, 0 or 1
 *   PALUA_REAL                         double
 *   PALUA_TIME                         int64_t, ns since 1970-01-01 UTC
 *   PALUA_DURATION                     int64_t, ns
 *   PALUA_IPADDR                       struct palua_slice of 4 or 16 bytes, network order (empty:
 * none) PALUA_MAC                          struct palua_slice of 6 bytes PALUA_BYTES, PALUA_STRING
 * struct palua_slice; a string is text as the protocol sent it, not checked UTF-8 PALUA_LIST struct
 * palua_list of records of schema `item`
 */
#ifndef PALUA_EVENT_H
#define PALUA_EVENT_H

#include <stddef.h>

#include <palua/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

enum palua_type {
    PALUA_UINT = 1,
    PALUA_INT,
    PALUA_ENUM,
    PALUA_BOOL,
    PALUA_REAL,
    PALUA_TIME,
    PALUA_DURATION,
    PALUA_IPADDR,
    PALUA_MAC,
    PALUA_BYTES,
    PALUA_STRING,
    PALUA_LIST
};

enum palua_field_flag {
    PALUA_OPTIONAL = 1 /**< may be absent: present only if bit i of the event's `present` is set (i:
                          the field's index); an item of a list with such fields begins with a
                          uint64_t that is its own `present` */
};

/** The names of an enum's values, ascending by value. A value without a name is shown as its
 * number. */
struct palua_enum_name {
    uint32_t value;
    const char *name;
};

struct palua_enum {
    const struct palua_enum_name *names;
    uint32_t count;
};

struct palua_schema;

struct palua_field {
    const char *name;    /**< snake_case; Zeek's log name, else Wireshark's, else the RFC's */
    const char *doc;     /**< one line, with units */
    const char *aliases; /**< other names, comma separated; NULL if none */
    const struct palua_enum *names;  /**< PALUA_ENUM only */
    const struct palua_schema *item; /**< PALUA_LIST only */
    uint32_t offset;                 /**< in the event's C struct, bytes */
    uint8_t type;                    /**< enum palua_type */
    uint8_t size;                    /**< bytes in the C struct */
    uint8_t flags;                   /**< enum palua_field_flag */
    uint8_t reserved;
};

enum {
    PALUA_FIELD_CAP = 64
}; /**< fields per schema: one bit each in `present` and in a wanted mask */

/** An event, or the item of a list (then `name` is the item's singular and the struct has no event
 * header). */
struct palua_schema {
    const char *name;   /**< "dns.query": protocol, dot, event; engine events have one word */
    const char *doc;    /**< one line: when it is published */
    const char *source; /**< "RFC 1035 section 4.1"; NULL if none */
    const struct palua_field *fields;
    uint32_t field_count;
    uint32_t size; /**< sizeof the C struct, whose first member is struct palua_event */
};

/** Whether bit `index` of a `present` or wanted mask is set. */
static inline int palua_field_bit(uint64_t mask, uint32_t index)
{
    return (int)(mask >> index & 1);
}

/** One entry of a field table, named as its struct member:
 *     PALUA_FIELD(struct dns_query, qname, PALUA_STRING, "name asked for", .aliases = "query") */
#define PALUA_FIELD(record, member, kind, text, ...) \
    PALUA_FIELD_AS(record, member, #member, kind, text, __VA_ARGS__)

/** The same for a member with another name, such as rtt_ns, whose field is the duration `rtt`. */
#define PALUA_FIELD_AS(record, member, field, kind, text, ...)                        \
    {                                                                                 \
        .name = (field), .doc = (text), .offset = (uint32_t)offsetof(record, member), \
        .type = (kind), .size = (uint8_t)sizeof(((record *)0)->member), __VA_ARGS__   \
    }

#ifdef __cplusplus
}
#endif
#endif
