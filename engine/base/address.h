// SPDX-License-Identifier: MIT OR Apache-2.0
/** Addresses as people write them, read into bytes; text.h writes them.
 *
 * Pure, any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ADDRESS_IP_LEN = 16, ADDRESS_MAC_LEN = 6 };

/** An IPv4 address in dotted notation or an IPv6 address (RFC 4291 section 2.2).
 * @param out  ADDRESS_IP_LEN bytes, of which the first 4 or 16 are written
 * @return how many; 0 if the text is no address */
uint32_t address_parse_ip(const char *text, size_t len, uint8_t *out);

/** Six bytes in hexadecimal, two digits each, with a colon or a dash between them.
 * @param out  ADDRESS_MAC_LEN bytes
 * @return false if the text is none */
bool address_parse_mac(const char *text, size_t len, uint8_t *out);
