// SPDX-License-Identifier: MIT OR Apache-2.0
/** Domain names on the wire (RFC 1035 sections 3.1 and 4.1.4) and as text.
 *
 * Text: labels joined by '.', the root is ".", case kept; what is not printable, a blank, and a dot
 * or backslash inside a label are written \DDD (RFC 4343 section 2.1).
 *
 * A compression pointer must point strictly backwards, before everything of this name read so far,
 * so that reading ends; at most DNS_JUMP_CAP of them per name, so that it ends soon. Keeps no
 * state. */
#pragma once

#include <palua/cursor.h>

#include "text.h"

enum {
    DNS_NAME_CAP = 255,       /**< bytes of a name on the wire, RFC 1035 section 2.3.4 */
    DNS_NAME_TEXT_CAP = 1024, /**< every byte escaped */
    DNS_JUMP_CAP = 127        /**< as many as a name can have labels */
};

/** Why a message is malformed; also the plugin's list of anomalies. */
#define DNS_FAULT_LIST(X)                                                                     \
    X(SHORT_HEADER, "short_header", "fewer than the 12 bytes of a DNS header")                \
    X(TRUNCATED, "truncated", "a name or record is longer than the message")                  \
    X(BAD_LABEL, "bad_label", "a label's type is neither a length nor a compression pointer") \
    X(BAD_POINTER, "bad_pointer", "a compression pointer does not point backwards")           \
    X(NAME_TOO_LONG, "name_too_long",                                                         \
      "a name has more than 255 bytes, or hops more than 127 times")                          \
    X(BAD_RDATA, "bad_rdata", "a record's data is not what its type asks for")                \
    X(TRAILING_BYTES, "trailing_bytes", "bytes after the last record")

enum dns_fault {
#define X(code, name, text) DNS_##code,
    DNS_FAULT_LIST(X)
#undef X
        DNS_FAULT_COUNT,
    DNS_OK = DNS_FAULT_COUNT, /**< no fault */
    DNS_LIMIT                 /**< DNS_TEXT_CAP was met: not the traffic's fault */
};

/** Appends a name's text to the value being written.
 * @param in  just past the name on DNS_OK; where the fault is otherwise */
enum dns_fault dns_name_read(struct palua_cursor *in, struct dns_text *out);

/** Passes over a name without looking where its pointer leads. */
enum dns_fault dns_name_skip(struct palua_cursor *in);
