// SPDX-License-Identifier: MIT OR Apache-2.0
/** Files that a script writes (files.create): below the directory that -O names, and nowhere else.
 *
 * A name is one component of letters, digits, dots, dashes and underscores that does not begin with
 * a dot, so that no script and no byte of a capture reaches another folder; links are not followed.
 * A file is emptied when it is first created in a run, and added to after that. FILES_OPEN are open
 * at a time, the rest is closed and opened again. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { FILES_OPEN = 64, FILES_CAP = 100000 }; /**< files of one instance */

struct files;

/** @param dir  NULL: there is none, and every create is refused */
struct files *files_new(const char *dir);
/** Closes all. NULL is allowed. */
void files_free(struct files *files);

/** The file of that name.
 * @param number  what the other functions take */
bool files_create(struct files *files, const char *name, uint32_t *number, struct error *err);
bool files_write(struct files *files, uint32_t number, const void *data, size_t len,
                 struct error *err);
bool files_close(struct files *files, uint32_t number, struct error *err);
