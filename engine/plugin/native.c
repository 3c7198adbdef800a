// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugin/native.h"

#include <string.h>

#include "base/memory.h"
#include "plugin/host.h"

struct native {
    struct analysis analysis;
    struct palua_instance instance;
    struct arena arena; /**< what host->alloc gives; emptied after each hook */
    uint16_t *kinds;    /**< one per subscription */
    struct lane *lanes; /**< where the merge stands, one per subscription and part */
    size_t lane_cap;
};

/** One queue of a batch, read from front to back. */
struct lane {
    const struct event_queue *queue;
    uint32_t next;
    uint32_t subscription;
};

static bool find_kind(const struct palua_plugin *plugin, const struct registry *registry,
                      const char *event, uint16_t *kind, struct error *err)
{
    *kind = registry_find(registry, event);
    if (*kind != EVENT_KIND_NONE)
        return true;
    const char *near = registry_nearest(registry, event);
    return error_set(err, ERROR_PLUGIN, "",
                     near ? "plugin '%s' subscribes to an unknown event '%s'; did it mean '%s'?"
                          : "plugin '%s' subscribes to an unknown event '%s'",
                     plugin->name, event, near);
}

/** One name of a comma-separated list; blanks around it are left out. Empty names are skipped. */
static bool next_name(const char **list, char *name, size_t cap, bool *too_long)
{
    *list += strspn(*list, ", ");
    size_t len = strcspn(*list, ", ");
    *too_long = len >= cap;
    if (!len || *too_long)
        return false;
    memcpy(name, *list, len);
    name[len] = '\0';
    *list += len;
    return true;
}

static bool add_fields(const struct palua_plugin *plugin, const struct registry *registry,
                       uint16_t kind, const char *list, struct interest *interest,
                       struct error *err)
{
    char name[128];
    bool too_long;
    while (next_name(&list, name, sizeof name, &too_long)) {
        struct path path;
        struct error why;
        if (!path_resolve(registry, kind, name, &path, &why))
            return error_set(err, ERROR_PLUGIN, "", "plugin '%s': %s", plugin->name, why.text);
        interest_add(interest, &path);
    }
    return !too_long ||
           error_set(err, ERROR_PLUGIN, "", "plugin '%s': no field '%.20s…'", plugin->name, list);
}

bool native_interest(const struct palua_plugin *plugin, const struct registry *registry,
                     struct interest *interest, struct error *err)
{
    for (uint32_t i = 0; i < plugin->subscription_count; i++) {
        const struct palua_subscription *subscription = &plugin->subscriptions[i];
        uint16_t kind;
        if (!find_kind(plugin, registry, subscription->event, &kind, err))
            return false;
        interest_add_event(interest, registry, kind, subscription->fields == NULL);
        if (subscription->fields &&
            !add_fields(plugin, registry, kind, subscription->fields, interest, err))
            return false;
    }
    return true;
}

static struct palua_call call_of(struct native *native, struct sheet *sheet)
{
    return (struct palua_call){
        .instance = &native->instance,
        .arena = &native->arena,
        .sheet = sheet,
        .key = {.script = native->analysis.order},
    };
}

/** The lanes of a batch's parts that hold anything. */
static uint32_t open_lanes(struct native *native, const struct batch *batch,
                           struct part_range parts)
{
    uint32_t subscriptions = native->instance.plugin->subscription_count;
    native->lanes = memory_grow(native->lanes, &native->lane_cap,
                                memory_mul(subscriptions, parts.count), sizeof(struct lane));
    uint32_t count = 0;
    for (uint32_t i = 0; i < subscriptions; i++) {
        for (uint32_t j = 0; j < parts.count; j++) {
            const struct event_queue *queue = part_range_queue(batch, &parts, j, native->kinds[i]);
            if (queue->count)
                native->lanes[count++] = (struct lane){.queue = queue, .subscription = i};
        }
    }
    return count;
}

/** The lane whose next event comes first; of equals the one of the earlier subscription. */
static struct lane *first_lane(const struct batch *batch, struct lane *lanes, uint32_t count)
{
    struct lane *first = NULL;
    for (uint32_t i = 0; i < count; i++) {
        struct lane *lane = &lanes[i];
        if (lane->next < lane->queue->count &&
            (!first || batch_event_before(batch, lane->queue->keys[lane->next],
                                          first->queue->keys[first->next])))
            first = lane;
    }
    return first;
}

static void native_consume(struct analysis *analysis, struct batch *batch, struct part_range parts,
                           struct sheet *sheet)
{
    struct native *native = (struct native *)analysis;
    uint32_t count = open_lanes(native, batch, parts);
    struct palua_call call = call_of(native, sheet);
    for (struct lane *lane; (lane = first_lane(batch, native->lanes, count)); lane->next++) {
        call.event = lane->queue->events[lane->next];
        call.key.event = lane->queue->keys[lane->next];
        call.key.call = 0;
        native->instance.plugin->event(native->instance.self, &call, lane->subscription,
                                       call.event);
        if (native->arena.used)
            arena_reset(&native->arena);
    }
}

static bool native_reads(const struct analysis *analysis, uint16_t kind)
{
    const struct native *native = (const struct native *)analysis;
    for (uint32_t i = 0; i < native->instance.plugin->subscription_count; i++)
        if (native->kinds[i] == kind)
            return true;
    return false;
}

static void native_merge(struct analysis *into, struct analysis *from)
{
    struct native *a = (struct native *)into;
    const struct native *b = (const struct native *)from;
    a->instance.plugin->merge(a->instance.self, b->instance.self);
    for (uint32_t i = 0; i < a->instance.plugin->counter_count; i++)
        a->instance.counts[i] += b->instance.counts[i];
}

/** Leading columns that are no measures are the table's keys. */
static uint32_t key_columns(const struct palua_schema *schema)
{
    uint32_t count = 0;
    while (count < schema->field_count) {
        uint8_t type = schema->fields[count].type;
        if (type == PALUA_UINT || type == PALUA_INT || type == PALUA_REAL || type == PALUA_DURATION)
            break;
        count++;
    }
    return count;
}

static void open_table(struct table *table, const struct palua_schema *schema)
{
    const char **columns = memory_zalloc(schema->field_count, sizeof *columns);
    for (uint32_t i = 0; i < schema->field_count; i++)
        columns[i] = schema->fields[i].name;
    struct table_schema head = {
        .name = schema->name,
        .columns = columns,
        .column_count = schema->field_count,
        .key_count = key_columns(schema),
    };
    table_init(table, &head);
    memory_free(columns);
}

static void native_finish(struct analysis *analysis, struct output *output, struct sheet *sheet)
{
    struct native *native = (struct native *)analysis;
    const struct palua_plugin *plugin = native->instance.plugin;
    struct palua_call call = call_of(native, sheet);
    call.key.event = UINT64_MAX;
    call.tables = memory_zalloc(plugin->table_count, sizeof *call.tables);
    for (uint32_t i = 0; i < plugin->table_count; i++)
        open_table(&call.tables[i], plugin->tables[i]);
    if (plugin->finish)
        plugin->finish(native->instance.self, &call);
    output_write(output, NULL, sheet, 1);
    for (uint32_t i = 0; i < plugin->table_count; i++) {
        output_table(output, &call.tables[i]);
        table_fini(&call.tables[i]);
    }
    memory_free(call.tables);
    arena_reset(&native->arena);
}

void native_counters(const struct analysis *analysis, dissection_counter_fn report, void *context)
{
    const struct palua_instance *instance = &((const struct native *)analysis)->instance;
    for (uint32_t i = 0; i < instance->plugin->counter_count; i++)
        if (instance->counts[i])
            report(context, instance->plugin->name, instance->plugin->counters[i].name,
                   instance->counts[i]);
}

static void native_free(struct analysis *analysis)
{
    struct native *native = (struct native *)analysis;
    host_stop(&native->instance);
    arena_fini(&native->arena);
    memory_free(native->lanes);
    memory_free(native->kinds);
    memory_free(native);
}

static const struct analysis_ops native_ops = {
    .consume = native_consume,
    .reads = native_reads,
    .merge = native_merge,
    .finish = native_finish,
    .free = native_free,
};

struct analysis *native_new(const struct plugin_set *set, uint32_t index,
                            const struct registry *registry, uint32_t order, struct error *err)
{
    const struct palua_plugin *plugin = plugin_set_at(set, index);
    struct native *native = memory_zalloc(1, sizeof *native);
    native->analysis = (struct analysis){.ops = &native_ops, .name = plugin->name, .order = order};
    if (!host_start(&native->instance, set, index, NULL, err)) {
        memory_free(native);
        return NULL;
    }
    arena_init(&native->arena);
    native->kinds = memory_zalloc(plugin->subscription_count, sizeof *native->kinds);
    for (uint32_t i = 0; i < plugin->subscription_count; i++)
        native->kinds[i] = registry_find(registry, plugin->subscriptions[i].event);
    return &native->analysis;
}
