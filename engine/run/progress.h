// SPDX-License-Identifier: MIT OR Apache-2.0
/** The line that is redrawn on stderr while a long run goes on: share of the input, rate, time
 * left. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "capture/capture.h"

struct progress {
    bool shown;         /**< a line stands on the terminal */
    int64_t started_ns; /**< monotonic */
    int64_t drawn_ns;
    uint64_t size; /**< bytes of all inputs, 0 if unknown */
};

/** Monotonic time, ns. */
int64_t progress_now(void);
void progress_start(struct progress *progress, uint64_t size);
/** Redraws the line if it is older than half a second. Cheap: meant to be called once per batch. */
void progress_update(struct progress *progress, const struct capture *capture);
/** Wipes the line, so that results and messages start on a clean one. */
void progress_clear(struct progress *progress);
