// SPDX-License-Identifier: MIT OR Apache-2.0
/** xz (The .xz File Format 1.1), a stream at a time, through liblzma. */
#include <lzma.h>

#include "base/memory.h"
#include "capture/codec.h"

static bool xz_probe(struct cursor in)
{
    uint32_t magic;
    uint16_t rest;
    return cursor_u32(&in, &magic) && magic == 0xfd377a58 && cursor_u16(&in, &rest) &&
           rest == 0x5a00;
}

static void *xz_open(void)
{
    lzma_stream *stream = memory_alloc(sizeof *stream);
    *stream = (lzma_stream)LZMA_STREAM_INIT;
    return stream;
}

static void xz_close(void *state)
{
    lzma_end(state);
    memory_free(state);
}

static const char *problem_of(lzma_ret status)
{
    switch (status) {
    case LZMA_MEM_ERROR:
        return "out of memory";
    case LZMA_FORMAT_ERROR:
        return "no xz header";
    case LZMA_OPTIONS_ERROR:
        return "a filter or check that is not known";
    case LZMA_DATA_ERROR:
        return "corrupt data";
    default:
        return "an error of the xz library";
    }
}

/* Starting anew reuses the stream's memory. */
static const char *xz_start(void *state)
{
    lzma_ret status = lzma_stream_decoder(state, CODEC_MEMORY_CAP, 0);
    return status == LZMA_OK ? NULL : problem_of(status);
}

static enum codec_status xz_step(void *state, struct codec_io *io)
{
    lzma_stream *stream = state;
    stream->next_in = io->in;
    stream->avail_in = io->in_len;
    stream->next_out = io->out;
    stream->avail_out = io->out_len;
    lzma_ret status = lzma_code(stream, LZMA_RUN);
    io->in = stream->next_in;
    io->in_len = stream->avail_in;
    io->out = stream->next_out;
    io->out_len = stream->avail_out;
    if (status == LZMA_STREAM_END)
        return CODEC_END;
    if (status == LZMA_OK || status == LZMA_BUF_ERROR)
        return CODEC_MORE;
    if (status == LZMA_MEMLIMIT_ERROR)
        return CODEC_HUGE;
    io->problem = problem_of(status);
    return CODEC_BAD;
}

const struct codec codec_xz = {
    .name = "xz",
    .tool = "xz -dc",
    .uneven = true, // that a chunk is longer than it says is seen at the end of a step
    .probe = xz_probe,
    .open = xz_open,
    .close = xz_close,
    .start = xz_start,
    .step = xz_step,
};
