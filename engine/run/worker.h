// SPDX-License-Identifier: MIT OR Apache-2.0
/** A worker: the stages one thread runs over its share of every batch, in the packet's way: flow,
 * dissectors, events.
 *
 * Shared-nothing: its flow table, its dissector instances, its part of each batch. Runs only the
 * stages that somebody asked for: no subscriber to flows, no flow table. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "config/config.h"
#include "decode/decode.h"
#include "event/interest.h"
#include "plugin/dissection.h"
#include "plugin/plugin.h"
#include "stream/stream.h"

struct worker;

struct worker_options {
    uint32_t index; /**< 0, 1, 2…: its part of each batch, the upper bits of its flows' ids */
    const struct config *config;
    const struct plugin_set *plugins;
    const struct registry *registry;
    const struct decoder *decoder;
    const struct interest *interest;
    const struct filter_gate *gates; /**< by enum event_kind, of events of packets */
};

/** Starts the dissectors that are needed. What the options point to must outlive the worker. */
struct worker *worker_new(const struct worker_options *options, struct error *err);
void worker_free(struct worker *worker);
/** Whether it tracks flows: then it wants the packets of carriers, too. */
bool worker_tracks_flows(const struct worker *worker);

/** Runs the stages over the decoded packets of a batch, expiring flows at the batch's ticks; fills
 * batch->parts[index]. */
void worker_batch(struct worker *worker, struct batch *batch);

/** The end of the input: the unfinished datagrams that a batch without packets brings. */
void worker_remnants(struct worker *worker, struct batch *batch);

/** The end of the run: puts the flows that are left in order of their first packet.
 * @return how many there are */
uint64_t worker_line_up(struct worker *worker);
/** First packet of flow `place` of those lined up (from 0), ended or not; any thread. */
uint64_t worker_ending(const struct worker *worker, uint64_t place);
/** Ends the next `count` flows of those lined up, into a batch without packets. */
void worker_end(struct worker *worker, struct batch *batch, uint32_t count);

/** For --explain: the stages that run, as ", flow table…". */
void worker_explain(const struct worker *worker, struct text *out);

struct worker_totals {
    uint64_t flows;
    uint64_t flows_evicted;
    uint64_t history_cut; /**< letters of histories */
    uint64_t pieces_lost; /**< segments beyond more holes than are remembered */
    uint64_t anomalies;   /**< found by dissectors and in TCP streams */
    struct stream_counters streams;
    bool tracks_flows; /**< what is said of flows means something */
};
void worker_totals(const struct worker *worker, struct worker_totals *out);

/** Counters of the worker's dissectors that are not zero. */
void worker_counters(const struct worker *worker, dissection_counter_fn report, void *context);
