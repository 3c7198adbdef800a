// SPDX-License-Identifier: MIT OR Apache-2.0
/** The datagrams that are being put together, found by key, with their timeouts and caps.
 *
 * Policy at the caps. Datagrams: the one begun first is shed. Memory: the same, until what is left
 * fits. Fragments of one source: that source's datagram begun first is shed, so that a flood from
 * one host costs the others nothing. Fragments of one datagram: the datagram is given up, and its
 * further fragments are dropped until its time is over. Memory never exceeds the cap by more than
 * one fragment. Time is the capture's clock; a datagram's runs from its first fragment. One thread
 * at a time. */
#pragma once

#include <stdint.h>

#include "defrag/fragment.h"
#include "defrag/networks.h"
#include "defrag/opening.h"

/** A datagram was given up: its time was over, it was shed, or the run has ended; not because
 * fragments overlapped. Both are gone when the call returns.
 * @param opening  its first fragment */
typedef void (*defrag_given_up_fn)(void *context, const struct opening *opening,
                                   const struct datagram *datagram);

struct defrag_options {
    enum defrag_policy policy;              /**< of IPv4; IPv6 drops (RFC 5722) */
    const struct defrag_networks *networks; /**< where that is otherwise, by destination: whose
                                               receiver decides; NULL: nowhere; must outlive it */
    int64_t ip_timeout_ns;
    int64_t ipv6_timeout_ns;
    uint64_t memory_cap;   /**< bytes of heap behind all datagrams */
    uint32_t datagram_cap; /**< datagrams under way */
    uint32_t fragment_cap; /**< fragments of one datagram */
    uint32_t host_cap;     /**< fragments held of one source address */
    /** Called for each datagram that is given up after its first fragment came; NULL: nobody asks,
     * and the packets of first fragments are not kept. */
    defrag_given_up_fn given_up;
    void *context; /**< given to it */
};

struct defrag_counters {
    uint64_t fragments;   /**< seen */
    uint64_t skipped;     /**< left out: not captured whole, or malformed */
    uint64_t reassembled; /**< datagrams that became whole */
    uint64_t incomplete;  /**< datagrams whose time was over, or still open at the end */
    uint64_t shed;        /**< datagrams given up at a cap */
    uint64_t overlapping; /**< datagrams dropped because fragments overlapped (DEFRAG_DROP) */
};

struct defrag_table;

struct defrag_table *defrag_table_new(const struct defrag_options *options);
void defrag_table_free(struct defrag_table *table);

/** Adds a fragment whose status is FRAGMENT_WHOLE.
 * @param findings  what was wrong, a set of enum datagram_finding
 * @return its datagram if that is whole now: to be copied, then handed to defrag_table_remove
 * before anything else is done with the table; else NULL */
struct datagram *defrag_table_add(struct defrag_table *table, const struct fragment *fragment,
                                  int64_t now_ns, unsigned *findings);
void defrag_table_remove(struct defrag_table *table, struct datagram *datagram);

/** Gives up the datagrams whose time is over. */
void defrag_table_expire(struct defrag_table *table, int64_t now_ns);

/** Gives up the `count` datagrams begun first. */
void defrag_table_end(struct defrag_table *table, uint32_t count);

/** What happened so far; the datagrams that are open count as incomplete. */
void defrag_table_counters(const struct defrag_table *table, struct defrag_counters *out);

/** Bytes of heap behind all datagrams, and how many there are. */
uint64_t defrag_table_memory(const struct defrag_table *table);
uint32_t defrag_table_count(const struct defrag_table *table);
