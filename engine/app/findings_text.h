// SPDX-License-Identifier: MIT OR Apache-2.0
/** What was found in a capture file, as lines of text: for people. */
#pragma once

#include "app/findings.h"
#include "base/text.h"

/** Ends the digests, so it may be called once, and not together with findings_json. */
void findings_text(struct findings *found, struct text *out);
