// SPDX-License-Identifier: MIT OR Apache-2.0
/** gzip (RFC 1952), a member at a time, through zlib. */
#define ZLIB_CONST // it only reads its input
#include <zlib.h>

#include "base/memory.h"
#include "capture/codec.h"

enum { GZIP_ONLY = 16 }; /**< beside the window's bits: no bare zlib streams */

struct gzip {
    z_stream stream;
    bool ready;
};

static bool gzip_probe(struct cursor in)
{
    uint16_t magic;
    uint8_t method; // RFC 1952 section 2.3.1: 8 is deflate, and no other was ever defined
    return cursor_u16(&in, &magic) && magic == 0x1f8b && cursor_u8(&in, &method) && method == 8;
}

static void *gzip_open(void)
{
    return memory_zalloc(1, sizeof(struct gzip));
}

static void gzip_close(void *state)
{
    struct gzip *gzip = state;
    if (gzip->ready)
        inflateEnd(&gzip->stream);
    memory_free(gzip);
}

static const char *gzip_start(void *state)
{
    struct gzip *gzip = state;
    int status = gzip->ready ? inflateReset(&gzip->stream)
                             : inflateInit2(&gzip->stream, MAX_WBITS + GZIP_ONLY);
    gzip->ready |= status == Z_OK;
    return status == Z_OK ? NULL : zError(status);
}

static uInt clip(size_t len)
{
    return len < UINT32_MAX ? (uInt)len : UINT32_MAX;
}

static enum codec_status gzip_step(void *state, struct codec_io *io)
{
    struct gzip *gzip = state;
    z_stream *stream = &gzip->stream;
    uInt in = clip(io->in_len), out = clip(io->out_len);
    stream->next_in = io->in;
    stream->avail_in = in;
    stream->next_out = io->out;
    stream->avail_out = out;
    int status = inflate(stream, Z_SYNC_FLUSH);
    io->in += in - stream->avail_in;
    io->in_len -= in - stream->avail_in;
    io->out += out - stream->avail_out;
    io->out_len -= out - stream->avail_out;
    if (status == Z_STREAM_END)
        return CODEC_END;
    if (status == Z_OK || status == Z_BUF_ERROR)
        return CODEC_MORE;
    io->problem = stream->msg ? stream->msg : zError(status);
    return CODEC_BAD;
}

const struct codec codec_gzip = {
    .name = "gzip",
    .probe = gzip_probe,
    .open = gzip_open,
    .close = gzip_close,
    .start = gzip_start,
    .step = gzip_step,
};
