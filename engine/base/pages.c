// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/pages.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "base/memory.h"

enum { LINE = 64, SMALL = 4096 };

#if defined(__SANITIZE_ADDRESS__)
#define PAGES_CHECKING 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PAGES_CHECKING 1
#endif
#endif

/** Under AddressSanitizer everything comes from the heap, so that an overrun is seen. */
static bool is_mapped(size_t size)
{
#ifdef PAGES_CHECKING
    (void)size;
    return false;
#else
    return size >= PAGES_MAPPED;
#endif
}

/** What is mapped for so many bytes. */
static size_t whole(size_t size)
{
    size_t unit = size < PAGES_HUGE ? SMALL : PAGES_HUGE;
    return memory_add(size, unit - 1) & ~(unit - 1);
}

static uint8_t *map(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        memory_exhausted(size);
    return memory;
}

/** A huge page begins at a multiple of its size: what is mapped too much on either side goes back.
 */
static void *map_huge(size_t size)
{
    uint8_t *memory = map(memory_add(size, PAGES_HUGE));
    size_t before = (size_t)(-(uintptr_t)memory & (PAGES_HUGE - 1));
    if (before)
        munmap(memory, before);
    munmap(memory + before + size, PAGES_HUGE - before);
    madvise(memory + before, size, MADV_HUGEPAGE); // a wish: without it the pages are small
    return memory + before;
}

void *pages_alloc(size_t size)
{
    if (!is_mapped(size))
        return memory_aligned(LINE, size);
    return size < PAGES_HUGE ? map(whole(size)) : map_huge(whole(size));
}

void *pages_zalloc(size_t size)
{
    void *memory = pages_alloc(size);
    return is_mapped(size) ? memory : memset(memory, 0, size);
}

void pages_discard(void *memory, size_t size)
{
    size_t before = (size_t)(-(uintptr_t)memory & (SMALL - 1));
    if (size < before + SMALL)
        return;
    // A wish too: without it the memory is merely kept.
    madvise((uint8_t *)memory + before, (size - before) & ~(size_t)(SMALL - 1), MADV_DONTNEED);
}

void pages_free(void *memory, size_t size)
{
    if (memory && is_mapped(size))
        munmap(memory, whole(size));
    else
        memory_free(memory);
}
