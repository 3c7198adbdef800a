// SPDX-License-Identifier: MIT OR Apache-2.0
#include "capture/capture.h"

#undef NDEBUG // assertions are always on
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "base/memory.h"
#include "capture/filter.h"
#include "capture/turns.h"

enum {
    SCAN_BLOCK_SIZE = 4096, /**< enough for a first packet, mostly */
    /** Packets from which a batch of its own, without copying, is cheaper than a full one. */
    RUN_MIN = 64
};

struct capture {
    struct capture_options options;
    struct block_pool *blocks;
    struct files files;
    struct feed *feeds; /**< one per file */
    struct turns turns;
    bool ordered;          /**< the turns are known */
    uint64_t reads;        /**< counts them, to tell which feed was read longest ago */
    uint64_t number;       /**< of the last packet given out or skipped */
    int64_t ts_ns;         /**< of the same */
    uint64_t sequence;     /**< of the last batch given out */
    uint64_t closed_bytes; /**< read from inputs that are over */
    struct capture_totals totals;
};

/** How many files may be open: no more than half of what the system lets the process have, as
 * outputs are files too. */
static uint32_t open_cap_within(uint32_t cap)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur / 2 >= (cap ? cap : UINT32_MAX))
        return cap;
    return limit.rlim_cur < 2 ? 1 : (uint32_t)(limit.rlim_cur / 2);
}

struct capture *capture_new(const struct capture_options *options)
{
    assert(options->batch_packets > 0 && options->block_size > 0);
    struct capture *capture = memory_zalloc(1, sizeof *capture);
    capture->options = *options;
    capture->options.open_cap = open_cap_within(options->open_cap);
    capture->blocks = block_pool_new(options->block_size);
    files_init(&capture->files, options->paths, options->path_count);
    capture->feeds = memory_zalloc(capture->files.count, sizeof *capture->feeds);
    const struct input_options input = {.pool = capture->blocks,
                                        .block_size = options->block_size,
                                        .record_cap = options->record_cap,
                                        .strict = options->strict,
                                        .metadata = options->metadata};
    for (uint32_t i = 0; i < capture->files.count; i++)
        feed_init(&capture->feeds[i], &capture->files.items[i], i, &input);
    return capture;
}

void capture_free(struct capture *capture)
{
    if (!capture)
        return;
    for (uint32_t i = 0; i < capture->files.count; i++)
        feed_fini(&capture->feeds[i]);
    turns_fini(&capture->turns);
    memory_free(capture->feeds);
    files_fini(&capture->files);
    block_pool_free(capture->blocks);
    memory_free(capture);
}

bool capture_foreign(const char *path)
{
    struct error err = {0};
    struct input input;
    struct block_pool *blocks = block_pool_new(SCAN_BLOCK_SIZE);
    const struct input_options options = {
        .pool = blocks, .block_size = SCAN_BLOCK_SIZE, .record_cap = SCAN_BLOCK_SIZE};
    input_init(&input, &options);
    bool opened = input_open(&input, path, &err);
    input_close(&input);
    block_pool_free(blocks);
    return !opened && err.code == ERROR_FOREIGN;
}

static uint64_t feed_bytes(const struct feed *feed)
{
    return feed->input.source ? feed->input.source->read_bytes : 0;
}

/** Finds out how the inputs follow each other. A single one has nothing to be compared with. */
static void order(struct capture *capture)
{
    uint32_t count = (uint32_t)capture->files.count, size = capture->options.block_size;
    struct block_pool *blocks = block_pool_new(size < SCAN_BLOCK_SIZE ? size : SCAN_BLOCK_SIZE);
    for (uint32_t i = 0; count > 1 && i < count; i++) {
        struct feed *feed = &capture->feeds[i];
        feed_scan(feed, blocks);
        capture->totals.passed_over += feed->foreign;
    }
    block_pool_free(blocks);
    turns_init(&capture->turns, capture->feeds, count);
    capture->ordered = true;
}

static bool skipping(const struct capture *capture)
{
    return capture->number < capture->options.skip;
}

/** How many packets may be given out before a limit changes what becomes of them. */
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

/** How many packets the batch may still take. */
static uint32_t room_in(const struct capture *capture, const struct batch *batch)
{
    uint32_t room = least(batch->packet_cap, capture->options.batch_packets);
    return least(room - batch->count, packets_wanted(capture));
}

/** Counts packets that the batch got, or that were skipped. */
static void count_packets(struct capture *capture, const struct palua_packet *packets,
                          uint32_t count)
{
    struct capture_totals *totals = &capture->totals;
    if (!count)
        return;
    bool skipped = skipping(capture);
    capture->number += count;
    capture->ts_ns = packets[count - 1].ts_ns;
    if (skipped)
        return;
    if (!totals->packets)
        totals->first_ts_ns = packets[0].ts_ns;
    totals->last_ts_ns = capture->ts_ns;
    totals->packets += count;
}

static void count_bytes(struct capture *capture, const struct palua_packet *packets, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        capture->totals.bytes += packets[i].caplen;
        capture->totals.wire_bytes += packets[i].origlen;
    }
}

/** Makes the batch consist of packets that lie in one block already.
 * @param framing  all were framed just now: their bytes are counted already; NULL if not
 * @param block    taken over */
static void batch_give_run(struct capture *capture, struct batch *batch, uint32_t count,
                           const struct framing *framing, struct block *block)
{
    bool skipped = skipping(capture);
    count_packets(capture, batch->packets, count);
    if (skipped || !count) {
        block_release(block);
        return;
    }
    if (framing) {
        capture->totals.bytes += framing->bytes;
        capture->totals.wire_bytes += framing->wire_bytes;
    } else {
        count_bytes(capture, batch->packets, count);
    }
    batch->block = block;
    batch->count = count;
}

/** How many of the packets come before the limit.
 * @param key  before the first; out: of the last that does */
static uint32_t run_length(const struct feed *feed, const struct palua_packet *packets,
                           uint32_t count, struct turns_limit limit, int64_t *key)
{
    if (limit.index == UINT32_MAX && count) { // nobody else is there
        *key = feed_key(&packets[count - 1], *key);
        return count;
    }
    for (uint32_t i = 0; i < count; i++) {
        int64_t next = feed_key(&packets[i], *key);
        if (!turns_before(next, feed->index, limit))
            return i;
        *key = next;
    }
    return count;
}

/** Frames packets right into an empty batch. Those whose turn it is not are held; if nearly all
 * are, so is the rest, to be merged with others. */
static void read_run(struct capture *capture, struct feed *feed, struct turns_limit limit,
                     struct batch *batch)
{
    struct feed_room room = {
        .packets = batch->packets, .cap = room_in(capture, batch), .number = capture->number};
    struct framing framing;
    struct block *block;
    int64_t key = feed->key_ns;
    feed_read(feed, &room, &framing, &block);
    uint32_t run = run_length(feed, batch->packets, framing.count, limit, &key);
    bool all = run == framing.count;
    if (!all && run < RUN_MIN)
        run = 0;
    if (run)
        feed->key_ns = key;
    if (!all) {
        block_hold(block);
        feed_hold(feed, batch->packets + run, framing.count - run, block);
    }
    batch_give_run(capture, batch, run, all ? &framing : NULL, block);
}

/** A block of the batch's own, in which `len` more bytes have room; NULL if they have none in the
 * one it has. */
static uint8_t *copy_room(struct capture *capture, struct batch *batch, uint32_t len)
{
    if (!batch->block)
        batch->block = block_take(capture->blocks, len);
    struct block *block = batch->block;
    if (block->cap - block->len < len)
        return NULL;
    uint8_t *room = block->data + block->len;
    block->len += len;
    return room;
}

/** Copies held packets into the batch. @return how many; fewer than `count` if the block is full */
static uint32_t copy_run(struct capture *capture, const struct feed *feed, uint32_t count,
                         struct batch *batch)
{
    const struct palua_packet *held = feed->held + feed->held_pos;
    for (uint32_t i = 0; i < count; i++) {
        struct palua_packet *packet = &batch->packets[batch->count];
        uint8_t *data = copy_room(capture, batch, held[i].caplen);
        if (!data)
            return i;
        feed_copy(packet, &held[i], 1);
        memcpy(data, held[i].data, held[i].caplen);
        packet->data = data;
        packet->number = capture->number + 1;
        batch->count++;
        count_packets(capture, packet, 1);
        count_bytes(capture, packet, 1);
    }
    return count;
}

/** Gives out packets that were held. @return whether the batch has room for more */
static bool give_held(struct capture *capture, struct feed *feed, struct turns_limit limit,
                      struct batch *batch)
{
    const struct palua_packet *held = feed->held + feed->held_pos;
    uint32_t most = least(feed_held(feed), room_in(capture, batch));
    int64_t key = feed->key_ns;
    uint32_t run = run_length(feed, held, most, limit, &key), given = run;
    bool own = !batch->count && run >= RUN_MIN;
    if (skipping(capture)) {
        count_packets(capture, held, run);
    } else if (own) {
        feed_copy(batch->packets, held, run);
        for (uint32_t i = 0; i < run; i++)
            batch->packets[i].number = capture->number + i + 1;
        block_hold(feed->held_block);
        batch_give_run(capture, batch, run, NULL, feed->held_block);
    } else {
        given = copy_run(capture, feed, run, batch);
        key = feed->key_ns;
        (void)run_length(feed, held, given, limit, &key);
    }
    feed_drop(feed, given, key);
    return !own && given == run && room_in(capture, batch) > 0;
}

/** Where as many files are open as may be, closes the one read longest ago, until it is read again.
 */
static void make_room(struct capture *capture)
{
    struct feed *oldest = NULL;
    uint32_t open = 0;
    for (uint32_t i = 0; i < capture->turns.open_count; i++) {
        struct feed *feed = &capture->feeds[capture->turns.open[i]];
        if (feed->parked || !feed->input.source->regular)
            continue;
        open++;
        if (!oldest || feed->used < oldest->used)
            oldest = feed;
    }
    if (!oldest || !capture->options.open_cap || open < capture->options.open_cap)
        return;
    oldest->parked = source_park(oldest->input.source);
    oldest->used = capture->reads; // if it cannot be closed, it is another's turn next time
}

/** Notes that a feed is about to be opened or read. */
static void use(struct capture *capture, struct feed *feed)
{
    if (feed->state != FEED_OPEN || feed->parked)
        make_room(capture);
    feed->parked = false;
    feed->used = ++capture->reads;
}

static void end(struct capture *capture, struct feed *feed)
{
    capture->closed_bytes += feed_bytes(feed);
    capture->totals.skipped += feed->input.skipped;
    turns_ended(&capture->turns, feed);
    feed_end(feed);
}

/** Whether files that were found in a directory are captures.
 * @param looked_at  how many files that were */
static bool has_captures(const struct capture *capture, const struct feed *folder,
                         uint32_t *looked_at)
{
    const struct files *files = &capture->files;
    bool captures = false;
    *looked_at = 0;
    for (uint32_t i = folder->index + 1; i < files->count; i++) {
        if (files->items[i].kind == FILE_NAMED || files->items[i].kind == FILE_FOLDER)
            break;
        *looked_at += files->items[i].kind == FILE_FOUND;
        captures |= files->items[i].kind == FILE_FOUND && !capture->feeds[i].foreign;
    }
    return captures;
}

/** What there is to say of a directory when its turn comes. */
static enum capture_status tell_folder(struct capture *capture, struct feed *feed,
                                       struct error *err)
{
    uint32_t looked_at;
    bool fine = has_captures(capture, feed, &looked_at) && feed->kind == FILE_FOLDER;
    DIR *folder = fine ? NULL : opendir(feed->path);
    if (!fine && !folder)
        error_set(err, ERROR_UNREADABLE, feed->path, "cannot be opened: %s", strerror(errno));
    else if (!fine && feed->kind == FILE_CLOSED)
        error_set(err, ERROR_UNREADABLE, feed->path,
                  "lies %d directories deep, expected less; name it to have it read",
                  FILES_DEPTH_CAP);
    else if (!fine)
        error_set(err, ERROR_FOREIGN, feed->path,
                  "is a directory without captures (%u file%s looked at), expected some", looked_at,
                  looked_at == 1 ? "" : "s");
    if (folder)
        closedir(folder);
    end(capture, feed);
    return fine ? CAPTURE_BATCH : CAPTURE_FAILED;
}

/** Opens the feed whose turn has come. @return CAPTURE_BATCH if that is fine */
static enum capture_status open_feed(struct capture *capture, struct feed *feed, struct error *err)
{
    if (feed->kind == FILE_FOLDER || feed->kind == FILE_CLOSED)
        return tell_folder(capture, feed, err);
    use(capture, feed);
    if (!feed_open(feed, capture->ts_ns, err)) {
        end(capture, feed);
        return CAPTURE_FAILED;
    }
    turns_opened(&capture->turns, feed);
    return CAPTURE_BATCH;
}

/** Tells of damage. @return CAPTURE_BATCH if it is only counted */
static enum capture_status damaged(struct capture *capture, struct feed *feed, struct error *err)
{
    static const char last[] = "; whatever else is damaged here is only counted";
    bool over = feed->input.over;
    capture->totals.damages++;
    feed->damages++;
    if (feed->damages == CAPTURE_DAMAGE_CAP && !over)
        strncat(feed->report->text, last,
                sizeof feed->report->text - strlen(feed->report->text) - 1);
    if (err)
        *err = *feed->report;
    feed->status = INPUT_PACKETS;
    if (over)
        end(capture, feed);
    return feed->damages <= CAPTURE_DAMAGE_CAP ? CAPTURE_DAMAGED : CAPTURE_BATCH;
}

/** Tells what follows the last packet of a feed. @return CAPTURE_BATCH if all is fine */
static enum capture_status finish(struct capture *capture, struct feed *feed, struct error *err)
{
    enum input_status status = feed->status;
    if (status == INPUT_DAMAGED)
        return damaged(capture, feed, err);
    if (err && feed->report)
        *err = *feed->report;
    end(capture, feed);
    return status == INPUT_END ? CAPTURE_BATCH : CAPTURE_FAILED;
}

/** Whether the batch had better go now: reading on might wait, or find packets that cannot lie
 * beside those it has. */
static bool go_first(const struct feed *feed, const struct batch *batch)
{
    return batch->count && feed->status == INPUT_PACKETS && !feed->input.source->regular;
}

static enum capture_status fill(struct capture *capture, struct batch *batch, struct error *err)
{
    struct turns_limit limit;
    struct feed *feed;
    enum capture_status status = CAPTURE_BATCH;
    bool more = true;
    while (more && packets_wanted(capture) && (feed = turns_next(&capture->turns, &limit))) {
        if (feed->state != FEED_OPEN) {
            status = open_feed(capture, feed, err);
            more = status == CAPTURE_BATCH;
            continue;
        }
        if (!feed_held(feed) && go_first(feed, batch))
            return status;
        if (feed_held(feed)) {
            more = give_held(capture, feed, limit, batch);
        } else if (feed->status == INPUT_PACKETS) {
            use(capture, feed);
            if (batch->count) {
                feed_refill(feed);
            } else {
                read_run(capture, feed, limit, batch);
                more = batch->count == 0;
            }
        }
        if (!feed_held(feed) && feed->status != INPUT_PACKETS && packets_wanted(capture)) {
            status = finish(capture, feed, err);
            more &= status == CAPTURE_BATCH;
        }
    }
    return status;
}

/** Leaves out what the filter does not want, also of what was counted. */
static void leave_out(struct capture *capture, struct batch *batch,
                      const struct capture_totals *before)
{
    filter_batch(capture->options.filter, batch);
    struct capture_totals *totals = &capture->totals;
    uint64_t damages = totals->damages, skipped = totals->skipped;
    *totals = *before;
    totals->damages = damages;
    totals->skipped = skipped;
    if (batch->count) {
        if (!totals->packets)
            totals->first_ts_ns = batch->packets[0].ts_ns;
        totals->last_ts_ns = batch->packets[batch->count - 1].ts_ns;
        totals->packets += batch->count;
        count_bytes(capture, batch->packets, batch->count);
        return;
    }
    block_release(batch->block);
    batch->block = NULL;
}

/** Fills the batch with packets that the filter wants; goes on where it wants none of many. */
static enum capture_status fill_wanted(struct capture *capture, struct batch *batch,
                                       struct error *err)
{
    for (;;) {
        struct capture_totals before = capture->totals;
        enum capture_status status = fill(capture, batch, err);
        if (!capture->options.filter || !batch->count)
            return status;
        leave_out(capture, batch, &before);
        if (status == CAPTURE_BATCH && filter_refused(capture->options.filter, err))
            return CAPTURE_FAILED;
        if (status != CAPTURE_BATCH || batch->count)
            return status;
    }
}

enum capture_status capture_read(struct capture *capture, struct batch *batch, struct error *err)
{
    assert(batch->count == 0 && !batch->block);
    if (!capture->ordered)
        order(capture);
    if (capture->options.filter && filter_refused(capture->options.filter, err))
        return CAPTURE_FAILED;
    enum capture_status status = fill_wanted(capture, batch, err);
    if (batch->count)
        batch->sequence = ++capture->sequence;
    return status == CAPTURE_BATCH && !batch->count ? CAPTURE_END : status;
}

struct capture_file capture_file(const struct capture *capture, uint32_t file)
{
    assert(file < capture->files.count);
    const struct feed *feed = &capture->feeds[file];
    struct capture_file out = {
        .name = feed->name, .size = feed->size, .format = feed->format ? feed->format->name : NULL};
    memcpy(out.packing, feed->packing, sizeof out.packing);
    feed_facts(feed, &out.facts);
    return out;
}

void capture_totals(const struct capture *capture, struct capture_totals *out)
{
    *out = capture->totals;
    out->read_bytes = capture->closed_bytes;
    for (uint32_t i = 0; i < capture->turns.open_count; i++)
        out->read_bytes += feed_bytes(&capture->feeds[capture->turns.open[i]]);
    for (uint32_t i = 0; i < capture->turns.open_count; i++)
        out->skipped += capture->feeds[capture->turns.open[i]].input.skipped;
}
