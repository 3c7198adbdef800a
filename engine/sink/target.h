// SPDX-License-Identifier: MIT OR Apache-2.0
/** One file descriptor that lines are written to in key order.
 *
 * Lines gather in one buffer; at a flush they are put in order, if they are not already, and
 * written with one call. A closed pipe is remembered and everything after it dropped; any other
 * failure is remembered with its first errno. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "sink/output.h"

struct target_line {
    struct output_key key;
    uint32_t stream; /**< whose row it is, or TARGET_NO_STREAM */
    size_t end;      /**< in text, newline included */
};

enum { TARGET_NO_STREAM = UINT32_MAX };

/** Writes what comes before the first row of a stream, or before its next row after another's. */
typedef void (*target_header_fn)(void *context, uint32_t stream, bool first, struct text *out);

struct target {
    int fd;
    bool owned;   /**< close it */
    bool written; /**< something was added already */
    bool closed;  /**< the reader is gone */
    int problem;  /**< first errno, 0 if none */
    char *path;   /**< for messages */

    struct text text; /**< lines since the last flush */
    struct target_line *lines;
    size_t line_count;
    size_t line_cap;
    bool sorted;             /**< lines came in key order */
    bool uniform;            /**< no line needs a header in front */
    uint32_t stream;         /**< whose header was added last */
    target_header_fn header; /**< NULL: the format has none */
    void *header_context;
};

void target_init(struct target *target, int fd, bool owned, const char *path);
/** Closes; what is pending must have been flushed. */
void target_fini(struct target *target);

/** Says that a line was added to target->text, up to its end. */
void target_line_added(struct target *target, struct output_key key, uint32_t stream);
void target_flush(struct target *target);
/** Writes bytes at once, after what is pending. */
void target_write(struct target *target, const char *data, size_t len);
