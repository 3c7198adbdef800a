// SPDX-License-Identifier: MIT OR Apache-2.0
/** Community ID v1: the flow hash that Zeek, Suricata and others share.
 * Source: the Community ID flow hashing specification, version 1. Pure, any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { COMMUNITY_ID_LEN = 30 }; /**< "1:" and 28 base-64 characters; not NUL-terminated */

/** @param addr_len  4 or 16
 * @param ports      host order; for ICMP and ICMPv6: type and code of the first packet
 * @param out        COMMUNITY_ID_LEN bytes */
void community_id(uint16_t seed, uint8_t proto, const uint8_t *src, const uint8_t *dst,
                  uint8_t addr_len, uint16_t sport, uint16_t dport, char out[COMMUNITY_ID_LEN]);

/** The type that answers an ICMP (proto 1) or ICMPv6 (proto 58) type, as the specification pairs
 * them.
 * @return false if the type has no counterpart (a one-way flow) */
bool community_id_icmp_counterpart(uint8_t proto, uint8_t type, uint8_t *counterpart);
