// SPDX-License-Identifier: MIT OR Apache-2.0
/** The layout that C has for what it shares with Lua, as data: compared at load with LuaJIT's. */
#pragma once

#include <lua.h>

/** Pushes an array of { record, size, field, offset }, one per shared field. */
void abi_push_layout(lua_State *L);

/** Keeps the functions that only Lua calls from being left out by a static link. */
extern const void *const abi_functions[];
