// SPDX-License-Identifier: MIT OR Apache-2.0
/** Compressions: how each is known by its first bytes, and how a frame of it is unpacked.
 *
 * A frame is what a compressed file may hold several of: a gzip member, a zstd or lz4 frame, an xz
 * or bzip2 stream. A codec is a constant table of functions in a file of its own, listed in
 * codec.c; it unpacks one frame at a time in steps of any size, and capture/unpack.h strings the
 * frames together. Its state is used by one thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"

enum {
    CODEC_PROBE_LEN = 6, /**< first bytes of a frame that are enough to tell its codec */
    /** Most memory a frame may ask for to be unpacked; one that wants more is not read. 128 MiB of
     * window is what the zstd tool takes without being told to, and xz -9 needs 65. */
    CODEC_MEMORY_CAP = 192 << 20
};

enum { CODEC_WINDOW = 64 << 10 };

enum codec_status {
    CODEC_MORE, /**< wants more bytes, or more room */
    CODEC_END,  /**< the frame is whole */
    CODEC_BAD,  /**< the bytes are no such frame: `problem` is set */
    CODEC_HUGE  /**< the frame wants more memory than CODEC_MEMORY_CAP */
};

/** What a step reads and writes; both ends move past what it used. */
struct codec_io {
    const uint8_t *in;
    size_t in_len;
    bool in_end; /**< no more will follow */
    uint8_t *out;
    size_t out_len;
    const char *problem; /**< CODEC_BAD: what was found, such as "incorrect data check" */
};

struct codec {
    const char *name;
    const char *tool; /**< unpacks whatever memory that takes; NULL: no frame is ever too large */
    /** Of a damaged frame it gives more or less by the steps it is called in, or gives bytes and
     * then takes them back: what it gives is good only up to the last multiple of CODEC_WINDOW
     * (from the frame's start) that it reached without complaint, when it is never given room
     * across one. */
    bool uneven;
    /** Whether a frame starts here. `in` has CODEC_PROBE_LEN bytes, fewer if there are no more. */
    bool (*probe)(struct cursor in);
    void *(*open)(void);
    void (*close)(void *state);
    /** Makes ready for a frame. @return NULL, or what is in the way */
    const char *(*start)(void *state);
    /** Unpacks until the input is used up, the room is full or the frame ends. Without input it
     * gives what it still holds back. */
    enum codec_status (*step)(void *state, struct codec_io *io);
};

extern const struct codec codec_gzip;
extern const struct codec codec_zstd;
extern const struct codec codec_xz;
extern const struct codec codec_lz4;
extern const struct codec codec_bzip2;

/** The codec of the frame that starts here; NULL if it is none. */
const struct codec *codec_find(struct cursor in);

/** Whether a skippable frame starts here: zstd and lz4 share them, and their content is for others.
 * `in` moves past its header.
 * @param len  bytes to skip behind the header */
CURSOR_CHECKED bool codec_skippable(struct cursor *in, uint32_t *len);
