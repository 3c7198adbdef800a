// SPDX-License-Identifier: MIT OR Apache-2.0
#include "run/setup.h"

#include <sched.h>
#include <string.h>

#include "base/memory.h"
#include "capture/files.h"
#include "config/data.h"
#include "lua/script.h"
#include "plugin/native.h"
#include "run/fields.h"

/** Batches beyond one per worker, with several: one that is read and one that is written. Alone a
 * worker needs no more than one beside its own. */
enum { BATCHES_ALONE = 2, BATCHES_BESIDE = 2 };

/** Bytes of input that pay for one more thread. */
static const uint64_t bytes_per_thread = UINT64_C(8) << 20;

#define SECOND_NS INT64_C(1000000000)

static bool ends_with(const char *name, const char *suffix)
{
    size_t len = strlen(name), suffix_len = strlen(suffix);
    return len >= suffix_len && strcmp(name + len - suffix_len, suffix) == 0;
}

/** The processors this process may use. */
static uint32_t processors(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count < 1 ? 1 : count > WORKER_CAP ? WORKER_CAP : (uint32_t)count;
}

/** -j, or as many threads as pay off for this input. */
static uint32_t worker_count(const struct setup *setup)
{
    if (setup->options->jobs)
        return (uint32_t)setup->options->jobs;
    uint32_t most = processors();
    if (!setup->files_only)
        return most;
    uint64_t paying = 1 + setup->input_size / bytes_per_thread;
    return paying < most ? (uint32_t)paying : most;
}

/** -A PLUGIN.OPTION=VALUE. What has no dot is for scripts. */
static bool set_plugin_options(struct setup *setup, struct error *err)
{
    const struct run_options *options = setup->options;
    for (size_t i = 0; i < options->arg_keys.count; i++) {
        const char *key = options->arg_keys.items[i], *dot = strchr(key, '.');
        if (!dot)
            continue;
        struct text name;
        uint32_t index;
        text_init(&name);
        text_add(&name, key, (size_t)(dot - key));
        bool ok =
            plugin_set_find(setup->plugins, name.data, &index, err) &&
            plugin_set_option(setup->plugins, index, dot + 1, options->arg_values.items[i], err);
        text_fini(&name);
        if (!ok)
            return false;
        setup->arg_used[i] = true;
    }
    return true;
}

static bool load_plugins(struct setup *setup, struct error *err)
{
    const struct string_list *names = &setup->options->plugins;
    setup->plugins = plugin_set_new(setup->registry, err);
    if (!setup->plugins)
        return false;
    for (size_t i = 0; i < names->count; i++)
        if (ends_with(names->items[i], ".so") &&
            !plugin_set_load(setup->plugins, names->items[i], err))
            return false;
    return plugin_set_add_decoders(setup->plugins, setup->decoder, err);
}

static bool configure(struct setup *setup, struct error *err)
{
    const struct run_options *options = setup->options;
    config_defaults(&setup->config);
    if (options->config_path &&
        !config_load(&setup->config, options->config_path, setup->plugins, err))
        return false;
    if (options->batch > 65536)
        return error_set(err, ERROR_USAGE, NULL, "--batch: got %llu, expected 1 to 65536 packets",
                         (unsigned long long)options->batch);
    if (options->batch)
        setup->config.batch_packets = (int64_t)options->batch;
    warden_budget(setup->warden, setup->config.lua_time_budget * 1000000000);
    return set_plugin_options(setup, err);
}

/** What tells apart flows of the same five-tuple. */
static void key_flows(struct setup *setup)
{
    const struct config *config = &setup->config;
    decoder_key(setup->decoder, (config->flow_key_vlan ? DECODE_CONTEXT_VLAN : 0U) |
                                    (config->flow_key_network ? DECODE_CONTEXT_NETWORK : 0U) |
                                    (config->flow_key_session ? DECODE_CONTEXT_SESSION : 0U) |
                                    (config->flow_key_gre ? DECODE_CONTEXT_GRE : 0U) |
                                    (config->flow_key_label ? DECODE_CONTEXT_LABEL : 0U) |
                                    (config->flow_key_pppoe ? DECODE_CONTEXT_PPPOE : 0U) |
                                    (config->flow_key_outer ? DECODE_CONTEXT_OUTER : 0U));
}

static struct analysis *script_instance(struct setup *setup, const struct analysis_group *group,
                                        uint32_t index, struct error *err)
{
    const struct run_options *options = setup->options;
    struct analysis *script = NULL;
    struct text path;
    text_init(&path);
    if (data_script(group->name, &path, err)) {
        struct script_options script_options = {
            .decoder = setup->decoder,
            .path = path.data,
            .name = group->name,
            .order = group->order,
            .index = index,
            .told = group->told,
            .memory_cap = (size_t)setup->config.lua_memory_cap,
            .state_cap = (uint32_t)setup->config.lua_state_cap,
            .trust = options->trust,
            .profile = options->profile,
            .strict = options->strict,
            .aggregate_cap = (uint64_t)setup->config.aggregate_key_cap,
            .arg_keys = options->arg_keys.items,
            .arg_values = options->arg_values.items,
            .arg_count = (uint32_t)options->arg_keys.count,
            .arg_used = setup->arg_used,
            .output_dir = options->output_dir,
            .logs = setup->logs,
        };
        duty_begin_loading(setup->loading, group->name);
        script = script_new(&script_options, setup->registry, setup->interest, err);
        duty_end(setup->loading);
    }
    text_fini(&path);
    return script;
}

/** Makes the next instance of an analysis. */
static bool add_instance(struct setup *setup, struct analysis_group *group, struct error *err)
{
    struct analysis *instance = NULL;
    switch (group->kind) {
    case GROUP_SCRIPT:
        instance = script_instance(setup, group, group->count, err);
        break;
    case GROUP_NATIVE:
        instance = native_new(setup->plugins, group->plugin, setup->registry, group->order, err);
        break;
    case GROUP_FIELDS:
        instance = fields_new(&(struct fields_options){.specs = &setup->options->fields,
                                                       .where = setup->options->where,
                                                       .order = group->order,
                                                       .registry = setup->registry,
                                                       .decoder = setup->decoder,
                                                       .interest = setup->interest},
                              err);
        break;
    }
    if (instance)
        group->instances[group->count++] = instance;
    return instance != NULL;
}

/** Adds an analysis with its first instance. */
static bool add_group(struct setup *setup, const struct analysis_group *model, struct error *err)
{
    setup->groups = memory_grow(setup->groups, &setup->group_cap, setup->group_count + 1,
                                sizeof *setup->groups);
    struct analysis_group *group = &setup->groups[setup->group_count];
    *group = *model;
    group->order = (uint32_t)setup->group_count++;
    group->instances = memory_zalloc(setup->worker_count, sizeof(struct analysis *));
    return add_instance(setup, group, err);
}

static bool add_script(struct setup *setup, const char *name, struct error *err)
{
    return add_group(
        setup,
        &(struct analysis_group){.kind = GROUP_SCRIPT, .name = name, .told = fault_told_new()},
        err);
}

/** A dissector that is asked for by name runs even if nobody reads its events: for its anomalies
 * and counters. */
static void want_dissector(struct setup *setup, const struct palua_plugin *plugin)
{
    for (uint32_t i = 0; i < plugin->event_count; i++)
        interest_add_event(setup->interest, setup->registry,
                           registry_find(setup->registry, plugin->events[i]->name), false);
}

static bool add_plugin(struct setup *setup, const char *name, struct error *err)
{
    uint32_t index;
    if (ends_with(name, ".lua"))
        return add_script(setup, name, err);
    if (!plugin_set_find(setup->plugins, name, &index, err))
        return false;
    const struct palua_plugin *plugin = plugin_set_at(setup->plugins, index);
    if (plugin->role == PALUA_DISSECTOR)
        want_dissector(setup, plugin);
    if (plugin->role != PALUA_ANALYSIS)
        return true;
    return native_interest(plugin, setup->registry, setup->interest, err) &&
           add_group(setup,
                     &(struct analysis_group){
                         .kind = GROUP_NATIVE, .name = plugin->name, .plugin = index},
                     err);
}

static bool add_fields(struct setup *setup, struct error *err)
{
    if (setup->options->fields.count)
        return add_group(setup, &(struct analysis_group){.kind = GROUP_FIELDS, .name = "-T"}, err);
    return !setup->options->where ||
           error_set(err, ERROR_USAGE, NULL,
                     "-Y says which events -T prints, and there is no -T; a script has filters of "
                     "its own: on(EVENT, FILTER, HANDLER)");
}

static bool check_args_used(struct setup *setup, struct error *err)
{
    for (size_t i = 0; i < setup->options->arg_keys.count; i++)
        if (!setup->arg_used[i])
            return error_set(err, ERROR_USAGE, NULL,
                             "-A %s: no script here declares an option of that name; --describe "
                             "SCRIPT lists a script's options",
                             setup->options->arg_keys.items[i]);
    return true;
}

static bool load_analyses(struct setup *setup, struct error *err)
{
    const struct run_options *options = setup->options;
    for (size_t i = 0; i < options->scripts.count; i++)
        if (!add_script(setup, options->scripts.items[i], err))
            return false;
    for (size_t i = 0; i < options->plugins.count; i++)
        if (!add_plugin(setup, options->plugins.items[i], err))
            return false;
    return add_fields(setup, err) && check_args_used(setup, err);
}

/** Which events must meet in one instance. */
static enum palua_partition partition_of(const struct setup *setup,
                                         const struct analysis_group *group)
{
    switch (group->kind) {
    case GROUP_SCRIPT:
        return script_partition(group->instances[0]);
    case GROUP_NATIVE:
        return (enum palua_partition)plugin_set_at(setup->plugins, group->plugin)->partition;
    case GROUP_FIELDS:
        return PALUA_PARTITION_FLOW;
    }
    return PALUA_PARTITION_ALL;
}

/** Has the events that a group reads carry their keys, and dealt out if there are several workers:
 * one owns every key. */
static void deal_group(struct setup *setup, struct analysis_group *group)
{
    struct deal *deal = &setup->deals[group->partition - PALUA_PARTITION_SRC];
    deal->partition = group->partition;
    group->waits = setup->worker_count > 1;
    for (uint16_t kind = 0; kind < registry_count(setup->registry); kind++) {
        if (!group->instances[0]->ops->reads(group->instances[0], kind))
            continue;
        owner_interest(setup->interest, kind);
        if (group->waits)
            deal_add(deal, kind);
    }
}

static void add_lanes(struct setup *setup, const struct analysis_group *group)
{
    bool dealt = owner_decides(group->partition);
    for (uint32_t i = 0; group->waits && i < group->count; i++)
        setup->lanes[setup->lane_count++] = (struct analysis_lane){
            group->instances[i],
            {0, setup->worker_count, dealt ? group->partition : PALUA_PARTITION_ALL, i}};
}

/** One instance per worker, or one for the run. */
static bool complete_group(struct setup *setup, struct analysis_group *group, struct error *err)
{
    group->partition = partition_of(setup, group);
    group->waits = group->partition == PALUA_PARTITION_ALL;
    uint32_t wanted = group->waits ? 1 : setup->worker_count;
    if (owner_decides(group->partition))
        deal_group(setup, group);
    while (group->count < wanted)
        if (!add_instance(setup, group, err))
            return false;
    add_lanes(setup, group);
    for (uint32_t i = 0; group->kind == GROUP_SCRIPT && i < group->count; i++)
        if (!script_start(group->instances[i], setup->interest, err))
            return false;
    return true;
}

static bool complete_groups(struct setup *setup, struct error *err)
{
    setup->lanes = memory_zalloc(memory_mul(setup->group_count + 1, setup->worker_count),
                                 sizeof *setup->lanes);
    for (size_t i = 0; i < setup->group_count; i++)
        if (!complete_group(setup, &setup->groups[i], err))
            return false;
    return true;
}

static struct defrag *open_defrag(const struct setup *setup)
{
    const struct config *config = &setup->config;
    struct defrag_options options = {
        .policy = (enum defrag_policy)config->defrag_policy,
        .networks = config->defrag_policies.count ? &config->defrag_policies : NULL,
        .ip_timeout_ns = config->defrag_ip_timeout * SECOND_NS,
        .ipv6_timeout_ns = config->defrag_ipv6_timeout * SECOND_NS,
        .memory_cap = (uint64_t)config->defrag_memory_cap,
        .datagram_cap = (uint32_t)config->defrag_datagram_cap,
        .fragment_cap = (uint32_t)config->defrag_fragment_cap,
        .host_cap = (uint32_t)config->defrag_host_cap,
    };
    return defrag_new(&options, setup->interest->kinds[EVENT_TRANSPORT].subscribed, setup->decoder);
}

/** Who takes events of a kind, and behind which filters. */
static void set_gate(struct setup *setup, uint16_t kind)
{
    struct filter_gate *gate = &setup->gates[kind];
    for (size_t i = 0; i < setup->group_count; i++) {
        const struct analysis *analysis = setup->groups[i].instances[0];
        if (analysis->ops->gate)
            analysis->ops->gate(analysis, kind, gate);
        else if (analysis->ops->reads(analysis, kind))
            filter_gate_add(gate, NULL);
    }
}

static void set_gates(struct setup *setup)
{
    for (uint16_t kind = 0; kind < EVENT_ENGINE_COUNT; kind++)
        if (event_is_of_packet(kind))
            set_gate(setup, kind);
}

static bool start_workers(struct setup *setup, struct error *err)
{
    set_gates(setup);
    setup->workers = memory_zalloc(setup->worker_count, sizeof(struct worker *));
    for (uint32_t i = 0; i < setup->worker_count; i++) {
        struct worker_options options = {.index = i,
                                         .config = &setup->config,
                                         .plugins = setup->plugins,
                                         .registry = setup->registry,
                                         .decoder = setup->decoder,
                                         .interest = setup->interest,
                                         .gates = setup->gates};
        setup->workers[i] = worker_new(&options, err);
        if (!setup->workers[i])
            return false;
    }
    return true;
}

static bool start_output(struct setup *setup, struct error *err)
{
    struct output_options nowhere = {0}; // --explain must not overwrite results
    const struct run_options *options = setup->options;
    setup->output = options->into ? options->into
                                  : output_new(options->explain ? &nowhere : &options->output, err);
    if (!setup->output)
        return false;
    for (size_t i = 0; i < setup->group_count; i++) {
        const struct analysis_group *group = &setup->groups[i];
        for (uint32_t k = 0; k < group->count; k++)
            if (group->instances[k]->ops->open)
                group->instances[k]->ops->open(group->instances[k], setup->output,
                                               k ? group->instances[0] : NULL);
    }
    return true;
}

static bool start_stages(struct setup *setup, struct error *err)
{
    const struct run_options *options = setup->options;
    const struct config *config = &setup->config;
    key_flows(setup);
    if (!start_workers(setup, err))
        return false;
    if (defrag_needed(setup->interest, setup->registry))
        setup->defrag = open_defrag(setup);
    setup->batch_count =
        setup->worker_count == 1 ? BATCHES_ALONE : setup->worker_count + BATCHES_BESIDE;
    setup->batches = batch_pool_new(setup->batch_count, (uint32_t)config->batch_packets,
                                    setup->worker_count, registry_count(setup->registry));
    setup->capture = capture_new(&(struct capture_options){
        .paths = options->inputs.items,
        .path_count = (uint32_t)options->inputs.count,
        .batch_packets = (uint32_t)config->batch_packets,
        .block_size = (uint32_t)config->batch_block_size,
        .record_cap = (uint32_t)config->capture_record_cap,
        .open_cap = (uint32_t)config->capture_open_cap,
        .strict = options->strict,
        .skip = options->skip,
        .count = options->count,
        .filter = setup->filter,
    });
    return start_output(setup, err);
}

static bool open_filter(struct setup *setup, struct error *err)
{
    if (setup->options->filter)
        setup->filter = filter_new(setup->options->filter, err);
    return setup->filter || !setup->options->filter;
}

bool setup_init(struct setup *setup, const struct run_options *options, struct error *err)
{
    *setup = (struct setup){.options = options, .warden = setup->warden, .loading = setup->loading};
    setup->input_size =
        files_size(options->inputs.items, options->inputs.count, &setup->files_only);
    setup->worker_count = worker_count(setup);
    setup->registry = registry_new();
    setup->decoder = decoder_new();
    setup->interest = memory_zalloc(1, sizeof *setup->interest);
    setup->logs = logs_new();
    setup->arg_used = memory_zalloc(options->arg_keys.count, sizeof *setup->arg_used);
    return open_filter(setup, err) && load_plugins(setup, err) && configure(setup, err) &&
           load_analyses(setup, err) && complete_groups(setup, err) && start_stages(setup, err);
}

void setup_fini(struct setup *setup)
{
    for (size_t i = 0; i < setup->group_count; i++) {
        for (uint32_t k = 0; k < setup->groups[i].count; k++)
            setup->groups[i].instances[k]->ops->free(setup->groups[i].instances[k]);
        memory_free(setup->groups[i].instances);
        fault_told_free(setup->groups[i].told);
    }
    for (uint32_t i = 0; setup->workers && i < setup->worker_count; i++)
        if (setup->workers[i])
            worker_free(setup->workers[i]);
    defrag_free(setup->defrag);
    if (setup->capture)
        capture_free(setup->capture);
    filter_free(setup->filter);
    if (setup->batches)
        batch_pool_free(setup->batches);
    if (setup->plugins)
        plugin_set_free(setup->plugins);
    if (setup->decoder)
        decoder_free(setup->decoder);
    if (setup->registry)
        registry_free(setup->registry);
    logs_free(setup->logs);
    memory_free(setup->workers);
    memory_free(setup->groups);
    memory_free(setup->lanes);
    for (uint32_t i = 0; i < PART_DEALT_CAP; i++)
        deal_fini(&setup->deals[i]);
    memory_free(setup->arg_used);
    for (uint32_t kind = 0; kind < EVENT_ENGINE_COUNT; kind++)
        filter_gate_fini(&setup->gates[kind]);
    memory_free(setup->interest);
}

void setup_worker_totals(const struct setup *setup, struct worker_totals *out)
{
    *out = (struct worker_totals){0};
    for (uint32_t i = 0; i < setup->worker_count; i++) {
        struct worker_totals one;
        worker_totals(setup->workers[i], &one);
        out->flows += one.flows;
        out->flows_evicted += one.flows_evicted;
        out->history_cut += one.history_cut;
        out->pieces_lost += one.pieces_lost;
        out->anomalies += one.anomalies;
        stream_counters_add(&out->streams, &one.streams);
        out->tracks_flows |= one.tracks_flows;
    }
}
