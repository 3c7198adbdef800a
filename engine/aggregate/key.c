// SPDX-License-Identifier: MIT OR Apache-2.0
#include "aggregate/key.h"

#include <string.h>

#include <xxhash.h>

#include <palua/event.h>

#include "aggregate/number.h"

/** In the order of result rows. Keys are made here and nowhere else, so reading them back needs no
 * checks. */
enum tag {
    TAG_NIL,
    TAG_FALSE,
    TAG_TRUE,
    TAG_INT, // 8 bytes follow, as for the next four
    TAG_UINT,
    TAG_REAL,
    TAG_TIME,
    TAG_DURATION,
    TAG_IPADDR, // length (2 bytes) and bytes follow, as for the next two
    TAG_MAC,
    TAG_STRING
};

enum { WORD_SIZE = 1 + 8, SLICE_HEAD = 1 + 2 };
static const uint64_t value_seed = 0x70616c75612e7631; // any fixed number: reaches the output

/** Where a key is being written. */
struct writer {
    uint8_t *pos;
    bool cut;
};

static inline void put_word(struct writer *out, enum tag tag, uint64_t word)
{
    *out->pos = (uint8_t)tag;
    memcpy(out->pos + 1, &word, sizeof word);
    out->pos += WORD_SIZE;
}

static inline void put_number(struct writer *out, struct number number)
{
    if (number.kind == NUMBER_REAL) {
        uint64_t word;
        memcpy(&word, &number.real, sizeof word);
        put_word(out, TAG_REAL, word);
    } else if (number.kind == NUMBER_UINT) {
        put_word(out, TAG_UINT, number.uint);
    } else {
        put_word(out, TAG_INT, (uint64_t)number.sint);
    }
}

/** Addresses, whose length the compiler is told, are copied without a call. */
static inline void put_bytes(uint8_t *out, const uint8_t *data, uint32_t len)
{
    if (len == 4)
        memcpy(out, data, 4);
    else if (len == 16)
        memcpy(out, data, 16);
    else if (len)
        memcpy(out, data, len);
}

static inline void put_slice(struct writer *out, enum tag tag, const uint8_t *data, uint32_t len,
                             uint32_t room)
{
    uint16_t kept = (uint16_t)(len < room ? len : room);
    out->cut = out->cut || kept < len;
    *out->pos = (uint8_t)tag;
    memcpy(out->pos + 1, &kept, sizeof kept);
    put_bytes(out->pos + SLICE_HEAD, data, kept);
    out->pos += SLICE_HEAD + kept;
}

static inline void put(struct writer *out, const struct palua_argument *column, uint32_t room)
{
    switch (column->type) {
    case PALUA_UINT:
    case PALUA_ENUM:
        put_number(out, number_of_uint((uint64_t)column->integer));
        return;
    case PALUA_INT:
        put_word(out, TAG_INT, (uint64_t)column->integer);
        return;
    case PALUA_REAL:
        put_number(out, number_of_real(column->real));
        return;
    case PALUA_TIME:
        put_word(out, TAG_TIME, (uint64_t)column->integer);
        return;
    case PALUA_DURATION:
        put_word(out, TAG_DURATION, (uint64_t)column->integer);
        return;
    case PALUA_IPADDR:
        put_slice(out, TAG_IPADDR, column->data, column->len, room);
        return;
    case PALUA_MAC:
        put_slice(out, TAG_MAC, column->data, column->len, room);
        return;
    case PALUA_STRING:
    case PALUA_BYTES:
        put_slice(out, TAG_STRING, column->data, column->len, room);
        return;
    case PALUA_BOOL:
        *out->pos++ = column->integer ? TAG_TRUE : TAG_FALSE;
        return;
    default:
        *out->pos++ = TAG_NIL;
        return;
    }
}

uint32_t key_write(uint8_t *out, const struct palua_argument *columns, uint32_t count, bool *cut)
{
    struct writer writer = {.pos = out};
    for (uint32_t i = 0; i < count; i++)
        put(&writer, &columns[i],
            KEY_CAP - (uint32_t)(writer.pos - out) - SLICE_HEAD - (count - 1 - i) * KEY_RESERVE);
    memset(writer.pos, 0, KEY_PAD);
    *cut = writer.cut;
    return (uint32_t)(writer.pos - out);
}

void key_make(struct key *key, const struct palua_argument *columns, uint32_t count)
{
    key->len = key_write(key->bytes, columns, count, &key->cut);
}

/** A column read back. */
struct column {
    enum tag tag;
    uint64_t word;
    const uint8_t *data;
    uint16_t len;
};

/** Reads the column at `at`. @return where the next one starts */
static const uint8_t *column_read(const uint8_t *at, struct column *out)
{
    *out = (struct column){.tag = (enum tag) * at++};
    if (out->tag < TAG_INT)
        return at;
    if (out->tag < TAG_IPADDR) {
        memcpy(&out->word, at, sizeof out->word);
        return at + sizeof out->word;
    }
    memcpy(&out->len, at, sizeof out->len);
    out->data = at + sizeof out->len;
    return out->data + out->len;
}

static struct number column_number(const struct column *column)
{
    if (column->tag == TAG_INT)
        return number_of_int((int64_t)column->word);
    if (column->tag == TAG_UINT)
        return number_of_uint(column->word);
    double real;
    memcpy(&real, &column->word, sizeof real);
    return number_of_real(real);
}

static bool is_number(const struct column *column)
{
    return column->tag == TAG_INT || column->tag == TAG_UINT || column->tag == TAG_REAL;
}

static int compare_slices(const struct column *a, const struct column *b)
{
    uint16_t shorter = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->data, b->data, shorter);
    return order ? order : (int)a->len - (int)b->len;
}

static int compare_columns(const struct column *a, const struct column *b)
{
    if (is_number(a) && is_number(b))
        return number_compare(column_number(a), column_number(b));
    if (a->tag != b->tag)
        return a->tag < b->tag ? -1 : 1;
    if (a->tag == TAG_TIME || a->tag == TAG_DURATION)
        return number_compare(number_of_int((int64_t)a->word), number_of_int((int64_t)b->word));
    if (a->tag == TAG_IPADDR && a->len != b->len)
        return a->len < b->len ? -1 : 1; // IPv4 before IPv6
    return a->tag < TAG_IPADDR ? 0 : compare_slices(a, b);
}

int key_compare(const uint8_t *a, const uint8_t *b, uint32_t columns)
{
    for (uint32_t i = 0; i < columns; i++) {
        struct column left, right;
        a = column_read(a, &left);
        b = column_read(b, &right);
        int order = compare_columns(&left, &right);
        if (order)
            return order;
    }
    return 0;
}

int key_compare_column(const uint8_t *a, const uint8_t *b, uint32_t column)
{
    struct column left, right;
    for (uint32_t i = 0; i <= column; i++) {
        a = column_read(a, &left);
        b = column_read(b, &right);
    }
    return compare_columns(&left, &right);
}

static struct cell number_cell(struct number number)
{
    if (number.kind == NUMBER_REAL)
        return (struct cell){.type = CELL_REAL, .real = number.real};
    if (number.kind == NUMBER_UINT)
        return (struct cell){.type = CELL_UINT, .uint = number.uint};
    return (struct cell){.type = CELL_INT, .sint = number.sint};
}

static struct cell column_cell(const struct column *column, bool as_text)
{
    struct palua_slice slice = {.data = column->data, .len = column->len};
    switch (column->tag) {
    case TAG_NIL:
        return (struct cell){.type = CELL_NIL};
    case TAG_FALSE:
    case TAG_TRUE:
        return (struct cell){.type = CELL_BOOL, .uint = column->tag == TAG_TRUE};
    case TAG_TIME:
        return (struct cell){.type = CELL_TIME, .sint = (int64_t)column->word};
    case TAG_DURATION:
        return (struct cell){.type = CELL_DURATION, .sint = (int64_t)column->word};
    case TAG_IPADDR:
        return (struct cell){.type = CELL_IPADDR, .slice = slice};
    case TAG_MAC:
        return (struct cell){.type = CELL_MAC, .slice = slice};
    case TAG_STRING:
        return (struct cell){.type = as_text ? CELL_STRING : CELL_BYTES, .slice = slice};
    default:
        return number_cell(column_number(column));
    }
}

void key_cells(const uint8_t *key, uint32_t columns, uint32_t text_columns, struct cell *out)
{
    for (uint32_t i = 0; i < columns; i++) {
        struct column column;
        key = column_read(key, &column);
        out[i] = column_cell(&column, text_columns >> i & 1);
    }
}

uint64_t key_hash_value(const struct palua_argument *value)
{
    // Long values are hashed whole, not as cut keys; the tag keeps types apart.
    bool text = value->type == PALUA_STRING || value->type == PALUA_BYTES;
    if (text)
        return XXH3_64bits_withSeed(value->data, value->len, value_seed + TAG_STRING);
    struct key key;
    key_make(&key, value, 1);
    return XXH3_64bits_withSeed(key.bytes, key.len, value_seed);
}
