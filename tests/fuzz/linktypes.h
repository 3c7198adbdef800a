// SPDX-License-Identifier: MIT OR Apache-2.0
/** The link types that a fuzz input's first byte picks from, modulo their number. decode_seeds.py
 * names their places: append only. */
#pragma once

#include <stdint.h>

static const uint16_t linktypes[] = {1,     0, 12, 14,  101, 108, 113, 228, 229, 276, 147,
                                     65535, 9, 50, 51,  100, 104, 166, 105, 119, 127, 163,
                                     192,   6, 10, 242, 107, 117, 149, 239, 252, 253, 258};

enum { LINKTYPE_COUNT = sizeof linktypes / sizeof *linktypes };
