// SPDX-License-Identifier: MIT OR Apache-2.0
#include "text.h"

enum { ROOM = 2048 }; // bytes asked for at a time

bool dns_text_more(struct dns_text *text, size_t need)
{
    size_t begun = (size_t)(text->pos - text->value);
    uint8_t *begun_at = text->value;
    dns_text_close(text);
    if (need > text->left || begun > text->left - need) {
        text->left = 0;
        return false;
    }
    // A long value doubles its room, so that it is not copied again at every step.
    uint32_t size = (uint32_t)(begun + (need > begun ? need : begun));
    size = size < ROOM ? ROOM : size;
    size = size < text->left ? size : text->left;
    text->room = text->host->room(text->call, size);
    text->end = text->room + size;
    if (begun)
        memcpy(text->room, begun_at, begun); // still there: it was kept
    text->value = text->room;
    text->pos = text->room + begun;
    return true;
}

void dns_text_close(struct dns_text *text)
{
    if (!text->room)
        return;
    uint32_t used = (uint32_t)(text->pos - text->room);
    text->host->keep(text->call, used);
    text->left = used < text->left ? text->left - used : 0;
    text->room = text->value = text->pos = text->end = NULL;
}

bool dns_text_uint(struct dns_text *text, uint64_t value)
{
    uint8_t digits[20];
    size_t len = 0;
    do {
        digits[len++] = (uint8_t)('0' + value % 10);
        value /= 10;
    } while (value);
    if (!dns_text_need(text, len))
        return false;
    while (len)
        *text->pos++ = digits[--len];
    return true;
}

bool dns_text_string(struct dns_text *text, const char *string)
{
    size_t len = strlen(string);
    if (!dns_text_need(text, len))
        return false;
    memcpy(text->pos, string, len);
    text->pos += len;
    return true;
}

/** Up to three digits, without a check. */
static void add_byte(struct dns_text *text, uint8_t value)
{
    if (value >= 100)
        *text->pos++ = (uint8_t)('0' + value / 100);
    if (value >= 10)
        *text->pos++ = (uint8_t)('0' + value / 10 % 10);
    *text->pos++ = (uint8_t)('0' + value % 10);
}

bool dns_text_ipv4(struct dns_text *text, const uint8_t addr[4])
{
    if (!dns_text_need(text, 15))
        return false;
    for (int i = 0; i < 4; i++) {
        if (i)
            dns_text_char(text, '.');
        add_byte(text, addr[i]);
    }
    return true;
}

/** The longest run of zero groups, the first of equals; a single group is no run. */
static void longest_zeros(const uint16_t groups[8], int *start, int *len)
{
    *start = -1;
    *len = 1;
    for (int i = 0; i < 8; i++) {
        int run = 0;
        while (i + run < 8 && groups[i + run] == 0)
            run++;
        if (run > *len) {
            *start = i;
            *len = run;
        }
        i += run;
    }
}

static void add_group(struct dns_text *text, uint16_t group)
{
    static const char hex[] = "0123456789abcdef";
    bool begun = false;
    for (unsigned i = 0; i < 4; i++) {
        unsigned digit = (unsigned)group >> (12 - 4 * i) & 15;
        begun = begun || digit || i == 3;
        if (begun)
            dns_text_char(text, hex[digit]);
    }
}

bool dns_text_ipv6(struct dns_text *text, const uint8_t addr[16])
{
    uint16_t groups[8];
    int start;
    int len;
    if (!dns_text_need(text, 39))
        return false;
    for (int i = 0; i < 8; i++)
        groups[i] = (uint16_t)((unsigned)addr[2 * i] << 8 | addr[2 * i + 1]);
    bool mapped = !groups[0] && !groups[1] && !groups[2] && !groups[3] && !groups[4] &&
                  groups[5] == 0xffff; // RFC 5952 section 5
    longest_zeros(groups, &start, &len);
    for (int i = 0; i < (mapped ? 6 : 8); i++) {
        if (i == start) {
            dns_text_char(text, ':');
            dns_text_char(text, ':');
            i += len - 1;
            continue;
        }
        if (i && i != start + len)
            dns_text_char(text, ':');
        add_group(text, groups[i]);
    }
    if (!mapped)
        return true;
    dns_text_char(text, ':');
    return dns_text_ipv4(text, addr + 12);
}

bool dns_text_hex(struct dns_text *text, const uint8_t *data, size_t len)
{
    static const char hex[] = "0123456789ABCDEF";
    if (!dns_text_need(text, 2 * len))
        return false;
    for (size_t i = 0; i < len; i++) {
        dns_text_char(text, hex[data[i] >> 4]);
        dns_text_char(text, hex[data[i] & 15]);
    }
    return true;
}

bool dns_text_base64(struct dns_text *text, const uint8_t *data, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (!dns_text_need(text, (len + 2) / 3 * 4))
        return false;
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t bits = (uint32_t)data[i] << 16 | (left > 1 ? (uint32_t)data[i + 1] << 8 : 0) |
                        (left > 2 ? data[i + 2] : 0);
        dns_text_char(text, digits[bits >> 18]);
        dns_text_char(text, digits[bits >> 12 & 63]);
        dns_text_char(text, left > 1 ? digits[bits >> 6 & 63] : '=');
        dns_text_char(text, left > 2 ? digits[bits & 63] : '=');
    }
    return true;
}

bool dns_text_base32hex(struct dns_text *text, const uint8_t *data, size_t len)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
    if (!dns_text_need(text, (len * 8 + 4) / 5))
        return false;
    uint32_t bits = 0;
    unsigned held = 0;
    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | data[i];
        for (held += 8; held >= 5; held -= 5)
            dns_text_char(text, digits[bits >> (held - 5) & 31]);
    }
    if (held)
        dns_text_char(text, digits[bits << (5 - held) & 31]);
    return true;
}

bool dns_text_quoted(struct dns_text *text, const uint8_t *data, size_t len)
{
    if (!dns_text_need(text, 4 * len + 2))
        return false;
    dns_text_char(text, '"');
    for (size_t i = 0; i < len; i++) {
        if (data[i] < 0x20 || data[i] > 0x7e) {
            dns_text_escape(text, data[i]);
            continue;
        }
        if (data[i] == '"' || data[i] == '\\')
            dns_text_char(text, '\\');
        dns_text_char(text, (char)data[i]);
    }
    dns_text_char(text, '"');
    return true;
}

static void add_digits(struct dns_text *text, uint32_t value, int count)
{
    for (int i = count; i-- > 0; value /= 10)
        text->pos[i] = (uint8_t)('0' + value % 10);
    text->pos += count;
}

bool dns_text_date(struct dns_text *text, uint32_t seconds)
{
    if (!dns_text_need(text, 14))
        return false;
    // Civil date from days, in years that begin in March, so that the leap day comes last.
    uint32_t days = seconds / 86400 + 719468;
    uint32_t era = days / 146097;
    uint32_t day_of_era = days % 146097;
    uint32_t year =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day = day_of_era - (365 * year + year / 4 - year / 100);
    uint32_t month = (5 * day + 2) / 153;
    add_digits(text, era * 400 + year + (month >= 10), 4);
    add_digits(text, month < 10 ? month + 3 : month - 9, 2);
    add_digits(text, day - (153 * month + 2) / 5 + 1, 2);
    add_digits(text, seconds / 3600 % 24, 2);
    add_digits(text, seconds / 60 % 60, 2);
    add_digits(text, seconds % 60, 2);
    return true;
}
