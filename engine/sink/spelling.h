// SPDX-License-Identifier: MIT OR Apache-2.0
/** How cells are written: the spellings that the formats share. Pure, any thread. */
#pragma once

#include <stdbool.h>

#include "base/text.h"
#include "sink/table.h"

/** How a value is written for people and for machines. */
enum spelling_style {
    SPELLING_MACHINE, /**< times in seconds with 9 decimals, estimates as plain numbers */
    SPELLING_HUMAN,   /**< estimates marked, durations with a unit */
    SPELLING_TERMINAL /**< the same, and ISO times */
};

/** Adds a cell's text. Strings as they are (the format escapes), bytes as hex, nil: nothing;
 * a histogram as "low..high:count", separated by spaces; a list's items joined by commas. */
void spelling_cell(const struct cell *cell, enum spelling_style style, struct text *out);
/** A bound of a histogram's bucket. */
void spelling_bound(double bound, enum cell_type unit, enum spelling_style style, struct text *out);
/** A number of units of 1e-9, without zeros at the end. */
void spelling_fixed(__int128 value, struct text *out);

/** Whether people expect it flush right. */
bool spelling_is_number(const struct cell *cell);
