// SPDX-License-Identifier: MIT OR Apache-2.0
/** One run: from the list of inputs to the last row of output.
 *
 * Reading, decode, the worker's stages, analyses and output, tied together by batches. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "sink/output.h"

struct run_options {
    struct string_list inputs;
    struct string_list scripts;  /**< -s, paths or names of bundled scripts */
    struct string_list plugins;  /**< -p: names or paths */
    struct string_list fields;   /**< -T: "dns.query.qname" or "dns.qname", one each */
    struct string_list arg_keys; /**< -A: "top", or "dns.pending_cap" for a plugin's option */
    struct string_list arg_values;
    const char *output_dir;  /**< -O: where scripts write files; NULL: nowhere */
    const char *config_path; /**< NULL: defaults */
    const char *filter;      /**< -f, a BPF expression; NULL: all packets */
    const char *where;       /**< -Y: which events -T prints; NULL: all */
    uint64_t batch;          /**< packets per batch; 0: as configured */
    uint64_t jobs;
    struct output_options output;
    struct output *into; /**< what results are written to, and stays open; NULL: as `output` says */
    const char *file;    /**< named in the summary line; NULL: none */
    uint64_t skip;
    uint64_t count;
    bool strict;
    bool keep_going;
    bool trust;
    bool profile;
    bool spoil;   /**< overwrite batches before they are used again */
    bool explain; /**< say what would run, to stdout, and do not run it */
    bool quiet;
    bool progress; /**< show progress on stderr */
};

/** @return the process exit status (API section 1); every error has been reported on stderr */
int run(const struct run_options *options);
