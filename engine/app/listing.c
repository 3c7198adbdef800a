// SPDX-License-Identifier: MIT OR Apache-2.0
#include "app/listing.h"

#include <fnmatch.h>
#include <string.h>

#include "config/data.h"
#include "decode/decode.h"
#include "lua/script.h"
#include "stream/stream.h"

static const char *const role_names[] = {
    [PALUA_DECODER] = "decoder", [PALUA_DISSECTOR] = "dissector", [PALUA_ANALYSIS] = "analysis"};

static const char *const type_names[] = {
    [PALUA_UINT] = "uint",         [PALUA_INT] = "int",       [PALUA_ENUM] = "enum",
    [PALUA_BOOL] = "bool",         [PALUA_REAL] = "real",     [PALUA_TIME] = "time",
    [PALUA_DURATION] = "duration", [PALUA_IPADDR] = "ipaddr", [PALUA_MAC] = "mac",
    [PALUA_BYTES] = "bytes",       [PALUA_STRING] = "string", [PALUA_LIST] = "list"};

void listing_plugins(const struct plugin_set *plugins, struct text *out)
{
    for (uint32_t i = 0; i < plugin_set_count(plugins); i++) {
        const struct palua_plugin *plugin = plugin_set_at(plugins, i);
        text_add_format(out, "%-20s %-10s %s\n", plugin->name, role_names[plugin->role],
                        plugin->doc);
    }
}

bool listing_events(const struct registry *registry, const char *glob, struct text *out,
                    struct error *err)
{
    size_t before = out->len;
    for (uint16_t kind = 0; kind < registry_count(registry); kind++) {
        const struct palua_schema *schema = registry_schema(registry, kind);
        if (!glob || fnmatch(glob, schema->name, 0) == 0)
            text_add_format(out, "%-20s %s\n", schema->name, schema->doc);
    }
    if (out->len > before)
        return true;
    const char *near = glob ? registry_nearest(registry, glob) : NULL;
    return error_set(err, ERROR_USAGE, NULL,
                     near ? "no event matches '%s'; did you mean %s?" : "no event matches '%s'",
                     glob ? glob : "*", near);
}

/** "uint", "enum (also qtype_name)", "duration, seconds (also rtt_ns)". */
static void describe_type(const struct palua_field *field, struct text *out)
{
    text_add_str(out, type_names[field->type]);
    if (field->type == PALUA_ENUM)
        text_add_format(out, "; %s_name", field->name);
    if (field->type == PALUA_DURATION || field->type == PALUA_TIME)
        text_add_format(out, "; %s_ns", field->name);
}

static void describe_field(const struct palua_field *field, int indent, struct text *out)
{
    struct text type;
    text_init(&type);
    describe_type(field, &type);
    text_add_format(out, "%*s%-20s %-28s %s", indent, "", field->name, type.data, field->doc);
    if (field->flags & PALUA_OPTIONAL)
        text_add_str(out, "; may be nil");
    if (field->aliases)
        text_add_format(out, " (also: %s)", field->aliases);
    text_add_char(out, '\n');
    text_fini(&type);
}

static void describe_fields(const struct palua_schema *schema, int indent, struct text *out)
{
    for (uint32_t i = 0; i < schema->field_count; i++) {
        const struct palua_field *field = &schema->fields[i];
        describe_field(field, indent, out);
        // One level is all there is: an item of a list holds no list.
        if (field->type == PALUA_LIST && field->item && indent < 4)
            describe_fields(field->item, indent + 2, out);
    }
}

/** What `anomaly.name` may be: the decoder's faults, those of TCP streams and of the plugins. */
static void describe_anomalies(const struct plugin_set *plugins, struct text *out)
{
    text_add_str(out, "names:\n");
    for (uint16_t code = 0; code < DECODE_FAULT_COUNT; code++)
        text_add_format(out, "  %-28s %s\n", decode_fault_name(code), decode_fault_text(code));
    for (int code = 0; code < STREAM_FAULT_COUNT; code++)
        text_add_format(out, "  %-28s %s\n", stream_fault_name((enum stream_fault)code),
                        stream_fault_text((enum stream_fault)code));
    for (uint32_t i = 0; i < plugin_set_count(plugins); i++) {
        const struct palua_plugin *plugin = plugin_set_at(plugins, i);
        for (uint32_t k = 0; k < plugin->anomaly_count; k++) {
            int len = (int)strlen(plugin->name) + 1 + (int)strlen(plugin->anomalies[k].name);
            text_add_format(out, "  %s_%s%*s %s\n", plugin->name, plugin->anomalies[k].name,
                            len < 28 ? 28 - len : 0, "", plugin->anomalies[k].doc);
        }
    }
}

static void describe_event(const struct palua_schema *schema, const struct plugin_set *plugins,
                           struct text *out)
{
    text_add_format(out, "event %s: %s\n", schema->name, schema->doc);
    if (schema->source)
        text_add_format(out, "source: %s\n", schema->source);
    describe_fields(schema, 2, out);
    if (strcmp(schema->name, "anomaly") == 0)
        describe_anomalies(plugins, out);
    text_add_str(out, "every event:\n");
    describe_fields(&palua_common_schema, 2, out);
    text_add_str(out, "flow.NAME:\n");
    describe_fields(&palua_flow_schema, 2, out);
    text_add_str(out, "flow.NAME, as it is at the event:\n");
    describe_fields(&palua_flow_live_schema, 2, out);
}

static void describe_plugin(const struct palua_plugin *plugin, struct text *out)
{
    text_add_format(out, "%s %s: %s\n", role_names[plugin->role], plugin->name, plugin->doc);
    for (uint32_t i = 0; i < plugin->event_count; i++)
        text_add_format(out, "  event %s: %s\n", plugin->events[i]->name, plugin->events[i]->doc);
    for (uint32_t i = 0; i < plugin->subscription_count; i++)
        text_add_format(out, "  reads %s\n", plugin->subscriptions[i].event);
    for (uint32_t i = 0; i < plugin->option_count; i++)
        text_add_format(out, "  option %s = %s: %s\n", plugin->options[i].name,
                        plugin->options[i].initial, plugin->options[i].doc);
    for (uint32_t i = 0; i < plugin->counter_count; i++)
        text_add_format(out, "  counter %s: %s\n", plugin->counters[i].name,
                        plugin->counters[i].doc);
    for (uint32_t i = 0; i < plugin->anomaly_count; i++)
        text_add_format(out, "  anomaly %s_%s: %s\n", plugin->name, plugin->anomalies[i].name,
                        plugin->anomalies[i].doc);
}

/** "dns.query.qname": the part before the last dot is an event. */
static bool try_field(const struct registry *registry, const char *name, struct text *out,
                      struct error *err)
{
    const char *dot = strrchr(name, '.');
    if (!dot)
        return false;
    struct text event;
    text_init(&event);
    text_add(&event, name, (size_t)(dot - name));
    uint16_t kind = registry_find(registry, event.data);
    text_fini(&event);
    struct path path;
    if (kind == EVENT_KIND_NONE)
        return false;
    if (path_resolve(registry, kind, dot + 1, &path, err))
        describe_field(path.field, 0, out);
    return true;
}

/** @param path  where the script is */
static bool describe_script(const struct registry *registry, const struct plugin_set *plugins,
                            const char *path, const char *name, struct text *out, struct error *err)
{
    struct decoder *decoder = decoder_new();
    const struct script_options options = {.decoder = decoder, .path = path, .name = name};
    bool ok = plugin_set_add_decoders(plugins, decoder, err) &&
              script_describe(&options, registry, out, err);
    decoder_free(decoder);
    return ok;
}

bool listing_describe(const struct registry *registry, const struct plugin_set *plugins,
                      const char *name, struct text *out, struct error *err)
{
    uint16_t kind = registry_find(registry, name);
    uint32_t index;
    if (kind != EVENT_KIND_NONE) {
        describe_event(registry_schema(registry, kind), plugins, out);
        return true;
    }
    if (plugin_set_find(plugins, name, &index, NULL)) {
        describe_plugin(plugin_set_at(plugins, index), out);
        return true;
    }
    size_t before = out->len;
    if (try_field(registry, name, out, err))
        return out->len > before;
    struct text path;
    text_init(&path);
    bool found = data_script(name, &path, NULL);
    bool ok = found && describe_script(registry, plugins, path.data, name, out, err);
    text_fini(&path);
    if (found)
        return ok;
    const char *near = registry_nearest(registry, name);
    return error_set(err, ERROR_USAGE, NULL,
                     near
                         ? "--describe: no event, plugin or script is called '%s'; did you mean %s?"
                         : "--describe: no event, plugin or script is called '%s'; --list-events "
                           "and --list-plugins list what there is",
                     name, near);
}
