// SPDX-License-Identifier: MIT OR Apache-2.0
/** Has the processor fetch memory that will be wanted soon. Any address will do, also none.
 *
 * GCC takes a function that does nothing else for one without effect, and leaves out its calls; the
 * empty asm statement is an effect. */
#pragma once

static inline void prefetch_read(const void *address)
{
    __builtin_prefetch(address);
    __asm__ volatile("");
}

static inline void prefetch_write(const void *address)
{
    __builtin_prefetch(address, 1);
    __asm__ volatile("");
}
