// SPDX-License-Identifier: MIT OR Apache-2.0
/** The plugin's events as C structs, and their fields' numbers. */
#pragma once

#include <palua/event.h>

/** What a query and an answer have in common. */
struct dns_query {
    struct palua_event event;
    struct palua_slice client;
    struct palua_slice server;
    struct palua_slice qname;
    uint16_t id;
    uint16_t qtype;
    uint16_t qclass;
    uint16_t edns_size;
    uint16_t qdcount;
    uint16_t ancount;
    uint16_t nscount;
    uint16_t arcount;
    uint8_t transport;
    uint8_t opcode;
    uint8_t rd;
    uint8_t ra;
    uint8_t aa;
    uint8_t tc;
    uint8_t ad;
    uint8_t cd;
    uint8_t unicast_response;
    uint8_t dnssec_ok;
};

struct dns_answer {
    struct dns_query query; /**< the question and the header, from the answer itself */
    struct palua_list answers;
    struct palua_list authority;
    struct palua_list additional;
    int64_t rtt_ns;
    uint16_t rcode;
};

/** Numbers of the fields, which are their bits: the common ones first, then the answer's. */
enum dns_field {
    DNS_FIELD_ID,
    DNS_FIELD_TRANSPORT,
    DNS_FIELD_CLIENT,
    DNS_FIELD_SERVER,
    DNS_FIELD_OPCODE,
    DNS_FIELD_QNAME,
    DNS_FIELD_QTYPE,
    DNS_FIELD_QCLASS,
    DNS_FIELD_RD,
    DNS_FIELD_RA,
    DNS_FIELD_AA,
    DNS_FIELD_TC,
    DNS_FIELD_AD,
    DNS_FIELD_CD,
    DNS_FIELD_EDNS_SIZE,
    DNS_FIELD_DNSSEC_OK,
    DNS_FIELD_UNICAST_RESPONSE,
    DNS_FIELD_QDCOUNT,
    DNS_FIELD_ANCOUNT,
    DNS_FIELD_NSCOUNT,
    DNS_FIELD_ARCOUNT,
    DNS_FIELD_COMMON_COUNT,
    DNS_FIELD_RCODE = DNS_FIELD_COMMON_COUNT,
    DNS_FIELD_ANSWERS,
    DNS_FIELD_AUTHORITY,
    DNS_FIELD_ADDITIONAL,
    DNS_FIELD_RTT,
    DNS_FIELD_COUNT
};

extern const struct palua_schema dns_query_schema;
extern const struct palua_schema dns_answer_schema;
