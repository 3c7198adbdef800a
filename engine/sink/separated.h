// SPDX-License-Identifier: MIT OR Apache-2.0
/** Separated values: CSV (RFC 4180, but lines end with \n alone) and TSV (tab, with escapes for
 * what would break a line).
 *
 * Absent values are empty fields; a column whose only field is empty is written as "" in CSV, so
 * that the line is no blank one. Pure, any thread. */
#pragma once

#include "base/text.h"
#include "sink/table.h"

void separated_header(const struct table_schema *schema, char separator, struct text *out);
void separated_row(const struct cell *cells, uint32_t count, char separator, struct text *out);
/** Header and rows. */
void separated_table(const struct table *table, char separator, struct text *out);
