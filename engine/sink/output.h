// SPDX-License-Identifier: MIT OR Apache-2.0
/** Where results go: lines in capture order while the run lasts, tables at its end.
 *
 * Lines of one batch may be added in any order; output_flush writes them by (event key, script,
 * call). So what is written does not depend on who ran first. A closed pipe is remembered, not an
 * error. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <palua/event.h>

#include "base/error.h"
#include "base/text.h"
#include "sink/table.h"

enum output_format { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_CSV, OUTPUT_TSV };

struct output_options {
    enum output_format format;
    const char *path; /**< a file; a directory with a trailing '/' (CSV and TSV: one file each);
                         NULL for stdout */
    bool terminal;    /**< stdout is a terminal: ISO times, bars */
};

struct output;

struct output *output_new(const struct output_options *options, struct error *err);
/** Flushes and closes. @return false if something could not be written (a closed pipe is not that)
 */
bool output_free(struct output *output, struct error *err);

enum output_format output_format(const struct output *output);
bool output_terminal(const struct output *output);
/** stdout was closed by its reader (`| head`): the run may end quietly. */
bool output_closed(const struct output *output);

/** Where a line belongs within its batch. */
struct output_key {
    uint64_t event;  /**< event_key of the event being handled; UINT64_MAX after the last */
    uint32_t script; /**< load order */
    uint32_t call;   /**< running number within the handler's call */
};

/** One printed line, without its newline; copied. As table, CSV and TSV: the text as it is, escaped
 * for a terminal by the caller; as JSON: {"print": "…"}. */
void output_print(struct output *output, struct output_key key, const char *text, size_t len);

/** Declares a stream of rows (-T, log.stream): its header is written before its first row where the
 * format has one.
 * @param schema  columns; borrowed
 * @return its number */
uint32_t output_stream(struct output *output, const struct table_schema *schema);
/** One row of a stream; values are formatted at once, nothing is kept. */
void output_row(struct output *output, struct output_key key, uint32_t stream,
                const struct cell *cells);

/** Writes the lines added since the last flush, in key order: at the end of each batch. */
void output_flush(struct output *output);

/** Writes a result table. */
void output_table(struct output *output, const struct table *table);
