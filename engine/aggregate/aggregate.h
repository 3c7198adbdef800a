// SPDX-License-Identifier: MIT OR Apache-2.0
/** Aggregations: mergeable state outside the Lua heap, keyed by typed bytes.
 *
 * One aggregate holds, per key, one cell of each of its measures. Merging is exact and in a fixed
 * order, so that the result is the same for any number of instances. At the cap, totals stay right:
 * the keys with the smallest hash stay and the rest goes to one (other) row. One thread at a time
 * per aggregate. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "batch/batch.h"
#include "event/interest.h"
#include "event/path.h"
#include "event/registry.h"
#include "sink/table.h"

enum measure_kind {
    MEASURE_COUNT,
    MEASURE_SUM,
    MEASURE_MIN,
    MEASURE_MAX,
    MEASURE_AVG,
    MEASURE_HIST,
    MEASURE_QUANTILE,
    MEASURE_DISTINCT
};

struct aggregate;

/** Used as a handler: key columns (and values) bound to fields of an event, so that the event never
 * enters Lua. */
struct aggregate_binding;

/** Resolves the aggregate's columns against event `kind` and adds them to `interest`. */
struct aggregate_binding *aggregate_bind(struct aggregate *aggregate,
                                         const struct registry *registry, uint16_t kind,
                                         struct interest *interest, struct error *err);
void aggregate_binding_free(struct aggregate_binding *binding);
/** Adds every event of a queue. */
void aggregate_binding_consume(struct aggregate_binding *binding, const struct event_queue *queue);

/** Adds all that `from` gathered; both must have been declared alike. */
void aggregate_merge(struct aggregate *into, const struct aggregate *from);
/** The rows, sorted and cut as declared; free with table_fini. */
void aggregate_table(const struct aggregate *aggregate, struct table *out);
void aggregate_free(struct aggregate *aggregate);
