// SPDX-License-Identifier: MIT OR Apache-2.0
#include "run/run.h"

#include <stdio.h>
#include <sys/stat.h>

#include "event/builders.h"
#include "lua/script.h"
#include "run/clock.h"
#include "run/progress.h"
#include "run/setup.h"
#include "run/summary.h"

/** A run on its way: what was put together, and what has happened so far. */
struct running {
    struct setup setup;
    struct clock clock;
    struct progress progress;
    uint64_t anomalies; /**< found by decode */
    uint64_t damaged;
    bool usage; /**< things that decide the exit status (API section 1) */
    bool unreadable;
    bool stopped; /**< before the end of the input */
};

static void report(struct running *running, const struct error *err)
{
    progress_clear(&running->progress);
    fprintf(stderr, "palua: %s%s%s\n", err->where, err->where[0] ? ": " : "", err->text);
    running->usage |= error_status(err->code) == 2;
    running->unreadable |= error_status(err->code) == 4;
}

static uint64_t total_size(const struct string_list *inputs)
{
    uint64_t size = 0;
    for (size_t i = 0; i < inputs->count; i++) {
        struct stat info;
        if (stat(inputs->items[i], &info) != 0 || !S_ISREG(info.st_mode))
            return 0;
        size += (uint64_t)info.st_size;
    }
    return size;
}

static bool any_stops(const struct setup *setup)
{
    for (size_t i = 0; i < setup->analysis_count; i++)
        if (setup->analyses[i]->report.stop)
            return true;
    return output_closed(setup->output) || output_failed(setup->output);
}

/** The phase of analyses: each sees the batch's events; then what they printed is written, and the
 * batch recycled. */
static void analyse(struct running *running, struct batch *batch)
{
    struct setup *setup = &running->setup;
    for (size_t i = 0; i < setup->analysis_count; i++) {
        struct analysis *analysis = setup->analyses[i];
        analysis->ops->consume(analysis, batch, setup->output);
        if (!analysis->ops->flow_ended)
            continue;
        for (uint32_t part = 0; part < batch->part_count; part++)
            for (const struct ended_flow *ended = batch->parts[part].ended; ended;
                 ended = ended->next)
                analysis->ops->flow_ended(analysis, ended->id);
    }
    output_flush(setup->output);
    batch_give(setup->batches, batch);
    running->stopped |= any_stops(setup);
}

static void process(struct running *running, struct batch *batch)
{
    struct setup *setup = &running->setup;
    decode_batch(setup->decoder, batch, 0, batch->count);
    clock_batch(&running->clock, batch);
    if (setup->defrag)
        defrag_batch(setup->defrag, batch);
    running->anomalies += batch->anomalies.count;
    worker_batch(setup->worker, batch);
    analyse(running, batch);
    if (setup->options->progress)
        progress_update(&running->progress, setup->capture);
}

/** One step of the input. @return false at its end */
static bool step(struct running *running)
{
    struct setup *setup = &running->setup;
    struct error err = {0};
    struct batch *batch = batch_take(setup->batches);
    enum capture_status status = capture_read(setup->capture, batch, &err);
    process(running, batch);
    if (status == CAPTURE_DAMAGED || status == CAPTURE_FAILED) {
        report(running, &err);
        running->damaged++;
        running->stopped |= setup->options->strict;
    }
    return status != CAPTURE_END;
}

/** The flows that are still open, then capture.end. */
static void end_flows(struct running *running)
{
    struct setup *setup = &running->setup;
    for (;;) {
        struct batch *batch = batch_take(setup->batches);
        bool more = worker_end(setup->worker, batch);
        analyse(running, batch);
        if (!more)
            return;
    }
}

static void end_capture(struct running *running)
{
    struct setup *setup = &running->setup;
    struct batch *batch = batch_take(setup->batches);
    struct part *part = &batch->parts[0];
    struct worker_totals worker;
    struct capture_totals totals;
    part->ended = NULL;
    worker_totals(setup->worker, &worker);
    capture_totals(setup->capture, &totals);
    struct capture_sum sum = {
        .packets = totals.packets,
        .bytes = totals.bytes,
        .wire_bytes = totals.wire_bytes,
        .flows = worker.flows,
        .anomalies = running->anomalies + worker.anomalies,
        .first_ts_ns = totals.first_ts_ns,
        .last_ts_ns = totals.last_ts_ns,
    };
    if (setup->interest->kinds[EVENT_CAPTURE_END].subscribed)
        event_queue_push(&part->queues[EVENT_CAPTURE_END],
                         capture_end_event_new(&sum, &part->arena), 0);
    analyse(running, batch);
}

static void finish(struct running *running)
{
    struct setup *setup = &running->setup;
    end_flows(running);
    end_capture(running);
    progress_clear(&running->progress);
    for (size_t i = 0; i < setup->analysis_count; i++) {
        setup->analyses[i]->ops->finish(setup->analyses[i], setup->output);
        output_flush(setup->output);
    }
}

static uint64_t count_errors(const struct setup *setup)
{
    uint64_t errors = 0;
    for (size_t i = 0; i < setup->analysis_count; i++)
        errors += setup->analyses[i]->report.errors;
    return errors;
}

static void tell_profile(const struct setup *setup)
{
    struct text out;
    text_init(&out);
    for (size_t i = 0; i < setup->analysis_count; i++)
        if (setup->scripts[i])
            script_profile(setup->analyses[i], &out);
    if (out.len)
        fputs(out.data, stderr);
    text_fini(&out);
}

static void add_counter(void *context, const char *plugin, const char *counter, uint64_t value)
{
    text_add_format(context, ", %s.%s %llu", plugin, counter, (unsigned long long)value);
}

static void tell_summary(struct running *running)
{
    struct setup *setup = &running->setup;
    struct summary summary = {
        .anomalies = running->anomalies,
        .clock_jumps = running->clock.jumps,
        .errors = count_errors(setup),
        .damaged = running->damaged,
        .elapsed_ns = progress_now() - running->progress.started_ns,
        .partial = running->stopped && !output_closed(setup->output),
    };
    struct text counters, line;
    text_init(&counters);
    text_init(&line);
    capture_totals(setup->capture, &summary.capture);
    worker_totals(setup->worker, &summary.worker);
    defrag_counters(setup->defrag, &summary.defrag);
    summary.anomalies += summary.worker.anomalies;
    worker_counters(setup->worker, add_counter, &counters);
    summary.counters = counters.data;
    summary_text(&summary, &line);
    fputs(line.data, stderr);
    text_fini(&counters);
    text_fini(&line);
}

/** 2, 4, 1, 3: the first that applies. */
static int exit_status(const struct running *running)
{
    if (running->usage)
        return 2;
    if (running->unreadable)
        return 4;
    if (count_errors(&running->setup) && !running->setup.options->keep_going)
        return 1;
    return running->damaged ? 3 : 0;
}

static void go(struct running *running)
{
    struct setup *setup = &running->setup;
    const struct run_options *options = setup->options;
    while (!running->stopped && step(running))
        ;
    finish(running); // also when nobody reads the output any more: dissectors let go of their flows
    if (options->profile)
        tell_profile(setup);
    if (!options->quiet)
        tell_summary(running);
}

int run(const struct run_options *options)
{
    struct running running = {0};
    struct error err = {0};
    progress_start(&running.progress, total_size(&options->inputs));
    bool ready = setup_init(&running.setup, options, &err);
    if (ready)
        go(&running);
    else
        report(&running, &err);
    if (running.setup.output && !output_free(running.setup.output, &err))
        report(&running, &err);
    int status = !ready ? error_status(err.code) : exit_status(&running);
    setup_fini(&running.setup);
    return status;
}
