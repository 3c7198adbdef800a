// SPDX-License-Identifier: MIT OR Apache-2.0
/** What went wrong in set-up or input, for the person at the terminal.
 *
 * Set-up and I/O functions return a status and fill a trailing `struct error *`. Packet paths never
 * use this: they report a fault code and an offset. The error owns its text; it holds no pointers.
 * Safe on any thread: an error belongs to its caller. */
#pragma once

#include <stdbool.h>

/** Code, name, exit status it leads to (API section 1), what it means: the one list the enum, the
 * manual's appendix and the tests come from. */
#define ERROR_LIST(X)                                                                              \
    X(NONE, "none", 0, "nothing went wrong")                                                       \
    X(USAGE, "usage", 2, "the command line, the configuration or a script's declaration is wrong") \
    X(UNREADABLE, "unreadable", 4,                                                                 \
      "an input cannot be opened or read, or its format is not supported")                         \
    X(FOREIGN, "foreign", 4, "an input is no capture")                                             \
    X(UNWRITABLE, "unwritable", 4, "an output cannot be created or written")                       \
    X(DAMAGED, "damaged", 3, "a capture is damaged or cut short; what came before was analysed")   \
    X(SCRIPT, "script", 1, "a script failed")                                                      \
    X(PLUGIN, "plugin", 1, "a plugin failed")                                                      \
    X(MEMORY, "memory", 4, "memory ran out")

enum error_code {
#define X(code, name, status, text) ERROR_##code,
    ERROR_LIST(X)
#undef X
        ERROR_COUNT
};

struct error {
    enum error_code code;
    char where[256]; /**< file, file:line or file@0xoffset; empty if nowhere in particular */
    char text[768];  /**< one sentence: what was got, what was expected, what to do */
};

/** Fills `err` (which may be NULL). Control bytes in the text are escaped, so that input quoted in
 * a message cannot reach a terminal raw. Always returns false, so that a caller can write `return
 * error_set(…)`. */
bool error_set(struct error *err, enum error_code code, const char *where, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** Writes the one line of an error to stderr. */
void error_tell(const struct error *err);

/** The stable name of a code, such as "damaged". */
const char *error_name(enum error_code code);

/** The process exit status that a code leads to. */
int error_status(enum error_code code);
