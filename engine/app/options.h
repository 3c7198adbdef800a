// SPDX-License-Identifier: MIT OR Apache-2.0
/** The command line: from argv to what is to be run.
 *
 * One list of options makes the parser, --help and the "did you mean" of unknown options. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/list.h"
#include "base/text.h"
#include "sink/output.h"

enum option_action {
    ACTION_RUN,
    ACTION_HELP,
    ACTION_VERSION,
    ACTION_LIST_PLUGINS,
    ACTION_LIST_EVENTS,
    ACTION_DESCRIBE,
    ACTION_INFO /**< of the inputs */
};

enum progress_mode { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER };

struct options {
    enum option_action action;
    const char *subject; /**< --list-events GLOB, --describe NAME */
    struct string_list inputs;
    struct string_list scripts;
    struct string_list plugins;
    struct string_list fields;
    struct string_list arg_keys;
    struct string_list arg_values;
    const char *output_dir; /**< -O */
    const char *config_path;
    const char *filter; /**< -f, NULL if none was given */
    const char *where;  /**< -Y, the same */
    enum output_format format;
    bool format_chosen;
    const char *output_path;
    uint64_t skip;
    uint64_t count;
    uint64_t batch; /**< 0: as configured */
    uint64_t jobs;
    enum progress_mode progress;
    bool strict;
    bool each; /**< a run per file */
    bool json; /**< of ACTION_INFO */
    bool keep_going;
    bool trust;
    bool profile;
    bool explain;
    bool check;
    bool quiet;
};

/** @return false on a usage error */
bool options_parse(struct options *options, int argc, char **argv, struct error *err);
void options_fini(struct options *options);
/** What --help prints. */
void options_help(struct text *out);
