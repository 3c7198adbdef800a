// SPDX-License-Identifier: MIT OR Apache-2.0
/** Where results go: lines in capture order while the run lasts, tables at its end.
 *
 * Lines of one batch are added to sheets (sink/sheet.h), by several threads and in any order;
 * output_write writes them by (event key, script, call; then in the order of adding). So what is
 * written does not depend on who ran first. A closed pipe is remembered, not an error. Adding to a
 * sheet only reads the output; everything else is done by one thread at a time.
 *
 * What each format makes of
 *
 * - a printed line: json {"print": "…"}, all others the line as it is;
 * - a row of a stream (-T, log.stream): json an object with the stream's name as "table"; table the
 *   values separated by tabs and no header, as `tshark -T fields` does; csv and tsv a header, then
 *   separated values; zeek header lines, then values (sink/zeek.h);
 * - a result table: table a title, aligned columns, a footer, and a blank line before the next; all
 *   others as they do streams.
 *
 * Several streams and tables on one CSV or TSV output are told apart by a blank line and `# name`
 * before every one but the first; in Zeek's format each has its own header lines. With a directory
 * each table and stream has a file of its own, NAME.csv, and printed lines go to stdout. In Zeek's
 * format a path is a directory always, and a stream without rows a file of header lines. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <palua/event.h>

#include "base/error.h"
#include "batch/batch.h"
#include "sink/sheet.h"
#include "sink/table.h"

enum output_format { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_CSV, OUTPUT_TSV, OUTPUT_ZEEK };

struct output_options {
    enum output_format format;
    const char *path; /**< a file (overwritten); a directory, existing, with a trailing '/' or for
                         OUTPUT_ZEEK (then created): one file per table; NULL for stdout */
    bool terminal;    /**< stdout is a terminal: ISO times, bars */
};

struct output;

/** Opens what can be opened before the run. @return NULL on failure, ERROR_UNWRITABLE */
struct output *output_new(const struct output_options *options, struct error *err);
/** Closes. @return false if something could not be written (a closed pipe is not that)
 */
bool output_free(struct output *output, struct error *err);

enum output_format output_format(const struct output *output);
/** Whether what is written reaches a terminal. */
bool output_terminal(const struct output *output);
/** The output's reader is gone (`| head`): the run may end quietly. */
bool output_closed(const struct output *output);
/** Writing failed (a full disk): the run may end, output_free says why. */
bool output_failed(const struct output *output);

/** One printed line, without its newline; copied. As table, CSV and TSV: the text as it is, escaped
 * for a terminal by the caller; as JSON: {"print": "…"}. */
void output_print(struct sheet *sheet, struct output_key key, const char *text, size_t len);

/** Declares a stream of rows (-T, log.stream): its header is written before its first row where the
 * format has one. Before the first packet.
 * @param schema  columns, and their types for OUTPUT_ZEEK; borrowed
 * @return its number */
uint32_t output_stream(struct output *output, const struct table_schema *schema);
/** One row of a stream; values are formatted at once, nothing is kept.
 * @param cells  one per column */
void output_row(struct sheet *sheet, struct output_key key, uint32_t number,
                const struct cell *cells);

/** Writes the lines of a batch's sheets in order, and clears the sheets. Batches come in order.
 * @param batch  that the event keys are of; NULL: they compare as integers */
void output_write(struct output *output, const struct batch *batch, struct sheet *sheets,
                  size_t count);

/** From here on all rows and tables are of one file of several, and have its name as the column
 * `file` in front. Streams of the same name and columns are one over all files; so are tables,
 * which are written by output_gathered. Between runs only.
 * @param file  borrowed */
void output_file(struct output *output, const char *file);
/** Writes the tables of all files. */
void output_gathered(struct output *output);

/** What stands below the tables that were written, if the format has no place for it: a line
 * "palua: TABLE: 12 more rows" each; "" if there is none. Borrowed. */
const char *output_notes(const struct output *output);

/** Writes a result table at once. */
void output_table(struct output *output, const struct table *table);
