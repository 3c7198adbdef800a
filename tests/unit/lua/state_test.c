// SPDX-License-Identifier: MIT OR Apache-2.0
#include "lua/state.h"

#include <palua/abi.h>

#include <criterion/criterion.h>
#include <lauxlib.h>

static int run(struct state *state, const char *source)
{
    lua_settop(state->L, 0);
    int status = luaL_loadstring(state->L, source);
    return status ? status : state_call(state, 0, 1, 0);
}

Test(state, opens_with_the_abi_checked_and_closes)
{
    struct error err = {0};
    struct state *state = state_new((size_t)64 << 20, &err);
    cr_assert_not_null(state, "%s", err.text);
    cr_expect_eq(run(state, "return require('palua.abi').version"), 0);
    cr_expect_eq(lua_tointeger(state->L, -1), PALUA_ABI_VERSION);
    cr_expect(state_jit_works(state));
    state_free(state);
    state_free(NULL);
}

Test(state, refuses_what_would_pass_its_budget_and_goes_on)
{
    struct error err = {0};
    struct state *state = state_new((size_t)8 << 20, &err);
    cr_assert_not_null(state, "%s", err.text);
    cr_expect_eq(run(state, "local t = {} for i = 1, 1e9 do t[i] = i end"), LUA_ERRMEM);
    cr_expect(state->capped);
    cr_expect_leq(state->used, state->cap);
    cr_expect_eq(run(state, "return ('x'):rep(2 ^ 30)"), LUA_ERRMEM);
    lua_settop(state->L, 0);
    lua_gc(state->L, LUA_GCCOLLECT, 0);
    cr_expect_lt(state->used, (size_t)1 << 20);
    cr_expect_eq(run(state, "return 1 + 1"), 0);
    state_free(state);
}

Test(state, lets_the_host_push_when_the_budget_is_used_up)
{
    static const char fill[] =
        "local t, n, s = {}, 0, 2 ^ 20 for i = 1, 9999 do t[i] = 0 end kept = t\n"
        "local function add() t[n + 1] = ('x'):rep(s) .. n n = n + 1 end\n"
        "while s >= 1 do while n < 9999 and pcall(add) do end s = s / 2 end";
    struct error err = {0};
    struct state *state = state_new((size_t)8 << 20, &err);
    cr_assert_not_null(state, "%s", err.text);
    run(state, fill);
    cr_expect(state->capped);
    for (int i = 0; i < 5000; i++) {
        lua_newtable(state->L);
        lua_settop(state->L, 0);
    }
    lua_newuserdata(state->L, 65536);
    lua_settop(state->L, 0);
    state_free(state);
}

Test(state, does_not_start_below_what_it_needs_itself)
{
    struct error err = {0};
    cr_expect_null(state_new(40000, &err));
    cr_expect_neq(err.text[0], '\0');
}

Test(state, takes_no_module_from_the_current_directory)
{
    struct error err = {0};
    struct state *state = state_new((size_t)64 << 20, &err);
    cr_assert_not_null(state, "%s", err.text);
    cr_expect_eq(run(state, "return package.path:find('./?.lua', 1, true)"), 0);
    cr_expect(lua_isnil(state->L, -1));
    state_free(state);
}
