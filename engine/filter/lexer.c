// SPDX-License-Identifier: MIT OR Apache-2.0
#include "filter/lexer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/** Operators made of letters. */
static const struct {
    const char *text;
    enum filter_token_kind kind;
    enum filter_op op;
} keywords[] = {
    {"and", FILTER_AND, FILTER_EQ},
    {"or", FILTER_OR, FILTER_EQ},
    {"not", FILTER_NOT, FILTER_EQ},
    {"in", FILTER_IN, FILTER_EQ},
    {"contains", FILTER_CONTAINS, FILTER_EQ},
    {"matches", FILTER_MATCHES, FILTER_EQ},
    {"eq", FILTER_COMPARISON, FILTER_EQ},
    {"ne", FILTER_COMPARISON, FILTER_NE},
    {"lt", FILTER_COMPARISON, FILTER_LT},
    {"le", FILTER_COMPARISON, FILTER_LE},
    {"gt", FILTER_COMPARISON, FILTER_GT},
    {"ge", FILTER_COMPARISON, FILTER_GE},
    {"any_eq", FILTER_COMPARISON, FILTER_EQ},
    {"all_ne", FILTER_COMPARISON, FILTER_NE},
    {"any_ne", FILTER_COMPARISON, FILTER_ANY_NE},
    {"all_eq", FILTER_COMPARISON, FILTER_ALL_EQ},
};

/** And of signs; a longer one stands before its beginning. */
static const struct {
    const char *text;
    enum filter_token_kind kind;
    enum filter_op op;
} signs[] = {
    {"===", FILTER_COMPARISON, FILTER_ALL_EQ},
    {"!==", FILTER_COMPARISON, FILTER_ANY_NE},
    {"==", FILTER_COMPARISON, FILTER_EQ},
    {"!=", FILTER_COMPARISON, FILTER_NE},
    {"~=", FILTER_COMPARISON, FILTER_ANY_NE},
    {"<=", FILTER_COMPARISON, FILTER_LE},
    {">=", FILTER_COMPARISON, FILTER_GE},
    {"<", FILTER_COMPARISON, FILTER_LT},
    {">", FILTER_COMPARISON, FILTER_GT},
    {"&&", FILTER_AND, FILTER_EQ},
    {"||", FILTER_OR, FILTER_EQ},
    {"!", FILTER_NOT, FILTER_EQ},
    {"~", FILTER_MATCHES, FILTER_EQ},
    {"&", FILTER_MASK, FILTER_EQ},
    {"(", FILTER_OPEN, FILTER_EQ},
    {")", FILTER_CLOSE, FILTER_EQ},
    {"{", FILTER_OPEN_SET, FILTER_EQ},
    {"}", FILTER_CLOSE_SET, FILTER_EQ},
    {",", FILTER_COMMA, FILTER_EQ},
    {"..", FILTER_RANGE, FILTER_EQ},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

bool filter_refuse(struct error *err, uint32_t column, const char *format, ...)
{
    char text[sizeof err->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return error_set(err, ERROR_USAGE, NULL, "column %u: %s", column, text);
}

void filter_lexer_init(struct filter_lexer *lexer, const char *text, size_t len)
{
    *lexer = (struct filter_lexer){.start = text, .at = text, .end = text + len};
    text_init(&lexer->string);
}

void filter_lexer_fini(struct filter_lexer *lexer)
{
    text_fini(&lexer->string);
}

/** Characters are counted, not bytes, as a person counts them. */
static uint32_t column_of(const struct filter_lexer *lexer, const char *at)
{
    uint32_t column = 1;
    for (const char *c = lexer->start; c < at; c++)
        column += ((unsigned char)*c & 0xc0) != 0x80;
    return column;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("_.:/+-", c));
}

static size_t left(const struct filter_lexer *lexer)
{
    return (size_t)(lexer->end - lexer->at);
}

/** Bytes of the word that begins here; ".." ends one. */
static size_t word_len(const struct filter_lexer *lexer)
{
    size_t len = 0;
    while (len < left(lexer) && is_word(lexer->at[len])) {
        if (lexer->at[len] == '.' && len + 1 < left(lexer) && lexer->at[len + 1] == '.')
            break;
        len++;
    }
    return len;
}

static void read_word(struct filter_lexer *lexer, struct filter_token *out)
{
    out->kind = FILTER_WORD;
    for (size_t i = 0; i < COUNT(keywords); i++)
        if (strlen(keywords[i].text) == out->len &&
            memcmp(keywords[i].text, out->text, out->len) == 0) {
            out->kind = keywords[i].kind;
            out->op = keywords[i].op;
        }
    lexer->at += out->len;
}

/** The value of a digit; `base` or more if it is none. */
static unsigned digit(char c)
{
    return c >= '0' && c <= '9'   ? (unsigned)(c - '0')
           : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
           : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                  : 16;
}

/** Up to `most` digits. @return false if there is none */
static bool read_code(struct filter_lexer *lexer, unsigned base, unsigned most, unsigned *out)
{
    unsigned count = 0;
    for (*out = 0; count < most && left(lexer) && digit(*lexer->at) < base; count++)
        *out = *out * base + digit(*lexer->at++);
    return count > 0 && *out < 256;
}

/** What follows a backslash, as in C. */
static bool read_escape(struct filter_lexer *lexer, struct error *err)
{
    static const char letters[] = "abfnrtv\\\"'?", codes[] = "\a\b\f\n\r\t\v\\\"'?";
    unsigned code;
    const char *known = left(lexer) && *lexer->at ? strchr(letters, *lexer->at) : NULL;
    if (known) {
        text_add_char(&lexer->string, codes[known - letters]);
        lexer->at++;
        return true;
    }
    uint32_t column = column_of(lexer, lexer->at - 1);
    bool hex = left(lexer) && *lexer->at == 'x';
    lexer->at += hex;
    if (read_code(lexer, hex ? 16 : 8, hex ? 2 : 3, &code)) {
        text_add_char(&lexer->string, (char)code);
        return true;
    }
    return filter_refuse(err, column,
                         "the backslash and what follows it are no escape; write it twice to "
                         "mean one, or r\"…\" for a text without escapes");
}

/** A text in double or single quotes; `raw`: a backslash is one. */
static bool read_string(struct filter_lexer *lexer, struct filter_token *out, bool raw,
                        struct error *err)
{
    lexer->at += raw;
    char quote = *lexer->at++;
    text_clear(&lexer->string);
    while (left(lexer) && *lexer->at != quote) {
        char c = *lexer->at++;
        if (c != '\\' || raw)
            text_add_char(&lexer->string, c);
        else if (!read_escape(lexer, err))
            return false;
    }
    if (!left(lexer))
        return filter_refuse(err, out->column, "the text that begins here has no closing %c",
                             quote);
    lexer->at++;
    out->kind = FILTER_STRING;
    out->len = (size_t)(lexer->at - out->text);
    return true;
}

static bool read_sign(struct filter_lexer *lexer, struct filter_token *out)
{
    for (size_t i = 0; i < COUNT(signs); i++) {
        size_t len = strlen(signs[i].text);
        if (len > left(lexer) || memcmp(signs[i].text, lexer->at, len) != 0)
            continue;
        out->kind = signs[i].kind;
        out->op = signs[i].op;
        out->len = len;
        lexer->at += len;
        return true;
    }
    return false;
}

static bool starts_string(const struct filter_lexer *lexer, bool raw)
{
    const char *at = lexer->at + raw;
    if (raw && *lexer->at != 'r' && *lexer->at != 'R')
        return false;
    return at < lexer->end && (*at == '"' || *at == '\'');
}

bool filter_lexer_next(struct filter_lexer *lexer, struct filter_token *out, struct error *err)
{
    while (left(lexer) && is_space(*lexer->at))
        lexer->at++;
    *out = (struct filter_token){
        .kind = FILTER_END, .column = column_of(lexer, lexer->at), .text = lexer->at};
    if (!left(lexer))
        return true;
    for (int raw = 0; raw <= 1; raw++)
        if (starts_string(lexer, raw))
            return read_string(lexer, out, raw, err);
    out->len = word_len(lexer);
    if (out->len) {
        read_word(lexer, out);
        return true;
    }
    if (read_sign(lexer, out))
        return true;
    if (*lexer->at == '=')
        return filter_refuse(err, out->column, "'=' compares nothing; write ==");
    return filter_refuse(err, out->column, "'%.1s' belongs to no operator, value or name",
                         lexer->at);
}
