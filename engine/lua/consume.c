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

/** The events of a part that a handler gets: all of its kind, or those its filter lets through. */
static const struct event_queue *events_of(struct palua_lua_instance *instance, uint32_t number,
                                           const struct batch *batch, struct part_range parts,
                                           uint32_t place)
{
    struct handler *handler = &instance->handlers[number];
    const struct event_queue *queue = part_range_queue(batch, &parts, place, handler->kind);
    if (handler->filter) {
        struct event_queue *selected = &handler->selected[parts.first + place];
        filter_program_select(handler->filter, queue, selected);
        queue = selected;
    }
    handler->events += queue->count;
    return queue;
}

/** Makes room for what filters let through; once, as the number of parts stays. */
static void make_room(struct palua_lua_instance *instance, uint32_t part_count)
{
    if (instance->selected_count >= part_count)
        return;
    for (uint32_t i = 0; i < instance->handler_count; i++) {
        struct handler *handler = &instance->handlers[i];
        if (!handler->filter)
            continue;
        handler->selected =
            memory_resize(handler->selected, memory_mul(part_count, sizeof *handler->selected));
        for (uint32_t part = instance->selected_count; part < part_count; part++)
            event_queue_init(&handler->selected[part]);
    }
    instance->selected_count = part_count;
}

void consume_fini(struct palua_lua_instance *instance)
{
    for (uint32_t i = 0; i < instance->handler_count; i++) {
        struct handler *handler = &instance->handlers[i];
        for (uint32_t part = 0; handler->selected && part < instance->selected_count; part++)
            event_queue_fini(&handler->selected[part]);
        memory_free(handler->selected);
    }
}

/** After a batch, for the run's summary. */
static void count_given_up(struct palua_lua_instance *instance)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < instance->filter_count; i++)
        sum += filter_program_given_up(instance->filters[i]);
    instance->base.report.given_up = sum;
}

static void set_own_runs(struct palua_lua_instance *instance, const struct batch *batch,
                         struct part_range parts, uint32_t part)
{
    for (uint32_t i = 0; i < instance->own_count; i++) {
        const struct event_queue *queue =
            events_of(instance, instance->run_handlers[i], batch, parts, part);
        set_run(instance, i, (const struct palua_event *const *)queue->events, queue->keys,
                queue->count);
    }
}

static bool is_chained(const struct handler *handler)
{
    return !handler->own && !handler->binding;
}

/** The handlers of the chain that get the same events as `first`, from it on up to the first one of
 * its kind with a filter, as numbers that stay in `out`: so the handlers of one event are called
 * in the order in which they were declared. */
static uint32_t chained(const struct palua_lua_instance *instance, uint32_t first, uint16_t *out)
{
    const struct handler *model = &instance->handlers[first];
    uint32_t count = 0;
    for (uint32_t i = first; i < instance->handler_count; i++) {
        const struct handler *handler = &instance->handlers[i];
        if (handler->kind != model->kind || !is_chained(handler))
            continue;
        if (count && (handler->filter || model->filter))
            break;
        out[count++] = (uint16_t)i;
    }
    return count;
}

/** Whether the handler gets its events together with an earlier one, whose queue was added. */
static bool is_added(const struct palua_lua_instance *instance, uint32_t index)
{
    const struct handler *handler = &instance->handlers[index];
    for (uint32_t i = index; !handler->filter && i-- > 0;) {
        const struct handler *other = &instance->handlers[i];
        if (other->kind == handler->kind && is_chained(other))
            return !other->filter;
    }
    return false;
}

static void set_chain(struct palua_lua_instance *instance, const struct batch *batch,
                      struct part_range parts, uint16_t *numbers)
{
    struct merge *merge = &instance->merge;
    merge_clear(merge);
    for (uint32_t i = 0; i < instance->handler_count; i++) {
        if (!is_chained(&instance->handlers[i]))
            continue;
        uint32_t count = is_added(instance, i) ? 0 : chained(instance, i, numbers);
        for (uint32_t part = 0; part < parts.count; part++)
            merge_add(merge, events_of(instance, i, batch, parts, part), numbers, count);
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

static void run_own(struct palua_lua_instance *instance, const struct batch *batch,
                    struct part_range parts, uint32_t part)
{
    set_own_runs(instance, batch, parts, part);
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
            const struct event_queue *queue = events_of(instance, i, batch, parts, part);
            aggregate_binding_consume(handler->binding, queue);
        }
        if (instance->options.profile)
            handler->ns += host_clock_ns() - start;
    }
}

/** States that nobody sees any more are dropped before the next batch, in one call. */
static void drop_states(struct palua_lua_instance *instance, const uint64_t *ids, size_t count)
{
    lua_State *L = instance->state->L;
    if (!count)
        return;
    lua_settop(L, 0);
    fault_push_handler(&instance->faults, L);
    lua_getfield(L, LUA_REGISTRYINDEX, "palua.drop");
    lua_pushlightuserdata(L, (void *)(uintptr_t)ids);
    lua_pushnumber(L, (lua_Number)count);
    int status = lua_isnil(L, 2) ? 0 : state_call(instance->state, 2, 0, 1);
    if (status)
        failed(instance, status, "dropping states");
}

static void drop_ended(struct palua_lua_instance *instance)
{
    drop_states(instance, instance->ended, instance->ended_count);
    instance->ended_count = 0;
}

/** The same for keys that were idle, or shed. */
static void drop_idle(struct palua_lua_instance *instance, const struct batch *batch)
{
    size_t count;
    instance->batch = batch;
    instance->next_tick = 0;
    if (!instance->keys)
        return;
    key_table_sweep(instance->keys, batch_time(batch, 0, &instance->next_tick));
    const uint64_t *numbers = key_table_dropped(instance->keys, &count);
    drop_states(instance, numbers, count);
    key_table_reuse(instance->keys);
}

uint32_t palua_lua_state(struct palua_lua_instance *instance, uint32_t handler)
{
    const struct palua_lua_slot *slot = &instance->slot;
    uint64_t place = slot->serial - instance->runs[slot->run].base;
    uint32_t packet = event_key_packet(instance->run_keys[slot->run][place]);
    struct owner_key key;
    owner_key_of(slot->event, instance->handlers[handler].kind, instance->partition, &key);
    return key_table_find(instance->keys, &key,
                          batch_time(instance->batch, packet, &instance->next_tick));
}

void consume_batch(struct palua_lua_instance *instance, const struct batch *batch,
                   struct part_range parts)
{
    drop_ended(instance);
    make_room(instance, batch->part_count);
    drop_idle(instance, batch);
    consume_bound(instance, batch, parts);
    for (uint32_t part = 0; instance->own_count && part < parts.count; part++)
        if (!instance->base.report.stop)
            run_own(instance, batch, parts, part);
    if (instance->has_chain && !instance->base.report.stop)
        run_chain(instance, batch, parts);
    count_given_up(instance);
    if (instance->keys)
        instance->base.report.states_shed = key_table_shed(instance->keys);
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
