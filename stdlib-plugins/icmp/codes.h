// SPDX-License-Identifier: MIT OR Apache-2.0
/** Names of ICMP and ICMPv6 types and codes: IANA "ICMP Parameters" and "ICMPv6 Parameters". Pure,
 * any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/** snake_case; NULL if the type has no name. */
const char *icmp_type_name(bool ipv6, uint8_t type);
/** NULL if the type has no codes, or the code no name. */
const char *icmp_code_name(bool ipv6, uint8_t type, uint8_t code);
