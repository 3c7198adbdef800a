// SPDX-License-Identifier: MIT OR Apache-2.0
/** DNS messages (RFC 1035) for UDP: a query, and the answer that belongs to it. What an answer says
 * is a function of the name and the type alone. */
#pragma once

#include <stdint.h>

#include "generator/random.h"

#define DNS_NAME_CAP 96

struct dns_question {
    uint8_t name[DNS_NAME_CAP]; /**< wire form */
    uint8_t name_len;
    uint16_t id;
    uint16_t type;
};

/** A record type with the frequencies seen at resolvers: mostly A, then AAAA and HTTPS. */
uint16_t dns_random_type(struct random *random);
/** @param out  room for 512 bytes  @return the length of the message */
uint32_t dns_put_query(uint8_t *out, const struct dns_question *question);
uint32_t dns_put_answer(uint8_t *out, const struct dns_question *question);
