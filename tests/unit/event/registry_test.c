// SPDX-License-Identifier: MIT OR Apache-2.0
#include "event/registry.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "event/schemas.h"

struct sample {
    struct palua_event event;
    uint32_t number;
    uint8_t kind;
    struct palua_list items;
};

struct sample_item {
    uint16_t type;
};

static const struct palua_enum_name names[] = {{1, "one"}, {2, "two"}};
static const struct palua_enum kinds = {names, 2};
static const struct palua_field item_fields[] = {
    PALUA_FIELD(struct sample_item, type, PALUA_UINT, "its type"),
};
static const struct palua_schema item = {
    .name = "item",
    .doc = "an item",
    .fields = item_fields,
    .field_count = 1,
    .size = sizeof(struct sample_item),
};
static const struct palua_field fields[] = {
    PALUA_FIELD(struct sample, number, PALUA_UINT, "a number"),
    PALUA_FIELD(struct sample, kind, PALUA_ENUM, "a kind", .names = &kinds),
    PALUA_FIELD(struct sample, items, PALUA_LIST, "items", .item = &item),
};
static const struct palua_schema sample = {
    .name = "test.sample",
    .doc = "never",
    .fields = fields,
    .field_count = 3,
    .size = sizeof(struct sample),
};

static bool add(const struct palua_schema *schema, struct error *err)
{
    struct registry *registry = registry_new();
    uint16_t kind = EVENT_KIND_NONE;
    *err = (struct error){0};
    bool done = registry_add(registry, schema, &kind, err);
    cr_assert_eq(done, kind != EVENT_KIND_NONE);
    registry_free(registry);
    return done;
}

/** The sample with one field replaced must be refused, for a reason that contains `why`. */
static void refuses_field(struct palua_field field, uint32_t index, const char *why)
{
    struct palua_field changed[3];
    memcpy(changed, fields, sizeof changed);
    changed[index] = field;
    struct palua_schema schema = sample;
    schema.fields = changed;
    struct error err;
    cr_expect_not(add(&schema, &err), "not refused: %s", why);
    cr_expect(strstr(err.text, why), "'%s' does not say '%s'", err.text, why);
}

static void refuses_schema(struct palua_schema schema, const char *why)
{
    struct error err;
    cr_expect_not(add(&schema, &err), "not refused: %s", why);
    cr_expect(strstr(err.text, why), "'%s' does not say '%s'", err.text, why);
}

Test(registry, knows_the_engine_events_by_number)
{
    static const char *const engine[] = {
        "packet",   "link",     "network", "tunnel",      "transport", "fragment", "flow.start",
        "flow.end", "tcp.data", "tcp.gap", "tcp.summary", "anomaly",   "expect",   "capture.end"};
    struct registry *registry = registry_new();
    cr_assert_eq(registry_count(registry), EVENT_ENGINE_COUNT);
    for (uint16_t i = 0; i < EVENT_ENGINE_COUNT; i++) {
        cr_expect_str_eq(registry_schema(registry, i)->name, engine[i]);
        cr_expect_eq(registry_find(registry, engine[i]), i);
    }
    registry_free(registry);
}

Test(registry, engine_schemas_pass_the_check_for_plugins)
{
    static char renamed[EVENT_ENGINE_COUNT][32];
    struct registry *registry = registry_new();
    for (int i = 0; i < EVENT_ENGINE_COUNT; i++) {
        struct palua_schema schema = event_schemas[i];
        snprintf(renamed[i], sizeof renamed[i], "copy_of_%s", schema.name);
        schema.name = renamed[i];
        struct error err = {0};
        uint16_t kind;
        cr_expect(registry_add(registry, &schema, &kind, &err), "%s: %s", schema.name, err.text);
    }
    registry_free(registry);
}

Test(registry, finds_what_was_added)
{
    struct registry *registry = registry_new();
    uint16_t kind;
    cr_assert(registry_add(registry, &sample, &kind, NULL));
    cr_expect_eq(kind, EVENT_ENGINE_COUNT);
    cr_expect_eq(registry_find(registry, "test.sample"), kind);
    cr_expect_eq(registry_schema(registry, kind), &sample);
    cr_expect_eq(registry_find(registry, "test.sampl"), EVENT_KIND_NONE);
    cr_expect_str_eq(registry_nearest(registry, "test.sampel"), "test.sample");
    cr_expect_null(registry_nearest(registry, "quite.different"));
    registry_free(registry);
}

Test(registry, refuses_a_second_event_of_a_name)
{
    struct registry *registry = registry_new();
    struct error err = {0};
    uint16_t kind;
    cr_assert(registry_add(registry, &sample, &kind, &err));
    cr_expect_not(registry_add(registry, &sample, &kind, &err));
    cr_expect_eq(registry_count(registry), EVENT_ENGINE_COUNT + 1);
    registry_free(registry);
}

Test(registry, refuses_one_kind_too_many)
{
    static char title[EVENT_KIND_CAP][16];
    static struct palua_schema schemas[EVENT_KIND_CAP];
    struct registry *registry = registry_new();
    struct error err = {0};
    uint16_t kind = 0;
    for (int i = EVENT_ENGINE_COUNT; i < EVENT_KIND_CAP; i++) {
        schemas[i] = sample;
        snprintf(title[i], sizeof title[i], "e%d", i);
        schemas[i].name = title[i];
        cr_assert(registry_add(registry, &schemas[i], &kind, &err));
    }
    cr_expect_eq(kind, EVENT_KIND_CAP - 1);
    cr_expect_not(registry_add(registry, &sample, &kind, &err));
    cr_expect(strstr(err.text, "512"));
    registry_free(registry);
}

Test(registry, refuses_bad_names)
{
    struct palua_field field = fields[0];
    static const char *const bad[] = {"", "Number", "1st", "a-b", "a.b", "_a", NULL};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        field.name = bad[i];
        refuses_field(field, 0, "a name is");
        struct palua_schema schema = sample;
        schema.name = bad[i];
        if (!bad[i] || strcmp(bad[i], "a.b") != 0)
            refuses_schema(schema, "a name is");
    }
    field.name = "ts";
    refuses_field(field, 0, "has a field of that name already");
    field.name = "number";
    refuses_field(field, 1, "two fields");
    field.doc = "";
    refuses_field(field, 0, "no line of documentation");
}

Test(registry, refuses_fields_outside_their_struct)
{
    struct palua_field field = fields[0];
    field.offset = sizeof(struct sample) - 4;
    struct palua_field changed[] = {field};
    struct palua_schema schema = sample;
    schema.fields = changed;
    schema.field_count = 1;
    struct error err;
    cr_expect(add(&schema, &err), "%s", err.text);
    field.offset++;
    refuses_field(field, 0, "past the end");
    field.offset = UINT32_MAX;
    refuses_field(field, 0, "past the end");
    field.offset = sizeof(struct palua_event) - 1;
    refuses_field(field, 0, "inside the event's header");
}

Test(registry, refuses_sizes_and_types_that_do_not_fit)
{
    struct palua_field field = fields[0];
    field.size = 3;
    refuses_field(field, 0, "its size");
    field = fields[0];
    field.type = PALUA_STRING;
    refuses_field(field, 0, "its size");
    field.type = 0;
    refuses_field(field, 0, "its type");
    field.type = PALUA_LIST + 1;
    refuses_field(field, 0, "its type");
}

Test(registry, refuses_enums_that_cannot_be_searched)
{
    struct palua_field field = fields[1];
    field.names = NULL;
    refuses_field(field, 1, "needs its names");
    static const struct palua_enum_name twice[] = {{1, "one"}, {1, "uno"}};
    static const struct palua_enum same = {twice, 2};
    field.names = &same;
    refuses_field(field, 1, "ascend");
    static const struct palua_enum_name unnamed[] = {{1, NULL}};
    static const struct palua_enum nameless = {unnamed, 1};
    field.names = &nameless;
    refuses_field(field, 1, "no name");
}

Test(registry, refuses_lists_it_cannot_read)
{
    struct palua_field field = fields[2];
    field.item = NULL;
    refuses_field(field, 2, "schema of its items");
    struct palua_schema bad = item;
    field.item = &bad;
    bad.field_count = 0;
    refuses_field(field, 2, "without fields");
    bad = item;
    bad.size = 1;
    refuses_field(field, 2, "past the end");
    struct palua_field nested = fields[2];
    bad.fields = &nested;
    bad.size = sizeof(struct sample);
    refuses_field(field, 2, "cannot hold lists");
}

/** An item with optional fields begins with their mask, which no field may lie in. */
Test(registry, wants_a_mask_before_the_optional_fields_of_an_item)
{
    struct palua_field field = fields[2], optional[2] = {item_fields[0], item_fields[0]};
    struct palua_schema masked = item;
    field.item = &masked;
    masked.fields = optional;
    masked.field_count = 2;
    masked.size = 64;
    optional[1].name = "other";
    optional[1].flags = PALUA_OPTIONAL;
    optional[0].offset = 0;
    optional[1].offset = 8;
    refuses_field(field, 2, "begins with a mask");
    optional[0].offset = 8;
    optional[1].offset = 7;
    refuses_field(field, 2, "begins with a mask");
    optional[1].offset = 16;
    struct palua_field changed[3] = {fields[0], fields[1], field};
    struct palua_schema schema = sample;
    struct error err = {0};
    schema.fields = changed;
    cr_expect(add(&schema, &err), "%s", err.text);
}

Test(registry, refuses_structs_without_a_header_and_too_many_fields)
{
    static char title[PALUA_FIELD_CAP + 1][16];
    static struct palua_field many[PALUA_FIELD_CAP + 1];
    struct palua_schema schema = sample;
    schema.size = sizeof(struct palua_event) - 1;
    refuses_schema(schema, "struct palua_event");
    for (int i = 0; i <= PALUA_FIELD_CAP; i++) {
        snprintf(title[i], sizeof title[i], "f%d", i);
        many[i] = fields[0];
        many[i].name = title[i];
    }
    schema = sample;
    schema.fields = many;
    schema.field_count = PALUA_FIELD_CAP;
    struct error err;
    cr_expect(add(&schema, &err), "%s", err.text);
    schema.field_count++;
    refuses_schema(schema, "more fields");
    schema = sample;
    schema.doc = NULL;
    refuses_schema(schema, "no line of documentation");
}
