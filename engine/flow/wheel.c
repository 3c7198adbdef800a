// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/wheel.h"

enum { TICK_SHIFT = 26, SLOT_BITS = 8, SLOT_MASK = FLOW_WHEEL_SLOTS - 1 };
static const int64_t span = INT64_C(1) << (SLOT_BITS * FLOW_WHEEL_LEVELS);

void flow_wheel_init(struct flow_wheel *wheel)
{
    wheel->tick = 0;
    wheel->started = false;
    for (unsigned i = 0; i < FLOW_WHEEL_LEVELS * FLOW_WHEEL_SLOTS; i++)
        wheel->slots[i] = FLOW_POOL_NONE;
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

void flow_wheel_add(struct flow_wheel *wheel, const struct flow_pool *pool, struct flow *flow,
                    int64_t deadline_ns)
{
    unsigned slot = slot_for(wheel, deadline_ns >> TICK_SHIFT);
    uint32_t next = wheel->slots[slot];
    flow->timer_slot = (uint16_t)slot;
    flow->timer_prev = FLOW_POOL_NONE;
    flow->timer_next = next;
    if (next != FLOW_POOL_NONE)
        flow_pool_at(pool, next)->timer_prev = flow->index;
    wheel->slots[slot] = flow->index;
}

void flow_wheel_remove(struct flow_wheel *wheel, const struct flow_pool *pool, struct flow *flow)
{
    if (flow->timer_next != FLOW_POOL_NONE)
        flow_pool_at(pool, flow->timer_next)->timer_prev = flow->timer_prev;
    if (flow->timer_prev != FLOW_POOL_NONE)
        flow_pool_at(pool, flow->timer_prev)->timer_next = flow->timer_next;
    else
        wheel->slots[flow->timer_slot] = flow->timer_next;
}

/** Moves a slot's flows to the front of a list. */
static void take_slot(struct flow_wheel *wheel, const struct flow_pool *pool, unsigned slot,
                      uint32_t *list)
{
    uint32_t next = wheel->slots[slot];
    wheel->slots[slot] = FLOW_POOL_NONE;
    while (next != FLOW_POOL_NONE) {
        struct flow *flow = flow_pool_at(pool, next);
        next = flow->timer_next;
        flow->timer_next = *list;
        *list = flow->index;
    }
}

/** The slots of one level that lie between the old tick and the new. */
static void take_passed(struct flow_wheel *wheel, const struct flow_pool *pool, unsigned level,
                        int64_t to, uint32_t *list)
{
    int64_t first = wheel->tick >> (SLOT_BITS * level);
    int64_t count = (to >> (SLOT_BITS * level)) - first;
    if (count > FLOW_WHEEL_SLOTS)
        count = FLOW_WHEEL_SLOTS;
    for (int64_t i = 1; i <= count; i++)
        take_slot(wheel, pool, level * FLOW_WHEEL_SLOTS + ((unsigned)(first + i) & SLOT_MASK),
                  list);
}

uint32_t flow_wheel_advance(struct flow_wheel *wheel, const struct flow_pool *pool, int64_t now_ns)
{
    int64_t to = now_ns >> TICK_SHIFT;
    uint32_t list = FLOW_POOL_NONE;
    if (!wheel->started) {
        for (unsigned i = 0; i < FLOW_WHEEL_LEVELS * FLOW_WHEEL_SLOTS; i++)
            take_slot(wheel, pool, i, &list);
        wheel->started = true;
        wheel->tick = to;
        return list;
    }
    take_slot(wheel, pool, slot_at(0, wheel->tick), &list);
    for (unsigned level = 0; level < FLOW_WHEEL_LEVELS && to > wheel->tick; level++)
        take_passed(wheel, pool, level, to, &list);
    if (to > wheel->tick)
        wheel->tick = to;
    return list;
}
