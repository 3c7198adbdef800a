// SPDX-License-Identifier: MIT OR Apache-2.0
#include "config/outline.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum token_kind { TOKEN_END, TOKEN_NAME, TOKEN_STRING, TOKEN_OTHER };

struct token {
    enum token_kind kind;
    const char *text; /**< of a string: without its quotes */
    size_t len;
    unsigned line; /**< where it begins */
};

struct scan {
    const char *at;
    unsigned line;
};

/** Moves behind `len` bytes, fewer if the text ends. */
static void skip(struct scan *scan, size_t len)
{
    for (; len && *scan->at; len--)
        scan->line += *scan->at++ == '\n';
}

/** Moves behind what ends with `end`. */
static void skip_past(struct scan *scan, const char *end)
{
    const char *found = strstr(scan->at, end);
    skip(scan, found ? (size_t)(found - scan->at) + strlen(end) : strlen(scan->at));
}

static void skip_blank(struct scan *scan)
{
    for (;;) {
        if (strncmp(scan->at, "--[[", 4) == 0)
            skip_past(scan, "]]");
        else if (strncmp(scan->at, "--", 2) == 0)
            skip_past(scan, "\n");
        else if (isspace((unsigned char)*scan->at))
            skip(scan, 1);
        else
            return;
    }
}

static void take_string(struct scan *scan, struct token *out)
{
    char quote = *scan->at;
    skip(scan, 1);
    out->kind = TOKEN_STRING;
    out->text = scan->at;
    while (*scan->at && *scan->at != quote)
        skip(scan, *scan->at == '\\' ? 2 : 1);
    out->len = (size_t)(scan->at - out->text);
    skip(scan, 1);
}

static struct token take(struct scan *scan)
{
    skip_blank(scan);
    struct token out = {.text = scan->at, .line = scan->line};
    if (!*scan->at)
        return out;
    if (*scan->at == '"' || *scan->at == '\'') {
        take_string(scan, &out);
        return out;
    }
    while (isalnum((unsigned char)out.text[out.len]) || out.text[out.len] == '_')
        out.len++;
    out.kind = out.len ? TOKEN_NAME : TOKEN_OTHER;
    out.len = out.len ? out.len : 1;
    skip(scan, out.len);
    return out;
}

static bool is(const struct token *token, char sign)
{
    return token->kind == TOKEN_OTHER && *token->text == sign;
}

static bool named(const struct token *token, const char *name)
{
    return token->len == strlen(name) && memcmp(token->text, name, token->len) == 0;
}

/** Whether a key with that name was just read: `name =` or `["name"] =`; `token` is its first one,
 * and becomes the one behind the sign. */
static bool take_key(struct scan *scan, struct token *token, const char *name)
{
    bool bracket = is(token, '[');
    if (bracket)
        *token = take(scan);
    if (token->kind != (bracket ? TOKEN_STRING : TOKEN_NAME) || !named(token, name))
        return false;
    *token = take(scan);
    if (bracket && is(token, ']'))
        *token = take(scan);
    if (!is(token, '='))
        return false;
    *token = take(scan);
    return true;
}

unsigned outline_line(const char *text, const char *const *path, size_t depth)
{
    struct scan scan = {text, 1};
    size_t open = 0, met = 0; // braces; how many of the path's tables are among them
    unsigned found = 0;
    for (struct token token = take(&scan); token.kind != TOKEN_END; token = take(&scan)) {
        unsigned line = token.line;
        bool key = open == met + 1 && take_key(&scan, &token, path[met]);
        if (key && met + 1 == depth)
            found = line;
        else if (key && is(&token, '{'))
            met++;
        if (is(&token, '{')) {
            open++;
        } else if (is(&token, '}') && open) {
            open--;
            met = open && met > open - 1 ? open - 1 : met;
        }
    }
    return found;
}
