// SPDX-License-Identifier: MIT OR Apache-2.0
#include "lua/state.h"

#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

#include <palua/abi.h>

#include "base/memory.h"
#include "lua/abi.h"
#include "lua/embedded.h"

/** Counts what Lua holds and refuses what would pass the cap; the memory itself stays LuaJIT's
 * own allocator's, which is faster than malloc here. */
static void *count_alloc(void *data, void *block, size_t old_size, size_t new_size)
{
    struct state *state = data;
    size_t rest = state->used - (block ? old_size : 0);
    if (state->held && new_size > old_size && (rest > state->cap || new_size > state->cap - rest)) {
        state->capped = true;
        return NULL;
    }
    void *out = state->inner(state->inner_data, block, old_size, new_size);
    if (out || !new_size)
        state->used = rest + new_size;
    return out;
}

/** Bytecode where it fits, else the text. */
static int load_chunk(lua_State *L, const struct embedded_module *module, bool precompiled)
{
    lua_pushfstring(L, "=%s", module->name);
    const char *name = lua_tostring(L, -1);
    if (precompiled)
        return luaL_loadbuffer(L, (const char *)module->code, module->code_size, name);
    return luaL_loadbuffer(L, (const char *)module->text, module->text_size, name);
}

static int load_embedded(lua_State *L)
{
    const struct embedded_module *module = lua_touserdata(L, lua_upvalueindex(1));
    if (load_chunk(L, module, lua_toboolean(L, lua_upvalueindex(2))) != 0)
        return lua_error(L);
    lua_pushstring(L, module->name);
    lua_call(L, 1, 1);
    return 1;
}

/** Whether this is the LuaJIT that the build made bytecode with. */
static bool fits(lua_State *L)
{
    lua_getglobal(L, "jit");
    lua_getfield(L, -1, "version");
    const char *version = lua_tostring(L, -1);
    bool same = version && strcmp(version, embedded_luajit) == 0;
    lua_pop(L, 2);
    return same;
}

static void preload(lua_State *L, const struct embedded_module *module, bool precompiled)
{
    lua_pushlightuserdata(L, (void *)module);
    lua_pushboolean(L, precompiled);
    lua_pushcclosure(L, load_embedded, 2);
    lua_setfield(L, -2, module->name);
}

static int load_host(lua_State *L)
{
    lua_newtable(L);
    lua_pushlstring(L, embedded_cdef, embedded_cdef_size);
    lua_setfield(L, -2, "cdef");
    lua_pushinteger(L, PALUA_ABI_VERSION);
    lua_setfield(L, -2, "abi_version");
    abi_push_layout(L);
    lua_setfield(L, -2, "layout");
    lua_pushlightuserdata(L, (void *)(uintptr_t)abi_functions);
    lua_setfield(L, -2, "functions");
    return 1;
}

/** Modules come from this library and from LuaJIT's installed directory; the environment and the
 * current directory have no say. */
static int open_state(lua_State *L)
{
    lua_pushboolean(L, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, "LUA_NOENV");
    luaL_openlibs(L);
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "path");
    luaL_gsub(L, lua_tostring(L, -1), "./?.lua;", "");
    lua_setfield(L, -3, "path");
    lua_getfield(L, -2, "preload");
    bool precompiled = fits(L);
    for (const struct embedded_module *module = embedded_modules; module->name; module++)
        preload(L, module, precompiled);
    lua_pushcfunction(L, load_host);
    lua_setfield(L, -2, "palua.host");
    lua_getglobal(L, "require");
    lua_pushliteral(L, "palua.abi");
    lua_call(L, 1, 0);
    return 0;
}

struct state *state_new(size_t memory_cap, struct error *err)
{
    struct state *state = memory_zalloc(1, sizeof *state);
    state->L = luaL_newstate();
    if (!state->L) {
        memory_free(state);
        error_set(err, ERROR_MEMORY, "", "there is no memory for a Lua state");
        return NULL;
    }
    state->cap = memory_cap;
    state->used = (size_t)lua_gc(state->L, LUA_GCCOUNT, 0) * 1024;
    state->inner = lua_getallocf(state->L, &state->inner_data);
    lua_setallocf(state->L, count_alloc, state);
    state->held = true;
    int status = lua_cpcall(state->L, open_state, NULL);
    state->held = false;
    if (status != 0) {
        error_set(err, ERROR_SCRIPT, "", "the Lua host does not start: %s",
                  lua_tostring(state->L, -1));
        state_free(state);
        return NULL;
    }
    return state;
}

int state_call(struct state *state, int arguments, int results, int handler)
{
    state->held = true;
    int status = lua_pcall(state->L, arguments, results, handler);
    state->held = false;
    return status;
}

void state_free(struct state *state)
{
    if (!state)
        return;
    // Only with its own allocator does lua_close give back LuaJIT's arena as a whole.
    lua_setallocf(state->L, state->inner, state->inner_data);
    lua_close(state->L);
    memory_free(state);
}

bool state_jit_works(struct state *state)
{
    static const char probe[] = "local x = 0 for i = 1, 1000 do x = x + i end\n"
                                "return require('jit.util').traceinfo(1) ~= nil";
    lua_State *L = state->L;
    bool works = luaL_loadbuffer(L, probe, sizeof probe - 1, "=probe") == 0 &&
                 state_call(state, 0, 1, 0) == 0 && lua_toboolean(L, -1);
    lua_settop(L, 0);
    return works;
}
