// SPDX-License-Identifier: MIT OR Apache-2.0
/** Names of DNS numbers, from IANA's "Domain Name System (DNS) Parameters" registry. */
#pragma once

#include <palua/event.h>

extern const struct palua_enum dns_types;
extern const struct palua_enum dns_classes;
extern const struct palua_enum dns_opcodes;
extern const struct palua_enum dns_rcodes;
extern const struct palua_enum dns_transports; /**< by IP protocol number */

/** The name of a type; NULL if IANA has none. */
const char *dns_type_name(uint16_t type);

/** Types that the parser treats by themselves. */
enum { DNS_TYPE_OPT = 41 };
