// SPDX-License-Identifier: MIT OR Apache-2.0
/** One multiplication that mixes 128 bits into 64: what the engine's hashes of a few words are made
 * of. Pure, any thread. */
#pragma once

#include <stdint.h>

static inline uint64_t fold_words(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}
