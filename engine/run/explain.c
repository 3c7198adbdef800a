// SPDX-License-Identifier: MIT OR Apache-2.0
#include "run/explain.h"

#include <string.h>

#include "lua/script.h"

static void add_threads(const struct setup *setup, struct text *out)
{
    text_add_format(out, "threads: %u", setup->worker_count);
    if (setup->options->jobs)
        text_add_str(out, " (as -j says)");
    else if (setup->files_only)
        text_add_format(out, " (as many as pay off for %.1f MB of input)",
                        (double)setup->input_size / 1e6);
    else
        text_add_str(out, " (one per processor)");
    text_add_char(out, '\n');
}

static void add_stages(const struct setup *setup, struct text *out)
{
    text_add_str(out, "stages: read, decode");
    if (setup->defrag)
        text_add_str(out, ", defragmentation");
    worker_explain(setup->workers[0], out);
    text_add_char(out, '\n');
}

/** Events that are not made where nobody is shown them (filter/gate.h). */
static void add_gates(const struct setup *setup, struct text *out)
{
    bool any = false;
    for (uint16_t kind = 0; kind < EVENT_ENGINE_COUNT; kind++) {
        if (!filter_gate_asks(&setup->gates[kind]))
            continue;
        text_add_str(out, any ? ", " : "made only of packets for which a filter holds: ");
        text_add_str(out, registry_schema(setup->registry, kind)->name);
        any = true;
    }
    if (any)
        text_add_char(out, '\n');
}

static void add_native(const struct setup *setup, const struct analysis_group *group,
                       struct text *out)
{
    const struct palua_plugin *plugin = plugin_set_at(setup->plugins, group->plugin);
    text_add_format(out, "partition \"%s\"; its descriptor says so%s\n",
                    analysis_partition_name(group->partition),
                    group->partition == PALUA_PARTITION_ALL ? ", or nothing" : "");
    for (uint32_t i = 0; i < plugin->subscription_count; i++)
        text_add_format(out, "    %s\n", plugin->subscriptions[i].event);
}

static void add_group(const struct setup *setup, const struct analysis_group *group,
                      struct text *out)
{
    text_add_format(out, "%s: %u instance%s, ", group->name, group->count,
                    group->count == 1 ? "" : "s");
    switch (group->kind) {
    case GROUP_SCRIPT:
        script_explain(group->instances[0], out);
        return;
    case GROUP_NATIVE:
        add_native(setup, group, out);
        return;
    case GROUP_FIELDS:
        text_add_str(out, "partition \"flow\"; rows are put in order when they are written\n");
        if (setup->options->where) {
            text_add_str(out, "    where ");
            text_add_escaped(out, setup->options->where, strlen(setup->options->where));
            text_add_char(out, '\n');
        }
        return;
    }
}

void explain(const struct setup *setup, struct text *out)
{
    add_threads(setup, out);
    add_stages(setup, out);
    add_gates(setup, out);
    for (size_t i = 0; i < setup->group_count; i++)
        add_group(setup, &setup->groups[i], out);
}
