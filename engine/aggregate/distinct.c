// SPDX-License-Identifier: MIT OR Apache-2.0
#include "aggregate/distinct.h"

#include <math.h>

#include "base/memory.h"

enum { REGISTER_BITS = 12, RANK_MAX = 64 - REGISTER_BITS + 1, SLOTS_MIN = 8 };

/** XXH3's low bits are as good as any, so they choose the slot; the high ones choose the register.
 */
static void place(uint64_t *hashes, uint32_t slots, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & (slots - 1);
    while (hashes[at])
        at = (at + 1) & (slots - 1);
    hashes[at] = hash;
}

static bool contains(const struct distinct *distinct, uint64_t hash)
{
    if (distinct->slots == 0)
        return false;
    uint32_t mask = distinct->slots - 1, at = (uint32_t)hash & mask;
    while (distinct->hashes[at] && distinct->hashes[at] != hash)
        at = (at + 1) & mask;
    return distinct->hashes[at] == hash;
}

static void grow(struct distinct *distinct)
{
    uint32_t slots = distinct->slots ? distinct->slots * 2 : SLOTS_MIN;
    uint64_t *hashes = memory_zalloc(slots, sizeof *hashes);
    for (uint32_t i = 0; i < distinct->slots; i++)
        if (distinct->hashes[i])
            place(hashes, slots, distinct->hashes[i]);
    memory_free(distinct->hashes);
    distinct->hashes = hashes;
    distinct->slots = slots;
}

static void estimate(uint8_t *registers, uint64_t hash)
{
    uint32_t index = (uint32_t)(hash >> (64 - REGISTER_BITS));
    uint64_t rest = hash << REGISTER_BITS;
    uint8_t rank = (uint8_t)(rest ? __builtin_clzll(rest) + 1 : RANK_MAX);
    if (registers[index] < rank)
        registers[index] = rank;
}

static void start_estimating(struct distinct *distinct)
{
    uint8_t *registers = memory_zalloc(DISTINCT_REGISTERS, 1);
    for (uint32_t i = 0; i < distinct->slots; i++)
        if (distinct->hashes[i])
            estimate(registers, distinct->hashes[i]);
    if (distinct->zero)
        estimate(registers, 0);
    memory_free(distinct->hashes);
    *distinct = (struct distinct){.registers = registers};
}

static void add_exact(struct distinct *distinct, uint64_t hash)
{
    if (hash == 0) {
        distinct->zero = true;
    } else if (!contains(distinct, hash)) {
        if ((distinct->count + 1) * 4 > distinct->slots * 3)
            grow(distinct);
        place(distinct->hashes, distinct->slots, hash);
        distinct->count++;
    }
    if (distinct->count + distinct->zero > DISTINCT_EXACT)
        start_estimating(distinct);
}

void distinct_add(struct distinct *distinct, uint64_t hash)
{
    if (distinct->registers)
        estimate(distinct->registers, hash);
    else
        add_exact(distinct, hash);
}

void distinct_merge(struct distinct *into, const struct distinct *from)
{
    if (from->registers) {
        if (!into->registers)
            start_estimating(into);
        for (uint32_t i = 0; i < DISTINCT_REGISTERS; i++)
            if (into->registers[i] < from->registers[i])
                into->registers[i] = from->registers[i];
        return;
    }
    for (uint32_t i = 0; i < from->slots; i++)
        if (from->hashes[i])
            distinct_add(into, from->hashes[i]);
    if (from->zero)
        distinct_add(into, 0);
}

void distinct_fini(struct distinct *distinct)
{
    memory_free(distinct->hashes);
    memory_free(distinct->registers);
    *distinct = (struct distinct){0};
}

bool distinct_estimated(const struct distinct *distinct)
{
    return distinct->registers != NULL;
}

static double ertl_sigma(double x)
{
    double y = 1, z = x, before;
    if (x == 1)
        return INFINITY;
    do {
        x *= x;
        before = z;
        z += x * y;
        y += y;
    } while (z != before);
    return z;
}

static double ertl_tau(double x)
{
    double y = 1, z = 1 - x, before;
    if (x == 0 || x == 1)
        return 0;
    do {
        x = sqrt(x);
        before = z;
        y *= 0.5;
        z -= (1 - x) * (1 - x) * y;
    } while (z != before);
    return z / 3;
}

uint64_t distinct_count(const struct distinct *distinct)
{
    if (!distinct->registers)
        return (uint64_t)distinct->count + distinct->zero;
    uint32_t with_rank[RANK_MAX + 1] = {0};
    for (uint32_t i = 0; i < DISTINCT_REGISTERS; i++)
        with_rank[distinct->registers[i]]++;
    const double m = DISTINCT_REGISTERS;
    double z = m * ertl_tau(1 - with_rank[RANK_MAX] / m);
    for (int rank = RANK_MAX - 1; rank >= 1; rank--)
        z = 0.5 * (z + with_rank[rank]);
    z += m * ertl_sigma(with_rank[0] / m);
    const double alpha = 0.72134752044448170368; // 1 / (2 ln 2)
    return (uint64_t)llrint(alpha * m * m / z);
}
