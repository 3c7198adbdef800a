// SPDX-License-Identifier: MIT OR Apache-2.0
/** The queries of one flow that have no answer yet, oldest first.
 *
 * Bounded: at `cap` the oldest is forgotten. Most flows never have more than two, which need no
 * memory of their own. Owned by the flow's state; one thread at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { DNS_PENDING_INLINE = 2 };

struct dns_pending_query {
    uint64_t key;
    int64_t ts_ns;
};

/** Zeroed is empty. */
struct dns_pending {
    struct dns_pending_query *queries; /**< NULL: `first` holds them */
    uint32_t count;
    uint32_t cap; /**< of `queries` */
    struct dns_pending_query first[DNS_PENDING_INLINE];
};

struct dns_pending_options {
    uint32_t cap;       /**< queries per flow */
    int64_t timeout_ns; /**< a query older than this is answered no more */
};

/** What names a query: id, direction and question, the question's name without regard to case. */
uint64_t dns_pending_key(uint16_t id, uint8_t direction, const uint8_t *qname, uint32_t len,
                         uint16_t qtype, uint16_t qclass);

enum dns_pending_result {
    DNS_PENDING_ADDED,
    DNS_PENDING_REPEATED, /**< asked before and not yet answered: the first time stays */
    DNS_PENDING_DROPPED   /**< added, and the oldest forgotten */
};

enum dns_pending_result dns_pending_add(struct dns_pending *pending,
                                        const struct dns_pending_options *options, uint64_t key,
                                        int64_t ts_ns);

/** Takes the oldest query of that key.
 * @param any_question  an answer without a question: id and direction decide
 * @return false if there is none, or it is older than the timeout */
bool dns_pending_take(struct dns_pending *pending, const struct dns_pending_options *options,
                      uint64_t key, bool any_question, int64_t now_ns, int64_t *ts_ns);

void dns_pending_fini(struct dns_pending *pending);
