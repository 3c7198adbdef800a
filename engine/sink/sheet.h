// SPDX-License-Identifier: MIT OR Apache-2.0
/** The lines that one worker or one serial analysis printed while it handled one batch, each with
 * its place in the order of the run. Several threads so print at once, each on a sheet of its own;
 * output_write puts the sheets of a batch together. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/** Where a line belongs within its batch. */
struct output_key {
    uint64_t event;  /**< key of the event being handled; UINT64_MAX after the last */
    uint32_t script; /**< load order */
    uint32_t call;   /**< running number within the handler's call */
};

enum { SHEET_NO_STREAM = UINT32_MAX };

struct sheet_line {
    struct output_key key;
    uint32_t stream; /**< whose row it is, or SHEET_NO_STREAM */
    size_t end;      /**< in text, newline included */
};

struct output;
struct cell;

struct sheet {
    const struct output *output; /**< that it is written to */
    struct text text;
    struct sheet_line *lines;
    size_t line_count;
    size_t line_cap;
    struct cell *cells; /**< room for a row to be changed in */
    size_t cell_cap;
};

void sheet_init(struct sheet *sheet, const struct output *output);
void sheet_fini(struct sheet *sheet);
/** Forgets the lines, keeps the memory. */
void sheet_clear(struct sheet *sheet);
/** Forgets the lines from number `count` on, whose text begins at `len`. */
void sheet_cut(struct sheet *sheet, size_t count, size_t len);
/** Says that a line was added to sheet->text, up to its end. */
void sheet_line_added(struct sheet *sheet, struct output_key key, uint32_t stream);
