// SPDX-License-Identifier: MIT OR Apache-2.0
#include "run/run.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "lua/script.h"
#include "run/counters.h"
#include "run/explain.h"
#include "run/progress.h"
#include "run/setup.h"
#include "run/stages.h"
#include "run/summary.h"
#include "run/warden.h"

/** A run on its way: what was put together, and how far it is. */
struct running {
    struct setup setup;
    struct progress progress;
    struct stages *stages;
    struct warden *warden;
    struct duty *finishing;
    struct sheet sheet; /**< what is printed after the last batch */
    size_t finished;    /**< analyses whose results are shown */
    int64_t started_ns;
};

/** The instance that the others are merged into: the first that can still run `done`. */
static struct analysis *merge_into(const struct analysis_group *group)
{
    for (uint32_t i = 0; i < group->count; i++)
        if (!group->instances[i]->report.parked)
            return group->instances[i];
    return group->instances[0];
}

/** What the instances of an analysis gathered comes together in one, which then prints its results.
 */
static void finish_group(struct running *running, struct analysis_group *group)
{
    struct output *output = running->setup.output;
    struct analysis *into = group->merged ? group->merged : merge_into(group);
    for (uint32_t i = 0; i < group->count && !group->merged; i++) {
        struct analysis *from = group->instances[i];
        if (from == into)
            continue;
        into->ops->merge(into, from);
        into->report.errors += from->report.errors;
        into->report.anomalies += from->report.anomalies;
        into->report.given_up += from->report.given_up;
        into->report.states_shed += from->report.states_shed;
    }
    group->merged = into;
    duty_begin(running->finishing, into);
    into->ops->finish(into, output, &running->sheet);
    duty_end(running->finishing);
    output_write(output, NULL, &running->sheet, 1);
}

static void finish(struct running *running)
{
    for (; running->finished < running->setup.group_count; running->finished++)
        finish_group(running, &running->setup.groups[running->finished]);
}

/** After finish. */
static uint64_t count_errors(const struct setup *setup)
{
    uint64_t errors = 0;
    for (size_t i = 0; i < setup->group_count; i++)
        errors += setup->groups[i].merged ? setup->groups[i].merged->report.errors : 0;
    return errors;
}

/** The same for what scripts found malformed. */
static uint64_t count_script_anomalies(const struct setup *setup)
{
    uint64_t anomalies = 0;
    for (size_t i = 0; i < setup->group_count; i++)
        anomalies += setup->groups[i].merged ? setup->groups[i].merged->report.anomalies : 0;
    return anomalies;
}

/** And of the searches in filters that a limit ended. */
static uint64_t count_given_up(const struct setup *setup)
{
    uint64_t given_up = 0;
    for (size_t i = 0; i < setup->group_count; i++)
        given_up += setup->groups[i].merged ? setup->groups[i].merged->report.given_up : 0;
    return given_up;
}

/** The same for states of partition keys. */
static uint64_t count_states_shed(const struct setup *setup)
{
    uint64_t shed = 0;
    for (size_t i = 0; i < setup->group_count; i++)
        shed += setup->groups[i].merged ? setup->groups[i].merged->report.states_shed : 0;
    return shed;
}

static void tell_profile(const struct running *running)
{
    const struct setup *setup = &running->setup;
    struct text out;
    text_init(&out);
    for (size_t i = 0; i < setup->group_count; i++)
        if (setup->groups[i].kind == GROUP_SCRIPT)
            script_profile(setup->groups[i].merged, &out);
    stages_profile(running->stages, &out);
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
        .searches_given_up = count_given_up(setup),
        .errors = count_errors(setup),
        .states_shed = count_states_shed(setup),
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
    summary.anomalies += summary.worker.anomalies + count_script_anomalies(setup);
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

/** What follows the last batch. @return the exit status, as far as the run decides it */
static int conclude(struct running *running)
{
    const struct setup *setup = &running->setup;
    struct stages_report done;
    progress_clear(&running->progress);
    finish(running);
    stages_report(running->stages, &done);
    if (setup->options->profile)
        tell_profile(running);
    if (!setup->options->quiet) {
        if (!setup->options->into)
            fputs(output_notes(setup->output), stderr);
        tell_fragments(setup);
        tell_summary(setup, &done, running->started_ns);
    }
    return exit_status(setup, &done);
}

static int go(struct running *running)
{
    struct setup *setup = &running->setup;
    progress_start(&running->progress, setup->files_only ? setup->input_size : 0);
    sheet_init(&running->sheet, setup->output);
    running->stages = stages_new(setup, &running->progress, running->warden);
    stages_input(running->stages);
    stages_end(running->stages); // also when nobody reads the output: dissectors let go of flows
    int status = conclude(running);
    stages_free(running->stages);
    sheet_fini(&running->sheet);
    return status;
}

/** A result that could not be written is an error of the run, and comes before all but wrong usage.
 */
static int close_output(struct output *output, int status)
{
    struct error err = {0};
    if (output_free(output, &err))
        return status;
    error_tell(&err);
    return status == 2 ? status : error_status(err.code);
}

static int tell_plan(const struct setup *setup)
{
    struct text out;
    text_init(&out);
    explain(setup, &out);
    fputs(out.data, stdout);
    text_fini(&out);
    return fflush(stdout) == 0 || errno == EPIPE ? 0 : 4;
}

static void abandon(void *context)
{
    struct running *running = context;
    if (running->stages)
        stages_abandon(running->stages);
}

static bool at_rest(void *context, uint32_t parked)
{
    const struct running *running = context;
    return !running->stages || stages_busy(running->stages) <= parked;
}

/** In the place of the main thread, which waits for one that is parked, or is that one. */
static void end(void *context)
{
    struct running *running = context;
    int status = conclude(running);
    status = close_output(running->setup.output, status);
    fflush(NULL);
    _exit(status == 2 || status == 4 ? status : 1);
}

static const struct warden_ops warden_ops = {.abandon = abandon, .at_rest = at_rest, .end = end};

static int run_setup(struct running *running)
{
    struct setup *setup = &running->setup;
    int status = setup->options->explain ? tell_plan(setup) : go(running);
    return setup->options->into ? status : close_output(setup->output, status);
}

int run(const struct run_options *options)
{
    struct running running = {.started_ns = progress_now()};
    struct error err = {0};
    int status;
    running.warden = warden_start(&warden_ops, &running);
    running.finishing = warden_duty(running.warden);
    running.setup.warden = running.warden;
    running.setup.loading = running.finishing;
    if (setup_init(&running.setup, options, &err)) {
        status = run_setup(&running);
    } else {
        error_tell(&err);
        status = error_status(err.code);
    }
    warden_stop(running.warden); // before what it may look at is gone
    setup_fini(&running.setup);
    return status;
}
