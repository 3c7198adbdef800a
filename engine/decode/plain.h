// SPDX-License-Identifier: MIT OR Apache-2.0
/** Packets of the plainest kind, in one go: Ethernet II, one VLAN tag or none, IPv4 without options
 * or IPv6 without extension headers, TCP or UDP that no plugin asks for.
 *
 * Most packets are of that kind, and a walk that looks up what comes next costs several times what
 * reading three or four headers does. Anything else, and anything at all doubtful (a header that is
 * not captured whole, a fragment, a length that does not fit), is left to the walk, which is the
 * one place that says what such packets mean. For what is decoded here the walk would say the same:
 * tests/unit/decode/plain_test.c holds them against each other. Pure, any thread. */
#pragma once

#include <stdbool.h>

#include <palua/packet.h>

#include "decode/decoder.h"

/** @return false if the packet is of another kind: then its layers are written in part, which the
 * walk makes good */
bool plain_decode(const struct decoder *decoder, struct palua_packet *packet);
