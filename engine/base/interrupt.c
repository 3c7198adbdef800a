// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/interrupt.h"

#include <stdatomic.h>

// A signal is the process's, so this is too.
static atomic_bool requested;

void interrupt_request(void)
{
    atomic_store(&requested, true);
}

bool interrupt_requested(void)
{
    return atomic_load_explicit(&requested, memory_order_relaxed);
}
