// SPDX-License-Identifier: MIT OR Apache-2.0
/** What was found in a capture file, as one JSON object on a line: for programs. */
#pragma once

#include "app/findings.h"
#include "base/text.h"

/** Ends the digests, so it may be called once, and not together with findings_text. */
void findings_json(struct findings *found, struct text *out);
