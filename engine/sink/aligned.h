// SPDX-License-Identifier: MIT OR Apache-2.0
/** Tables for people: aligned columns, a title, a footer, bars for histograms.
 *
 * Everything that came from packets or scripts is escaped, so control bytes never reach a terminal.
 * Pure, any thread. */
#pragma once

#include <stdbool.h>

#include "base/text.h"
#include "sink/table.h"

/** Adds the whole table.
 * @param terminal  ISO times, and bars beside the buckets of histograms */
void aligned_table(const struct table *table, bool terminal, struct text *out);
