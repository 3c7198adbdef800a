// SPDX-License-Identifier: MIT OR Apache-2.0
/** A filter on the fields of events (API section 5): compiled from an expression at set-up, asked
 * of every event.
 *
 * Not to be confused with the capture filter of -f (capture/filter.h), which leaves out packets
 * before anything else is done with them. A program is for one kind of event. It is a list of
 * tests, each of which says where to go on if it holds and if not, so that nothing is evaluated
 * that cannot matter any more and nothing recurs. Asking allocates nothing. One thread at a time:
 * `matches` keeps what it searches with. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/queue.h"
#include "filter/operand.h"

/** Limits of an expression, beside FILTER_TEXT_CAP; all are told where they are met. */
enum {
    FILTER_TEST_CAP = 4096, /**< tests joined by and, or, not */
    FILTER_SET_CAP = 16384, /**< values between all braces */
    FILTER_NESTING_CAP = 64 /**< parentheses within each other */
};

struct filter_program;

/** Compiles an expression for the event `scope->kind`; what it reads is added to the interest.
 * @return NULL with ERROR_USAGE: "column 9: …" */
struct filter_program *filter_program_new(const struct filter_scope *scope, const char *text,
                                          size_t len, struct error *err);
void filter_program_free(struct filter_program *program);

bool filter_program_holds(const struct filter_program *program, const struct palua_event *event);
/** Whether it asks about nothing but the event's packet, and may be asked on any thread: before the
 * event is made, of an event that has only its packet. */
bool filter_program_asks_packet(const struct filter_program *program);
/** Puts the events of a queue for which it holds, with their keys, into `out`, whose events are
 * forgotten first. */
void filter_program_select(struct filter_program *program, const struct event_queue *queue,
                           struct event_queue *out);
/** Searches of `matches` that were given up at a limit so far, which then found nothing. */
uint64_t filter_program_given_up(const struct filter_program *program);
