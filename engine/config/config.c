// SPDX-License-Identifier: MIT OR Apache-2.0
#include "config/config.h"

#include <lauxlib.h>
#include <lua.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "base/text.h"
#include "config/outline.h"
#include "stream/policy.h"

struct config_key {
    const char *group;
    const char *name;
    size_t offset;
    int64_t initial;
    int64_t least;
    int64_t most;
};

static const struct config_key keys[] = {
#define X(group, key, initial, least, most, unit, doc) \
    {#group, #key, offsetof(struct config, group##_##key), initial, least, most},
    CONFIG_LIST(X)
#undef X
};

enum { KEY_COUNT = sizeof keys / sizeof keys[0] };

/** Keys whose values have names, by value from 0 to `most`. */
static const struct {
    const char *group;
    const char *name;
    const char *const *values;
} named[] = {{"defrag", "policy", defrag_policy_names}, {"stream", "policy", stream_policy_names}};

static int64_t *slot(struct config *config, const struct config_key *key)
{
    return (int64_t *)(void *)((char *)config + key->offset);
}

void config_defaults(struct config *config)
{
    for (size_t i = 0; i < KEY_COUNT; i++)
        *slot(config, &keys[i]) = keys[i].initial;
    memset(&config->defrag_policies, 0, sizeof config->defrag_policies);
}

/** One load: what the walk over the table needs to report where it stands. */
struct load {
    lua_State *lua;
    const char *path;
    struct config *config;
    struct plugin_set *plugins;
    struct error *err;
};

static void read_text(const char *path, struct text *out)
{
    char bytes[4096];
    size_t len;
    FILE *file = fopen(path, "r");
    while (file && (len = fread(bytes, 1, sizeof bytes, file)) > 0)
        text_add(out, bytes, len);
    if (file)
        fclose(file);
}

/** A key, from the outermost table inwards. */
struct place {
    const char *names[3];
    size_t depth; /**< 0: the outermost table itself */
};

/** What is wrong with a key, at file:line, or the file if its text does not show where that is. */
static bool fail(struct load *load, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool fail(struct load *load, struct place place, const char *format, ...)
{
    char message[sizeof load->err->text];
    struct text text, where;
    va_list args;
    text_init(&text);
    text_init(&where);
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    read_text(load->path, &text);
    unsigned line = text.len && place.depth ? outline_line(text.data, place.names, place.depth) : 0;
    text_add_str(&where, load->path);
    if (line)
        text_add_format(&where, ":%u", line);
    error_set(load->err, ERROR_USAGE, where.data, "%s", message);
    text_fini(&where);
    text_fini(&text);
    return false;
}

static bool fail_unknown(struct load *load, struct place place, const char *prefix,
                         const char *const *names, size_t count)
{
    const char *name = place.names[place.depth - 1];
    const char *near = nearest(name, names, count);
    return fail(load, place, near ? "unknown key %s%s; did you mean %s%s?" : "unknown key %s%s",
                prefix, name, prefix, near);
}

static bool unknown_group(struct load *load, const char *name)
{
    const char *names[KEY_COUNT + 1];
    for (size_t i = 0; i < KEY_COUNT; i++)
        names[i] = keys[i].group;
    names[KEY_COUNT] = "plugins";
    return fail_unknown(load, (struct place){{name}, 1}, "", names, KEY_COUNT + 1);
}

/** Whether a key is the table of networks and their policies. */
static bool is_policies(const char *group, const char *name)
{
    return strcmp(group, "defrag") == 0 && strcmp(name, "policies") == 0;
}

static bool unknown_key(struct load *load, const char *group, const char *name)
{
    const char *names[KEY_COUNT + 1];
    size_t count = 0;
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (strcmp(keys[i].group, group) == 0)
            names[count++] = keys[i].name;
    if (is_policies(group, "policies"))
        names[count++] = "policies";
    struct text prefix;
    text_init(&prefix);
    text_add_format(&prefix, "%s.", group);
    fail_unknown(load, (struct place){{group, name}, 2}, prefix.data, names, count);
    text_fini(&prefix);
    return false;
}

static bool is_group(const char *name)
{
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (strcmp(keys[i].group, name) == 0)
            return true;
    return false;
}

/** The key below the value on top of the stack, which must be a string: tonumber/tostring would
 * change a numeric key while the table is walked. */
static const char *key_name(struct load *load)
{
    if (lua_type(load->lua, -2) == LUA_TSTRING)
        return lua_tostring(load->lua, -2);
    error_set(load->err, ERROR_USAGE, load->path, "got a %s as a key, expected a name",
              luaL_typename(load->lua, -2));
    return NULL;
}

typedef bool (*entry_fn)(struct load *load, const char *context, const char *name);

/** Calls `each` for every entry of the table on top of the stack, the entry's value then being on
 * top. */
static bool walk(struct load *load, struct place place, const char *what, const char *context,
                 entry_fn each)
{
    if (!lua_istable(load->lua, -1))
        return fail(load, place, "%s: got a %s, expected a table", what,
                    luaL_typename(load->lua, -1));
    lua_pushnil(load->lua);
    while (lua_next(load->lua, -2)) {
        const char *name = key_name(load);
        if (!name || !each(load, context, name))
            return false;
        lua_pop(load->lua, 1);
    }
    return true;
}

/** What was given, for messages: the value on top of the stack, or what it is. */
static const char *text_or_type(struct load *load)
{
    const char *text = lua_tostring(load->lua, -1);
    if (text && !*text)
        return "an empty text";
    return text ? text : luaL_typename(load->lua, -1);
}

static bool add_policy(struct load *load, const char *context, const char *prefix)
{
    struct error inner = {0};
    if (defrag_networks_add(&load->config->defrag_policies, prefix, text_or_type(load), &inner))
        return true;
    return fail(load, (struct place){{"defrag", context, prefix}, 3}, "defrag.%s[\"%s\"]: %s",
                context, prefix, inner.text);
}

/** The table on top of the stack takes the place of all networks there were. */
static bool set_policies(struct load *load)
{
    memset(&load->config->defrag_policies, 0, sizeof load->config->defrag_policies);
    return walk(load, (struct place){{"defrag", "policies"}, 2}, "defrag.policies", "policies",
                add_policy);
}

static const struct config_key *find_key(const char *group, const char *name)
{
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (strcmp(keys[i].group, group) == 0 && strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

static const char *const *names_of(const struct config_key *key)
{
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
        if (strcmp(named[i].group, key->group) == 0 && strcmp(named[i].name, key->name) == 0)
            return named[i].values;
    return NULL;
}

static bool set_number(struct load *load, const struct config_key *key)
{
    lua_Number value = lua_tonumber(load->lua, -1);
    if (lua_type(load->lua, -1) != LUA_TNUMBER || value != floor(value) ||
        value < (lua_Number)key->least || value > (lua_Number)key->most)
        return fail(load, (struct place){{key->group, key->name}, 2},
                    "%s.%s: got %s, expected an integer from %lld to %lld", key->group, key->name,
                    text_or_type(load), (long long)key->least, (long long)key->most);
    *slot(load->config, key) = (int64_t)value;
    return true;
}

static bool set_name(struct load *load, const struct config_key *key, const char *const *values)
{
    struct error inner = {0};
    size_t index;
    if (!nearest_choose(text_or_type(load), values, (size_t)key->most + 1, &index, &inner))
        return fail(load, (struct place){{key->group, key->name}, 2}, "%s.%s: %s", key->group,
                    key->name, inner.text);
    *slot(load->config, key) = (int64_t)index;
    return true;
}

/** Sets one key from the value on top of the stack. A value that has a name has a number too. */
static bool set_key(struct load *load, const char *group, const char *name)
{
    if (is_policies(group, name))
        return set_policies(load);
    const struct config_key *key = find_key(group, name);
    if (!key)
        return unknown_key(load, group, name);
    const char *const *values = names_of(key);
    bool number = !values || lua_type(load->lua, -1) == LUA_TNUMBER;
    return number ? set_number(load, key) : set_name(load, key, values);
}

static bool set_plugin_option(struct load *load, const char *plugin, const char *name)
{
    if (!load->plugins)
        return true;
    uint32_t index;
    struct text value;
    text_init(&value);
    if (lua_isboolean(load->lua, -1)) {
        text_add_str(&value, lua_toboolean(load->lua, -1) ? "true" : "false");
    } else if (lua_type(load->lua, -1) == LUA_TNUMBER) {
        text_add_real(&value, lua_tonumber(load->lua, -1));
    } else {
        const char *text = lua_tostring(load->lua, -1);
        text_add_str(&value, text ? text : "");
    }
    struct error inner = {0};
    bool ok = plugin_set_find(load->plugins, plugin, &index, &inner) &&
              plugin_set_option(load->plugins, index, name, value.data, &inner);
    text_fini(&value);
    if (!ok)
        fail(load, (struct place){{"plugins", plugin, name}, 3}, "plugins.%s.%s: %s", plugin, name,
             inner.text);
    return ok;
}

static bool set_plugin(struct load *load, const char *context, const char *name)
{
    (void)context;
    return walk(load, (struct place){{"plugins", name}, 2}, name, name, set_plugin_option);
}

static bool set_group(struct load *load, const char *context, const char *name)
{
    (void)context;
    if (strcmp(name, "plugins") == 0)
        return walk(load, (struct place){{name}, 1}, name, NULL, set_plugin);
    if (!is_group(name))
        return unknown_group(load, name);
    return walk(load, (struct place){{name}, 1}, name, name, set_key);
}

/** Lua's message starts with the chunk's name and a line; keeps "file:line" as the place. */
static bool fail_lua(struct load *load)
{
    const char *message = lua_tostring(load->lua, -1);
    return error_set(load->err, ERROR_USAGE, load->path, "%s", message ? message : "unknown error");
}

static bool evaluate(struct load *load)
{
    lua_State *lua = load->lua;
    if (luaL_loadfilex(lua, load->path, "t") != 0)
        return fail_lua(load);
    lua_newtable(lua);
    lua_setfenv(lua, -2);
    if (lua_pcall(lua, 0, 1, 0) != 0)
        return fail_lua(load);
    return walk(load, (struct place){0}, "the configuration", NULL, set_group);
}

bool config_load(struct config *config, const char *path, struct plugin_set *plugins,
                 struct error *err)
{
    struct load load = {luaL_newstate(), path, config, plugins, err};
    if (!load.lua)
        return error_set(err, ERROR_MEMORY, path, "no memory for a Lua state");
    bool ok = evaluate(&load);
    lua_close(load.lua);
    return ok;
}
