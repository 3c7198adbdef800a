// SPDX-License-Identifier: MIT OR Apache-2.0
#include "run/setup.h"

#include <string.h>

#include "app/data.h"
#include "base/memory.h"
#include "lua/script.h"
#include "plugin/native.h"
#include "run/fields.h"

/** Batches of a run with one worker: the one being filled, and the one a consumer may still hold.
 */
enum { BATCH_COUNT = 2 };

#define SECOND_NS INT64_C(1000000000)

static bool ends_with(const char *name, const char *suffix)
{
    size_t len = strlen(name), suffix_len = strlen(suffix);
    return len >= suffix_len && strcmp(name + len - suffix_len, suffix) == 0;
}

static void add_analysis(struct setup *setup, struct analysis *analysis, bool script)
{
    size_t cap = setup->analysis_cap;
    setup->analyses = memory_grow(setup->analyses, &setup->analysis_cap, setup->analysis_count + 1,
                                  sizeof *setup->analyses);
    if (setup->analysis_cap != cap)
        setup->scripts =
            memory_resize(setup->scripts, setup->analysis_cap * sizeof *setup->scripts);
    setup->scripts[setup->analysis_count] = script;
    setup->analyses[setup->analysis_count++] = analysis;
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
    for (uint32_t i = 0; i < plugin_set_count(setup->plugins); i++) {
        const struct palua_plugin *plugin = plugin_set_at(setup->plugins, i);
        if (plugin->role == PALUA_DECODER && !decoder_add(setup->decoder, plugin, err))
            return false;
    }
    return true;
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

static bool add_script(struct setup *setup, const char *name, struct error *err)
{
    const struct run_options *options = setup->options;
    struct text path;
    text_init(&path);
    struct analysis *script = NULL;
    if (data_script(name, &path, err)) {
        struct script_options script_options = {
            .path = path.data,
            .name = name,
            .order = (uint32_t)setup->analysis_count,
            .memory_cap = (size_t)setup->config.lua_memory_cap,
            .trust = options->trust,
            .profile = options->profile,
            .strict = options->strict,
            .aggregate_cap = (uint64_t)setup->config.aggregate_key_cap,
            .arg_keys = options->arg_keys.items,
            .arg_values = options->arg_values.items,
            .arg_count = (uint32_t)options->arg_keys.count,
            .arg_used = setup->arg_used,
        };
        script = script_new(&script_options, setup->registry, setup->interest, err);
    }
    text_fini(&path);
    if (script)
        add_analysis(setup, script, true);
    return script != NULL;
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
    if (!native_interest(plugin, setup->registry, setup->interest, err))
        return false;
    struct analysis *native =
        native_new(setup->plugins, index, setup->registry, (uint32_t)setup->analysis_count, err);
    if (native)
        add_analysis(setup, native, false);
    return native != NULL;
}

static bool add_fields(struct setup *setup, struct error *err)
{
    const struct string_list *specs = &setup->options->fields;
    if (specs->count == 0)
        return true;
    struct analysis *fields =
        fields_new(specs, (uint32_t)setup->analysis_count, setup->registry, setup->interest, err);
    if (fields)
        add_analysis(setup, fields, false);
    return fields != NULL;
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
    if (!add_fields(setup, err) || !check_args_used(setup, err))
        return false;
    for (size_t i = 0; i < setup->analysis_count; i++)
        if (setup->scripts[i] && !script_start(setup->analyses[i], setup->interest, err))
            return false;
    return true;
}

static struct defrag *open_defrag(const struct config *config, const struct decoder *decoder)
{
    struct defrag_options options = {
        .policy = (enum defrag_policy)config->defrag_policy,
        .ip_timeout_ns = config->defrag_ip_timeout * SECOND_NS,
        .ipv6_timeout_ns = config->defrag_ipv6_timeout * SECOND_NS,
        .memory_cap = (uint64_t)config->defrag_memory_cap,
        .datagram_cap = (uint32_t)config->defrag_datagram_cap,
        .fragment_cap = (uint32_t)config->defrag_fragment_cap,
        .host_cap = (uint32_t)config->defrag_host_cap,
    };
    return defrag_new(&options, decoder);
}

static bool start_stages(struct setup *setup, struct error *err)
{
    const struct run_options *options = setup->options;
    const struct config *config = &setup->config;
    key_flows(setup);
    struct worker_options worker_options = {.config = config,
                                            .plugins = setup->plugins,
                                            .registry = setup->registry,
                                            .decoder = setup->decoder,
                                            .interest = setup->interest};
    setup->worker = worker_new(&worker_options, err);
    if (!setup->worker)
        return false;
    if (defrag_needed(setup->interest, setup->registry))
        setup->defrag = open_defrag(config, setup->decoder);
    setup->batches = batch_pool_new(BATCH_COUNT, (uint32_t)config->batch_packets, 1,
                                    registry_count(setup->registry));
    setup->capture = capture_new(&(struct capture_options){
        .paths = options->inputs.items,
        .path_count = (uint32_t)options->inputs.count,
        .batch_packets = (uint32_t)config->batch_packets,
        .block_size = (uint32_t)config->batch_block_size,
        .record_cap = (uint32_t)config->capture_record_cap,
        .skip = options->skip,
        .count = options->count,
    });
    setup->output = output_new(&options->output, err);
    return setup->output != NULL;
}

bool setup_init(struct setup *setup, const struct run_options *options, struct error *err)
{
    *setup = (struct setup){.options = options};
    setup->registry = registry_new();
    setup->decoder = decoder_new();
    setup->interest = memory_zalloc(1, sizeof *setup->interest);
    setup->arg_used = memory_zalloc(options->arg_keys.count, sizeof *setup->arg_used);
    return load_plugins(setup, err) && configure(setup, err) && load_analyses(setup, err) &&
           start_stages(setup, err);
}

void setup_fini(struct setup *setup)
{
    for (size_t i = 0; i < setup->analysis_count; i++)
        setup->analyses[i]->ops->free(setup->analyses[i]);
    if (setup->worker)
        worker_free(setup->worker);
    defrag_free(setup->defrag);
    if (setup->capture)
        capture_free(setup->capture);
    if (setup->batches)
        batch_pool_free(setup->batches);
    if (setup->plugins)
        plugin_set_free(setup->plugins);
    if (setup->decoder)
        decoder_free(setup->decoder);
    if (setup->registry)
        registry_free(setup->registry);
    memory_free(setup->analyses);
    memory_free(setup->scripts);
    memory_free(setup->arg_used);
    memory_free(setup->interest);
}
