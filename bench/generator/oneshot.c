// SPDX-License-Identifier: MIT OR Apache-2.0
/* Flows of one packet, from addresses and ports that never come again: what a scan or a flood does
 * to a flow table. */
#include <string.h>

#include "generator/message.h"
#include "generator/workload.h"

#define PROBE_LEN 32

static void meet(struct packet_ends *ends, struct world *world)
{
    uint64_t hash = random_u64(&world->random);
    population_meet(&world->population, &world->random, 0, ends);
    packet_put_u32(ends->addr[0] + (ends->ipv6 ? 12 : 0),
                   (uint32_t)hash % 0xdf000000U + 0x01000000U);
    ends->port[0] = (uint16_t)(60100 + (hash >> 32) % 5400);
}

static void send_syn(struct packet_ends *ends, struct world *world)
{
    struct packet packet;
    struct packet_segment segment = {.seq = (uint32_t)random_u64(&world->random),
                                     .time_ms = (uint32_t)(world->ts_ns / 1000000),
                                     .flags = PACKET_SYN};
    ends->port[1] = (uint16_t)(1 + random_below(&world->random, 10000));
    world_begin_tcp(world, &packet, ends, 0, &segment);
    world_send(world, &packet, 0);
}

/* The ports and the payload of traceroute. */
static void send_probe(struct packet_ends *ends, struct world *world)
{
    struct packet packet;
    ends->port[1] = (uint16_t)(33434 + random_below(&world->random, 90));
    world_begin_udp(world, &packet, ends, 0);
    for (int i = 0; i < PROBE_LEN; i++)
        packet.payload[i] = (uint8_t)('@' + i);
    world_send(world, &packet, PROBE_LEN);
}

static void run(struct world *world)
{
    while (world_wants_more(world)) {
        struct packet_ends ends;
        meet(&ends, world);
        if (random_permille(&world->random, 500))
            send_syn(&ends, world);
        else
            send_probe(&ends, world);
    }
}

const struct workload workload_oneshot = {"oneshot",
                                          "flows of one packet",
                                          {.packets = 2000000,
                                           .size = UINT64_MAX,
                                           .seed = 1,
                                           .rate = 20000,
                                           .flows = 1,
                                           .names = 1,
                                           .clients = 5000,
                                           .servers = 256},
                                          run};
