// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugin/host.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "decode/checksum.h"
#include "event/schemas.h"
#include "event/value.h"
#include "plugin/option.h"

/** A plugin that names what it does not have would write past our arrays: its bug, not traffic. */
static void check_index(const struct palua_instance *instance, const char *list, uint32_t index,
                        uint32_t count)
{
    if (index < count)
        return;
    fprintf(stderr, "palua: bug in plugin '%s': its %s have no number %u (there are %u)\n",
            instance->plugin->name, list, index, count);
    abort();
}

static const char *host_option(struct palua_instance *instance, const char *name)
{
    return plugin_set_option_value(instance->set, instance->index, name);
}

static int64_t host_option_int(struct palua_instance *instance, const char *name)
{
    const char *value = host_option(instance, name);
    return value ? option_integer(value) : 0;
}

static double host_option_real(struct palua_instance *instance, const char *name)
{
    const char *value = host_option(instance, name);
    return value ? option_number(value) : 0;
}

static void host_refuse(struct palua_instance *instance, const char *why)
{
    snprintf(instance->refusal, sizeof instance->refusal, "%s", why);
}

static bool host_subscribed(struct palua_instance *instance, uint32_t event)
{
    check_index(instance, "events", event, instance->plugin->event_count);
    return instance->events && instance->events[event].subscribed;
}

static uint64_t host_wanted(struct palua_instance *instance, uint32_t event)
{
    check_index(instance, "events", event, instance->plugin->event_count);
    return instance->events ? instance->events[event].wanted : 0;
}

static bool host_anomalies_wanted(struct palua_instance *instance)
{
    return instance->anomaly.subscribed;
}

static void *host_alloc(struct palua_call *call, size_t size)
{
    return arena_zalloc(call->arena, size, alignof(max_align_t));
}

static uint8_t *host_room(struct palua_call *call, uint32_t size)
{
    call->room = arena_alloc(call->arena, size, 1);
    call->room_size = size;
    return call->room;
}

static void host_keep(struct palua_call *call, uint32_t len)
{
    if (!call->room)
        return;
    check_index(call->instance, "bytes of room", len, call->room_size + 1);
    arena_trim(call->arena, call->room + len);
    call->room = NULL;
}

static const struct palua_flow *host_flow(struct palua_call *call)
{
    if (!call->at)
        return call->event ? call->event->flow : NULL;
    if (!call->at->flow)
        return NULL;
    return flow_identity(call->at->flows, call->at->flow, call->instance->flow_wanted,
                         call->at->batch->sequence, &call->at->part->arena);
}

/** A zeroed event with packet and flow; what changes in the flow is copied when it is published. */
static void *new_event(struct palua_call *call, const struct host_event *want)
{
    struct palua_event *event = arena_zalloc(call->arena, want->size, alignof(max_align_t));
    event->packet = call->at->packet;
    if (want->flow)
        event->flow = host_flow(call);
    return event;
}

static void push_event(struct palua_call *call, const struct host_event *want,
                       struct palua_event *event)
{
    const struct dissection_call *at = call->at;
    if (want->live && at->flow)
        event->live = flow_snapshot(at->flows, at->flow, want->live, call->arena);
    event_queue_push(&at->part->queues[want->kind], event, dissection_key(at, call->depth));
}

static void *host_event(struct palua_call *call, uint32_t event)
{
    check_index(call->instance, "events", event, call->instance->plugin->event_count);
    if (!call->at || !call->instance->events[event].subscribed)
        return NULL;
    return new_event(call, &call->instance->events[event]);
}

static void host_publish(struct palua_call *call, uint32_t event, void *record)
{
    check_index(call->instance, "events", event, call->instance->plugin->event_count);
    if (call->at && record)
        push_event(call, &call->instance->events[event], record);
}

static struct palua_slice slice_of(const char *text)
{
    return (struct palua_slice){.data = (const uint8_t *)text, .len = (uint32_t)strlen(text)};
}

static void host_anomaly(struct palua_call *call, uint32_t anomaly, uint32_t offset)
{
    struct palua_instance *instance = call->instance;
    check_index(instance, "anomalies", anomaly, instance->plugin->anomaly_count);
    instance->anomaly_counts[anomaly]++;
    if (!call->at || !instance->anomaly.subscribed)
        return;
    struct anomaly_event *event = new_event(call, &instance->anomaly);
    event->name = instance->names[anomaly];
    event->layer = slice_of(instance->plugin->name);
    event->offset = offset;
    push_event(call, &instance->anomaly, &event->event);
}

static void host_retire(struct palua_call *call, void *buffer, void (*release)(void *buffer))
{
    if (call->at)
        part_retire(call->at->part, buffer, release);
}

static void host_expect(struct palua_call *call, struct palua_slice orig, struct palua_slice resp,
                        uint16_t resp_p, uint8_t proto, const char *service)
{
    const struct host_event *want = &call->instance->expect;
    if (!call->at || !want->subscribed)
        return;
    struct expect_event *event = new_event(call, want);
    event->orig_h = orig;
    event->resp_h = resp;
    event->resp_p = resp_p;
    event->proto = proto;
    event->service = slice_of(service ? service : "");
    push_event(call, want, &event->event);
}

static void host_count(struct palua_call *call, uint32_t counter, uint64_t n)
{
    check_index(call->instance, "counters", counter, call->instance->plugin->counter_count);
    call->instance->counts[counter] += n;
}

static void host_print(struct palua_call *call, const char *text, size_t len)
{
    if (!call->sheet)
        return;
    if (output_format(call->sheet->output) == OUTPUT_JSON) {
        output_print(call->sheet, call->key, text, len);
    } else {
        struct text escaped;
        text_init(&escaped);
        text_add_escaped(&escaped, text, len);
        output_print(call->sheet, call->key, escaped.data ? escaped.data : "", escaped.len);
        text_fini(&escaped);
    }
    call->key.call++;
}

/** A record's field as a table's cell; the row's texts are copied into the table. */
static struct cell cell_of(struct table *table, const struct palua_field *field, uint32_t index,
                           const void *record)
{
    static const enum cell_type types[] = {
        [PALUA_UINT] = CELL_UINT,     [PALUA_INT] = CELL_INT,           [PALUA_ENUM] = CELL_UINT,
        [PALUA_BOOL] = CELL_BOOL,     [PALUA_REAL] = CELL_REAL,         [PALUA_TIME] = CELL_TIME,
        [PALUA_IPADDR] = CELL_IPADDR, [PALUA_DURATION] = CELL_DURATION, [PALUA_MAC] = CELL_MAC,
        [PALUA_BYTES] = CELL_BYTES,   [PALUA_STRING] = CELL_STRING,
    };
    struct value value = field_read_as(field, field->type == PALUA_ENUM ? PATH_NAME : PATH_PLAIN,
                                       index, UINT64_MAX, record);
    struct cell cell = {.type = value.type ? types[value.type] : CELL_NIL};
    switch (cell.type) {
    case CELL_INT:
    case CELL_TIME:
    case CELL_DURATION:
        cell.sint = value.sint;
        break;
    case CELL_REAL:
        cell.real = value.real;
        break;
    case CELL_UINT:
    case CELL_BOOL:
        cell.uint = value.uint;
        break;
    case CELL_NIL:
        break;
    default:
        cell.slice = table_keep(table, value.slice.data, value.slice.len);
    }
    return cell;
}

static void host_row(struct palua_call *call, uint32_t table, const void *record)
{
    check_index(call->instance, "tables", table, call->instance->plugin->table_count);
    if (!call->tables)
        return;
    const struct palua_schema *schema = call->instance->plugin->tables[table];
    struct cell *cells = table_add_row(&call->tables[table]);
    for (uint32_t i = 0; i < schema->field_count; i++)
        cells[i] = cell_of(&call->tables[table], &schema->fields[i], i, record);
}

static enum palua_checksum host_checksum(struct palua_call *call, const struct palua_packet *packet,
                                         uint32_t layer)
{
    return call->at ? checksum_of(packet, layer) : PALUA_CHECKSUM_UNVERIFIED;
}

static const struct palua_host host = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_host),
    .option = host_option,
    .option_int = host_option_int,
    .option_real = host_option_real,
    .refuse = host_refuse,
    .subscribed = host_subscribed,
    .wanted = host_wanted,
    .anomalies_wanted = host_anomalies_wanted,
    .alloc = host_alloc,
    .room = host_room,
    .keep = host_keep,
    .event = host_event,
    .publish = host_publish,
    .anomaly = host_anomaly,
    .retire = host_retire,
    .expect = host_expect,
    .count = host_count,
    .flow = host_flow,
    .print = host_print,
    .row = host_row,
    .checksum = host_checksum,
};

static struct host_event event_of(const struct interest *interest, uint16_t kind, uint32_t size)
{
    const struct interest_kind *want = &interest->kinds[kind];
    return (struct host_event){
        .wanted = want->fields,
        .size = size,
        .kind = kind,
        .subscribed = want->subscribed,
        .flow = want->flow || interest->state,
        .live = want->flow_live,
    };
}

/** What the run wants of a dissector. */
static void look_up_events(struct palua_instance *instance, const struct interest *interest)
{
    const struct palua_plugin *plugin = instance->plugin;
    instance->events = memory_zalloc(plugin->event_count, sizeof *instance->events);
    for (uint32_t i = 0; i < plugin->event_count; i++)
        instance->events[i] = event_of(interest, plugin_set_kind(instance->set, instance->index, i),
                                       plugin->events[i]->size);
    instance->anomaly = event_of(interest, EVENT_ANOMALY, sizeof(struct anomaly_event));
    instance->expect = event_of(interest, EVENT_EXPECT, sizeof(struct expect_event));
    // One identity serves all events of a flow in a batch, so it has what any of them needs.
    for (uint32_t kind = 0; kind < EVENT_KIND_CAP; kind++)
        instance->flow_wanted |= interest->kinds[kind].flow;
}

static void name_anomalies(struct palua_instance *instance)
{
    const struct palua_plugin *plugin = instance->plugin;
    instance->names = memory_zalloc(plugin->anomaly_count, sizeof *instance->names);
    for (uint32_t i = 0; i < plugin->anomaly_count; i++) {
        struct text name;
        text_init(&name);
        text_add_format(&name, "%s_%s", plugin->name, plugin->anomalies[i].name);
        instance->names[i] = slice_of(memory_strdup(name.data));
        text_fini(&name);
    }
}

static void free_instance(struct palua_instance *instance)
{
    for (uint32_t i = 0; i < instance->plugin->anomaly_count; i++)
        memory_free((void *)(uintptr_t)instance->names[i].data);
    memory_free(instance->names);
    memory_free(instance->events);
    memory_free(instance->counts);
    memory_free(instance->anomaly_counts);
}

bool host_start(struct palua_instance *instance, const struct plugin_set *set, uint32_t index,
                const struct interest *interest, struct error *err)
{
    const struct palua_plugin *plugin = plugin_set_at(set, index);
    *instance = (struct palua_instance){.set = set, .index = index, .plugin = plugin};
    instance->counts = memory_zalloc(plugin->counter_count, sizeof *instance->counts);
    instance->anomaly_counts =
        memory_zalloc(plugin->anomaly_count, sizeof *instance->anomaly_counts);
    name_anomalies(instance);
    if (interest)
        look_up_events(instance, interest);
    if (plugin->start(&host, instance, &instance->self))
        return true;
    error_set(err, ERROR_PLUGIN, "", "plugin '%s' does not start: %s", plugin->name,
              instance->refusal[0] ? instance->refusal : "it gave no reason");
    free_instance(instance);
    return false;
}

void host_stop(struct palua_instance *instance)
{
    if (instance->plugin->stop)
        instance->plugin->stop(instance->self);
    free_instance(instance);
}
