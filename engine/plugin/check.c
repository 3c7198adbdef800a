// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugin/check.h"

#include <string.h>

#include "plugin/option.h"

enum {
    DECODER = 1 << PALUA_DECODER,
    DISSECTOR = 1 << PALUA_DISSECTOR,
    ANALYSIS = 1 << PALUA_ANALYSIS
};

/** Bytes of the descriptor in the first version of this ABI number. It never gets smaller. */
#define FIRST_SIZE (offsetof(struct palua_plugin, finish) + sizeof(void (*)(void)))

/** Something a descriptor may have: which roles may, which must. */
struct part {
    const char *what;
    bool present;
    unsigned allowed;
    unsigned required;
};

/** With its article. */
static const char *role_name(uint32_t role)
{
    static const char *const names[] = {"", "a decoder", "a dissector", "an analysis"};
    return names[role];
}

static bool refuse(struct error *err, const char *where, const struct palua_plugin *plugin,
                   const char *what, const char *name)
{
    return error_set(err, ERROR_PLUGIN, where, "plugin '%s': %s%s%s%s", plugin->name, what,
                     name ? " '" : "", name ? name : "", name ? "'" : "");
}

/** snake_case: a letter, then letters, digits and underscores. */
static bool name_ok(const char *name)
{
    if (!name || !(name[0] >= 'a' && name[0] <= 'z'))
        return false;
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

bool plugin_check_abi(const struct palua_plugin *plugin, const char *where, struct error *err)
{
    if (!plugin)
        return error_set(err, ERROR_PLUGIN, where, "the plugin's entry point returned nothing");
    if (plugin->abi != PALUA_PLUGIN_ABI)
        return error_set(err, ERROR_PLUGIN, where,
                         "the plugin is made for plugin ABI %u, this palua has %u: build it again "
                         "with this palua's headers",
                         plugin->abi, (unsigned)PALUA_PLUGIN_ABI);
    if (plugin->size < FIRST_SIZE || plugin->size > sizeof *plugin)
        return error_set(err, ERROR_PLUGIN, where,
                         "the plugin's descriptor has %u bytes, this palua knows %zu to %zu: it is "
                         "made with %s headers",
                         plugin->size, FIRST_SIZE, sizeof *plugin,
                         plugin->size < FIRST_SIZE ? "damaged" : "newer");
    return true;
}

static bool check_head(const struct palua_plugin *plugin, const char *where, struct error *err)
{
    if (!name_ok(plugin->name))
        return error_set(err, ERROR_PLUGIN, where, "the plugin's name '%s' is not snake_case",
                         plugin->name ? plugin->name : "");
    if (plugin->role < PALUA_DECODER || plugin->role > PALUA_ANALYSIS)
        return error_set(err, ERROR_PLUGIN, where, "plugin '%s': role %u is none that exists",
                         plugin->name, plugin->role);
    if (!plugin->doc || !*plugin->doc)
        return refuse(err, where, plugin, "it has no doc line", NULL);
    return true;
}

/** Whether a dissector is bound to layers, or to the payload of flows. */
static bool has_binding(const struct palua_plugin *plugin, bool layers)
{
    for (uint32_t i = 0; plugin->bindings && i < plugin->binding_count; i++)
        if ((plugin->bindings[i].kind == PALUA_ON_LAYER) == layers)
            return true;
    return false;
}

/** Hooks and lists that the role needs or cannot have. */
static bool check_parts(const struct palua_plugin *plugin, const char *where, struct error *err)
{
    const unsigned both = DISSECTOR | ANALYSIS;
    const struct part parts[] = {
        {"hook 'start'", plugin->start != NULL, both, both},
        {"hook 'stop'", plugin->stop != NULL, both, 0},
        {"hook 'decode'", plugin->decode != NULL, DECODER, DECODER},
        {"hook 'datagram'", plugin->datagram != NULL, DISSECTOR,
         has_binding(plugin, false) && !plugin->stream ? DISSECTOR : 0},
        {"hook 'layer'", plugin->layer != NULL, DISSECTOR,
         has_binding(plugin, true) ? DISSECTOR : 0},
        {"hook 'stream'", plugin->stream != NULL, DISSECTOR, 0},
        {"stream_cap", plugin->stream_cap > 0, DISSECTOR, plugin->stream ? DISSECTOR : 0},
        {"hook 'flow_end'", plugin->flow_end != NULL, DISSECTOR, 0},
        {"hook 'event'", plugin->event != NULL, ANALYSIS, ANALYSIS},
        {"hook 'merge'", plugin->merge != NULL, ANALYSIS, 0},
        {"hook 'finish'", plugin->finish != NULL, ANALYSIS, 0},
        {"list 'events'", plugin->event_count > 0, DISSECTOR, DISSECTOR},
        {"list 'bindings'", plugin->binding_count > 0, DECODER | DISSECTOR, DECODER | DISSECTOR},
        {"list 'options'", plugin->option_count > 0, both, 0},
        {"list 'counters'", plugin->counter_count > 0, both, 0},
        {"list 'anomalies'", plugin->anomaly_count > 0, DECODER | DISSECTOR, 0},
        {"list 'subscriptions'", plugin->subscription_count > 0, ANALYSIS, ANALYSIS},
        {"list 'tables'", plugin->table_count > 0, ANALYSIS, 0},
        {"partition", plugin->partition != PALUA_PARTITION_ALL, ANALYSIS, 0},
        {"flow_state_size", plugin->flow_state_size > 0, DISSECTOR, 0},
    };
    unsigned role = 1U << plugin->role;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        bool wrong = parts[i].present ? !(parts[i].allowed & role) : (parts[i].required & role);
        if (wrong)
            return error_set(err, ERROR_PLUGIN, where, "plugin '%s': %s %s a %s", plugin->name,
                             role_name(plugin->role), parts[i].present ? "cannot have" : "needs",
                             parts[i].what);
    }
    return true;
}

static bool check_lists(const struct palua_plugin *plugin, const char *where, struct error *err)
{
    const struct {
        const char *name;
        const void *items;
        uint32_t count;
    } lists[] = {
        {"events", plugin->events, plugin->event_count},
        {"bindings", plugin->bindings, plugin->binding_count},
        {"options", plugin->options, plugin->option_count},
        {"counters", plugin->counters, plugin->counter_count},
        {"anomalies", plugin->anomalies, plugin->anomaly_count},
        {"subscriptions", plugin->subscriptions, plugin->subscription_count},
        {"tables", plugin->tables, plugin->table_count},
    };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        if (!lists[i].items != !lists[i].count)
            return refuse(err, where, plugin,
                          "a count of 0 goes with a NULL list, any other with a list; not so with",
                          lists[i].name);
    return true;
}

static bool check_numbers(const struct palua_plugin *plugin, const char *where, struct error *err)
{
    if (plugin->partition > PALUA_PARTITION_PAIR)
        return refuse(err, where, plugin, "its partition is none that exists", NULL);
    if (plugin->partition != PALUA_PARTITION_ALL && !plugin->merge)
        return refuse(err, where, plugin, "a partition with several instances needs a hook",
                      "merge");
    if (plugin->flow_state_size > PALUA_FLOW_STATE_CAP)
        return refuse(err, where, plugin, "its flow_state_size is above PALUA_FLOW_STATE_CAP",
                      NULL);
    if (plugin->stream_cap > PALUA_STREAM_CAP)
        return refuse(err, where, plugin, "its stream_cap is above PALUA_STREAM_CAP", NULL);
    for (uint32_t i = 0; i < plugin->binding_count; i++) {
        uint16_t kind = plugin->bindings[i].kind;
        if (kind == PALUA_ON_UDP_PORT && plugin->role == PALUA_DISSECTOR && !plugin->datagram)
            return refuse(err, where, plugin, "a UDP port needs a hook", "datagram");
        bool is_layer =
            kind == PALUA_ON_LAYER && plugin->bindings[i].value < PALUA_PROTOCOL_ENGINE_END;
        bool fits = plugin->role == PALUA_DECODER
                        ? kind >= PALUA_ON_LINKTYPE && kind <= PALUA_ON_UDP_PORT
                        : kind == PALUA_ON_UDP_PORT || kind == PALUA_ON_TCP_PORT || is_layer;
        if (!fits)
            return error_set(err, ERROR_PLUGIN, where,
                             "plugin '%s': binding %u is of kind %u, which %s cannot have",
                             plugin->name, i, kind, role_name(plugin->role));
    }
    return true;
}

/** Names of one list: snake_case, documented, each once. `stride` steps from one item to the next,
 * which begins with its name and its doc. */
static bool check_names(const struct palua_plugin *plugin, const char *list, const void *items,
                        uint32_t count, size_t stride, const char *where, struct error *err)
{
    const char *base = items;
    for (uint32_t i = 0; i < count; i++) {
        const struct palua_counter *item = (const void *)(base + i * stride);
        if (!name_ok(item->name) || !item->doc || !*item->doc)
            return error_set(err, ERROR_PLUGIN, where,
                             "plugin '%s': item %u of its %s has no snake_case name or no doc line",
                             plugin->name, i, list);
        for (uint32_t j = 0; j < i; j++)
            if (!strcmp(((const struct palua_counter *)(const void *)(base + j * stride))->name,
                        item->name))
                return refuse(err, where, plugin, "a name occurs twice in one list:", item->name);
    }
    return true;
}

static bool check_options(const struct palua_plugin *plugin, const char *where, struct error *err)
{
    for (uint32_t i = 0; i < plugin->option_count; i++) {
        const struct palua_option *option = &plugin->options[i];
        if (!option->initial)
            return refuse(err, where, plugin, "no default is given for option", option->name);
        if (option->least > option->most)
            return refuse(err, where, plugin, "the bounds exclude every value of option",
                          option->name);
        if (!option_check(option, plugin->name, option->initial, err))
            return false;
    }
    return true;
}

static bool field_ok(const struct palua_schema *schema, const struct palua_field *field)
{
    return name_ok(field->name) && field->type >= PALUA_UINT && field->type < PALUA_LIST &&
           field->offset <= schema->size && field->size <= schema->size - field->offset &&
           (field->type != PALUA_ENUM || field->names);
}

/** Events are checked by the registry; tables are the plugin's own. */
static bool check_tables(const struct palua_plugin *plugin, const char *where, struct error *err)
{
    for (uint32_t i = 0; i < plugin->table_count; i++) {
        const struct palua_schema *table = plugin->tables[i];
        if (!table || !name_ok(table->name) || !table->fields || !table->field_count ||
            table->field_count > PALUA_FIELD_CAP)
            return error_set(err, ERROR_PLUGIN, where,
                             "plugin '%s': table %u has no snake_case name or not 1 to %d columns",
                             plugin->name, i, PALUA_FIELD_CAP);
        for (uint32_t j = 0; j < table->field_count; j++)
            if (!field_ok(table, &table->fields[j]))
                return error_set(err, ERROR_PLUGIN, where,
                                 "plugin '%s': column %u of table '%s' has no snake_case name, a "
                                 "type that cannot stand in a row, or lies outside the row",
                                 plugin->name, j, table->name);
    }
    return true;
}

static bool check_subscriptions(const struct palua_plugin *plugin, const char *where,
                                struct error *err)
{
    for (uint32_t i = 0; i < plugin->subscription_count; i++)
        if (!plugin->subscriptions[i].event)
            return error_set(err, ERROR_PLUGIN, where,
                             "plugin '%s': subscription %u names no event", plugin->name, i);
    for (uint32_t i = 0; i < plugin->event_count; i++)
        if (!plugin->events[i])
            return error_set(err, ERROR_PLUGIN, where, "plugin '%s': event %u has no schema",
                             plugin->name, i);
    return true;
}

bool plugin_check(const struct palua_plugin *plugin, const char *where, struct error *err)
{
    return plugin_check_abi(plugin, where, err) && check_head(plugin, where, err) &&
           check_parts(plugin, where, err) && check_lists(plugin, where, err) &&
           check_numbers(plugin, where, err) && check_subscriptions(plugin, where, err) &&
           check_names(plugin, "options", plugin->options, plugin->option_count,
                       sizeof *plugin->options, where, err) &&
           check_names(plugin, "counters", plugin->counters, plugin->counter_count,
                       sizeof *plugin->counters, where, err) &&
           check_names(plugin, "anomalies", plugin->anomalies, plugin->anomaly_count,
                       sizeof *plugin->anomalies, where, err) &&
           check_options(plugin, where, err) && check_tables(plugin, where, err);
}
