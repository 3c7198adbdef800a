// SPDX-License-Identifier: MIT OR Apache-2.0
/** Script errors: reported once per place with script, line, event and packet, counted after that.
 *
 * The message handler is cheap for a place that was seen before, so that a handler which fails on
 * every event costs little more than the error itself. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#include "base/text.h"

struct fault {
    int line; /**< in the script; 0 if unknown */
    uint64_t count;
};

/** The places of one script that were told already, shared by its instances. Any thread. */
struct fault_told;

struct fault_told *fault_told_new(void);
void fault_told_free(struct fault_told *told);

enum { FAULT_CAP = 1024 }; /**< places told apart; errors elsewhere are counted together */

struct fault_list {
    const char *script;      /**< its name in messages; borrowed */
    struct fault_told *told; /**< borrowed; NULL: there is one instance */
    struct fault *items;
    size_t count;
    size_t cap;
    uint64_t others;
    struct text message;   /**< of the last error at a new place: the sentence */
    struct text traceback; /**< and the script's lines that led to it */
    int line;              /**< of the last error */
    bool fresh;            /**< the last error was at a new place, which no instance has told yet */
};

void fault_list_init(struct fault_list *list, const char *script, struct fault_told *told);
void fault_list_fini(struct fault_list *list);

/** Pushes the message handler for state_call. */
void fault_push_handler(struct fault_list *list, lua_State *L);
/** An error that reaches no message handler, such as memory running out. */
void fault_note(struct fault_list *list, const char *message);
/** The line of the script that is running, as seen from a C function; 0 if none is. */
int fault_line(const struct fault_list *list, lua_State *L);
/** Forgets the counts, not what was told: another instance counts the same errors. */
void fault_list_clear(struct fault_list *list);
/** Adds the counts of another instance's list. */
void fault_list_merge(struct fault_list *into, const struct fault_list *from);
/** One line on stderr per place that failed more than once. */
void fault_tell_repeats(const struct fault_list *list);
