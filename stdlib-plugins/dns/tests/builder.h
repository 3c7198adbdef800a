// SPDX-License-Identifier: MIT OR Apache-2.0
/** Writes DNS messages for the tests. */
#pragma once

#include <stdint.h>
#include <string.h>

struct builder {
    uint8_t data[70000];
    uint32_t len;
};

static inline void put(struct builder *b, const void *data, size_t len)
{
    memcpy(b->data + b->len, data, len);
    b->len += (uint32_t)len;
}

static inline void put_u8(struct builder *b, unsigned value)
{
    b->data[b->len++] = (uint8_t)value;
}

static inline void put_u16(struct builder *b, unsigned value)
{
    put_u8(b, value >> 8);
    put_u8(b, value & 255);
}

static inline void put_u32(struct builder *b, uint32_t value)
{
    put_u16(b, value >> 16);
    put_u16(b, value & 65535);
}

/** Labels between dots; "" is the root. */
static inline void put_name(struct builder *b, const char *name)
{
    while (*name) {
        size_t len = strcspn(name, ".");
        put_u8(b, (unsigned)len);
        put(b, name, len);
        name += len + (name[len] == '.');
    }
    put_u8(b, 0);
}

static inline void put_header(struct builder *b, unsigned id, unsigned flags, unsigned qd,
                              unsigned an, unsigned ns, unsigned ar)
{
    const unsigned words[] = {id, flags, qd, an, ns, ar};
    for (int i = 0; i < 6; i++)
        put_u16(b, words[i]);
}

static inline void put_question(struct builder *b, const char *name, unsigned type, unsigned qclass)
{
    put_name(b, name);
    put_u16(b, type);
    put_u16(b, qclass);
}

/** A record whose owner is the name at offset 12. */
static inline void put_record(struct builder *b, unsigned type, unsigned rclass, uint32_t ttl,
                              const void *data, unsigned len)
{
    put_u16(b, 0xc00c);
    put_u16(b, type);
    put_u16(b, rclass);
    put_u32(b, ttl);
    put_u16(b, len);
    put(b, data, len);
}

static inline void put_opt(struct builder *b, unsigned size, uint32_t ttl)
{
    put_u8(b, 0);
    put_u16(b, 41);
    put_u16(b, size);
    put_u32(b, ttl);
    put_u16(b, 0);
}
