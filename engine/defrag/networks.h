// SPDX-License-Identifier: MIT OR Apache-2.0
/** Networks whose hosts treat overlapping fragments in a way of their own: prefix and policy, of
 * which the longest prefix that an address has counts.
 *
 * Plain data, without pointers: copied and compared as memory. Written while the configuration is
 * read, then only read, by any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "defrag/policy.h"

enum { DEFRAG_NETWORK_CAP = 256 }; /**< more are refused */

struct defrag_network {
    uint8_t address[16]; /**< IPv4: the first 4 bytes; 0 behind the prefix */
    uint8_t version;     /**< 4 or 6 */
    uint8_t prefix_len;  /**< bits */
    uint8_t policy;      /**< enum defrag_policy */
};

struct defrag_networks {
    uint32_t count;
    struct defrag_network items[DEFRAG_NETWORK_CAP]; /**< longer prefixes first */
};

/** Adds a network.
 * @param prefix  "10.0.0.0/8", "2001:db8::/32", or an address, which is a network of one host
 * @param policy  its name, such as "windows"
 * @return false with one sentence in err: one of the two is none, the network is there already, or
 * there are too many */
bool defrag_networks_add(struct defrag_networks *networks, const char *prefix, const char *policy,
                         struct error *err);

/** @param version    4 or 6
 * @param address    4 or 16 bytes
 * @param otherwise  what holds where no network does */
enum defrag_policy defrag_networks_find(const struct defrag_networks *networks, unsigned version,
                                        const uint8_t *address, enum defrag_policy otherwise);
