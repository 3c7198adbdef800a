// SPDX-License-Identifier: MIT OR Apache-2.0
#include "capture/unpack.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "capture/codec.h"

enum {
    PACKED_CAP = 128 << 10,  /**< of packed bytes read at once */
    SKIPPABLE_HEADER_LEN = 8 /**< the longest that must be seen whole between frames */
};

struct unpack {
    struct source source;
    struct source *inner;
    struct text name;
    uint8_t *packed;
    size_t cap;
    size_t pos;
    size_t len;
    uint64_t offset;           /**< of packed[0] in the inner source */
    const struct codec *first; /**< of the first frame, once there was one */
    const struct codec *codec; /**< of the state, if there is one */
    void *state;
    uint8_t *window;     /**< what an uneven codec gave; NULL before the first of them */
    size_t window_len;   /**< bytes in it */
    size_t window_ready; /**< of them, those that are good to be given out */
    size_t window_pos;   /**< of these, those that were */
    uint64_t skip;       /**< bytes of a skippable frame still to come */
    bool in_frame;       /**< a frame has begun and not ended */
    bool hungry;         /**< the bytes at hand lead no further without more */
    bool end;            /**< the inner source has no more */
    bool bad;            /**< what stopped it is the frame itself */
    bool failed;         /**< no more will come: err says why, once */
    struct error report; /**< what stopped it; told when what came before was read */
};

static struct unpack *unpack_of(struct source *source)
{
    return (struct unpack *)source;
}

static struct cursor packed_left(const struct unpack *unpack)
{
    return cursor_of(unpack->packed + unpack->pos, unpack->len - unpack->pos);
}

/** Reads more packed bytes behind those not used yet. */
static void packed_fill(struct unpack *unpack)
{
    size_t left = unpack->len - unpack->pos, got;
    if (unpack->pos)
        memmove(unpack->packed, unpack->packed + unpack->pos, left);
    unpack->hungry = false;
    unpack->offset += unpack->pos;
    unpack->pos = 0;
    unpack->len = left;
    if (!source_read(unpack->inner, unpack->packed + left, unpack->cap - left, &got,
                     &unpack->report)) {
        unpack->failed = true;
        return;
    }
    unpack->len += got;
    unpack->end = got == 0;
    unpack->source.read_bytes = unpack->inner->read_bytes;
}

__attribute__((format(printf, 2, 3))) static void damage(struct unpack *unpack, const char *format,
                                                         ...)
{
    char where[sizeof unpack->report.where];
    char text[sizeof unpack->report.text];
    source_where(unpack->inner->name, unpack->offset + unpack->pos, where, sizeof where);
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    error_set(&unpack->report, ERROR_DAMAGED, where, "%s", text);
    unpack->failed = true;
}

static void bad_frame(struct unpack *unpack, const char *problem)
{
    damage(unpack, "got %s, expected a sound frame of %s", problem, unpack->codec->name);
    unpack->bad = true;
}

/** A sound frame, but for larger machines: the reader's memory is not the file's to choose. */
static void huge_frame(struct unpack *unpack)
{
    error_set(&unpack->report, ERROR_UNREADABLE, unpack->inner->name,
              "a frame of %s wants more memory to be unpacked than the %d MiB it may have; unpack "
              "it first, as in `%s FILE | palua ... -`",
              unpack->codec->name, CODEC_MEMORY_CAP >> 20, unpack->codec->tool);
    unpack->failed = true;
}

static void cut_short(struct unpack *unpack)
{
    damage(unpack, "the input ends within a frame of %s, expected the rest of it; it was cut short",
           unpack->codec->name);
}

static void frame_start(struct unpack *unpack, const struct codec *codec)
{
    if (codec != unpack->codec) {
        if (unpack->codec)
            unpack->codec->close(unpack->state);
        unpack->codec = codec;
        unpack->first = unpack->first ? unpack->first : codec;
        unpack->state = codec->open();
        if (codec->uneven && !unpack->window)
            unpack->window = memory_alloc(CODEC_WINDOW);
    }
    const char *problem = codec->start(unpack->state);
    if (problem)
        damage(unpack, "cannot unpack %s: %s", codec->name, problem);
    unpack->in_frame = true;
}

/** Skips zeros between frames, as tape blocks and xz's stream padding leave them. */
static bool padding_skip(struct unpack *unpack)
{
    size_t pos = unpack->pos;
    while (unpack->pos < unpack->len && unpack->packed[unpack->pos] == 0)
        unpack->pos++;
    return unpack->pos > pos;
}

static void skippable_skip(struct unpack *unpack)
{
    size_t left = unpack->len - unpack->pos;
    size_t step = unpack->skip < left ? (size_t)unpack->skip : left;
    unpack->pos += step;
    unpack->skip -= step;
}

/** Between frames: goes on to the next one. */
static void frame_next(struct unpack *unpack)
{
    struct cursor in = packed_left(unpack);
    uint32_t skip;
    if (unpack->skip && cursor_left(&in)) {
        skippable_skip(unpack);
        return;
    }
    if (padding_skip(unpack))
        return;
    if (cursor_left(&in) < SKIPPABLE_HEADER_LEN && !unpack->end) {
        unpack->hungry = true;
        return;
    }
    const struct codec *codec = codec_find(in);
    if (codec)
        frame_start(unpack, codec);
    else if (codec_skippable(&in, &skip)) {
        unpack->pos += cursor_offset(&in);
        unpack->skip = skip;
    } else if (unpack->skip)
        damage(unpack,
               "the input ends in a skippable frame, expected %llu bytes more; it was cut "
               "short",
               (unsigned long long)unpack->skip);
    else if (cursor_left(&in))
        damage(unpack,
               "got bytes behind a frame of %s that begin no other, expected its like or the "
               "end",
               unpack->codec ? unpack->codec->name : "nothing");
    else
        unpack->failed = true; // the end, with nothing to tell
}

/** Within a frame: unpacks what there is. */
static void frame_step(struct unpack *unpack, struct codec_io *io)
{
    size_t room = io->out_len;
    io->in = unpack->packed + unpack->pos;
    io->in_len = unpack->len - unpack->pos;
    io->in_end = unpack->end;
    size_t given = io->in_len;
    enum codec_status status = unpack->codec->step(unpack->state, io);
    unpack->pos += given - io->in_len;
    bool stuck = io->in_len == given && io->out_len == room;
    if (status == CODEC_END)
        unpack->in_frame = false;
    else if (status == CODEC_BAD)
        bad_frame(unpack, io->problem);
    else if (status == CODEC_HUGE)
        huge_frame(unpack);
    else if (!stuck)
        return;
    else if (unpack->end)
        cut_short(unpack);
    else if (given && unpack->pos == 0 && unpack->len == unpack->cap)
        damage(unpack, "got %zu bytes in a frame of %s that lead nowhere, expected data", given,
               unpack->codec->name);
    else
        unpack->hungry = true;
}

/** Gives out what of the window is good. */
static void window_give(struct unpack *unpack, struct codec_io *io)
{
    size_t len = unpack->window_ready - unpack->window_pos;
    if (len > io->out_len)
        len = io->out_len;
    memcpy(io->out, unpack->window + unpack->window_pos, len);
    io->out += len;
    io->out_len -= len;
    unpack->window_pos += len;
    if (unpack->window_pos == unpack->window_len)
        unpack->window_pos = unpack->window_ready = unpack->window_len = 0;
}

/** As frame_step, for an uneven codec: into the window, which is given out when it is full or the
 * frame ends, be it that the input does. Of a damaged frame the window is dropped. */
static void window_step(struct unpack *unpack)
{
    struct codec_io io = {.out = unpack->window + unpack->window_len,
                          .out_len = CODEC_WINDOW - unpack->window_len};
    frame_step(unpack, &io);
    unpack->window_len = (size_t)(io.out - unpack->window);
    if (unpack->bad)
        unpack->window_len = 0;
    else if (unpack->window_len == CODEC_WINDOW || !unpack->in_frame || unpack->failed)
        unpack->window_ready = unpack->window_len;
}

/** Whether to return what there is instead of waiting for more. */
static bool enough(const struct unpack *unpack, const struct codec_io *io, size_t cap)
{
    bool waits = (unpack->hungry || unpack->pos == unpack->len) && !unpack->inner->regular;
    return io->out_len == 0 || (waits && io->out_len < cap);
}

static bool unpack_read(struct source *source, uint8_t *data, size_t cap, size_t *len,
                        struct error *err)
{
    struct unpack *unpack = unpack_of(source);
    struct codec_io io = {.out = data, .out_len = cap};
    while ((unpack->window_ready || !unpack->failed) && !enough(unpack, &io, cap)) {
        if (unpack->window_ready)
            window_give(unpack, &io);
        else if (unpack->hungry)
            packed_fill(unpack);
        else if (unpack->in_frame && unpack->codec->uneven)
            window_step(unpack);
        else if (unpack->in_frame)
            frame_step(unpack, &io);
        else
            frame_next(unpack);
    }
    *len = cap - io.out_len;
    if (*len || unpack->report.code == ERROR_NONE)
        return true;
    if (err)
        *err = unpack->report;
    return false;
}

static void unpack_close(struct source *source)
{
    struct unpack *unpack = unpack_of(source);
    if (unpack->codec)
        unpack->codec->close(unpack->state);
    source_close(unpack->inner);
    text_fini(&unpack->name);
    memory_free(unpack->window);
    memory_free(unpack->packed);
    memory_free(unpack);
}

static bool unpack_park(struct source *source)
{
    return source_park(unpack_of(source)->inner);
}

static const struct source_ops unpack_ops = {
    .read = unpack_read, .close = unpack_close, .park = unpack_park};

bool unpack_needed(const uint8_t *start, size_t len)
{
    struct cursor in = cursor_of(start, len);
    uint32_t skip;
    return codec_find(in) || codec_skippable(&in, &skip);
}

const char *unpack_name(const struct source *source)
{
    const struct codec *codec = ((const struct unpack *)source)->first;
    return codec ? codec->name : "skippable frame";
}

struct source *unpack_open(struct source *inner, const uint8_t *start, size_t len)
{
    struct unpack *unpack = memory_zalloc(1, sizeof *unpack);
    text_init(&unpack->name);
    // Offsets behind this name are of unpacked bytes.
    text_add_format(&unpack->name, "%s (unpacked)", inner->name);
    unpack->source = (struct source){.ops = &unpack_ops,
                                     .name = unpack->name.data,
                                     .size = inner->size,
                                     .read_bytes = inner->read_bytes,
                                     .regular = inner->regular};
    unpack->inner = inner;
    unpack->cap = len > PACKED_CAP ? len : PACKED_CAP;
    unpack->packed = memory_alloc(unpack->cap);
    memcpy(unpack->packed, start, len);
    unpack->len = len;
    return &unpack->source;
}
