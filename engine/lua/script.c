// SPDX-License-Identifier: MIT OR Apache-2.0
#include "lua/script.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "lua/instance.h"

static struct palua_lua_instance *instance_of(struct analysis *analysis)
{
    return (struct palua_lua_instance *)analysis;
}

/** init(fn), in every instance; what it prints and its errors appear once: the first instance's. */
static void initialise(struct palua_lua_instance *instance)
{
    size_t before = instance->sheet->text.len, lines = instance->sheet->line_count;
    consume_calls(instance, "call_init", "init");
    instance->phase = INSTANCE_RUN;
    instance->print_call = 0;
    if (instance->options.index == 0)
        return;
    sheet_cut(instance->sheet, lines, before);
    fault_list_clear(&instance->faults);
    instance->base.report.errors = 0;
}

static void script_consume(struct analysis *analysis, struct batch *batch, struct part_range parts,
                           struct sheet *sheet)
{
    struct palua_lua_instance *instance = instance_of(analysis);
    instance->sheet = sheet;
    if (instance->phase == INSTANCE_INIT)
        initialise(instance);
    if (!analysis->report.stop)
        consume_batch(instance, batch, parts);
}

static bool script_reads(const struct analysis *analysis, uint16_t kind)
{
    const struct palua_lua_instance *instance = (const struct palua_lua_instance *)analysis;
    for (uint32_t i = 0; i < instance->handler_count; i++)
        if (instance->handlers[i].kind == kind)
            return true;
    return false;
}

static void script_gate(const struct analysis *analysis, uint16_t kind, struct filter_gate *gate)
{
    const struct palua_lua_instance *instance = (const struct palua_lua_instance *)analysis;
    for (uint32_t i = 0; i < instance->handler_count; i++)
        if (instance->handlers[i].kind == kind)
            filter_gate_add(gate, instance->handlers[i].filter);
}

static void script_flow_ended(struct analysis *analysis, uint64_t flow_id)
{
    struct palua_lua_instance *instance = instance_of(analysis);
    if (!instance->keeps_state)
        return;
    instance->ended = memory_grow(instance->ended, &instance->ended_cap, instance->ended_count + 1,
                                  sizeof *instance->ended);
    instance->ended[instance->ended_count++] = flow_id;
}

static void script_merge(struct analysis *into, struct analysis *from)
{
    struct palua_lua_instance *a = instance_of(into), *b = instance_of(from);
    for (size_t i = 0; i < a->aggregate_count; i++)
        aggregate_merge(a->aggregates[i], b->aggregates[i]);
    for (uint32_t i = 0; i < a->handler_count; i++) {
        a->handlers[i].events += b->handlers[i].events;
        a->handlers[i].ns += b->handlers[i].ns;
    }
    fault_list_merge(&a->faults, &b->faults);
    into->report.stop |= from->report.stop;
}

static void call_done(struct palua_lua_instance *instance)
{
    struct analysis_report *report = &instance->base.report;
    bool stopped = report->stop;
    report->stop = false;
    consume_calls(instance, "call_done", "done");
    report->stop |= stopped;
}

/** done(fn), then the aggregations it did not print. Also after a stop: what was gathered is shown.
 */
static void script_finish(struct analysis *analysis, struct output *output, struct sheet *sheet)
{
    struct palua_lua_instance *instance = instance_of(analysis);
    instance->output = output;
    instance->sheet = sheet;
    instance->phase = INSTANCE_DONE;
    instance->slot.serial = 0;
    instance->print_call = 0;
    if (!analysis->report.parked)
        call_done(instance);
    for (size_t i = 0; i < instance->aggregate_count; i++)
        if (!instance->printed[i] && aggregate_shown(instance->aggregates[i]))
            host_print_aggregate(instance, i);
    fault_tell_repeats(&instance->faults);
}

static void script_free(struct analysis *analysis)
{
    struct palua_lua_instance *instance = instance_of(analysis);
    for (uint32_t i = 0; i < instance->handler_count; i++)
        aggregate_binding_free(instance->handlers[i].binding);
    consume_fini(instance);
    for (size_t i = 0; i < instance->filter_count; i++)
        filter_program_free(instance->filters[i]);
    memory_free((void *)instance->filters);
    state_free(instance->state);
    files_free(instance->files);
    log_list_fini(&instance->logs);
    logs_free(instance->own_logs);
    key_table_free(instance->keys);
    merge_fini(&instance->merge);
    fault_list_fini(&instance->faults);
    text_fini(&instance->line);
    memory_free(instance->handlers);
    memory_free(instance->runs);
    memory_free(instance->run_handlers);
    memory_free((void *)instance->run_keys);
    memory_free((void *)instance->aggregates);
    memory_free(instance->printed);
    memory_free(instance->ended);
    memory_free(instance->name);
    memory_free(instance);
}

/** The instance may be running. Its loops are compiled by LuaJIT, which knows no atomic stores; an
 * aligned word is written at once all the same, and what is read is only compared. */
__attribute__((no_sanitize("thread"))) static uint64_t
script_progress(const struct analysis *analysis)
{
    const struct palua_lua_instance *instance = (const struct palua_lua_instance *)analysis;
    return __atomic_load_n(&instance->slot.serial, __ATOMIC_RELAXED) +
           __atomic_load_n(&instance->calls, __ATOMIC_RELAXED) * (UINT64_C(1) << 48);
}

static void script_whereabouts(const struct analysis *analysis, struct text *out)
{
    const struct palua_lua_instance *instance = (const struct palua_lua_instance *)analysis;
    const struct palua_lua_slot *slot = &instance->slot;
    if (!slot->serial) {
        text_add_format(out, "%s: a call of %s", instance->name,
                        instance->phase == INSTANCE_INIT ? "init" : "done");
        return;
    }
    const struct palua_lua_run *run = &instance->runs[slot->run];
    uint32_t at = (uint32_t)(slot->serial - run->base);
    uint32_t handler = run->handlers ? run->handlers[at] : instance->run_handlers[slot->run];
    const struct handler *stuck = &instance->handlers[handler];
    text_add_format(out, "%s:%u: the handler of %s", instance->name, stuck->line,
                    registry_schema(instance->registry, stuck->kind)->name);
    if (slot->event->packet)
        text_add_format(out, ", at packet %llu,", (unsigned long long)slot->event->packet->number);
}

static void script_open(struct analysis *analysis, struct output *output,
                        const struct analysis *first)
{
    (void)first; // the streams know whether they were opened
    log_list_open(&instance_of(analysis)->logs, output);
}

static const struct analysis_ops script_ops = {
    .open = script_open,
    .consume = script_consume,
    .reads = script_reads,
    .gate = script_gate,
    .flow_ended = script_flow_ended,
    .merge = script_merge,
    .finish = script_finish,
    .free = script_free,
    .progress = script_progress,
    .whereabouts = script_whereabouts,
};

static struct palua_lua_instance *instance_new(const struct script_options *options,
                                               const struct registry *registry,
                                               struct interest *interest)
{
    struct palua_lua_instance *instance = memory_zalloc(1, sizeof *instance);
    instance->name = memory_strdup(options->name);
    instance->base =
        (struct analysis){.ops = &script_ops, .name = instance->name, .order = options->order};
    instance->options = *options;
    instance->registry = registry;
    instance->interest = interest;
    instance->next_serial = 1;
    text_init(&instance->line);
    instance->files = files_new(options->output_dir);
    if (!options->logs)
        instance->options.logs = instance->own_logs = logs_new();
    fault_list_init(&instance->faults, instance->name, options->told);
    return instance;
}

struct analysis *script_new(const struct script_options *options, const struct registry *registry,
                            struct interest *interest, struct error *err)
{
    struct palua_lua_instance *instance = instance_new(options, registry, interest);
    instance->state = state_new(options->memory_cap, err);
    instance->jit_works = instance->state && state_jit_works(instance->state);
    if (instance->state && load_script(instance, err))
        return &instance->base;
    script_free(&instance->base);
    return NULL;
}

enum palua_partition script_partition(const struct analysis *script)
{
    return ((const struct palua_lua_instance *)script)->partition;
}

bool script_start(struct analysis *script, const struct interest *interest, struct error *err)
{
    struct palua_lua_instance *instance = instance_of(script);
    (void)interest; // what this script reads was added by itself, and is all that its views offer
    if (script->order == 0 && instance->options.index == 0 && !instance->jit_works)
        fprintf(stderr, "palua: the JIT compiler gets no executable memory here (a hardened "
                        "kernel?): scripts run interpreted, many times slower\n");
    return load_loops(instance, err);
}
