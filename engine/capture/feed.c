// SPDX-License-Identifier: MIT OR Apache-2.0
#include "capture/feed.h"

#undef NDEBUG // assertions are always on
#include <assert.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"

enum { HOLD_MIN = 256 }; /* packets framed at once to be merged */

void feed_copy(struct palua_packet *to, const struct palua_packet *from, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        memcpy(&to[i], &from[i], offsetof(struct palua_packet, layers));
}

void feed_init(struct feed *feed, const struct file *file, uint32_t index,
               const struct input_options *options)
{
    *feed = (struct feed){.path = file->path,
                          .name = strcmp(file->path, "-") == 0 ? "stdin" : file->path,
                          .kind = file->kind,
                          .state = FEED_WAITING,
                          .index = index,
                          .key_ns = INT64_MIN};
    input_init(&feed->input, options);
}

void feed_fini(struct feed *feed)
{
    feed_end(feed);
    memory_free(feed->report);
}

void feed_facts(const struct feed *feed, struct format_facts *out)
{
    if (feed->input.state)
        feed->format->facts(feed->input.state, out);
    else
        *out = feed->facts;
}

void feed_end(struct feed *feed)
{
    feed_facts(feed, &feed->facts);
    input_close(&feed->input);
    block_release(feed->held_block);
    memory_free(feed->held);
    feed->held_block = NULL;
    feed->held = NULL;
    feed->held_pos = feed->held_count = feed->held_cap = 0;
    feed->state = FEED_OVER;
}

/** Remembers what follows the packets just framed. */
static void set_status(struct feed *feed, enum input_status status, const struct error *err)
{
    feed->status = status;
    if (status == INPUT_PACKETS || status == INPUT_END)
        return;
    if (!feed->report)
        feed->report = memory_alloc(sizeof *feed->report);
    *feed->report = *err;
}

/** What is no file is read once. */
static bool readable_twice(const struct feed *feed)
{
    struct stat info;
    return strcmp(feed->path, "-") != 0 && stat(feed->path, &info) == 0 && S_ISREG(info.st_mode);
}

/** Frames the first packet. @return whether it has a time */
static bool first_time(struct input *input, const struct feed *feed, int64_t *ts_ns)
{
    struct palua_packet packet;
    struct framing framing = {.packets = &packet, .cap = 1, .file = feed->index};
    struct block *block = NULL;
    enum input_status status = input_read(input, &framing, &block, NULL);
    block_release(block);
    *ts_ns = packet.ts_ns;
    return status == INPUT_PACKETS && !(packet.flags & PALUA_PACKET_NO_TIME);
}

static void scan_file(struct feed *feed, struct block_pool *blocks)
{
    struct input_options options = feed->input.options;
    struct error err = {0};
    struct input input;
    options.pool = blocks;
    options.strict = true; // a look must not become a search
    options.metadata = NULL;
    input_init(&input, &options);
    if (input_open(&input, feed->path, &err)) {
        feed->size = input.source->size;
        if (first_time(&input, feed, &feed->key_ns))
            feed->state = FEED_CLOSED;
        else
            feed->key_ns = INT64_MIN;
    } else if (feed->kind == FILE_FOUND && err.code == ERROR_FOREIGN) {
        feed->state = FEED_OVER;
        feed->foreign = true;
    }
    input_close(&input);
}

static void scan_pipe(struct feed *feed)
{
    struct error err = {0};
    if (!feed_open(feed, 0, &err)) {
        set_status(feed, INPUT_FAILED, &err); // opening it again might wait for ever
        return;
    }
    feed_refill(feed);
    bool timed = feed_held(feed) && !(feed->held[0].flags & PALUA_PACKET_NO_TIME);
    feed->state = timed ? FEED_OPEN : FEED_WAITING;
}

void feed_scan(struct feed *feed, struct block_pool *blocks)
{
    if (feed->kind == FILE_FOLDER || feed->kind == FILE_CLOSED)
        return;
    if (readable_twice(feed))
        scan_file(feed, blocks);
    else
        scan_pipe(feed);
}

/** A pipe's packets without a time were framed before it was known what comes before them. */
static void stamp_untimed(struct feed *feed, int64_t ts_ns)
{
    for (uint32_t i = feed->held_pos; i < feed->held_count; i++) {
        if (!(feed->held[i].flags & PALUA_PACKET_NO_TIME))
            return;
        feed->held[i].ts_ns = ts_ns;
    }
    feed->ts_ns = ts_ns;
}

bool feed_open(struct feed *feed, int64_t ts_ns, struct error *err)
{
    if (feed->status == INPUT_FAILED) {
        if (err)
            *err = *feed->report;
        return false;
    }
    if (!feed->input.source) {
        if (!input_open(&feed->input, feed->path, err))
            return false;
        feed->size = feed->input.source->size;
        feed->format = feed->input.format;
        memcpy(feed->packing, feed->input.packing, sizeof feed->packing);
        feed->ts_ns = ts_ns;
    } else {
        stamp_untimed(feed, ts_ns);
    }
    feed->state = FEED_OPEN;
    return true;
}

void feed_read(struct feed *feed, const struct feed_room *room, struct framing *framing,
               struct block **block)
{
    struct error err = {0};
    assert(!feed_held(feed));
    *block = NULL;
    *framing = (struct framing){
        .packets = room->packets,
        .cap = room->cap,
        .file = feed->index,
        .file_name = {.data = (const uint8_t *)feed->name, .len = (uint32_t)strlen(feed->name)},
        .number = room->number,
        .frame = feed->frame,
        .ts_ns = feed->ts_ns,
    };
    set_status(feed, input_read(&feed->input, framing, block, &err), &err);
    feed->frame = framing->frame;
    feed->ts_ns = framing->ts_ns;
}

static void held_reserve(struct feed *feed, uint32_t count)
{
    if (count <= feed->held_cap)
        return;
    feed->held_cap = count < HOLD_MIN ? HOLD_MIN : count;
    memory_free(feed->held);
    feed->held = memory_alloc(memory_mul(feed->held_cap, sizeof *feed->held));
}

static void held_set(struct feed *feed, uint32_t count, struct block *block)
{
    block_release(feed->held_block);
    feed->held_block = block;
    feed->held_pos = 0;
    feed->held_count = count;
    if (count)
        feed->key_ns = feed_key(&feed->held[0], feed->key_ns);
}

void feed_refill(struct feed *feed)
{
    struct framing framing;
    struct block *block;
    held_reserve(feed, HOLD_MIN);
    struct feed_room room = {.packets = feed->held, .cap = HOLD_MIN};
    feed_read(feed, &room, &framing, &block);
    held_set(feed, framing.count, block);
}

void feed_hold(struct feed *feed, const struct palua_packet *packets, uint32_t count,
               struct block *block)
{
    assert(!feed_held(feed));
    held_reserve(feed, count);
    feed_copy(feed->held, packets, count);
    held_set(feed, count, block);
}

void feed_drop(struct feed *feed, uint32_t count, int64_t last_key)
{
    feed->held_pos += count;
    feed->key_ns = last_key;
    if (feed_held(feed)) {
        feed->key_ns = feed_key(&feed->held[feed->held_pos], last_key);
        return;
    }
    block_release(feed->held_block);
    feed->held_block = NULL;
}
