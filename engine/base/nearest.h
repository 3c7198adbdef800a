// SPDX-License-Identifier: MIT OR Apache-2.0
/** "Did you mean": the known name nearest to a mistyped one. Pure, any thread. */
#pragma once

#include <stddef.h>

/** The candidate with the smallest edit distance (insert, delete, replace, swap of neighbours),
 * case ignored, if that is at most a third of the longer name (at least 1); the first of equals;
 * NULL if none is near or there is none. Borrowed from `names`. */
const char *nearest(const char *name, const char *const *names, size_t count);
