// SPDX-License-Identifier: MIT OR Apache-2.0
/** What the stages of a run do with a batch, from reading to writing; run/pipeline.h says on which
 * threads.
 *
 *     read ─▶ decode ─▶ sequence ─▶ work (one lane per worker) ─▶ analyse (one per instance that
 *     needs what all workers made) ─▶ write
 *
 * `read` frames packets; `decode` finds their layers; `sequence` is what must see batches in order
 * and cannot be shared out: clock, defragmentation, the lists of who gets which packet; `work`
 * tracks flows, dissects, and runs the analyses that have an instance per worker and need its flows
 * only; `analyse` runs those that have one instance, or one per range of addresses; `write` puts in
 * order what they printed. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "run/clock.h"
#include "run/progress.h"
#include "run/setup.h"
#include "run/warden.h"

struct stages;

/** What has happened so far. Read it between calls of stages_…, not during one. */
struct stages_report {
    uint64_t anomalies; /**< found by decode and defragmentation */
    uint64_t damaged;   /**< inputs */
    uint64_t clock_jumps;
    bool usage; /**< things that decide the exit status (API section 1) */
    bool unreadable;
    bool stopped; /**< before the end of the input */
};

/** @param setup, progress, warden  borrowed; the setup is complete */
struct stages *stages_new(struct setup *setup, struct progress *progress, struct warden *warden);
void stages_free(struct stages *stages);

/** The input, up to its end or until somebody stops the run. */
void stages_input(struct stages *stages);
/** The end of the run: the datagrams that are still unfinished, then the flows that are still open,
 * by first packet; then `capture.end`. */
void stages_end(struct stages *stages);

/** For --profile: what the stages took. */
void stages_profile(const struct stages *stages, struct text *out);

/** From the warden's thread: nothing is begun any more. */
void stages_abandon(struct stages *stages);
/** Lanes that are still at work after that. */
uint32_t stages_busy(struct stages *stages);

void stages_report(const struct stages *stages, struct stages_report *out);
