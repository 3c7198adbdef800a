// SPDX-License-Identifier: MIT OR Apache-2.0
/** A Lua script as an `analysis`: one lua_State per instance, one protected call per batch (DESIGN
 * section 4).
 *
 * C never calls Lua per event. For each batch the host lays out, in memory shared through the Lua
 * ABI, one array of events per handler (or one in order, for handlers that depend on it) and calls
 * the generated loops once; after an error it reports script, line, event and packet, and re-enters
 * at the next event. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <palua/plugin.h>

#include "base/error.h"
#include "decode/decode.h"
#include "event/interest.h"
#include "event/registry.h"
#include "lua/fault.h"
#include "plugin/analysis.h"
#include "sink/logs.h"

struct script_options {
    const struct decoder *decoder; /**< knows protocols by name, for filters */
    const char *path;              /**< the file */
    const char *name;              /**< as shown in messages */
    uint32_t order;                /**< load order */
    uint32_t index; /**< of this instance among those of the script; what init prints comes from the
                       first one only */
    struct fault_told *told; /**< shared by the script's instances; NULL: there is one */
    size_t memory_cap;       /**< bytes of Lua heap per instance */
    bool trust;              /**< no sandbox */
    bool profile;
    bool strict;                 /**< stop at the first error */
    uint32_t state_cap;          /**< keys of a partition by address that have states */
    uint64_t aggregate_cap;      /**< keys per aggregation */
    const char *const *arg_keys; /**< -A KEY=VALUE that name no other script or plugin */
    const char *const *arg_values;
    uint32_t arg_count;
    const char *output_dir; /**< -O; NULL: none */
    struct logs *logs;      /**< where streams are declared; NULL: no other script sees them */
    bool *arg_used;         /**< arg_count flags: set for each that the script declares */
};

/** Loads the script into a new instance: its top level runs, handlers are checked, what they read
 * is added to `interest`. */
struct analysis *script_new(const struct script_options *options, const struct registry *registry,
                            struct interest *interest, struct error *err);
/** After the interest of everything is known and before the first batch: generates and loads the
 * loops. */
bool script_start(struct analysis *script, const struct interest *interest, struct error *err);

/** Which events must meet in one instance: as the script chose, else as its handlers' bytecode
 * says.
 */
enum palua_partition script_partition(const struct analysis *script);

/** For --explain: which partition and why, and what becomes of each handler, as lines of text. */
void script_explain(struct analysis *script, struct text *out);

/** For --describe: the script's first comment and its options, as text. */
bool script_describe(const struct script_options *options, const struct registry *registry,
                     struct text *out, struct error *err);
/** For --profile: one line per handler, and trace aborts; empty unless options.profile. */
void script_profile(struct analysis *script, struct text *out);
