// SPDX-License-Identifier: MIT OR Apache-2.0
/** lz4 (LZ4 Frame Format 1.6), a frame at a time, through liblz4. Its legacy frames are told by
 * format.c. */
#include <lz4frame.h>

#include "base/memory.h"
#include "capture/codec.h"

enum { BLOCK_HEADER_LEN = 4 };

struct lz4 {
    LZ4F_dctx *context;
    size_t wanted; /**< bytes that the library asked for: the rest of a block and the next one's
                      header, or a header */
    bool full;     /**< the last call filled its room: it may hold more back */
};

static bool lz4_probe(struct cursor in)
{
    uint32_t magic;
    return cursor_u32le(&in, &magic) && magic == 0x184d2204;
}

static void *lz4_open(void)
{
    return memory_zalloc(1, sizeof(struct lz4));
}

static void lz4_close(void *state)
{
    struct lz4 *lz4 = state;
    LZ4F_freeDecompressionContext(lz4->context);
    memory_free(lz4);
}

static const char *lz4_start(void *state)
{
    struct lz4 *lz4 = state;
    lz4->wanted = LZ4F_MIN_SIZE_TO_KNOW_HEADER_LENGTH;
    lz4->full = false;
    if (lz4->context) {
        LZ4F_resetDecompressionContext(lz4->context);
        return NULL;
    }
    size_t status = LZ4F_createDecompressionContext(&lz4->context, LZ4F_VERSION);
    return LZ4F_isError(status) ? LZ4F_getErrorName(status) : NULL;
}

static enum codec_status give(struct lz4 *lz4, struct codec_io *io, size_t len)
{
    size_t in = len, out = io->out_len;
    size_t status = LZ4F_decompress(lz4->context, io->out, &out, io->in, &in, NULL);
    if (LZ4F_isError(status)) {
        io->problem = LZ4F_getErrorName(status);
        return CODEC_BAD;
    }
    io->in += in;
    io->in_len -= in;
    io->out += out;
    io->out_len -= out;
    lz4->wanted = status;
    lz4->full = io->out_len == 0;
    return status == 0 ? CODEC_END : CODEC_MORE;
}

/* A call that fails keeps to itself what it had unpacked: so each is given one block or one header,
 * once the output of the last is fetched, and what comes before a damaged block is never lost. */
static enum codec_status lz4_step(void *state, struct codec_io *io)
{
    struct lz4 *lz4 = state;
    if (lz4->full) {
        enum codec_status status = give(lz4, io, 0);
        if (status != CODEC_MORE || lz4->full)
            return status;
    }
    size_t wanted = lz4->wanted - (lz4->wanted > BLOCK_HEADER_LEN ? BLOCK_HEADER_LEN : 0);
    return give(lz4, io, io->in_len < wanted ? io->in_len : wanted);
}

const struct codec codec_lz4 = {
    .name = "lz4",
    .probe = lz4_probe,
    .open = lz4_open,
    .close = lz4_close,
    .start = lz4_start,
    .step = lz4_step,
};
