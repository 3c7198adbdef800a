// SPDX-License-Identifier: MIT OR Apache-2.0
#include "run/run.h"

#include <stdio.h>

#include "lua/script.h"
#include "run/counters.h"
#include "run/progress.h"
#include "run/setup.h"
#include "run/stages.h"
#include "run/summary.h"

static void report(const struct error *err)
{
    fprintf(stderr, "palua: %s%s%s\n", err->where, err->where[0] ? ": " : "", err->text);
}

/** What the instances of each analysis gathered comes together in the first one, which then prints
 * its results. */
static void finish(struct setup *setup)
{
    struct sheet sheet;
    sheet_init(&sheet, setup->output);
    for (size_t i = 0; i < setup->group_count; i++) {
        struct analysis **instances = setup->groups[i].instances;
        for (uint32_t k = 1; k < setup->groups[i].count; k++) {
            instances[0]->ops->merge(instances[0], instances[k]);
            instances[0]->report.errors += instances[k]->report.errors;
        }
        instances[0]->ops->finish(instances[0], setup->output, &sheet);
        output_write(setup->output, NULL, &sheet, 1);
    }
    sheet_fini(&sheet);
}

/** After finish. */
static uint64_t count_errors(const struct setup *setup)
{
    uint64_t errors = 0;
    for (size_t i = 0; i < setup->group_count; i++)
        errors += setup->groups[i].instances[0]->report.errors;
    return errors;
}

static void tell_profile(const struct setup *setup)
{
    struct text out;
    text_init(&out);
    for (size_t i = 0; i < setup->group_count; i++)
        if (setup->groups[i].kind == GROUP_SCRIPT)
            script_profile(setup->groups[i].instances[0], &out);
    if (out.len)
        fputs(out.data, stderr);
    text_fini(&out);
}

/** Only a datagram's first fragment has ports: a filter that asks for them loses the rest. */
static void tell_fragments(const struct setup *setup)
{
    struct filter_counters filter;
    filter_counters(setup->filter, &filter);
    if (filter.fragments)
        fprintf(
            stderr,
            "palua: -f left out %llu later fragments, which have no ports, and kept first ones; "
            "\"or (ip[6:2] & 0x1fff != 0) or ip6[6] = 44\" keeps them\n",
            (unsigned long long)filter.fragments);
}

static void tell_summary(const struct setup *setup, const struct stages_report *done,
                         int64_t started_ns)
{
    struct summary summary = {
        .file = setup->options->file,
        .anomalies = done->anomalies,
        .clock_jumps = done->clock_jumps,
        .errors = count_errors(setup),
        .damaged = done->damaged,
        .elapsed_ns = progress_now() - started_ns,
        .partial = done->stopped && !output_closed(setup->output),
    };
    struct text counters, line;
    text_init(&counters);
    text_init(&line);
    capture_totals(setup->capture, &summary.capture);
    setup_worker_totals(setup, &summary.worker);
    defrag_counters(setup->defrag, &summary.defrag);
    filter_counters(setup->filter, &summary.filter);
    summary.anomalies += summary.worker.anomalies;
    counters_text(setup, &counters);
    summary.counters = counters.data;
    summary_text(&summary, &line);
    fputs(line.data, stderr);
    text_fini(&counters);
    text_fini(&line);
}

/** 2, 4, 1, 3: the first that applies. */
static int exit_status(const struct setup *setup, const struct stages_report *done)
{
    if (done->usage)
        return 2;
    if (done->unreadable)
        return 4;
    if (count_errors(setup) && !setup->options->keep_going)
        return 1;
    return done->damaged ? 3 : 0;
}

/** @return the exit status, as far as the run decides it */
static int go(struct setup *setup, int64_t started_ns)
{
    const struct run_options *options = setup->options;
    struct progress progress;
    struct stages_report done;
    progress_start(&progress, setup->files_only ? setup->input_size : 0);
    struct stages *stages = stages_new(setup, &progress);
    stages_input(stages);
    stages_end(stages); // also when nobody reads the output any more: dissectors let go of flows
    progress_clear(&progress);
    finish(setup);
    stages_report(stages, &done);
    stages_free(stages);
    if (options->profile)
        tell_profile(setup);
    if (!options->quiet) {
        tell_fragments(setup);
        tell_summary(setup, &done, started_ns);
    }
    return exit_status(setup, &done);
}

/** A result that could not be written is an error of the run, and comes before all but wrong usage.
 */
static int close_output(struct output *output, int status)
{
    struct error err = {0};
    if (output_free(output, &err))
        return status;
    report(&err);
    return status == 2 ? status : error_status(err.code);
}

int run(const struct run_options *options)
{
    int64_t started_ns = progress_now();
    struct setup setup;
    struct error err = {0};
    int status;
    if (setup_init(&setup, options, &err)) {
        status = go(&setup, started_ns);
        if (!options->into)
            status = close_output(setup.output, status);
    } else {
        report(&err);
        status = error_status(err.code);
    }
    setup_fini(&setup);
    return status;
}
