// SPDX-License-Identifier: MIT OR Apache-2.0
/** Text written straight into the batch's memory: names and record data.
 *
 * A value is begun, written and taken; it stands in one piece. Room is asked of the host a few
 * kilobytes at a time, so that a message costs two calls. One message's texts are bounded by
 * DNS_TEXT_CAP bytes: beyond it dns_text_need says false, and stays so. */
#pragma once

#include <string.h>

#include <palua/plugin.h>

enum { DNS_TEXT_CAP = 256 * 1024 };

struct dns_text {
    const struct palua_host *host;
    struct palua_call *call;
    uint8_t *room;  /**< what the host gave last; NULL if none is open */
    uint8_t *value; /**< start of the value being written */
    uint8_t *pos;
    uint8_t *end;
    uint32_t left; /**< of DNS_TEXT_CAP */
};

static inline struct dns_text dns_text_of(const struct palua_host *host, struct palua_call *call)
{
    return (struct dns_text){.host = host, .call = call, .left = DNS_TEXT_CAP};
}

/** A new room for at least `need` bytes after the value begun so far. */
bool dns_text_more(struct dns_text *text, size_t need);

/** Makes sure that `need` more bytes fit. */
static inline bool dns_text_need(struct dns_text *text, size_t need)
{
    return need <= (size_t)(text->end - text->pos) || dns_text_more(text, need);
}

static inline void dns_text_begin(struct dns_text *text)
{
    text->value = text->pos;
}

static inline struct palua_slice dns_text_take(struct dns_text *text)
{
    struct palua_slice out = {.data = text->value, .len = (uint32_t)(text->pos - text->value)};
    text->value = text->pos;
    return out;
}

/** Gives what is unused back to the host. Before any other call of the host. */
void dns_text_close(struct dns_text *text);

/** These write without a check: after dns_text_need. */
static inline void dns_text_char(struct dns_text *text, char c)
{
    *text->pos++ = (uint8_t)c;
}

/** `\DDD`, RFC 4343 section 2.1: four bytes. */
static inline void dns_text_escape(struct dns_text *text, uint8_t c)
{
    uint8_t *pos = text->pos;
    pos[0] = '\\';
    pos[1] = (uint8_t)('0' + c / 100);
    pos[2] = (uint8_t)('0' + c / 10 % 10);
    pos[3] = (uint8_t)('0' + c % 10);
    text->pos += 4;
}

/** These check for themselves. */
bool dns_text_uint(struct dns_text *text, uint64_t value);
bool dns_text_string(struct dns_text *text, const char *string);
bool dns_text_ipv4(struct dns_text *text, const uint8_t addr[4]);
/** RFC 5952. */
bool dns_text_ipv6(struct dns_text *text, const uint8_t addr[16]);
bool dns_text_hex(struct dns_text *text, const uint8_t *data, size_t len);
/** RFC 4648 section 4. */
bool dns_text_base64(struct dns_text *text, const uint8_t *data, size_t len);
/** RFC 4648 section 7, without padding. */
bool dns_text_base32hex(struct dns_text *text, const uint8_t *data, size_t len);
/** In quotes, `"` and `\` with a backslash before them, what is not printable as \DDD. */
bool dns_text_quoted(struct dns_text *text, const uint8_t *data, size_t len);
/** YYYYMMDDHHMMSS of seconds since 1970, RFC 4034 section 3.2. */
bool dns_text_date(struct dns_text *text, uint32_t seconds);
