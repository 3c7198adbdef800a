// SPDX-License-Identifier: MIT OR Apache-2.0
#include "defrag/table.h"

#include <stddef.h>
#include <string.h>
#include <sys/random.h>

#include "base/memory.h"
#include "base/ring.h"
#include "decode/tuple.h"

/** A source of fragments; there as long as a datagram of it is. */
struct host {
    struct host *next; /**< in its bucket */
    struct ring datagrams;
    uint64_t fragments;
    uint64_t bucket;
    uint8_t address[16];
    uint16_t version;
};

struct entry {
    struct datagram datagram;
    struct opening *opening; /**< NULL: the first fragment has not come, or nobody asks for it */
    struct fragment_key key;
    struct entry *next; /**< in its bucket */
    struct host *host;
    struct ring by_age;
    struct ring by_host;
    uint64_t bucket;
    uint64_t serial;  /**< counts datagrams, in the order they began */
    int64_t began_ns; /**< on the clock */
    int64_t ts_ns;    /**< of its first fragment */
    enum defrag_policy policy;
};

struct defrag_table {
    struct defrag_options options;
    struct entry **entries;
    struct host **hosts;
    uint64_t mask; /**< buckets of either, minus 1 */
    uint64_t seed;
    uint64_t serial;
    uint64_t memory;
    struct ring ages[2]; /**< IPv4, IPv6: each has one timeout, so the first member is due first */
    uint32_t count;
    uint32_t dead; /**< of these, given up but still remembered */
    struct defrag_counters counters;
};

static struct entry *of_age(struct ring *ring)
{
    return (struct entry *)(void *)((char *)ring - offsetof(struct entry, by_age));
}

static struct entry *of_host(struct ring *ring)
{
    return (struct entry *)(void *)((char *)ring - offsetof(struct entry, by_host));
}

/** Which bucket a key falls into must not be for the sender to choose; results do not depend on it.
 */
static uint64_t random_seed(void)
{
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed)
        seed = (uint64_t)(uintptr_t)&seed;
    return seed;
}

static uint64_t bucket_of(const struct defrag_table *table, const void *data, size_t len)
{
    struct cursor in = cursor_of(data, len);
    uint64_t word, hash = table->seed;
    while (cursor_u64(&in, &word))
        hash = tuple_mix(hash, word);
    return hash & table->mask;
}

struct defrag_table *defrag_table_new(const struct defrag_options *options)
{
    struct defrag_table *table = memory_zalloc(1, sizeof *table);
    uint64_t buckets = 64;
    while (buckets < options->datagram_cap)
        buckets *= 2;
    table->options = *options;
    table->entries = memory_zalloc(buckets, sizeof *table->entries);
    table->hosts = memory_zalloc(buckets, sizeof *table->hosts);
    table->mask = buckets - 1;
    table->seed = random_seed();
    ring_init(&table->ages[0]);
    ring_init(&table->ages[1]);
    return table;
}

static struct host *host_of(struct defrag_table *table, const struct fragment_key *key)
{
    uint64_t bucket = bucket_of(table, key->src, sizeof key->src);
    for (struct host *host = table->hosts[bucket]; host; host = host->next)
        if (host->version == key->version && memcmp(host->address, key->src, sizeof key->src) == 0)
            return host;
    struct host *host = memory_zalloc(1, sizeof *host);
    memcpy(host->address, key->src, sizeof key->src);
    host->version = key->version;
    host->bucket = bucket;
    host->next = table->hosts[bucket];
    table->hosts[bucket] = host;
    ring_init(&host->datagrams);
    return host;
}

static void drop_host(struct defrag_table *table, struct host *host)
{
    struct host **at = &table->hosts[host->bucket];
    while (*at != host)
        at = &(*at)->next;
    *at = host->next;
    memory_free(host);
}

static struct entry *find(const struct defrag_table *table, const struct fragment_key *key,
                          uint64_t bucket)
{
    struct entry *entry = table->entries[bucket];
    while (entry && memcmp(&entry->key, key, sizeof *key) != 0)
        entry = entry->next;
    return entry;
}

static enum defrag_policy policy_for(const struct defrag_options *options,
                                     const struct fragment_key *key)
{
    // RFC 5722 section 4: an IPv6 datagram with overlapping fragments must be silently discarded.
    enum defrag_policy usual = key->version == 6 ? DEFRAG_DROP : options->policy;
    return options->networks
               ? defrag_networks_find(options->networks, key->version, key->dst, usual)
               : usual;
}

static struct entry *begin(struct defrag_table *table, const struct fragment *fragment,
                           uint64_t bucket, int64_t now_ns)
{
    const struct fragment_key *key = &fragment->key;
    struct entry *entry = memory_zalloc(1, sizeof *entry);
    entry->key = *key;
    entry->host = host_of(table, key);
    entry->bucket = bucket;
    entry->serial = table->serial++;
    entry->began_ns = now_ns;
    entry->ts_ns = fragment->ts_ns;
    entry->policy = policy_for(&table->options, key);
    entry->next = table->entries[bucket];
    table->entries[bucket] = entry;
    ring_add(&table->ages[key->version == 6], &entry->by_age);
    ring_add(&entry->host->datagrams, &entry->by_host);
    table->count++;
    return entry;
}

static void drop_opening(struct defrag_table *table, struct entry *entry)
{
    if (entry->opening)
        table->memory -= opening_memory(entry->opening);
    opening_free(entry->opening);
    entry->opening = NULL;
}

static void drop(struct defrag_table *table, struct entry *entry)
{
    struct entry **at = &table->entries[entry->bucket];
    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
    ring_remove(&entry->by_age);
    ring_remove(&entry->by_host);
    table->memory -= entry->datagram.memory;
    table->dead -= entry->datagram.dead;
    table->count--;
    entry->host->fragments -= entry->datagram.packet_count;
    if (ring_empty(&entry->host->datagrams))
        drop_host(table, entry->host);
    drop_opening(table, entry);
    datagram_fini(&entry->datagram);
    memory_free(entry);
}

static void tell(const struct defrag_table *table, const struct entry *entry)
{
    if (entry->opening)
        table->options.given_up(table->options.context, entry->opening, &entry->datagram);
}

static void shed(struct defrag_table *table, struct entry *entry)
{
    table->counters.shed += !entry->datagram.dead;
    tell(table, entry);
    drop(table, entry);
}

/** The datagram begun first; there must be one. */
static struct entry *oldest(struct defrag_table *table)
{
    struct ring *ages = table->ages;
    if (ring_empty(&ages[0]) || ring_empty(&ages[1]))
        return of_age(ages[ring_empty(&ages[0])].next);
    struct entry *ip = of_age(ages[0].next), *ipv6 = of_age(ages[1].next);
    return ip->serial < ipv6->serial ? ip : ipv6;
}

/** Gives a datagram up but remembers it, so that what still comes of it is dropped. */
static void kill(struct defrag_table *table, struct entry *entry)
{
    table->memory -= entry->datagram.memory;
    entry->host->fragments -= entry->datagram.packet_count;
    tell(table, entry);
    drop_opening(table, entry);
    datagram_kill(&entry->datagram);
    table->dead++;
}

/** Keeps the packet of the first fragment for as long as it may be asked for. */
static void keep_opening(struct defrag_table *table, struct entry *entry,
                         const struct fragment *fragment)
{
    if (entry->datagram.dead) {
        drop_opening(table, entry);
    } else if (table->options.given_up && !fragment->part.start && entry->datagram.started &&
               !entry->opening) {
        entry->opening = opening_new(fragment->packet, fragment->header);
        table->memory += opening_memory(entry->opening);
    }
}

/** Adds a fragment and keeps the books. */
static unsigned add(struct defrag_table *table, struct entry *entry,
                    const struct fragment *fragment)
{
    const struct datagram_fragment *part = &fragment->part;
    struct datagram *datagram = &entry->datagram;
    if (datagram->dead)
        return 0;
    if (datagram->packet_count >= table->options.fragment_cap) {
        kill(table, entry);
        table->counters.shed++;
        return 0;
    }
    size_t memory = datagram->memory, fragments = datagram->packet_count;
    unsigned findings = datagram_add(datagram, part, entry->policy);
    table->memory = table->memory - memory + datagram->memory;
    entry->host->fragments = entry->host->fragments - fragments + datagram->packet_count;
    table->dead += datagram->dead;
    table->counters.overlapping += datagram->dead;
    keep_opening(table, entry, fragment);
    return findings;
}

/** A source over its cap pays with its own datagrams; otherwise whoever began first. */
static void enforce_caps(struct defrag_table *table, struct host *host)
{
    struct ring *datagrams = &host->datagrams;
    while (host->fragments > table->options.host_cap) {
        bool last = datagrams->next->next == datagrams;
        shed(table, of_host(datagrams->next));
        if (last)
            break; // the host went with it
    }
    while (table->memory > table->options.memory_cap || table->count > table->options.datagram_cap)
        shed(table, oldest(table));
}

struct datagram *defrag_table_add(struct defrag_table *table, const struct fragment *fragment,
                                  int64_t now_ns, unsigned *findings)
{
    uint64_t bucket = bucket_of(table, &fragment->key, sizeof fragment->key);
    struct entry *entry = find(table, &fragment->key, bucket);
    if (!entry)
        entry = begin(table, fragment, bucket, now_ns);
    *findings = add(table, entry, fragment);
    if (datagram_whole(&entry->datagram)) {
        table->counters.reassembled++;
        return &entry->datagram;
    }
    enforce_caps(table, entry->host);
    return NULL;
}

void defrag_table_remove(struct defrag_table *table, struct datagram *datagram)
{
    drop(table, (struct entry *)(void *)datagram); // its first member
}

/** Whether less than the timeout lies between the two; times too far apart to subtract are not. */
static bool within(int64_t from_ns, int64_t now_ns, int64_t timeout_ns)
{
    int64_t age;
    return !__builtin_sub_overflow(now_ns, from_ns, &age) && age < timeout_ns;
}

/** The clock holds a jump back until a second packet confirms it: a datagram begun by the first one
 * is as old as that packet's own time says. */
static bool rejuvenate(struct entry *entry, struct ring *ages, int64_t timeout_ns, int64_t now_ns)
{
    if (entry->ts_ns <= entry->began_ns || entry->ts_ns > now_ns ||
        !within(entry->ts_ns, now_ns, timeout_ns))
        return false;
    entry->began_ns = entry->ts_ns;
    ring_remove(&entry->by_age);
    ring_add(ages, &entry->by_age);
    return true;
}

/** Gives up a datagram that there is no reason to wait for any longer. */
static void leave(struct defrag_table *table, struct entry *entry)
{
    table->counters.incomplete += !entry->datagram.dead;
    tell(table, entry);
    drop(table, entry);
}

static void expire(struct defrag_table *table, struct ring *ages, int64_t timeout_ns,
                   int64_t now_ns)
{
    while (!ring_empty(ages)) {
        struct entry *entry = of_age(ages->next);
        if (within(entry->began_ns, now_ns, timeout_ns))
            return;
        if (rejuvenate(entry, ages, timeout_ns, now_ns))
            continue;
        leave(table, entry);
    }
}

void defrag_table_expire(struct defrag_table *table, int64_t now_ns)
{
    expire(table, &table->ages[0], table->options.ip_timeout_ns, now_ns);
    expire(table, &table->ages[1], table->options.ipv6_timeout_ns, now_ns);
}

void defrag_table_end(struct defrag_table *table, uint32_t count)
{
    while (count-- && table->count)
        leave(table, oldest(table));
}

void defrag_table_counters(const struct defrag_table *table, struct defrag_counters *out)
{
    *out = table->counters;
    out->incomplete += table->count - table->dead;
}

uint64_t defrag_table_memory(const struct defrag_table *table)
{
    return table->memory;
}

uint32_t defrag_table_count(const struct defrag_table *table)
{
    return table->count;
}

void defrag_table_free(struct defrag_table *table)
{
    if (!table)
        return;
    while (table->count)
        drop(table, oldest(table));
    memory_free(table->entries);
    memory_free(table->hosts);
    memory_free(table);
}
