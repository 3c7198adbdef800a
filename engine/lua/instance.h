// SPDX-License-Identifier: MIT OR Apache-2.0
/** One script in one lua_State: what the files of this folder share. Private to engine/lua. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aggregate/aggregate.h"
#include "base/text.h"
#include "event/interest.h"
#include "event/registry.h"
#include "filter/program.h"
#include "lua/abi_script.h"
#include "lua/fault.h"
#include "lua/files.h"
#include "lua/key_table.h"
#include "lua/log.h"
#include "lua/merge.h"
#include "lua/script.h"
#include "lua/state.h"

struct handler {
    uint16_t kind;
    bool own;                          /**< order does not matter to it: a loop of its own */
    uint32_t line;                     /**< of its on() */
    struct aggregate_binding *binding; /**< an aggregation as handler: never enters Lua */
    struct filter_program *filter;     /**< which events it gets; NULL: all */
    struct event_queue *selected;      /**< with a filter: per part, those of a batch it gets */
    uint64_t events;                   /**< it got */
    uint64_t ns;                       /**< with --profile only */
};

enum instance_phase { INSTANCE_LOAD, INSTANCE_INIT, INSTANCE_RUN, INSTANCE_DONE };

struct palua_lua_instance {
    struct analysis base;
    struct state *state;
    char *name;
    struct script_options options;
    const struct registry *registry;
    struct interest *interest; /**< while loading */
    enum instance_phase phase;
    enum palua_partition partition;
    uint64_t calls; /**< of functions given to init and done */

    struct filter_program **filters; /**< in declaration order */
    size_t filter_count;
    size_t filter_cap;
    uint32_t selected_count; /**< parts that each handler's `selected` has room for */

    struct handler *handlers;
    uint32_t handler_count;
    struct palua_lua_slot slot;
    uint64_t next_serial;
    /** One run per handler with its own loop, in their order, then the chain's. */
    struct palua_lua_run *runs;
    uint32_t *run_handlers; /**< handler of each own run */
    const uint64_t **run_keys;
    uint32_t own_count;
    bool has_chain;
    struct merge merge; /**< the chain's entries */

    struct aggregate **aggregates; /**< in declaration order; owned by the Lua objects */
    bool *printed;
    size_t aggregate_count;

    struct key_table *keys;    /**< whose states handlers keep; NULL: not by address */
    const struct batch *batch; /**< while it is consumed */
    uint32_t next_tick;        /**< of that batch, as the chain comes to it */

    uint64_t *ended; /**< ids of flows whose state is to be dropped */
    size_t ended_count;
    size_t ended_cap;
    bool keeps_state;
    bool jit_works;

    struct output *output; /**< in finish */
    struct sheet *sheet;   /**< that lines go to now */
    struct text line;      /**< what print has put together so far */
    uint64_t print_serial;
    uint32_t print_call;

    struct files *files;   /**< that the script writes */
    struct logs *own_logs; /**< NULL: the run has some for all scripts */
    struct log_list logs;  /**< streams that the script declared */
    struct fault_list faults;
    uint64_t lap_ns;
};

/** Pushes the table of what the loader may call. */
void host_push(struct palua_lua_instance *instance, const char *source, size_t len);
/** Writes the table of aggregation `index` (from 0). */
void host_print_aggregate(struct palua_lua_instance *instance, size_t index);
/** The time that --profile measures with. */
uint64_t host_clock_ns(void);

/** Runs the script's top level, checks its handlers, binds its aggregations. */
bool load_script(struct palua_lua_instance *instance, struct error *err);
/** Has the loops generated. */
bool load_loops(struct palua_lua_instance *instance, struct error *err);
/** Pushes a function of the loader. */
void load_push(struct palua_lua_instance *instance, const char *function);

/** The place of what is printed or logged now: the current event's key, then the handler, then how
 * many lines it printed before. Lines printed outside a handler come first (init) or last (done).
 */
struct output_key print_key(struct palua_lua_instance *instance);

/** One batch through the aggregations and the loops. */
void consume_batch(struct palua_lua_instance *instance, const struct batch *batch,
                   struct part_range parts);
/** Frees what handlers with filters were given. */
void consume_fini(struct palua_lua_instance *instance);
/** Calls each function given to init or done; reports those that fail. */
void consume_calls(struct palua_lua_instance *instance, const char *function, const char *what);
