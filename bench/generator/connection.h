// SPDX-License-Identifier: MIT OR Apache-2.0
/** One TCP connection (RFC 9293) as a capture sees it: handshake, messages in turn, segments that
 * come late, come twice or were lost once, acknowledgements, and the end. Every byte arrives. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "generator/message.h"
#include "generator/packet.h"
#include "generator/world.h"

enum connection_kind {
    CONNECTION_HTTP,
    CONNECTION_TLS,
    CONNECTION_PLAIN, /**< one request, one long answer */
};

struct connection {
    struct packet_ends ends;
    enum connection_kind kind;
    uint32_t phase; /**< enum phase of connection.c */
    uint32_t turns; /**< messages so far */
    uint32_t turns_wanted;
    uint32_t name; /**< index of the server's name */
    uint64_t answer_len;
    uint32_t seq[2];             /**< of the next message of each side */
    struct message message;      /**< what is being said */
    int side;                    /**< who says it */
    uint64_t sent;               /**< bytes of it, including the hole */
    uint64_t hole, last;         /**< offsets of the late segment and of the newest one */
    uint32_t hole_len, last_len; /**< 0: none */
    uint32_t hole_delay;         /**< segments until the late one comes */
    uint32_t unacknowledged;     /**< segments */
};

/** @param answer_len  of a plain connection */
void connection_init(struct connection *connection, struct world *world, enum connection_kind kind,
                     uint64_t answer_len);
/** Sends the next packet. @return false once the connection is over; nothing was sent then */
bool connection_step(struct connection *connection, struct world *world);
