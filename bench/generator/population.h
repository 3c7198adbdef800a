// SPDX-License-Identifier: MIT OR Apache-2.0
/** Who talks: clients and servers with fixed addresses (RFC 2544, RFC 3849, RFC 4193 and RFC 1918
 * ranges). One client in four speaks IPv6, one in ten is in a VLAN. A client's ports count up, so
 * that no two of its live conversations share one. */
#pragma once

#include <stdint.h>

#include "generator/packet.h"
#include "generator/random.h"

struct population {
    uint32_t clients;
    uint32_t servers;
    uint16_t *next_port;
};

/** Ends the program when memory is short. */
void population_init(struct population *population, uint32_t clients, uint32_t servers);
void population_fini(struct population *population);
/** Some client, with a fresh port, and some server. */
void population_meet(struct population *population, struct random *random, uint16_t server_port,
                     struct packet_ends *ends);
