// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdlib.h>

#include <palua/packet.h>
#include <palua/plugin.h>

#include "events.h"
#include "message.h"
#include "pending.h"

enum { PORT_DNS = 53, PORT_MDNS = 5353, PORT_LLMNR = 5355, PROTO_TCP = 6, PROTO_UDP = 17 };
enum { MESSAGE_MOST = 65535, PREFIX_LEN = 2 }; // over TCP: RFC 1035 section 4.2.2

enum dns_event { DNS_EVENT_QUERY, DNS_EVENT_ANSWER, DNS_EVENT_COUNT };

enum dns_counter { DNS_COUNTER_CUT, DNS_COUNTER_REPEATED, DNS_COUNTER_DROPPED, DNS_COUNTER_SHED };

struct dns_instance {
    const struct palua_host *host;
    struct dns_want wants[DNS_EVENT_COUNT]; /**< what to build of a query, of an answer */
    bool read[DNS_EVENT_COUNT];             /**< whether to look at such messages at all */
    bool match;                             /**< somebody reads rtt */
    struct dns_pending_options pending;
};

/** What is kept per flow. */
struct dns_flow {
    struct dns_pending pending;
    bool lost[2]; /**< TCP, by direction: where messages begin is not known any more */
};

/** One message on its way from the payload to an event. */
struct dns_job {
    struct dns_instance *self;
    struct palua_call *call;
    struct dns_pending *pending;
    struct palua_slice payload; /**< as captured */
    uint32_t wire_len;
    struct palua_slice src;
    struct palua_slice dst;
    int64_t ts_ns;
    uint8_t transport; /**< IP protocol number */
    uint8_t direction;
    bool mdns;
    struct dns_want want;
    struct dns_message message;
    enum dns_event kind;
};

static bool wants(uint64_t mask, enum dns_field field)
{
    return palua_field_bit(mask, field);
}

/** What the run reads of one of the events. */
static void look_up(struct dns_instance *self, struct palua_instance *instance, enum dns_event kind)
{
    const struct palua_host *host = self->host;
    uint64_t mask = host->wanted(instance, kind);
    struct dns_want *want = &self->wants[kind];
    want->all = host->anomalies_wanted(instance);
    self->read[kind] = host->subscribed(instance, kind) || want->all;
    want->qname = wants(mask, DNS_FIELD_QNAME) || want->all;
    want->opt = wants(mask, DNS_FIELD_EDNS_SIZE) || wants(mask, DNS_FIELD_DNSSEC_OK);
    if (kind == DNS_EVENT_QUERY)
        return;
    want->opt = want->opt || wants(mask, DNS_FIELD_RCODE);
    for (int i = 0; i < DNS_SECTIONS; i++)
        want->sections[i] = wants(mask, (enum dns_field)(DNS_FIELD_ANSWERS + i)) || want->all;
    self->match = wants(mask, DNS_FIELD_RTT);
}

static bool dns_start(const struct palua_host *host, struct palua_instance *instance, void **out)
{
    struct dns_instance *self = calloc(1, sizeof *self);
    if (!self) {
        host->refuse(instance, "memory ran out");
        return false;
    }
    self->host = host;
    self->pending.cap = (uint32_t)host->option_int(instance, "pending_cap");
    self->pending.timeout_ns = host->option_int(instance, "pending_timeout_ms") * INT64_C(1000000);
    look_up(self, instance, DNS_EVENT_QUERY);
    look_up(self, instance, DNS_EVENT_ANSWER);
    if (self->match) // queries are remembered by id and question, whoever reads them
        for (int i = 0; i < DNS_EVENT_COUNT; i++)
            self->read[i] = self->wants[i].qname = true;
    *out = self;
    return true;
}

static void dns_stop(void *self)
{
    free(self);
}

static void report_faults(struct dns_job *job)
{
    const struct palua_host *host = job->self->host;
    const struct dns_message *message = &job->message;
    bool cut = job->payload.len < job->wire_len;
    if (message->bad_rdata)
        host->anomaly(job->call, DNS_BAD_RDATA, message->bad_rdata_offset);
    if (message->shed)
        host->count(job->call, DNS_COUNTER_SHED, message->shed);
    if (cut)
        host->count(job->call, DNS_COUNTER_CUT, 1);
    // What the capture left out is no fault of the message.
    if (message->fault < DNS_FAULT_COUNT && !(cut && message->fault == DNS_TRUNCATED))
        host->anomaly(job->call, message->fault, message->fault_offset);
}

static uint64_t pending_key(const struct dns_job *job, uint8_t asker)
{
    const struct dns_message *message = &job->message;
    return dns_pending_key(message->id, asker, message->qname.data, message->qname.len,
                           message->qtype, message->qclass);
}

static void remember_query(struct dns_job *job)
{
    const struct palua_host *host = job->self->host;
    switch (dns_pending_add(job->pending, &job->self->pending, pending_key(job, job->direction),
                            job->ts_ns)) {
    case DNS_PENDING_REPEATED:
        host->count(job->call, DNS_COUNTER_REPEATED, 1);
        break;
    case DNS_PENDING_DROPPED:
        host->count(job->call, DNS_COUNTER_DROPPED, 1);
        break;
    case DNS_PENDING_ADDED:
        break;
    }
}

/** The time since the query this message answers; false if that was not seen in this flow. A clock
 * that was set back gives no time either. */
static bool find_rtt(struct dns_job *job, int64_t *rtt_ns)
{
    int64_t now_ns = job->ts_ns;
    int64_t asked_ns;
    uint8_t asker = job->direction == PALUA_ORIG ? PALUA_RESP : PALUA_ORIG;
    if (!dns_pending_take(job->pending, &job->self->pending, pending_key(job, asker),
                          !job->message.question, now_ns, &asked_ns) ||
        now_ns < asked_ns)
        return false;
    *rtt_ns = now_ns - asked_ns;
    return true;
}

static void set_present(struct palua_event *event, enum dns_field field, bool present)
{
    event->present |= (uint64_t)present << field;
}

static void fill_common(const struct dns_job *job, struct dns_query *out)
{
    const struct dns_message *message = &job->message;
    bool asks = job->kind == DNS_EVENT_QUERY;
    uint16_t flags = message->flags;
    out->client = asks ? job->src : job->dst;
    out->server = asks ? job->dst : job->src;
    out->transport = job->transport;
    out->id = message->id;
    out->opcode = (uint8_t)dns_opcode(message);
    out->rd = (flags & DNS_RD) != 0;
    out->ra = (flags & DNS_RA) != 0;
    out->aa = (flags & DNS_AA) != 0;
    out->tc = (flags & DNS_TC) != 0;
    out->ad = (flags & DNS_AD) != 0;
    out->cd = (flags & DNS_CD) != 0;
    out->qdcount = message->counts[0];
    out->ancount = message->counts[1];
    out->nscount = message->counts[2];
    out->arcount = message->counts[3];
    out->qname = message->qname;
    out->qtype = message->qtype;
    out->qclass = message->qclass;
    out->unicast_response = message->unicast;
    out->edns_size = message->edns_size;
    out->dnssec_ok = message->dnssec_ok;
    set_present(&out->event, DNS_FIELD_QNAME, message->question);
    set_present(&out->event, DNS_FIELD_QTYPE, message->question);
    set_present(&out->event, DNS_FIELD_QCLASS, message->question);
    set_present(&out->event, DNS_FIELD_UNICAST_RESPONSE, message->question && job->want.mdns);
    set_present(&out->event, DNS_FIELD_EDNS_SIZE, message->opt);
    set_present(&out->event, DNS_FIELD_DNSSEC_OK, message->opt);
}

static void publish_query(struct dns_job *job)
{
    struct dns_query *event = job->self->host->event(job->call, DNS_EVENT_QUERY);
    if (!event)
        return;
    fill_common(job, event);
    job->self->host->publish(job->call, DNS_EVENT_QUERY, event);
}

static void publish_answer(struct dns_job *job, bool answered, int64_t rtt_ns)
{
    struct dns_answer *event = job->self->host->event(job->call, DNS_EVENT_ANSWER);
    if (!event)
        return;
    fill_common(job, &event->query);
    event->rcode = (uint16_t)dns_rcode(&job->message);
    event->answers = job->message.sections[DNS_ANSWERS];
    event->authority = job->message.sections[DNS_AUTHORITY];
    event->additional = job->message.sections[DNS_ADDITIONAL];
    event->rtt_ns = rtt_ns;
    set_present(&event->query.event, DNS_FIELD_RTT, answered);
    job->self->host->publish(job->call, DNS_EVENT_ANSWER, event);
}

static void handle_message(struct dns_job *job)
{
    bool understood = job->message.question || !job->message.counts[0];
    report_faults(job);
    if (!understood)
        return;
    if (job->kind == DNS_EVENT_QUERY) {
        if (job->self->match && job->message.question)
            remember_query(job);
        publish_query(job);
    } else {
        int64_t rtt_ns = 0;
        bool answered = job->self->match && find_rtt(job, &rtt_ns);
        publish_answer(job, answered, rtt_ns);
    }
}

static void read_message(struct dns_job *job)
{
    struct dns_instance *self = job->self;
    struct palua_cursor at = palua_cursor_of(job->payload);
    if (!dns_header_read(&at, &job->message)) {
        job->message.fault = DNS_SHORT_HEADER;
        if (job->payload.len == job->wire_len)
            self->host->anomaly(job->call, DNS_SHORT_HEADER, job->payload.len);
        return;
    }
    job->kind = job->message.flags & DNS_QR ? DNS_EVENT_ANSWER : DNS_EVENT_QUERY;
    if (!self->read[job->kind])
        return;
    job->want = self->wants[job->kind];
    job->want.mdns = job->mdns;
    dns_message_read(&at, &job->want, self->host, job->call, &job->message);
    handle_message(job);
}

static enum palua_verdict dns_datagram(void *self, struct palua_call *call, void *state,
                                       const struct palua_datagram *in)
{
    struct dns_flow *flow = state;
    struct dns_job job = {
        .self = self,
        .call = call,
        .pending = &flow->pending,
        .payload = in->payload,
        .wire_len = in->wire_len,
        .src = in->src,
        .dst = in->dst,
        .ts_ns = in->packet->ts_ns,
        .transport = PROTO_UDP,
        .direction = in->direction,
        .mdns = in->sport == PORT_MDNS || in->dport == PORT_MDNS,
    };
    read_message(&job);
    return PALUA_DONE;
}

static void read_stream_message(struct dns_instance *self, struct palua_call *call,
                                struct dns_flow *flow, const struct palua_stream *in,
                                struct palua_slice message)
{
    struct dns_job job = {
        .self = self,
        .call = call,
        .pending = &flow->pending,
        .payload = message,
        .wire_len = message.len,
        .src = in->src,
        .dst = in->dst,
        .ts_ns = in->ts_ns,
        .transport = PROTO_TCP,
        .direction = in->direction,
    };
    read_message(&job);
}

/** RFC 1035 section 4.2.2: each message follows its length, 2 bytes. After a gap nothing tells
 * where the next one begins. */
static enum palua_verdict dns_stream(void *self_, struct palua_call *call, void *state,
                                     const struct palua_stream *in, struct palua_taken *out)
{
    struct dns_instance *self = self_;
    struct dns_flow *flow = state;
    struct palua_cursor at = palua_cursor_of(in->data);
    uint16_t len;
    flow->lost[in->direction] |= in->gap != 0;
    while (!flow->lost[in->direction]) {
        struct palua_cursor start = at;
        struct palua_slice message = {0};
        out->consumed = palua_cursor_offset(&at);
        if (!palua_cursor_u16(&at, &len)) {
            out->need = PREFIX_LEN;
            break;
        }
        message.len = len;
        if (!palua_cursor_bytes(&at, len, &message.data)) {
            out->need = PREFIX_LEN + (uint32_t)len;
            at = start;
            break;
        }
        read_stream_message(self, call, flow, in, message);
    }
    if (flow->lost[in->direction])
        out->consumed = in->data.len;
    // The rest of a message did not come, or not all of it was captured.
    if (in->end && (in->gap || out->consumed < in->data.len))
        self->host->count(call, DNS_COUNTER_CUT, 1);
    return PALUA_DONE;
}

static void dns_flow_end(void *self, struct palua_call *call, void *state)
{
    (void)self;
    (void)call;
    struct dns_pending *pending = &((struct dns_flow *)state)->pending;
    if (pending->queries) // hardly ever: the rest of the state need not be touched
        dns_pending_fini(pending);
}

static const struct palua_schema *const events[] = {&dns_query_schema, &dns_answer_schema};

static const struct palua_binding bindings[] = {
    {PALUA_ON_UDP_PORT, PORT_DNS},
    {PALUA_ON_UDP_PORT, PORT_MDNS},
    {PALUA_ON_UDP_PORT, PORT_LLMNR},
    {PALUA_ON_TCP_PORT, PORT_DNS},
};

static const struct palua_option options[] = {
    {"pending_cap",
     "queries per flow that wait for an answer; at the cap the oldest gets no rtt any more", "64",
     1, 65536},
    {"pending_timeout_ms", "milliseconds after which an answer is no longer paired with its query",
     "30000", 1, 3600000},
};

static const struct palua_counter counters[] = {
    [DNS_COUNTER_CUT] = {"messages_cut", "messages of which the capture has only a part"},
    [DNS_COUNTER_REPEATED] = {"queries_repeated", "queries asked again before an answer came"},
    [DNS_COUNTER_DROPPED] = {"queries_forgotten", "queries without rtt, as pending_cap was met"},
    [DNS_COUNTER_SHED] = {"records_shed", "records left out, as a message's text was too long"},
};

static const struct palua_anomaly anomalies[] = {
#define X(code, name, text) {name, text},
    DNS_FAULT_LIST(X)
#undef X
};

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

static const struct palua_plugin plugin = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "dns",
    .doc = "DNS over UDP and TCP, multicast DNS and LLMNR",
    .role = PALUA_DISSECTOR,
    .events = events,
    .event_count = COUNT(events),
    .bindings = bindings,
    .binding_count = COUNT(bindings),
    .options = options,
    .option_count = COUNT(options),
    .counters = counters,
    .counter_count = COUNT(counters),
    .anomalies = anomalies,
    .anomaly_count = COUNT(anomalies),
    .flow_state_size = sizeof(struct dns_flow),
    .start = dns_start,
    .stop = dns_stop,
    .datagram = dns_datagram,
    .flow_end = dns_flow_end,
    .stream = dns_stream,
    .stream_cap = PREFIX_LEN + MESSAGE_MOST,
};

PALUA_PLUGIN(plugin)
