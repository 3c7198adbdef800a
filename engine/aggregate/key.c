// SPDX-License-Identifier: MIT OR Apache-2.0
#include "aggregate/key.h"

#include <string.h>

#include <xxhash.h>

#include <palua/event.h>

#include "aggregate/number.h"
#include "aggregate/writer.h"

static const uint64_t value_seed = 0x70616c75612e7631; // any fixed number: reaches the output

void writer_argument(struct writer *out, const struct palua_argument *column, uint32_t room)
{
    switch (column->type) {
    case PALUA_UINT:
    case PALUA_ENUM:
        writer_uint(out, (uint64_t)column->integer);
        return;
    case PALUA_INT:
        writer_word(out, KEY_INT, (uint64_t)column->integer);
        return;
    case PALUA_REAL:
        writer_number(out, number_of_real(column->real));
        return;
    case PALUA_TIME:
        writer_word(out, KEY_TIME, (uint64_t)column->integer);
        return;
    case PALUA_DURATION:
        writer_word(out, KEY_DURATION, (uint64_t)column->integer);
        return;
    case PALUA_IPADDR:
        writer_slice(out, KEY_IPADDR, column->data, column->len, room);
        return;
    case PALUA_MAC:
        writer_slice(out, KEY_MAC, column->data, column->len, room);
        return;
    case PALUA_STRING:
    case PALUA_BYTES:
        writer_slice(out, KEY_STRING, column->data, column->len, room);
        return;
    case PALUA_BOOL:
        writer_tag(out, column->integer ? KEY_TRUE : KEY_FALSE);
        return;
    default:
        writer_tag(out, KEY_NIL);
        return;
    }
}

uint32_t key_write(uint8_t *out, const struct palua_argument *columns, uint32_t count, bool *cut)
{
    struct writer writer = writer_at(out);
    for (uint32_t i = 0; i < count; i++)
        writer_argument(&writer, &columns[i], writer_room(&writer, count - 1 - i));
    *cut = writer.cut;
    return writer_end(&writer);
}

void key_make(struct key *key, const struct palua_argument *columns, uint32_t count)
{
    key->len = key_write(key->bytes, columns, count, &key->cut);
}

/** A column read back. */
struct column {
    enum key_tag tag;
    uint64_t word;
    const uint8_t *data;
    uint16_t len;
};

/** Reads the column at `at`. @return where the next one starts */
static const uint8_t *column_read(const uint8_t *at, struct column *out)
{
    *out = (struct column){.tag = (enum key_tag) * at++};
    if (out->tag < KEY_INT)
        return at;
    if (out->tag < KEY_IPADDR) {
        memcpy(&out->word, at, sizeof out->word);
        return at + sizeof out->word;
    }
    memcpy(&out->len, at, sizeof out->len);
    out->data = at + sizeof out->len;
    return out->data + out->len;
}

static struct number column_number(const struct column *column)
{
    if (column->tag == KEY_INT)
        return number_of_int((int64_t)column->word);
    if (column->tag == KEY_UINT)
        return number_of_uint(column->word);
    double real;
    memcpy(&real, &column->word, sizeof real);
    return number_of_real(real);
}

static bool is_number(const struct column *column)
{
    return column->tag == KEY_INT || column->tag == KEY_UINT || column->tag == KEY_REAL;
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
    if (a->tag == KEY_TIME || a->tag == KEY_DURATION)
        return number_compare(number_of_int((int64_t)a->word), number_of_int((int64_t)b->word));
    if (a->tag == KEY_IPADDR && a->len != b->len)
        return a->len < b->len ? -1 : 1; // IPv4 before IPv6
    return a->tag < KEY_IPADDR ? 0 : compare_slices(a, b);
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
    case KEY_NIL:
        return (struct cell){.type = CELL_NIL};
    case KEY_FALSE:
    case KEY_TRUE:
        return (struct cell){.type = CELL_BOOL, .uint = column->tag == KEY_TRUE};
    case KEY_TIME:
        return (struct cell){.type = CELL_TIME, .sint = (int64_t)column->word};
    case KEY_DURATION:
        return (struct cell){.type = CELL_DURATION, .sint = (int64_t)column->word};
    case KEY_IPADDR:
        return (struct cell){.type = CELL_IPADDR, .slice = slice};
    case KEY_MAC:
        return (struct cell){.type = CELL_MAC, .slice = slice};
    case KEY_STRING:
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
        return XXH3_64bits_withSeed(value->data, value->len, value_seed + KEY_STRING);
    struct key key;
    key_make(&key, value, 1);
    return XXH3_64bits_withSeed(key.bytes, key.len, value_seed);
}
