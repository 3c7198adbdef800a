// SPDX-License-Identifier: MIT OR Apache-2.0
/** The Lua modules of bindings/palua and the cdef, as the build put them into the library
 * (cmake/embed.c). Constant, any thread. */
#pragma once

#include <stddef.h>

struct embedded_module {
    const char *name; /**< "palua.loader" */
    const unsigned char *text;
    size_t text_size;
    const unsigned char *code; /**< the same as bytecode of the LuaJIT called embedded_luajit */
    size_t code_size;
};

/** Ends with an entry without a name. */
extern const struct embedded_module embedded_modules[];
extern const char embedded_luajit[]; /**< jit.version; bytecode fits no other */
extern const char *const embedded_cdef;
extern const size_t embedded_cdef_size;
