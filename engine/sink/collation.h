// SPDX-License-Identifier: MIT OR Apache-2.0
/** The lines of several sheets in the order of the run. One thread at a time. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "batch/batch.h"
#include "sink/sheet.h"

/** One line, its newline included. */
struct collated {
    struct output_key key;
    uint32_t stream;
    const char *text; /**< in its sheet */
    size_t len;
};

struct collation {
    struct collated *lines;
    size_t count;
    size_t cap;
};

/** Replaces the lines by those of `sheets`, in order; they live as long as the sheets stay as they
 * are.
 * @param batch  that the event keys are of; NULL: they compare as integers */
void collation_fill(struct collation *collation, const struct batch *batch,
                    const struct sheet *sheets, size_t count);
void collation_fini(struct collation *collation);
