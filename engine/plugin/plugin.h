// SPDX-License-Identifier: MIT OR Apache-2.0
/** Finding and loading C plugins, and the calls between them and the engine.
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
#include "event/interest.h"
#include "event/registry.h"
#include "flow/table.h"
#include "plugin/analysis.h"

struct plugin_set;

/** With all bundled plugins; their events are added to the registry, so that they can be listed,
 * described and subscribed to. */
struct plugin_set *plugin_set_new(struct registry *registry, struct error *err);
void plugin_set_free(struct plugin_set *set);

/** Loads a shared object; checks its ABI number and descriptor. */
bool plugin_set_load(struct plugin_set *set, const char *path, struct error *err);

uint32_t plugin_set_count(const struct plugin_set *set);
const struct palua_plugin *plugin_set_at(const struct plugin_set *set, uint32_t index);
/** A plugin by name; unknown: an error that names the nearest. */
bool plugin_set_find(const struct plugin_set *set, const char *name, uint32_t *index,
                     struct error *err);

/** Sets a plugin's option, checked against its declaration. */
bool plugin_set_option(struct plugin_set *set, uint32_t index, const char *name, const char *value,
                       struct error *err);

/** The bundled plugins: made by the build from stdlib-plugins, NULL at the end. */
typedef const struct palua_plugin *(*plugin_entry_fn)(void);
extern const plugin_entry_fn plugin_bundled[];
