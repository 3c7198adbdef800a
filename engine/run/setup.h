// SPDX-License-Identifier: MIT OR Apache-2.0
/** Everything a run consists of, put together from its options before the first packet.
 *
 * Order matters: plugins declare events, scripts and -T say what they want of them, and only then
 * the stages that are needed start. */
#pragma once

#include <stdbool.h>

#include "capture/capture.h"
#include "capture/filter.h"
#include "config/config.h"
#include "decode/decode.h"
#include "defrag/defrag.h"
#include "event/interest.h"
#include "plugin/analysis.h"
#include "plugin/plugin.h"
#include "run/run.h"
#include "run/warden.h"
#include "run/worker.h"
#include "shard/deal.h"
#include "sink/output.h"

enum { WORKER_CAP = EVENT_KEY_PART_CAP }; /**< threads of a run */

enum group_kind { GROUP_SCRIPT, GROUP_NATIVE, GROUP_FIELDS };

/** One analysis and its instances: one per worker, or one that sees everything. Each instance reads
 * what its worker made as soon as that is made, or, where `waits`, what all workers made. */
struct analysis_group {
    enum group_kind kind;
    const char *name;
    uint32_t plugin; /**< GROUP_NATIVE: its number in the set */
    uint32_t order;  /**< load order */
    enum palua_partition partition;
    bool waits;
    struct fault_told *told; /**< GROUP_SCRIPT: errors that were reported */
    struct analysis **instances;
    uint32_t count;
    struct analysis *merged; /**< the instance that has what all gathered; NULL before the end */
};

/** An instance of an analysis that waits for all workers. */
struct analysis_lane {
    struct analysis *instance;
    struct part_range parts;
};

struct setup {
    const struct run_options *options;
    struct config config;
    uint64_t input_size; /**< bytes of the files among the inputs */
    bool files_only;     /**< no input is a pipe */
    struct registry *registry;
    struct plugin_set *plugins;
    struct interest *interest;
    struct decoder *decoder;
    struct defrag *defrag;         /**< NULL: nobody needs whole datagrams */
    struct analysis_group *groups; /**< load order */
    size_t group_count;
    size_t group_cap;
    struct analysis_lane *lanes; /**< the instances of groups that wait */
    uint32_t lane_count;
    struct deal deals[PART_DEALT_CAP]; /**< what workers deal out; without kinds: nothing */
    bool *arg_used;                    /**< which -A were taken by somebody */
    struct filter_gate gates[EVENT_ENGINE_COUNT]; /**< of events of packets */
    struct worker **workers;
    uint32_t worker_count; /**< threads too */
    struct batch_pool *batches;
    uint32_t batch_count;
    struct filter *filter; /**< NULL: all packets */
    struct logs *logs;     /**< streams that scripts declare */
    struct capture *capture;
    struct output *output;
    struct warden *warden; /**< of the run */
    struct duty *loading;  /**< while scripts are loaded */
};

/** @param setup  zeroed, but for `warden` and `loading`
 * @return false with the first thing that is wrong; call setup_fini either way */
bool setup_init(struct setup *setup, const struct run_options *options, struct error *err);
void setup_fini(struct setup *setup);

/** The sum over all workers, after the last batch. */
void setup_worker_totals(const struct setup *setup, struct worker_totals *out);
