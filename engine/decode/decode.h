// SPDX-License-Identifier: MIT OR Apache-2.0
/** Decode: from a framed packet's bytes to its layers.
 *
 * Stateless, so any thread may decode any packet. Which protocol follows is looked up in a table by
 * (link type | ethertype | IP protocol | UDP port); the engine fills in the protocols of layers 2
 * to 4, decoder plugins add theirs. Never fails. Iterates, never recurses; at most PALUA_LAYER_CAP
 * layers.
 *
 * What becomes a layer. Every header up to TCP, UDP, ICMP, ICMPv6, ESP or ARP; and one last layer
 * of protocol DATA for bytes behind a header that says nothing known of them (LLC, an unknown
 * protocol, a fragment's payload). The payload of TCP, UDP and ICMP is no layer of its own, except
 * what an ICMP error quotes and what a UDP decoder plugin claims.
 *
 * Lengths. layer.len counts bytes on the wire: what the outer layers declare, trimmed by the
 * layer's own length field where it has one. A total length of 0 (segmentation offload) means the
 * rest of the frame. A field that declares more than there is raises an anomaly, marks the layer
 * BAD, and decoding goes on with what there is.
 *
 * Malformed headers. A header that contradicts itself (version, a length below its own minimum) or
 * does not fit into what its outer layer declares becomes a last layer of its protocol, BAD, with
 * header_len reaching to the layer's end so that its payload is empty. A header that only the
 * snaplen cut is CUT, not BAD, and also the last layer; its header_len is what the header needs, as
 * far as it can be known, and so more than there are bytes. Both raise an anomaly. Inside an ICMP
 * error headers are normally cut, so there neither that nor too large a length is an anomaly.
 *
 * layer.aux: ETH the type or length field; VLAN and IEEE8021AD the VLAN id; SLL the protocol field;
 * NULL the address family; ARP the opcode; IP and IPV6 the protocol behind the last extension
 * header seen; extension headers and AH their next header; TCP the flags, NS to FIN, 9 bits; ICMP
 * and ICMPV6 type << 8 | code; a plugin's layer what the plugin says.
 *
 * layer.context, with PALUA_LAYER_CONTEXT: VLAN and IEEE8021AD the VLAN id; MPLS the last label of
 * the stack; PPPOES the session id; IEEE8021AH the I-SID; GRE the key if there is one (NVGRE, RFC
 * 7637, which is a key and an Ethernet payload without sequence number: the VSID; version 1: the
 * call id); a plugin's layer what the plugin says. */
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
    X(AH_LEN, "ah_bad_length",                                                                  \
      "AH length below that of its fixed fields, or above the datagram's")                      \
    X(PAYLOAD_LEN, "bad_payload_length",                                                        \
      "an 802.3 length or a decoder's payload length above what there is")                      \
    X(TCP_OFFSET, "tcp_bad_offset",                                                             \
      "TCP data offset below 20 bytes or above the segment's length")                           \
    X(RADIO_LEN, "radio_bad_length",                                                            \
      "the length of a radiotap, AVS or PPI header below that of its fixed fields")             \
    X(GRE_VERSION, "gre_bad_version", "a GRE version other than 0 and 1")                       \
    X(SCTP_CHUNK, "sctp_bad_chunk",                                                             \
      "an SCTP chunk's length below that of its fixed fields or above the packet's")            \
    X(SCTP_CHUNKS, "sctp_too_many_chunks", "an SCTP packet of more than 1,024 chunks")          \
    X(DCCP_OFFSET, "dccp_bad_offset",                                                           \
      "DCCP data offset below the fixed header or above the packet's length")                   \
    X(UDP_LEN, "udp_bad_length", "UDP length below 8 or above the datagram's")                  \
    X(FRAGMENT_OVERLAP, "fragment_overlap",                                                     \
      "a fragment overlaps others of its datagram, and is no duplicate of one")                 \
    X(FRAGMENT_CONFLICT, "fragment_conflict",                                                   \
      "a fragment overlaps others of its datagram, and has other bytes there")                  \
    X(FRAGMENT_END, "fragment_bad_end",                                                         \
      "a fragment contradicts another one in where the datagram ends")                          \
    X(FRAGMENT_LEN, "fragment_bad_length",                                                      \
      "a fragment without payload, or of no multiple of 8 bytes with more to come")             \
    X(FRAGMENT_BEYOND_MOST, "fragment_beyond_limit",                                            \
      "a fragment of a datagram of more than 65,535 bytes")                                     \
    X(IP_CHECKSUM, "ip_bad_checksum", "the IPv4 header's checksum is wrong")                    \
    X(TCP_CHECKSUM, "tcp_bad_checksum", "the TCP checksum is wrong")                            \
    X(UDP_CHECKSUM, "udp_bad_checksum",                                                         \
      "the UDP checksum is wrong, or 0 in IPv6 outside of a tunnel")                            \
    X(UDPLITE_CHECKSUM, "udplite_bad_checksum", "the UDP-Lite checksum or coverage is wrong")   \
    X(DCCP_CHECKSUM, "dccp_bad_checksum", "the DCCP checksum or coverage is wrong")             \
    X(ICMP_CHECKSUM, "icmp_bad_checksum", "the ICMP checksum is wrong")                         \
    X(ICMPV6_CHECKSUM, "icmpv6_bad_checksum", "the ICMPv6 checksum is wrong")                   \
    X(SCTP_CHECKSUM, "sctp_bad_checksum", "the SCTP checksum is wrong")

enum decode_fault {
#define X(code, name, text) DECODE_FAULT_##code,
    DECODE_FAULT_LIST(X)
#undef X
        DECODE_FAULT_COUNT
};

const char *decode_fault_name(uint16_t code);
const char *decode_fault_text(uint16_t code);

/** What may tell apart flows that have the same five-tuple: bits of a mask. */
enum decode_context {
    DECODE_CONTEXT_VLAN = 1,    /**< the id of the innermost VLAN tag around the flow */
    DECODE_CONTEXT_NETWORK = 2, /**< VNI of VXLAN and Geneve, VSID of NVGRE, I-SID of 802.1ah */
    DECODE_CONTEXT_SESSION = 4, /**< TEID of GTP-U; L2TP, ERSPAN and PPTP ids; path of NSH */
    DECODE_CONTEXT_GRE = 8,     /**< key of GRE */
    DECODE_CONTEXT_LABEL = 16,  /**< the last MPLS label */
    DECODE_CONTEXT_PPPOE = 32,  /**< session id of PPPoE */
    DECODE_CONTEXT_OUTER = 64,  /**< the addresses of the IP layers around the flow */
    DECODE_CONTEXT_USUAL = DECODE_CONTEXT_VLAN | DECODE_CONTEXT_NETWORK
};

struct decoder;

/** With the engine's protocols. Read-only once set up, so shared by all threads. */
struct decoder *decoder_new(void);
void decoder_free(struct decoder *decoder);
/** Says what becomes part of flows' keys, a mask over enum decode_context; DECODE_CONTEXT_USUAL if
 * never called. */
void decoder_key(struct decoder *decoder, unsigned contexts);

/** Adds a decoder plugin's bindings and gives its layers a protocol number, PALUA_PROTOCOL_PLUGIN
 * and up in the order of adding. The plugin must outlive the decoder. Two plugins bound to the same
 * UDP port, or a plugin bound to what the engine or another plugin decodes, is an error; nothing is
 * added then. Of the two ports of a datagram the destination's plugin is asked first. */
bool decoder_add(struct decoder *decoder, const struct palua_plugin *plugin, struct error *err);

/** The name of an anomaly that decode_batch found: the engine's own, or PLUGIN_ANOMALY. Lives as
 * long as the decoder. */
const char *decoder_fault_name(const struct decoder *decoder, uint16_t code);

/** The name of a layer's protocol as in Wireshark's frame.protocols, such as "eth" or
 * "ipv6.fraghdr". */
const char *decoder_protocol_name(const struct decoder *decoder, uint16_t protocol);
/** The protocol of that name, PALUA_PROTOCOL_NONE if unknown. */
uint16_t decoder_protocol_find(const struct decoder *decoder, const char *name);

/** Decodes packets[first, first + count) of a batch, in place; appends what was malformed to
 * batch->anomalies. Reads data, caplen, origlen and linktype, as the capture framed them; of flags
 * only PALUA_PACKET_NO_TIME and those of check sequences are kept. layers beyond layer_count mean
 * nothing.
 *
 * packet->network is the innermost IP layer whose addresses were captured and whose header is
 * sound. packet->transport is the innermost TCP, UDP, ICMP, ICMPv6, SCTP, DCCP or UDP-Lite layer
 * behind it of which the ports (type and code) were captured: it may be CUT or BAD, so read what
 * follows the ports through a cursor. Neither is ever inside an ICMP error. PALUA_PACKET_FLOW is
 * set if the innermost network layer is no fragment and names a transport that was found, or
 * another protocol (ports 0). Of a fragment flow_hash is made from addresses, context and, of IPv4,
 * protocol: the same for all of a datagram. */
void decode_batch(const struct decoder *decoder, struct batch *batch, uint32_t first,
                  uint32_t count);

/** Goes on with a packet whose innermost network layer holds a fragment, now that the datagram is
 * whole: decodes what follows layer `header`, the last header before the payload, from the packet's
 * buffer `buffer`, as decode_batch does. The IP layer keeps PALUA_LAYER_FRAGMENT, as its own bytes
 * are still those of one fragment; PALUA_PACKET_FRAGMENT is then that of what was found inside.
 * @param proto  IP protocol of the payload */
void decode_reassembled(const struct decoder *decoder, struct batch *batch, uint32_t index,
                        uint8_t header, uint8_t buffer, uint8_t proto);

/** Finds the transport header at the beginning of a datagram that never became whole. The packet
 * held its first fragment; what has come of the datagram from its beginning on is the packet's
 * buffer `buffer`. Layers become those up to the transport header, whose `len` is at most what it
 * is on the wire; flags and flow_hash stay. Raises no anomalies.
 * @param len  of the datagram's payload, or the most it can be
 * @return whether there is a header with ports, and all of it */
bool decode_beginning(const struct decoder *decoder, struct palua_packet *packet, uint8_t header,
                      uint8_t buffer, uint8_t proto, uint32_t len);

/** Appends an anomaly of a packet: for stages that look at datagrams after decode. */
void decode_raise(struct batch *batch, uint32_t index, enum decode_fault code, uint8_t layer,
                  uint32_t offset);

/** Puts the anomalies of a batch from `first` on, which are in packet order like those before them,
 * in between these: of one packet, the earlier found first. */
void decode_order(struct batch *batch, size_t first);

/** The five-tuple of a packet's innermost flow, in the direction of this packet. */
struct decode_tuple {
    struct palua_slice src;
    struct palua_slice dst;
    uint16_t sport; /**< host order; 0 where the protocol has none; ICMP: the type, */
    uint16_t dport; /**< and the type that answers it, or the code if nothing does
                       (flow/community_id.h) */
    uint16_t vlan;  /**< of the innermost VLAN tag between the network layer and the one that
                       carries it; 0 if none, or if the key leaves VLANs out */
    uint8_t proto;
    uint32_t context; /**< as packet->context */
};

/** @return false without PALUA_PACKET_FLOW */
bool decode_tuple(const struct palua_packet *packet, struct decode_tuple *out);

/** What packet->flow_hash holds: 32 well mixed bits, the same for both directions, the same in
 * every run (so no defence against chosen collisions: a table keyed by it seeds its own). */
uint32_t decode_tuple_hash(const struct decode_tuple *tuple);

static inline bool decode_is_ip(const struct palua_layer *layer)
{
    return layer->protocol == PALUA_PROTOCOL_IP || layer->protocol == PALUA_PROTOCOL_IPV6;
}

static inline bool decode_is_tag(const struct palua_layer *layer)
{
    return layer->protocol == PALUA_PROTOCOL_VLAN || layer->protocol == PALUA_PROTOCOL_IEEE8021AD;
}

/** Whether a layer is an extension header: it stands between an IP header and its payload. */
static inline bool decode_is_extension(uint16_t protocol)
{
    return (protocol >= PALUA_PROTOCOL_IPV6_HOPOPTS && protocol <= PALUA_PROTOCOL_AH) ||
           (protocol >= PALUA_PROTOCOL_MIPV6 && protocol <= PALUA_PROTOCOL_SHIM6);
}

/** The tunnel that something travels in. */
struct decode_tunnel {
    uint32_t id;       /**< context of the layer; valid if has_id */
    uint16_t protocol; /**< of the layer: VXLAN, GRE…; IP in IP: of the IP layer around */
    uint8_t layer;     /**< its index */
    uint8_t outer;     /**< index of the IP layer that carries it, PALUA_NO_LAYER if none does */
    bool has_id;
};

/** Whether a layer is a tunnel: it has a context other than a VLAN id, is GRE or a plugin's layer
 * in IP, or is an IP layer with another one as its payload.
 * @return false if it is none, or quoted in an ICMP error */
bool decode_tunnel_at(const struct palua_packet *packet, uint32_t layer, struct decode_tunnel *out);

/** The innermost tunnel around a layer; layer_count: around the payload of the innermost one.
 * @return false if there is none */
bool decode_tunnel(const struct palua_packet *packet, uint32_t layer, struct decode_tunnel *out);

/** Whether a layer is a carrier: UDP or TCP with the packet's network layer inside, so that the
 * packet belongs to the flow of that layer too (DESIGN section 1). */
static inline bool decode_is_carrier(const struct palua_packet *packet, uint32_t layer)
{
    uint16_t protocol = packet->layers[layer].protocol;
    return packet->network != PALUA_NO_LAYER && layer < packet->network &&
           (protocol == PALUA_PROTOCOL_UDP || protocol == PALUA_PROTOCOL_TCP);
}

/** The first carrier of a packet from layer `from` on.
 * @return its index; PALUA_NO_LAYER if there is none */
static inline uint32_t decode_next_carrier(const struct palua_packet *packet, uint32_t from)
{
    if (packet->network == PALUA_NO_LAYER)
        return PALUA_NO_LAYER;
    while (from < packet->network && !decode_is_carrier(packet, from))
        from++;
    return from < packet->network ? from : PALUA_NO_LAYER;
}

/** The packet as the flow of one of its carriers sees it: with that layer as the last and as its
 * transport layer, and with PALUA_PACKET_FLOW. */
void decode_carrier(const struct palua_packet *packet, uint32_t layer, struct palua_packet *out);

/** The id of the innermost VLAN tag around a layer. @return false if there is none */
bool decode_vlan(const struct palua_packet *packet, uint32_t layer, uint16_t *id);
