// SPDX-License-Identifier: MIT OR Apache-2.0
/** From what was named on the command line to a list of files: a directory means the files in it.
 *
 * Those are found in its sub-directories too, in natural order (cap2 before cap10), one directory's
 * entries among each other. Left out are names that begin with a dot, symbolic links to
 * directories, and what is no regular file: a named pipe in there would be waited for. Whether a
 * file is a capture is not looked at here. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FILES_DEPTH_CAP = 64 }; /**< directories in each other; links are not followed */

enum file_kind {
    FILE_NAMED,  /**< as the user wrote it */
    FILE_FOLDER, /**< a directory that the user named; the files found in it follow */
    FILE_FOUND,  /**< in a directory */
    FILE_CLOSED  /**< a directory in a directory, which cannot be listed or lies too deep */
};

struct file {
    char *path;
    enum file_kind kind;
};

struct files {
    struct file *items;
    size_t count;
    size_t cap;
};

/** @param paths  as named, "-" for standard input; borrowed during the call */
void files_init(struct files *files, const char *const *paths, size_t count);
void files_fini(struct files *files);

/** Bytes of all that would be read.
 * @param files_only  whether no input is a pipe, of which nobody knows how much comes */
uint64_t files_size(const char *const *paths, size_t count, bool *files_only);

/** Natural order: digits compare as the numbers they spell, all else byte by byte; as strcmp. */
int files_compare(const char *a, const char *b);
