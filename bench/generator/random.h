// SPDX-License-Identifier: MIT OR Apache-2.0
/** Repeatable randomness for the workloads: SplitMix64 (Steele, Lea, Flood 2014), integers only, so
 * that a seed gives the same file on every machine. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct random {
    uint64_t state;
};

static inline uint64_t random_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

static inline uint64_t random_u64(struct random *random)
{
    return random_mix(random->state += 0x9e3779b97f4a7c15ULL);
}

/** 0 … limit-1; limit must not be 0. */
static inline uint32_t random_below(struct random *random, uint32_t limit)
{
    return (uint32_t)(((random_u64(random) >> 32) * limit) >> 32);
}

/** true with a probability of n in 1,000. */
static inline bool random_permille(struct random *random, uint32_t n)
{
    return random_below(random, 1000) < n;
}

/** 0 … limit-1, small numbers far more often: every octave of ranks is equally likely, which is
 * Zipf's law with exponent 1 in steps. */
static inline uint32_t random_rank(struct random *random, uint32_t limit)
{
    uint32_t octaves = 32 - (uint32_t)__builtin_clz(limit);
    uint32_t base = 1U << random_below(random, octaves);
    uint32_t rank = base - 1 + random_below(random, base);
    return rank < limit ? rank : random_below(random, limit);
}

/** A length between low and high, every octave equally likely: many short ones, few long ones. */
static inline uint32_t random_length(struct random *random, uint32_t low, uint32_t high)
{
    return low + random_rank(random, high - low + 1);
}
