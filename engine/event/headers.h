// SPDX-License-Identifier: MIT OR Apache-2.0
/** What the engine's events show of packet headers, read from a decoded packet's layers.
 *
 * Sources: IEEE 802.3 and 802.1Q, RFC 791, RFC 8200, RFC 9293, RFC 768, RFC 9260, RFC 4340. Decode
 * has found where the headers are; here their fields are read, each only if it was captured. Pure,
 * any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <palua/packet.h>

#include "base/arena.h"

/** The IP header of one layer. */
struct ip_fields {
    struct palua_slice src;
    struct palua_slice dst;
    uint8_t version; /**< 4 or 6 */
    uint8_t proto;   /**< behind extension headers */
    uint8_t ttl;
};

/** @return false if the layer is not IP, or its fixed header was not captured whole */
bool headers_ip(const struct palua_packet *packet, uint32_t layer, struct ip_fields *out);

/** Which part of its datagram a fragment is. */
struct fragment_fields {
    uint32_t id;
    uint32_t offset; /**< bytes */
    uint32_t header; /**< index of the last header before the fragment's payload */
    uint8_t proto;   /**< IP protocol of what is fragmented, as this fragment says */
    bool more;
};

/** @param layer  an IP layer
 * @return false if it is no fragment, or the fields were not captured */
bool headers_fragment(const struct palua_packet *packet, uint32_t layer,
                      struct fragment_fields *out);

/** A header with ports: TCP, UDP, SCTP, DCCP, UDP-Lite. */
struct transport_fields {
    uint16_t sport;
    uint16_t dport;
    uint32_t seq; /**< this and the rest: only if `tcp` */
    uint32_t ack;
    uint16_t flags; /**< reserved bits included, as Wireshark shows them */
    uint16_t window;
    bool ports; /**< the ports were captured */
    bool tcp;   /**< it is TCP, and captured up to the window */
};

/** @return false if the layer has no ports */
bool headers_transport(const struct palua_packet *packet, uint32_t layer,
                       struct transport_fields *out);

/** A DCCP header. */
struct dccp_fields {
    uint64_t seq; /**< 48 bits, or of a short one 24 */
    uint64_t ack;
    uint32_t service_code;
    uint8_t type;
    bool has_seq; /**< these: it is of a type that has one, and was captured */
    bool has_ack;
    bool has_service_code;
};

/** @return false if the layer is not DCCP, or its type was not captured */
bool headers_dccp(const struct palua_packet *packet, uint32_t layer, struct dccp_fields *out);

/** @return false if the layer is not SCTP, or its tag was not captured */
bool headers_verification_tag(const struct palua_packet *packet, uint32_t layer, uint32_t *out);

/** The options of a TCP header. */
struct option_fields {
    struct palua_list list; /**< of struct option_item, as sent; ends where one is malformed */
    uint32_t tsval;
    uint32_t tsecr;
    uint16_t mss;
    uint8_t window_scale;
    bool has_mss;
    bool has_window_scale;
    bool has_timestamps;
};

/** @param arena  owns the list
 * @return false if the layer is not TCP */
bool headers_options(const struct palua_packet *packet, uint32_t layer, struct arena *arena,
                     struct option_fields *out);

/** A link header with the VLAN tags behind it. */
struct link_fields {
    struct palua_slice src; /**< empty if there is none */
    struct palua_slice dst;
    struct palua_slice payload;
    uint16_t vlan;
    uint16_t ethertype;
    bool tagged;        /**< vlan is set */
    bool has_ethertype; /**< false for IEEE 802.3 with a length, and for link types without */
};

/** @return false if the layer is no link layer; the outermost one of a decoder plugin is one */
bool headers_link(const struct palua_packet *packet, uint32_t layer, struct link_fields *out);

/** The last of the headers that belong to an IP layer: itself, or its last IPv6 extension header.
 */
uint32_t headers_ip_last(const struct palua_packet *packet, uint32_t layer);

/** The captured bytes behind an IP layer's headers: of the whole datagram, in the packet that
 * completes it. */
struct palua_slice headers_ip_payload(const struct palua_packet *packet, uint32_t layer);

/** The IPv4 identification, or that of an IPv6 fragment header among the extension headers.
 * @return false if there is none */
bool headers_ip_id(const struct palua_packet *packet, uint32_t layer, uint32_t *out);
