// SPDX-License-Identifier: MIT OR Apache-2.0
#include "generator/population.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Tools take few ports from here on for a protocol of their own. */
#define FIRST_PORT 32768

void population_init(struct population *population, uint32_t clients, uint32_t servers)
{
    *population = (struct population){clients, servers, NULL};
    population->next_port = malloc(clients * sizeof *population->next_port);
    if (!population->next_port) {
        fprintf(stderr, "generate: no memory for %u clients\n", clients);
        exit(4);
    }
    for (uint32_t i = 0; i < clients; i++)
        population->next_port[i] = (uint16_t)(32768 + random_mix(i) % 28000);
}

void population_fini(struct population *population)
{
    free(population->next_port);
}

static void put_mac(uint8_t mac[6], uint32_t index)
{
    packet_put_u16(mac, 0x0200);
    packet_put_u32(mac + 2, index);
}

static void put_client(uint8_t *addr, bool ipv6, uint32_t index)
{
    uint32_t hash = (uint32_t)random_mix(index + 1);
    if (!ipv6) {
        packet_put_u32(addr, 0x0a000000U | index << 8 | (1 + hash % 254));
        return;
    }
    packet_put_u32(addr, 0xfd000000U);
    packet_put_u32(addr + 4, index >> 8);
    packet_put_u32(addr + 8, hash);
    packet_put_u32(addr + 12, index);
}

static void put_server(uint8_t *addr, bool ipv6, uint32_t index)
{
    if (!ipv6) {
        packet_put_u32(addr, 0xc6120000U + 1 + index % 0x1fffe);
        return;
    }
    packet_put_u32(addr, 0x20010db8U);
    packet_put_u32(addr + 4, index);
    packet_put_u32(addr + 8, 0);
    packet_put_u32(addr + 12, 1 + index % 7);
}

static uint16_t take_port(struct population *population, uint32_t client)
{
    uint16_t port = population->next_port[client]++;
    if (population->next_port[client] == 0)
        population->next_port[client] = FIRST_PORT;
    return port;
}

void population_meet(struct population *population, struct random *random, uint16_t server_port,
                     struct packet_ends *ends)
{
    uint32_t client = random_rank(random, population->clients);
    uint32_t server = random_rank(random, population->servers);
    *ends = (struct packet_ends){.ipv6 = client % 4 == 3, .vlan = client % 10 == 5 ? 100 : 0};
    put_mac(ends->mac[0], client);
    put_mac(ends->mac[1], 0xffffff);
    put_client(ends->addr[0], ends->ipv6, client);
    put_server(ends->addr[1], ends->ipv6, server);
    ends->port[0] = take_port(population, client);
    ends->port[1] = server_port;
}
