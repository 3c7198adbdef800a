// SPDX-License-Identifier: MIT OR Apache-2.0
#include "lua/fault.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { FAULT_DEPTH = 16 }; /**< lines of a traceback */

struct fault_told {
    pthread_mutex_t lock;
    int lines[FAULT_CAP];
    size_t count;
};

struct fault_told *fault_told_new(void)
{
    struct fault_told *told = memory_zalloc(1, sizeof *told);
    pthread_mutex_init(&told->lock, NULL);
    return told;
}

void fault_told_free(struct fault_told *told)
{
    if (!told)
        return;
    pthread_mutex_destroy(&told->lock);
    memory_free(told);
}

/** Notes that a place is told now. @return false if it was told already, or there are too many */
static bool tell_first(struct fault_told *told, int line)
{
    pthread_mutex_lock(&told->lock);
    size_t at = 0;
    while (at < told->count && told->lines[at] != line)
        at++;
    bool first = at == told->count && at < FAULT_CAP;
    if (first)
        told->lines[told->count++] = line;
    pthread_mutex_unlock(&told->lock);
    return first;
}

void fault_list_init(struct fault_list *list, const char *script, struct fault_told *told)
{
    *list = (struct fault_list){.script = script, .told = told};
    text_init(&list->message);
    text_init(&list->traceback);
}

void fault_list_fini(struct fault_list *list)
{
    memory_free(list->items);
    text_fini(&list->message);
    text_fini(&list->traceback);
}

static bool is_script(const struct fault_list *list, const lua_Debug *frame)
{
    return frame->source[0] == '@' && strcmp(frame->source + 1, list->script) == 0;
}

/** The script's innermost frame from `level` on; -1 if there is none. */
static int script_level(const struct fault_list *list, lua_State *L, int level, lua_Debug *frame)
{
    for (; lua_getstack(L, level, frame); level++) {
        lua_getinfo(L, "Sl", frame);
        if (is_script(list, frame))
            return level;
    }
    return -1;
}

int fault_line(const struct fault_list *list, lua_State *L)
{
    lua_Debug frame;
    return script_level(list, L, 0, &frame) < 0 ? 0 : frame.currentline;
}

/** Counts an error at a line. @return whether it is the first there, in any instance */
static bool count(struct fault_list *list, int line)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].line == line) {
            list->items[i].count++;
            return false;
        }
    if (list->count == FAULT_CAP) {
        list->others++;
        return false;
    }
    list->items = memory_grow(list->items, &list->cap, list->count + 1, sizeof *list->items);
    list->items[list->count++] = (struct fault){.line = line, .count = 1};
    return !list->told || tell_first(list->told, line);
}

/** Skips "name:12: " where `name` is the script's or one of palua's own modules. */
static const char *without_place(const struct fault_list *list, const char *message)
{
    const char *at = message;
    size_t len = strlen(list->script);
    if (strncmp(at, list->script, len) == 0)
        at += len;
    else if (strncmp(at, "palua.", 6) == 0 || strncmp(at, "...", 3) == 0)
        at += strcspn(at, ":");
    else
        return message;
    size_t digits = *at == ':' ? strspn(at + 1, "0123456789") : 0;
    if (!digits || strncmp(at + 1 + digits, ": ", 2) != 0)
        return message;
    return at + digits + 3;
}

/** What a function is called says something only if the script called it. */
static void add_frame(struct fault_list *list, lua_State *L, int level, lua_Debug *frame)
{
    lua_Debug caller;
    bool known = lua_getstack(L, level + 1, &caller) && lua_getinfo(L, "S", &caller) &&
                 is_script(list, &caller);
    lua_getinfo(L, "n", frame);
    text_add_format(&list->traceback, "    %s:%d", list->script, frame->currentline);
    if (frame->name && known)
        text_add_format(&list->traceback, " in function '%s'", frame->name);
    else
        text_add_format(&list->traceback, " in the function at line %d", frame->linedefined);
    text_add_char(&list->traceback, '\n');
}

static void trace_back(struct fault_list *list, lua_State *L)
{
    lua_Debug frame;
    int level = 0;
    text_clear(&list->traceback);
    for (int i = 0; i < FAULT_DEPTH; i++, level++) {
        level = script_level(list, L, level, &frame);
        if (level < 0)
            return;
        add_frame(list, L, level, &frame);
    }
}

static void set_message(struct fault_list *list, const char *message)
{
    text_clear(&list->message);
    text_add_safe(&list->message, message, strlen(message));
    if (!list->message.len)
        text_add_str(&list->message, "an error without a text was raised");
}

/** The line of an error that was raised in a coroutine and carried on from there: its message
 * begins with the place. */
static int line_of_message(const struct fault_list *list, const char *message)
{
    size_t len = strlen(list->script);
    if (!message || strncmp(message, list->script, len) != 0 || message[len] != ':')
        return 0;
    return (int)strtol(message + len + 1, NULL, 10);
}

/** Runs where the error was raised, so that the stack can still be read. */
static int on_error(lua_State *L)
{
    struct fault_list *list = lua_touserdata(L, lua_upvalueindex(1));
    list->line = fault_line(list, L);
    if (!list->line)
        list->line = line_of_message(list, lua_tostring(L, 1));
    list->fresh = count(list, list->line);
    if (!list->fresh)
        return 1;
    const char *message = lua_tostring(L, 1);
    set_message(list,
                message ? without_place(list, message) : "an error that is no text was raised");
    trace_back(list, L);
    return 1;
}

void fault_push_handler(struct fault_list *list, lua_State *L)
{
    lua_pushlightuserdata(L, list);
    lua_pushcclosure(L, on_error, 1);
}

void fault_note(struct fault_list *list, const char *message)
{
    list->line = 0;
    list->fresh = count(list, 0);
    set_message(list, message);
    text_clear(&list->traceback);
}

void fault_list_clear(struct fault_list *list)
{
    list->count = 0;
    list->others = 0;
}

static void add_count(struct fault_list *list, const struct fault *fault)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].line == fault->line) {
            list->items[i].count += fault->count;
            return;
        }
    if (list->count == FAULT_CAP) {
        list->others += fault->count;
        return;
    }
    list->items = memory_grow(list->items, &list->cap, list->count + 1, sizeof *list->items);
    list->items[list->count++] = *fault;
}

void fault_list_merge(struct fault_list *into, const struct fault_list *from)
{
    for (size_t i = 0; i < from->count; i++)
        add_count(into, &from->items[i]);
    into->others += from->others;
}

/** Line 0 is no place: an error that came from none of the script's lines. */
static void tell_repeat(const char *script, const struct fault *fault)
{
    unsigned long long more = (unsigned long long)fault->count - 1;
    fprintf(stderr, "palua: %s", script);
    if (fault->line)
        fprintf(stderr, ":%d", fault->line);
    fprintf(stderr, ": %llu more error%s here\n", more, more == 1 ? "" : "s");
}

void fault_tell_repeats(const struct fault_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].count > 1)
            tell_repeat(list->script, &list->items[i]);
    if (list->others)
        fprintf(stderr, "palua: %s: %llu more errors elsewhere\n", list->script,
                (unsigned long long)list->others);
}
