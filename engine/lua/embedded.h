// SPDX-License-Identifier: MIT OR Apache-2.0
/** The Lua modules of bindings/palua and the cdef, as the build put them into the library.
 * Constant, any thread. */
#pragma once

#include <stddef.h>

struct embedded_module {
    const char *name; /**< "palua.loader", or "cdef" */
    const unsigned char *data;
    size_t size; /**< bytes, without the NUL that follows them */
};

/** Ends with an entry without a name. */
extern const struct embedded_module embedded_modules[];
