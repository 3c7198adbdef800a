// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/wheel.h"

#include <string.h>

#include "base/memory.h"

enum { TICK_SHIFT = 26, SLOT_BITS = 8, SLOT_MASK = FLOW_WHEEL_SLOTS - 1 };
static const int64_t span = INT64_C(1) << (SLOT_BITS * FLOW_WHEEL_LEVELS);

void flow_wheel_init(struct flow_wheel *wheel)
{
    *wheel = (struct flow_wheel){0};
}

void flow_wheel_fini(struct flow_wheel *wheel)
{
    for (unsigned i = 0; i < FLOW_WHEEL_LEVELS * FLOW_WHEEL_SLOTS; i++)
        memory_free(wheel->slots[i].flows);
    memory_free(wheel->due.flows);
    flow_wheel_init(wheel);
}

void flow_wheel_clear(struct flow_wheel *wheel)
{
    for (unsigned i = 0; i < FLOW_WHEEL_LEVELS * FLOW_WHEEL_SLOTS; i++)
        wheel->slots[i].count = 0;
}

static unsigned slot_at(unsigned level, int64_t tick)
{
    return level * FLOW_WHEEL_SLOTS + ((unsigned)(tick >> (SLOT_BITS * level)) & SLOT_MASK);
}

/** The slot of the lowest level that reaches as far as the tick. A past tick belongs to the current
 * slot, which is looked at on every move. */
static unsigned slot_for(const struct flow_wheel *wheel, int64_t tick)
{
    int64_t ahead = tick - wheel->tick;
    if (ahead <= 0)
        return slot_at(0, wheel->tick);
    if (ahead >= span)
        tick = wheel->tick + (ahead = span - 1);
    unsigned level = 0;
    while (ahead >> (SLOT_BITS * (level + 1)))
        level++;
    return slot_at(level, tick);
}

static void need_room(struct flow_wheel_slot *slot, size_t count)
{
    if (count > slot->cap)
        slot->flows = memory_grow(slot->flows, &slot->cap, count, sizeof *slot->flows);
}

void flow_wheel_add(struct flow_wheel *wheel, const struct flow_pool *pool, struct flow *flow,
                    int64_t deadline_ns)
{
    unsigned at = slot_for(wheel, deadline_ns >> TICK_SHIFT);
    struct flow_wheel_slot *slot = &wheel->slots[at];
    need_room(slot, slot->count + 1);
    flow->timer_slot = (uint16_t)at;
    flow_pool_origin(pool, flow->index)->timer_place = (uint32_t)slot->count;
    slot->flows[slot->count++] = flow->index;
}

/** The slot's last flow takes its place. */
void flow_wheel_remove(struct flow_wheel *wheel, const struct flow_pool *pool,
                       const struct flow *flow)
{
    struct flow_wheel_slot *slot = &wheel->slots[flow->timer_slot];
    uint32_t place = flow_pool_origin(pool, flow->index)->timer_place;
    uint32_t last = slot->flows[--slot->count];
    slot->flows[place] = last;
    flow_pool_origin(pool, last)->timer_place = place;
}

/** Moves a slot's flows behind those that are due. Its array goes too: the slot may not be met
 * again for years. */
static void take_slot(struct flow_wheel *wheel, unsigned at)
{
    struct flow_wheel_slot *slot = &wheel->slots[at], *due = &wheel->due;
    if (!slot->count)
        return;
    need_room(due, due->count + slot->count);
    memcpy(due->flows + due->count, slot->flows, slot->count * sizeof *slot->flows);
    due->count += slot->count;
    memory_free(slot->flows);
    *slot = (struct flow_wheel_slot){0};
}

/** The slots of one level that lie between the old tick and the new. */
static void take_passed(struct flow_wheel *wheel, unsigned level, int64_t to)
{
    int64_t first = wheel->tick >> (SLOT_BITS * level);
    int64_t count = (to >> (SLOT_BITS * level)) - first;
    if (count > FLOW_WHEEL_SLOTS)
        count = FLOW_WHEEL_SLOTS;
    for (int64_t i = 1; i <= count; i++)
        take_slot(wheel, level * FLOW_WHEEL_SLOTS + ((unsigned)(first + i) & SLOT_MASK));
}

const struct flow_wheel_slot *flow_wheel_advance(struct flow_wheel *wheel, int64_t now_ns)
{
    int64_t to = now_ns >> TICK_SHIFT;
    wheel->due.count = 0;
    if (!wheel->started) {
        for (unsigned i = 0; i < FLOW_WHEEL_LEVELS * FLOW_WHEEL_SLOTS; i++)
            take_slot(wheel, i);
        wheel->started = true;
        wheel->tick = to;
        return &wheel->due;
    }
    take_slot(wheel, slot_at(0, wheel->tick));
    for (unsigned level = 0; level < FLOW_WHEEL_LEVELS && to > wheel->tick; level++)
        take_passed(wheel, level, to);
    if (to > wheel->tick)
        wheel->tick = to;
    return &wheel->due;
}
