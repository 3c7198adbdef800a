// SPDX-License-Identifier: MIT OR Apache-2.0
/** How many different values: a set of 64-bit hashes, and above DISTINCT_EXACT of them a
 * HyperLogLog.
 *
 * Flajolet et al. 2007 with 4,096 registers and Ertl's estimator (arXiv:1702.01284, algorithm 6),
 * which needs no correction tables: standard error 1.6 %. The state depends on the values only, not
 * on their order or on how they were spread over instances. Exact means: as far as 64-bit hashes
 * differ. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { DISTINCT_EXACT = 1024 };     /**< values kept exactly */
enum { DISTINCT_REGISTERS = 4096 }; /**< bytes after that */

/** Zeroed is empty. */
struct distinct {
    uint64_t *hashes;   /**< open addressing, 0 is free; NULL once estimating */
    uint8_t *registers; /**< NULL while exact */
    uint32_t count;     /**< of hashes, without the hash 0 */
    uint32_t slots;     /**< a power of two */
    bool zero;          /**< the hash 0 was added */
};

void distinct_add(struct distinct *distinct, uint64_t hash);
void distinct_merge(struct distinct *into, const struct distinct *from);
void distinct_fini(struct distinct *distinct);
bool distinct_estimated(const struct distinct *distinct);
uint64_t distinct_count(const struct distinct *distinct);
