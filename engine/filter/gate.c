// SPDX-License-Identifier: MIT OR Apache-2.0
#include "filter/gate.h"

#include "base/memory.h"

void filter_gate_add(struct filter_gate *gate, const struct filter_program *program)
{
    if (!program || !filter_program_asks_packet(program)) {
        gate->open = true;
        return;
    }
    gate->programs =
        memory_grow((void *)gate->programs, &gate->cap, gate->count + 1, sizeof *gate->programs);
    gate->programs[gate->count++] = program;
}

void filter_gate_fini(struct filter_gate *gate)
{
    memory_free((void *)gate->programs);
    *gate = (struct filter_gate){0};
}

bool filter_gate_holds(const struct filter_gate *gate, const struct palua_packet *packet)
{
    const struct palua_event event = {.packet = packet};
    for (size_t i = 0; i < gate->count; i++)
        if (filter_program_holds(gate->programs[i], &event))
            return true;
    return false;
}
