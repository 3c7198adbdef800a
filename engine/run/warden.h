// SPDX-License-Identifier: MIT OR Apache-2.0
/** The thread that watches over a run: it takes the signals that ask for its end, and finds calls
 * of scripts that take longer than their budget.
 *
 * LuaJIT cannot interrupt a compiled loop. So a thread that is stuck in one is stopped where it
 * stands, for good, by a signal whose handler never returns; but only while it executes Lua's own
 * code, where it holds no lock and what it gathered is whole. Then the warden itself ends the run:
 * the thread that is stuck may be the main one. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "plugin/analysis.h"

/** What one lane is doing for an analysis. Written by whichever thread has the lane. */
struct duty {
    _Atomic(struct analysis *) analysis; /**< NULL: nothing that could get stuck */
    _Atomic(const char *) loading;       /**< a script that is being loaded; NULL: none */
    atomic_uint round;                   /**< calls so far */
    _Atomic pthread_t thread;            /**< of the current call */

    struct duty *next; /**< the rest is the warden's */
    unsigned seen_round;
    uint64_t seen_progress;
    int64_t seen_cpu_ns;
    bool parked;
};

/** Before and after each call of an analysis' hooks. */
void duty_begin(struct duty *duty, struct analysis *analysis);
void duty_end(struct duty *duty);
/** The same while a script is loaded. */
void duty_begin_loading(struct duty *duty, const char *name);

/** How a run is ended for a thread that is stuck; called by the warden's thread. */
struct warden_ops {
    /** No lane begins anything new. NULL context members are allowed at any time of the run. */
    void (*abandon)(void *context);
    /** @return whether all threads but `parked` ones have come to rest */
    bool (*at_rest)(void *context, uint32_t parked);
    /** Shows what was gathered, and ends the process. */
    void (*end)(void *context);
};

struct warden;

/** Starts the thread. From here to warden_stop SIGINT and SIGTERM are its own: the first requests
 * the end (base/interrupt.h), the second ends the process at once. */
struct warden *warden_start(const struct warden_ops *ops, void *context);
void warden_stop(struct warden *warden);

/** Processor time of one call, ns; before any duty begins. */
void warden_budget(struct warden *warden, int64_t budget_ns);
/** A new duty, which lives as long as the warden. */
struct duty *warden_duty(struct warden *warden);

/** Around a read that may wait for ever: a request to end interrupts it. One thread at a time. */
void warden_begin_reading(struct warden *warden);
void warden_end_reading(struct warden *warden);
