// SPDX-License-Identifier: MIT OR Apache-2.0
/** One instance of an analysis, whatever it is made of: a Lua script, a C plugin, the -T printer.
 *
 * The run sees only this. `consume` gets one batch at a time, in batch order, never concurrently
 * with another hook of the same instance, though not always on the same thread. `open`, `merge`,
 * `finish` and `free` are called by the run's main thread while nothing else runs. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <palua/plugin.h>

#include "base/error.h"
#include "base/text.h"
#include "batch/batch.h"
#include "event/interest.h"
#include "filter/gate.h"
#include "sink/output.h"

/** How an analysis fared; decides the exit status. */
struct analysis_report {
    uint64_t errors;      /**< script or plugin errors, counted per occurrence */
    uint64_t anomalies;   /**< that a script found in streams */
    uint64_t given_up;    /**< searches of filters that a limit ended */
    uint64_t states_shed; /**< states of partition keys that a script lost at lua.state_cap */
    bool stop;            /**< end the run now (--strict, or a budget was met) */
    bool parked; /**< its thread was stopped in a hook: only what lies outside of Lua is shown */
};

struct analysis;

/** What an instance reads of a batch: its worker's part, or all parts; and of these everything, or
 * what was dealt to it. */
struct part_range {
    uint32_t first;
    uint32_t count;
    enum palua_partition dealt; /**< by what, if that is by address; else 0 */
    uint32_t owner;             /**< then: the instance's index */
};

/** The events of one kind in the part `place` (from 0) of a range. */
static inline const struct event_queue *part_range_queue(const struct batch *batch,
                                                         const struct part_range *range,
                                                         uint32_t place, uint16_t kind)
{
    const struct part *part = &batch->parts[range->first + place];
    return range->dealt ? &part->dealt[range->dealt - PALUA_PARTITION_SRC][kind][range->owner]
                        : &part->queues[kind];
}

struct analysis_ops {
    /** Before the first packet: declares the analysis' streams. May be NULL.
     * @param first  the instance that has declared them already; NULL: this is the first */
    void (*open)(struct analysis *analysis, struct output *output, const struct analysis *first);
    /** The batch's events, through batch->parts. Lines go to `sheet` with order keys. */
    void (*consume)(struct analysis *analysis, struct batch *batch, struct part_range parts,
                    struct sheet *sheet);
    /** Whether it reads events of a kind; of any instance, after it was made. */
    bool (*reads)(const struct analysis *analysis, uint16_t kind);
    /** Adds the filters behind which it reads events of a kind; of any instance, after it was made.
     * NULL: it has none. */
    void (*gate)(const struct analysis *analysis, uint16_t kind, struct filter_gate *gate);
    /** Flows that ended in this batch: drop the state kept for them. May be NULL. */
    void (*flow_ended)(struct analysis *analysis, uint64_t flow_id);
    /** Takes over what another instance of the same analysis gathered. */
    void (*merge)(struct analysis *into, struct analysis *from);
    /** The run is over and everything merged: results go to `output`, lines before tables.
     * @param sheet  empty, to be written by whoever writes a table, or afterwards by the caller */
    void (*finish)(struct analysis *analysis, struct output *output, struct sheet *sheet);
    void (*free)(struct analysis *analysis);
    /** A number that changes whenever a call of user code ends; any thread, at any time. NULL: no
     * hook runs user code. */
    uint64_t (*progress)(const struct analysis *analysis);
    /** What it is at, for a message; from another thread, while it is stuck there. */
    void (*whereabouts)(const struct analysis *analysis, struct text *out);
};

/** "all", "flow", "src"… as scripts and messages say it. */
const char *analysis_partition_name(enum palua_partition partition);

/** Embedded as first member by each kind of analysis. */
struct analysis {
    const struct analysis_ops *ops;
    const char *name;
    uint32_t order; /**< load order: the script part of output keys */
    struct analysis_report report;
};
