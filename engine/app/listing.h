// SPDX-License-Identifier: MIT OR Apache-2.0
/** What palua knows, told from the schemas and descriptors that the run itself uses:
 * --list-plugins, --list-events, --describe. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"
#include "event/registry.h"
#include "plugin/plugin.h"

/** One line per plugin: name, role, what it does. */
void listing_plugins(const struct plugin_set *plugins, struct text *out);

/** One line per event whose name matches the glob; NULL: all.
 * @return false if none matches */
bool listing_events(const struct registry *registry, const char *glob, struct text *out,
                    struct error *err);

/** Explains an event ("dns.query"), a field ("dns.query.qname"), a plugin or a script, whichever
 * has that name. */
bool listing_describe(const struct registry *registry, const struct plugin_set *plugins,
                      const char *name, struct text *out, struct error *err);
