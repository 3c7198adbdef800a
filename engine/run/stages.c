// SPDX-License-Identifier: MIT OR Apache-2.0
#include "run/stages.h"

#include "base/interrupt.h"
#include "base/memory.h"
#include "decode/checksum.h"
#include "event/builders.h"
#include "run/pipeline.h"
#include "shard/share.h"

enum { ENDING_BATCH = 4096 }; // flows ended per worker and batch: bounds the batch's memory
static const uint64_t ending_sequence = UINT64_C(1) << 63; // numbers of batches without packets

/** What the batches under way are for. */
enum purpose { PURPOSE_INPUT, PURPOSE_DATAGRAMS, PURPOSE_FLOWS, PURPOSE_LAST };

/** A batch under way, and what hangs on it. */
struct freight {
    struct batch *batch;
    struct sheet *sheets; /**< one per worker, then one per lane of `analyse` */
    uint32_t *endings;    /**< flows to end, per worker */
    uint32_t datagrams;   /**< unfinished datagrams to give up */
};

struct stages {
    struct setup *setup;
    struct progress *progress;
    struct warden *warden;
    struct duty **duties; /**< likewise */
    struct pipeline *pipeline;
    struct clock clock;
    enum purpose purpose;
    struct freight *freight; /**< one per slot */
    uint32_t sheet_count;
    uint32_t unfinished; /**< datagrams left at the end of the input and not given out yet */
    uint64_t *lined_up;  /**< flows left at the end of the input, per worker */
    uint64_t *taken;     /**< of these, how many were given out to end */
    uint64_t batches;    /**< without packets, so far */
    struct stages_report report; /**< what `read` and `sequence` add to it */
    atomic_bool stopped;
};

static void tell(struct stages *stages, const struct error *err)
{
    progress_clear(stages->progress);
    error_tell(err);
    stages->report.usage |= error_status(err->code) == 2;
    stages->report.unreadable |= error_status(err->code) == 4;
}

/** Packets of the input. @return whether there may be more */
static bool read_input(struct stages *stages, struct batch *batch)
{
    struct setup *setup = stages->setup;
    struct error err = {0};
    warden_begin_reading(stages->warden);
    enum capture_status status = capture_read(setup->capture, batch, &err);
    warden_end_reading(stages->warden);
    if (interrupt_requested()) {
        atomic_store(&stages->stopped, true);
        return false; // where the input was left is no damage
    }
    if (status == CAPTURE_DAMAGED || status == CAPTURE_FAILED) {
        tell(stages, &err);
        stages->report.damaged++;
        if (setup->options->strict)
            atomic_store(&stages->stopped, true);
    }
    if (setup->options->progress)
        progress_update(stages->progress, setup->capture);
    return status != CAPTURE_END && !atomic_load(&stages->stopped);
}

/** The last first packet of the flows that the next batch ends: so that no worker has more than
 * ENDING_BATCH of them, and the batches are in order. */
static uint64_t ending_bound(const struct stages *stages)
{
    uint64_t bound = UINT64_MAX;
    for (uint32_t i = 0; i < stages->setup->worker_count; i++) {
        if (stages->lined_up[i] - stages->taken[i] <= ENDING_BATCH)
            continue;
        uint64_t last =
            worker_ending(stages->setup->workers[i], stages->taken[i] + ENDING_BATCH - 1);
        bound = last < bound ? last : bound;
    }
    return bound;
}

/** Says how many of its flows each worker ends now. @return whether there are more */
static bool read_endings(struct stages *stages, struct freight *freight)
{
    uint64_t bound = ending_bound(stages);
    bool more = false;
    for (uint32_t i = 0; i < stages->setup->worker_count; i++) {
        uint64_t from = stages->taken[i], to = from;
        while (to < stages->lined_up[i] && worker_ending(stages->setup->workers[i], to) <= bound)
            to++;
        freight->endings[i] = (uint32_t)(to - from);
        stages->taken[i] = to;
        more |= to < stages->lined_up[i];
    }
    return more;
}

/** Says how many datagrams are given up now. @return whether there are more */
static bool read_datagrams(struct stages *stages, struct freight *freight)
{
    uint32_t count = stages->unfinished < ENDING_BATCH ? stages->unfinished : ENDING_BATCH;
    freight->datagrams = count;
    stages->unfinished -= count;
    return stages->unfinished;
}

static bool stage_read(void *context, uint32_t slot, uint32_t lane)
{
    struct stages *stages = context;
    struct freight *freight = &stages->freight[slot];
    (void)lane;
    freight->batch = batch_take(stages->setup->batches);
    if (stages->purpose == PURPOSE_INPUT)
        return read_input(stages, freight->batch);
    freight->batch->sequence = ending_sequence + stages->batches++;
    if (stages->purpose == PURPOSE_DATAGRAMS)
        return read_datagrams(stages, freight);
    return stages->purpose == PURPOSE_FLOWS && read_endings(stages, freight);
}

static bool stage_decode(void *context, uint32_t slot, uint32_t lane)
{
    const struct stages *stages = context;
    struct batch *batch = stages->freight[slot].batch;
    (void)lane;
    decode_batch(stages->setup->decoder, batch, 0, batch->count);
    if (stages->setup->config.decode_do_checksums)
        checksum_batch(batch);
    // Where defragmentation changes nothing, the packets' flows are known already.
    if (!stages->setup->defrag || !batch->has_fragments)
        share_batch(batch, worker_tracks_flows(stages->setup->workers[0]));
    return true;
}

static bool stage_sequence(void *context, uint32_t slot, uint32_t lane)
{
    struct stages *stages = context;
    struct batch *batch = stages->freight[slot].batch;
    (void)lane;
    clock_batch(&stages->clock, batch);
    if (stages->purpose == PURPOSE_DATAGRAMS)
        defrag_end(stages->setup->defrag, batch, stages->freight[slot].datagrams);
    else if (stages->setup->defrag)
        defrag_batch(stages->setup->defrag, batch);
    if (stages->setup->config.decode_do_checksums)
        checksum_datagrams(batch);
    if (!batch->shares)
        share_batch(batch, worker_tracks_flows(stages->setup->workers[0]));
    stages->report.anomalies += batch->anomalies.count;
    return true;
}

/** What the whole run comes to, as an event: when everything else is done. */
static void push_capture_end(struct stages *stages, struct batch *batch)
{
    const struct setup *setup = stages->setup;
    if (!setup->interest->kinds[EVENT_CAPTURE_END].subscribed)
        return;
    struct worker_totals workers;
    struct capture_totals totals;
    setup_worker_totals(setup, &workers);
    capture_totals(setup->capture, &totals);
    struct capture_sum sum = {
        .packets = totals.packets,
        .bytes = totals.bytes,
        .wire_bytes = totals.wire_bytes,
        .flows = workers.flows,
        .anomalies = stages->report.anomalies + workers.anomalies,
        .first_ts_ns = totals.first_ts_ns,
        .last_ts_ns = totals.last_ts_ns,
    };
    struct part *part = &batch->parts[0];
    event_queue_push(&part->queues[EVENT_CAPTURE_END], capture_end_event_new(&sum, &part->arena),
                     0);
}

static void run_worker(struct stages *stages, const struct freight *freight, uint32_t index)
{
    struct worker *worker = stages->setup->workers[index];
    if (stages->purpose == PURPOSE_INPUT)
        worker_batch(worker, freight->batch);
    else if (stages->purpose == PURPOSE_DATAGRAMS)
        worker_remnants(worker, freight->batch);
    else if (stages->purpose == PURPOSE_FLOWS)
        worker_end(worker, freight->batch, freight->endings[index]);
    else if (index == 0)
        push_capture_end(stages, freight->batch);
}

/** One instance over its parts of a batch. @return whether the run goes on */
static bool consume(struct duty *duty, struct analysis *analysis, struct batch *batch,
                    struct part_range parts, struct sheet *sheet)
{
    duty_begin(duty, analysis);
    analysis->ops->consume(analysis, batch, parts, sheet);
    duty_end(duty);
    for (uint32_t i = 0; analysis->ops->flow_ended && i < parts.count; i++)
        for (const struct ended_flow *ended = batch->parts[parts.first + i].ended; ended;
             ended = ended->next)
            analysis->ops->flow_ended(analysis, ended->id);
    return !analysis->report.stop;
}

static bool go_on(struct stages *stages, bool more)
{
    if (!more)
        atomic_store(&stages->stopped, true);
    return more || stages->purpose != PURPOSE_INPUT; // what was begun at the end is finished
}

/** What analyses that are partitioned by address read. */
static void deal(const struct setup *setup, struct part *part)
{
    for (uint32_t i = 0; i < PART_DEALT_CAP; i++)
        if (setup->deals[i].kind_count)
            deal_part(&setup->deals[i], setup->worker_count, part);
}

static bool stage_work(void *context, uint32_t slot, uint32_t lane)
{
    struct stages *stages = context;
    const struct setup *setup = stages->setup;
    const struct freight *freight = &stages->freight[slot];
    bool more = true;
    run_worker(stages, freight, lane);
    deal(setup, &freight->batch->parts[lane]);
    for (size_t i = 0; i < setup->group_count; i++)
        if (!setup->groups[i].waits)
            more &= consume(stages->duties[lane], setup->groups[i].instances[lane], freight->batch,
                            (struct part_range){.first = lane, .count = 1}, &freight->sheets[lane]);
    return go_on(stages, more);
}

static bool stage_analyse(void *context, uint32_t slot, uint32_t lane)
{
    struct stages *stages = context;
    const struct setup *setup = stages->setup;
    const struct freight *freight = &stages->freight[slot];
    uint32_t place = setup->worker_count + lane;
    bool more = consume(stages->duties[place], setup->lanes[lane].instance, freight->batch,
                        setup->lanes[lane].parts, &freight->sheets[place]);
    return go_on(stages, more);
}

static bool stage_write(void *context, uint32_t slot, uint32_t lane)
{
    struct stages *stages = context;
    struct output *output = stages->setup->output;
    struct freight *freight = &stages->freight[slot];
    (void)lane;
    output_write(output, freight->batch, freight->sheets, stages->sheet_count);
    if (stages->setup->options->spoil)
        batch_spoil(freight->batch);
    batch_give(stages->setup->batches, freight->batch);
    freight->batch = NULL;
    return go_on(stages, !output_closed(output) && !output_failed(output));
}

static struct freight *freight_new(const struct stages *stages)
{
    const struct setup *setup = stages->setup;
    struct freight *freight = memory_zalloc(setup->batch_count, sizeof *freight);
    for (uint32_t i = 0; i < setup->batch_count; i++) {
        freight[i].sheets = memory_zalloc(stages->sheet_count, sizeof *freight[i].sheets);
        freight[i].endings = memory_zalloc(setup->worker_count, sizeof *freight[i].endings);
        for (uint32_t sheet = 0; sheet < stages->sheet_count; sheet++)
            sheet_init(&freight[i].sheets[sheet], setup->output);
    }
    return freight;
}

struct stages *stages_new(struct setup *setup, struct progress *progress, struct warden *warden)
{
    struct stages *stages = memory_zalloc(1, sizeof *stages);
    stages->setup = setup;
    stages->progress = progress;
    stages->warden = warden;
    stages->sheet_count = setup->worker_count + setup->lane_count;
    stages->freight = freight_new(stages);
    stages->duties = memory_zalloc(stages->sheet_count, sizeof(struct duty *));
    for (uint32_t i = 0; i < stages->sheet_count; i++)
        stages->duties[i] = warden_duty(warden);
    stages->lined_up = memory_zalloc(setup->worker_count, sizeof *stages->lined_up);
    stages->taken = memory_zalloc(setup->worker_count, sizeof *stages->taken);
    const struct pipeline_stage all[] = {
        {.lanes = 1, .run = stage_read, .name = "read"},
        {.lanes = setup->worker_count, .spread = true, .run = stage_decode, .name = "decode"},
        {.lanes = 1, .run = stage_sequence, .name = "sequence"},
        {.lanes = setup->worker_count, .run = stage_work, .name = "work"},
        {.lanes = setup->lane_count, .run = stage_analyse, .name = "analyse"},
        {.lanes = 1, .run = stage_write, .name = "write"},
    };
    stages->pipeline = pipeline_new(all, sizeof all / sizeof all[0], setup->batch_count,
                                    setup->options->profile, stages);
    return stages;
}

void stages_free(struct stages *stages)
{
    if (!stages)
        return;
    for (uint32_t i = 0; i < stages->setup->batch_count; i++) {
        for (uint32_t sheet = 0; sheet < stages->sheet_count; sheet++)
            sheet_fini(&stages->freight[i].sheets[sheet]);
        memory_free(stages->freight[i].sheets);
        memory_free(stages->freight[i].endings);
    }
    pipeline_free(stages->pipeline);
    memory_free(stages->freight);
    memory_free(stages->duties);
    memory_free(stages->lined_up);
    memory_free(stages->taken);
    memory_free(stages);
}

static void run_for(struct stages *stages, enum purpose purpose, uint32_t threads)
{
    stages->purpose = purpose;
    pipeline_run(stages->pipeline, threads);
}

void stages_input(struct stages *stages)
{
    run_for(stages, PURPOSE_INPUT, stages->setup->worker_count);
}

void stages_end(struct stages *stages)
{
    uint64_t left = 0;
    stages->unfinished = defrag_unfinished(stages->setup->defrag);
    if (stages->unfinished)
        run_for(stages, PURPOSE_DATAGRAMS, 1);
    for (uint32_t i = 0; i < stages->setup->worker_count; i++)
        left += stages->lined_up[i] = worker_line_up(stages->setup->workers[i]);
    if (left)
        run_for(stages, PURPOSE_FLOWS, left > ENDING_BATCH ? stages->setup->worker_count : 1);
    run_for(stages, PURPOSE_LAST, 1);
}

void stages_abandon(struct stages *stages)
{
    atomic_store(&stages->stopped, true);
    pipeline_abandon(stages->pipeline);
}

uint32_t stages_busy(struct stages *stages)
{
    return pipeline_busy(stages->pipeline);
}

void stages_report(const struct stages *stages, struct stages_report *out)
{
    *out = stages->report;
    out->clock_jumps = stages->clock.jumps;
    out->stopped = atomic_load(&stages->stopped);
}

void stages_profile(const struct stages *stages, struct text *out)
{
    pipeline_profile(stages->pipeline, out);
}
