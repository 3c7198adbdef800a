// SPDX-License-Identifier: MIT OR Apache-2.0
#include "tally.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 64 };

_Static_assert(sizeof(struct tally_key) == 40, "keys are compared as memory: no padding");

/** FNV-1a over whole words, folded: hosts choose addresses, but only to slow their own keys down.
 */
static uint64_t hash(const struct tally_key *key)
{
    uint64_t words[5], out = 0xcbf29ce484222325U;
    memcpy(words, key, sizeof words);
    for (unsigned i = 0; i < 5; i++) {
        out = (out ^ words[i]) * 0x9e3779b97f4a7c15U;
        out ^= out >> 32;
    }
    return out;
}

static struct tally_row *place(struct tally_row *rows, uint64_t size, const struct tally_key *key)
{
    uint64_t at = hash(key) & (size - 1);
    while (rows[at].used && memcmp(&rows[at].key, key, sizeof *key) != 0)
        at = (at + 1) & (size - 1);
    return &rows[at];
}

static bool grow(struct tally *tally)
{
    uint64_t size = tally->size ? 2 * tally->size : FIRST_SIZE;
    struct tally_row *rows = calloc(size, sizeof *rows);
    if (!rows)
        return false;
    for (uint64_t i = 0; i < tally->size; i++)
        if (tally->rows[i].used)
            *place(rows, size, &tally->rows[i].key) = tally->rows[i];
    free(tally->rows);
    tally->rows = rows;
    tally->size = size;
    return true;
}

struct tally_row *tally_at(struct tally *tally, const struct tally_key *key)
{
    if (!tally->size && !grow(tally))
        return NULL;
    struct tally_row *row = place(tally->rows, tally->size, key);
    if (row->used)
        return row;
    if (tally->count == tally->cap)
        return NULL;
    if (2 * tally->count >= tally->size) {
        if (!grow(tally))
            return NULL;
        row = place(tally->rows, tally->size, key);
    }
    tally->count++;
    row->used = true;
    row->key = *key;
    return row;
}

static int compare(const void *left, const void *right)
{
    const struct tally_key *a = &((const struct tally_row *)left)->key;
    const struct tally_key *b = &((const struct tally_row *)right)->key;
    if (a->proto != b->proto)
        return a->proto < b->proto ? -1 : 1;
    if (a->addr_len != b->addr_len)
        return a->addr_len < b->addr_len ? -1 : 1;
    int order = memcmp(a->src, b->src, sizeof a->src);
    if (!order)
        order = memcmp(a->dst, b->dst, sizeof a->dst);
    if (!order)
        order = (a->sport > b->sport) - (a->sport < b->sport);
    return order ? order : (a->dport > b->dport) - (a->dport < b->dport);
}

void tally_sort(struct tally *tally)
{
    uint64_t kept = 0;
    for (uint64_t i = 0; i < tally->size; i++)
        if (tally->rows[i].used)
            tally->rows[kept++] = tally->rows[i];
    if (kept)
        qsort(tally->rows, kept, sizeof *tally->rows, compare);
}

void tally_fini(struct tally *tally)
{
    free(tally->rows);
    *tally = (struct tally){0};
}
