// SPDX-License-Identifier: MIT OR Apache-2.0
/** The tables of a decoder: which handler a link type, ethertype, IP protocol or UDP port leads to.
 *
 * A table entry is a slot: the number of an engine protocol, or a plugin. Private to engine/decode.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <palua/plugin.h>

enum {
    DECODER_SLOT_NONE = PALUA_PROTOCOL_NONE,
    DECODER_SLOT_SLL2 = PALUA_PROTOCOL_ENGINE_END, /**< its layers are PALUA_PROTOCOL_SLL */
    DECODER_SLOT_PPP_HDLC, /**< PPP in HDLC-like framing or Cisco's HDLC, whichever the bytes say */
    DECODER_SLOT_PLUGIN,   /**< the first plugin */
    DECODER_PLUGIN_CAP = 150 /**< decoder plugins; a slot is one byte */
};

struct decoder {
    uint8_t linktypes[65536];
    uint8_t ethertypes[65536];
    uint8_t udp_ports[65536];
    uint8_t ip_protocols[2][256]; /**< behind IPv4, behind IPv6 */
    bool udp_bound;               /**< udp_ports has an entry */
    uint8_t keyed;                /**< enum decode_context: what becomes part of flows' keys */
    uint32_t plugin_count;
    const struct palua_plugin *plugins[DECODER_PLUGIN_CAP];
    uint16_t fault_base[DECODER_PLUGIN_CAP]; /**< code of each plugin's first anomaly */
    char **fault_names;                      /**< of plugins, from DECODE_FAULT_COUNT on */
    size_t fault_count;
    size_t fault_cap;
};
