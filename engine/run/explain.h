// SPDX-License-Identifier: MIT OR Apache-2.0
/** --explain: what a run would do, and because of what, without doing it. */
#pragma once

#include "base/text.h"
#include "run/setup.h"

/** @param setup  complete */
void explain(const struct setup *setup, struct text *out);
