// SPDX-License-Identifier: MIT OR Apache-2.0
#include <palua/palua.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/info.h"
#include "app/listing.h"
#include "app/options.h"
#include "config/config.h"
#include "run/check.h"
#include "run/each.h"
#include "run/run.h"

const char *palua_version(void)
{
    return PALUA_VERSION;
}

static int fail(const struct error *err)
{
    error_tell(err);
    return error_status(err->code);
}

/** Writes a text to stdout; a reader that went away is fine. */
static bool show(const struct text *text, struct error *err)
{
    bool ok = !text->len || fwrite(text->data, 1, text->len, stdout) == text->len;
    if ((fflush(stdout) == 0 && ok) || errno == EPIPE)
        return true;
    return error_set(err, ERROR_UNREADABLE, "stdout", "writing failed: %s", strerror(errno));
}

static bool list(const struct options *options, struct text *out, struct error *err)
{
    struct registry *registry = registry_new();
    struct plugin_set *plugins = plugin_set_new(registry, err);
    bool ok = plugins != NULL;
    for (size_t i = 0; ok && i < options->plugins.count; i++)
        if (strstr(options->plugins.items[i], ".so"))
            ok = plugin_set_load(plugins, options->plugins.items[i], err);
    if (ok && options->action == ACTION_LIST_PLUGINS)
        listing_plugins(plugins, out);
    else if (ok && options->action == ACTION_LIST_EVENTS)
        ok = listing_events(registry, options->subject, out, err);
    else if (ok)
        ok = listing_describe(registry, plugins, options->subject, out, err);
    if (plugins)
        plugin_set_free(plugins);
    registry_free(registry);
    return ok;
}

static int tell(const struct options *options)
{
    struct text out;
    struct error err = {0};
    bool ok = true;
    text_init(&out);
    if (options->action == ACTION_HELP)
        options_help(&out);
    else if (options->action == ACTION_VERSION)
        text_add_format(&out, "palua %s\n", PALUA_VERSION);
    else
        ok = list(options, &out, &err);
    ok = ok && show(&out, &err);
    text_fini(&out);
    return ok ? 0 : fail(&err);
}

static bool wants_progress(const struct options *options)
{
    return options->progress == PROGRESS_ALWAYS ||
           (options->progress == PROGRESS_AUTO && !options->quiet && isatty(STDERR_FILENO));
}

static int analyse(const struct options *options)
{
    struct run_options run_options = {
        .inputs = options->inputs,
        .scripts = options->scripts,
        .plugins = options->plugins,
        .fields = options->fields,
        .arg_keys = options->arg_keys,
        .arg_values = options->arg_values,
        .output_dir = options->output_dir,
        .config_path = options->config_path,
        .filter = options->filter,
        .where = options->where,
        .batch = options->batch,
        .jobs = options->jobs,
        .output = {.format = options->format,
                   .path = options->output_path,
                   .terminal = !options->output_path && isatty(STDOUT_FILENO)},
        .skip = options->skip,
        .count = options->count,
        .strict = options->strict,
        .keep_going = options->keep_going,
        .trust = options->trust,
        .profile = options->profile,
        .explain = options->explain,
        .quiet = options->quiet,
        .progress = wants_progress(options),
    };
    int (*how)(const struct run_options *) = options->each ? run_each : run;
    return options->check ? run_check(&run_options, how) : how(&run_options);
}

static int look(const struct options *options)
{
    struct info_options info_options = {
        .inputs = options->inputs, .json = options->json, .strict = options->strict};
    return info(&info_options);
}

/** A standard stream that the caller closed would be the number of the next file opened, and
 * messages would be written into a result. The placeholder is opened the wrong way round, so that
 * its use fails as that of a closed one does. */
static void hold_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) == -1 &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) == -1)
            return; // nothing better can be done, and nowhere to say so
}

/** What is to be read: something, and standard input, which can be read once, not twice. */
static bool check_inputs(const struct string_list *inputs, struct error *err)
{
    unsigned standard = 0;
    for (size_t i = 0; i < inputs->count; i++)
        standard += strcmp(inputs->items[i], "-") == 0;
    if (!inputs->count)
        return error_set(
            err, ERROR_USAGE, NULL,
            "no input: expected a capture FILE, or - for standard input; --help shows how");
    if (standard > 1)
        return error_set(err, ERROR_USAGE, NULL,
                         "got - as %u inputs, expected it once: standard input can be read once",
                         standard);
    return true;
}

int palua_main(int argc, char **argv)
{
    struct options options;
    struct error err = {0};
    hold_standard_streams();
    signal(SIGPIPE, SIG_IGN);
    bool parsed = options_parse(&options, argc, argv, &err);
    bool reads = options.action == ACTION_RUN || options.action == ACTION_INFO;
    if (parsed && reads)
        parsed = check_inputs(&options.inputs, &err);
    int status = !parsed                         ? fail(&err)
                 : options.action == ACTION_INFO ? look(&options)
                 : options.action == ACTION_RUN  ? analyse(&options)
                                                 : tell(&options);
    options_fini(&options);
    return status;
}
