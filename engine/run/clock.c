// SPDX-License-Identifier: MIT OR Apache-2.0
#include "run/clock.h"

#define TICK_NS INT64_C(100000000)
#define JUMP_NS INT64_C(3600000000000)

static int64_t floor_tick(int64_t ns)
{
    return ns / TICK_NS - (ns % TICK_NS < 0);
}

/** Whether a timestamp may move the clock now: not if it is the first to say that over an hour has
 * passed. */
static bool accept(struct clock *clock, int64_t ts_ns)
{
    int64_t ahead;
    bool jump = __builtin_sub_overflow(ts_ns, clock->now_ns, &ahead) || ahead > JUMP_NS;
    if (!jump) {
        // Time goes on where it was: what was held back was a wrong timestamp.
        clock->jumps += clock->held && ts_ns > clock->now_ns;
        clock->held = clock->held && ts_ns <= clock->now_ns;
        return true;
    }
    int64_t apart;
    bool confirmed = clock->held && !__builtin_sub_overflow(ts_ns, clock->held_ns, &apart) &&
                     apart > -JUMP_NS && apart < JUMP_NS;
    clock->held = !confirmed;
    clock->held_ns = ts_ns;
    return confirmed;
}

static void set(struct clock *clock, int64_t ts_ns)
{
    clock->now_ns = ts_ns;
    if (__builtin_mul_overflow(floor_tick(ts_ns) + 1, TICK_NS, &clock->next_ns))
        clock->next_ns = INT64_MAX;
}

bool clock_advance(struct clock *clock, int64_t ts_ns)
{
    if (!clock->started) {
        clock->started = true;
        set(clock, ts_ns);
        return false;
    }
    // Nearly every packet: a little later than the one before.
    if (!clock->held && ts_ns >= clock->now_ns && ts_ns < clock->next_ns) {
        clock->now_ns = ts_ns;
        return false;
    }
    if (!accept(clock, ts_ns) || ts_ns <= clock->now_ns)
        return false;
    bool tick = floor_tick(ts_ns) != floor_tick(clock->now_ns);
    set(clock, ts_ns);
    return tick;
}

/** The first packet with a time starts the clock.
 * @return the index of the packet behind it */
static uint32_t start(struct clock *clock, struct batch *batch)
{
    for (uint32_t i = 0; i < batch->count; i++) {
        if (batch->packets[i].flags & PALUA_PACKET_NO_TIME)
            continue;
        clock_advance(clock, batch->packets[i].ts_ns);
        clock->tick_ns = batch->clock_ns = clock->now_ns;
        batch->clock_from = i;
        return i + 1;
    }
    return batch->count;
}

void clock_batch(struct clock *clock, struct batch *batch)
{
    // At most one tick a packet; the arena takes back what is not used with the batch.
    batch->ticks = arena_alloc(&batch->arena, batch->count * sizeof *batch->ticks,
                               _Alignof(struct batch_tick));
    batch->tick_count = 0;
    batch->clock_ns = clock->started ? clock->tick_ns : INT64_MIN;
    batch->clock_from = 0;
    for (uint32_t i = clock->started ? 0 : start(clock, batch); i < batch->count; i++) {
        const struct palua_packet *packet = &batch->packets[i];
        if (packet->flags & PALUA_PACKET_NO_TIME || !clock_advance(clock, packet->ts_ns))
            continue;
        clock->tick_ns = clock->now_ns;
        batch->ticks[batch->tick_count++] = (struct batch_tick){clock->now_ns, i};
    }
}
