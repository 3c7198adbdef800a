// SPDX-License-Identifier: MIT OR Apache-2.0
/** Zstandard (RFC 8878), a frame at a time, through libzstd. */
#include <zstd.h>
#include <zstd_errors.h>

#include "base/memory.h"
#include "capture/codec.h"

enum {
    HEADER_START_LEN = 5, /**< magic and descriptor: they tell how long the header is */
    BLOCK_HEADER_LEN = 3
};

struct zstd {
    ZSTD_DCtx *context;
    size_t wanted; /**< bytes that the library asked for: the rest of a block and the next one's
                      header, or a header */
    bool full;     /**< the last call filled its room: it may hold more back */
};

static bool zstd_probe(struct cursor in)
{
    uint32_t magic;
    return cursor_u32le(&in, &magic) && magic == ZSTD_MAGICNUMBER;
}

static void *zstd_open(void)
{
    return memory_zalloc(1, sizeof(struct zstd));
}

static void zstd_close(void *state)
{
    struct zstd *zstd = state;
    ZSTD_freeDCtx(zstd->context);
    memory_free(zstd);
}

/* Larger windows than 128 MiB, as of `zstd --long=31`, are refused by the library as by its tool.
 */
static const char *zstd_start(void *state)
{
    struct zstd *zstd = state;
    if (!zstd->context)
        zstd->context = ZSTD_createDCtx();
    if (!zstd->context)
        return "out of memory";
    size_t status = ZSTD_DCtx_reset(zstd->context, ZSTD_reset_session_only);
    zstd->wanted = HEADER_START_LEN;
    zstd->full = false;
    return ZSTD_isError(status) ? ZSTD_getErrorName(status) : NULL;
}

/** A frame that holds more than its header says is told by the library in two ways: given room
 * for all of it, it finds the room too small. */
static const char *problem_of(size_t status)
{
    ZSTD_ErrorCode code = ZSTD_getErrorCode(status);
    return ZSTD_getErrorString(code == ZSTD_error_dstSize_tooSmall ? ZSTD_error_corruption_detected
                                                                   : code);
}

static enum codec_status give(struct zstd *zstd, struct codec_io *io, size_t len)
{
    ZSTD_inBuffer in = {.src = io->in, .size = len};
    ZSTD_outBuffer out = {.dst = io->out, .size = io->out_len};
    size_t status = ZSTD_decompressStream(zstd->context, &out, &in);
    io->in += in.pos;
    io->in_len -= in.pos;
    io->out += out.pos;
    io->out_len -= out.pos;
    zstd->wanted = status;
    zstd->full = io->out_len == 0;
    if (status == 0)
        return CODEC_END;
    if (!ZSTD_isError(status))
        return CODEC_MORE;
    if (ZSTD_getErrorCode(status) == ZSTD_error_frameParameter_windowTooLarge)
        return CODEC_HUGE;
    io->problem = problem_of(status);
    return CODEC_BAD;
}

/* A call that fails keeps to itself what it had unpacked: so each is given one block or one header,
 * once the output of the last is fetched, and what comes before a damaged block is never lost. It
 * is given whole: of a block that is not compressed the library takes parts too, and then finds
 * only behind some of them that the frame holds more than it says. */
static enum codec_status zstd_step(void *state, struct codec_io *io)
{
    struct zstd *zstd = state;
    if (zstd->full) {
        enum codec_status status = give(zstd, io, 0);
        if (status != CODEC_MORE || zstd->full)
            return status;
    }
    size_t wanted = zstd->wanted - (zstd->wanted > BLOCK_HEADER_LEN ? BLOCK_HEADER_LEN : 0);
    if (io->in_len < wanted && !io->in_end)
        return CODEC_MORE;
    return give(zstd, io, io->in_len < wanted ? io->in_len : wanted);
}

const struct codec codec_zstd = {
    .name = "zstd",
    .tool = "zstd -dc --long=31",
    .probe = zstd_probe,
    .open = zstd_open,
    .close = zstd_close,
    .start = zstd_start,
    .step = zstd_step,
};
