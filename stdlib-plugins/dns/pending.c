// SPDX-License-Identifier: MIT OR Apache-2.0
#include "pending.h"

#include <stdlib.h>
#include <string.h>

enum { QUESTION_BITS = 47 }; // of a key, below direction and id

/** Upper case to lower case. */
#define LOWER UINT64_C(0x2020202020202020)

static inline uint64_t load(const uint8_t *at, size_t size)
{
    uint64_t word = 0;
    memcpy(&word, at, size);
    return word;
}

/** Fewer than 8 bytes. */
static inline uint64_t load_short(const uint8_t *at, uint32_t len)
{
    if (len >= 4)
        return load(at, 4) | load(at + len - 4, 4) << 32;
    return len ? at[0] | (uint64_t)at[len / 2] << 8 | (uint64_t)at[len - 1] << 16 : 0;
}

/** A multiply and a fold per eight bytes. Not keyed: an attacker who finds two names of one hash
 * can confuse the response times of his own queries, which he can do anyway. */
static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

uint64_t dns_pending_key(uint16_t id, uint8_t direction, const uint8_t *qname, uint32_t len,
                         uint16_t qtype, uint16_t qclass)
{
    uint64_t hash = (uint64_t)len << 32 | (uint64_t)qtype << 16 | qclass;
    uint32_t at = 0;
    for (; at + 8 < len; at += 8)
        hash = mix(hash, load(qname + at, 8) | LOWER);
    // The last word reaches back where it can, so that its length need not be looked at.
    hash = mix(hash, (len >= 8 ? load(qname + len - 8, 8) : load_short(qname, len)) | LOWER);
    return (uint64_t)id << (QUESTION_BITS + 1) | (uint64_t)(direction & 1) << QUESTION_BITS |
           hash >> (64 - QUESTION_BITS);
}

static struct dns_pending_query *queries_of(struct dns_pending *pending)
{
    return pending->queries ? pending->queries : pending->first;
}

/** The place of the oldest query of a key, `count` if there is none. */
static uint32_t find(struct dns_pending *pending, uint64_t key, unsigned shift)
{
    const struct dns_pending_query *queries = queries_of(pending);
    for (uint32_t i = 0; i < pending->count; i++)
        if (queries[i].key >> shift == key >> shift)
            return i;
    return pending->count;
}

/** Whether a query is too old; timestamps come from the capture, so their difference may not fit.
 */
static bool is_old(int64_t ts_ns, int64_t now_ns, int64_t timeout_ns)
{
    int64_t age;
    return __builtin_sub_overflow(now_ns, ts_ns, &age) || age > timeout_ns;
}

static void forget(struct dns_pending *pending, uint32_t index)
{
    struct dns_pending_query *queries = queries_of(pending);
    pending->count--;
    memmove(&queries[index], &queries[index + 1], (pending->count - index) * sizeof *queries);
}

/** Room for one more, twice as much as there is; false at the cap, or if memory ran out. */
static bool make_room(struct dns_pending *pending, uint32_t cap)
{
    uint32_t now = pending->queries ? pending->cap : DNS_PENDING_INLINE;
    if (pending->count >= cap)
        return false;
    if (pending->count < now)
        return true;
    struct dns_pending_query *grown = realloc(pending->queries, (size_t)now * 2 * sizeof *grown);
    if (!grown)
        return false;
    if (!pending->queries)
        memcpy(grown, pending->first, sizeof pending->first);
    pending->queries = grown;
    pending->cap = now * 2;
    return true;
}

enum dns_pending_result dns_pending_add(struct dns_pending *pending,
                                        const struct dns_pending_options *options, uint64_t key,
                                        int64_t ts_ns)
{
    uint32_t known = find(pending, key, 0);
    if (known < pending->count) {
        if (!is_old(queries_of(pending)[known].ts_ns, ts_ns, options->timeout_ns))
            return DNS_PENDING_REPEATED;
        forget(pending, known);
    }
    bool full = !make_room(pending, options->cap);
    if (full)
        forget(pending, 0);
    queries_of(pending)[pending->count++] = (struct dns_pending_query){key, ts_ns};
    return full ? DNS_PENDING_DROPPED : DNS_PENDING_ADDED;
}

bool dns_pending_take(struct dns_pending *pending, const struct dns_pending_options *options,
                      uint64_t key, bool any_question, int64_t now_ns, int64_t *ts_ns)
{
    uint32_t index = find(pending, key, any_question ? QUESTION_BITS : 0);
    if (index == pending->count)
        return false;
    *ts_ns = queries_of(pending)[index].ts_ns;
    forget(pending, index);
    return !is_old(*ts_ns, now_ns, options->timeout_ns);
}

void dns_pending_fini(struct dns_pending *pending)
{
    free(pending->queries);
    *pending = (struct dns_pending){0};
}
