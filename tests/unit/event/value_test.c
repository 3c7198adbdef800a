// SPDX-License-Identifier: MIT OR Apache-2.0
#include "event/value.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct palua_enum_name type_names[] = {{1, "A"}, {5, "CNAME"}, {28, "AAAA"}};
static const struct palua_enum types = {type_names, 3};

struct answer {
    struct palua_slice name;
    uint16_t type;
    uint32_t ttl;
    struct palua_slice data;
};

static const struct palua_field answer_fields[] = {
    PALUA_FIELD(struct answer, name, PALUA_STRING, "name"),
    PALUA_FIELD(struct answer, type, PALUA_ENUM, "type", .names = &types),
    PALUA_FIELD(struct answer, ttl, PALUA_UINT, "seconds"),
    PALUA_FIELD(struct answer, data, PALUA_IPADDR, "address"),
};
static const struct palua_schema answer_schema = {
    .name = "answer",
    .doc = "an answer",
    .fields = answer_fields,
    .field_count = 4,
    .size = sizeof(struct answer),
};

struct all {
    uint64_t present;
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    int8_t i8;
    int32_t i32;
    int64_t i64;
    uint16_t kind;
    uint8_t flag;
    double real;
    int64_t at;
    int64_t took;
    struct palua_slice addr;
    struct palua_slice mac;
    struct palua_slice bytes;
    struct palua_slice text;
    struct palua_list answers;
};

static const struct palua_field all_fields[] = {
    PALUA_FIELD(struct all, u8, PALUA_UINT, "-"),
    PALUA_FIELD(struct all, u16, PALUA_UINT, "-"),
    PALUA_FIELD(struct all, u32, PALUA_UINT, "-"),
    PALUA_FIELD(struct all, u64, PALUA_UINT, "-"),
    PALUA_FIELD(struct all, i8, PALUA_INT, "-"),
    PALUA_FIELD(struct all, i32, PALUA_INT, "-"),
    PALUA_FIELD(struct all, i64, PALUA_INT, "-"),
    PALUA_FIELD(struct all, kind, PALUA_ENUM, "-", .names = &types),
    PALUA_FIELD(struct all, flag, PALUA_BOOL, "-"),
    PALUA_FIELD(struct all, real, PALUA_REAL, "-"),
    PALUA_FIELD(struct all, at, PALUA_TIME, "-"),
    PALUA_FIELD(struct all, took, PALUA_DURATION, "-"),
    PALUA_FIELD(struct all, addr, PALUA_IPADDR, "-"),
    PALUA_FIELD(struct all, mac, PALUA_MAC, "-"),
    PALUA_FIELD(struct all, bytes, PALUA_BYTES, "-"),
    PALUA_FIELD(struct all, text, PALUA_STRING, "-"),
    PALUA_FIELD(struct all, answers, PALUA_LIST, "-", .item = &answer_schema),
};

static struct palua_slice slice(const char *text)
{
    return (struct palua_slice){(const uint8_t *)text, (uint32_t)strlen(text), 0};
}

static const struct palua_field *field(const char *name)
{
    const struct palua_field *at = all_fields;
    while (strcmp(at->name, name) != 0)
        at++;
    return at;
}

static void writes(const struct all *record, const char *name, enum path_form form,
                   const char *expected)
{
    struct text out;
    text_init(&out);
    struct value value = field_read_as(field(name), form, 0, UINT64_MAX, record);
    value_text(&value, field(name), &out);
    cr_expect_str_eq(out.data ? out.data : "", expected, "%s: '%s', not '%s'", name,
                     out.data ? out.data : "", expected);
    text_fini(&out);
}

Test(value, every_type_has_a_text)
{
    struct all record = {
        .u8 = 255,
        .u16 = 65535,
        .u32 = 4294967295U,
        .u64 = UINT64_MAX,
        .i8 = -128,
        .i32 = INT32_MIN,
        .i64 = INT64_MIN,
        .kind = 28,
        .flag = 1,
        .real = 0.1,
        .at = 1500000000000000001,
        .took = -1500000000,
        .addr = slice("\xc0\x01\x02\x01"),
        .mac = slice("\x02\x42\xac\x11\x01\xff"),
        .bytes = slice("\x01\xffz"),
        .text = slice("a b\x01"),
    };
    writes(&record, "u8", PATH_PLAIN, "255");
    writes(&record, "u16", PATH_PLAIN, "65535");
    writes(&record, "u32", PATH_PLAIN, "4294967295");
    writes(&record, "u64", PATH_PLAIN, "18446744073709551615");
    writes(&record, "i8", PATH_PLAIN, "-128");
    writes(&record, "i32", PATH_PLAIN, "-2147483648");
    writes(&record, "i64", PATH_PLAIN, "-9223372036854775808");
    writes(&record, "kind", PATH_PLAIN, "28");
    writes(&record, "kind", PATH_NAME, "AAAA");
    writes(&record, "flag", PATH_PLAIN, "true");
    writes(&record, "real", PATH_PLAIN, "0.1");
    writes(&record, "at", PATH_PLAIN, "1500000000.000000001");
    writes(&record, "at", PATH_NS, "1500000000000000001");
    writes(&record, "took", PATH_PLAIN, "-1.5");
    writes(&record, "took", PATH_NS, "-1500000000");
    writes(&record, "addr", PATH_PLAIN, "192.1.2.1");
    writes(&record, "mac", PATH_PLAIN, "02:42:ac:11:01:ff");
    writes(&record, "bytes", PATH_PLAIN, "01ff7a");
    writes(&record, "text", PATH_PLAIN, "a b\x01");
    record.kind = 2;
    record.flag = 0;
    writes(&record, "kind", PATH_NAME, "2");
    writes(&record, "flag", PATH_PLAIN, "false");
}

Test(value, empty_addresses_are_absent_and_empty_text_is_not)
{
    struct all record = {0};
    cr_expect_eq(field_read(field("addr"), 0, UINT64_MAX, &record).type, 0);
    cr_expect_eq(field_read(field("mac"), 0, UINT64_MAX, &record).type, 0);
    cr_expect_eq(field_read(field("text"), 0, UINT64_MAX, &record).type, PALUA_STRING);
    writes(&record, "addr", PATH_PLAIN, "");
    writes(&record, "text", PATH_PLAIN, "");
    writes(&record, "answers", PATH_PLAIN, "");
}

Test(value, optional_fields_follow_their_bit)
{
    struct all record = {.u16 = 7};
    struct palua_field optional = *field("u16");
    optional.flags = PALUA_OPTIONAL;
    cr_expect_eq(field_read(&optional, 63, UINT64_C(1) << 63, &record).uint, 7);
    cr_expect_eq(field_read(&optional, 62, UINT64_C(1) << 63, &record).type, 0);
    cr_expect_eq(field_read(field("u16"), 0, 0, &record).type, PALUA_UINT);
}

Test(value, lists_join_their_items)
{
    struct answer answers[] = {
        {.name = slice("a.example"), .type = 5, .ttl = 60},
        {.name = slice(""), .type = 1, .ttl = 300, .data = slice("\xc0\x01\x02\x01")},
        {.name = slice("b"), .type = 99, .ttl = 0},
    };
    struct all record = {.answers = {answers, 3, 0}};
    writes(&record, "answers", PATH_PLAIN, "a.example CNAME 60,A 300 192.1.2.1,b 99 0");
    record.answers.count = 1;
    writes(&record, "answers", PATH_PLAIN, "a.example CNAME 60");
}

Test(value, an_items_field_is_joined_by_itself)
{
    struct answer answers[] = {{.name = slice("a"), .type = 1}, {.name = slice("b"), .type = 2}};
    struct all record = {.answers = {answers, 2, 0}};
    struct text out;
    text_init(&out);
    struct value list = field_read(field("answers"), 0, UINT64_MAX, &record);
    list.item = &answer_fields[0];
    value_text(&list, field("answers"), &out);
    cr_expect_str_eq(out.data, "a,b");
    text_clear(&out);
    list.item = &answer_fields[1];
    value_text(&list, field("answers"), &out);
    cr_expect_str_eq(out.data, "1,2");
    text_clear(&out);
    list.form = PATH_NAME;
    value_text(&list, field("answers"), &out);
    cr_expect_str_eq(out.data, "A,2");
    text_fini(&out);
}

Test(value, an_item_begins_with_the_mask_of_its_optional_fields)
{
    struct chunk {
        uint64_t present;
        uint32_t tsn;
        uint16_t sid;
        uint8_t type;
    };
    static const struct palua_field chunk_fields[] = {
        PALUA_FIELD(struct chunk, type, PALUA_ENUM, "-", .names = &types),
        PALUA_FIELD(struct chunk, tsn, PALUA_UINT, "-", .flags = PALUA_OPTIONAL),
        PALUA_FIELD(struct chunk, sid, PALUA_UINT, "-", .flags = PALUA_OPTIONAL),
    };
    static const struct palua_schema schema = {
        .fields = chunk_fields, .field_count = 3, .size = sizeof(struct chunk)};
    const struct palua_field list = {.type = PALUA_LIST, .item = &schema};
    const struct chunk chunks[] = {
        {0, 1, 2, 1}, {2, 3, 4, 5}, {6, 0, 0, 28}, {~UINT64_C(6), 5, 6, 9}};
    struct value value = {.type = PALUA_LIST, .list = {chunks, 4, 0}};
    struct text out;
    text_init(&out);
    value_text(&value, &list, &out);
    cr_expect_str_eq(out.data, "A,CNAME 3,AAAA 0 0,9");
    text_clear(&out);
    value.item = &chunk_fields[1];
    value_text(&value, &list, &out);
    cr_expect_str_eq(out.data, ",3,0,", "an item that lacks it keeps its place");
    cr_expect_eq(item_read(&schema, &chunk_fields[2], PATH_PLAIN, &chunks[1]).type, 0);
    cr_expect_eq(item_read(&schema, &chunk_fields[2], PATH_PLAIN, &chunks[2]).type, PALUA_UINT);
    text_fini(&out);
}

Test(value, enum_names_are_found_by_value_only)
{
    cr_expect_str_eq(enum_name(&types, 1), "A");
    cr_expect_str_eq(enum_name(&types, 5), "CNAME");
    cr_expect_str_eq(enum_name(&types, 28), "AAAA");
    static const uint64_t others[] = {0, 2, 27, 29, UINT64_C(1) << 32 | 1, UINT64_MAX};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect_null(enum_name(&types, others[i]));
    static const struct palua_enum none = {NULL, 0};
    cr_expect_null(enum_name(&none, 0));
}
