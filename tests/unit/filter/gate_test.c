// SPDX-License-Identifier: MIT OR Apache-2.0
#include "filter/gate.h"

#include "sample.h"

static struct filter_gate gate;
static struct filter_program *programs[8];
static size_t program_count;

static void setup(void)
{
    sample_setup();
    gate = (struct filter_gate){0};
    program_count = 0;
}

static void teardown(void)
{
    filter_gate_fini(&gate);
    for (size_t i = 0; i < program_count; i++)
        filter_program_free(programs[i]);
    sample_teardown();
}

TestSuite(gate, .init = setup, .fini = teardown);

static const struct filter_program *compile(uint16_t kind, const char *text)
{
    struct error err = {0};
    struct filter_program *program = sample_compile(kind, text, &err);
    cr_assert(program, "%s: %s", text, err.text);
    return programs[program_count++] = program;
}

static void add(const char *text)
{
    filter_gate_add(&gate, compile(EVENT_PACKET, text));
}

Test(gate, lets_through_what_one_of_the_filters_holds_for)
{
    add("tcp.port == 81");
    cr_expect(filter_gate_asks(&gate));
    cr_expect_not(filter_gate_passes(&gate, &sample_packet));
    add("ip.src == 203.0.113.0/24 and vlan.id == 100");
    cr_expect_not(filter_gate_passes(&gate, &sample_packet));
    add("udp.dstport == 53 and not tcp.port == 81");
    cr_expect(filter_gate_passes(&gate, &sample_packet));
}

Test(gate, is_open_for_whoever_takes_everything)
{
    add("tcp.port == 81");
    filter_gate_add(&gate, NULL);
    cr_expect_not(filter_gate_asks(&gate));
    cr_expect(filter_gate_passes(&gate, &sample_packet));
}

Test(gate, without_anybody_asks_nothing)
{
    cr_expect_not(filter_gate_asks(&gate));
    cr_expect(filter_gate_passes(&gate, &sample_packet));
}

Test(gate, asks_only_what_the_packet_alone_decides)
{
    static const char *const of_packet[] = {"ip",
                                            "frame.len > 60 or eth.src contains 00:1b",
                                            "vlan.id in {1, 7..9}",
                                            "tcp.srcport == tcp.dstport",
                                            "packet_number < 5 and file == 'a.pcap'",
                                            "tcp.flags & 0x12"};
    static const char *const of_event[] = {"len > 60",          "ip and proto == 6",
                                           "flow.orig_p == 80", "ip or orig_pkts > 3",
                                           "file matches 'a'",  "frame.len == len"};
    for (size_t i = 0; i < sizeof of_packet / sizeof of_packet[0]; i++)
        cr_expect(filter_program_asks_packet(compile(EVENT_PACKET, of_packet[i])), "%s",
                  of_packet[i]);
    for (size_t i = 0; i < sizeof of_event / sizeof of_event[0]; i++) {
        program_count = 0;
        const struct filter_program *program = compile(EVENT_PACKET, of_event[i]);
        cr_expect_not(filter_program_asks_packet(program), "%s", of_event[i]);
        filter_gate_add(&gate, program);
        cr_expect(gate.open, "%s", of_event[i]);
        filter_gate_fini(&gate);
        filter_program_free(programs[0]);
        program_count = 0;
    }
}
