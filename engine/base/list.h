// SPDX-License-Identifier: MIT OR Apache-2.0
/** A growable list of borrowed strings. One thread at a time. */
#pragma once

#include <stddef.h>

struct string_list {
    const char **items;
    size_t count;
    size_t cap;
};
