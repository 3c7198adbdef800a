// SPDX-License-Identifier: MIT OR Apache-2.0
/** What became of a TCP connection, in Zeek's terms: state, history, and bytes by sequence numbers.
 *
 * Source: Zeek's documentation of conn.log (conn_state, history, orig_bytes, missed_bytes) and the
 * behaviour of its TCP analyzer. Each end is inactive, has sent SYN, SYN-ACK, is partial (seen
 * without its SYN), established, closed (sent FIN) or reset; conn_state follows from the two, and
 * the history has a letter for what was seen of each end, upper case for the originator's:
 *
 *   s SYN, h SYN-ACK, a pure ACK, d data, f FIN, r RST, i FIN and RST at once, q other odd flags,
 *   t retransmission, w zero window, g gap (t, w, g: at the 1st, 10th, 100th… time), c bad checksum
 *   (only where checksums are verified), ^ the roles were turned around
 *
 * orig_bytes and resp_bytes are the span of the sequence numbers, so they count what was not
 * captured; missed_bytes is what was acknowledged without having been seen. A payload that the
 * snaplen cut was not seen.
 *
 * Where palua differs from Zeek: a SYN that comes behind its SYN-ACK establishes the connection;
 * sequence spans are right beyond 2 GiB, up to 1 TiB per direction; the first 51 letters of the
 * history are kept.
 *
 * Memory: 64 bytes per flow, of which UDP and others use nothing; 192 more for one that had a
 * retransmission, zero window, hole, or repeated flags. Only allocated for tables whose users read
 * such a field. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <palua/packet.h>

#include "flow/store.h"

enum {
    FLOW_HISTORY_SHORT = 11, /**< letters that fit into the connection itself */
    FLOW_HISTORY_LONG = 40,  /**< further letters */
    FLOW_HISTORY_CAP = FLOW_HISTORY_SHORT + FLOW_HISTORY_LONG
};

/** One end. Numbers are relative to `start`, so the SYN is 0 and the first byte 1. */
struct flow_endpoint {
    uint32_t start; /**< sequence number of the SYN, or what it would have been */
    uint32_t last;  /**< just past what it sent; the lower 32 bits */
    uint32_t acked; /**< the same of what the other end acknowledged */
    uint32_t next;  /**< before it everything was seen or counted as missing; once it has sent a
                       RST, the RST's sequence number */
    uint32_t fin;   /**< just past its FIN; 0 if none */
    uint8_t last_wraps;
    uint8_t acked_wraps;
    uint8_t states; /**< now, and before in the upper half */
    uint8_t seen;   /**< flags for the history */
};

/** A TCP connection: one cache line. */
struct flow_connection {
    struct flow_endpoint ends[2]; /**< originator, responder */
    char history[FLOW_HISTORY_SHORT];
    uint8_t flags;
    uint32_t rare; /**< number of its struct flow_trouble; FLOW_STORE_NONE if it has none */
};

/** All connections of a flow table. */
struct flow_connections {
    struct flow_store column; /**< struct flow_connection, by the flow's number */
    struct flow_store rare;
    uint64_t history_cut; /**< connections whose history is longer than FLOW_HISTORY_CAP, counted
                             per letter left out */
    uint64_t pieces_lost; /**< segments beyond more holes than are remembered */
};

void flow_connections_init(struct flow_connections *all);
void flow_connections_fini(struct flow_connections *all);

/** A TCP flow begins; `index` is its number in the pool.
 * @param turned  its first packet is the responder's, by a guess: see flow/role.h */
void flow_connection_begin(struct flow_connections *all, uint32_t index, bool turned);
/** It has a packet; one without a whole TCP header (a fragment, a short capture) says nothing.
 * @param direction  enum palua_direction */
void flow_connection_packet(struct flow_connections *all, uint32_t index, unsigned direction,
                            const struct palua_packet *packet);
/** The packet's checksum is wrong: nothing of it counts but that. */
void flow_connection_corrupt(struct flow_connections *all, uint32_t index, unsigned direction);
void flow_connection_end(struct flow_connections *all, uint32_t index);

struct flow_outcome {
    uint64_t bytes[2]; /**< originator, responder */
    uint64_t missed;
    const char *state; /**< static */
    uint32_t history_len;
    char history[FLOW_HISTORY_CAP];
};
void flow_connection_outcome(const struct flow_connections *all, uint32_t index,
                             struct flow_outcome *out);
