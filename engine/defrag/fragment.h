// SPDX-License-Identifier: MIT OR Apache-2.0
/** Reads a decoded packet as a fragment: which datagram it belongs to and which part of it (RFC 791
 * section 3.1, RFC 8200 section 4.5). Pure, any thread. */
#pragma once

#include <stdint.h>

#include <palua/packet.h>

#include "defrag/datagram.h"

/** What names a datagram. Has no padding, so that keys are compared as memory. */
struct fragment_key {
    uint8_t src[16]; /**< IPv4: the first 4 bytes, the rest 0 */
    uint8_t dst[16];
    uint64_t
        context; /**< of what lies around the IP layer: VLAN tags, tunnels and their ends, hashed */
    uint32_t id;
    uint16_t version; /**< 4 or 6 */
    uint16_t proto;   /**< IPv4 only: in IPv6 fragments of one datagram may differ in it */
};

enum fragment_status {
    FRAGMENT_WHOLE,      /**< may be put together */
    FRAGMENT_CUT,        /**< not all of it was captured, or its IP header is malformed */
    FRAGMENT_EMPTY,      /**< carries nothing */
    FRAGMENT_UNALIGNED,  /**< more to come, and its length is no multiple of 8 */
    FRAGMENT_BEYOND_MOST /**< the datagram would be longer than 65,535 bytes */
};

struct fragment {
    const struct palua_packet *packet;
    struct fragment_key key;
    struct datagram_fragment part;
    int64_t ts_ns; /**< of the packet */
    enum fragment_status status;
    uint8_t header;  /**< index of the last header before the payload */
    uint32_t offset; /**< of the field that holds the fragment's offset, in the layer's buffer */
};

/** @param packet  with PALUA_PACKET_FRAGMENT
 * @return false if the headers that say what it is were not captured */
bool fragment_read(const struct palua_packet *packet, struct fragment *out);
