// SPDX-License-Identifier: MIT OR Apache-2.0
/** What every workload shares: the options, the randomness, the clock, who there is, and where the
 * packets go. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "generator/names.h"
#include "generator/packet.h"
#include "generator/population.h"
#include "generator/random.h"
#include "generator/writer.h"

struct world_options {
    uint64_t packets; /**< stop after this many */
    uint64_t size;    /**< or once the file has this many bytes; UINT64_MAX: no limit */
    uint64_t seed;
    uint32_t rate;   /**< packets per second on the capture's clock */
    uint32_t flows;  /**< conversations at a time */
    uint32_t names;  /**< different host names */
    uint32_t unique; /**< of 1,000 DNS queries, how many ask a name that nobody else asks */
    uint32_t clients;
    uint32_t servers;
    uint32_t reorder;   /**< of 1,000 TCP data segments, how many arrive a little late */
    uint32_t loss;      /**< of 1,000, how many come again after an acknowledgement's round trip */
    uint32_t duplicate; /**< of 1,000, how many are sent again for nothing */
};

struct world {
    const struct world_options *options;
    struct random random;
    struct population population;
    struct names names;
    struct writer *writer;
    uint64_t ts_ns;
    uint64_t packet_count;
    uint16_t next_id;
};

void world_init(struct world *world, const struct world_options *options, struct writer *writer);
void world_fini(struct world *world);
/** false once the workload is as large as asked for. */
bool world_wants_more(const struct world *world);
/** Ends the packet, writes it, and moves the clock. */
void world_send(struct world *world, struct packet *packet, uint32_t payload_len);

/* Starting a packet in the writer's own memory. */
void world_begin_tcp(struct world *world, struct packet *packet, const struct packet_ends *ends,
                     int side, const struct packet_segment *segment);
void world_begin_udp(struct world *world, struct packet *packet, const struct packet_ends *ends,
                     int side);
