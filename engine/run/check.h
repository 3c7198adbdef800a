// SPDX-License-Identifier: MIT OR Apache-2.0
/** --check: proves for given scripts and captures that results do not depend on how they are
 * computed.
 *
 * Runs them several times, each in a process of its own: with one thread and several, with usual
 * and odd batch sizes, and with everything that a batch held overwritten as soon as it is done
 * with. The results of the first run go to stdout, what differs to stderr. */
#pragma once

#include "run/run.h"

/** @param how  run or run_each
 * @return the exit status of the first run; 1 if another differs from it */
int run_check(const struct run_options *options, int (*how)(const struct run_options *options));
