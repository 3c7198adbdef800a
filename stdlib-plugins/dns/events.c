// SPDX-License-Identifier: MIT OR Apache-2.0
#include "events.h"

#include "codes.h"
#include "message.h"

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof *(array)))
#define OPTIONAL .flags = PALUA_OPTIONAL

/** The common fields in the order of enum dns_field; AT(member) says where they stand in the
 * record. */
#define COMMON_FIELDS(record, AT)                                                                  \
    PALUA_FIELD_AS(record, AT(id), "id", PALUA_UINT, "number that pairs an answer with its query", \
                   .aliases = "trans_id"),                                                         \
        PALUA_FIELD_AS(record, AT(transport), "transport", PALUA_ENUM, "udp or tcp",               \
                       .names = &dns_transports, .aliases = "proto"),                              \
        PALUA_FIELD_AS(record, AT(client), "client", PALUA_IPADDR, "address that asks"),           \
        PALUA_FIELD_AS(record, AT(server), "server", PALUA_IPADDR,                                 \
                       "address that is asked; a group in multicast DNS and LLMNR"),               \
        PALUA_FIELD_AS(record, AT(opcode), "opcode", PALUA_ENUM, "kind of query",                  \
                       .names = &dns_opcodes, .aliases = "flags.opcode"),                          \
        PALUA_FIELD_AS(record, AT(qname), "qname", PALUA_STRING,                                   \
                       "name of the first question; odd bytes as \\DDD, the root as \".\"",        \
                       .aliases = "query,qry.name", OPTIONAL),                                     \
        PALUA_FIELD_AS(record, AT(qtype), "qtype", PALUA_ENUM, "type of the first question",       \
                       .names = &dns_types, .aliases = "qry.type", OPTIONAL),                      \
        PALUA_FIELD_AS(record, AT(qclass), "qclass", PALUA_ENUM, "class of the first question",    \
                       .names = &dns_classes, .aliases = "qry.class", OPTIONAL),                   \
        PALUA_FIELD_AS(record, AT(rd), "rd", PALUA_BOOL, "recursion desired",                      \
                       .aliases = "flags.recdesired"),                                             \
        PALUA_FIELD_AS(record, AT(ra), "ra", PALUA_BOOL, "recursion available",                    \
                       .aliases = "flags.recavail"),                                               \
        PALUA_FIELD_AS(record, AT(aa), "aa", PALUA_BOOL, "authoritative answer",                   \
                       .aliases = "flags.authoritative"),                                          \
        PALUA_FIELD_AS(record, AT(tc), "tc", PALUA_BOOL, "message was truncated by its sender",    \
                       .aliases = "flags.truncated"),                                              \
        PALUA_FIELD_AS(record, AT(ad), "ad", PALUA_BOOL, "authentic data",                         \
                       .aliases = "flags.authenticated"),                                          \
        PALUA_FIELD_AS(record, AT(cd), "cd", PALUA_BOOL, "checking disabled",                      \
                       .aliases = "flags.checkdisable"),                                           \
        PALUA_FIELD_AS(record, AT(edns_size), "edns_size", PALUA_UINT,                             \
                       "largest UDP message the sender takes, bytes; RFC 6891",                    \
                       .aliases = "rr.udp_payload_size", OPTIONAL),                                \
        PALUA_FIELD_AS(record, AT(dnssec_ok), "dnssec_ok", PALUA_BOOL,                             \
                       "sender wants DNSSEC records; RFC 3225", .aliases = "resp.z.do", OPTIONAL), \
        PALUA_FIELD_AS(record, AT(unicast_response), "unicast_response", PALUA_BOOL,               \
                       "multicast DNS: the answer may be unicast", .aliases = "qry.qu", OPTIONAL), \
        PALUA_FIELD_AS(record, AT(qdcount), "qdcount", PALUA_UINT,                                 \
                       "questions, as the header says; the event has the first",                   \
                       .aliases = "count.queries"),                                                \
        PALUA_FIELD_AS(record, AT(ancount), "ancount", PALUA_UINT, "answers, as the header says",  \
                       .aliases = "count.answers"),                                                \
        PALUA_FIELD_AS(record, AT(nscount), "nscount", PALUA_UINT,                                 \
                       "authority records, as the header says", .aliases = "count.auth_rr"),       \
        PALUA_FIELD_AS(record, AT(arcount), "arcount", PALUA_UINT,                                 \
                       "additional records, as the header says", .aliases = "count.add_rr")

static const struct palua_field record_fields[] = {
    PALUA_FIELD(struct dns_record, name, PALUA_STRING, "owner's name"),
    PALUA_FIELD(struct dns_record, type, PALUA_ENUM, "record type", .names = &dns_types),
    PALUA_FIELD(struct dns_record, ttl, PALUA_UINT, "time to live, seconds"),
    PALUA_FIELD(struct dns_record, data, PALUA_STRING, "data in presentation format"),
};

static const struct palua_schema record_schema = {
    .name = "record",
    .doc = "a resource record",
    .source = "RFC 1035 section 4.1.3",
    .fields = record_fields,
    .field_count = COUNT(record_fields),
    .size = sizeof(struct dns_record),
};

#define IN_QUERY(member) member
static const struct palua_field query_fields[] = {COMMON_FIELDS(struct dns_query, IN_QUERY)};

#define IN_ANSWER(member) query.member
static const struct palua_field answer_fields[] = {
    COMMON_FIELDS(struct dns_answer, IN_ANSWER),
    PALUA_FIELD(struct dns_answer, rcode, PALUA_ENUM, "response code, with the upper bits of EDNS",
                .names = &dns_rcodes, .aliases = "flags.rcode"),
    PALUA_FIELD(struct dns_answer, answers, PALUA_LIST, "answer section", .item = &record_schema),
    PALUA_FIELD(struct dns_answer, authority, PALUA_LIST, "authority section",
                .item = &record_schema),
    PALUA_FIELD(struct dns_answer, additional, PALUA_LIST, "additional section",
                .item = &record_schema),
    PALUA_FIELD_AS(struct dns_answer, rtt_ns, "rtt", PALUA_DURATION,
                   "time since the query; absent if it was not seen in this flow",
                   .aliases = "time", OPTIONAL),
};

_Static_assert(COUNT(query_fields) == DNS_FIELD_COMMON_COUNT, "enum dns_field names them all");
_Static_assert(COUNT(answer_fields) == DNS_FIELD_COUNT, "enum dns_field names them all");

const struct palua_schema dns_query_schema = {
    .name = "dns.query",
    .doc = "a DNS, multicast DNS or LLMNR message that asks",
    .source = "RFC 1035 section 4; RFC 6762, RFC 4795",
    .fields = query_fields,
    .field_count = COUNT(query_fields),
    .size = sizeof(struct dns_query),
};

const struct palua_schema dns_answer_schema = {
    .name = "dns.answer",
    .doc = "a DNS, multicast DNS or LLMNR message that answers or announces",
    .source = "RFC 1035 section 4; RFC 6762, RFC 4795",
    .fields = answer_fields,
    .field_count = COUNT(answer_fields),
    .size = sizeof(struct dns_answer),
};
