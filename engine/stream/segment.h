// SPDX-License-Identifier: MIT OR Apache-2.0
/** Reads a decoded packet as a TCP segment (RFC 9293 section 3.1, RFC 7323 section 2). Pure, any
 * thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <palua/packet.h>

#include "base/cursor.h"

enum segment_flag { SEGMENT_FIN = 1, SEGMENT_SYN = 2, SEGMENT_RST = 4, SEGMENT_ACK = 16 };
enum { STREAM_NO_SCALE = 255 };

struct stream_segment {
    struct cursor data; /**< captured payload */
    uint32_t len;       /**< of the payload on the wire, bytes */
    uint32_t seq;
    uint32_t ack;
    uint16_t window; /**< as sent */
    uint16_t flags;
    uint16_t checksum;
    uint8_t ttl;   /**< or hop limit; 0 if not captured */
    uint8_t scale; /**< of the window, in a SYN only; STREAM_NO_SCALE: the option is not there */
    uint64_t packet;
    int64_t ts_ns;
};

/** @return false if the packet's innermost transport layer is no TCP, or its header is malformed or
 * not captured whole */
bool stream_segment_read(const struct palua_packet *packet, struct stream_segment *out);

/** The identification of the IPv4 header; false for IPv6. */
bool stream_segment_ip_id(const struct palua_packet *packet, uint32_t *id);
