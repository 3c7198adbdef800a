// SPDX-License-Identifier: MIT OR Apache-2.0
/** What the loader (bindings/palua/loader.lua) calls while it loads a script: schemas, names,
 * options. Nothing here runs per event. */
#include <lauxlib.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "event/path.h"
#include "lua/instance.h"

static struct palua_lua_instance *self(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

static void set_string(lua_State *L, const char *key, const char *value)
{
    lua_pushstring(L, value);
    lua_setfield(L, -2, key);
}

static void set_number(lua_State *L, const char *key, double value)
{
    lua_pushnumber(L, value);
    lua_setfield(L, -2, key);
}

static const char *const type_names[] = {
    [PALUA_UINT] = "uint",         [PALUA_INT] = "int",       [PALUA_ENUM] = "enum",
    [PALUA_BOOL] = "bool",         [PALUA_REAL] = "real",     [PALUA_TIME] = "time",
    [PALUA_DURATION] = "duration", [PALUA_IPADDR] = "ipaddr", [PALUA_MAC] = "mac",
    [PALUA_BYTES] = "bytes",       [PALUA_STRING] = "string", [PALUA_LIST] = "list",
};

static void push_names(lua_State *L, const struct palua_enum *names)
{
    lua_newtable(L);
    for (uint32_t i = 0; names && i < names->count; i++) {
        lua_pushnumber(L, names->names[i].value);
        lua_pushstring(L, names->names[i].name);
        lua_rawset(L, -3);
    }
}

static void push_schema(lua_State *L, const struct palua_schema *schema, int depth);

static void push_field(lua_State *L, const struct palua_field *field, uint32_t index, int depth)
{
    lua_newtable(L);
    set_string(L, "name", field->name);
    set_string(L, "type", type_names[field->type]);
    set_number(L, "index", index);
    set_number(L, "offset", field->offset);
    set_number(L, "size", field->size);
    lua_pushboolean(L, field->flags & PALUA_OPTIONAL);
    lua_setfield(L, -2, "optional");
    lua_pushlightuserdata(L, (void *)(uintptr_t)field);
    lua_setfield(L, -2, "pointer");
    if (field->type == PALUA_ENUM) {
        push_names(L, field->names);
        lua_setfield(L, -2, "names");
    }
    if (field->type == PALUA_LIST && depth == 0) {
        push_schema(L, field->item, depth + 1);
        lua_setfield(L, -2, "item");
    }
}

/** Lists inside lists are told without their items: views do not go that deep. */
static void push_schema(lua_State *L, const struct palua_schema *schema, int depth)
{
    luaL_checkstack(L, 8, "schema");
    lua_newtable(L);
    set_string(L, "name", schema->name);
    set_number(L, "size", schema->size);
    lua_newtable(L);
    for (uint32_t i = 0; i < schema->field_count; i++) {
        push_field(L, &schema->fields[i], i, depth);
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, "fields");
}

static int no_event(lua_State *L, const struct registry *registry, const char *name)
{
    const char *near = registry_nearest(registry, name);
    lua_pushnil(L);
    if (near)
        lua_pushfstring(L, "there is no event '%s'; did you mean '%s'?", name, near);
    else
        lua_pushfstring(L, "there is no event '%s'; palua --list-events shows all", name);
    return 2;
}

/** event(name): its schema, or nil and why not. */
static int host_event(lua_State *L)
{
    struct palua_lua_instance *instance = self(L);
    const char *name = luaL_checkstring(L, 1);
    uint16_t kind = registry_find(instance->registry, name);
    if (kind == EVENT_KIND_NONE)
        return no_event(L, instance->registry, name);
    push_schema(L, registry_schema(instance->registry, kind), 0);
    set_number(L, "kind", kind);
    set_number(L, "present", offsetof(struct palua_event, present));
    return 1;
}

/** base("packet" | "flow" | "live"): the schema of what stands behind every event. */
static int host_base(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    if (strcmp(name, "packet") == 0) {
        push_schema(L, &palua_common_schema, 0);
    } else if (strcmp(name, "flow") == 0) {
        push_schema(L, &palua_flow_schema, 0);
        set_number(L, "present", offsetof(struct palua_flow, present));
    } else {
        push_schema(L, &palua_flow_live_schema, 0);
        set_number(L, "present", offsetof(struct palua_flow_live, present));
    }
    return 1;
}

static const char *const base_names[] = {[PATH_EVENT] = "event",
                                         [PATH_PACKET] = "packet",
                                         [PATH_FLOW] = "flow",
                                         [PATH_FLOW_LIVE] = "live"};
static const char *const form_names[] = {
    [PATH_PLAIN] = NULL, [PATH_NS] = "ns", [PATH_NAME] = "name"};

/** Read through its name or its number, an enum or a time is no byte field. */
static const char *type_of(const struct path *path)
{
    return path->form == PATH_PLAIN ? type_names[path->field->type] : "uint";
}

/** resolve(kind, name): base, index in its schema, form, type; or nil and why not. */
static int host_resolve(lua_State *L)
{
    struct palua_lua_instance *instance = self(L);
    struct path path;
    struct error err = {0};
    if (!path_resolve(instance->registry, (uint16_t)luaL_checkinteger(L, 1), luaL_checkstring(L, 2),
                      &path, &err)) {
        lua_pushnil(L);
        lua_pushstring(L, err.text);
        return 2;
    }
    lua_pushstring(L, path.item ? "item" : base_names[path.base]);
    lua_pushinteger(L, path.index);
    lua_pushstring(L, form_names[path.form]);
    lua_pushstring(L, type_of(&path));
    return 4;
}

/** want(kind [, name]): the event, or one of its fields, is read. */
static int host_want(lua_State *L)
{
    struct palua_lua_instance *instance = self(L);
    uint16_t kind = (uint16_t)luaL_checkinteger(L, 1);
    struct path path;
    if (lua_isnoneornil(L, 2))
        interest_add_event(instance->interest, instance->registry, kind, false);
    else if (path_resolve(instance->registry, kind, luaL_checkstring(L, 2), &path, NULL))
        interest_add(instance->interest, &path);
    return 0;
}

static int host_want_state(lua_State *L)
{
    struct palua_lua_instance *instance = self(L);
    instance->interest->state = true;
    instance->keeps_state = true;
    return 0;
}

/** filter(kind, text): the number of the filter compiled, or nil and what is wrong. */
static int host_filter(lua_State *L)
{
    struct palua_lua_instance *instance = self(L);
    struct error err = {0};
    size_t len;
    const char *text = luaL_checklstring(L, 2, &len);
    const struct filter_scope scope = {
        .registry = instance->registry,
        .decoder = instance->options.decoder,
        .interest = instance->interest,
        .kind = (uint16_t)luaL_checkinteger(L, 1),
    };
    struct filter_program *program = filter_program_new(&scope, text, len, &err);
    if (!program) {
        lua_pushnil(L);
        lua_pushstring(L, err.text);
        return 2;
    }
    instance->filters = memory_grow((void *)instance->filters, &instance->filter_cap,
                                    instance->filter_count + 1, sizeof(struct filter_program *));
    instance->filters[instance->filter_count++] = program;
    lua_pushinteger(L, (lua_Integer)instance->filter_count);
    return 1;
}

/** option(name): the text that -A gave, or nil. */
static int host_option(lua_State *L)
{
    const struct script_options *options = &self(L)->options;
    const char *name = luaL_checkstring(L, 1), *value = NULL;
    for (uint32_t i = 0; i < options->arg_count; i++)
        if (strcmp(options->arg_keys[i], name) == 0) {
            value = options->arg_values[i];
            if (options->arg_used)
                options->arg_used[i] = true;
        }
    lua_pushstring(L, value);
    return 1;
}

static int host_line(lua_State *L)
{
    lua_pushinteger(L, fault_line(&self(L)->faults, L));
    return 1;
}

/** warn(line, sentence): something that is allowed and hardly meant; once, not per instance. */
static int host_warn(lua_State *L)
{
    const struct palua_lua_instance *instance = self(L);
    if (instance->options.index == 0)
        fprintf(stderr, "palua: %s:%d: %s\n", instance->name, (int)luaL_checkinteger(L, 1),
                luaL_checkstring(L, 2));
    return 0;
}

void host_print_aggregate(struct palua_lua_instance *instance, size_t index)
{
    struct table table;
    instance->printed[index] = true;
    aggregate_table(instance->aggregates[index], &table);
    output_write(instance->output, NULL, instance->sheet, 1);
    output_table(instance->output, &table);
    table_fini(&table);
}

static int host_print(lua_State *L)
{
    host_print_aggregate(self(L), (size_t)luaL_checkinteger(L, 1) - 1);
    return 0;
}

uint64_t host_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/** FNV-1a of the script's text: what makes math.random its own. */
static uint32_t seed_of(const char *source, size_t len)
{
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (uint8_t)source[i]) * 16777619U;
    return hash;
}

/** An error of palua's, not of a line of the script's: raised there all the same. */
static int fail(lua_State *L, const struct error *err)
{
    lua_pushfstring(L, "%s%s%s", err->where, err->where[0] ? ": " : "", err->text);
    return lua_error(L);
}

/** file_create(name): its number. */
static int host_file_create(lua_State *L)
{
    struct error err = {0};
    uint32_t number;
    if (!files_create(self(L)->files, luaL_checkstring(L, 1), &number, &err))
        return fail(L, &err);
    lua_pushnumber(L, number);
    return 1;
}

static int host_file_write(lua_State *L)
{
    struct error err = {0};
    size_t len;
    const char *data = luaL_checklstring(L, 2, &len);
    if (!files_write(self(L)->files, (uint32_t)luaL_checknumber(L, 1), data, len, &err))
        return fail(L, &err);
    return 0;
}

static int host_file_close(lua_State *L)
{
    struct error err = {0};
    if (!files_close(self(L)->files, (uint32_t)luaL_checknumber(L, 1), &err))
        return fail(L, &err);
    return 0;
}

/** log(name, columns): the stream, and for each column its name, the type of its items and whether
 * it holds several; or nil and why not. */
static int host_log(lua_State *L)
{
    struct palua_lua_instance *instance = self(L);
    struct log_owner owner = {instance->name, fault_line(&instance->faults, L)};
    struct error err = {0};
    struct palua_log *log =
        log_list_declare(&instance->logs, instance->options.logs, luaL_checkstring(L, 1),
                         luaL_checkstring(L, 2), &owner, &err);
    if (!log) {
        lua_pushnil(L);
        lua_pushstring(L, err.text);
        return 2;
    }
    const struct table_schema *schema = log_schema(log);
    lua_pushlightuserdata(L, log);
    lua_createtable(L, (int)schema->column_count, 0);
    for (uint32_t i = 0; i < schema->column_count; i++) {
        lua_newtable(L);
        set_string(L, "name", schema->columns[i]);
        set_string(L, "expected", log_expected(schema->types[i]));
        lua_pushboolean(L, schema->types[i].container != COLUMN_SCALAR);
        lua_setfield(L, -2, "several");
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 2;
}

/** What a script found malformed in a stream. */
static int host_anomaly(lua_State *L)
{
    self(L)->base.report.anomalies++;
    return 0;
}

static const luaL_Reg functions[] = {
    {"event", host_event},
    {"base", host_base},
    {"resolve", host_resolve},
    {"want", host_want},
    {"want_state", host_want_state},
    {"filter", host_filter},
    {"option", host_option},
    {"line", host_line},
    {"warn", host_warn},
    {"print_aggregate", host_print},
    {"file_create", host_file_create},
    {"file_write", host_file_write},
    {"file_close", host_file_close},
    {"log", host_log},
    {"anomaly", host_anomaly},
    {NULL, NULL},
};

void host_push(struct palua_lua_instance *instance, const char *source, size_t len)
{
    lua_State *L = instance->state->L;
    lua_newtable(L);
    for (const luaL_Reg *at = functions; at->name; at++) {
        lua_pushlightuserdata(L, instance);
        lua_pushcclosure(L, at->func, 1);
        lua_setfield(L, -2, at->name);
    }
    lua_pushlightuserdata(L, &instance->slot);
    lua_setfield(L, -2, "slot");
    lua_pushlightuserdata(L, instance);
    lua_setfield(L, -2, "instance");
    set_number(L, "key_cap", (double)instance->options.aggregate_cap);
    set_number(L, "seed", seed_of(source, len));
    lua_pushboolean(L, instance->options.trust);
    lua_setfield(L, -2, "trust");
    lua_pushboolean(L, instance->options.profile);
    lua_setfield(L, -2, "profile");
}
