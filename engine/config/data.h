// SPDX-License-Identifier: MIT OR Apache-2.0
/** Where palua's own files are: bundled scripts and the configuration's example.
 *
 * Found relative to the executable (../share/palua), which holds for an installed tree and for a
 * build tree alike. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

/** Appends the path of share/palua; nothing if the executable's place cannot be found. */
void data_folder(struct text *out);

/** Resolves what -s was given: a path to a file, else the bundled script of that name, with or
 * without ".lua". Unknown: an error that names the nearest bundled script. */
bool data_script(const char *name, struct text *out, struct error *err);
