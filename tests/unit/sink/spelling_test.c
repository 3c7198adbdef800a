// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sink/spelling.h"

#include <string.h>

#include <criterion/criterion.h>

static struct text out;

static const char *spelled(struct cell cell, enum spelling_style style)
{
    text_clear(&out);
    text_add_str(&out, "");
    spelling_cell(&cell, style, &out);
    return out.data;
}

static const char *fixed(__int128 value)
{
    text_clear(&out);
    spelling_fixed(value, &out);
    return out.data;
}

static struct cell slice(enum cell_type type, const void *data, uint32_t len)
{
    return (struct cell){.type = type, .slice = {.data = data, .len = len}};
}

Test(spelling, fixed_point_has_no_zeros_at_its_end)
{
    const __int128 unit = 1000000000;
    cr_expect_str_eq(fixed(0), "0");
    cr_expect_str_eq(fixed(unit), "1");
    cr_expect_str_eq(fixed(-unit), "-1");
    cr_expect_str_eq(fixed(unit * 1000), "1000");
    cr_expect_str_eq(fixed(1500000000), "1.5");
    cr_expect_str_eq(fixed(1), "0.000000001");
    cr_expect_str_eq(fixed(-1), "-0.000000001");
    cr_expect_str_eq(fixed(unit + 100), "1.0000001");
    cr_expect_str_eq(fixed(123456789), "0.123456789");
    cr_expect_str_eq(fixed((__int128)(((unsigned __int128)1 << 127) - 1)),
                     "170141183460469231731687303715.884105727");
    cr_expect_str_eq(fixed((__int128)((unsigned __int128)1 << 127)),
                     "-170141183460469231731687303715.884105728");
    text_fini(&out);
}

Test(spelling, each_type)
{
    const uint8_t address[16] = {192, 0, 2, 1};
    cr_expect_str_eq(spelled((struct cell){.type = CELL_NIL}, SPELLING_HUMAN), "");
    cr_expect_str_eq(spelled((struct cell){.type = CELL_INT, .sint = INT64_MIN}, SPELLING_HUMAN),
                     "-9223372036854775808");
    cr_expect_str_eq(spelled((struct cell){.type = CELL_UINT, .uint = UINT64_MAX}, SPELLING_HUMAN),
                     "18446744073709551615");
    cr_expect_str_eq(spelled((struct cell){.type = CELL_REAL, .real = 0.1}, SPELLING_HUMAN), "0.1");
    cr_expect_str_eq(spelled((struct cell){.type = CELL_BOOL, .uint = 1}, SPELLING_HUMAN), "true");
    cr_expect_str_eq(spelled((struct cell){.type = CELL_DURATION, .sint = 1500}, SPELLING_MACHINE),
                     "0.0000015");
    cr_expect_str_eq(spelled(slice(CELL_IPADDR, address, 4), SPELLING_HUMAN), "192.0.2.1");
    cr_expect_str_eq(spelled(slice(CELL_IPADDR, address, 0), SPELLING_HUMAN), "");
    cr_expect_str_eq(spelled(slice(CELL_MAC, address, 6), SPELLING_HUMAN), "c0:00:02:01:00:00");
    cr_expect_str_eq(spelled(slice(CELL_BYTES, address, 4), SPELLING_HUMAN), "c0000201");
    cr_expect_str_eq(spelled(slice(CELL_STRING, "a\x1b", 2), SPELLING_HUMAN), "a\x1b");
    text_fini(&out);
}

Test(spelling, style_chooses_times_and_estimates)
{
    struct cell time = {.type = CELL_TIME, .sint = 1500000000};
    struct cell estimate = {.type = CELL_ESTIMATE, .uint = 5000};
    cr_expect_str_eq(spelled(time, SPELLING_MACHINE), "1.500000000");
    cr_expect_str_eq(spelled(time, SPELLING_TERMINAL), "1970-01-01T00:00:01.500Z");
    cr_expect_str_eq(spelled(estimate, SPELLING_MACHINE), "5000");
    cr_expect_str_eq(spelled(estimate, SPELLING_HUMAN), "≈5000");
    text_fini(&out);
}

Test(spelling, histograms_are_one_field)
{
    const struct cell_bucket whole[] = {{0, 0, 3}, {4, 7, 1}};
    struct cell hist = {.type = CELL_HIST, .hist = {whole, 2, CELL_INT}};
    cr_expect_str_eq(spelled(hist, SPELLING_MACHINE), "0..0:3 4..7:1");
    hist.hist.unit = CELL_DURATION;
    cr_expect_str_eq(spelled(hist, SPELLING_MACHINE), "0..0:3 0.000000004..0.000000007:1");
    cr_expect_str_eq(spelled(hist, SPELLING_HUMAN), "0s..0s:3 4ns..7ns:1");
    text_fini(&out);
}

Test(spelling, what_is_small_reads_well)
{
    struct cell duration = {.type = CELL_DURATION, .sint = 40000};
    struct cell real = {.type = CELL_REAL, .real = 4e-05};
    cr_expect_str_eq(spelled(duration, SPELLING_HUMAN), "40µs");
    cr_expect_str_eq(spelled(duration, SPELLING_TERMINAL), "40µs");
    cr_expect_str_eq(spelled(duration, SPELLING_MACHINE), "0.00004");
    cr_expect_str_eq(spelled(real, SPELLING_HUMAN), "0.00004");
    cr_expect_str_eq(spelled(real, SPELLING_MACHINE), "4e-05");
    real.real = 1e-10;
    cr_expect_str_eq(spelled(real, SPELLING_HUMAN), "1e-10");
    real.real = -0.0000123;
    cr_expect_str_eq(spelled(real, SPELLING_HUMAN), "-0.0000123");
    text_fini(&out);
}

Test(spelling, lists_are_joined)
{
    const struct cell items[] = {{.type = CELL_UINT, .uint = 1}, slice(CELL_STRING, "a,b", 3)};
    cr_expect_str_eq(spelled((struct cell){.type = CELL_LIST, .list = {items, 2}}, SPELLING_HUMAN),
                     "1,a,b");
    cr_expect_str_eq(spelled((struct cell){.type = CELL_LIST}, SPELLING_HUMAN), "");
    cr_expect_str_eq(spelled((struct cell){.type = CELL_OTHER}, SPELLING_HUMAN), "(other)");
    text_fini(&out);
}
