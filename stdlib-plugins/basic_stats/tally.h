// SPDX-License-Identifier: MIT OR Apache-2.0
/** Sums of packets and bytes per who sends to whom: a hash table of fixed-size records that only
 * grows, up to a cap. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/** Compared as memory: zero what is not used. */
struct tally_key {
    uint8_t src[16];
    uint8_t dst[16];
    uint16_t sport;
    uint16_t dport;
    uint8_t addr_len;
    uint8_t proto;
    uint8_t reserved[2];
};

enum { TALLY_UID_CAP = 24 };

struct tally_row {
    struct tally_key key;
    uint64_t packets;
    uint64_t bytes;    /**< payload */
    uint64_t ip_bytes; /**< headers included */
    uint8_t uid[TALLY_UID_CAP];
    uint32_t uid_len;
    bool used;
};

struct tally {
    struct tally_row *rows; /**< open addressing, at most half full */
    uint64_t size;          /**< a power of two; 0 at first */
    uint64_t count;
    uint64_t cap;
};

/** The row of a key, made if it is new; NULL at the cap, or if memory ran out. Valid until the next
 * call. */
struct tally_row *tally_at(struct tally *tally, const struct tally_key *key);
/** Puts the rows in order of proto, src, dst and ports, at the front; nothing may be added after.
 */
void tally_sort(struct tally *tally);
void tally_fini(struct tally *tally);
