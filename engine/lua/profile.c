// SPDX-License-Identifier: MIT OR Apache-2.0
#include <string.h>

#include "lua/instance.h"

/** Calls one of the loader's functions for a text about handler `number` (or the whole script); "?"
 * if it fails. */
static void add_told(struct palua_lua_instance *instance, const char *function, uint32_t number,
                     struct text *out)
{
    lua_State *L = instance->state->L;
    load_push(instance, function);
    lua_pushinteger(L, (lua_Integer)number);
    bool ok = state_call(instance->state, 1, 1, 0) == 0 && lua_isstring(L, -1);
    text_add_str(out, ok ? lua_tostring(L, -1) : "?");
    lua_settop(L, 0);
}

static void add_handler(struct palua_lua_instance *instance, uint32_t number, struct text *out)
{
    const struct handler *handler = &instance->handlers[number];
    text_add_format(out, "%s:%u  %s  %llu events%s  ", instance->name, handler->line,
                    registry_schema(instance->registry, handler->kind)->name,
                    (unsigned long long)handler->events,
                    handler->filter ? " that its filter let through" : "");
    if (handler->events)
        text_add_format(out, "%.1f ns/event  ", (double)handler->ns / (double)handler->events);
    if (handler->binding)
        text_add_str(out, "in C: an aggregation takes the event's fields itself");
    else if (!handler->events)
        text_add_str(out,
                     handler->filter ? "its filter let no event through" : "no such event came");
    else
        add_told(instance, "profile_handler", number, out);
    text_add_char(out, '\n');
}

void script_profile(struct analysis *script, struct text *out)
{
    struct palua_lua_instance *instance = (struct palua_lua_instance *)script;
    if (!instance->options.profile)
        return;
    for (uint32_t i = 0; i < instance->handler_count; i++)
        add_handler(instance, i, out);
    add_told(instance, "profile_aborts", 0, out);
}
