// SPDX-License-Identifier: MIT OR Apache-2.0
#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "lua/instance.h"

enum { SOURCE_CAP = 16 * 1024 * 1024 }; /**< bytes of a script; more is surely no script */

static bool read_source(FILE *file, const char *path, struct text *out, struct error *err)
{
    char buffer[16384];
    size_t got;
    while ((got = fread(buffer, 1, sizeof buffer, file)) > 0) {
        text_add(out, buffer, got);
        if (out->len > SOURCE_CAP)
            return error_set(err, ERROR_UNREADABLE, path,
                             "the script is longer than %d bytes, so it is none", SOURCE_CAP);
    }
    if (ferror(file))
        return error_set(err, ERROR_UNREADABLE, path, "cannot read the script: %s",
                         strerror(errno));
    return true;
}

static bool read_file(const char *path, struct text *out, struct error *err)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return error_set(err, ERROR_UNREADABLE, path, "cannot open the script: %s",
                         strerror(errno));
    bool ok = read_source(file, path, out, err);
    fclose(file);
    return ok;
}

void load_push(struct palua_lua_instance *instance, const char *function)
{
    lua_State *L = instance->state->L;
    lua_getfield(L, LUA_REGISTRYINDEX, "palua.loader");
    lua_getfield(L, -1, function);
    lua_remove(L, -2);
}

/** "name:12: sentence": the place and the sentence. A message that Lua itself gave a place is a
 * failure of the script, as is an error that is no text; one of palua's is a wrong declaration. */
static bool load_failed(struct palua_lua_instance *instance, int status, struct error *err)
{
    struct fault_list *faults = &instance->faults;
    const char *raw = lua_tostring(instance->state->L, -1);
    if (status == LUA_ERRMEM)
        return error_set(
            err, ERROR_SCRIPT, instance->name,
            "the script needs more than its memory budget of %zu bytes (lua.memory_cap)",
            instance->state->cap);
    size_t len = strlen(instance->name);
    bool placed = !raw || (strncmp(raw, instance->name, len) == 0 && raw[len] == ':');
    char where[sizeof err->where];
    int line = placed && raw ? (int)strtol(raw + len + 1, NULL, 10) : faults->line;
    snprintf(where, sizeof where, "%s:%d", instance->name, line);
    return error_set(err, placed && instance->phase == INSTANCE_LOAD ? ERROR_SCRIPT : ERROR_USAGE,
                     line ? where : instance->name, "%s",
                     faults->message.len ? faults->message.data
                     : raw               ? raw
                                         : "it cannot be loaded");
}

/** Calls the function below `arguments` values with the message handler. */
static bool call(struct palua_lua_instance *instance, int arguments, int results, struct error *err)
{
    lua_State *L = instance->state->L;
    int base = lua_gettop(L) - arguments;
    fault_push_handler(&instance->faults, L);
    lua_insert(L, base);
    int status = state_call(instance->state, arguments, results, base);
    lua_remove(L, base);
    return status == 0 || load_failed(instance, status, err);
}

static bool open_loader(struct palua_lua_instance *instance, struct error *err)
{
    lua_State *L = instance->state->L;
    lua_getglobal(L, "require");
    lua_pushliteral(L, "palua.loader");
    if (!call(instance, 1, 1, err))
        return false;
    lua_setfield(L, LUA_REGISTRYINDEX, "palua.loader");
    return true;
}

static bool run_top_level(struct palua_lua_instance *instance, struct error *err)
{
    lua_State *L = instance->state->L;
    struct text source;
    text_init(&source);
    bool ok = read_file(instance->options.path, &source, err);
    if (ok) {
        load_push(instance, "load");
        host_push(instance, source.data ? source.data : "", source.len);
        lua_pushlstring(L, source.data ? source.data : "", source.len);
        lua_pushfstring(L, "@%s", instance->name);
        ok = call(instance, 3, 0, err);
    }
    text_fini(&source);
    return ok;
}

static lua_Integer integer_field(lua_State *L, const char *key)
{
    lua_getfield(L, -1, key);
    lua_Integer value = lua_tointeger(L, -1);
    lua_pop(L, 1);
    return value;
}

static bool boolean_field(lua_State *L, const char *key)
{
    lua_getfield(L, -1, key);
    bool value = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return value;
}

/** Takes over the addresses of the aggregations, in declaration order. */
static bool take_aggregates(struct palua_lua_instance *instance, struct error *err)
{
    lua_State *L = instance->state->L;
    load_push(instance, "aggregate_addresses");
    if (!call(instance, 0, 1, err))
        return false;
    size_t count = lua_objlen(L, -1);
    instance->aggregates = memory_zalloc(count + 1, sizeof(struct aggregate *));
    instance->printed = memory_zalloc(count + 1, sizeof *instance->printed);
    instance->aggregate_count = count;
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, -1, (int)i + 1);
        instance->aggregates[i] = (struct aggregate *)(uintptr_t)lua_tonumber(L, -1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return true;
}

/** An aggregation as handler: its columns are resolved against the event. */
static bool bind(struct palua_lua_instance *instance, struct handler *handler, lua_Integer index,
                 struct error *err)
{
    struct aggregate *aggregate = instance->aggregates[index - 1];
    handler->binding =
        aggregate_bind(aggregate, instance->registry, handler->kind, instance->interest, err);
    if (handler->binding)
        return true;
    if (err)
        snprintf(err->where, sizeof err->where, "%s:%u", instance->name, handler->line);
    return false;
}

/** The handler at the top of the stack. */
static bool take_handler(struct palua_lua_instance *instance, struct handler *handler,
                         struct error *err)
{
    lua_State *L = instance->state->L;
    lua_Integer aggregate = integer_field(L, "aggregate_index");
    lua_Integer filter = integer_field(L, "filter");
    handler->filter = filter ? instance->filters[filter - 1] : NULL;
    handler->line = (uint32_t)integer_field(L, "line");
    handler->own = boolean_field(L, "own");
    lua_getfield(L, -1, "schema");
    handler->kind = (uint16_t)integer_field(L, "kind");
    lua_pop(L, 1);
    return !aggregate || bind(instance, handler, aggregate, err);
}

static bool take_handlers(struct palua_lua_instance *instance, struct error *err)
{
    lua_State *L = instance->state->L;
    load_push(instance, "check");
    if (!call(instance, 0, 1, err))
        return false;
    instance->handler_count = (uint32_t)lua_objlen(L, -1);
    instance->handlers =
        memory_zalloc((size_t)instance->handler_count + 1, sizeof *instance->handlers);
    bool ok = true;
    for (uint32_t i = 0; ok && i < instance->handler_count; i++) {
        lua_rawgeti(L, -1, (int)i + 1);
        ok = take_handler(instance, &instance->handlers[i], err);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return ok;
}

static bool take_partition(struct palua_lua_instance *instance, struct error *err)
{
    lua_State *L = instance->state->L;
    load_push(instance, "partition");
    if (!call(instance, 0, 2, err))
        return false;
    for (int i = PALUA_PARTITION_ALL; i <= PALUA_PARTITION_PAIR; i++)
        if (strcmp(lua_tostring(L, -2), analysis_partition_name((enum palua_partition)i)) == 0)
            instance->partition = (enum palua_partition)i;
    if (!lua_isnil(L, -1))
        instance->keys =
            key_table_new(instance->options.state_cap, (int64_t)(lua_tonumber(L, -1) * 1e9));
    lua_pop(L, 2);
    return true;
}

bool load_script(struct palua_lua_instance *instance, struct error *err)
{
    if (!open_loader(instance, err) || !run_top_level(instance, err))
        return false;
    instance->phase = INSTANCE_INIT;
    return take_aggregates(instance, err) && take_handlers(instance, err) &&
           take_partition(instance, err);
}

/** One run per handler that has a loop of its own, then one for the chain. */
static void lay_out_runs(struct palua_lua_instance *instance)
{
    size_t cap = (size_t)instance->handler_count + 1;
    instance->runs = memory_zalloc(cap, sizeof *instance->runs);
    instance->run_handlers = memory_zalloc(cap, sizeof *instance->run_handlers);
    instance->run_keys = memory_zalloc(cap, sizeof *instance->run_keys);
    for (uint32_t i = 0; i < instance->handler_count; i++) {
        const struct handler *handler = &instance->handlers[i];
        if (handler->binding)
            continue;
        if (handler->own)
            instance->run_handlers[instance->own_count++] = i;
        else
            instance->has_chain = true;
    }
}

bool load_loops(struct palua_lua_instance *instance, struct error *err)
{
    lua_State *L = instance->state->L;
    lay_out_runs(instance);
    load_push(instance, "start");
    lua_pushlightuserdata(L, instance->runs);
    if (!call(instance, 1, 2, err))
        return false;
    lua_setfield(L, LUA_REGISTRYINDEX, "palua.drop");
    lua_setfield(L, LUA_REGISTRYINDEX, "palua.batch");
    return true;
}
