// SPDX-License-Identifier: MIT OR Apache-2.0
#include "filter/literal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/address.h"
#include "base/nearest.h"

enum { WORD_CAP = 64 }; // numbers and times are shorter

#define SECOND_NS INT64_C(1000000000)

/** What is read, and what to say if it is not what the field takes. */
struct reader {
    const struct filter_type *type;
    const struct filter_token *token;
    const char *text; /**< without quotes and escapes */
    size_t len;
    const char *field;
    struct arena *arena;
    struct error *err;
};

enum filter_class filter_class_of(uint8_t type)
{
    static const uint8_t classes[] = {
        [PALUA_UINT] = FILTER_WHOLE,        [PALUA_INT] = FILTER_WHOLE,
        [PALUA_ENUM] = FILTER_WHOLE,        [PALUA_BOOL] = FILTER_WHOLE,
        [PALUA_REAL] = FILTER_REAL,         [PALUA_TIME] = FILTER_TIME,
        [PALUA_DURATION] = FILTER_DURATION, [PALUA_IPADDR] = FILTER_ADDRESS,
        [PALUA_MAC] = FILTER_MAC,           [PALUA_BYTES] = FILTER_TEXT,
        [PALUA_STRING] = FILTER_TEXT,       [PALUA_LIST] = FILTER_LIST,
    };
    return (enum filter_class)classes[type];
}

const char *filter_class_name(const struct filter_type *type)
{
    switch (type->type) {
    case PALUA_UINT:
    case PALUA_INT:
        return "a whole number";
    case PALUA_ENUM:
        return "a number with names";
    case PALUA_BOOL:
        return "true or false";
    case PALUA_REAL:
        return "a number";
    case PALUA_TIME:
        return "a time";
    case PALUA_DURATION:
        return "a duration";
    case PALUA_IPADDR:
        return type->address_len == 4    ? "an IPv4 address"
               : type->address_len == 16 ? "an IPv6 address"
                                         : "an address";
    case PALUA_MAC:
        return "a MAC address";
    case PALUA_BYTES:
        return "bytes";
    case PALUA_STRING:
        return "a text";
    default:
        return "a list";
    }
}

/** @param hint  how such a value is written */
static bool refuse(const struct reader *reader, const char *hint)
{
    return filter_refuse(reader->err, reader->token->column, "%s is %s, and %.*s is none; write %s",
                         reader->field, filter_class_name(reader->type),
                         (int)(reader->token->len < WORD_CAP ? reader->token->len : WORD_CAP),
                         reader->token->text, hint);
}

/** The text with a NUL behind it, as the C library wants it. @return false if it is too long */
static bool copy_word(const struct reader *reader, char word[WORD_CAP])
{
    if (reader->len >= WORD_CAP || !reader->len || memchr(reader->text, '\0', reader->len))
        return false;
    memcpy(word, reader->text, reader->len);
    word[reader->len] = '\0';
    return true;
}

/** Decimal or, behind 0x, hexadecimal digits, up to 2^64 - 1. A zero before decimal digits means
 * octal to some, so it is none. */
static bool parse_whole(const char *word, __int128 *out)
{
    bool negative = *word == '-';
    const char *at = word + negative;
    unsigned base = at[0] == '0' && (at[1] == 'x' || at[1] == 'X') ? 16 : 10;
    at += base == 16 ? 2 : 0;
    if (!*at || (base == 10 && at[0] == '0' && at[1]))
        return false;
    *out = 0;
    for (; *at; at++) {
        int digit = *at >= '0' && *at <= '9'   ? *at - '0'
                    : *at >= 'a' && *at <= 'f' ? *at - 'a' + 10
                    : *at >= 'A' && *at <= 'F' ? *at - 'A' + 10
                                               : 16;
        if (digit >= (int)base)
            return false;
        *out = *out * base + digit;
        if (*out > UINT64_MAX)
            return false;
    }
    *out = negative ? -*out : *out;
    return true;
}

static bool read_whole(const struct reader *reader, struct filter_literal *out)
{
    char word[WORD_CAP];
    if (reader->token->kind == FILTER_WORD && copy_word(reader, word) &&
        parse_whole(word, &out->whole))
        return true;
    return refuse(reader, reader->token->kind == FILTER_STRING ? "it without quotes"
                                                               : "one such as 80, -1 or 0x50");
}

/** An enum's value by its name: as it is spelled, else whatever the case. */
static bool find_name(const struct palua_enum *names, const char *word, __int128 *out)
{
    for (int fold = 0; fold <= 1; fold++)
        for (uint32_t i = 0; i < names->count; i++) {
            const char *name = names->names[i].name;
            if ((fold ? strcasecmp(name, word) : strcmp(name, word)) == 0) {
                *out = names->names[i].value;
                return true;
            }
        }
    return false;
}

static bool unknown_name(const struct reader *reader, const char *word)
{
    const struct palua_enum *names = reader->type->names;
    const char **all = arena_alloc(reader->arena, (names->count + 1) * sizeof *all, sizeof *all);
    for (uint32_t i = 0; i < names->count; i++)
        all[i] = names->names[i].name;
    const char *near = nearest(word, all, names->count);
    if (near)
        return filter_refuse(reader->err, reader->token->column,
                             "%s has no value '%s'; did you mean '%s'?", reader->field, word, near);
    return refuse(reader, "a number, or one of the names that palua --describe lists");
}

static bool read_enum(const struct reader *reader, struct filter_literal *out)
{
    char word[WORD_CAP];
    if (!copy_word(reader, word))
        return refuse(reader, "a number or a name");
    return parse_whole(word, &out->whole) || find_name(reader->type->names, word, &out->whole) ||
           unknown_name(reader, word);
}

static bool read_bool(const struct reader *reader, struct filter_literal *out)
{
    char word[WORD_CAP];
    if (!copy_word(reader, word))
        return refuse(reader, "true or false");
    if (strcasecmp(word, "true") == 0 || strcmp(word, "1") == 0)
        out->whole = 1;
    else if (strcasecmp(word, "false") == 0 || strcmp(word, "0") == 0)
        out->whole = 0;
    else
        return refuse(reader, "true or false");
    return true;
}

static bool read_real(const struct reader *reader, struct filter_literal *out)
{
    char word[WORD_CAP], *end;
    if (!copy_word(reader, word))
        return refuse(reader, "one such as 0.25");
    out->real = strtod(word, &end);
    return *end == '\0' || refuse(reader, "one such as 0.25");
}

/** Decimal digits with an optional point, times `unit`, exactly; digits below 1 ns are cut.
 * @return what follows the digits, NULL if there are none or they are too many */
static const char *parse_decimal(const char *at, int64_t unit, __int128 *out)
{
    const __int128 most = (__int128)INT64_MAX;
    const char *start = at;
    __int128 place = unit;
    for (*out = 0; *at >= '0' && *at <= '9'; at++)
        if ((*out = *out * 10 + (__int128)(*at - '0') * unit) > most)
            return NULL;
    size_t digits = (size_t)(at - start);
    if (*at == '.')
        for (at++; *at >= '0' && *at <= '9'; at++, digits++) {
            place /= 10;
            *out += place * (*at - '0');
        }
    return digits && *out <= most ? at : NULL;
}

/** Digits, then one of these; without one: seconds. */
static bool parse_duration(const char *word, __int128 *out)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {{"", SECOND_NS},
                 {"s", SECOND_NS},
                 {"ms", 1000000},
                 {"us", 1000},
                 {"ns", 1},
                 {"m", 60 * SECOND_NS},
                 {"min", 60 * SECOND_NS},
                 {"h", 3600 * SECOND_NS},
                 {"d", 86400 * SECOND_NS}};
    bool negative = *word == '-';
    const char *digits = word + negative;
    const char *unit = digits + strspn(digits, "0123456789.");
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(unit, units[i].name) == 0) {
            const char *end = parse_decimal(digits, units[i].ns, out);
            *out = negative ? -*out : *out;
            return end == unit;
        }
    return false;
}

static bool read_duration(const struct reader *reader, struct filter_literal *out)
{
    char word[WORD_CAP];
    return (copy_word(reader, word) && parse_duration(word, &out->whole)) ||
           refuse(reader, "one such as 5s, 1.5ms, 2m, or seconds as a number");
}

/** Whether the month has that day; timegm would take the 31st of April for the 1st of May. */
static bool has_day(const struct tm *parts)
{
    struct tm date = {
        .tm_year = parts->tm_year, .tm_mon = parts->tm_mon, .tm_mday = parts->tm_mday};
    timegm(&date);
    return date.tm_mday == parts->tm_mday;
}

/** 2026-01-31, and behind T or a space 09:00:00 with decimals and Z, all in UTC. */
static bool parse_date(const char *word, __int128 *out)
{
    struct tm parts = {0};
    const char *at = strptime(word, "%Y-%m-%d", &parts);
    __int128 decimals = 0;
    if (at && (*at == 'T' || *at == ' '))
        at = strptime(at + 1, "%H:%M:%S", &parts);
    if (at && *at == '.')
        at = parse_decimal(at, SECOND_NS, &decimals);
    if (at && *at == 'Z')
        at++;
    if (!at || *at || !has_day(&parts))
        return false;
    *out = (__int128)timegm(&parts) * SECOND_NS + decimals;
    return true;
}

static bool read_time(const struct reader *reader, struct filter_literal *out)
{
    char word[WORD_CAP];
    const char *end = NULL;
    if (copy_word(reader, word))
        end = parse_decimal(word, SECOND_NS, &out->whole);
    if ((end && !*end) || (copy_word(reader, word) && parse_date(word, &out->whole)))
        return true;
    return refuse(reader, "one such as \"2026-01-31 09:00:00\" (UTC), or seconds since 1970");
}

static struct palua_slice keep(const struct reader *reader, const void *data, size_t len)
{
    uint8_t *copy = arena_alloc(reader->arena, len ? len : 1, 1);
    memcpy(copy, data, len);
    return (struct palua_slice){copy, (uint32_t)len, 0};
}

/** Bits behind the slash of a network. @return false if there are too many */
static bool read_prefix(const char *slash, uint32_t most, struct filter_literal *out)
{
    __int128 bits;
    if (!parse_whole(slash + 1, &bits) || bits < 0 || bits > most)
        return false;
    out->prefix = (uint8_t)bits;
    out->network = true;
    return true;
}

static bool read_address(const struct reader *reader, struct filter_literal *out)
{
    char word[WORD_CAP];
    uint8_t bytes[ADDRESS_IP_LEN];
    uint32_t len = 0;
    char *slash = NULL;
    if (copy_word(reader, word)) {
        slash = strchr(word, '/');
        len = address_parse_ip(word, slash ? (size_t)(slash - word) : strlen(word), bytes);
    }
    if (!len || (reader->type->address_len && reader->type->address_len != len))
        return refuse(reader, reader->type->address_len == 4    ? "one such as 192.0.2.1"
                              : reader->type->address_len == 16 ? "one such as 2001:db8::1"
                                                                : "one such as 192.0.2.1 or ::1");
    out->slice = keep(reader, bytes, len);
    if (!slash || read_prefix(slash, len * 8, out))
        return true;
    return filter_refuse(reader->err, reader->token->column,
                         "%s is no network: behind the / a number from 0 to %u was expected", word,
                         len * 8);
}

static bool read_mac(const struct reader *reader, struct filter_literal *out)
{
    uint8_t bytes[ADDRESS_MAC_LEN];
    if (!address_parse_mac(reader->text, reader->len, bytes))
        return refuse(reader, "one such as 00:1b:21:3c:9d:f8");
    out->slice = keep(reader, bytes, sizeof bytes);
    return true;
}

/** Pairs of hexadecimal digits, with or without : or - between them. */
static bool parse_hex(const struct reader *reader, uint8_t *out, size_t *len)
{
    size_t at = 0;
    for (*len = 0; at < reader->len; at += 2) {
        at += at && (reader->text[at] == ':' || reader->text[at] == '-');
        if (at + 2 > reader->len)
            return false;
        const char pair[3] = {reader->text[at], reader->text[at + 1], '\0'};
        if (strspn(pair, "0123456789abcdefABCDEF") != 2)
            return false;
        out[(*len)++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return *len > 0;
}

static bool read_text(const struct reader *reader, struct filter_literal *out)
{
    size_t len;
    if (reader->token->kind == FILTER_STRING) {
        out->slice = keep(reader, reader->text, reader->len);
        return true;
    }
    if (reader->type->type == PALUA_STRING)
        return refuse(reader, "it in quotes");
    uint8_t *bytes = arena_alloc(reader->arena, reader->len + 1, 1);
    if (!parse_hex(reader, bytes, &len))
        return refuse(reader, "hexadecimal digits such as 47:45:54, or a text in quotes");
    out->slice = (struct palua_slice){bytes, (uint32_t)len, 0};
    return true;
}

bool filter_literal_read(const struct filter_type *type, const struct filter_token *token,
                         const struct filter_lexer *lexer, const char *field, struct arena *arena,
                         struct filter_literal *out, struct error *err)
{
    bool quoted = token->kind == FILTER_STRING;
    const struct reader reader = {
        .type = type,
        .token = token,
        .text = !quoted             ? token->text
                : lexer->string.len ? lexer->string.data
                                    : "",
        .len = quoted ? lexer->string.len : token->len,
        .field = field,
        .arena = arena,
        .err = err,
    };
    *out = (struct filter_literal){.kind = filter_class_of(type->type)};
    if (!quoted && token->kind != FILTER_WORD)
        return filter_refuse(err, token->column,
                             "a value was expected, to compare %s with; it is %s", field,
                             filter_class_name(type));
    switch (type->type) {
    case PALUA_UINT:
    case PALUA_INT:
        return read_whole(&reader, out);
    case PALUA_ENUM:
        return read_enum(&reader, out);
    case PALUA_BOOL:
        return read_bool(&reader, out);
    case PALUA_REAL:
        return read_real(&reader, out);
    case PALUA_TIME:
        return read_time(&reader, out);
    case PALUA_DURATION:
        return read_duration(&reader, out);
    case PALUA_IPADDR:
        return read_address(&reader, out);
    case PALUA_MAC:
        return read_mac(&reader, out);
    default:
        return read_text(&reader, out);
    }
}

bool filter_literal_of(const struct value *value, struct filter_literal *out)
{
    out->network = false;
    switch (value->type) {
    case PALUA_UINT:
    case PALUA_ENUM:
    case PALUA_BOOL:
        out->whole = value->uint;
        break;
    case PALUA_INT:
    case PALUA_TIME:
    case PALUA_DURATION:
        out->whole = value->sint;
        break;
    case PALUA_REAL:
        out->real = value->real;
        break;
    case PALUA_IPADDR:
    case PALUA_MAC:
    case PALUA_BYTES:
    case PALUA_STRING:
        out->slice = value->slice;
        break;
    default:
        return false;
    }
    out->kind = filter_class_of(value->type);
    return true;
}

static bool same_bytes(struct palua_slice a, struct palua_slice b)
{
    return a.len == b.len && (!a.len || memcmp(a.data, b.data, a.len) == 0);
}

/** Whether the first `bits` bits are the same, of two addresses of one version. */
static bool same_prefix(struct palua_slice a, struct palua_slice b, uint32_t bits)
{
    uint32_t whole = bits / 8, rest = bits % 8;
    if (a.len != b.len || memcmp(a.data, b.data, whole) != 0)
        return false;
    return !rest || (a.data[whole] ^ b.data[whole]) >> (8 - rest) == 0;
}

bool filter_literal_equal(const struct filter_literal *a, const struct filter_literal *b)
{
    switch (b->kind) {
    case FILTER_WHOLE:
    case FILTER_TIME:
    case FILTER_DURATION:
        return a->whole == b->whole;
    case FILTER_REAL:
        return a->real == b->real;
    default:
        return b->network ? same_prefix(a->slice, b->slice, b->prefix)
                          : same_bytes(a->slice, b->slice);
    }
}

static int sign(bool less, bool more)
{
    return (int)more - (int)less;
}

/** Texts in the order of their bytes, a beginning before what goes on. */
static int order_bytes(struct palua_slice a, struct palua_slice b)
{
    uint32_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter ? memcmp(a.data, b.data, shorter) : 0;
    return order ? sign(order<0, order> 0) : sign(a.len<b.len, a.len> b.len);
}

bool filter_literal_order(const struct filter_literal *a, const struct filter_literal *b, int *out)
{
    switch (b->kind) {
    case FILTER_WHOLE:
    case FILTER_TIME:
    case FILTER_DURATION:
        *out = sign(a->whole<b->whole, a->whole> b->whole);
        return true;
    case FILTER_REAL:
        *out = sign(a->real<b->real, a->real> b->real);
        return a->real == a->real && b->real == b->real;
    case FILTER_ADDRESS:
        *out = order_bytes(a->slice, b->slice);
        return a->slice.len == b->slice.len;
    default:
        *out = order_bytes(a->slice, b->slice);
        return true;
    }
}
