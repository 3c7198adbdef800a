// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "lua/instance.h"

/** Serial numbers leave the upper bits of a view to the index of a list's item. */
static const uint64_t serial_end = UINT64_C(1) << 44;

static void tell(const struct palua_lua_instance *instance, const char *what)
{
    const struct fault_list *faults = &instance->faults;
    fprintf(stderr, "palua: %s", instance->name);
    if (faults->line)
        fprintf(stderr, ":%d", faults->line);
    fprintf(stderr, ": %s (%s)\n", faults->message.data, what);
    if (faults->traceback.len)
        fputs(faults->traceback.data, stderr);
}

/** Counts and reports an error that state_call returned. Out of memory is the end of the script's
 * budget: the run stops, as what it gathered can no longer be complete. */
static void failed(struct palua_lua_instance *instance, int status, const char *what)
{
    struct analysis_report *report = &instance->base.report;
    report->errors++;
    report->stop |= instance->options.strict;
    if (status == LUA_ERRMEM) {
        char text[160];
        snprintf(text, sizeof text,
                 "its memory budget of %zu bytes is used up (lua.memory_cap); the run ends here",
                 instance->state->cap);
        fault_note(&instance->faults, text);
        report->stop = true;
    } else if (status == LUA_ERRERR) {
        fault_note(&instance->faults, "an error was raised while another was handled");
    }
    if (instance->faults.fresh)
        tell(instance, what);
    text_clear(&instance->line);
    lua_settop(instance->state->L, 0);
    if (status == LUA_ERRMEM)
        lua_gc(instance->state->L, LUA_GCCOLLECT, 0);
}

/** What was being handled when an error came: "event dns.query, packet 17". */
static void describe_place(const struct palua_lua_instance *instance, uint32_t handler, char *out,
                           size_t size)
{
    const char *name = registry_schema(instance->registry, instance->handlers[handler].kind)->name;
    const struct palua_packet *packet = instance->slot.event->packet;
    if (packet)
        snprintf(out, size, "event %s, packet %llu", name, (unsigned long long)packet->number);
    else
        snprintf(out, size, "event %s, after the last packet", name);
}

/** After an error: reports it and moves the run past the event. @return false if the error belongs
 * to no event */
static bool skip_event(struct palua_lua_instance *instance, int status)
{
    struct palua_lua_slot *slot = &instance->slot;
    char place[128] = "between events";
    if (!slot->serial) {
        failed(instance, status, place);
        instance->base.report.stop = true;
        return false;
    }
    struct palua_lua_run *run = &instance->runs[slot->run];
    uint32_t at = (uint32_t)(slot->serial - run->base);
    uint32_t handler = run->handlers ? run->handlers[at] : instance->run_handlers[slot->run];
    describe_place(instance, handler, place, sizeof place);
    failed(instance, status, place);
    run->first = at + 1;
    slot->serial = 0;
    return true;
}

/** The protected call: again after each error, until nothing is left. */
static void run_loops(struct palua_lua_instance *instance)
{
    lua_State *L = instance->state->L;
    for (;;) {
        lua_settop(L, 0);
        fault_push_handler(&instance->faults, L);
        lua_getfield(L, LUA_REGISTRYINDEX, "palua.batch");
        instance->lap_ns = instance->options.profile ? host_clock_ns() : 0;
        int status = state_call(instance->state, 0, 0, 1);
        if (status == 0)
            return;
        if (!skip_event(instance, status) || instance->base.report.stop)
            return;
    }
}

/** Serial numbers for `count` entries. */
static uint64_t take_serials(struct palua_lua_instance *instance, uint64_t count)
{
    if (instance->next_serial + count >= serial_end)
        instance->next_serial = 1;
    uint64_t base = instance->next_serial;
    instance->next_serial += count;
    return base;
}

static void set_run(struct palua_lua_instance *instance, uint32_t index,
                    const struct palua_event *const *events, const uint64_t *keys, uint32_t count)
{
    struct palua_lua_run *run = &instance->runs[index];
    run->events = events;
    run->first = 0;
    run->count = count;
    run->base = take_serials(instance, count);
    instance->run_keys[index] = keys;
}

static void set_own_runs(struct palua_lua_instance *instance, const struct part *part)
{
    for (uint32_t i = 0; i < instance->own_count; i++) {
        struct handler *handler = &instance->handlers[instance->run_handlers[i]];
        const struct event_queue *queue = &part->queues[handler->kind];
        set_run(instance, i, (const struct palua_event *const *)queue->events, queue->keys,
                queue->count);
        handler->events += queue->count;
    }
}

/** The handlers of one kind that are in the chain, as numbers that stay in `out`. */
static uint32_t chained(const struct palua_lua_instance *instance, uint16_t kind, uint16_t *out)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < instance->handler_count; i++) {
        const struct handler *handler = &instance->handlers[i];
        if (handler->kind == kind && !handler->own && !handler->binding)
            out[count++] = (uint16_t)i;
    }
    return count;
}

/** Whether an earlier handler of the chain has the same kind, so that its queue was added already.
 */
static bool kind_seen(const struct palua_lua_instance *instance, uint32_t index)
{
    const struct handler *handler = &instance->handlers[index];
    for (uint32_t i = 0; i < index; i++) {
        const struct handler *other = &instance->handlers[i];
        if (other->kind == handler->kind && !other->own && !other->binding)
            return true;
    }
    return false;
}

static void set_chain(struct palua_lua_instance *instance, const struct batch *batch,
                      struct part_range parts, uint16_t *numbers)
{
    struct merge *merge = &instance->merge;
    merge_clear(merge);
    for (uint32_t i = 0; i < instance->handler_count; i++) {
        struct handler *handler = &instance->handlers[i];
        if (handler->own || handler->binding)
            continue;
        bool seen = kind_seen(instance, i);
        uint32_t count = seen ? 0 : chained(instance, handler->kind, numbers);
        for (uint32_t part = 0; part < parts.count; part++) {
            const struct event_queue *queue =
                &batch->parts[parts.first + part].queues[handler->kind];
            handler->events += queue->count;
            merge_add(merge, queue, numbers, count);
        }
        numbers += count;
    }
    merge_run(merge, batch);
    set_run(instance, instance->own_count, merge->events, merge->keys, (uint32_t)merge->count);
    instance->runs[instance->own_count].handlers = merge->handlers;
}

static void run_chain(struct palua_lua_instance *instance, const struct batch *batch,
                      struct part_range parts)
{
    uint16_t numbers[4096]; // at most one per handler, of which there are no more
    for (uint32_t i = 0; i < instance->own_count; i++)
        instance->runs[i].first = instance->runs[i].count = 0;
    set_chain(instance, batch, parts, numbers);
    run_loops(instance);
}

static void run_own(struct palua_lua_instance *instance, const struct part *part)
{
    set_own_runs(instance, part);
    if (instance->has_chain)
        instance->runs[instance->own_count].first = instance->runs[instance->own_count].count = 0;
    run_loops(instance);
}

static void consume_bound(struct palua_lua_instance *instance, const struct batch *batch,
                          struct part_range parts)
{
    for (uint32_t i = 0; i < instance->handler_count; i++) {
        struct handler *handler = &instance->handlers[i];
        if (!handler->binding)
            continue;
        uint64_t start = instance->options.profile ? host_clock_ns() : 0;
        for (uint32_t part = 0; part < parts.count; part++) {
            const struct event_queue *queue =
                &batch->parts[parts.first + part].queues[handler->kind];
            aggregate_binding_consume(handler->binding, queue);
            handler->events += queue->count;
        }
        if (instance->options.profile)
            handler->ns += host_clock_ns() - start;
    }
}

/** The state of flows that ended is dropped before the next batch, in one call. */
static void drop_ended(struct palua_lua_instance *instance)
{
    lua_State *L = instance->state->L;
    if (!instance->ended_count)
        return;
    lua_settop(L, 0);
    fault_push_handler(&instance->faults, L);
    lua_getfield(L, LUA_REGISTRYINDEX, "palua.drop");
    lua_pushlightuserdata(L, instance->ended);
    lua_pushnumber(L, (lua_Number)instance->ended_count);
    int status = lua_isnil(L, 2) ? 0 : state_call(instance->state, 2, 0, 1);
    if (status)
        failed(instance, status, "dropping the state of ended flows");
    instance->ended_count = 0;
}

void consume_batch(struct palua_lua_instance *instance, const struct batch *batch,
                   struct part_range parts)
{
    drop_ended(instance);
    consume_bound(instance, batch, parts);
    for (uint32_t part = 0; instance->own_count && part < parts.count; part++)
        if (!instance->base.report.stop)
            run_own(instance, &batch->parts[parts.first + part]);
    if (instance->has_chain && !instance->base.report.stop)
        run_chain(instance, batch, parts);
}

void consume_calls(struct palua_lua_instance *instance, const char *function, const char *what)
{
    lua_State *L = instance->state->L;
    bool more = true;
    for (int i = 1; more && !instance->base.report.stop; i++) {
        lua_settop(L, 0);
        fault_push_handler(&instance->faults, L);
        load_push(instance, function);
        lua_pushinteger(L, i);
        int status = state_call(instance->state, 1, 1, 1);
        __atomic_add_fetch(&instance->calls, 1, __ATOMIC_RELAXED);
        if (status == 0)
            more = lua_toboolean(L, -1);
        else
            failed(instance, status, what);
    }
    lua_settop(L, 0);
}
