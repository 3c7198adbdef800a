// SPDX-License-Identifier: MIT OR Apache-2.0
/** The counters of plugins, summed over their instances. One thread at a time, after the run. */
#pragma once

#include "base/text.h"
#include "run/setup.h"

/** Appends ", PLUGIN.COUNTER n" for each that is not zero. */
void counters_text(const struct setup *setup, struct text *out);
