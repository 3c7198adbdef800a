// SPDX-License-Identifier: MIT OR Apache-2.0
/* The plugin as the engine runs it: datagrams in, events out. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "builder.h"
#include "event/schemas.h"
#include "events.h"
#include "message.h"
#include "stage.h"

static struct stage stage;

static void open_stage(void)
{
    stage_open(&stage, NULL);
}

static void close_stage(void)
{
    stage_end(&stage);
    stage_close(&stage);
}

TestSuite(dns, .init = open_stage, .fini = close_stage);

/** A message from 192.0.2.1 to 192.0.2.2, port 53; `back` the other way. */
static void send_message(const struct builder *b, bool back, int64_t ts_ns)
{
    stage_send(&stage, &(struct stage_datagram){.src = back ? 2 : 1,
                                                .dst = back ? 1 : 2,
                                                .sport = back ? 53 : 40000,
                                                .dport = back ? 40000 : 53,
                                                .ts_ns = ts_ns,
                                                .payload = b->data,
                                                .len = b->len});
}

static void ask(unsigned id, const char *name, int64_t ts_ns)
{
    struct builder b = {.len = 0};
    put_header(&b, id, DNS_RD, 1, 0, 0, 1);
    put_question(&b, name, 1, 1);
    put_opt(&b, 1232, 0x8000);
    send_message(&b, false, ts_ns);
}

static void answer(unsigned id, const char *name, int64_t ts_ns)
{
    struct builder b = {.len = 0};
    put_header(&b, id, DNS_QR | DNS_RD | DNS_RA | 3, 1, 1, 0, 0);
    put_question(&b, name, 1, 1);
    put_record(&b, 1, 1, 60, "\300\0\2\7", 4);
    send_message(&b, true, ts_ns);
}

static const struct dns_query *query_at(uint32_t index)
{
    const struct event_queue *queue = stage_queue(&stage, "dns.query");
    cr_assert_lt(index, queue->count);
    return (const struct dns_query *)queue->events[index];
}

static const struct dns_answer *answer_at(uint32_t index)
{
    const struct event_queue *queue = stage_queue(&stage, "dns.answer");
    cr_assert_lt(index, queue->count);
    return (const struct dns_answer *)queue->events[index];
}

static void expect_slice(struct palua_slice got, const char *expected)
{
    cr_expect(got.len == strlen(expected) && (!got.len || !memcmp(got.data, expected, got.len)),
              "'%.*s', expected '%s'", (int)got.len, got.data, expected);
}

static bool has(const struct palua_event *event, enum dns_field field)
{
    return palua_field_bit(event->present, field);
}

Test(dns, publishes_a_query)
{
    stage_want(&stage, "dns.query", "id,qname,qtype,edns_size,dnssec_ok,client,server");
    stage_start(&stage, 1);
    ask(7, "www.Example.com", 0);
    answer(7, "www.Example.com", 0);
    cr_expect_eq(stage_queue(&stage, "dns.answer")->count, 0);
    const struct dns_query *query = query_at(0);
    cr_expect_eq(query->id, 7);
    expect_slice(query->qname, "www.Example.com");
    cr_expect_eq(query->qtype, 1);
    cr_expect_eq(query->qclass, 1);
    cr_expect_eq(query->transport, 17);
    cr_expect_eq(query->client.data[3], 1);
    cr_expect_eq(query->server.data[3], 2);
    cr_expect(query->rd && !query->ra && !query->aa && !query->tc && !query->ad && !query->cd);
    cr_expect_eq(query->edns_size, 1232);
    cr_expect_eq(query->dnssec_ok, 1);
    cr_expect_eq(query->qdcount, 1);
    cr_expect_eq(query->arcount, 1);
    cr_expect(has(&query->event, DNS_FIELD_QNAME) && has(&query->event, DNS_FIELD_EDNS_SIZE));
    cr_expect_not(has(&query->event, DNS_FIELD_UNICAST_RESPONSE));
}

Test(dns, publishes_an_answer_with_its_time)
{
    stage_want(&stage, "dns.answer", "rcode,answers,rtt,qname");
    stage_start(&stage, 1);
    ask(7, "www.Example.com", 1000);
    answer(7, "wWw.eXample.com", 3500); // servers may not keep the case
    answer(7, "www.example.com", 4000); // the same again: no query is left
    answer(8, "www.example.com", 4500);
    const struct dns_answer *got = answer_at(0);
    cr_expect_eq(got->rcode, 3);
    cr_expect(has(&got->query.event, DNS_FIELD_RTT));
    cr_expect_eq(got->rtt_ns, 2500);
    cr_expect_eq(got->query.client.data[3], 1);
    cr_expect_eq(got->query.server.data[3], 2);
    cr_assert_eq(got->answers.count, 1);
    const struct dns_record *record = got->answers.items;
    expect_slice(record->name, "wWw.eXample.com");
    expect_slice(record->data, "192.0.2.7");
    cr_expect_eq(record->ttl, 60);
    cr_expect_not(has(&answer_at(1)->query.event, DNS_FIELD_RTT));
    cr_expect_not(has(&answer_at(2)->query.event, DNS_FIELD_RTT));
    cr_expect_eq(stage_queue(&stage, "dns.query")->count, 0);
}

Test(dns, times_across_batches)
{
    stage_want(&stage, "dns.answer", "rtt");
    stage_start(&stage, 1);
    ask(7, "a", 1000);
    stage_next_batch(&stage);
    answer(7, "a", 2000);
    cr_expect_eq(answer_at(0)->rtt_ns, 1000);
}

Test(dns, gives_no_time_when_the_clock_was_set_back)
{
    stage_want(&stage, "dns.answer", "rtt");
    stage_start(&stage, 1);
    ask(7, "a", 1000);
    answer(7, "a", 900);
    cr_expect_not(has(&answer_at(0)->query.event, DNS_FIELD_RTT));
}

Test(dns, does_not_take_a_query_for_its_own_answer)
{
    stage_want(&stage, "dns.answer", "rtt");
    stage_start(&stage, 1);
    ask(7, "a", 1000);
    struct builder b = {.len = 0};
    put_header(&b, 7, DNS_QR, 1, 0, 0, 0);
    put_question(&b, "a", 1, 1);
    send_message(&b, false, 2000); // from the side that asked
    cr_expect_not(has(&answer_at(0)->query.event, DNS_FIELD_RTT));
}

Test(dns, pairs_an_answer_without_a_question)
{
    stage_want(&stage, "dns.answer", "rtt,qname");
    stage_start(&stage, 1);
    ask(7, "a", 1000);
    struct builder b = {.len = 0};
    put_header(&b, 7, DNS_QR | 1, 0, 0, 0, 0);
    send_message(&b, true, 1500);
    cr_expect_eq(answer_at(0)->rtt_ns, 500);
    cr_expect_not(has(&answer_at(0)->query.event, DNS_FIELD_QNAME));
}

Test(dns, builds_nothing_that_nobody_reads)
{
    stage_want(&stage, "dns.answer", "id");
    stage_start(&stage, 1);
    ask(7, "a", 1000);
    answer(7, "a", 1500);
    cr_expect_null(answer_at(0)->answers.items);
    cr_expect_eq(answer_at(0)->query.qname.len, 0);
    cr_expect_eq(answer_at(0)->query.qtype, 1);
    cr_expect_not(has(&answer_at(0)->query.event, DNS_FIELD_RTT));
}

static void send_on(uint16_t port, unsigned flags, unsigned qclass)
{
    struct builder b = {.len = 0};
    put_header(&b, 0, flags, 1, 0, 0, 0);
    put_question(&b, "host.local", 1, qclass);
    stage_send(
        &stage,
        &(struct stage_datagram){
            .src = 1, .dst = 251, .sport = port, .dport = port, .payload = b.data, .len = b.len});
}

Test(dns, reads_multicast_dns_and_llmnr)
{
    stage_want(&stage, "dns.query", "qname,qclass,unicast_response");
    stage_start(&stage, 1);
    send_on(5353, 0, 0x8001);
    send_on(5355, 0, 1);
    cr_expect_eq(query_at(0)->qclass, 1);
    cr_expect_eq(query_at(0)->unicast_response, 1);
    cr_expect(has(&query_at(0)->event, DNS_FIELD_UNICAST_RESPONSE));
    cr_expect_not(has(&query_at(1)->event, DNS_FIELD_UNICAST_RESPONSE));
}

static void expect_anomaly(uint32_t index, const char *name, uint32_t offset)
{
    const struct event_queue *queue = stage_queue(&stage, "anomaly");
    cr_assert_lt(index, queue->count, "%s", name);
    const struct anomaly_event *anomaly = (const struct anomaly_event *)queue->events[index];
    expect_slice(anomaly->name, name);
    expect_slice(anomaly->layer, "dns");
    cr_expect_eq(anomaly->offset, offset);
}

Test(dns, raises_anomalies_and_publishes_what_was_understood)
{
    stage_want(&stage, "dns.query", "qname");
    stage_want(&stage, "dns.answer", "answers");
    stage_want(&stage, "anomaly", "");
    stage_start(&stage, 1);
    struct builder b = {.len = 0};
    put_header(&b, 1, 0, 1, 0, 0, 0);
    b.len = 11;
    send_message(&b, false, 0);
    expect_anomaly(0, "dns_short_header", 11);

    b.len = 0; // a question that cannot be read: no event
    put_header(&b, 1, 0, 1, 0, 0, 0);
    put_u8(&b, 0x80);
    send_message(&b, false, 0);
    expect_anomaly(1, "dns_bad_label", 13);
    cr_expect_eq(stage_queue(&stage, "dns.query")->count, 0);

    b.len = 0; // a record that cannot be read: the question and what came before
    put_header(&b, 1, DNS_QR, 1, 2, 0, 0);
    put_question(&b, "a", 1, 1);
    put_record(&b, 1, 1, 0, "\1\2\3", 3);
    put_u16(&b, 0xc00c);
    send_message(&b, true, 0);
    expect_anomaly(2, "dns_bad_rdata", 31);
    expect_anomaly(3, "dns_truncated", b.len);
    cr_expect_eq(answer_at(0)->answers.count, 1);
    cr_expect_eq(stage_queue(&stage, "anomaly")->count, 4);
}

struct counted {
    char text[256];
};

static void note_counter(void *context, const char *plugin, const char *counter, uint64_t value)
{
    struct counted *counted = context;
    size_t len = strlen(counted->text);
    cr_expect_str_eq(plugin, "dns");
    snprintf(counted->text + len, sizeof counted->text - len, "%s=%u ", counter, (unsigned)value);
}

static void expect_counters(const char *expected)
{
    struct counted counted = {""};
    dissection_counters(stage.dissection, note_counter, &counted);
    cr_expect_str_eq(counted.text, expected);
}

Test(dns, a_message_that_the_snaplen_cut_is_no_anomaly)
{
    stage_want(&stage, "dns.query", "qname");
    stage_want(&stage, "anomaly", "");
    stage_start(&stage, 1);
    struct builder b = {.len = 0};
    put_header(&b, 1, 0, 1, 0, 0, 1);
    put_question(&b, "a", 1, 1);
    put_opt(&b, 1232, 0);
    stage_send(&stage, &(struct stage_datagram){.src = 1,
                                                .dst = 2,
                                                .sport = 40000,
                                                .dport = 53,
                                                .payload = b.data,
                                                .len = b.len,
                                                .cut = 3});
    expect_slice(query_at(0)->qname, "a");
    cr_expect_eq(stage_queue(&stage, "anomaly")->count, 0);
    expect_counters("messages_cut=1 ");
}

Test(dns, counts_repeated_and_forgotten_queries)
{
    uint32_t index;
    cr_assert(plugin_set_find(stage.set, "dns", &index, NULL));
    cr_assert(plugin_set_option(stage.set, index, "pending_cap", "2", NULL));
    stage_want(&stage, "dns.answer", "rtt");
    stage_start(&stage, 1);
    ask(1, "a", 10);
    ask(1, "a", 20);
    ask(2, "a", 30);
    ask(3, "a", 40); // the first is forgotten
    answer(1, "a", 50);
    answer(2, "a", 60);
    answer(3, "a", 70);
    expect_counters("queries_repeated=1 queries_forgotten=1 ");
    cr_expect_not(has(&answer_at(0)->query.event, DNS_FIELD_RTT));
    cr_expect_eq(answer_at(1)->rtt_ns, 30);
    cr_expect_eq(answer_at(2)->rtt_ns, 30);
}

Test(dns, other_opcodes_are_published_too)
{
    stage_want(&stage, "dns.query", "opcode,qname");
    stage_start(&stage, 1);
    struct builder b = {.len = 0};
    put_header(&b, 1, 5 << 11, 1, 0, 0, 0);
    put_question(&b, "zone", 6, 1);
    send_message(&b, false, 0);
    cr_expect_eq(query_at(0)->opcode, 5);
}
