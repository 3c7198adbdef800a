// SPDX-License-Identifier: MIT OR Apache-2.0
#include "name.h"

enum { POINTER = 0xc0, LABEL_MAX = 63 };

/** Bytes of a label that cannot stand for themselves. */
static const uint8_t odd_bytes[256] = {
    [0 ... 0x20] = 1,
    ['.'] = 1,
    ['\\'] = 1,
    [0x7f ... 0xff] = 1,
};

static inline unsigned is_odd(uint8_t c)
{
    return odd_bytes[c];
}

static void escape_label(struct dns_text *out, const uint8_t *label, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (is_odd(label[i]))
            dns_text_escape(out, label[i]);
        else
            dns_text_char(out, (char)label[i]);
    }
}

/** Copies first and looks afterwards: labels that need an escape are rare. */
static inline void add_label(struct dns_text *out, const uint8_t *restrict label, size_t len)
{
    uint8_t *restrict pos = out->pos;
    unsigned odd = 0;
    for (size_t i = 0; i < len; i++) {
        pos[i] = label[i];
        odd |= is_odd(label[i]);
    }
    if (odd)
        escape_label(out, label, len);
    else
        out->pos = pos + len;
    dns_text_char(out, '.');
}

/** Follows a pointer whose first byte was read.
 * @param limit  where the part read so far begins: the pointer must lead before it */
static enum dns_fault follow(struct palua_cursor *at, uint8_t high, uint32_t *limit)
{
    uint8_t low;
    if (!palua_cursor_u8(at, &low))
        return DNS_TRUNCATED;
    uint32_t target = (uint32_t)(high & LABEL_MAX) << 8 | low;
    if (target >= *limit || !palua_cursor_seek(at, target))
        return DNS_BAD_POINTER;
    *limit = target;
    return DNS_OK;
}

/** Labels until the root. `at` ends where reading ended, `*past` just past the name's own bytes,
 * which end with its first pointer. */
static enum dns_fault read_labels(struct palua_cursor *at, const uint8_t **past,
                                  struct dns_text *out)
{
    uint32_t limit = palua_cursor_offset(at);
    size_t wire = 1; // the root's length byte
    unsigned jumps = 0;
    for (uint8_t len;;) {
        if (!palua_cursor_u8(at, &len))
            return DNS_TRUNCATED;
        if (len == 0)
            break;
        const uint8_t *label;
        if (len <= LABEL_MAX) {
            if (!palua_cursor_bytes(at, len, &label))
                return DNS_TRUNCATED;
            wire += len + 1U;
            if (wire > DNS_NAME_CAP)
                return DNS_NAME_TOO_LONG;
            add_label(out, label, len);
            continue;
        }
        if (len < POINTER)
            return DNS_BAD_LABEL;
        const uint8_t *low = at->pos;
        enum dns_fault fault = follow(at, len, &limit);
        if (fault != DNS_OK)
            return fault;
        if (jumps++ == 0)
            *past = low + 1;
        else if (jumps > DNS_JUMP_CAP)
            return DNS_NAME_TOO_LONG;
    }
    if (!jumps)
        *past = at->pos;
    return DNS_OK;
}

enum { BLOCK = 16 };

/** What a text holds, looked at in blocks. */
struct census {
    bool odd; /**< a byte that cannot stand for itself, dots apart */
    unsigned dots;
};

/** @param text  `len` bytes, then BLOCK that may be read */
static struct census count_text(const uint8_t *text, size_t len)
{
    int8_t odd __attribute__((vector_size(BLOCK))) = {0};
    int8_t dots __attribute__((vector_size(BLOCK))) = {0};
    for (size_t at = 0; at < len; at += BLOCK) {
        int8_t block __attribute__((vector_size(BLOCK)));
        memcpy(&block, text + at, BLOCK);
        odd |= (block < 0x21) | (block == 0x7f) | (block == '\\'); // above 0x7f is negative
        dots -= block == '.';
    }
    uint64_t words[2][2];
    memcpy(words[0], &odd, BLOCK);
    memcpy(words[1], &dots, BLOCK);
    uint64_t sum = words[1][0] + words[1][1]; // at most 32 in each byte, 255 in all
    return (struct census){.odd = (words[0][0] | words[0][1]) != 0,
                           .dots = (unsigned)(sum * UINT64_C(0x0101010101010101) >> 56)};
}

/** The name most names are: labels without a pointer, of bytes that stand for themselves. It is its
 * own text once dots stand where lengths stood, and no dot was there before.
 * @return false for any other name, and nothing is done */
static bool read_plain(struct palua_cursor *in, struct dns_text *out)
{
    struct palua_cursor at = *in;
    uint8_t lengths[DNS_NAME_CAP]; // where they stand
    unsigned labels = 0;
    size_t wire = 0;
    for (uint8_t len;;) {
        if (!palua_cursor_u8(&at, &len) || len > LABEL_MAX)
            return false;
        if (len == 0)
            break;
        lengths[labels++] = (uint8_t)wire;
        wire += len + 1U;
        if (wire >= DNS_NAME_CAP || !palua_cursor_skip(&at, len))
            return false;
    }
    const uint8_t *name;
    if (!labels || !palua_cursor_bytes(in, wire + 1, &name))
        return false;
    memcpy(out->pos, name + 1, wire - 1);
    for (unsigned i = 1; i < labels; i++)
        out->pos[lengths[i] - 1] = '.';
    memset(out->pos + wire - 1, 'a', BLOCK); // nothing that counts
    struct census census = count_text(out->pos, wire - 1);
    if (census.odd || census.dots != labels - 1) {
        in->pos = name;
        return false;
    }
    out->pos += wire - 1;
    return true;
}

enum dns_fault dns_name_read(struct palua_cursor *in, struct dns_text *out)
{
    if (!dns_text_need(out, DNS_NAME_TEXT_CAP))
        return DNS_LIMIT;
    if (read_plain(in, out))
        return DNS_OK;
    uint8_t *begin = out->pos;
    struct palua_cursor at = *in;
    enum dns_fault fault = read_labels(&at, &in->pos, out);
    if (fault != DNS_OK) {
        in->pos = at.pos;
        out->pos = begin;
        return fault;
    }
    if (out->pos == begin)
        dns_text_char(out, '.'); // the root
    else
        out->pos--; // the dot after the last label
    return DNS_OK;
}

enum dns_fault dns_name_skip(struct palua_cursor *in)
{
    size_t wire = 1;
    for (uint8_t len;;) {
        if (!palua_cursor_u8(in, &len))
            return DNS_TRUNCATED;
        if (len == 0)
            return DNS_OK;
        if (len > LABEL_MAX) {
            if (len < POINTER)
                return DNS_BAD_LABEL;
            return palua_cursor_skip(in, 1) ? DNS_OK : DNS_TRUNCATED;
        }
        if (!palua_cursor_skip(in, len))
            return DNS_TRUNCATED;
        wire += len + 1U;
        if (wire > DNS_NAME_CAP)
            return DNS_NAME_TOO_LONG;
    }
}
