// SPDX-License-Identifier: MIT OR Apache-2.0
/** One run: from the list of inputs to the last row of output.
 *
 * Reading, decode, the worker's stages, analyses and output, tied together by batches. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "app/config.h"
#include "base/error.h"
#include "sink/output.h"

struct run_options {
    const char *const *inputs;
    uint32_t input_count;
    const char *const *scripts; /**< -s, resolved to paths */
    uint32_t script_count;
    const char *const *plugins; /**< -p: names or paths */
    uint32_t plugin_count;
    const char *const *fields; /**< -T: "dns.query.qname" or "dns.qname", one each */
    uint32_t field_count;
    const char *const *arg_keys; /**< -A */
    const char *const *arg_values;
    uint32_t arg_count;
    const struct config *config;
    struct output_options output;
    uint64_t skip;
    uint64_t count;
    bool strict;
    bool keep_going;
    bool trust;
    bool profile;
    bool quiet;
};

/** @return the process exit status (API section 1); every error has been reported on stderr */
int run(const struct run_options *options);
