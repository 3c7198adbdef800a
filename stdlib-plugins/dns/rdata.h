// SPDX-License-Identifier: MIT OR Apache-2.0
/** A record's data as text, in the presentation format of the RFC that defines its type; what is
 * unknown or does not fit its type as RFC 3597 section 5 has it: `\# length hex`. */
#pragma once

#include "name.h"

/** Writes the text as a value of its own: dns_text_begin was called and nothing written since.
 * @param in    the record's data; its base is the message, for compression pointers
 * @return DNS_OK, DNS_BAD_RDATA (the RFC 3597 form was written) or DNS_LIMIT (nothing was) */
enum dns_fault dns_rdata_text(uint16_t type, struct palua_cursor in, struct dns_text *out);
