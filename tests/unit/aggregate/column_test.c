// SPDX-License-Identifier: MIT OR Apache-2.0
#include "aggregate/column.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <criterion/criterion.h>

struct sample {
    struct palua_event event;
    struct palua_slice address;
    struct palua_slice mac;
    struct palua_slice text;
    struct palua_slice bytes;
    struct palua_list numbers;
    int64_t at_ns;
    int64_t took_ns;
    int64_t wide;
    double real;
    uint64_t u64;
    uint32_t u32;
    int16_t narrow;
    uint16_t u16;
    uint16_t code;
    uint8_t u8;
    uint8_t yes;
};

static const struct palua_enum_name code_names[] = {
    {0, "none"}, {7, "seven"}, {255, "last"}, {256, "first above"}, {40000, "high"}};
static const struct palua_enum codes = {code_names, 5};

struct item {
    uint32_t number;
};
static const struct palua_field item_fields[] = {
    PALUA_FIELD(struct item, number, PALUA_UINT, "a number")};
static const struct palua_schema item_schema = {
    .name = "item", .doc = "a test", .fields = item_fields, .field_count = 1, .size = 4};

static const struct palua_field fields[] = {
    PALUA_FIELD(struct sample, address, PALUA_IPADDR, "a field"),
    PALUA_FIELD(struct sample, mac, PALUA_MAC, "a field", .flags = PALUA_OPTIONAL),
    PALUA_FIELD(struct sample, text, PALUA_STRING, "a field", .flags = PALUA_OPTIONAL),
    PALUA_FIELD(struct sample, bytes, PALUA_BYTES, "a field"),
    PALUA_FIELD(struct sample, numbers, PALUA_LIST, "a field", .item = &item_schema),
    PALUA_FIELD_AS(struct sample, at_ns, "at", PALUA_TIME, "a field"),
    PALUA_FIELD_AS(struct sample, took_ns, "took", PALUA_DURATION, "a field",
                   .flags = PALUA_OPTIONAL),
    PALUA_FIELD(struct sample, wide, PALUA_INT, "a field"),
    PALUA_FIELD(struct sample, real, PALUA_REAL, "a field"),
    PALUA_FIELD(struct sample, u64, PALUA_UINT, "a field"),
    PALUA_FIELD(struct sample, u32, PALUA_UINT, "a field", .flags = PALUA_OPTIONAL),
    PALUA_FIELD(struct sample, narrow, PALUA_INT, "a field"),
    PALUA_FIELD(struct sample, u16, PALUA_UINT, "a field"),
    PALUA_FIELD(struct sample, code, PALUA_ENUM, "a field", .names = &codes),
    PALUA_FIELD(struct sample, u8, PALUA_UINT, "a field"),
    PALUA_FIELD(struct sample, yes, PALUA_BOOL, "a field"),
};
static const struct palua_schema schema = {.name = "sample",
                                           .doc = "a test",
                                           .fields = fields,
                                           .field_count = sizeof fields / sizeof *fields,
                                           .size = sizeof(struct sample)};

static const char *const names[] = {"address",      "mac",           "text",
                                    "bytes",        "numbers",       "numbers.number",
                                    "at",           "at_ns",         "took",
                                    "took_ns",      "wide",          "real",
                                    "u64",          "u32",           "narrow",
                                    "u16",          "code",          "code_name",
                                    "u8",           "yes",           "ts",
                                    "ts_ns",        "packet_number", "flow.uid",
                                    "flow.orig_h",  "flow.proto",    "flow.proto_name",
                                    "flow.duration"};

/** An event with anything in it. */
static void fill(struct sample *out, const uint8_t *bytes)
{
    uint8_t *at = (uint8_t *)out;
    for (size_t i = sizeof out->event; i < sizeof *out; i++)
        at[i] = (uint8_t)rand();
    static const uint32_t lengths[] = {0, 4, 16};
    static const uint16_t values[] = {0, 7, 8, 255, 256, 40000, 65535};
    static const struct item items[3] = {{1}, {22}, {333}};
    out->event.present = (uint64_t)rand();
    out->address = (struct palua_slice){bytes, lengths[rand() % 3], 0};
    out->mac = (struct palua_slice){bytes, rand() % 2 ? 6 : 0, 0};
    out->text = (struct palua_slice){bytes, (uint32_t)rand() % 1200, 0};
    out->bytes = (struct palua_slice){bytes, (uint32_t)rand() % 20, 0};
    out->numbers = (struct palua_list){items, (uint32_t)rand() % 4, 0};
    out->code = values[rand() % 7];
    out->yes = (uint8_t)(rand() & 1);
    out->u64 = rand() % 2 ? UINT64_MAX - 3 : 3;
    out->real = rand() % 2 ? 2.5 : 1e18;
}

/** Whichever way a column takes, the key is the one its argument makes. */
Test(column, writes_what_its_argument_says)
{
    struct registry *registry = registry_new();
    struct error err;
    uint16_t kind;
    uint8_t bytes[1200];
    unsigned seed = (unsigned)time(NULL);
    fprintf(stderr, "seed %u\n", seed);
    srand(seed);
    cr_assert(registry_add(registry, &schema, &kind, &err), "%s", err.text);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)rand();
    static const struct palua_packet packet = {.number = 12, .ts_ns = 1500000000123456789};
    static const uint8_t uid[] = "Cuid";
    static const struct palua_flow flow = {.uid = {uid, 4, 0}, .orig_h = {uid, 4, 0}, .proto = 17};
    static const struct palua_flow_live live = {.duration_ns = 77};
    for (size_t name = 0; name < sizeof names / sizeof *names; name++) {
        struct path path;
        struct column column;
        cr_assert(path_resolve(registry, kind, names[name], &path, &err), "%s", err.text);
        column_init(&column, &path);
        for (int round = 0; round < 500; round++) {
            struct sample sample = {0};
            fill(&sample, bytes);
            sample.event.packet = rand() % 8 ? &packet : NULL;
            sample.event.flow = rand() % 4 ? &flow : NULL;
            sample.event.live = rand() % 4 ? &live : NULL;
            struct palua_argument argument = {0};
            uint8_t expected[KEY_CAP + KEY_PAD], got[KEY_CAP + KEY_PAD];
            bool cut;
            column_argument(&column, &sample.event, &argument);
            uint32_t len = key_write(expected, &argument, 1, &cut);
            struct writer writer = writer_at(got);
            const struct palua_event *event = &sample.event;
            column_put_all(&column, &event, 1, &writer, 0);
            cr_assert_eq(writer_end(&writer), len, "%s", names[name]);
            cr_assert_eq(writer.cut, cut, "%s", names[name]);
            cr_assert_eq(memcmp(got, expected, len + KEY_PAD), 0, "%s", names[name]);
        }
        column_fini(&column);
    }
    registry_free(registry);
}

static bool is_text(const char *name)
{
    struct registry *registry = registry_new();
    struct error err;
    struct path path;
    struct column column;
    uint16_t kind;
    cr_assert(registry_add(registry, &schema, &kind, &err), "%s", err.text);
    cr_assert(path_resolve(registry, kind, name, &path, &err), "%s", err.text);
    column_init(&column, &path);
    bool text = column_is_text(&column);
    column_fini(&column);
    registry_free(registry);
    return text;
}

Test(column, tells_text_from_bytes)
{
    cr_expect(is_text("text"));
    cr_expect(is_text("code_name"));
    cr_expect(is_text("numbers"));
    cr_expect(is_text("numbers.number"));
    cr_expect_not(is_text("bytes"));
    cr_expect_not(is_text("code"));
    cr_expect_not(is_text("address"));
}
