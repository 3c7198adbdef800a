// SPDX-License-Identifier: MIT OR Apache-2.0
/** A worker: the stages one thread runs over its share of every batch, in the packet's way: flow,
 * (stream,) dissectors, events.
 *
 * Shared-nothing: its flow table, its dissector instances, its part of each batch. Runs only the
 * stages that somebody asked for. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "app/config.h"
#include "event/interest.h"
#include "plugin/plugin.h"

struct worker;

struct worker *worker_new(uint32_t index, const struct config *config,
                          const struct plugin_set *plugins, const struct registry *registry,
                          const struct decoder *decoder, const struct interest *interest,
                          struct error *err);
void worker_free(struct worker *worker);

/** Runs the stages over the packets of a batch; fills batch->parts[index]. */
void worker_batch(struct worker *worker, struct batch *batch);
/** The end of the run: ends all flows and publishes capture.end into an empty batch. */
void worker_end(struct worker *worker, struct batch *batch);

struct worker_totals {
    uint64_t flows;
    uint64_t flows_evicted;
    uint64_t anomalies;
};
void worker_totals(const struct worker *worker, struct worker_totals *out);
