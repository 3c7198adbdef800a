// SPDX-License-Identifier: MIT OR Apache-2.0
/* A few long transfers over TCP at a time. */
#include <stdio.h>
#include <stdlib.h>

#include "generator/connection.h"
#include "generator/workload.h"

#define TRANSFER_LEN (1ULL << 30)

static void run(struct world *world)
{
    uint32_t count = world->options->flows;
    struct connection *transfers = malloc(count * sizeof *transfers);
    if (!transfers) {
        fprintf(stderr, "generate: no memory for %u flows\n", count);
        exit(4);
    }
    for (uint32_t i = 0; i < count; i++)
        connection_init(&transfers[i], world, CONNECTION_PLAIN, TRANSFER_LEN);
    while (world_wants_more(world)) {
        struct connection *one = &transfers[random_below(&world->random, count)];
        if (!connection_step(one, world))
            connection_init(one, world, CONNECTION_PLAIN, TRANSFER_LEN);
    }
    free(transfers);
}

const struct workload workload_bulk = {"bulk",
                                       "a few long TCP transfers",
                                       {.packets = 1000000,
                                        .size = UINT64_MAX,
                                        .seed = 1,
                                        .rate = 100000,
                                        .flows = 8,
                                        .names = 1,
                                        .clients = 64,
                                        .servers = 4,
                                        .reorder = 2,
                                        .loss = 1,
                                        .duplicate = 1},
                                       run};
