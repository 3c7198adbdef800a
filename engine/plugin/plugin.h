// SPDX-License-Identifier: MIT OR Apache-2.0
/** Finding and loading C plugins.
 *
 * A plugin set holds every plugin the run may use: the bundled ones (linked in, listed by the
 * build) and shared objects given by path. Loading is set-up work on the main thread; afterwards
 * the set is read-only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <palua/plugin.h>

#include "base/error.h"
#include "batch/batch.h"
#include "decode/decode.h"
#include "event/interest.h"
#include "event/registry.h"
#include "flow/table.h"
#include "plugin/analysis.h"

struct plugin_set;

/** With all bundled plugins; their events are added to the registry (borrowed), so that they can be
 * listed, described and subscribed to. */
struct plugin_set *plugin_set_new(struct registry *registry, struct error *err);
/** Every instance must have been stopped; NULL is allowed. */
void plugin_set_free(struct plugin_set *set);

/** Loads a shared object; checks its ABI number and descriptor; adds its events.
 * @param path  a file; without a slash it is taken from the current directory */
bool plugin_set_load(struct plugin_set *set, const char *path, struct error *err);

/** Adds a plugin that is linked in; what plugin_set_new and plugin_set_load come down to.
 * @param where  what to name in messages */
bool plugin_set_add(struct plugin_set *set, const struct palua_plugin *plugin, const char *where,
                    struct error *err);

uint32_t plugin_set_count(const struct plugin_set *set);
/** In load order; lives as long as the set. */
const struct palua_plugin *plugin_set_at(const struct plugin_set *set, uint32_t index);
/** A plugin by its name, or by the path it was loaded from; unknown: an error that names the
 * nearest. */
bool plugin_set_find(const struct plugin_set *set, const char *name, uint32_t *index,
                     struct error *err);

/** Sets a plugin's option, checked against its declaration; unknown: an error that names the
 * nearest. */
bool plugin_set_option(struct plugin_set *set, uint32_t index, const char *name, const char *value,
                       struct error *err);
/** The value an option has now: as set, or the default; NULL if there is no such option. */
const char *plugin_set_option_value(const struct plugin_set *set, uint32_t index, const char *name);

/** Adds the decoders among the plugins to a decoder, in load order. */
bool plugin_set_add_decoders(const struct plugin_set *set, struct decoder *decoder,
                             struct error *err);

/** The number of a plugin's event `event` in the registry. */
uint16_t plugin_set_kind(const struct plugin_set *set, uint32_t index, uint32_t event);

/** The bundled plugins: made by the build from stdlib-plugins, NULL at the end. */
typedef const struct palua_plugin *(*plugin_entry_fn)(void);
extern const plugin_entry_fn plugin_bundled[];
