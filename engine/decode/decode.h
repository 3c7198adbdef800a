// SPDX-License-Identifier: MIT OR Apache-2.0
/** Decode: from a framed packet's bytes to its layers.
 *
 * Stateless, so any thread may decode any packet. Which protocol follows is looked up in a table by
 * (link type | ethertype | IP protocol | UDP port); the engine fills in the protocols of layers 2
 * to 4, decoder plugins add theirs. Never fails: what cannot be decoded becomes a layer of protocol
 * DATA, a malformed header also an anomaly. Iterates, never recurses; at most PALUA_LAYER_CAP
 * layers. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <palua/plugin.h>

#include "base/error.h"
#include "batch/batch.h"

/** Kinds of malformed header: code, anomaly name, what it means. */
#define DECODE_FAULT_LIST(X)                                                                    \
    X(HEADER_CUT, "header_truncated",                                                           \
      "a header is longer than the bytes its outer layer declares")                             \
    X(SNAPLEN_CUT, "header_not_captured", "a header is longer than the bytes the snaplen kept") \
    X(TOO_MANY_LAYERS, "too_many_layers", "nesting deeper than the layer cap")                  \
    X(IP_VERSION, "ip_bad_version", "the version field is not that of the protocol number")     \
    X(IP_HEADER_LEN, "ip_bad_header_length",                                                    \
      "IPv4 header length below 20 bytes or above the datagram's")                              \
    X(IP_TOTAL_LEN, "ip_bad_total_length",                                                      \
      "IPv4 total length below the header length or above the frame's")                         \
    X(IPV6_PAYLOAD_LEN, "ipv6_bad_payload_length", "IPv6 payload length above the frame's")     \
    X(IPV6_EXTENSION, "ipv6_bad_extension", "an extension header reaches past the datagram")    \
    X(IPV6_ORDER, "ipv6_extension_order",                                                       \
      "hop-by-hop options not directly behind the IPv6 header")                                 \
    X(TCP_OFFSET, "tcp_bad_offset",                                                             \
      "TCP data offset below 20 bytes or above the segment's length")                           \
    X(UDP_LEN, "udp_bad_length", "UDP length below 8 or above the datagram's")

enum decode_fault {
#define X(code, name, text) DECODE_FAULT_##code,
    DECODE_FAULT_LIST(X)
#undef X
        DECODE_FAULT_COUNT
};

const char *decode_fault_name(uint16_t code);
const char *decode_fault_text(uint16_t code);

struct decoder;

/** With the engine's protocols. Read-only once set up, so shared by all threads. */
struct decoder *decoder_new(void);
void decoder_free(struct decoder *decoder);
/** Adds a decoder plugin's bindings and gives its layers a protocol number. */
bool decoder_add(struct decoder *decoder, const struct palua_plugin *plugin, struct error *err);

/** The name of a layer's protocol as in Wireshark's frame.protocols, such as "eth" or
 * "ipv6.fraghdr". */
const char *decoder_protocol_name(const struct decoder *decoder, uint16_t protocol);
/** The protocol of that name, PALUA_PROTOCOL_NONE if unknown. */
uint16_t decoder_protocol_find(const struct decoder *decoder, const char *name);

/** Decodes packets[first, first + count) of a batch, in place; appends what was malformed to
 * batch->anomalies. */
void decode_batch(const struct decoder *decoder, struct batch *batch, uint32_t first,
                  uint32_t count);

/** The five-tuple of a packet's innermost flow. */
struct decode_tuple {
    struct palua_slice src;
    struct palua_slice dst;
    uint16_t sport; /**< host order; ICMP: see flow/community_id.h */
    uint16_t dport;
    uint16_t vlan; /**< of the innermost VLAN tag outside the network layer; 0 if none */
    uint8_t proto;
};

/** @return false without PALUA_PACKET_FLOW */
bool decode_tuple(const struct palua_packet *packet, struct decode_tuple *out);
