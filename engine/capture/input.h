// SPDX-License-Identifier: MIT OR Apache-2.0
/** One input as a series of framed packets: a source's bytes, read into blocks, through a format.
 *
 * Records are framed where they were read. Only a record that a block's end cuts in two is moved,
 * to the start of a block large enough for it. What one batch has no room for stays in the block
 * for the next. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "batch/block.h"
#include "capture/format.h"
#include "capture/framing.h"
#include "capture/source.h"

enum input_status {
    INPUT_PACKETS, /**< at least one packet was framed */
    INPUT_END,     /**< no packet, and there will be none */
    INPUT_DAMAGED, /**< packets may have been framed; err says what follows them, and whether
                      something behind it can be read: then `over` is not set */
    INPUT_FAILED   /**< no packet; reading failed, err says why */
};

struct input_options {
    struct block_pool *pool; /**< of blocks of `block_size` bytes; borrowed */
    size_t block_size;
    uint32_t record_cap;
    bool strict;               /**< the first damage is the end */
    struct metadata *metadata; /**< gets what is no packet; NULL: nobody asked; borrowed */
};

struct input {
    struct input_options options;
    struct source *source; /**< NULL: not open */
    const struct format *format;
    void *state;         /**< the format's */
    char packing[24];    /**< "gzip", or "xz, gzip" from outside inwards; empty if not packed */
    struct block *block; /**< the one being read into and framed; NULL before the first */
    size_t pos;          /**< of the first byte in it that is not framed */
    uint64_t offset;     /**< of that byte in the input */
    bool end;            /**< the source has no more */
    bool over;           /**< nothing more will be framed */
    uint64_t skipped;    /**< bytes passed over as damaged */
};

void input_init(struct input *input, const struct input_options *options);
/** Opens a source, unpacks it if it is compressed, and finds its format. On failure the input stays
 * closed. */
bool input_open(struct input *input, const char *path, struct error *err);
/** Closing what is not open does nothing. */
void input_close(struct input *input);

/** Frames packets of one block into framing->packets.
 * @param framing  packets, count (0), cap (1 at least), file, file_name, number, frame and ts_ns
 * are the caller's; the rest is set here
 * @param block    INPUT_PACKETS, INPUT_DAMAGED with packets: where their bytes lie, with a
 * reference for the caller; else untouched */
enum input_status input_read(struct input *input, struct framing *framing, struct block **block,
                             struct error *err);
