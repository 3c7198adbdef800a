// SPDX-License-Identifier: MIT OR Apache-2.0
/** Whether a plugin's descriptor keeps the contract of palua/plugin.h: checked once at load, so
 * that nothing after that needs to. Pure, any thread. */
#pragma once

#include <stdbool.h>

#include <palua/plugin.h>

#include "base/error.h"

/** @param where  what to name in the message: a path, or "bundled" */
bool plugin_check(const struct palua_plugin *plugin, const char *where, struct error *err);

/** The ABI number and the size, which must fit before anything else may be read. */
bool plugin_check_abi(const struct palua_plugin *plugin, const char *where, struct error *err);
