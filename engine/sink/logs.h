// SPDX-License-Identifier: MIT OR Apache-2.0
/** The streams that scripts declare with log.stream, by name: scripts that declare the same name
 * with the same columns write to one stream.
 *
 * Filled while scripts are loaded, opened before the first packet, then only read. */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "sink/output.h"

enum {
    LOGS_CAP = 256,      /**< streams of a run */
    LOG_COLUMN_CAP = 64, /**< columns of a stream */
    LOG_NAME_CAP = 64    /**< bytes of a stream's or a column's name */
};

/** Who declares a stream: for messages. */
struct log_owner {
    const char *script;
    int line;
};

struct log_stream {
    struct table_schema schema; /**< owned, with types */
    char *script;               /**< that was the first to declare it */
    int line;
    bool opened;
    uint32_t number; /**< in the output, once opened */
};

struct logs;

struct logs *logs_new(void);
/** The output must not use the streams any more. NULL is fine. */
void logs_free(struct logs *logs);

/** Finds or adds a stream.
 * @param name     letters, digits, '.', '-' and '_': it names a file
 * @param columns  NAME:TYPE, separated by blanks (see sink/column_type.h)
 * @return borrowed; NULL with a sentence if the declaration is wrong, or not the same as an earlier
 * one */
struct log_stream *logs_declare(struct logs *logs, const char *name, const char *columns,
                                const struct log_owner *owner, struct error *err);

/** Declares a stream to the output, the first time. */
void log_stream_open(struct log_stream *stream, struct output *output);
