// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sink/target.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"

void target_init(struct target *target, int fd, bool owned, const char *path)
{
    *target = (struct target){.fd = fd,
                              .owned = owned,
                              .path = memory_strdup(path),
                              .sorted = true,
                              .uniform = true,
                              .stream = TARGET_NO_STREAM};
}

void target_fini(struct target *target)
{
    // A file on the network may report a full disk only now.
    if (target->owned && close(target->fd) != 0 && errno != EINTR && !target->problem)
        target->problem = errno;
    text_fini(&target->text);
    memory_free(target->lines);
    memory_free(target->path);
    target->lines = NULL;
    target->path = NULL;
}

static bool key_before(const struct output_key *a, const struct output_key *b)
{
    if (a->event != b->event)
        return a->event < b->event;
    if (a->script != b->script)
        return a->script < b->script;
    return a->call < b->call;
}

void target_line_added(struct target *target, struct output_key key, uint32_t stream)
{
    target->lines = memory_grow(target->lines, &target->line_cap, target->line_count + 1,
                                sizeof *target->lines);
    if (target->line_count && key_before(&key, &target->lines[target->line_count - 1].key))
        target->sorted = false;
    if (stream != TARGET_NO_STREAM && stream != target->stream)
        target->uniform = false;
    target->lines[target->line_count++] =
        (struct target_line){.key = key, .stream = stream, .end = target->text.len};
}

/** A line as it is sorted: the place of its text tells lines of one key apart, so that the order is
 * total. */
struct placed_line {
    struct output_key key;
    uint32_t stream;
    size_t start;
    size_t end;
};

static int placed_compare(const void *a, const void *b)
{
    const struct placed_line *left = a, *right = b;
    if (key_before(&left->key, &right->key))
        return -1;
    if (key_before(&right->key, &left->key))
        return 1;
    return left->start < right->start ? -1 : 1;
}

static void add_ordered(struct target *target, const struct placed_line *lines, struct text *out)
{
    for (size_t i = 0; i < target->line_count; i++) {
        uint32_t stream = lines[i].stream;
        if (target->header && stream != TARGET_NO_STREAM && stream != target->stream) {
            target->header(target->header_context, stream, !target->written && out->len == 0, out);
            target->stream = stream;
        }
        text_add(out, target->text.data + lines[i].start, lines[i].end - lines[i].start);
    }
}

static void flush_ordered(struct target *target)
{
    struct placed_line *lines =
        memory_alloc(memory_mul(target->line_count, sizeof(struct placed_line)));
    size_t start = 0;
    for (size_t i = 0; i < target->line_count; i++) {
        const struct target_line *line = &target->lines[i];
        lines[i] = (struct placed_line){line->key, line->stream, start, line->end};
        start = line->end;
    }
    if (!target->sorted)
        qsort(lines, target->line_count, sizeof *lines, placed_compare);
    struct text out;
    text_init(&out);
    add_ordered(target, lines, &out);
    memory_free(lines);
    target_write(target, out.data, out.len);
    text_fini(&out);
}

void target_flush(struct target *target)
{
    if (target->line_count == 0)
        return;
    bool as_is = target->sorted && (target->uniform || !target->header);
    size_t count = target->line_count;
    if (as_is)
        target_write(target, target->text.data, target->text.len);
    else if (count)
        flush_ordered(target);
    text_clear(&target->text);
    target->line_count = 0;
    target->sorted = true;
    target->uniform = true;
}

/** What a failed write means. @return whether to try again */
static bool write_failed(struct target *target)
{
    if (errno == EINTR)
        return true;
    if (errno == EAGAIN) { // somebody made the descriptor they gave us non-blocking
        struct pollfd wait = {.fd = target->fd, .events = POLLOUT};
        return poll(&wait, 1, -1) >= 0 || errno == EINTR;
    }
    if (errno == EPIPE)
        target->closed = true;
    else
        target->problem = errno;
    return false;
}

void target_write(struct target *target, const char *data, size_t len)
{
    target->written = target->written || len > 0;
    while (len && !target->closed && !target->problem) {
        ssize_t done = write(target->fd, data, len);
        if (done < 0) {
            if (!write_failed(target))
                return;
            continue;
        }
        data += done;
        len -= (size_t)done;
    }
}
