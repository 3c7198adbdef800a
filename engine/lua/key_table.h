// SPDX-License-Identifier: MIT OR Apache-2.0
/** Which state belongs to a key of a partition by address: numbers for the tables that a script's
 * handlers get as `st`.
 *
 * Numbers are small and dense, so that Lua finds the state by an index. A key keeps its number
 * until it was idle for the time given, as the batches' clock says (batch_time), or until it is
 * shed. The cap is held per virtual shard of keys (shard/owner.h): a new key in a full shard takes
 * the place of the one that was idle longest there. So what a key's events see depends on the
 * events of its shard alone, in capture order, and not on the number of instances nor on where
 * batches end. One thread at a time. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "shard/owner.h"

struct key_table;

/** @param cap      keys of all instances together, 256 at least; each shard has a 256th
 * @param idle_ns  above 0 */
struct key_table *key_table_new(uint32_t cap, int64_t idle_ns);
void key_table_free(struct key_table *table);

/** The number of a key's state, from 0 on; a new one if the key is new, or was idle too long.
 * @param now_ns  never less than in the call before; INT64_MIN while the clock does not run: what
 * was kept then is dropped when it starts */
uint32_t key_table_find(struct key_table *table, const struct owner_key *key, int64_t now_ns);
/** Drops what has been idle too long. It would be found dropped anyway: this gives back memory. */
void key_table_sweep(struct key_table *table, int64_t now_ns);

/** The numbers that were dropped and are not in use again, for whoever keeps something by them. */
const uint64_t *key_table_dropped(const struct key_table *table, size_t *count);
/** That is done: the numbers may be given out again. */
void key_table_reuse(struct key_table *table);

/** Keys that lost their state to others at the cap. */
uint64_t key_table_shed(const struct key_table *table);
