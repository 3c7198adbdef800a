// SPDX-License-Identifier: MIT OR Apache-2.0
/* How fast can the names of DNS questions be counted? Queries over UDP to port 53, the first
 * question's name as sent, in one hash table. Like flows.c, it works in groups. */
#include <inttypes.h>

#include "reference/capture.h"
#include "reference/decode.h"
#include "reference/memory.h"

#define GROUP 32
#define FIRST_SIZE (1U << 18)
#define NAME_CAP 255
#define SHOWN 20

/* A free slot has count 0. */
struct slot {
    uint32_t tag; /**< the upper half of the hash */
    uint32_t count;
    uint32_t offset; /**< of the name in the text, in units of 8 bytes */
    uint32_t len;
};

struct table {
    struct slot *slots;
    uint64_t mask;
    uint64_t count;
    uint8_t *text; /**< names in wire form, each padded with zeros to 8 bytes */
    uint64_t text_used;
};

struct item {
    uint64_t hash;
    uint32_t len;
    uint64_t words[NAME_CAP / 8 + 1]; /**< the name, padded with zeros */
};

/* 8 GiB of address space; pages exist once they are written. */
#define TEXT_SIZE (1ULL << 33)

/* @return the length of the name at `at` with its root label, 0 if it is no plain name */
static uint32_t name_len(const uint8_t *at, uint32_t room)
{
    uint32_t len = 0;
    while (len < room && len < NAME_CAP) {
        uint8_t label = at[len];
        if (label == 0)
            return len + 1;
        if (label > 63)
            return 0;
        len += 1U + label;
    }
    return 0;
}

static bool take_name(const uint8_t *message, uint32_t len, struct item *item)
{
    bool query = len > 12 && !(message[2] & 0x80) && decode_u16(message + 4);
    uint32_t size = query ? name_len(message + 12, len - 12) : 0;
    if (!size)
        return false;
    uint32_t words = (size + 7) / 8;
    item->words[words - 1] = 0;
    memcpy(item->words, message + 12, size);
    uint64_t hash = size;
    for (uint32_t i = 0; i < words; i++)
        hash = decode_fold(hash ^ item->words[i], 0x9fb21c651e98df25ULL);
    item->hash = hash ^ hash >> 32;
    item->len = size;
    return true;
}

static struct slot *find(const struct table *table, const struct item *item)
{
    uint64_t at = item->hash & table->mask;
    uint32_t tag = (uint32_t)(item->hash >> 32);
    for (;; at = (at + 1) & table->mask) {
        struct slot *slot = &table->slots[at];
        if (!slot->count)
            return slot;
        if (slot->tag == tag && slot->len == item->len &&
            memcmp(table->text + slot->offset * 8ULL, item->words, item->len) == 0)
            return slot;
    }
}

static void add(struct table *table, struct slot *slot, const struct item *item)
{
    uint32_t padded = (item->len + 7) & ~7U;
    if (table->text_used + padded > TEXT_SIZE)
        capture_fail("too many different names");
    memcpy(table->text + table->text_used, item->words, padded);
    *slot =
        (struct slot){(uint32_t)(item->hash >> 32), 0, (uint32_t)(table->text_used / 8), item->len};
    table->text_used += padded;
    table->count++;
}

static uint64_t hash_text(const struct table *table, const struct slot *slot)
{
    uint64_t hash = slot->len;
    for (uint32_t i = 0; i < (slot->len + 7) / 8; i++)
        hash = decode_fold(hash ^ decode_load(table->text + (slot->offset + i) * 8ULL),
                           0x9fb21c651e98df25ULL);
    return hash ^ hash >> 32;
}

static void grow(struct table *table)
{
    struct slot *old = table->slots;
    uint64_t old_size = table->mask + 1;
    table->slots = memory_table(old_size * 4 * sizeof *old);
    table->mask = old_size * 4 - 1;
    for (uint64_t i = 0; i < old_size; i++) {
        if (!old[i].count)
            continue;
        uint64_t at = hash_text(table, &old[i]) & table->mask;
        while (table->slots[at].count)
            at = (at + 1) & table->mask;
        table->slots[at] = old[i];
    }
    munmap(old, old_size * sizeof *old);
}

static uint32_t take_group(struct capture *capture, const struct table *table, struct item *items)
{
    struct capture_record record;
    struct decoded decoded;
    uint32_t count = 0;
    while (count < GROUP && capture_next(capture, &record)) {
        if (!decode(record.data, record.caplen, &decoded) || decoded.proto != DECODE_UDP ||
            decoded.target_port != 53 ||
            !take_name(decoded.transport + 8, decoded.transport_len - 8, &items[count]))
            continue;
        __builtin_prefetch(&table->slots[items[count++].hash & table->mask], 1);
    }
    return count;
}

static uint64_t count_names(struct capture *capture, struct table *table)
{
    static struct item items[GROUP];
    uint64_t total = 0;
    uint32_t count;
    while ((count = take_group(capture, table, items))) {
        for (uint32_t i = 0; i < count; i++) {
            struct slot *slot = find(table, &items[i]);
            if (!slot->count)
                add(table, slot, &items[i]);
            slot->count++;
        }
        total += count;
        if (table->count * 2 > table->mask)
            grow(table);
    }
    return total;
}

static const struct table *sorted_table;

static int busier(const void *a, const void *b)
{
    const struct slot *x = a, *y = b;
    if (x->count != y->count)
        return (x->count < y->count) - (x->count > y->count);
    return memcmp(sorted_table->text + x->offset * 8ULL, sorted_table->text + y->offset * 8ULL,
                  x->len < y->len ? x->len : y->len);
}

static void print_name(const struct table *table, const struct slot *slot)
{
    const uint8_t *name = table->text + slot->offset * 8ULL;
    printf("%u ", slot->count);
    for (uint32_t at = 0; name[at]; at += 1U + name[at])
        printf("%s%.*s", at ? "." : "", name[at], (const char *)name + at + 1);
    putchar('\n');
}

static void print_answer(const struct table *table, uint64_t total)
{
    struct slot best[SHOWN + 1];
    uint32_t shown = 0;
    sorted_table = table;
    for (uint64_t i = 0; i <= table->mask; i++) {
        best[shown] = table->slots[i];
        if (!best[shown].count || (shown == SHOWN && busier(&best[SHOWN - 1], &best[shown]) <= 0))
            continue;
        qsort(best, shown + 1, sizeof *best, busier);
        shown += shown < SHOWN;
    }
    printf("queries %" PRIu64 "\nnames %" PRIu64 "\n", total, table->count);
    for (uint32_t i = 0; i < shown; i++)
        print_name(table, &best[i]);
}

int main(int argc, char **argv)
{
    struct capture capture;
    if (argc != 2)
        capture_fail("usage: names FILE");
    capture_init(&capture, argv[1]);
    struct table table = {.slots = memory_table(FIRST_SIZE * sizeof(struct slot)),
                          .mask = FIRST_SIZE - 1,
                          .text = memory_reserve(TEXT_SIZE)};
    print_answer(&table, count_names(&capture, &table));
    capture_fini(&capture);
    return 0;
}
