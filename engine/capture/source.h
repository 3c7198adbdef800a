// SPDX-License-Identifier: MIT OR Apache-2.0
/** Where a capture's bytes come from: a file or standard input, later also a decompressor.
 *
 * A source hands out bytes in order and knows how many it gave. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct source;

/** Opens a file, or standard input for "-". A directory is refused by a line that says so. */
struct source *source_open(const char *path, struct error *err);
void source_close(struct source *source);

/** Reads up to `cap` bytes: of a pipe as many as there are now, of a file all `cap` if it has them;
 * at least one unless the end was reached. A read that a signal interrupts goes on.
 * @param len  bytes read; 0 at the end
 * @return false on an I/O error */
bool source_read(struct source *source, uint8_t *data, size_t cap, size_t *len, struct error *err);

/** The name to show: the path, or "stdin". */
const char *source_name(const struct source *source);
/** Size in bytes if known (a regular file), else 0; for progress. */
uint64_t source_size(const struct source *source);
