// SPDX-License-Identifier: MIT OR Apache-2.0
#include "capture/capture.h"

#undef NDEBUG // assertions are always on
#include <assert.h>
#include <string.h>

#include "base/memory.h"
#include "capture/input.h"

struct capture {
    struct capture_options options;
    struct block_pool *blocks;
    struct capture_file *files; /**< one per path */
    struct input input;         /**< the current one */
    uint32_t file;              /**< its index; path_count at the end */
    uint64_t number;            /**< of the last packet framed, skipped ones included */
    uint64_t frame;             /**< the same, within the current input */
    int64_t ts_ns;              /**< of the last packet framed */
    uint64_t sequence;          /**< of the last batch given out */
    uint64_t closed_bytes;      /**< read from the inputs before this one */
    struct capture_totals totals;
};

static const char *name_of(const char *path)
{
    return strcmp(path, "-") == 0 ? "stdin" : path;
}

struct capture *capture_new(const struct capture_options *options)
{
    assert(options->batch_packets > 0 && options->block_size > 0);
    struct capture *capture = memory_zalloc(1, sizeof *capture);
    capture->options = *options;
    capture->blocks = block_pool_new(options->block_size);
    capture->files = memory_zalloc(options->path_count, sizeof *capture->files);
    for (uint32_t i = 0; i < options->path_count; i++)
        capture->files[i].name = name_of(options->paths[i]);
    input_init(&capture->input, capture->blocks, options->block_size, options->record_cap);
    return capture;
}

void capture_free(struct capture *capture)
{
    if (!capture)
        return;
    input_close(&capture->input);
    block_pool_free(capture->blocks);
    memory_free(capture->files);
    memory_free(capture);
}

/** Read from the current input so far. */
static uint64_t open_bytes(const struct capture *capture)
{
    return capture->input.source ? capture->input.source->read_bytes : 0;
}

static void file_next(struct capture *capture)
{
    capture->closed_bytes += open_bytes(capture);
    input_close(&capture->input);
    capture->file++;
    capture->frame = 0;
}

static bool file_open(struct capture *capture, struct error *err)
{
    if (capture->input.source)
        return true;
    if (!input_open(&capture->input, capture->options.paths[capture->file], err)) {
        file_next(capture);
        return false;
    }
    capture->files[capture->file].size = capture->input.source->size;
    return true;
}

static bool skipping(const struct capture *capture)
{
    return capture->number < capture->options.skip;
}

/** How many packets may be framed before a limit changes what becomes of them. */
static uint64_t packets_wanted(const struct capture *capture)
{
    if (skipping(capture))
        return capture->options.skip - capture->number;
    if (capture->options.count)
        return capture->options.count - capture->totals.packets;
    return UINT64_MAX;
}

static uint32_t least(uint32_t a, uint64_t b)
{
    return a < b ? a : (uint32_t)b;
}

static struct framing framing_start(const struct capture *capture, const struct batch *batch)
{
    const char *name = capture->files[capture->file].name;
    uint32_t room = least(batch->packet_cap, capture->options.batch_packets);
    return (struct framing){
        .packets = batch->packets,
        .cap = least(room, packets_wanted(capture)),
        .file = capture->file,
        .file_name = {.data = (const uint8_t *)name, .len = (uint32_t)strlen(name)},
        .number = capture->number,
        .frame = capture->frame,
        .ts_ns = capture->ts_ns,
    };
}

static void totals_add(struct capture_totals *totals, const struct framing *framing)
{
    if (!framing->count)
        return;
    if (!totals->packets)
        totals->first_ts_ns = framing->packets[0].ts_ns;
    totals->last_ts_ns = framing->ts_ns;
    totals->packets += framing->count;
    totals->bytes += framing->bytes;
    totals->wire_bytes += framing->wire_bytes;
}

/** Puts what was framed into the batch, or drops it if it is to be skipped. */
static void batch_fill(struct capture *capture, struct batch *batch, const struct framing *framing,
                       struct block *block)
{
    bool dropped = skipping(capture);
    capture->number = framing->number;
    capture->frame = framing->frame;
    capture->ts_ns = framing->ts_ns;
    if (dropped || !framing->count) {
        block_release(block);
        return;
    }
    batch->block = block;
    batch->count = framing->count;
    batch->sequence = ++capture->sequence;
    totals_add(&capture->totals, framing);
}

static enum input_status batch_read(struct capture *capture, struct batch *batch, struct error *err)
{
    struct framing framing = framing_start(capture, batch);
    struct block *block = NULL;
    enum input_status status = input_read(&capture->input, &framing, &block, err);
    batch_fill(capture, batch, &framing, block);
    if (status != INPUT_PACKETS)
        file_next(capture);
    return status;
}

static bool at_end(const struct capture *capture)
{
    return capture->file == capture->options.path_count || packets_wanted(capture) == 0;
}

enum capture_status capture_read(struct capture *capture, struct batch *batch, struct error *err)
{
    assert(batch->count == 0 && !batch->block);
    while (!at_end(capture)) {
        if (!file_open(capture, err))
            return CAPTURE_FAILED;
        enum input_status status = batch_read(capture, batch, err);
        if (status == INPUT_DAMAGED)
            return CAPTURE_DAMAGED;
        if (status == INPUT_FAILED)
            return CAPTURE_FAILED;
        if (batch->count)
            return CAPTURE_BATCH;
    }
    return CAPTURE_END;
}

const struct capture_file *capture_file(const struct capture *capture, uint32_t file)
{
    assert(file < capture->options.path_count);
    return &capture->files[file];
}

void capture_totals(const struct capture *capture, struct capture_totals *out)
{
    *out = capture->totals;
    out->read_bytes = capture->closed_bytes + open_bytes(capture);
}
