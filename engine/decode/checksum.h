// SPDX-License-Identifier: MIT OR Apache-2.0
/** Checksums: IPv4 (RFC 791), TCP (RFC 9293), UDP (RFC 768, RFC 8200 section 8.1), UDP-Lite (RFC
 * 3828), DCCP (RFC 4340), ICMP (RFC 792), ICMPv6 (RFC 4443), SCTP (RFC 9260 appendix A).
 *
 * Computed only when asked for: it reads every byte of a packet. Of a packet that was not captured
 * whole, of a lone fragment and of what an ICMP error quotes nothing is said; a datagram that was
 * put together is checked as a whole. Pure, any thread. */
#pragma once

#include <stdint.h>

#include <palua/plugin.h>

#include "batch/batch.h"

/** Checks one layer's checksum. PALUA_CHECKSUM_UNVERIFIED also for a protocol that has none or is
 * not listed above. */
enum palua_checksum checksum_of(const struct palua_packet *packet, uint32_t layer);

/** Checks all layers of a decoded batch that lie in the frames; appends what is wrong to
 * batch->anomalies, in packet order. */
void checksum_batch(struct batch *batch);

/** The same for the layers that lie in batch->datagrams, once these are put together. */
void checksum_datagrams(struct batch *batch);
