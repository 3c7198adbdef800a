// SPDX-License-Identifier: MIT OR Apache-2.0
/** The words of a filter expression (API section 5): from text to tokens, one at a time.
 *
 * A word is a run of letters, digits and `_ . : / + -`, whatever it turns out to mean: a field, a
 * number, an address, a duration, an enum's name. It ends before "..", which makes a range.
 * Operators are spelled as in Wireshark. Any bytes may come in. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

enum { FILTER_TEXT_CAP = 65536 }; /**< bytes of an expression */

enum filter_token_kind {
    FILTER_END,
    FILTER_WORD,
    FILTER_STRING,
    FILTER_COMPARISON, /**< which: `op` */
    FILTER_IN,
    FILTER_CONTAINS,
    FILTER_MATCHES,
    FILTER_AND,
    FILTER_OR,
    FILTER_NOT,
    FILTER_MASK, /**< & */
    FILTER_OPEN,
    FILTER_CLOSE,
    FILTER_OPEN_SET,
    FILTER_CLOSE_SET,
    FILTER_COMMA,
    FILTER_RANGE, /**< .. */
};

/** Comparisons; of a field that occurs several times, ANY_NE and ALL_EQ turn round what NE and EQ
 * ask: `!=` holds if none equals, `==` if any does. */
enum filter_op {
    FILTER_EQ,
    FILTER_NE,
    FILTER_LT,
    FILTER_LE,
    FILTER_GT,
    FILTER_GE,
    FILTER_ANY_NE,
    FILTER_ALL_EQ
};

struct filter_token {
    enum filter_token_kind kind;
    enum filter_op op;
    uint32_t column;  /**< of its first character, from 1 */
    const char *text; /**< as it stands in the expression, quotes included */
    size_t len;
};

struct filter_lexer {
    const char *start;
    const char *at;
    const char *end;
    struct text string; /**< what the last FILTER_STRING stands for, until the next one */
};

/** @param text  must outlive the lexer */
void filter_lexer_init(struct filter_lexer *lexer, const char *text, size_t len);
void filter_lexer_fini(struct filter_lexer *lexer);

/** The next token; FILTER_END at the end, again and again.
 * @return false at what is no token */
bool filter_lexer_next(struct filter_lexer *lexer, struct filter_token *out, struct error *err);

/** Says what is wrong with an expression, and where: "column 9: …". Always returns false. */
bool filter_refuse(struct error *err, uint32_t column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
