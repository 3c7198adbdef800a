// SPDX-License-Identifier: MIT OR Apache-2.0
#include "config/outline.h"

#include <criterion/criterion.h>
#include <string.h>

static unsigned line(const char *text, const char *a, const char *b, const char *c)
{
    const char *path[] = {a, b, c};
    return outline_line(text, path, c ? 3 : b ? 2 : 1);
}

Test(outline, finds_keys_at_any_depth)
{
    const char *text = "return {\n  a = {\n    b = 1,\n    c = {\n      ['10.0.0.0/8'] = 'x',\n"
                       "      [\"y\"] = 2 } },\n  b = 3,\n  c = 4 }\n";
    cr_expect_eq(line(text, "a", NULL, NULL), 2);
    cr_expect_eq(line(text, "a", "b", NULL), 3);
    cr_expect_eq(line(text, "a", "c", "10.0.0.0/8"), 5);
    cr_expect_eq(line(text, "a", "c", "y"), 6);
    cr_expect_eq(line(text, "b", NULL, NULL), 7);
    cr_expect_eq(line(text, "c", NULL, NULL), 8);
    cr_expect_eq(line(text, "c", "y", NULL), 0);
    cr_expect_eq(line(text, "b", "c", NULL), 0);
    cr_expect_eq(line(text, "d", NULL, NULL), 0);
}

Test(outline, what_looks_like_a_key_and_is_none)
{
    const char *text = "-- a = 1\n--[[ a = 2\n]] return { -- {\n x = 'a = {', y = \"\\\"a = \",\n"
                       " z = { a = 3 }, [1] = a, b = a == 1,\n\n a = 5 }";
    cr_expect_eq(line(text, "a", NULL, NULL), 7);
    cr_expect_eq(line(text, "z", "a", NULL), 5);
    cr_expect_eq(line(text, "b", NULL, NULL), 5);
}

Test(outline, of_two_the_last_counts)
{
    cr_expect_eq(line("return {\na = { b = 1 },\na = { b = 2,\n b = 3 } }", "a", "b", NULL), 4);
}

Test(outline, of_a_text_cut_anywhere)
{
    char text[] = "return { --[[ x ]]\n a = { ['b\\'c'] = \"d\",\n b = 1 },\n c = 2 } -- end";
    for (size_t len = strlen(text) + 1; len-- > 0;) {
        text[len] = '\0';
        cr_expect_leq(line(text, "a", "b", NULL), 3);
        cr_expect_leq(line(text, "c", NULL, NULL), 4);
    }
}
