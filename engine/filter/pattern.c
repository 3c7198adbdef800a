// SPDX-License-Identifier: MIT OR Apache-2.0
#include "filter/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/memory.h"
#include "filter/lexer.h"

enum {
    STEPS_CAP = 10 * 1000 * 1000, // of one search, about, from all places it may begin at
    STEPS_LEAST = 10 * 1000,      // from one place
    HEAP_CAP_KIB = 8 * 1024,
};

struct filter_pattern {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *context;
    uint64_t given_up;
};

static bool wrong(int code, size_t offset, uint32_t column, struct error *err)
{
    char message[160];
    pcre2_get_error_message(code, (PCRE2_UCHAR *)message, sizeof message);
    return filter_refuse(err, column, "the regular expression is wrong at its byte %zu: %s",
                         offset + 1, message);
}

struct filter_pattern *filter_pattern_new(const char *text, size_t len, uint32_t column,
                                          struct error *err)
{
    int code;
    PCRE2_SIZE offset;
    pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)text, len, PCRE2_CASELESS | PCRE2_NEVER_UTF,
                                         &code, &offset, NULL);
    if (!compiled) {
        wrong(code, offset, column, err);
        return NULL;
    }
    struct filter_pattern *pattern = memory_zalloc(1, sizeof *pattern);
    pattern->code = compiled;
    pattern->match = pcre2_match_data_create(1, NULL);
    pattern->context = pcre2_match_context_create(NULL);
    if (!pattern->match || !pattern->context)
        memory_exhausted(len);
    pcre2_set_heap_limit(pattern->context, HEAP_CAP_KIB);
    return pattern;
}

void filter_pattern_free(struct filter_pattern *pattern)
{
    if (!pattern)
        return;
    pcre2_code_free(pattern->code);
    pcre2_match_data_free(pattern->match);
    pcre2_match_context_free(pattern->context);
    memory_free(pattern);
}

bool filter_pattern_found(struct filter_pattern *pattern, struct palua_slice in)
{
    // The library counts anew from each place at which a search may begin, so the more of them
    // there are, the fewer steps each may take.
    uint32_t share = STEPS_CAP / (in.len + 1);
    pcre2_set_match_limit(pattern->context, share < STEPS_LEAST ? STEPS_LEAST : share);
    int found = pcre2_match(pattern->code, in.len ? in.data : (PCRE2_SPTR) "", in.len, 0, 0,
                            pattern->match, pattern->context);
    pattern->given_up += found < PCRE2_ERROR_NOMATCH;
    return found >= 0;
}

uint64_t filter_pattern_given_up(const struct filter_pattern *pattern)
{
    return pattern->given_up;
}
