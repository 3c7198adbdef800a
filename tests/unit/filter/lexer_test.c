// SPDX-License-Identifier: MIT OR Apache-2.0
#include "filter/lexer.h"

#include <criterion/criterion.h>
#include <string.h>

/** The tokens of a text, as "kind:text" joined by spaces; what is wrong behind '!'. */
static const char *tokens(const char *text)
{
    static const char *const kinds[] = {[FILTER_WORD] = "w",
                                        [FILTER_STRING] = "s",
                                        [FILTER_COMPARISON] = "c",
                                        [FILTER_IN] = "in",
                                        [FILTER_CONTAINS] = "contains",
                                        [FILTER_MATCHES] = "matches",
                                        [FILTER_AND] = "and",
                                        [FILTER_OR] = "or",
                                        [FILTER_NOT] = "not",
                                        [FILTER_MASK] = "mask",
                                        [FILTER_OPEN] = "open",
                                        [FILTER_CLOSE] = "close",
                                        [FILTER_OPEN_SET] = "set",
                                        [FILTER_CLOSE_SET] = "end",
                                        [FILTER_COMMA] = "comma",
                                        [FILTER_RANGE] = "range"};
    static struct text out;
    struct filter_lexer lexer;
    struct filter_token token;
    struct error err = {0};
    text_clear(&out);
    text_add_str(&out, "");
    filter_lexer_init(&lexer, text, strlen(text));
    while (filter_lexer_next(&lexer, &token, &err) && token.kind != FILTER_END) {
        text_add_format(&out, "%s%s", out.len ? " " : "", kinds[token.kind]);
        if (token.kind == FILTER_COMPARISON)
            text_add_format(&out, "%d", (int)token.op);
        else if (token.kind == FILTER_WORD)
            text_add_format(&out, ":%.*s", (int)token.len, token.text);
        else if (token.kind == FILTER_STRING)
            text_add_format(&out, ":%s", lexer.string.len ? lexer.string.data : "");
    }
    filter_lexer_fini(&lexer);
    if (err.text[0])
        text_add_format(&out, "!%s", err.text);
    return out.data;
}

#define EXPECT(text, want) cr_expect_str_eq(tokens(text), want, "%s: %s", text, tokens(text))

Test(lexer, words)
{
    EXPECT("", "");
    EXPECT(" \t\n\r ", "");
    EXPECT("tcp.port", "w:tcp.port");
    EXPECT("10.0.0.0/8 2001:db8::/32 00-1b-21-3c-9d-f8",
           "w:10.0.0.0/8 w:2001:db8::/32 w:00-1b-21-3c-9d-f8");
    EXPECT("5s -1 0x1F 1.5 2026-01-31T09:00:00.5Z",
           "w:5s w:-1 w:0x1F w:1.5 w:2026-01-31T09:00:00.5Z");
    EXPECT("ipv6-frag", "w:ipv6-frag");
    EXPECT("android orb notin inn", "w:android w:orb w:notin w:inn");
}

Test(lexer, ranges_end_words)
{
    EXPECT("1..5", "w:1 range w:5");
    EXPECT("10.0.0.1..10.0.0.9", "w:10.0.0.1 range w:10.0.0.9");
    EXPECT("::1..::5", "w:::1 range w:::5");
    EXPECT("1...5", "w:1 range w:.5");
    EXPECT("..", "range");
}

Test(lexer, operators_of_letters)
{
    EXPECT("and or not in contains matches", "and or not in contains matches");
    EXPECT("eq ne lt le gt ge", "c0 c1 c2 c3 c4 c5");
    EXPECT("any_eq all_ne any_ne all_eq", "c0 c1 c6 c7");
}

Test(lexer, operators_of_signs)
{
    EXPECT("== != < <= > >=", "c0 c1 c2 c3 c4 c5");
    EXPECT("=== !== ~=", "c7 c6 c6");
    EXPECT("&& || ! ~ & ( ) { } ,", "and or not matches mask open close set end comma");
    EXPECT("a==1&&!b||c!=2", "w:a c0 w:1 and not w:b or w:c c1 w:2");
    EXPECT("!!a", "not not w:a");
}

Test(lexer, strings)
{
    EXPECT("\"\" ''", "s: s:");
    EXPECT("\"a b\" 'c d'", "s:a b s:c d");
    EXPECT("\"it's\" 'a \"b\"'", "s:it's s:a \"b\"");
    EXPECT("\"a\\tb\\n\\\\\\\"\\x41\\101\\7\"", "s:a\tb\n\\\"AA\a");
    EXPECT("\"\\x4g\"", "s:\x04g");
    EXPECT("r\"a\\.b\" R'\\d'", "s:a\\.b s:\\d");
    EXPECT("r", "w:r");
}

Test(lexer, a_string_may_hold_any_byte)
{
    struct filter_lexer lexer;
    struct filter_token token;
    filter_lexer_init(&lexer, "\"a\0b\\x00\\0\"", 11);
    cr_assert(filter_lexer_next(&lexer, &token, NULL));
    cr_expect_eq(token.kind, FILTER_STRING);
    cr_assert_eq(lexer.string.len, 5);
    cr_expect_arr_eq(lexer.string.data, "a\0b\0\0", 5);
    filter_lexer_fini(&lexer);
}

Test(lexer, says_what_is_wrong_and_where)
{
    EXPECT("a = 5", "w:a!column 3: '=' compares nothing; write ==");
    EXPECT("\"abc", "!column 1: the text that begins here has no closing \"");
    EXPECT("  'abc\\'", "!column 3: the text that begins here has no closing '");
    cr_expect(strstr(tokens("x \"\\d\""), "column 4: the backslash and what follows"), "%s",
              tokens("x \"\\d\""));
    cr_expect(strstr(tokens("\"\\777\""), "column 2: the backslash"));
    cr_expect(strstr(tokens("\"\\x\""), "column 2: the backslash"));
    cr_expect(strstr(tokens("\"\\"), "column 2: the backslash"));
    EXPECT("a | b", "w:a!column 3: '|' belongs to no operator, value or name");
    EXPECT("a $ b", "w:a!column 3: '$' belongs to no operator, value or name");
}

Test(lexer, columns_count_characters)
{
    struct filter_lexer lexer;
    struct filter_token token;
    const char *text = "\"\xc3\xa4\xe2\x82\xac\" x";
    filter_lexer_init(&lexer, text, strlen(text));
    cr_assert(filter_lexer_next(&lexer, &token, NULL) && filter_lexer_next(&lexer, &token, NULL));
    cr_expect_eq(token.column, 6);
    cr_assert(filter_lexer_next(&lexer, &token, NULL));
    cr_expect_eq(token.kind, FILTER_END);
    cr_expect_eq(token.column, 7);
    cr_assert(filter_lexer_next(&lexer, &token, NULL), "the end stays");
    cr_expect_eq(token.kind, FILTER_END);
    filter_lexer_fini(&lexer);
}
