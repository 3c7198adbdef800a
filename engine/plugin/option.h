// SPDX-License-Identifier: MIT OR Apache-2.0
/** The type of a plugin's option, seen from its default, and the check of a value against it. Pure,
 * any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <palua/plugin.h>

#include "base/error.h"

enum option_type { OPTION_TEXT, OPTION_INTEGER, OPTION_NUMBER, OPTION_BOOLEAN };

enum option_type option_type(const struct palua_option *option);

/** Whether `value` is of the option's type and within its bounds.
 * @param plugin  whose option it is, for the message */
bool option_check(const struct palua_option *option, const char *plugin, const char *value,
                  struct error *err);

/** Of a checked value: an integer, or 1 and 0 for a boolean; 0 for anything else. */
int64_t option_integer(const char *value);
/** Of a checked value; 0 if it is no number. */
double option_number(const char *value);
