// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void memory_exhausted(size_t size)
{
    fprintf(stderr,
            "palua: memory: %zu bytes could not be had; lower the caps in the configuration\n",
            size);
    _Exit(4);
}

static void *checked(void *memory, size_t size)
{
    if (!memory)
        memory_exhausted(size);
    return memory;
}

void *memory_alloc(size_t size)
{
    return checked(malloc(size ? size : 1), size);
}

void *memory_zalloc(size_t count, size_t size)
{
    return checked(calloc(count ? count : 1, size ? size : 1), memory_mul(count, size));
}

void *memory_resize(void *old, size_t size)
{
    return checked(realloc(old, size ? size : 1), size);
}

void *memory_aligned(size_t align, size_t size)
{
    size_t rounded = memory_add(size, align - 1) & ~(align - 1);
    return checked(aligned_alloc(align, rounded ? rounded : align), size);
}

char *memory_strdup(const char *text)
{
    size_t len = strlen(text) + 1;
    return memcpy(memory_alloc(len), text, len);
}

void memory_free(void *memory)
{
    free(memory);
}

size_t memory_add(size_t a, size_t b)
{
    size_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        memory_exhausted(SIZE_MAX);
    return sum;
}

size_t memory_mul(size_t a, size_t b)
{
    size_t product;
    if (__builtin_mul_overflow(a, b, &product))
        memory_exhausted(SIZE_MAX);
    return product;
}

void *memory_grow(void *array, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap && array)
        return array;
    size_t next = *cap ? *cap : 16;
    while (next < need)
        next = memory_add(next, next);
    *cap = next;
    return memory_resize(array, memory_mul(next, size));
}
