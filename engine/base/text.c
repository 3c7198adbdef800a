// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/text.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"

enum { NS_PER_SECOND = 1000000000 };

static const char hex_digits[] = "0123456789abcdef";

void text_init(struct text *text)
{
    *text = (struct text){0};
}

void text_fini(struct text *text)
{
    memory_free(text->data);
    *text = (struct text){0};
}

void text_clear(struct text *text)
{
    text->len = 0;
    if (text->data)
        text->data[0] = '\0';
}

/** Room for `len` more bytes and the NUL. */
static char *reserve(struct text *text, size_t len)
{
    text->data = memory_grow(text->data, &text->cap, memory_add(memory_add(text->len, len), 1), 1);
    return text->data + text->len;
}

void text_add(struct text *text, const void *data, size_t len)
{
    char *to = reserve(text, len);
    if (len)
        memcpy(to, data, len);
    to[len] = '\0';
    text->len += len;
}

void text_add_str(struct text *text, const char *str)
{
    text_add(text, str, strlen(str));
}

void text_add_char(struct text *text, char c)
{
    text_add(text, &c, 1);
}

void text_add_format(struct text *text, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len > 0) {
        vsnprintf(reserve(text, (size_t)len), (size_t)len + 1, format, again);
        text->len += (size_t)len;
    }
    va_end(again);
}

void text_add_uint(struct text *text, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    text_add(text, digits + at, sizeof digits - at);
}

void text_add_int(struct text *text, int64_t value)
{
    uint64_t magnitude = (uint64_t)value;
    if (value < 0) {
        text_add_char(text, '-');
        magnitude = -magnitude;
    }
    text_add_uint(text, magnitude);
}

void text_add_real(struct text *text, double value)
{
    if (isnan(value)) { // without the sign that printf would show
        text_add_str(text, "nan");
        return;
    }
    if (value == rint(value) && fabs(value) < 1e15) {
        text_add_int(text, (int64_t)value);
        return;
    }
    char digits[32];
    int precision = 15; // any double survives 17 digits; most short ones need 15
    do {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
    } while (precision++ < 17 && strtod(digits, NULL) != value);
    text_add_str(text, digits);
}

/** Whole seconds and `places` digits of the fraction. */
static void add_seconds(struct text *text, int64_t ns, int places)
{
    uint64_t magnitude = (uint64_t)ns;
    if (ns < 0) {
        text_add_char(text, '-');
        magnitude = -magnitude;
    }
    text_add_uint(text, magnitude / NS_PER_SECOND);
    if (places == 0)
        return;
    char fraction[9];
    uint64_t rest = magnitude % NS_PER_SECOND;
    for (int i = 8; i >= 0; i--, rest /= 10)
        fraction[i] = (char)('0' + rest % 10);
    text_add_char(text, '.');
    text_add(text, fraction, (size_t)places);
}

void text_add_duration(struct text *text, int64_t ns)
{
    int places = 9;
    int64_t fraction = ns % NS_PER_SECOND;
    while (places > 0 && fraction % 10 == 0) {
        fraction /= 10;
        places--;
    }
    add_seconds(text, ns, places);
}

/** A number of `places` decimals, without zeros at its end. */
static void add_decimals(struct text *text, uint64_t scaled, int places)
{
    uint64_t scale = 1;
    for (; places > 0 && scaled % 10 == 0; places--)
        scaled /= 10;
    for (int i = 0; i < places; i++)
        scale *= 10;
    text_add_uint(text, scaled / scale);
    if (places)
        text_add_format(text, ".%0*" PRIu64, places, scaled % scale);
}

void text_add_duration_short(struct text *text, int64_t ns)
{
    static const char *const units[] = {"ns", "µs", "ms", "s"};
    uint64_t magnitude = ns < 0 ? -(uint64_t)ns : (uint64_t)ns, unit = 1;
    int at = ns ? 0 : 3;
    // What rounds to 1000 of a unit is 1 of the next.
    for (; at < 3 && magnitude >= unit * 1000 - unit / 20; at++)
        unit *= 1000;
    uint64_t whole = magnitude / unit, scale = 1;
    int places = at == 0 || whole >= 1000 ? 0 : whole >= 100 ? 1 : whole >= 10 ? 2 : 3;
    for (int i = 0; i < places; i++)
        scale *= 10;
    // The fraction alone is scaled, so that nothing overflows.
    uint64_t fraction = (magnitude % unit * scale + unit / 2) / unit;
    if (ns < 0)
        text_add_char(text, '-');
    add_decimals(text, whole * scale + fraction, places);
    text_add_str(text, units[at]);
}

void text_add_time(struct text *text, int64_t ns)
{
    add_seconds(text, ns, 9);
}

void text_add_time_iso(struct text *text, int64_t ns)
{
    int64_t seconds = ns / NS_PER_SECOND, fraction = ns % NS_PER_SECOND;
    if (fraction < 0) {
        fraction += NS_PER_SECOND;
        seconds--;
    }
    time_t when = (time_t)seconds;
    struct tm utc;
    gmtime_r(&when, &utc);
    text_add_format(text, "%04d-%02d-%02dT%02d:%02d:%02d", utc.tm_year + 1900, utc.tm_mon + 1,
                    utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
    if (fraction % 1000)
        text_add_format(text, ".%09" PRId64, fraction);
    else if (fraction % 1000000)
        text_add_format(text, ".%06" PRId64, fraction / 1000);
    else if (fraction)
        text_add_format(text, ".%03" PRId64, fraction / 1000000);
    text_add_char(text, 'Z');
}

/** RFC 5952 section 4: lower case, no leading zeros, the longest run of two or more zero groups
 * (the first of equals) as "::". */
static void add_ipv6(struct text *text, const uint8_t *addr)
{
    // inet_ntop of both supported libcs does exactly that, dotted tail for v4-mapped included
    // (section 5).
    char out[INET6_ADDRSTRLEN];
    if (inet_ntop(AF_INET6, addr, out, sizeof out))
        text_add_str(text, out);
}

void text_add_ipaddr(struct text *text, const uint8_t *addr, size_t len)
{
    if (len == 16) {
        add_ipv6(text, addr);
    } else if (len == 4) {
        for (size_t i = 0; i < len; i++) {
            if (i)
                text_add_char(text, '.');
            text_add_uint(text, addr[i]);
        }
    } else {
        text_add_hex(text, addr, len);
    }
}

void text_add_mac(struct text *text, const uint8_t *addr, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (i)
            text_add_char(text, ':');
        text_add_hex(text, addr + i, 1);
    }
}

void text_add_hex(struct text *text, const uint8_t *data, size_t len)
{
    char *to = reserve(text, memory_mul(len, 2));
    for (size_t i = 0; i < len; i++) {
        *to++ = hex_digits[data[i] >> 4];
        *to++ = hex_digits[data[i] & 15];
    }
    *to = '\0';
    text->len += len * 2;
}

/** Length of the well-formed UTF-8 sequence of more than one byte at `data` (RFC 3629 section 4), 0
 * if there is none. */
static size_t utf8_sequence(const uint8_t *data, size_t len)
{
    uint8_t lead = data[0];
    size_t need = lead >= 0xc2 && lead <= 0xdf   ? 2
                  : lead >= 0xe0 && lead <= 0xef ? 3
                  : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                 : 0;
    if (!need || need > len)
        return 0;
    uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (data[1] < low || data[1] > high)
        return 0;
    for (size_t i = 2; i < need; i++)
        if ((data[i] & 0xc0) != 0x80)
            return 0;
    return need;
}

static bool is_control(uint8_t c)
{
    return c < 0x20 || c == 0x7f;
}

/** C1 controls are well-formed UTF-8 (C2 80 to C2 9F), yet terminals obey them. */
static bool is_c1(const uint8_t *data, size_t sequence)
{
    return sequence == 2 && data[0] == 0xc2 && data[1] < 0xa0;
}

/** Writes one byte that must not appear as it is. */
typedef void (*escape_fn)(struct text *text, uint8_t byte);

/** The walk that all escapes share: runs of harmless bytes are copied at once, the rest goes to
 * `escape`.
 * @param special  printable bytes that need escaping too */
static void add_walk(struct text *text, const uint8_t *data, size_t len, const char *special,
                     escape_fn escape)
{
    size_t start = 0, i = 0;
    while (i < len) {
        uint8_t c = data[i];
        size_t sequence = c < 0x80 ? 1 : utf8_sequence(data + i, len - i);
        if (sequence && !is_control(c) && !is_c1(data + i, sequence) &&
            !(c < 0x80 && strchr(special, c))) {
            i += sequence;
            continue;
        }
        text_add(text, data + start, i - start);
        escape(text, c);
        start = ++i;
    }
    text_add(text, data + start, len - start);
}

static void escape_hex(struct text *text, uint8_t byte)
{
    if (byte == '\\') {
        text_add_str(text, "\\\\");
        return;
    }
    char out[4] = {'\\', 'x', hex_digits[byte >> 4], hex_digits[byte & 15]};
    text_add(text, out, sizeof out);
}

void text_add_escaped(struct text *text, const void *data, size_t len)
{
    add_walk(text, data, len, "\\", escape_hex);
}

void text_add_escaped_and(struct text *text, const void *data, size_t len, const char *special)
{
    char all[16] = "\\";
    strncat(all, special, sizeof all - 2);
    add_walk(text, data, len, all, escape_hex);
}

void text_add_safe(struct text *text, const void *data, size_t len)
{
    add_walk(text, data, len, "", escape_hex);
}

static void escape_json(struct text *text, uint8_t byte)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *known = byte ? strchr(from, byte) : NULL;
    if (known) {
        char out[2] = {'\\', to[known - from]};
        text_add(text, out, sizeof out);
    } else {
        char out[6] = {'\\', 'u', '0', '0', hex_digits[byte >> 4], hex_digits[byte & 15]};
        text_add(text, out, sizeof out);
    }
}

void text_add_json(struct text *text, const void *data, size_t len)
{
    text_add_char(text, '"');
    add_walk(text, data, len, "\"\\", escape_json);
    text_add_char(text, '"');
}

static void escape_quote(struct text *text, uint8_t byte)
{
    if (byte == '"')
        text_add_str(text, "\"\"");
    else if (byte == '\n' || byte == '\r')
        text_add_char(text, (char)byte); // RFC 4180 section 2 rule 6: allowed inside quotes
    else
        escape_hex(text, byte);
}

static bool needs_quotes(const uint8_t *data, size_t len, char separator)
{
    for (size_t i = 0; i < len; i++)
        if (data[i] == (uint8_t)separator || data[i] == '"' || data[i] == '\n' || data[i] == '\r')
            return true;
    return false;
}

void text_add_separated(struct text *text, const void *data, size_t len, char separator)
{
    if (separator == '\t') {
        text_add_escaped(text, data, len);
    } else if (needs_quotes(data, len, separator)) {
        text_add_char(text, '"');
        add_walk(text, data, len, "\"", escape_quote);
        text_add_char(text, '"');
    } else {
        add_walk(text, data, len, "", escape_hex);
    }
}
