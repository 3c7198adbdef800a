// SPDX-License-Identifier: MIT OR Apache-2.0
#include "app/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/nearest.h"
#include "run/setup.h"

/** Values of options that have no letter. */
enum long_only {
    OPTION_BATCH = 256,
    OPTION_SKIP,
    OPTION_COUNT,
    OPTION_STRICT,
    OPTION_KEEP_GOING,
    OPTION_TRUST,
    OPTION_PROFILE,
    OPTION_EXPLAIN,
    OPTION_CHECK,
    OPTION_PROGRESS,
    OPTION_LIST_PLUGINS,
    OPTION_LIST_EVENTS,
    OPTION_DESCRIBE,
    OPTION_VERSION,
    OPTION_JSON,
    OPTION_EACH
};

struct option_entry {
    const char *name;
    int value;    /**< the letter, or an enum long_only */
    int argument; /**< no_argument, required_argument, optional_argument */
    const char *placeholder;
    const char *help;
};

static const struct option_entry entries[] = {
    {"read", 'r', required_argument, "FILE", "read FILE (as in tcpdump); the same as naming it"},
    {"script", 's', required_argument, "FILE",
     "run a Lua analysis: a path, or a bundled script's name; repeatable"},
    {"plugins", 'p', required_argument, "NAME[,NAME…]",
     "run plugins, by name or by path (.so, .lua)"},
    {"fields", 'T', required_argument, "EVENT.FIELD,…", "print fields, one line per event"},
    {"filter", 'f', required_argument, "BPF",
     "leave out packets that do not match, as in tcpdump; numbers stay the file's own"},
    {"where", 'Y', required_argument, "FILTER",
     "of the events that -T names, print those the filter holds for, as tshark's -Y"},
    {"arg", 'A', required_argument, "KEY=VALUE", "set an option that a script or plugin declares"},
    {"config", 'c', required_argument, "FILE", "configuration, a Lua table (see conf/palua.lua)"},
    {"output", 'o', required_argument, "FMT[=PATH]",
     "table, json, csv, tsv or zeek, to stdout or to PATH; zeek=DIR: a log each"},
    {"output-dir", 'O', required_argument, "DIR",
     "where scripts may write files; made if it is not there"},
    {"jobs", 'j', required_argument, "N",
     "threads; 0 (default): as many as pay off; results never depend on N"},
    {"batch", OPTION_BATCH, required_argument, "N", "packets per batch (for tests)"},
    {"skip", OPTION_SKIP, required_argument, "N",
     "leave out the first N packets; numbers stay the file's own"},
    {"count", OPTION_COUNT, required_argument, "N", "stop after N packets"},
    {"each", OPTION_EACH, no_argument, NULL, "every file on its own; results get a column file"},
    {"strict", OPTION_STRICT, no_argument, NULL,
     "stop at the first script error or capture damage"},
    {"keep-going", OPTION_KEEP_GOING, no_argument, NULL, "exit 0 in spite of script errors"},
    {"trust", OPTION_TRUST, no_argument, NULL, "run scripts without the sandbox"},
    {"explain", OPTION_EXPLAIN, no_argument, NULL,
     "say what would run, and because of which line; then exit"},
    {"check", OPTION_CHECK, no_argument, NULL,
     "run several times, with odd batch sizes and thread counts, and compare"},
    {"profile", OPTION_PROFILE, no_argument, NULL,
     "report per handler: events, ns/event, compiled or not"},
    {"progress", OPTION_PROGRESS, required_argument, "WHEN", "auto, always or never"},
    {"quiet", 'q', no_argument, NULL, "no summary line"},
    {"list-plugins", OPTION_LIST_PLUGINS, no_argument, NULL, "list the bundled plugins"},
    {"list-events", OPTION_LIST_EVENTS, optional_argument, "GLOB",
     "list the events scripts can see"},
    {"describe", OPTION_DESCRIBE, required_argument, "NAME",
     "explain an event, a plugin or a script"},
    {"json", OPTION_JSON, no_argument, NULL, "info: a JSON object per file"},
    {"help", 'h', no_argument, NULL, "this text"},
    {"version", OPTION_VERSION, no_argument, NULL, "the version"},
};

enum { ENTRY_COUNT = sizeof entries / sizeof entries[0] };

void options_help(struct text *out)
{
    text_add_str(out, "palua: analyse network captures with Lua\n\n"
                      "usage: palua [options] [FILE|DIR|-]...\n"
                      "       palua info [--json] [--strict] FILE|DIR|-...\n\n");
    for (size_t i = 0; i < ENTRY_COUNT; i++) {
        const struct option_entry *entry = &entries[i];
        size_t start = out->len;
        if (entry->value < OPTION_BATCH)
            text_add_format(out, "  -%c, --%s", entry->value, entry->name);
        else
            text_add_format(out, "      --%s", entry->name);
        if (entry->placeholder)
            text_add_format(out, entry->argument == optional_argument ? " [%s]" : " %s",
                            entry->placeholder);
        // "…" is three bytes and one column wide.
        size_t width =
            out->len - start - (entry->placeholder && strstr(entry->placeholder, "…") ? 2 : 0);
        text_add_format(out, "%*s%s\n", width < 34 ? (int)(34 - width) : 1, "", entry->help);
    }
    text_add_str(out, "\nexit status: 0 fine; 1 a script or plugin failed; 2 usage; 3 a capture "
                      "was damaged or cut\n"
                      "short; 4 cannot read or write\n");
}

static void list_add(struct string_list *list, const char *item)
{
    list->items = memory_grow(list->items, &list->cap, list->count + 1, sizeof *list->items);
    list->items[list->count++] = item;
}

static bool parse_count(const char *name, const char *value, uint64_t *out, struct error *err)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(value, &end, 10);
    if (errno || end == value || *end || value[0] == '-')
        return error_set(err, ERROR_USAGE, NULL, "--%s: got '%s', expected a whole number", name,
                         value);
    *out = number;
    return true;
}

static bool parse_jobs(const char *value, uint64_t *out, struct error *err)
{
    if (!parse_count("jobs", value, out, err))
        return false;
    return *out <= WORKER_CAP ||
           error_set(err, ERROR_USAGE, NULL, "--jobs: got %s, expected 0 to %d threads", value,
                     WORKER_CAP);
}

static bool parse_output(struct options *options, char *value, struct error *err)
{
    static const char *const names[] = {[OUTPUT_TABLE] = "table",
                                        [OUTPUT_JSON] = "json",
                                        [OUTPUT_CSV] = "csv",
                                        [OUTPUT_TSV] = "tsv",
                                        [OUTPUT_ZEEK] = "zeek"};
    char *path = strchr(value, '=');
    if (path)
        *path++ = '\0';
    options->output_path = path;
    options->format_chosen = true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(value, names[i]) == 0) {
            options->format = (enum output_format)i;
            return path == NULL || *path != '\0' ||
                   error_set(err, ERROR_USAGE, NULL, "-o %s=: expected a path behind the =", value);
        }
    return error_set(err, ERROR_USAGE, NULL, "-o: got '%s', expected table, json, csv, tsv or zeek",
                     value);
}

static bool parse_arg(struct options *options, char *value, struct error *err)
{
    char *equals = strchr(value, '=');
    if (!equals || equals == value)
        return error_set(err, ERROR_USAGE, NULL, "-A: got '%s', expected KEY=VALUE", value);
    *equals = '\0';
    list_add(&options->arg_keys, value);
    list_add(&options->arg_values, equals + 1);
    return true;
}

/** Splits "a,b,c" in place; an empty item is a slip worth telling. */
static bool parse_list(struct string_list *list, const char *name, char *value, struct error *err)
{
    for (char *item = value, *next; item; item = next) {
        next = strchr(item, ',');
        if (next)
            *next++ = '\0';
        if (!*item)
            return error_set(err, ERROR_USAGE, NULL,
                             "--%s: got an empty name, expected NAME[,NAME…]", name);
        list_add(list, item);
    }
    return true;
}

static bool parse_progress(struct options *options, const char *value, struct error *err)
{
    if (strcmp(value, "auto") == 0)
        options->progress = PROGRESS_AUTO;
    else if (strcmp(value, "always") == 0)
        options->progress = PROGRESS_ALWAYS;
    else if (strcmp(value, "never") == 0)
        options->progress = PROGRESS_NEVER;
    else
        return error_set(err, ERROR_USAGE, NULL,
                         "--progress: got '%s', expected auto, always or never", value);
    return true;
}

static void set_action(struct options *options, enum option_action action, const char *subject)
{
    options->action = action;
    options->subject = subject;
}

static bool parse_one(struct options *options, int value, char *argument, struct error *err)
{
    switch (value) {
    case 'r':
        list_add(&options->inputs, argument);
        return true;
    case 's':
        list_add(&options->scripts, argument);
        return true;
    case 'p':
        return parse_list(&options->plugins, "plugins", argument, err);
    case 'T':
        return parse_list(&options->fields, "fields", argument, err);
    case 'A':
        return parse_arg(options, argument, err);
    case 'f':
        options->filter = argument;
        return true;
    case 'Y':
        options->where = argument;
        return true;
    case 'c':
        options->config_path = argument;
        return true;
    case 'O':
        options->output_dir = argument;
        return true;
    case 'o':
        return parse_output(options, argument, err);
    case 'j':
        return parse_jobs(argument, &options->jobs, err);
    case OPTION_BATCH:
        return parse_count("batch", argument, &options->batch, err);
    case OPTION_SKIP:
        return parse_count("skip", argument, &options->skip, err);
    case OPTION_COUNT:
        return parse_count("count", argument, &options->count, err);
    case OPTION_STRICT:
        options->strict = true;
        return true;
    case OPTION_KEEP_GOING:
        options->keep_going = true;
        return true;
    case OPTION_TRUST:
        options->trust = true;
        return true;
    case OPTION_PROFILE:
        options->profile = true;
        return true;
    case OPTION_CHECK:
        options->check = true;
        return true;
    case OPTION_EXPLAIN:
        options->explain = true;
        return true;
    case OPTION_PROGRESS:
        return parse_progress(options, argument, err);
    case 'q':
        options->quiet = true;
        return true;
    case OPTION_LIST_PLUGINS:
        set_action(options, ACTION_LIST_PLUGINS, NULL);
        return true;
    case OPTION_LIST_EVENTS:
        set_action(options, ACTION_LIST_EVENTS, argument);
        return true;
    case OPTION_DESCRIBE:
        set_action(options, ACTION_DESCRIBE, argument);
        return true;
    case OPTION_EACH:
        options->each = true;
        return true;
    case OPTION_JSON:
        options->json = true;
        return true;
    case 'h':
        set_action(options, ACTION_HELP, NULL);
        return true;
    default:
        set_action(options, ACTION_VERSION, NULL);
        return true;
    }
}

static bool unknown_option(const char *given, struct error *err)
{
    const char *names[ENTRY_COUNT];
    for (size_t i = 0; i < ENTRY_COUNT; i++)
        names[i] = entries[i].name;
    char name[64] = "";
    if (strncmp(given, "--", 2) == 0)
        strncat(name, given + 2,
                strcspn(given + 2, "=") < sizeof name ? strcspn(given + 2, "=") : sizeof name - 1);
    const char *near = nearest(name, names, ENTRY_COUNT);
    if (near)
        return error_set(err, ERROR_USAGE, NULL, "unknown option '%s'; did you mean --%s?", given,
                         near);
    return error_set(err, ERROR_USAGE, NULL, "unknown option '%s'; --help lists all", given);
}

/** "s:p:…" and the long table, from the list above. A leading ':' tells a missing argument from an
 * unknown option. */
static void make_getopt(char *letters, struct option *longs)
{
    *letters++ = ':';
    for (size_t i = 0; i < ENTRY_COUNT; i++) {
        longs[i] = (struct option){entries[i].name, entries[i].argument, NULL, entries[i].value};
        if (entries[i].value >= OPTION_BATCH)
            continue;
        *letters++ = (char)entries[i].value;
        if (entries[i].argument == required_argument)
            *letters++ = ':';
    }
    *letters = '\0';
    longs[ENTRY_COUNT] = (struct option){0};
}

/** `palua info FILE…`: the word stands where the first input does; a file of that name is ./info.
 */
static bool take_command(struct options *options, struct error *err)
{
    struct string_list *inputs = &options->inputs;
    bool named =
        options->action == ACTION_RUN && inputs->count > 0 && strcmp(inputs->items[0], "info") == 0;
    if (!named && options->json)
        return error_set(err, ERROR_USAGE, NULL,
                         "--json: expected palua info FILE; for results there is -o json");
    if (!named)
        return true;
    options->action = ACTION_INFO;
    inputs->count--;
    memmove(inputs->items, inputs->items + 1, inputs->count * sizeof *inputs->items);
    return true;
}

/** --list-events takes its glob as the next word too, when there is one. */
static void take_subject(struct options *options)
{
    if (options->action == ACTION_LIST_EVENTS && !options->subject && options->inputs.count > 0)
        options->subject = options->inputs.items[0];
}

bool options_parse(struct options *options, int argc, char **argv, struct error *err)
{
    char letters[2 * ENTRY_COUNT + 2];
    struct option longs[ENTRY_COUNT + 1];
    *options = (struct options){0};
    make_getopt(letters, longs);
    opterr = 0;
    optind = 1;
    for (;;) {
        int at = optind;
        int value = getopt_long(argc, argv, letters, longs, NULL);
        if (value == -1)
            break;
        if (value == ':')
            return error_set(err, ERROR_USAGE, NULL, "%s: expected a value behind it",
                             argv[optind - 1]);
        if (value == '?')
            return unknown_option(argv[at], err);
        if (!parse_one(options, value, optarg, err))
            return false;
    }
    for (int i = optind; i < argc; i++)
        list_add(&options->inputs, argv[i]);
    take_subject(options);
    return take_command(options, err);
}

void options_fini(struct options *options)
{
    struct string_list *lists[] = {&options->inputs, &options->scripts,  &options->plugins,
                                   &options->fields, &options->arg_keys, &options->arg_values};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        memory_free(lists[i]->items);
    *options = (struct options){0};
}
