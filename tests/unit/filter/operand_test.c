// SPDX-License-Identifier: MIT OR Apache-2.0
#include "filter/operand.h"

#include "sample.h"

TestSuite(operand, .init = sample_setup, .fini = sample_teardown);

/** Resolves a name for an event; what it takes is left in sample_interest. */
static struct filter_operand operand_of(uint16_t kind, const char *name)
{
    const struct filter_scope scope = {.registry = sample_registry,
                                       .decoder = sample_decoder,
                                       .interest = sample_interest,
                                       .kind = kind};
    const struct filter_token token = {
        .kind = FILTER_WORD, .column = 1, .text = name, .len = strlen(name)};
    struct filter_operand out;
    struct error err = {0};
    memset(sample_interest, 0, sizeof *sample_interest);
    cr_assert(filter_operand_init(&out, &scope, &token, &err), "%s: %s", name, err.text);
    return out;
}

static const struct interest_kind *wanted(uint16_t kind)
{
    return &sample_interest->kinds[kind];
}

Test(operand, event_fields_under_all_their_names)
{
    static const char *const names[] = {"len",      "length",      "qry.len", "spec.event.len",
                                        "spec.len", "spec.qry.len"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct filter_operand at = operand_of(sample_kind, names[i]);
        cr_expect(at.base == FILTER_FIELD && at.path.base == PATH_EVENT, "%s", names[i]);
        cr_expect_str_eq(at.path.field->name, "len");
        cr_expect_eq(wanted(sample_kind)->fields, UINT64_C(1) << 5, "only that");
        cr_expect(!wanted(sample_kind)->flow && !wanted(sample_kind)->flow_live &&
                  !wanted(sample_kind)->layers);
    }
}

Test(operand, fields_of_flow_and_packet)
{
    static const struct {
        const char *name, *field;
        enum path_base base;
    } cases[] = {
        {"flow.orig_p", "orig_p", PATH_FLOW},
        {"orig_p", "orig_p", PATH_FLOW},
        {"id.orig_h", "orig_h", PATH_FLOW},
        {"flow.duration", "duration", PATH_FLOW_LIVE},
        {"duration", "duration", PATH_FLOW_LIVE},
        {"conn_state", "conn_state", PATH_FLOW_LIVE},
        {"flow.ts", "ts", PATH_FLOW},
        {"ts", "ts", PATH_PACKET},
        {"frame.number", "frame", PATH_PACKET},
        {"frame.time_epoch", "ts", PATH_PACKET},
        {"spec.event.flow.uid", "uid", PATH_FLOW},
        {"packet_number", "packet_number", PATH_PACKET},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct filter_operand at = operand_of(sample_kind, cases[i].name);
        cr_expect(at.base == FILTER_FIELD && at.path.base == cases[i].base, "%s", cases[i].name);
        cr_expect_str_eq(at.path.field->name, cases[i].field);
        cr_expect_eq(wanted(sample_kind)->flow != 0, cases[i].base == PATH_FLOW);
        cr_expect_eq(wanted(sample_kind)->flow_live != 0, cases[i].base == PATH_FLOW_LIVE);
    }
    sample_refused("spec.event.orig_p",
                   "column 1: event spec.event has no field 'orig_p'; did you mean 'id.orig_p'?");
}

Test(operand, own_fields_come_before_others)
{
    struct filter_operand at = operand_of(EVENT_PACKET, "vlan");
    cr_expect(at.base == FILTER_FIELD && at.path.base == PATH_EVENT);
    at = operand_of(EVENT_FLOW_END, "orig_p");
    cr_expect(at.base == FILTER_FIELD && at.path.base == PATH_EVENT);
    at = operand_of(EVENT_FLOW_END, "flow.end.reason");
    cr_expect_str_eq(at.path.field->name, "reason");
    at = operand_of(EVENT_TCP_DATA, "tcp.dir");
    cr_expect_str_eq(at.path.field->name, "dir");
    at = operand_of(EVENT_FLOW_END, "vlan");
    cr_expect_eq(at.base, FILTER_FIELD);
    at = operand_of(sample_kind, "vlan");
    cr_expect_eq(at.base, FILTER_PROTOCOL, "a protocol comes before the flow's field");
    at = operand_of(EVENT_TCP_DATA, "tcp.port");
    cr_expect_eq(at.base, FILTER_LAYERS);
}

Test(operand, layers_and_protocols)
{
    cr_expect_eq(operand_of(EVENT_PACKET, "ip.src").base, FILTER_LAYERS);
    cr_expect(wanted(EVENT_PACKET)->layers && !wanted(EVENT_PACKET)->flow,
              "a packet needs no flow for it");
    cr_expect_eq(operand_of(EVENT_FLOW_END, "ip.src").base, FILTER_LAYERS);
    cr_expect(wanted(EVENT_FLOW_END)->flow, "the flow stands behind it");
    cr_expect_eq(operand_of(EVENT_PACKET, "icmpv6").base, FILTER_PROTOCOL);
    cr_expect_eq(operand_of(EVENT_PACKET, "ipv6.fraghdr").base, FILTER_PROTOCOL);
    cr_expect_eq(operand_of(sample_kind, "spec").base, FILTER_ALWAYS);
    cr_expect_eq(operand_of(EVENT_FLOW_END, "spec").base, FILTER_SERVICE);
    cr_expect(wanted(EVENT_FLOW_END)->flow_live, "its flow's service");
    struct error err = {0};
    cr_expect_null(sample_compile(EVENT_PACKET, "spec", &err));
    cr_expect(
        strstr(err.text, "'spec' is no layer that packet could tell of; it has events of its own"),
        "%s", err.text);
    cr_expect_eq(operand_of(EVENT_PACKET, "tcp.flags.syn").type.type, PALUA_BOOL);
    cr_expect_eq(operand_of(EVENT_PACKET, "ip.src").type.address_len, 4);
}

Test(operand, unknown_names)
{
    sample_refused("lenn", "column 1: event spec.event has no field 'lenn'; did you mean 'len'?");
    sample_refused("len == 1 and lenn", "column 14: ");
    sample_refused("spec.event.lenn", "did you mean 'len'?");
    sample_refused("spec.lenn", "did you mean 'len'?");
    sample_refused("tcp.prt", "there is no field 'tcp.prt'; did you mean 'tcp.port'?");
    sample_refused("ip.scr", "did you mean 'ip.src'?");
    sample_refused("flow.orig_q", "did you mean 'flow.orig_h'?");
    sample_refused(
        "elephant",
        "event spec.event has no field 'elephant'; palua --describe spec.event lists its fields");
    sample_refused(
        "spec.other.wide",
        "'spec.other.wide' is a field of another event, and this filter is asked of spec.event");
    sample_refused("none", "has no field 'none'");
    sample_refused("Len", "has no field 'Len'; did you mean 'len'?");
    sample_refused("10.0.0.1", "a field's name was expected, not 10.0.0.1");
    sample_refused("a/b", "a field's name was expected");
}

/** What one of several events has is absent in the others, and typed all the same. */
Test(operand, of_other_events)
{
    const uint16_t kinds[] = {sample_other_kind, sample_kind};
    struct filter_scope scope = {.registry = sample_registry,
                                 .decoder = sample_decoder,
                                 .interest = sample_interest,
                                 .kind = sample_other_kind,
                                 .others = kinds,
                                 .other_count = 2};
    struct error err = {0};
    struct filter_program *program = filter_program_new(&scope, "len == 42", 9, &err);
    cr_assert(program, "%s", err.text);
    cr_expect_not(filter_program_holds(program, &sample.event));
    cr_expect_eq(wanted(sample_kind)->fields, 0, "the other event's own program asks for it");
    filter_program_free(program);
    cr_expect_null(filter_program_new(&scope, "len == x", 8, &err));
    cr_expect(strstr(err.text, "len is a whole number"), "%s", err.text);
    program = filter_program_new(&scope, "wide and not len", 16, &err);
    cr_assert(program);
    cr_expect(filter_program_holds(program, &sample.event));
    filter_program_free(program);
}

static bool count_value(void *context, const struct value *value)
{
    cr_expect_eq(value->uint, 1);
    ++*(int *)context;
    return false;
}

Test(operand, service_of_the_flow)
{
    const struct filter_operand at = operand_of(EVENT_FLOW_END, "spec");
    int count = 0;
    cr_expect_not(filter_operand_visit(&at, &sample.event, count_value, &count));
    cr_expect_eq(count, 0);
    sample_live.service = sample_slice("spec", 4);
    sample_live.present = UINT64_MAX;
    cr_expect_not(filter_operand_visit(&at, &sample.event, count_value, &count));
    cr_expect_eq(count, 1, "once");
    sample_live.service = sample_slice("special", 7);
    cr_expect_not(filter_operand_visit(&at, &sample.event, count_value, &count));
    cr_expect_eq(count, 1);
}
