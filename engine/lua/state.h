// SPDX-License-Identifier: MIT OR Apache-2.0
/** One lua_State: a LuaJIT heap with a budget, palua's own modules on board, the ABI checked.
 *
 * Everything here is trusted Lua; the sandbox is what the loader builds on top. A state is used by
 * one thread at a time and must be freed before the process exits. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#include "base/error.h"

struct state {
    lua_State *L;
    size_t used; /**< bytes of Lua heap */
    size_t cap;  /**< at which allocation fails and Lua raises "not enough memory" */
    bool held;   /**< to its budget: inside state_call only */
    bool capped; /**< an allocation was refused since this was last reset */
    lua_Alloc inner;
    void *inner_data;
};

/** Opens a state with LuaJIT's libraries, palua's modules in package.preload, and `palua.host` with
 * the cdef and the ABI's layout.
 * @param memory_cap  bytes; at least what the modules themselves need (about 1 MiB)
 * @return NULL on failure */
struct state *state_new(size_t memory_cap, struct error *err);
void state_free(struct state *state);

/** lua_pcall, with the budget in force. Only here: outside a protected call a refused allocation
 * would end the process, and what the host itself pushes there is small. */
int state_call(struct state *state, int arguments, int results, int handler);

/** Whether the JIT compiler can get executable memory here: compiles a loop and looks for its
 * trace. */
bool state_jit_works(struct state *state);
