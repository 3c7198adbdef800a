// SPDX-License-Identifier: MIT OR Apache-2.0
/** `--each`: a run per file, as if palua were called for each of them, into one output.
 *
 * Flows, scripts and numbers begin anew with every file; rows of streams and result tables have the
 * file's name as a column in front (sink/gathered.h). A directory means the captures in it. */
#pragma once

#include "run/run.h"

/** @return the process exit status: of those of the runs the first of 2, 4, 1, 3 */
int run_each(const struct run_options *options);
