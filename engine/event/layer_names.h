// SPDX-License-Identifier: MIT OR Apache-2.0
/** The text of a packet's layers, "eth:vlan:ip:udp", made once per sequence of protocols.
 *
 * Captures hold a few dozen sequences and millions of packets. Texts live as long as the names, so
 * events of any batch may point to them. At the cap further sequences are written into the batch's
 * arena each time. One per worker; its texts may be read by any thread. */
#pragma once

#include <stdint.h>

#include <palua/packet.h>

#include "base/arena.h"
#include "decode/decode.h"

enum { LAYER_NAMES_CAP = 1024 }; /**< sequences kept */

struct layer_names;

/** The decoder, whose plugins have all been added, must outlive it. */
struct layer_names *layer_names_new(const struct decoder *decoder);
void layer_names_free(struct layer_names *names);

/** Protocols from outer to inner, those quoted in an ICMP error included. */
struct palua_slice layer_names_of(struct layer_names *names, const struct palua_packet *packet,
                                  struct arena *arena);

/** The name of an anomaly that decode found; lives as long as the decoder. */
const char *layer_names_fault(const struct layer_names *names, uint16_t code);

/** The name of one layer's protocol; lives as long as the decoder. */
struct palua_slice layer_names_one(const struct layer_names *names, uint16_t protocol);
