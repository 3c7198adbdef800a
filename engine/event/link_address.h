// SPDX-License-Identifier: MIT OR Apache-2.0
/** Who sent a frame to whom, in the link layers that are not Ethernet's kin.
 *
 * Sources: IEEE 802.11-2020 section 9.3.2.1, ISO 9314-2, IEEE 802.5 clause 3.2, RFC 4391. Addresses
 * are given as they were sent: in Token Ring the sender's top bit tells of a route, and
 * InfiniBand's are 16 bytes. Pure, any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <palua/packet.h>

struct link_address {
    struct palua_slice src; /**< empty if there is none, or it was not captured */
    struct palua_slice dst;
};

/** The subframes of an 802.11 frame that is an aggregate of them (A-MSDU, IEEE 802.11-2020 section
 * 9.3.2.2), as far as their headers were captured; decode goes on in the first. 0: it is none. */
uint32_t link_subframes(const struct palua_packet *packet, uint32_t layer);

/** @return false if the layer is of none of these protocols */
bool link_address(const struct palua_packet *packet, uint32_t layer, struct link_address *out);
