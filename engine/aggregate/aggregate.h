// SPDX-License-Identifier: MIT OR Apache-2.0
/** Aggregations: mergeable state outside the Lua heap, keyed by typed bytes.
 *
 * An aggregate has key columns and measures; per key it holds one cell of each measure
 * (aggregate/measure.h). Every kind of the Lua API is that: `group` in general, the others with one
 * measure. Merging is exact and independent of order, so the result is the same for any number of
 * instances. At the cap, totals stay right: the keys with the smallest hash stay and the rest goes
 * to one (other) row. It is declared, filled from Lua and read through lua/abi_aggregate.h; as a
 * handler, through aggregate_bind. One thread at a time per aggregate.
 *
 * What is left out is counted and told in the footer: keys cut to their maximum size, values that
 * are NaN, keys in (other). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "batch/batch.h"
#include "event/interest.h"
#include "event/path.h"
#include "event/registry.h"
#include "lua/abi_aggregate.h"
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

enum { AGGREGATE_MEASURE_CAP = 16 };

struct aggregate;

/** Used as a handler: key columns (and values) bound to fields of an event, so that the event never
 * enters Lua. */
struct aggregate_binding;

/** Resolves the aggregate's columns against event `kind` and adds them to `interest`: key columns
 * by their name, the value of a measure by its field. A time or duration makes the measure's unit:
 * then plain numbers added to it are seconds. Before the first value is added; call it alike for
 * every instance.
 * @return NULL if a field is unknown or no number, with ERROR_USAGE */
struct aggregate_binding *aggregate_bind(struct aggregate *aggregate,
                                         const struct registry *registry, uint16_t kind,
                                         struct interest *interest, struct error *err);
void aggregate_binding_free(struct aggregate_binding *binding);
/** Adds every event of a queue. A value that the event does not have is not added. */
void aggregate_binding_consume(struct aggregate_binding *binding, const struct event_queue *queue);

/** Adds one row of arguments, as palua_aggregate_add does.
 * @param arguments  key columns, then the value of each measure that takes one */
uint32_t aggregate_add(struct aggregate *aggregate, const struct palua_argument *arguments);

/** Adds all that `from` gathered; both must have been declared and bound alike. */
void aggregate_merge(struct aggregate *into, struct aggregate *from);
/** The rows, sorted and cut as declared; free with table_fini. */
void aggregate_table(struct aggregate *aggregate, struct table *out);
const char *aggregate_name(const struct aggregate *aggregate);
/** Whether it prints itself at the end of the run. */
bool aggregate_shown(const struct aggregate *aggregate);
void aggregate_free(struct aggregate *aggregate);
