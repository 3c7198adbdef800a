// SPDX-License-Identifier: MIT OR Apache-2.0
/** `palua info`: what is in a capture, of each file on its own.
 *
 * Format, compression, byte order, times, interfaces, link types, damage, what pcapng says beside
 * the packets, and two hashes that do not depend on the container: of all captured bytes, and of
 * one line of metadata per packet. As text for people, or as one JSON object per file. */
#pragma once

#include <stdbool.h>

#include "base/list.h"

struct info_options {
    struct string_list inputs; /**< files, directories, "-" */
    bool json;
    bool strict; /**< look at nothing behind the first damage of a file */
};

/** Prints to stdout as it goes. @return the process exit status: 4, 3 or 0, whichever applies
 * first; what cannot be read has been told on stderr */
int info(const struct info_options *options);
