// SPDX-License-Identifier: MIT OR Apache-2.0
/** Zeek's log format (its ASCII writer with the defaults): header lines with names and types,
 * values separated by tabs, `-` for what is absent, `(empty)` for an empty text or set, items of
 * sets and vectors joined by commas.
 *
 * Times and intervals are seconds with 6 decimals, bools T and F. In texts a backslash is doubled,
 * and control bytes, what is not UTF-8 and, in an item, a comma become \xNN; so does the first byte
 * of a text that reads like an absent or empty value, or a `#` that begins a line. Addresses are in
 * their notation, bytes are hex. Pure, any thread.
 *
 * #open and #close have, in Zeek, the time of day at which the log was written. Here they are times
 * of the capture, so that a run over the same capture writes the same bytes. */
#pragma once

#include <stdint.h>

#include "base/text.h"
#include "sink/table.h"

/** The lines above the rows.
 * @param types    one per column; NULL: all are texts
 * @param open_ns  since 1970 */
void zeek_header(const struct table_schema *schema, const struct column_type *types,
                 int64_t open_ns, struct text *out);
void zeek_row(const struct cell *cells, uint32_t count, struct text *out);
/** The line below them. */
void zeek_close(int64_t close_ns, struct text *out);
/** All of these; the types are those of the schema, else those that the cells have. */
void zeek_table(const struct table *table, int64_t open_ns, int64_t close_ns, struct text *out);
