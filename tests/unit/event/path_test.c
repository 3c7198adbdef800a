// SPDX-License-Identifier: MIT OR Apache-2.0
#include "event/path.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "event/schemas.h"

struct item {
    struct palua_slice name;
    uint8_t kind;
};

struct sample {
    struct palua_event event;
    struct palua_slice qname;
    int64_t rtt_ns;
    uint8_t rcode;
    uint16_t port;
    struct palua_list answers;
    uint32_t port_name; /**< a name that looks like a form */
};

static const struct palua_enum_name names[] = {{0, "NOERROR"}, {3, "NXDOMAIN"}};
static const struct palua_enum rcodes = {names, 2};
static const struct palua_field item_fields[] = {
    PALUA_FIELD(struct item, name, PALUA_STRING, "-"),
    PALUA_FIELD(struct item, kind, PALUA_ENUM, "-", .names = &rcodes,
                .aliases = "kinds,dns.resp.type"),
};
static const struct palua_schema item_schema = {.name = "item",
                                                .doc = "-",
                                                .fields = item_fields,
                                                .field_count = 2,
                                                .size = sizeof(struct item)};
static const struct palua_field fields[] = {
    PALUA_FIELD(struct sample, qname, PALUA_STRING, "-", .aliases = "query,dns.qry.name"),
    PALUA_FIELD_AS(struct sample, rtt_ns, "rtt", PALUA_DURATION, "-", .flags = PALUA_OPTIONAL),
    PALUA_FIELD(struct sample, rcode, PALUA_ENUM, "-", .names = &rcodes,
                .aliases = "dns.flags.rcode"),
    PALUA_FIELD(struct sample, port, PALUA_UINT, "-"),
    PALUA_FIELD(struct sample, answers, PALUA_LIST, "-", .item = &item_schema),
    PALUA_FIELD(struct sample, port_name, PALUA_UINT, "-"),
};
static const struct palua_schema schema = {.name = "test.answer",
                                           .doc = "-",
                                           .fields = fields,
                                           .field_count = 6,
                                           .size = sizeof(struct sample)};

static struct registry *registry;
static uint16_t kind;

static void setup(void)
{
    registry = registry_new();
    struct error err = {0};
    cr_assert(registry_add(registry, &schema, &kind, &err), "%s", err.text);
}

static void teardown(void)
{
    registry_free(registry);
}

TestSuite(path, .init = setup, .fini = teardown);

static struct path resolve_in(uint16_t event, const char *field)
{
    struct path path;
    struct error err = {0};
    cr_assert(path_resolve(registry, event, field, &path, &err), "%s: %s", field, err.text);
    cr_assert_eq(path.kind, event);
    return path;
}

static struct path resolve(const char *field)
{
    return resolve_in(kind, field);
}

/** The field resolves to `name` of `base`, in `form`. */
static void resolves(const char *field, enum path_base base, const char *name, enum path_form form)
{
    struct path path = resolve(field);
    cr_expect_eq(path.base, base, "%s has another base", field);
    cr_expect_str_eq(path.field->name, name);
    cr_expect_eq(path.form, form, "%s has another form", field);
    cr_expect_eq(path.field, &path.schema->fields[path.index]);
}

Test(path, resolves_own_common_and_flow_fields)
{
    resolves("qname", PATH_EVENT, "qname", PATH_PLAIN);
    resolves("query", PATH_EVENT, "qname", PATH_PLAIN);
    resolves("dns.qry.name", PATH_EVENT, "qname", PATH_PLAIN);
    resolves("rtt", PATH_EVENT, "rtt", PATH_PLAIN);
    resolves("rtt_ns", PATH_EVENT, "rtt", PATH_NS);
    resolves("rcode", PATH_EVENT, "rcode", PATH_PLAIN);
    resolves("rcode_name", PATH_EVENT, "rcode", PATH_NAME);
    resolves("dns.flags.rcode_name", PATH_EVENT, "rcode", PATH_NAME);
    resolves("port_name", PATH_EVENT, "port_name", PATH_PLAIN);
    resolves("packet_number", PATH_PACKET, "packet_number", PATH_PLAIN);
    resolves("file", PATH_PACKET, "file", PATH_PLAIN);
    resolves("frame", PATH_PACKET, "frame", PATH_PLAIN);
    resolves("ts", PATH_PACKET, "ts", PATH_PLAIN);
    resolves("ts_ns", PATH_PACKET, "ts", PATH_NS);
    resolves("flow.uid", PATH_FLOW, "uid", PATH_PLAIN);
    resolves("flow.proto_name", PATH_FLOW, "proto", PATH_NAME);
    resolves("flow.ts_ns", PATH_FLOW, "ts", PATH_NS);
    resolves("id.orig_h", PATH_FLOW, "orig_h", PATH_PLAIN);
    resolves("id.resp_p", PATH_FLOW, "resp_p", PATH_PLAIN);
    resolves("flow.id.orig_h", PATH_FLOW, "orig_h", PATH_PLAIN);
    resolves("flow.duration", PATH_FLOW_LIVE, "duration", PATH_PLAIN);
    resolves("flow.duration_ns", PATH_FLOW_LIVE, "duration", PATH_NS);
    resolves("flow.orig_pkts", PATH_FLOW_LIVE, "orig_pkts", PATH_PLAIN);
}

Test(path, flow_end_has_flow_fields_of_its_own)
{
    struct path path = resolve_in(EVENT_FLOW_END, "id.orig_h");
    cr_expect_eq(path.base, PATH_EVENT);
    path = resolve_in(EVENT_FLOW_END, "duration");
    cr_expect_eq(path.base, PATH_EVENT);
    path = resolve_in(EVENT_FLOW_END, "flow.ts");
    cr_expect_eq(path.base, PATH_FLOW);
}

/** The field is unknown, and the message names it, its event and `near` (NULL: nothing near). */
static void unknown(const char *field, const char *near)
{
    struct path path = {.kind = 77};
    struct error err = {0};
    cr_assert_not(path_resolve(registry, kind, field, &path, &err), "%s is known", field);
    cr_expect_eq(path.kind, 77);
    cr_expect_eq(err.code, ERROR_USAGE);
    cr_expect(strstr(err.text, field));
    cr_expect(strstr(err.text, "test.answer"));
    char expected[64];
    snprintf(expected, sizeof expected, "did you mean '%s'?", near ? near : "");
    cr_expect_eq(strstr(err.text, expected) != NULL, near != NULL, "%s", err.text);
}

Test(path, unknown_fields_name_the_nearest)
{
    unknown("qnam", "qname");
    unknown("rcode_nam", "rcode_name");
    unknown("rtt_n", "rtt_ns");
    unknown("packet_numbr", "packet_number");
    unknown("flow.uidd", "flow.uid");
    unknown("flow.durations", "flow.duration");
    unknown("id.orig_hh", "id.orig_h");
    unknown("answers.nam", "answers.name");
    unknown("dns.resp.typ", "dns.resp.type");
    unknown("zzzzzzzz", NULL);
}

Test(path, forms_need_their_type)
{
    struct path path;
    static const char *const wrong[] = {
        "qname_ns", "qname_name", "rtt_name",   "port_ns",    "_ns",    "_name",    "",
        "flow.",    "id.",        "flow",       "rtt_ns_ns",  "id.uid", "answers.", ".name",
        "kinds",    "qname.name", "answers_ns", "flow.qname", "Qname"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_not(path_resolve(registry, kind, wrong[i], &path, NULL), "%s is known", wrong[i]);
}

static struct palua_slice slice(const char *text)
{
    return (struct palua_slice){(const uint8_t *)text, (uint32_t)strlen(text), 0};
}

static void reads(const struct sample *record, const char *field, const char *expected)
{
    struct path path = resolve(field);
    struct value value = path_read(&path, &record->event);
    struct text out;
    text_init(&out);
    value_text(&value, path.field, &out);
    cr_expect_str_eq(out.data ? out.data : "", expected, "%s: %s", field, out.data);
    text_fini(&out);
}

Test(path, reads_from_event_packet_flow_and_live_fields)
{
    struct palua_packet packet = {
        .number = 12, .frame = 3, .ts_ns = 1500000000, .file_name = slice("a.pcap")};
    struct palua_flow flow = {.uid = slice("Cx"),
                              .orig_h = slice("\x0a\x01\x02\x03"),
                              .proto = 17,
                              .vlan = 5,
                              .ts_ns = 1};
    struct palua_flow_live live = {.duration_ns = 2000000000, .orig_pkts = 9};
    struct item items[] = {{slice("x"), 3}, {slice("y"), 7}};
    struct sample record = {
        .event = {.packet = &packet, .flow = &flow, .live = &live},
        .qname = slice("www"),
        .rtt_ns = 5,
        .rcode = 3,
        .answers = {items, 2, 0},
    };
    reads(&record, "qname", "www");
    reads(&record, "rcode", "3");
    reads(&record, "rcode_name", "NXDOMAIN");
    reads(&record, "answers", "x NXDOMAIN,y 7");
    reads(&record, "answers.name", "x,y");
    reads(&record, "answers.kind", "3,7");
    reads(&record, "answers.kind_name", "NXDOMAIN,7");
    reads(&record, "answers.kinds", "3,7");
    reads(&record, "dns.resp.type", "3,7");
    reads(&record, "dns.resp.type_name", "NXDOMAIN,7");
    reads(&record, "answers.dns.resp.type", "3,7");
    reads(&record, "packet_number", "12");
    reads(&record, "frame", "3");
    reads(&record, "file", "a.pcap");
    reads(&record, "ts", "1.500000000");
    reads(&record, "ts_ns", "1500000000");
    reads(&record, "flow.uid", "Cx");
    reads(&record, "id.orig_h", "10.1.2.3");
    reads(&record, "flow.proto", "17");
    reads(&record, "flow.proto_name", "udp");
    reads(&record, "flow.duration", "2");
    reads(&record, "flow.orig_pkts", "9");
    reads(&record, "flow.vlan", "");
    reads(&record, "rtt_ns", "");
    flow.present = UINT64_C(1) << FLOW_FIELD_VLAN;
    record.event.present = UINT64_C(1) << 1;
    reads(&record, "flow.vlan", "5");
    reads(&record, "rtt_ns", "5");
    reads(&record, "rtt", "0.000000005");
}

Test(path, what_an_event_does_not_have_is_absent)
{
    struct sample record = {0};
    static const char *const absent[] = {"ts",        "file",          "flow.uid",
                                         "flow.vlan", "flow.duration", "rtt"};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
        struct path path = resolve(absent[i]);
        cr_expect_eq(path_read(&path, &record.event).type, 0, "%s is there", absent[i]);
    }
}
