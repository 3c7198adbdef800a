// SPDX-License-Identifier: MIT OR Apache-2.0
/** A conversation without a connection: a DNS question and its answer, NTP (RFC 5905), a media
 * stream, or echo requests. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "generator/dns.h"
#include "generator/world.h"

enum datagrams_kind { DATAGRAMS_DNS, DATAGRAMS_NTP, DATAGRAMS_MEDIA, DATAGRAMS_ECHO };

struct datagrams {
    struct packet_ends ends;
    enum datagrams_kind kind;
    uint32_t sent;
    uint32_t wanted;
    struct dns_question question;
};

void datagrams_init(struct datagrams *datagrams, struct world *world, enum datagrams_kind kind);
/** Sends the next packet. @return false once the conversation is over; nothing was sent then */
bool datagrams_step(struct datagrams *datagrams, struct world *world);
