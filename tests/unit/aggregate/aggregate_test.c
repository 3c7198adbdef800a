// SPDX-License-Identifier: MIT OR Apache-2.0
#include "aggregate/aggregate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include <palua/event.h>

#include "base/text.h"
#include "sink/aligned.h"

static struct palua_argument text(const char *value)
{
    return (struct palua_argument){
        .type = PALUA_STRING, .data = (const uint8_t *)value, .len = (uint32_t)strlen(value)};
}

static struct palua_argument real(double value)
{
    return (struct palua_argument){.type = PALUA_REAL, .real = value};
}

static struct palua_argument nil(void)
{
    return (struct palua_argument){0};
}

static struct text shown;

/** The result as text; valid until the next call. */
static const char *show(struct aggregate *aggregate)
{
    struct table table;
    aggregate_table(aggregate, &table);
    text_clear(&shown);
    aligned_table(&table, false, &shown);
    table_fini(&table);
    return shown.data;
}

static void add1(struct aggregate *aggregate, struct palua_argument a)
{
    cr_assert_eq(aggregate_add(aggregate, &a), 0);
}

static void add2(struct aggregate *aggregate, struct palua_argument a, struct palua_argument b)
{
    struct palua_argument both[] = {a, b};
    cr_assert_eq(aggregate_add(aggregate, both), 0);
}

static struct aggregate *declare(const char *kind, const char *key, uint64_t cap)
{
    struct aggregate *aggregate = palua_aggregate_new("t", cap);
    if (key)
        cr_assert(palua_aggregate_key(aggregate, key));
    cr_assert(palua_aggregate_measure(aggregate, kind, kind, "f", 0));
    return aggregate;
}

static void expect_shown(struct aggregate *aggregate, const char *expected)
{
    cr_expect_str_eq(show(aggregate), expected, "%s", shown.data);
    aggregate_free(aggregate);
    text_fini(&shown);
}

Test(aggregate, counts_by_value_then_key)
{
    struct aggregate *count = declare("count", "k", 100);
    const char *keys[] = {"b", "a", "c", "b", "c", "d"};
    for (int i = 0; i < 6; i++)
        add1(count, text(keys[i]));
    add1(count, real(10));
    add1(count, real(9));
    expect_shown(
        count, "t\nk   count\nb       2\nc       2\n9       1\n10      1\na       1\nd       1\n");
}

Test(aggregate, without_keys_there_is_always_a_row)
{
    expect_shown(declare("count", NULL, 100), "t\ncount\n    0\n");
    struct aggregate *sum = declare("sum", NULL, 100);
    expect_shown(sum, "t\nsum\n  0\n");
    expect_shown(declare("min", NULL, 100), "t\nmin\n  -\n");
    expect_shown(declare("count", "k", 100), "t\nk  count\n");
}

Test(aggregate, sums_are_exact)
{
    struct aggregate *sum = declare("sum", NULL, 100);
    for (int i = 0; i < 10; i++)
        add1(sum, real(0.1));
    add1(sum, (struct palua_argument){.type = PALUA_UINT, .integer = -1});
    add1(sum, (struct palua_argument){.type = PALUA_UINT, .integer = -1});
    expect_shown(sum, "t\n                 sum\n36893488147419103231\n");
}

Test(aggregate, averages_round_to_the_nearest)
{
    struct aggregate *avg = declare("avg", NULL, 100);
    add1(avg, real(1));
    add1(avg, real(1));
    add1(avg, real(0));
    expect_shown(avg, "t\n        avg\n0.666666667\n");
    avg = declare("avg", NULL, 100);
    add1(avg, real(-1));
    add1(avg, real(-1));
    add1(avg, real(0));
    expect_shown(avg, "t\n         avg\n-0.666666667\n");
    avg = declare("avg", NULL, 100);
    for (int i = 0; i < 4; i++)
        add1(avg, real(3));
    expect_shown(avg, "t\navg\n  3\n");
}

Test(aggregate, extremes_keep_the_exact_value)
{
    struct aggregate *min = declare("min", NULL, 100), *max = declare("max", NULL, 100);
    const double values[] = {3, 1e-12, 5, 1e300};
    for (int i = 0; i < 4; i++) {
        add1(min, real(values[i]));
        add1(max, real(values[i]));
    }
    expect_shown(min, "t\n  min\n1e-12\n");
    expect_shown(max, "t\n   max\n1e+300\n");
}

Test(aggregate, what_is_no_number_is_refused_or_counted)
{
    struct aggregate *sum = declare("sum", "k", 100);
    struct palua_argument bad[] = {text("x"), text("1")};
    cr_expect_eq(aggregate_add(sum, bad), 2);
    add2(sum, text("x"), nil());
    cr_expect_str_eq(show(sum), "t\nk  sum\nno value was given, 1 times nil\n");
    add2(sum, text("x"), real(NAN));
    add2(sum, text("x"), real(1));
    expect_shown(sum, "t\nk  sum\nx    1\n1 values were not a number and were left out\n");
}

static struct aggregate *spread(const char *kind, double step)
{
    struct aggregate *aggregate = palua_aggregate_new("t", 100);
    cr_assert(palua_aggregate_measure(aggregate, "", kind, "f", step));
    return aggregate;
}

Test(aggregate, histograms_fill_their_gaps)
{
    struct aggregate *hist = spread("hist", 0);
    add1(hist, real(0));
    add1(hist, real(5));
    add1(hist, real(6));
    add1(hist, real(-1));
    expect_shown(hist, "t\ncount\n    4\n  [-1, -1]  1\n  [0, 0]    1\n  [1, 1]    0\n"
                       "  [2, 3]    0\n  [4, 7]    2\n");
}

Test(aggregate, histograms_of_reals_are_half_open)
{
    struct aggregate *hist = spread("hist", 0);
    add1(hist, real(0.3));
    add1(hist, real(1));
    expect_shown(hist, "t\ncount\n    2\n  [0.25, 0.5)  1\n  [0.5, 1)     0\n  [1, 2)       1\n");
}

Test(aggregate, linear_histograms)
{
    struct aggregate *hist = spread("hist", 100);
    add1(hist, real(99));
    add1(hist, real(100));
    add1(hist, real(250));
    add1(hist, real(-1));
    expect_shown(hist, "t\ncount\n    4\n  [-100, -1]  1\n  [0, 99]     1\n  [100, 199]  1\n"
                       "  [200, 299]  1\n");
}

Test(aggregate, quantiles)
{
    struct aggregate *quantile = spread("quantile", 0);
    for (int i = 1; i <= 100; i++)
        add1(quantile, real(i));
    expect_shown(quantile, "t\ncount  p50  p90  p99  max\n  100   50   90   99  100\n");
    quantile = spread("quantile", 0);
    add1(quantile, real(1234567));
    expect_shown(quantile, "t\ncount      p50      p90      p99      max\n"
                           "    1  1234567  1234567  1234567  1234567\n");
    expect_shown(spread("quantile", 0),
                 "t\ncount  p50  p90  p99  max\n    0    -    -    -    -\n");
}

static double cell_real(const struct cell *cell)
{
    return cell->type == CELL_REAL ? cell->real : (double)cell->sint;
}

Test(aggregate, quantiles_are_within_their_error)
{
    struct aggregate *quantile = spread("quantile", 0);
    unsigned seed = (unsigned)getpid();
    enum { COUNT = 2001 };
    static double values[COUNT];
    for (int i = 0; i < COUNT; i++) {
        values[i] = exp2(rand_r(&seed) % 3000 / 100.0);
        add1(quantile, real(values[i]));
    }
    struct table table;
    aggregate_table(quantile, &table);
    for (int i = 0; i < COUNT; i++) // insertion sort is enough here, and independent of the engine
        for (int j = i; j > 0 && values[j] < values[j - 1]; j--) {
            double swap = values[j];
            values[j] = values[j - 1];
            values[j - 1] = swap;
        }
    double p50 = values[COUNT / 2], p99 = values[(COUNT * 990 + 999) / 1000 - 1];
    cr_expect_lt(fabs(cell_real(&table.cells[1]) - p50) / p50, 0.004, "seed %d", getpid());
    cr_expect_lt(fabs(cell_real(&table.cells[3]) - p99) / p99, 0.004, "seed %d", getpid());
    table_fini(&table);
    aggregate_free(quantile);
}

Test(aggregate, distinct_values_of_any_type)
{
    struct aggregate *distinct = declare("distinct", "k", 100);
    add2(distinct, text("x"), real(1));
    add2(distinct, text("x"), (struct palua_argument){.type = PALUA_INT, .integer = 1});
    add2(distinct, text("x"), text("1"));
    add2(distinct, text("y"), text("1"));
    add2(distinct, text("y"), nil());
    for (int i = 0; i < 3000; i++)
        add2(distinct, text("z"), real(i));
    cr_expect(strncmp(show(distinct), "t\nk  distinct\nz     ≈", 20) == 0, "%s", shown.data);
    cr_expect(strstr(shown.data, "x         2\ny         1\n≈ is an estimate"), "%s", shown.data);
    aggregate_free(distinct);
    text_fini(&shown);
}

Test(aggregate, groups_sort_and_cut)
{
    struct aggregate *group = palua_aggregate_new("hosts", 100);
    cr_assert(palua_aggregate_key(group, "src"));
    cr_assert(palua_aggregate_measure(group, "packets", "count", "packets", 0));
    cr_assert(palua_aggregate_measure(group, "bytes", "sum", "len", 0));
    cr_assert(palua_aggregate_measure(group, "rtt", "quantile", "rtt", 0));
    const char *sources[] = {"a", "b", "b", "c", "c", "c"};
    for (int i = 0; i < 6; i++) {
        struct palua_argument row[] = {text(sources[i]), real(100 * (6 - i)),
                                       i % 2 ? real(7) : nil()};
        cr_assert_eq(aggregate_add(group, row), 0);
    }
    cr_expect_str_eq(show(group),
                     "hosts\nsrc  packets  bytes  rtt_count  rtt_p50  rtt_p90  rtt_p99  rtt_max\n"
                     "c          3    600          2        7        7        7        7\n"
                     "b          2    900          1        7        7        7        7\n"
                     "a          1    600          0        -        -        -        -\n");
    cr_assert(palua_aggregate_order(group, "bytes", NULL));
    palua_aggregate_top(group, 2);
    cr_expect(strstr(show(group), "\nb          2    900"), "%s", shown.data);
    cr_expect(strstr(shown.data, "\na          1    600"), "ties by key: %s", shown.data);
    cr_expect(strstr(shown.data, "\n1 more row\n"), "%s", shown.data);
    cr_assert(palua_aggregate_order(group, "src", NULL));
    cr_expect(strstr(show(group), "rtt_max\na"), "keys from the smallest: %s", shown.data);
    cr_assert(palua_aggregate_order(group, "src", "desc"));
    cr_expect(strstr(show(group), "rtt_max\nc"), "%s", shown.data);
    cr_assert(palua_aggregate_order(group, "packets", "asc"));
    cr_expect(strstr(show(group), "rtt_max\na"), "%s", shown.data);
    cr_expect_not(palua_aggregate_order(group, "byts", NULL));
    cr_expect_str_eq(palua_aggregate_problem(group),
                     "there is no column \"byts\"; did you mean \"bytes\"?");
    cr_expect_not(palua_aggregate_order(group, "bytes", "up"));
    aggregate_free(group);
    text_fini(&shown);
}

Test(aggregate, declarations_are_checked)
{
    struct aggregate *aggregate = palua_aggregate_new("t", 100);
    cr_assert(palua_aggregate_key(aggregate, "a"));
    cr_expect_not(palua_aggregate_key(aggregate, "a"));
    cr_expect_not(palua_aggregate_measure(aggregate, "a", "count", "a", 0));
    cr_expect_not(palua_aggregate_measure(aggregate, "m", "series", "m", 0));
    cr_expect_not(palua_aggregate_measure(aggregate, "m", "sum", "m", 5), "a step without hist");
    cr_expect_not(palua_aggregate_measure(aggregate, "m", "hist", "m", -1));
    cr_expect_not(palua_aggregate_measure(aggregate, "m", "hist", "m", NAN));
    for (int i = 1; i < 16; i++) {
        char name[16];
        snprintf(name, sizeof name, "k%d", i);
        cr_expect(palua_aggregate_key(aggregate, name));
    }
    cr_expect_not(palua_aggregate_key(aggregate, "k16"));
    for (int i = 0; i < AGGREGATE_MEASURE_CAP; i++) {
        char name[16];
        snprintf(name, sizeof name, "m%d", i);
        cr_expect(palua_aggregate_measure(aggregate, name, "count", name, 0));
    }
    cr_expect_not(palua_aggregate_measure(aggregate, "m16", "count", "m16", 0));
    aggregate_free(aggregate);
    cr_expect_str_eq(palua_aggregate_kind("quantil"), "quantile");
    cr_expect_str_eq(palua_aggregate_kind("group"), "group");
    cr_expect_null(palua_aggregate_kind("xyzzy_xyzzy"));
}

Test(aggregate, at_the_cap_totals_stay_right)
{
    struct aggregate *count = declare("count", "k", 16);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 1000; i++)
            add1(count, real(i));
    struct table table;
    aggregate_table(count, &table);
    uint64_t total = 0;
    for (size_t i = 0; i < table.row_count; i++)
        total += table.cells[i * 2 + 1].uint;
    cr_expect_eq(table.row_count, 17);
    cr_expect_eq(total, 3000);
    cr_expect_eq(table.cells[16 * 2].type, CELL_OTHER);
    cr_expect_eq(table.cells[16 * 2 + 1].uint, 3000 - 48);
    cr_expect_str_eq(table.footer, "(other): what did not fit into 16 keys (aggregate.key_cap)");
    table_fini(&table);
    aggregate_free(count);
}

Test(aggregate, exactly_the_cap_is_no_other)
{
    struct aggregate *count = declare("count", "k", 16);
    for (int i = 0; i < 16; i++)
        add1(count, real(i));
    cr_expect_null(strstr(show(count), "(other)"));
    add1(count, real(16));
    cr_expect(strstr(show(count), "(other)      1\n"), "%s", shown.data);
    aggregate_free(count);
    text_fini(&shown);
}

Test(aggregate, long_keys_are_cut_and_counted)
{
    struct aggregate *count = declare("count", "k", 16);
    char *long_text = malloc(5001);
    memset(long_text, 'x', 5000);
    long_text[5000] = '\0';
    add1(count, text(long_text));
    add1(count, text(long_text + 1));
    cr_expect(
        strstr(show(count), "      2\n2 times a key was longer than 1024 bytes and was cut\n"));
    free(long_text);
    aggregate_free(count);
    text_fini(&shown);
}

// The property that -j rests on: a stream of events, however spread over instances and in whatever
// order these are merged, gives the same bytes.

static struct aggregate *declare_all(uint64_t cap)
{
    static const char *const kinds[] = {"count", "sum",  "min",      "max",
                                        "avg",   "hist", "quantile", "distinct"};
    struct aggregate *aggregate = palua_aggregate_new("all", cap);
    cr_assert(palua_aggregate_key(aggregate, "a"));
    cr_assert(palua_aggregate_key(aggregate, "b"));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        cr_assert(palua_aggregate_measure(aggregate, kinds[i], kinds[i], "v", 0));
    return aggregate;
}

struct event {
    struct palua_argument arguments[2 + 7];
    char text[32];
};

static struct palua_argument random_value(unsigned *seed)
{
    switch (rand_r(seed) % 6) {
    case 0:
        return nil();
    case 1:
        return real(rand_r(seed) % 1000 / 7.0 - 50);
    case 2:
        return (struct palua_argument){
            .type = PALUA_UINT,
            .integer = (int64_t)((uint64_t)rand_r(seed) << 33 | (uint64_t)rand_r(seed))};
    case 3:
        return real(rand_r(seed) % 50 ? 1e-7 * rand_r(seed) : NAN);
    default:
        return (struct palua_argument){.type = PALUA_INT, .integer = rand_r(seed) % 20000 - 5000};
    }
}

static void random_event(struct event *event, unsigned keys, unsigned *seed)
{
    unsigned key = (unsigned)rand_r(seed) % keys;
    snprintf(event->text, sizeof event->text, "key%.*s%u", (int)(key % 13), "aaaaaaaaaaaaa", key);
    event->arguments[0] = text(event->text);
    event->arguments[1] = key % 3 ? real(key % 5) : nil();
    for (int i = 2; i < 9; i++)
        event->arguments[i] = random_value(seed);
}

static void shuffle(uint32_t *order, uint32_t count, unsigned *seed)
{
    for (uint32_t i = count; i-- > 1;) {
        uint32_t j = (uint32_t)rand_r(seed) % (i + 1), swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
}

enum { EVENTS = 3000, INSTANCES = 5 };

/** Merges the instances as a random tree, into whichever comes first. */
static struct aggregate *merge_all(struct aggregate **instances, uint32_t count, unsigned *seed)
{
    while (count > 1) {
        uint32_t order[INSTANCES] = {0, 1, 2, 3, 4};
        shuffle(order, count, seed);
        aggregate_merge(instances[order[0]], instances[order[1]]);
        aggregate_free(instances[order[1]]);
        instances[order[1]] = instances[count - 1];
        if (order[0] == count - 1)
            instances[order[0]] = instances[order[1]];
        count--;
    }
    return instances[0];
}

static struct aggregate *split_and_merge(const struct event *events, uint64_t cap, uint32_t count,
                                         unsigned *seed)
{
    static uint32_t order[EVENTS];
    struct aggregate *instances[INSTANCES];
    for (uint32_t i = 0; i < count; i++)
        instances[i] = declare_all(cap);
    for (uint32_t i = 0; i < EVENTS; i++)
        order[i] = i;
    shuffle(order, EVENTS, seed);
    for (uint32_t i = 0; i < EVENTS; i++)
        cr_assert_eq(
            aggregate_add(instances[(uint32_t)rand_r(seed) % count], events[order[i]].arguments),
            0);
    return merge_all(instances, count, seed);
}

static void expect_split_invariant(unsigned seed, unsigned keys, uint64_t cap)
{
    static struct event events[EVENTS];
    unsigned state = seed;
    for (uint32_t i = 0; i < EVENTS; i++)
        random_event(&events[i], keys, &state);
    struct aggregate *whole = declare_all(cap);
    for (uint32_t i = 0; i < EVENTS; i++)
        cr_assert_eq(aggregate_add(whole, events[i].arguments), 0);
    struct text expected;
    text_init(&expected);
    text_add_str(&expected, show(whole));
    cr_assert_eq(strstr(expected.data, "(other)") != NULL, cap < keys && cap < 1000);
    for (uint32_t count = 1; count <= INSTANCES; count++) {
        struct aggregate *merged = split_and_merge(events, cap, count, &state);
        cr_assert_str_eq(show(merged), expected.data, "seed %u, %u instances, cap %lu", seed, count,
                         cap);
        aggregate_free(merged);
    }
    text_fini(&expected);
    text_fini(&shown);
    aggregate_free(whole);
}

Test(aggregate, splitting_changes_nothing)
{
    unsigned seed = (unsigned)time(NULL) ^ (unsigned)getpid() << 8;
    for (unsigned round = 0; round < 3; round++) {
        expect_split_invariant(seed + round, 40, 1000000);
        expect_split_invariant(seed + round, 900, 1000000);
        expect_split_invariant(seed + round, 300, 16);
        expect_split_invariant(seed + round, 100, 64);
    }
}
