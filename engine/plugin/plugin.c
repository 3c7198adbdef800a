// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugin/plugin.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/nearest.h"
#include "plugin/check.h"
#include "plugin/option.h"

/** One plugin of the set. Allocated for itself, so that what points to it stays true. */
struct entry {
    struct palua_plugin plugin; /**< a copy, as long as this engine's struct */
    char *where;                /**< path, or "bundled" */
    bool loaded;                /**< `where` is the path of a shared object */
    char **values;              /**< one per option; NULL: the default */
    uint16_t *kinds;            /**< one per event */
};

struct plugin_set {
    struct registry *registry;
    struct entry **entries;
    size_t count;
    size_t cap;
    void **handles; /**< of shared objects; closed last, as everything points into them */
    size_t handle_count;
    size_t handle_cap;
};

static void entry_free(struct entry *entry)
{
    for (uint32_t i = 0; i < entry->plugin.option_count; i++)
        memory_free(entry->values[i]);
    memory_free(entry->values);
    memory_free(entry->kinds);
    memory_free(entry->where);
    memory_free(entry);
}

struct plugin_set *plugin_set_new(struct registry *registry, struct error *err)
{
    struct plugin_set *set = memory_zalloc(1, sizeof *set);
    set->registry = registry;
    for (const plugin_entry_fn *entry = plugin_bundled; *entry; entry++) {
        if (!plugin_set_add(set, (*entry)(), "bundled", err)) {
            plugin_set_free(set);
            return NULL;
        }
    }
    return set;
}

void plugin_set_free(struct plugin_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->count; i++)
        entry_free(set->entries[i]);
    for (size_t i = 0; i < set->handle_count; i++)
        dlclose(set->handles[i]);
    memory_free(set->entries);
    memory_free(set->handles);
    memory_free(set);
}

static const struct entry *entry_named(const struct plugin_set *set, const char *name)
{
    for (size_t i = 0; i < set->count; i++)
        if (!strcmp(set->entries[i]->plugin.name, name))
            return set->entries[i];
    return NULL;
}

static bool add_events(struct plugin_set *set, struct entry *entry, struct error *err)
{
    for (uint32_t i = 0; i < entry->plugin.event_count; i++)
        if (!registry_add(set->registry, entry->plugin.events[i], &entry->kinds[i], err))
            return false;
    return true;
}

bool plugin_set_add(struct plugin_set *set, const struct palua_plugin *plugin, const char *where,
                    struct error *err)
{
    if (!plugin_check_abi(plugin, where, err))
        return false;
    struct entry *entry = memory_zalloc(1, sizeof *entry);
    memcpy(&entry->plugin, plugin, plugin->size);
    if (!plugin_check(&entry->plugin, where, err)) {
        memory_free(entry);
        return false;
    }
    const struct entry *other = entry_named(set, entry->plugin.name);
    if (other) {
        error_set(err, ERROR_PLUGIN, where, "a plugin named '%s' is loaded already, from %s",
                  other->plugin.name, other->where);
        memory_free(entry);
        return false;
    }
    entry->where = memory_strdup(where);
    entry->values = memory_zalloc(entry->plugin.option_count, sizeof *entry->values);
    entry->kinds = memory_zalloc(entry->plugin.event_count, sizeof *entry->kinds);
    if (!add_events(set, entry, err)) {
        entry_free(entry);
        return false;
    }
    set->entries = memory_grow(set->entries, &set->cap, set->count + 1, sizeof(struct entry *));
    set->entries[set->count++] = entry;
    return true;
}

/** dlopen searches the system's folders for a name without a slash; a user means a file. */
static void *open_object(const char *path, struct error *err)
{
    char local[4096];
    if (snprintf(local, sizeof local, "%s%s", strchr(path, '/') ? "" : "./", path) >=
        (int)sizeof local) {
        error_set(err, ERROR_PLUGIN, path, "the path is too long");
        return NULL;
    }
    void *handle = dlopen(local, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        error_set(err, ERROR_PLUGIN, path, "cannot load the plugin: %s", dlerror());
    return handle;
}

bool plugin_set_load(struct plugin_set *set, const char *path, struct error *err)
{
    void *handle = open_object(path, err);
    if (!handle)
        return false;
    // POSIX lets a data pointer from dlsym be a function pointer; ISO C wants the detour.
    plugin_entry_fn entry = NULL;
    void *symbol = dlsym(handle, "palua_plugin_entry");
    memcpy(&entry, &symbol, sizeof entry);
    bool ok = entry ? plugin_set_add(set, entry(), path, err)
                    : error_set(err, ERROR_PLUGIN, path,
                                "no palua plugin: it has no palua_plugin_entry, which the macro "
                                "PALUA_PLUGIN defines");
    if (ok)
        set->entries[set->count - 1]->loaded = true;
    // Also when it was refused: some of its schemas may stand in the registry already.
    set->handles =
        memory_grow(set->handles, &set->handle_cap, set->handle_count + 1, sizeof(void *));
    set->handles[set->handle_count++] = handle;
    return ok;
}

uint32_t plugin_set_count(const struct plugin_set *set)
{
    return (uint32_t)set->count;
}

const struct palua_plugin *plugin_set_at(const struct plugin_set *set, uint32_t index)
{
    return &set->entries[index]->plugin;
}

uint16_t plugin_set_kind(const struct plugin_set *set, uint32_t index, uint32_t event)
{
    return set->entries[index]->kinds[event];
}

static bool unknown(const char *what, const char *name, const char *const *names, size_t count,
                    struct error *err)
{
    const char *near = nearest(name, names, count);
    return error_set(err, ERROR_USAGE, "", near ? "no %s '%s'; did you mean '%s'?" : "no %s '%s'",
                     what, name, near);
}

bool plugin_set_find(const struct plugin_set *set, const char *name, uint32_t *index,
                     struct error *err)
{
    const char **names = memory_zalloc(set->count, sizeof *names);
    bool found = false;
    for (uint32_t i = 0; i < set->count && !found; i++) {
        const struct entry *entry = set->entries[i];
        names[i] = entry->plugin.name;
        found = !strcmp(names[i], name) || (entry->loaded && !strcmp(entry->where, name));
        if (found)
            *index = i;
    }
    if (!found)
        unknown("plugin", name, names, set->count, err);
    memory_free(names);
    return found;
}

static bool find_option(const struct palua_plugin *plugin, const char *name, uint32_t *index)
{
    for (uint32_t i = 0; i < plugin->option_count; i++) {
        if (!strcmp(plugin->options[i].name, name)) {
            *index = i;
            return true;
        }
    }
    return false;
}

static bool unknown_option(const struct palua_plugin *plugin, const char *name, struct error *err)
{
    const char **names = memory_zalloc(plugin->option_count, sizeof *names);
    for (uint32_t i = 0; i < plugin->option_count; i++)
        names[i] = plugin->options[i].name;
    char what[128];
    snprintf(what, sizeof what, "option of plugin '%.80s' named", plugin->name);
    unknown(what, name, names, plugin->option_count, err);
    memory_free(names);
    return false;
}

bool plugin_set_option(struct plugin_set *set, uint32_t index, const char *name, const char *value,
                       struct error *err)
{
    struct entry *entry = set->entries[index];
    uint32_t option;
    if (!find_option(&entry->plugin, name, &option))
        return unknown_option(&entry->plugin, name, err);
    if (!option_check(&entry->plugin.options[option], entry->plugin.name, value, err))
        return false;
    memory_free(entry->values[option]);
    entry->values[option] = memory_strdup(value);
    return true;
}

const char *plugin_set_option_value(const struct plugin_set *set, uint32_t index, const char *name)
{
    const struct entry *entry = set->entries[index];
    uint32_t option;
    if (!find_option(&entry->plugin, name, &option))
        return NULL;
    return entry->values[option] ? entry->values[option] : entry->plugin.options[option].initial;
}

bool plugin_set_add_decoders(const struct plugin_set *set, struct decoder *decoder,
                             struct error *err)
{
    for (uint32_t i = 0; i < plugin_set_count(set); i++) {
        const struct palua_plugin *plugin = plugin_set_at(set, i);
        if (plugin->role == PALUA_DECODER && !decoder_add(decoder, plugin, err))
            return false;
    }
    return true;
}
