// SPDX-License-Identifier: MIT OR Apache-2.0
/** Zeroed memory for large tables, in huge pages where the kernel gives them: a table that is hit
 * at random costs a TLB miss per access otherwise. */
#pragma once

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static inline void *memory_table(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        perror("no memory for a table");
        exit(4);
    }
    madvise(memory, size, MADV_HUGEPAGE);
    return memory;
}

/** Address space, of which only what is written becomes memory. */
static inline void *memory_reserve(size_t size)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (memory == MAP_FAILED) {
        perror("no address space for a table");
        exit(4);
    }
    madvise(memory, size, MADV_HUGEPAGE);
    return memory;
}
