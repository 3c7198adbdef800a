// SPDX-License-Identifier: MIT OR Apache-2.0
/** The packet that an ICMP error quotes: what it was, as far as the quote reaches. Decode has found
 * its headers. Pure, any thread. */
#pragma once

#include <palua/packet.h>

struct icmp_quote {
    struct palua_slice bytes; /**< from its IP header on */
    struct palua_slice src;   /**< empty if the quote ends before */
    struct palua_slice dst;
    uint16_t sport;
    uint16_t dport;
    uint8_t proto; /**< behind its extension headers */
    bool has_ports;
};

/** @param layer  index of the ICMP layer
 * @return false if it quotes nothing that decode knows */
bool icmp_quote(const struct palua_packet *packet, uint32_t layer, struct icmp_quote *out);
