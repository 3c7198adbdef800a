// SPDX-License-Identifier: MIT OR Apache-2.0
/* What a resolver's link carries: questions from many clients, each from a port of its own, and
 * answers that come in another order than the questions went. */
#include <stdio.h>
#include <stdlib.h>

#include "generator/datagrams.h"
#include "generator/workload.h"

static void run(struct world *world)
{
    uint32_t count = world->options->flows;
    struct datagrams *open = malloc(count * sizeof *open);
    if (!open) {
        fprintf(stderr, "generate: no memory for %u flows\n", count);
        exit(4);
    }
    for (uint32_t i = 0; i < count; i++)
        datagrams_init(&open[i], world, DATAGRAMS_DNS);
    while (world_wants_more(world)) {
        struct datagrams *one = &open[random_below(&world->random, count)];
        if (!datagrams_step(one, world))
            datagrams_init(one, world, DATAGRAMS_DNS);
    }
    free(open);
}

const struct workload workload_dns = {"dns",
                                      "DNS questions and answers only",
                                      {.packets = 4000000,
                                       .size = UINT64_MAX,
                                       .seed = 1,
                                       .rate = 10000,
                                       .flows = 300,
                                       .names = 100000,
                                       .unique = 10,
                                       .clients = 5000,
                                       .servers = 64},
                                      run};
