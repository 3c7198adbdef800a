// SPDX-License-Identifier: MIT OR Apache-2.0
/** Everything a run consists of, put together from its options before the first packet.
 *
 * Order matters: plugins declare events, scripts and -T say what they want of them, and only then
 * the stages that are needed start. */
#pragma once

#include <stdbool.h>

#include "app/config.h"
#include "capture/capture.h"
#include "decode/decode.h"
#include "defrag/defrag.h"
#include "event/interest.h"
#include "plugin/analysis.h"
#include "plugin/plugin.h"
#include "run/run.h"
#include "run/worker.h"
#include "sink/output.h"

struct setup {
    const struct run_options *options;
    struct config config;
    struct registry *registry;
    struct plugin_set *plugins;
    struct interest *interest;
    struct decoder *decoder;
    struct defrag *defrag;      /**< NULL: nobody needs whole datagrams */
    struct analysis **analyses; /**< load order */
    size_t analysis_count;
    size_t analysis_cap;
    bool *scripts;  /**< which analyses are Lua scripts */
    bool *arg_used; /**< which -A were taken by somebody */
    struct worker *worker;
    struct batch_pool *batches;
    struct capture *capture;
    struct output *output;
};

/** @return false with the first thing that is wrong; call setup_fini either way */
bool setup_init(struct setup *setup, const struct run_options *options, struct error *err);
void setup_fini(struct setup *setup);
