// SPDX-License-Identifier: MIT OR Apache-2.0
/** The input files as one capture in time order: fills batches with framed packets.
 *
 * Format and compression are found from the first bytes of each file, never from its name; a
 * directory means the captures in it (capture/files.h). Inputs follow each other by the times of
 * their packets (capture/turns.h). Packet bytes stay in the block they were read into; only where
 * inputs overlap in time are they copied, into a block of the batch. Only framing happens here:
 * decode fills layers later. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "batch/batch.h"
#include "capture/format.h"

struct capture;
struct filter;
struct metadata;

enum { CAPTURE_DAMAGE_CAP = 10 };

enum capture_status {
    CAPTURE_BATCH,   /**< the batch holds at least one packet */
    CAPTURE_END,     /**< all inputs are read; the batch is empty */
    CAPTURE_DAMAGED, /**< an input is damaged or cut short: err says file, offset, expected; the
                        batch holds what comes before (possibly nothing); the next call goes on */
    CAPTURE_FAILED /**< an input cannot be opened or read, or is no capture, or the filter cannot be
                      asked of one of its link types, err says why; the batch holds what comes
                      before (possibly nothing); the next call goes on */
};

struct capture_options {
    const char *const *paths; /**< argument order; borrowed */
    uint32_t path_count;
    uint32_t batch_packets; /**< packets per batch, 1 at least */
    uint32_t block_size;    /**< bytes per block */
    uint32_t record_cap;    /**< largest record in bytes; a longer one is damage */
    uint32_t open_cap; /**< files open at once; with more, those read longest ago are closed for the
                          time being; 0 for as many as there are. Never more than half of those
                          that the system lets the process have open (ulimit -n) */
    bool strict;    /**< an input ends at its first damage; else it goes on behind it if it can */
    uint64_t skip;  /**< packets to leave out at the start; they are numbered all the same */
    uint64_t count; /**< packets to give out, then comes the end: what lies behind them is not even
                       told of; 0 for all */
    struct metadata *metadata; /**< gets what is no packet (capture/metadata.h); NULL: nobody asks;
                                  borrowed */
    struct filter *filter;     /**< what it leaves out is not given out; NULL for none; borrowed */
};

/** Whether a file can be read and is no capture, or empty. */
bool capture_foreign(const char *path);

struct capture *capture_new(const struct capture_options *options);
/** Batches given out must have been recycled. */
void capture_free(struct capture *capture);

/** Fills an empty batch with the next packets, which lie in one block. On a pipe these are the
 * packets that are there: it waits only where there is not one. Of one input at most
 * CAPTURE_DAMAGE_CAP damages are told, the rest is counted. With several inputs the first call
 * looks at the start of each, and so waits for the first packet of every pipe.
 *
 * A packet may claim fewer bytes on the wire than were captured (origlen < caplen); timestamps that
 * 64 bits of nanoseconds do not hold become the nearest that they do. */
enum capture_status capture_read(struct capture *capture, struct batch *batch, struct error *err);

/** What is known of a file so far. */
struct capture_file {
    const char *name;
    uint64_t size;      /**< bytes, 0 if unknown */
    const char *format; /**< NULL: not opened, or no capture */
    char packing[24];   /**< "gzip", or "xz, gzip" from outside inwards; empty if not packed */
    struct format_facts facts;
};
/** @param file  as in palua_packet.file; those of a directory are counted */
struct capture_file capture_file(const struct capture *capture, uint32_t file);

/** Of the packets given out; those skipped are not in it. */
struct capture_totals {
    uint64_t packets;
    uint64_t bytes;       /**< captured */
    uint64_t wire_bytes;  /**< original lengths */
    uint64_t read_bytes;  /**< of the inputs as they lie on disk, packed or not; for progress */
    uint64_t damages;     /**< places where inputs are damaged, whether told or only counted */
    uint64_t skipped;     /**< bytes passed over there */
    uint64_t passed_over; /**< files in directories that are no captures */
    int64_t first_ts_ns;  /**< of the first packet given out */
    int64_t last_ts_ns;   /**< of the last one; not necessarily the latest */
};
void capture_totals(const struct capture *capture, struct capture_totals *out);
