// SPDX-License-Identifier: MIT OR Apache-2.0
/* Many conversations at a time: web, names, time, media and echoes, from a population in which a
 * few are busy and most are not. */
#include <stdio.h>
#include <stdlib.h>

#include "generator/connection.h"
#include "generator/datagrams.h"
#include "generator/workload.h"

struct slot {
    bool tcp;
    union {
        struct connection connection;
        struct datagrams datagrams;
    };
};

static void start(struct slot *slot, struct world *world)
{
    uint32_t dice = random_below(&world->random, 100);
    slot->tcp = dice < 45;
    if (dice < 15)
        connection_init(&slot->connection, world, CONNECTION_HTTP, 0);
    else if (dice < 42)
        connection_init(&slot->connection, world, CONNECTION_TLS, 0);
    else if (dice < 45)
        connection_init(&slot->connection, world, CONNECTION_PLAIN,
                        random_length(&world->random, 100, 200000));
    else if (dice < 91)
        datagrams_init(&slot->datagrams, world, DATAGRAMS_DNS);
    else
        datagrams_init(&slot->datagrams, world,
                       dice < 95   ? DATAGRAMS_NTP
                       : dice < 96 ? DATAGRAMS_MEDIA
                                   : DATAGRAMS_ECHO);
}

static bool step(struct slot *slot, struct world *world)
{
    return slot->tcp ? connection_step(&slot->connection, world)
                     : datagrams_step(&slot->datagrams, world);
}

static void run(struct world *world)
{
    uint32_t count = world->options->flows;
    struct slot *slots = calloc(count, sizeof *slots);
    if (!slots) {
        fprintf(stderr, "generate: no memory for %u flows\n", count);
        exit(4);
    }
    for (uint32_t i = 0; i < count; i++)
        start(&slots[i], world);
    while (world_wants_more(world)) {
        struct slot *slot = &slots[random_below(&world->random, count)];
        if (!step(slot, world))
            start(slot, world);
    }
    free(slots);
}

const struct workload workload_mix = {
    "mix",
    "web, DNS and more over many flows, some segments late or twice",
    {.packets = 2000000,
     .size = UINT64_MAX,
     .seed = 1,
     .rate = 10000,
     .flows = 2000,
     .names = 100000,
     .unique = 10,
     .clients = 5000,
     .servers = 20000,
     .reorder = 5,
     .loss = 5,
     .duplicate = 3},
    run};
