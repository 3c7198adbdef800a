// SPDX-License-Identifier: MIT OR Apache-2.0
/** "Did you mean": the known name nearest to a mistyped one. Pure, any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/** The candidate with the smallest edit distance (insert, delete, replace, swap of neighbours),
 * case ignored, if that is at most a third of the longer name (at least 1); the first of equals;
 * NULL if none is near or there is none. Borrowed from `names`. */
const char *nearest(const char *name, const char *const *names, size_t count);

/** Which of the names is meant. @return false, with an error that lists them, if none of them is */
bool nearest_choose(const char *name, const char *const *names, size_t count, size_t *out,
                    struct error *err);
