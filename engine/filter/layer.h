// SPDX-License-Identifier: MIT OR Apache-2.0
/** Fields of a packet's layers under Wireshark's names: ip.src, tcp.port, vlan.id, frame.len.
 *
 * The one table of these names. They are read from the packet behind an event, at every depth at
 * which the protocol occurs, headers quoted in an ICMP error included; `ip.addr` and `tcp.port`
 * have two values per layer. Behind an event whose packet has no layers (the end of a flow) stands
 * the flow's identity, the originator as the source. Sources: IEEE 802.3, RFC 791, RFC 8200, RFC
 * 9293, RFC 768, RFC 9260, RFC 4340. Pure, any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <palua/event.h>
#include <palua/packet.h>

#include "event/value.h"

enum filter_record {
    FILTER_RECORD_FRAME,     /**< the packet itself */
    FILTER_RECORD_LAYER,     /**< a layer's entry */
    FILTER_RECORD_ETH,       /**< an Ethernet header */
    FILTER_RECORD_IP,        /**< an IP header */
    FILTER_RECORD_TRANSPORT, /**< a header with ports */
    FILTER_RECORD_DCCP,      /**< of such a header, what only DCCP has */
};

enum { FILTER_NO_FLOW_FIELD = 255 };

struct filter_layer_field {
    struct palua_field field; /**< name in full; offset in its record */
    enum filter_record record;
    uint16_t protocol;   /**< enum palua_protocol; NONE: of the frame */
    uint16_t second;     /**< offset of the second value; 0: there is one */
    uint16_t mask;       /**< bits of it; 0: all */
    bool flag;           /**< a bool: whether any of these bits is set */
    uint8_t part;        /**< of the record that must have been captured */
    uint8_t address_len; /**< of an address */
    uint8_t flow[2];     /**< enum flow_field with the same values, or FILTER_NO_FLOW_FIELD */
};

/** NULL if there is none of that name. */
const struct filter_layer_field *filter_layer_find(const char *name);
/** The name of field `index`, from 0; NULL behind the last. */
const char *filter_layer_name(uint32_t index);

/** The values of the field in one of the packet's layers, which is of its protocol; of the frame,
 * whatever `layer` is.
 * @return how many there are: 0 where the field was not captured, else 1, or 2 as of ip.addr */
uint32_t filter_layer_read(const struct filter_layer_field *field,
                           const struct palua_packet *packet, uint32_t layer, struct value out[2]);
/** Value `which` (0 or 1) of the field, from a flow.
 * @return false if there is no such value */
bool filter_layer_flow(const struct filter_layer_field *field, const struct palua_flow *flow,
                       uint32_t which, struct value *out);

/** Whether a packet has a layer of a protocol. */
bool filter_layer_present(const struct palua_packet *packet, uint16_t protocol);
/** Whether a flow's packets have it: its IP version, its transport. */
bool filter_layer_flow_has(const struct palua_flow *flow, uint16_t protocol);
