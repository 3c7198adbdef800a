// SPDX-License-Identifier: MIT OR Apache-2.0
#include "filter/program.h"

#include "sample.h"

TestSuite(program, .init = sample_setup, .fini = sample_teardown);

#define HOLDS(text) cr_expect(sample_holds(text), "%s", text)
#define FAILS(text) cr_expect_not(sample_holds(text), "%s", text)

/** Every comparison of a field with a value it equals, a lesser and a greater one. */
static void compares(const char *field, const char *same, const char *less, const char *more)
{
    static const struct {
        const char *op;
        bool same, less, more; /**< whether it holds with such a value on the right */
    } ops[] = {{"==", true, false, false},  {"!=", false, true, true},  {"<", false, false, true},
               {"<=", true, false, true},   {">", false, true, false},  {">=", true, true, false},
               {"eq", true, false, false},  {"ne", false, true, true},  {"lt", false, false, true},
               {"le", true, false, true},   {"gt", false, true, false}, {"ge", true, true, false},
               {"===", true, false, false}, {"!==", false, true, true}};
    char text[160];
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        snprintf(text, sizeof text, "%s %s %s", field, ops[i].op, same);
        cr_expect_eq(sample_holds(text), ops[i].same, "%s", text);
        snprintf(text, sizeof text, "%s %s %s", field, ops[i].op, less);
        cr_expect_eq(sample_holds(text), ops[i].less, "%s", text);
        snprintf(text, sizeof text, "%s %s %s", field, ops[i].op, more);
        cr_expect_eq(sample_holds(text), ops[i].more, "%s", text);
    }
    snprintf(text, sizeof text, "%s in {%s, %s}", field, less, same);
    cr_expect(sample_holds(text), "%s", text);
    snprintf(text, sizeof text, "%s in {%s, %s}", field, less, more);
    cr_expect_not(sample_holds(text), "%s", text);
    snprintf(text, sizeof text, "%s in {%s..%s}", field, less, more);
    cr_expect(sample_holds(text), "%s", text);
    snprintf(text, sizeof text, "%s in {%s..%s}", field, less, less);
    cr_expect_not(sample_holds(text), "%s", text);
    snprintf(text, sizeof text, "%s not in {%s..%s}", field, same, more);
    cr_expect_not(sample_holds(text), "%s", text);
    snprintf(text, sizeof text, "%s == %s", field, field);
    cr_expect(sample_holds(text), "%s", text);
    snprintf(text, sizeof text, "%s != %s", field, field);
    cr_expect_not(sample_holds(text), "%s", text);
    cr_expect(sample_holds(field), "%s", field);
}

Test(program, compares_numbers)
{
    compares("len", "0x2a", "-1", "4294967296");
    compares("big", "-5", "-6", "18446744073709551615");
    compares("ratio", "0.25", "0.2", "1");
    compares("rcode", "3", "0", "5");
    compares("rcode", "NXDOMAIN", "NOERROR", "\"REFUSED\"");
    compares("rcode_name", "NXDOMAIN", "NOERROR", "99");
    compares("packet_number", "12", "11", "13");
    compares("flow.orig_p", "40000", "1", "65535");
    compares("orig_pkts", "5", "4", "6");
    HOLDS("wide == 18446744073709551615");
    HOLDS("wide > 9223372036854775807");
    FAILS("wide < 0");
}

Test(program, compares_times_and_durations)
{
    compares("when", "1700000000.5", "1700000000.499999999", "2023-11-15");
    compares("when", "\"2023-11-14 22:13:20.5\"", "\"2023-11-14 22:13:20\"",
             "2023-11-14T22:13:21Z");
    compares("when_ns", "1700000000500000000", "0", "1700000000500000001");
    compares("rtt", "1.5ms", "1499us", "5s");
    compares("rtt", "0.0015", "0", "1");
    compares("rtt_ns", "1500000", "-1", "1500001");
    compares("ts", "1700000000.5", "0", "9000000000");
    compares("flow.duration", "2.5s", "2s", "1m");
}

Test(program, compares_addresses_and_texts)
{
    compares("addr", "192.0.2.1", "192.0.2.0", "192.0.3.0");
    compares("mac", "00:1b:21:3c:9d:f8", "00:1b:21:3c:9d:f7", "ff-ff-ff-ff-ff-ff");
    compares("name", "\"www.example.com\"", "'www.example'", "\"www.example.com.\"");
    compares("data", "00:01:47:45:54:ff", "0001", "\"a\"");
    HOLDS("addr == 192.0.2.0/24");
    FAILS("addr != 192.0.2.0/24");
    HOLDS("addr != 192.0.3.0/24");
    HOLDS("addr in {10.0.0.0/8, 192.0.2.0/31}");
    HOLDS("addr != ::1");
    FAILS("addr == ::/0");
    FAILS("addr < ::1 or addr > ::1 or addr >= ::1");
}

Test(program, bools)
{
    HOLDS("yes");
    HOLDS("yes == true && yes == 1 && yes != false && yes != 0");
    FAILS("!yes");
    sample.yes = 0;
    FAILS("yes");
    HOLDS("yes == false");
}

Test(program, searches)
{
    HOLDS("name contains \"example\"");
    HOLDS("name contains \"\"");
    FAILS("name contains \"EXAMPLE\"");
    FAILS("name contains \"www.example.com.\"");
    HOLDS("data contains \"GET\"");
    HOLDS("data contains 01:47");
    FAILS("data contains 0147ff");
    HOLDS("mac contains 21:3c");
    HOLDS("rcode_name contains \"DOMAIN\"");
    HOLDS("rcode_name matches \"^nx\"");
    HOLDS("name matches r\"^www\\.\" and name ~ \"COM$\"");
    FAILS("name matches \"^example\"");
    HOLDS("data matches \"^\\x00?.get\"");
    sample.rcode = 99;
    FAILS("rcode_name contains \"9\"");
    sample.name.len = 0;
    HOLDS("name contains \"\"");
    FAILS("name contains \"w\"");
    HOLDS("name == \"\" and name matches \"^$\"");
}

Test(program, masks)
{
    HOLDS("len & 2");
    FAILS("len & 4");
    HOLDS("len & 0x0a == 10");
    HOLDS("len & 0xff != 41");
    HOLDS("len & 3 in {2, 3} and len & 3 not in {0, 1}");
    HOLDS("tcp.flags & 0x12 == 0x12");
}

Test(program, what_is_absent_fails_every_comparison)
{
    sample.event.present = 0;
    FAILS("rtt");
    HOLDS("not rtt");
    FAILS("rtt == 0 or rtt != 0 or rtt < 1 or rtt > 0 or rtt in {0..99} or rtt === 0 or rtt !== 0");
    FAILS("rtt == rtt or rtt != rtt or flow.duration == rtt or flow.duration != rtt or "
          "flow.duration < rtt");
    HOLDS("rtt not in {0..99}");
    sample.addr.len = 0;
    FAILS("addr or addr != 1.2.3.4 or addr == 0.0.0.0/0");
    sample.event.live = NULL;
    FAILS("flow.duration or conn_state");
    sample.event.flow = NULL;
    FAILS("flow.uid or orig_p or id.orig_h");
    sample.event.packet = NULL;
    FAILS("ts or packet_number or tcp or tcp.port or frame.len");
    HOLDS("len");
}

Test(program, items_of_lists)
{
    HOLDS("items");
    HOLDS("items.name == \"a.example\" and items.name == \"b.example\"");
    FAILS("items.name != \"a.example\"");
    HOLDS("items.name !== \"a.example\"");
    FAILS("items.name === \"a.example\"");
    HOLDS("items.name != \"c.example\"");
    HOLDS("items.name matches \"^[b-z]\" and items.name contains \"a.\"");
    HOLDS("items.kind == NXDOMAIN && items.kind == 77 and items.kind > 70");
    HOLDS("items.kind_name contains \"NX\"");
    FAILS("items.kind_name contains \"7\"");
    HOLDS("items.addr === 192.0.2.0/24");
    HOLDS("items.addr == addr");
    HOLDS("items.rank === 8 and items.rank and sample.item_rank > 7");
    FAILS("items.rank == 5 or items.rank != 8 or sample.item_rank < 8");
    HOLDS("numbers == 7 and numbers == 9 and numbers in {8..10}");
    FAILS("numbers === 7 or numbers == 8");
    sample.items.count = 1;
    FAILS("items.rank or items.rank != 8");
    sample.items.count = 0;
    FAILS("items or items.name or items.name != \"x\"");
}

Test(program, layers_at_every_depth)
{
    HOLDS("ip.src == 192.0.2.1 and ip.src == 10.0.0.1");
    FAILS("ip.src != 10.0.0.1");
    HOLDS("ip.src != 10.0.0.2 and ip.addr == 10.0.0.2 and ip.dst == 10.0.0.2");
    HOLDS("ip.ttl == 64 and ip.ttl == 3 and ip.ttl < 4");
    HOLDS("tcp.port == 80 and tcp.port == 40000 and tcp.dstport === 80");
    FAILS("tcp.port != 80");
    HOLDS("tcp.port != 81 and tcp.port in {70..90} and udp.port == 53");
    HOLDS("tcp.srcport > tcp.dstport");
    HOLDS("tcp and udp and ip and vlan and eth and !ipv6 && not sctp");
}

Test(program, joins)
{
    static const char *const atoms[] = {"len == 42", "len == 1"}; // true, false
    char text[200];
    for (int bits = 0; bits < 16; bits++) {
        bool a = !(bits & 1), b = !(bits & 2), c = !(bits & 4), d = !(bits & 8);
        const char *ta = atoms[!a], *tb = atoms[!b], *tc = atoms[!c], *td = atoms[!d];
        snprintf(text, sizeof text, "%s and %s or %s and %s", ta, tb, tc, td);
        cr_expect_eq(sample_holds(text), (a && b) || (c && d), "%s", text);
        snprintf(text, sizeof text, "%s or %s and %s or %s", ta, tb, tc, td);
        cr_expect_eq(sample_holds(text), a || (b && c) || d, "%s", text);
        snprintf(text, sizeof text, "(%s or %s) and (%s or %s)", ta, tb, tc, td);
        cr_expect_eq(sample_holds(text), (a || b) && (c || d), "%s", text);
        snprintf(text, sizeof text, "not %s and not (%s or !(%s && !%s))", ta, tb, tc, td);
        cr_expect_eq(sample_holds(text), !a && !(b || !(c && !d)), "%s", text);
        snprintf(text, sizeof text, "!!(%s || not not %s) && ((%s)) || (%s)", ta, tb, tc, td);
        cr_expect_eq(sample_holds(text), ((a || b) && c) || d, "%s", text);
    }
}

/** Chains of any length and any nesting against a plain evaluation of the same. */
Test(program, agrees_with_a_naive_model)
{
    unsigned seed = 20260131;
    for (int round = 0; round < 3000; round++) {
        struct text text = {0};
        bool value = false;
        int terms = 1 + rand_r(&seed) % 12;
        for (int i = 0; i < terms;
             i++) { // a disjunction of conjunctions, each in parentheses or not
            int factors = 1 + rand_r(&seed) % 4;
            bool all = true, wrap = rand_r(&seed) % 2, negated = wrap && rand_r(&seed) % 3 == 0;
            text_add_str(&text, i ? " or " : "");
            text_add_str(&text, negated ? "not (" : wrap ? "(" : "");
            for (int k = 0; k < factors; k++) {
                bool truth = rand_r(&seed) % 3, no = rand_r(&seed) % 3 == 0;
                text_add_str(&text, k ? " && " : "");
                text_add_str(&text, no ? "!" : "");
                text_add_str(&text, truth != no ? "len == 42" : "len == 1");
                all = all && truth;
            }
            text_add_str(&text, wrap ? ")" : "");
            value = value || all != negated;
        }
        cr_expect_eq(sample_holds(text.data), value, "seed 20260131, round %d: %s", round,
                     text.data);
        text_fini(&text);
    }
}

Test(program, selects_events_with_their_keys)
{
    struct event_queue queue, out;
    struct sample events[100];
    struct filter_program *program = sample_compile(sample_kind, "len & 1 and len > 50", NULL);
    event_queue_init(&queue);
    event_queue_init(&out);
    for (uint32_t i = 0; i < 100; i++) {
        events[i] = sample;
        events[i].len = i;
        event_queue_push(&queue, &events[i].event, 1000 + i);
    }
    for (int again = 0; again < 2; again++) {
        filter_program_select(program, &queue, &out);
        cr_assert_eq(out.count, 25);
        for (uint32_t i = 0; i < out.count; i++) {
            cr_expect_eq(out.events[i], &events[51 + 2 * i].event);
            cr_expect_eq(out.keys[i], 1051 + 2 * i);
        }
    }
    event_queue_clear(&queue);
    filter_program_select(program, &queue, &out);
    cr_expect_eq(out.count, 0);
    filter_program_free(program);
    event_queue_fini(&queue);
    event_queue_fini(&out);
}

Test(program, counts_searches_given_up)
{
    static char bytes[5000];
    memset(bytes, 'a', sizeof bytes);
    sample.name = sample_slice(bytes, sizeof bytes);
    struct filter_program *program = sample_compile(
        sample_kind, "name matches \"(a+)+[bd]\" or name matches \"(a|aa)+[bd]\"", NULL);
    cr_expect_not(filter_program_holds(program, &sample.event));
    cr_expect_eq(filter_program_given_up(program), 2);
    filter_program_free(program);
}
