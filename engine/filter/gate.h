// SPDX-License-Identifier: MIT OR Apache-2.0
/** What an event of a packet must pass to be made: the filters of all who take such events, where
 * the packet's headers alone decide each of them (API section 5).
 *
 * An event that nobody would be shown is then not built, queued, sorted or dealt out. Whoever takes
 * it still asks his own filter. Filled at set-up, then read-only: safe on any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "filter/program.h"

struct filter_gate {
    const struct filter_program **programs; /**< one of them must hold; they outlive the gate */
    size_t count;
    size_t cap;
    bool open; /**< somebody takes events whatever their packets' headers say */
};

/** Adds somebody who takes events.
 * @param program  his filter; NULL: he takes them all */
void filter_gate_add(struct filter_gate *gate, const struct filter_program *program);
void filter_gate_fini(struct filter_gate *gate);

/** Whether there is something to ask of packets. */
static inline bool filter_gate_asks(const struct filter_gate *gate)
{
    return gate->count && !gate->open;
}

/** Whether one of its filters holds for the packet. */
bool filter_gate_holds(const struct filter_gate *gate, const struct palua_packet *packet);

/** Whether the packet's events are to be made. */
static inline bool filter_gate_passes(const struct filter_gate *gate,
                                      const struct palua_packet *packet)
{
    return !filter_gate_asks(gate) || filter_gate_holds(gate, packet);
}
