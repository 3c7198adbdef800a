// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/nearest.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

enum { NAME_CAP = 64 }; // a longer name has no near one: nobody mistypes that much

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/** Edit distance with swaps of neighbours (optimal string alignment), row by row. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][NAME_CAP + 1];
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t replace = last[j - 1] + !same(a[i - 1], b[j - 1]);
            now[j] = least(replace, least(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

const char *nearest(const char *name, const char *const *names, size_t count)
{
    size_t name_len = strlen(name), best_distance = SIZE_MAX;
    const char *best = NULL;
    if (name_len > NAME_CAP)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return names[i];
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(names[i]);
        if (len > NAME_CAP)
            continue;
        size_t longer = len > name_len ? len : name_len;
        size_t limit = longer / 3 ? longer / 3 : 1;
        size_t d = distance(name, name_len, names[i], len);
        if (d <= limit && d < best_distance) {
            best = names[i];
            best_distance = d;
        }
    }
    return best;
}

/** "a, b or c" */
static void add_all(struct text *out, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        text_add_format(out, "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ", names[i]);
}

bool nearest_choose(const char *name, const char *const *names, size_t count, size_t *out,
                    struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = i;
            return true;
        }
    struct text all;
    text_init(&all);
    add_all(&all, names, count);
    const char *near = nearest(name, names, count);
    error_set(err, ERROR_USAGE, "",
              near ? "got %s, expected %s; did you mean %s?" : "got %s, expected %s", name,
              all.data ? all.data : "nothing", near);
    text_fini(&all);
    return false;
}
