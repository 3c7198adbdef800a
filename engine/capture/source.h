// SPDX-License-Identifier: MIT OR Apache-2.0
/** Where a capture's bytes come from: a file, standard input, or what unpacks another source
 * (capture/unpack.h).
 *
 * A source hands out bytes in order. Sources stack: each that reads another owns it. One thread at
 * a time, though not always the same one: a source may be read ahead of its user. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct source;

/** What a kind of source does. */
struct source_ops {
    /** As source_read. */
    bool (*read)(struct source *source, uint8_t *data, size_t cap, size_t *len, struct error *err);
    /** Frees the source, and closes what it reads from. */
    void (*close)(struct source *source);
    /** As source_park. */
    bool (*park)(struct source *source);
};

/** What every kind of source starts with. */
struct source {
    const struct source_ops *ops;
    const char *name;    /**< for messages: the path, or "stdin" */
    uint64_t size;       /**< bytes of the file, 0 if unknown */
    uint64_t read_bytes; /**< of the file; of a compressed one these are the compressed bytes */
    bool regular; /**< a read that comes up short means the end, not that more is on its way */
};

/** Opens a file, or standard input for "-". A directory is refused by a line that says so. */
struct source *source_open(const char *path, struct error *err);
/** Closing NULL does nothing. */
void source_close(struct source *source);

/** Reads up to `cap` bytes: of a pipe as many as there are now, of a file all `cap` if it has them;
 * at least one unless the end was reached. A read that a signal interrupts goes
 * on, but once the run is to end (base/interrupt.h) that is the end of the input.
 * @param len  bytes read; 0 at the end
 * @return false on an I/O error, and where compressed bytes are damaged: what came before was read
 * by the calls before */
bool source_read(struct source *source, uint8_t *data, size_t cap, size_t *len, struct error *err);

/** Gives up the file's descriptor until the next read, which opens it again where it was: so that
 * many inputs may be under way at once.
 * @return false if the source has none to give up: a pipe cannot be opened twice */
bool source_park(struct source *source);

/** NAME@0xOFFSET; of a name too long its end, as the offset must not be cut off. */
void source_where(const char *name, uint64_t offset, char *out, size_t size);
