// SPDX-License-Identifier: MIT OR Apache-2.0
/** The line on stderr at the end of a run: what was read, how fast, and everything dropped, shed or
 * malformed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "capture/capture.h"
#include "capture/filter.h"
#include "defrag/table.h"
#include "run/worker.h"

struct summary {
    const char *file; /**< that the run was about; NULL: all */
    struct capture_totals capture;
    struct filter_counters filter;
    struct worker_totals worker;
    struct defrag_counters defrag;
    uint64_t anomalies;         /**< malformed headers and messages */
    uint64_t clock_jumps;       /**< timestamps held back as wrong */
    uint64_t searches_given_up; /**< of `matches` in filters, at a limit */
    uint64_t states_shed;       /**< of partition keys, at lua.state_cap */
    uint64_t errors;            /**< script and plugin errors */
    uint64_t damaged;           /**< inputs damaged, cut short or unreadable */
    int64_t elapsed_ns;
    const char *counters; /**< of plugins: ", NAME.COUNTER n" each; NULL if there are none */
    bool partial;         /**< stopped before the end of the input */
};

/** Appends the line, with its newline. */
void summary_text(const struct summary *summary, struct text *out);
