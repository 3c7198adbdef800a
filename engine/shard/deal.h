// SPDX-License-Identifier: MIT OR Apache-2.0
/** Deals a worker's events out to the instances that own their keys.
 *
 * Where an analysis is partitioned by address, an instance needs events that other workers made. So
 * each worker, right after its stages, sorts the events of its own part once by owner, for all
 * analyses that are partitioned alike; an instance then reads its list of every part like any other
 * queue, and looks at no event that is not its own. The lists lie in the part's arena and hold what
 * the queues hold: a pointer and an order key per event. Nothing of this is done for one worker,
 * who owns every key. */
#pragma once

#include <stdint.h>

#include "batch/batch.h"
#include "shard/owner.h"

/** What is dealt by one partition: the kinds of events that some analysis of that partition reads.
 */
struct deal {
    enum palua_partition partition;
    uint16_t *kinds;
    size_t kind_count;
    size_t kind_cap;
};

void deal_fini(struct deal *deal);
/** Adds a kind, once. */
void deal_add(struct deal *deal, uint16_t kind);

/** Fills part->dealt for `deal`. Called by the part's worker when its queues are complete.
 * @param owners  instances: as many as there are parts */
void deal_part(const struct deal *deal, uint32_t owners, struct part *part);
