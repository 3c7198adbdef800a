// SPDX-License-Identifier: MIT OR Apache-2.0
/** A capture filter: which packets of a capture are given out, said in the language of tcpdump
 * (pcap-filter(7)).
 *
 * libpcap compiles the expression, once per link type (and byte order, where it matters), and runs
 * it: so it means what it means to tcpdump -r. Only the link layer that a packet was captured with
 * counts; a fragment that is not the first has no ports. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "batch/batch.h"

struct filter;

/** @param expression  copied
 * @return NULL if it is wrong for every link type: err (ERROR_USAGE) has libpcap's message */
struct filter *filter_new(const char *expression, struct error *err);
/** NULL is allowed. */
void filter_free(struct filter *filter);

/** What libpcap calls a link type, such as "EN10MB". @return NULL if it knows none of that number
 */
const char *filter_linktype_name(uint16_t linktype);

/** Keeps the packets that match, in order, and forgets the others. Packets of a link type of which
 * the expression cannot be asked, such as for the type of 802.11 frames on Ethernet, do not match.
 */
void filter_batch(struct filter *filter, struct batch *batch);

/** Whether there was such a link type that was not told of yet: err (ERROR_USAGE) then tells. */
bool filter_refused(struct filter *filter, struct error *err);

/** What was left out so far. */
struct filter_counters {
    uint64_t packets;
    uint64_t fragments; /**< of them, IP fragments that are not the first; 0 as long as no first one
                           was kept, as then none is missing */
};
void filter_counters(const struct filter *filter, struct filter_counters *out);
