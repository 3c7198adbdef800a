// SPDX-License-Identifier: MIT OR Apache-2.0
/** The streams of one script instance, and its rows: typed values from Lua (lua/abi_log.h) become
 * cells, which the output formats. No Lua string is made of a view on the way. One thread at a
 * time. */
#pragma once

#include "lua/abi_log.h"
#include "sink/logs.h"

/** In the order of declaration. */
struct log_list {
    struct palua_log **items;
    size_t count;
    size_t cap;
};

void log_list_fini(struct log_list *list);

/** Declares a stream, once per list. @return what Lua writes rows to; NULL with a sentence */
struct palua_log *log_list_declare(struct log_list *list, struct logs *logs, const char *name,
                                   const char *columns, const struct log_owner *owner,
                                   struct error *err);
/** Before the first row. */
void log_list_open(const struct log_list *list, struct output *output);

const struct table_schema *log_schema(const struct palua_log *log);
/** What a column of a type takes, as a message says it. */
const char *log_expected(struct column_type type);
