/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** What palua's own Lua calls to write the rows of a stream that log.stream declared. Part of the
 * cdef, so the rules of palua/abi.h hold; nothing here is reachable from a script. */
#ifndef PALUA_ABI_LOG_H
#define PALUA_ABI_LOG_H

#ifndef PALUA_CDEF
#include "lua/abi_aggregate.h"
#endif

enum { PALUA_LOG_ITEM_CAP = 65536 }; /**< items of one set or vector */
enum { PALUA_LOG_NO_ROW = 65535 };   /**< what write returns where nothing can be logged */

struct palua_log;
struct palua_lua_instance;

/** Where write reads the row: one argument per column, types as for aggregations. A column of
 * several values takes a text with commas, or what items and list put there. */
PALUA_LUA_EXPORT struct palua_argument *palua_log_arguments(struct palua_log *log);
/** Forgets what a row that was not written left behind. Before items and list. */
PALUA_LUA_EXPORT void palua_log_begin(struct palua_log *log);
/** Room for the `count` items of a column (from 0), to be filled; good until write. */
PALUA_LUA_EXPORT struct palua_argument *palua_log_items(struct palua_log *log, uint32_t column,
                                                        uint32_t count);
/** The items of a list field (a struct palua_field) of a record; those of several fields each as a
 * text. */
PALUA_LUA_EXPORT void palua_log_list(struct palua_log *log, uint32_t column, const void *field,
                                     const void *record);
/** Writes the row with the key of the current event. @return 0, the number of the column (from 1)
 * whose value is of a wrong type, or PALUA_LOG_NO_ROW */
PALUA_LUA_EXPORT uint32_t palua_log_write(struct palua_lua_instance *instance,
                                          struct palua_log *log);
/** What is wrong with that value: "got …, expected …". Borrowed until the next write. */
PALUA_LUA_EXPORT const char *palua_log_problem(const struct palua_log *log);

#endif
