// SPDX-License-Identifier: MIT OR Apache-2.0
#include "aggregate/aggregate.h"

#include <string.h>

#include <criterion/criterion.h>

#include "sink/aligned.h"

struct ping {
    struct palua_event event;
    struct palua_slice src;
    struct palua_slice name;
    int64_t rtt_ns;
    uint16_t code;
    uint32_t len;
};

static const struct palua_enum_name code_names[] = {{0, "ok"}, {3, "lost"}};
static const struct palua_enum codes = {code_names, 2};

static const struct palua_field ping_fields[] = {
    PALUA_FIELD(struct ping, src, PALUA_IPADDR, "who asked", .aliases = "client"),
    PALUA_FIELD(struct ping, name, PALUA_STRING, "what for"),
    PALUA_FIELD_AS(struct ping, rtt_ns, "rtt", PALUA_DURATION, "time", .flags = PALUA_OPTIONAL),
    PALUA_FIELD(struct ping, code, PALUA_ENUM, "how it went", .names = &codes),
    PALUA_FIELD(struct ping, len, PALUA_UINT, "bytes"),
};
static const struct palua_schema ping_schema = {.name = "ping",
                                                .doc = "a test",
                                                .fields = ping_fields,
                                                .field_count = 5,
                                                .size = sizeof(struct ping)};

static struct registry *registry;
static struct interest interest;
static uint16_t kind;
static struct error err;

static void start(void)
{
    registry = registry_new();
    cr_assert(registry_add(registry, &ping_schema, &kind, &err), "%s", err.text);
}

static void stop(void)
{
    registry_free(registry);
}

TestSuite(binding, .init = start, .fini = stop);

static const uint8_t addresses[2][4] = {{192, 0, 2, 1}, {192, 0, 2, 2}};

/** Four events, each with another length; the last has no rtt. */
static void consume(struct aggregate_binding *binding)
{
    struct ping pings[4];
    struct event_queue queue;
    event_queue_init(&queue);
    for (uint32_t i = 0; i < 4; i++) {
        pings[i] = (struct ping){.event = {.present = i < 3 ? 1 << 2 : 0},
                                 .src = {.data = addresses[i % 2], .len = 4},
                                 .name = {.data = (const uint8_t *)"a\x1b", .len = 2},
                                 .rtt_ns = 1500000 * (int64_t)(i + 1),
                                 .code = (uint16_t)(i % 2 * 3),
                                 .len = 100 * (i + 1)};
        event_queue_push(&queue, &pings[i].event, event_key(i, 0, 0));
    }
    aggregate_binding_consume(binding, &queue);
    event_queue_fini(&queue);
}

static struct aggregate *declare(const char *name, const char *key, const char *measure,
                                 const char *field)
{
    struct aggregate *aggregate = palua_aggregate_new(name, 100);
    if (key)
        cr_assert(palua_aggregate_key(aggregate, key));
    cr_assert(palua_aggregate_measure(aggregate, measure, measure, field, 0));
    return aggregate;
}

static void expect_result(struct aggregate *aggregate, const char *expected)
{
    struct aggregate_binding *binding = aggregate_bind(aggregate, registry, kind, &interest, &err);
    cr_assert(binding, "%s", err.text);
    consume(binding);
    struct table table;
    struct text text;
    aggregate_table(aggregate, &table);
    text_init(&text);
    aligned_table(&table, false, &text);
    cr_expect_str_eq(text.data, expected, "%s", text.data);
    text_fini(&text);
    table_fini(&table);
    aggregate_binding_free(binding);
    aggregate_free(aggregate);
}

Test(binding, keys_are_fields)
{
    expect_result(declare("c", "src", "count", "c"),
                  "c\nsrc        count\n192.0.2.1      2\n192.0.2.2      2\n");
    expect_result(declare("c", "client", "count", "c"),
                  "c\nclient     count\n192.0.2.1      2\n192.0.2.2      2\n");
    expect_result(declare("c", "code_name", "count", "c"),
                  "c\ncode_name  count\nlost           2\nok             2\n");
    expect_result(declare("c", "code", "count", "c"), "c\ncode  count\n   0      2\n   3      2\n");
    expect_result(declare("c", "name", "count", "c"), "c\nname   count\na\\x1b      4\n");
    expect_result(declare("c", "rtt", "count", "c"),
                  "c\n  rtt  count\n    -      1\n1.5ms      1\n  3ms      1\n4.5ms      1\n");
}

Test(binding, values_are_fields)
{
    expect_result(declare("s", "src", "sum", "len"),
                  "s\nsrc        sum\n192.0.2.2  600\n192.0.2.1  400\n");
    expect_result(declare("s", NULL, "max", "rtt"), "s\n  max\n4.5ms\n");
    expect_result(declare("s", NULL, "sum", "rtt"), "s\nsum\n9ms\n");
    expect_result(declare("s", NULL, "avg", "rtt_ns"), "s\n    avg\n3000000\n");
    expect_result(declare("s", NULL, "distinct", "src"), "s\ndistinct\n       2\n");
}

Test(binding, fields_are_asked_for)
{
    memset(&interest, 0, sizeof interest);
    struct aggregate *sum = declare("s", "code_name", "sum", "len");
    struct aggregate_binding *binding = aggregate_bind(sum, registry, kind, &interest, &err);
    cr_assert(binding);
    cr_expect(interest.kinds[kind].subscribed);
    cr_expect_eq(interest.kinds[kind].fields, 1 << 3 | 1 << 4);
    aggregate_binding_free(binding);
    aggregate_free(sum);
}

static void expect_refused(struct aggregate *aggregate, const char *part)
{
    err = (struct error){0};
    cr_expect_null(aggregate_bind(aggregate, registry, kind, &interest, &err));
    cr_expect_eq(err.code, ERROR_USAGE);
    cr_expect(strstr(err.text, part), "%s", err.text);
    aggregate_free(aggregate);
}

Test(binding, wrong_fields_are_named)
{
    expect_refused(declare("c", "srcc", "count", "c"), "src");
    expect_refused(declare("lenn", "src", "sum", "lenn"), "value = \"FIELD\"");
    expect_refused(declare("s", "src", "sum", "name"), "must be a number");
    expect_refused(declare("s", "src", "max", "src"), "must be a number");
    expect_refused(declare("s", "src", "max", "code_name"), "must be a number");
}

Test(binding, numbers_added_to_a_duration_are_seconds)
{
    struct aggregate *max = declare("m", NULL, "max", "rtt");
    struct aggregate_binding *binding = aggregate_bind(max, registry, kind, &interest, &err);
    cr_assert(binding);
    consume(binding);
    struct palua_argument second = {.type = PALUA_REAL, .real = 1.25};
    cr_assert_eq(aggregate_add(max, &second), 0);
    struct table table;
    aggregate_table(max, &table);
    cr_expect_eq(table.cells[0].type, CELL_DURATION);
    cr_expect_eq(table.cells[0].sint, 1250000000);
    table_fini(&table);
    aggregate_binding_free(binding);
    aggregate_free(max);
}

struct pong {
    struct palua_event event;
    int64_t len_ns;
};

static const struct palua_field pong_fields[] = {
    PALUA_FIELD_AS(struct pong, len_ns, "len", PALUA_DURATION, "a length of time")};
static const struct palua_schema pong_schema = {.name = "pong",
                                                .doc = "a test",
                                                .fields = pong_fields,
                                                .field_count = 1,
                                                .size = sizeof(struct pong)};

Test(binding, one_column_has_one_unit)
{
    uint16_t pong;
    cr_assert(registry_add(registry, &pong_schema, &pong, &err), "%s", err.text);
    struct aggregate *max = declare("m", NULL, "max", "len");
    struct aggregate_binding *binding = aggregate_bind(max, registry, kind, &interest, &err);
    cr_assert(binding);
    aggregate_binding_free(binding);
    binding = aggregate_bind(max, registry, kind, &interest, &err);
    cr_assert(binding, "the same unit twice is fine");
    aggregate_binding_free(binding);
    cr_expect_null(aggregate_bind(max, registry, pong, &interest, &err));
    cr_expect(strstr(err.text, "seconds and plain numbers"), "%s", err.text);
    aggregate_free(max);
}
