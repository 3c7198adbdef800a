// SPDX-License-Identifier: MIT OR Apache-2.0
/** Writes a key's columns one by one: the bytes that aggregate/key.h describes. Private to this
 * folder.
 *
 * Inline, as it runs for every column of every add. Pure, any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "aggregate/key.h"
#include "aggregate/number.h"

/** In the order of result rows. Keys are made here and nowhere else, so reading them back needs no
 * checks. */
enum key_tag {
    KEY_NIL,
    KEY_FALSE,
    KEY_TRUE,
    KEY_INT, // 8 bytes follow, as for the next four
    KEY_UINT,
    KEY_REAL,
    KEY_TIME,
    KEY_DURATION,
    KEY_IPADDR, // length (2 bytes) and bytes follow, as for the next two
    KEY_MAC,
    KEY_STRING
};

enum { KEY_WORD_SIZE = 1 + 8, KEY_SLICE_HEAD = 1 + 2 };

/** Where a key is being written. */
struct writer {
    uint8_t *pos;
    const uint8_t *start;
    bool cut; /**< a column did not fit */
};

static inline struct writer writer_at(uint8_t *out)
{
    return (struct writer){.pos = out, .start = out};
}

/** Bytes that a slice may take when `later` columns follow. */
static inline uint32_t writer_room(const struct writer *out, uint32_t later)
{
    return KEY_CAP - (uint32_t)(out->pos - out->start) - KEY_SLICE_HEAD - later * KEY_RESERVE;
}

static inline void writer_tag(struct writer *out, enum key_tag tag)
{
    *out->pos++ = (uint8_t)tag;
}

static inline void writer_word(struct writer *out, enum key_tag tag, uint64_t word)
{
    *out->pos = (uint8_t)tag;
    memcpy(out->pos + 1, &word, sizeof word);
    out->pos += KEY_WORD_SIZE;
}

static inline void writer_uint(struct writer *out, uint64_t value)
{
    writer_word(out, value <= INT64_MAX ? KEY_INT : KEY_UINT, value);
}

static inline void writer_number(struct writer *out, struct number number)
{
    uint64_t word;
    memcpy(&word, &number.real, sizeof word);
    writer_word(out,
                number.kind == NUMBER_REAL   ? KEY_REAL
                : number.kind == NUMBER_UINT ? KEY_UINT
                                             : KEY_INT,
                word);
}

/** Addresses and short texts are copied without a call. */
static inline void writer_bytes(uint8_t *out, const uint8_t *data, uint32_t len)
{
    uint64_t first, last;
    if (len == 4) {
        memcpy(out, data, 4);
    } else if (len == 16) {
        memcpy(out, data, 16);
    } else if (len >= 8 && len <= 16) {
        memcpy(&first, data, 8);
        memcpy(&last, data + len - 8, 8);
        memcpy(out, &first, 8);
        memcpy(out + len - 8, &last, 8);
    } else if (len) {
        memcpy(out, data, len);
    }
}

static inline void writer_slice(struct writer *out, enum key_tag tag, const uint8_t *data,
                                uint32_t len, uint32_t room)
{
    // Every later column keeps KEY_RESERVE bytes, so there is always room for an address.
    uint16_t kept = (uint16_t)(len <= 16 || len < room ? len : room);
    out->cut = out->cut || kept < len;
    *out->pos = (uint8_t)tag;
    memcpy(out->pos + 1, &kept, sizeof kept);
    writer_bytes(out->pos + KEY_SLICE_HEAD, data, kept);
    out->pos += KEY_SLICE_HEAD + kept;
}

/** Pads the key. @return its length without the padding */
static inline uint32_t writer_end(struct writer *out)
{
    memset(out->pos, 0, KEY_PAD);
    return (uint32_t)(out->pos - out->start);
}

/** Any argument. */
void writer_argument(struct writer *out, const struct palua_argument *column, uint32_t room);
