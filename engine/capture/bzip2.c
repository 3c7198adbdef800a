// SPDX-License-Identifier: MIT OR Apache-2.0
/** bzip2, a stream at a time, through libbz2. A block is checked when it was given out. */
#include <bzlib.h>

#include "base/memory.h"
#include "capture/codec.h"

struct bzip2 {
    bz_stream stream;
    bool ready;
};

/* "BZh", the block size in 100 kB, then the first block's magic or that of the stream's end: three
 * letters alone begin many a text. */
static bool bzip2_probe(struct cursor in)
{
    uint8_t magic[4];
    uint16_t block;
    for (size_t i = 0; i < sizeof magic; i++)
        if (!cursor_u8(&in, &magic[i]))
            return false;
    return memcmp(magic, "BZh", 3) == 0 && magic[3] >= '1' && magic[3] <= '9' &&
           cursor_u16(&in, &block) && (block == 0x3141 || block == 0x1772);
}

static void *bzip2_open(void)
{
    return memory_zalloc(1, sizeof(struct bzip2));
}

static void bzip2_close(void *state)
{
    struct bzip2 *bzip2 = state;
    if (bzip2->ready)
        BZ2_bzDecompressEnd(&bzip2->stream);
    memory_free(bzip2);
}

static const char *bzip2_start(void *state)
{
    struct bzip2 *bzip2 = state;
    if (bzip2->ready)
        BZ2_bzDecompressEnd(&bzip2->stream);
    bzip2->stream = (bz_stream){0};
    bzip2->ready = BZ2_bzDecompressInit(&bzip2->stream, 0, 0) == BZ_OK;
    return bzip2->ready ? NULL : "out of memory";
}

static unsigned clip(size_t len)
{
    return len < UINT32_MAX ? (unsigned)len : UINT32_MAX;
}

static enum codec_status bzip2_step(void *state, struct codec_io *io)
{
    struct bzip2 *bzip2 = state;
    bz_stream *stream = &bzip2->stream;
    unsigned in = clip(io->in_len), out = clip(io->out_len);
    stream->next_in = (char *)(uintptr_t)io->in; // the library only reads it
    stream->avail_in = in;
    stream->next_out = (char *)io->out;
    stream->avail_out = out;
    int status = BZ2_bzDecompress(stream);
    io->in += in - stream->avail_in;
    io->in_len -= in - stream->avail_in;
    io->out += out - stream->avail_out;
    io->out_len -= out - stream->avail_out;
    if (status == BZ_STREAM_END)
        return CODEC_END;
    if (status == BZ_OK)
        return CODEC_MORE;
    io->problem = status == BZ_MEM_ERROR ? "out of memory" : "corrupt data";
    return CODEC_BAD;
}

const struct codec codec_bzip2 = {
    .name = "bzip2",
    .uneven = true, // where a block is corrupt, what the step gave is lost
    .probe = bzip2_probe,
    .open = bzip2_open,
    .close = bzip2_close,
    .start = bzip2_start,
    .step = bzip2_step,
};
