// SPDX-License-Identifier: MIT OR Apache-2.0
#include "generator/world.h"

/* 2024-01-01 00:00:00 UTC */
#define START_NS 1704067200000000000ULL

void world_init(struct world *world, const struct world_options *options, struct writer *writer)
{
    *world = (struct world){.options = options, .writer = writer, .ts_ns = START_NS};
    world->random.state = random_mix(options->seed);
    population_init(&world->population, options->clients, options->servers);
    names_init(&world->names, options->names);
}

void world_fini(struct world *world)
{
    population_fini(&world->population);
    names_fini(&world->names);
}

bool world_wants_more(const struct world *world)
{
    return world->packet_count < world->options->packets &&
           world->writer->written < world->options->size;
}

void world_send(struct world *world, struct packet *packet, uint32_t payload_len)
{
    writer_commit(world->writer, world->ts_ns, packet_end(packet, payload_len));
    world->packet_count++;
    uint32_t mean_ns = 1000000000U / world->options->rate;
    world->ts_ns += 1 + random_below(&world->random, 2 * mean_ns);
}

void world_begin_tcp(struct world *world, struct packet *packet, const struct packet_ends *ends,
                     int side, const struct packet_segment *segment)
{
    packet_begin_tcp(packet, writer_frame(world->writer), ends, side, world->next_id++, segment);
}

void world_begin_udp(struct world *world, struct packet *packet, const struct packet_ends *ends,
                     int side)
{
    packet_begin_udp(packet, writer_frame(world->writer), ends, side, world->next_id++);
}
