// SPDX-License-Identifier: MIT OR Apache-2.0
/** A plugin made with the headers of a later palua, of which nothing but the ABI number may be
 * read. */
#include <palua/plugin.h>

static const struct palua_plugin plugin = {.abi = PALUA_PLUGIN_ABI + 1};

PALUA_PLUGIN(plugin)
