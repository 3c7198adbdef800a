// SPDX-License-Identifier: MIT OR Apache-2.0
#include "capture/input.h"

#undef NDEBUG // assertions are always on
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "capture/unpack.h"

enum { UNPACK_MAX = 4 };

void input_init(struct input *input, const struct input_options *options)
{
    *input = (struct input){.options = *options};
}

/** Bytes read but not framed. */
static size_t input_left(const struct input *input)
{
    return input->block ? input->block->len - input->pos : 0;
}

static struct cursor input_cursor(const struct input *input)
{
    return input->block ? cursor_of(input->block->data + input->pos, input_left(input))
                        : cursor_of("", 0);
}

/** Whether the bytes to come can be read behind those that batches point into. With little room
 * left they are not, as each read costs a system call. A record that has the block to itself is
 * not moved before the block is full, or a pipe's small reads would each move all of it. */
static bool block_has_room(const struct input *input, size_t need)
{
    const struct block *block = input->block;
    if (!block || block->len == block->cap)
        return false;
    return input->pos == 0 ||
           (need <= block->cap - input->pos && block->cap - block->len >= block->cap / 4);
}

/** Whether the block may be overwritten from its start: nobody else looks at it, and it is not a
 * huge one that is no longer needed. */
static bool block_is_reusable(const struct input *input, size_t cap)
{
    const struct block *block = input->block;
    return block && block->cap >= cap &&
           (block->cap <= input->options.block_size || cap > input->options.block_size) &&
           block_sole(block);
}

/** Moves the bytes not framed to the start of a block of at least `cap` bytes. */
static void block_turn(struct input *input, size_t cap)
{
    size_t left = input_left(input);
    if (block_is_reusable(input, cap)) {
        memmove(input->block->data, input->block->data + input->pos, left);
    } else {
        struct block *block = block_take(input->options.pool, cap);
        if (left)
            memcpy(block->data, input->block->data + input->pos, left);
        block_release(input->block);
        input->block = block;
    }
    input->block->len = left;
    input->pos = 0;
}

/* A record may claim any length: a block grows to at most twice what was really read, so that a lie
 * costs nothing. */
static size_t block_cap_for(const struct input *input, size_t need)
{
    size_t left = input_left(input);
    size_t most = 2 * (left > input->options.block_size ? left : input->options.block_size);
    return need < most ? need : most;
}

/** Reads more bytes; `need` of them, counted from the first not framed, would make progress. */
static bool input_fill(struct input *input, size_t need, struct error *err)
{
    assert(need > input_left(input));
    if (!block_has_room(input, need))
        block_turn(input, block_cap_for(input, need));
    struct block *block = input->block;
    size_t len;
    assert(block->len < block->cap);
    if (!source_read(input->source, block->data + block->len, block->cap - block->len, &len, err))
        return false;
    block->len += len;
    input->end = len == 0;
    return true;
}

/** Reads as many bytes as tell what they are. */
static bool input_peek(struct input *input, struct error *err)
{
    while (!input->end && input_left(input) < FORMAT_PROBE_LEN)
        if (!input_fill(input, FORMAT_PROBE_LEN, err))
            return false;
    return true;
}

/** Has what was read so far, and the rest, unpacked. */
static void input_unpack(struct input *input)
{
    struct block *block = input->block;
    input->source = unpack_open(input->source, block->data, block->len);
    block->len = 0;
    input->end = false;
}

static bool input_is_packed(const struct input *input)
{
    return input->block && unpack_needed(input->block->data, input->block->len);
}

/** Notes what the source unpacks. */
static void packing_add(struct input *input)
{
    size_t len = strlen(input->packing);
    snprintf(input->packing + len, sizeof input->packing - len, "%s%s", len ? ", " : "",
             unpack_name(input->source));
}

/* Compressed twice happens; more often than a few times is a file made to unpack to itself. */
static bool input_probe(struct input *input, struct error *err)
{
    if (!input_peek(input, err))
        return false;
    for (int i = 0; i < UNPACK_MAX && input_is_packed(input); i++) {
        input_unpack(input);
        if (!input_peek(input, err))
            return false;
        packing_add(input);
    }
    if (input_is_packed(input))
        return error_set(err, ERROR_FOREIGN, input->source->name,
                         "is still compressed, expected a capture; unpack it first, or see "
                         "whether it unpacks to itself");
    input->format = format_find(input_cursor(input), input->source->name, err);
    if (!input->format)
        return false;
    input->state = input->format->open();
    return true;
}

bool input_open(struct input *input, const char *path, struct error *err)
{
    assert(!input->source);
    input->source = source_open(path, err);
    if (!input->source)
        return false;
    if (input_probe(input, err))
        return true;
    input_close(input);
    return false;
}

void input_close(struct input *input)
{
    if (input->state)
        input->format->close(input->state);
    source_close(input->source);
    block_release(input->block);
    struct input_options options = input->options;
    input_init(input, &options);
}

/** Lets the format frame what is there. */
static enum framing_status input_frame(struct input *input, struct framing *framing)
{
    framing->in = input_cursor(input);
    framing->offset = input->offset;
    framing->end = input->end;
    enum framing_status status = input->format->frame(input->state, framing);
    size_t framed = cursor_offset(&framing->in);
    input->pos += framed;
    input->offset += framed;
    return status;
}

static void input_cut_short(struct framing *framing)
{
    framing_damage(framing, "the input ends %zu bytes into a %s, expected %zu; it was cut short",
                   cursor_left(&framing->in), framing->what, framing->need);
}

/** Moves to where framing may go on behind a damaged record.
 * @param failure  set if that is not known as reading failed
 * @return false if it is nowhere */
static bool input_search(struct input *input, struct framing *framing, struct error *failure)
{
    enum framing_status status;
    framing->err = NULL;
    framing->searching = false;
    do {
        framing->in = input_cursor(input);
        framing->offset = input->offset;
        framing->end = input->end;
        status = input->format->resume(input->state, framing);
        framing->searching = true;
        input->pos += cursor_offset(&framing->in);
        input->offset += cursor_offset(&framing->in);
    } while (status == FRAMING_MORE && !input->end && input_fill(input, framing->need, failure));
    return status == FRAMING_OK;
}

__attribute__((format(printf, 2, 3))) static void error_append(struct error *err,
                                                               const char *format, ...)
{
    va_list args;
    size_t len = strlen(err->text);
    va_start(args, format);
    vsnprintf(err->text + len, sizeof err->text - len, format, args);
    va_end(args);
}

/** Goes on behind the damaged record if that can be done, and says so.
 * @param cut  the input ended within it: then there is mostly nothing, and nothing to be said */
static void input_resume(struct input *input, struct framing *framing, bool cut, struct error *err)
{
    uint64_t start = input->offset;
    struct error ignored, failure = {0};
    err = err ? err : &ignored;
    if (input->options.strict || !input->format->resume) {
        input->over = true;
        return;
    }
    input->over = !input_search(input, framing, &failure);
    if (failure.code != ERROR_NONE)
        error_append(err, "; what lies behind it cannot be read: %s: %s", failure.where,
                     failure.text);
    if (input->over && !input->end)
        return; // there is no telling how much that would have been
    uint64_t skipped = input->offset + (input->over ? input_left(input) : 0) - start;
    input->skipped += skipped;
    if (!input->over)
        error_append(err, "; skipped %" PRIu64 " bytes and went on at 0x%" PRIx64, skipped,
                     input->offset);
    else if (!cut)
        error_append(err,
                     "; found nothing sound behind it, the last %" PRIu64 " bytes are left out",
                     skipped);
}

/** Lends the block that packets were framed in. */
static void input_lend(struct input *input, const struct framing *framing, struct block **block)
{
    if (!framing->count)
        return;
    block_hold(input->block);
    *block = input->block;
}

/** Damage that a decompressor finds is damage of the capture. */
static enum input_status input_failed(struct input *input, const struct error *failure,
                                      struct error *err)
{
    input->over = true;
    if (err)
        *err = *failure;
    return failure->code == ERROR_DAMAGED ? INPUT_DAMAGED : INPUT_FAILED;
}

enum input_status input_read(struct input *input, struct framing *framing, struct block **block,
                             struct error *err)
{
    enum framing_status status;
    struct error failure = {0};
    framing->name = input->source->name;
    framing->record_cap = input->options.record_cap;
    framing->metadata = input->options.metadata;
    framing->err = err;
    // One whole record is enough to go on with: waiting for more would hold up a pipe.
    while ((status = input_frame(input, framing)) == FRAMING_MORE && !framing->count) {
        if (input->end)
            break;
        if (!input_fill(input, framing->need, &failure))
            return input_failed(input, &failure, err);
    }
    bool cut = status == FRAMING_MORE && input->end && !framing->count && cursor_left(&framing->in);
    input_lend(input, framing, block);
    if (cut)
        input_cut_short(framing);
    if (cut || status == FRAMING_DAMAGED) {
        input_resume(input, framing, cut, err);
        return INPUT_DAMAGED;
    }
    input->over = !framing->count;
    return framing->count ? INPUT_PACKETS : INPUT_END;
}
