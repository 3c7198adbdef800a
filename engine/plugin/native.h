// SPDX-License-Identifier: MIT OR Apache-2.0
/** A C analysis plugin as an `analysis`. */
#pragma once

#include "plugin/plugin.h"

/** Starts one instance; its subscriptions are added to `interest` by native_interest, before any
 * instance is made. */
struct analysis *native_new(const struct plugin_set *set, uint32_t index,
                            const struct registry *registry, uint32_t order, struct error *err);
/** Adds what the plugin subscribes to; an unknown event or field is an error that names the
 * nearest. */
bool native_interest(const struct palua_plugin *plugin, const struct registry *registry,
                     struct interest *interest, struct error *err);
