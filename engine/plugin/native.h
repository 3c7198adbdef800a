// SPDX-License-Identifier: MIT OR Apache-2.0
/** A C analysis plugin as an `analysis`. */
#pragma once

#include "plugin/plugin.h"

/** Adds what the plugin subscribes to; an unknown event or field is an error that names the
 * nearest. Before any instance is made. */
bool native_interest(const struct palua_plugin *plugin, const struct registry *registry,
                     struct interest *interest, struct error *err);

/** Starts one instance of the plugin `index`, an analysis whose native_interest succeeded.
 * @param order  load order: the script part of its output's keys */
struct analysis *native_new(const struct plugin_set *set, uint32_t index,
                            const struct registry *registry, uint32_t order, struct error *err);

/** Counters that are not zero; after the last merge. */
void native_counters(const struct analysis *analysis,
                     void (*report)(void *context, const char *plugin, const char *counter,
                                    uint64_t value),
                     void *context);
