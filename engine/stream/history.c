// SPDX-License-Identifier: MIT OR Apache-2.0
#include "stream/history.h"

#include <string.h>

#include "base/memory.h"

enum { STEPS = 64 }; // entries looked at per question: bounds what a question costs

/** Stands before the bytes. */
struct entry {
    uint64_t offset;
    stream_history_mark before;
    uint32_t len;
    uint32_t reserved;
};

void stream_history_init(struct stream_history *history, uint32_t size)
{
    *history = (struct stream_history){.size = size};
}

void stream_history_fini(struct stream_history *history)
{
    memory_free(history->ring);
}

/** A place for `len` bytes in a row; overwrites what lies there. */
static uint64_t take_place(struct stream_history *history, uint32_t len)
{
    uint32_t left = history->size - (uint32_t)(history->head % history->size);
    if (left < len)
        history->head += left;
    uint64_t at = history->head;
    history->head += len;
    return at;
}

void stream_history_add(struct stream_history *history, stream_history_mark *mark, uint64_t offset,
                        struct cursor bytes)
{
    if (!history->size)
        return;
    if (!history->ring)
        history->ring = memory_alloc(history->size);
    cursor_clip(&bytes, history->size / 4 - sizeof(struct entry));
    struct entry entry = {.offset = offset, .before = *mark, .len = (uint32_t)cursor_left(&bytes)};
    uint64_t at = take_place(history, (uint32_t)sizeof entry + entry.len);
    uint8_t *place = history->ring + at % history->size;
    memcpy(place, &entry, sizeof entry);
    memcpy(place + sizeof entry, bytes.pos, entry.len);
    *mark = at + 1;
}

/** The entry that a mark names; false if it was overwritten. */
static bool find(const struct stream_history *history, stream_history_mark mark,
                 struct entry *entry, const uint8_t **bytes)
{
    if (!mark || mark - 1 + history->size < history->head)
        return false;
    const uint8_t *place = history->ring + (mark - 1) % history->size;
    memcpy(entry, place, sizeof *entry);
    *bytes = place + sizeof *entry;
    return true;
}

static bool differs(const struct entry *entry, const uint8_t *known, uint64_t offset,
                    const struct cursor *bytes)
{
    uint64_t start = entry->offset > offset ? entry->offset : offset;
    uint64_t end = offset + cursor_left(bytes);
    if (end > entry->offset + entry->len)
        end = entry->offset + entry->len;
    return start < end &&
           memcmp(known + (start - entry->offset), bytes->pos + (start - offset), end - start) != 0;
}

bool stream_history_differs(const struct stream_history *history, stream_history_mark mark,
                            uint64_t offset, struct cursor bytes)
{
    struct entry entry;
    const uint8_t *known;
    for (int i = 0; i < STEPS && find(history, mark, &entry, &known); i++) {
        if (differs(&entry, known, offset, &bytes))
            return true;
        if (entry.offset <= offset)
            return false; // older entries lie before it
        mark = entry.before;
    }
    return false;
}
