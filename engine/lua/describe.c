// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "lua/instance.h"

/** For --describe nothing is subscribed to in earnest: the interest is thrown away. */
bool script_describe(const struct script_options *options, const struct registry *registry,
                     struct text *out, struct error *err)
{
    struct interest *interest = memory_zalloc(1, sizeof *interest);
    struct script_options quiet = *options;
    if (!quiet.memory_cap)
        quiet.memory_cap = (size_t)256 << 20;
    if (!quiet.aggregate_cap)
        quiet.aggregate_cap = 1024;
    struct analysis *script = script_new(&quiet, registry, interest, err);
    bool ok = script != NULL;
    if (script) {
        struct palua_lua_instance *instance = (struct palua_lua_instance *)script;
        lua_State *L = instance->state->L;
        load_push(instance, "describe");
        ok = state_call(instance->state, 0, 1, 0) == 0;
        const char *told = lua_tostring(L, -1);
        if (ok)
            text_add_str(out, told);
        else
            error_set(err, ERROR_SCRIPT, options->name, "%s",
                      told ? told : "it cannot be described");
        lua_settop(L, 0);
        script->ops->free(script);
    }
    memory_free(interest);
    return ok;
}

void script_explain(struct analysis *script, struct text *out)
{
    struct palua_lua_instance *instance = (struct palua_lua_instance *)script;
    lua_State *L = instance->state->L;
    lua_settop(L, 0);
    load_push(instance, "explain");
    if (state_call(instance->state, 0, 1, 0) == 0)
        text_add_str(out, lua_tostring(L, -1));
    lua_settop(L, 0);
}
