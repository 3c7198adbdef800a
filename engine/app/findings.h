// SPDX-License-Identifier: MIT OR Apache-2.0
/** What is in one capture file: read through once, packets counted and hashed, and what the file
 * says beside them kept. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "app/digest.h"
#include "capture/capture.h"
#include "capture/metadata.h"

/** Packets of one interface. */
struct findings_share {
    uint64_t packets;
    uint64_t bytes;
    uint16_t linktype;
};

/** What was found of one file. */
struct findings {
    struct capture_file file;
    struct capture_totals totals;
    struct metadata metadata;
    struct digest data;
    struct digest meta;
    uint64_t truncated;
    uint64_t backwards; /**< packets older than the one before */
    uint64_t untimed;
    int64_t min_ts_ns;
    int64_t max_ts_ns;
    int64_t first_ts_ns;
    int64_t last_ts_ns;            /**< of the last packet with a time */
    bool timed;                    /**< there was one */
    struct findings_share *shares; /**< by interface */
    size_t share_count;
    size_t share_cap;
    uint32_t *described;  /**< by interface: its first item, from 1 on; 0 if there is none */
    uint32_t *statistics; /**< the same of its statistics */
    struct error *damages;
    size_t damage_count;
    size_t damage_cap;
    bool failed; /**< not read to its end, or not at all: `failure` */
    struct error failure;
};

/** An interface, whatever the format. */
struct findings_interface {
    uint16_t linktype;
    uint32_t snaplen;
    uint64_t packets;
    uint64_t bytes;
};

struct findings_options {
    bool strict;            /**< look at nothing behind the first damage */
    uint32_t batch_packets; /**< 0: as is best; the findings do not depend on it */
    uint32_t block_size;    /**< likewise */
};

/** @param path  a file or "-"; borrowed */
void findings_init(struct findings *found, const char *path,
                   const struct findings_options *options);
void findings_fini(struct findings *found);

/** The first item of a block about an interface.
 * @param interface  or METADATA_NO_INTERFACE
 * @param code       of an option; anything for a fixed part
 * @return NULL if there is none */
const struct metadata_item *findings_item(const struct findings *found, uint32_t block,
                                          uint32_t interface, enum metadata_part part,
                                          uint16_t code);
/** How many such parts there are of all blocks of a type. */
uint64_t findings_count(const struct findings *found, uint32_t block, enum metadata_part part);
/** What a block is: "section", "interface", "packet", "statistics"… */
const char *findings_block_name(uint32_t block);
bool findings_is_comment(const struct metadata_item *item);
uint64_t findings_comments(const struct findings *found);

/** Interfaces, whether packets are of them or not, 65536 at most; formats without any have one. */
uint32_t findings_interfaces(const struct findings *found);
struct findings_interface findings_interface(const struct findings *found, uint32_t number);
