// SPDX-License-Identifier: MIT OR Apache-2.0
/** One file descriptor that results are written to.
 *
 * What belongs together gathers in `text` and is written with one call. A closed pipe is remembered
 * and everything after it dropped; any other failure is remembered with its first errno. One thread
 * at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct target {
    int fd;
    bool owned;   /**< close it */
    bool written; /**< something was added already */
    bool closed;  /**< the reader is gone */
    int problem;  /**< first errno, 0 if none */
    char *path;   /**< for messages */

    struct text text; /**< to be written at the next flush */
    uint32_t stream;  /**< whose header was added last, or SHEET_NO_STREAM */
};

void target_init(struct target *target, int fd, bool owned, const char *path);
/** Closes; what is pending must have been flushed. */
void target_fini(struct target *target);

/** Writes what is in target->text. */
void target_flush(struct target *target);
/** Writes bytes at once, after what is pending. */
void target_write(struct target *target, const char *data, size_t len);
