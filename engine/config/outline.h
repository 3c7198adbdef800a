// SPDX-License-Identifier: MIT OR Apache-2.0
/** Where a key stands in the text of a Lua table, for messages: LuaJIT forgets lines when a table
 * is made.
 *
 * Knows as much of Lua as such a file needs: nested tables with keys that are names or quoted
 * strings, comments, strings. What is computed it does not find. Pure, any thread. */
#pragma once

#include <stddef.h>

/** The line, from 1, of the key that `path` leads to from the outermost table in the text: the last
 * one, as that is the one that counts.
 * @param text   ends with a NUL
 * @param path   names, from outer to inner
 * @param depth  how many, at least 1
 * @return 0 if it is not found */
unsigned outline_line(const char *text, const char *const *path, size_t depth);
