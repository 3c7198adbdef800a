// SPDX-License-Identifier: MIT OR Apache-2.0
/** One DNS message: RFC 1035 section 4, with the OPT record of RFC 6891 and the top bits of classes
 * that RFC 6762 takes. Knows nothing of what carried it: UDP, or TCP without its length.
 *
 * Only what is wanted is built; a fault ends the reading, and what was understood before it stays.
 * Keeps no state, so safe on any thread. */
#pragma once

#include "name.h"

enum { DNS_HEADER_LEN = 12, DNS_SECTIONS = 3 };

enum dns_section { DNS_ANSWERS, DNS_AUTHORITY, DNS_ADDITIONAL };

enum dns_flag {
    DNS_QR = 0x8000,
    DNS_AA = 0x0400,
    DNS_TC = 0x0200,
    DNS_RD = 0x0100,
    DNS_RA = 0x0080,
    DNS_AD = 0x0020,
    DNS_CD = 0x0010
};

/** One resource record, laid out as the item schema of the lists says. */
struct dns_record {
    struct palua_slice name;
    struct palua_slice data; /**< as text */
    uint32_t ttl;            /**< seconds */
    uint16_t type;
    uint16_t rclass; /**< without the top bit, if want.mdns */
};

struct dns_want {
    bool qname;
    bool sections[DNS_SECTIONS]; /**< as lists */
    bool opt;                    /**< what the OPT record says */
    bool all;                    /**< read to the end, to see every fault */
    bool mdns; /**< the top bit of a class is no part of it, RFC 6762 section 18.12 */
};

struct dns_message {
    uint16_t id;
    uint16_t flags;
    uint16_t
        counts[1 + DNS_SECTIONS]; /**< questions, then by enum dns_section, as the header says */
    bool question;                /**< the first question was read: */
    bool unicast;                 /**< its top class bit, if want.mdns */
    uint16_t qtype;
    uint16_t qclass;
    struct palua_slice qname; /**< empty unless wanted */
    bool opt;                 /**< an OPT record was read: */
    bool dnssec_ok;
    uint8_t rcode_high;                       /**< bits 11 to 4 of the response code */
    uint16_t edns_size;                       /**< bytes */
    struct palua_list sections[DNS_SECTIONS]; /**< of struct dns_record, those that are wanted */
    uint32_t shed;                            /**< records left out, as DNS_TEXT_CAP was met */
    enum dns_fault fault;                     /**< DNS_OK: none */
    uint32_t fault_offset;                    /**< bytes from the start of the message */
    uint32_t bad_rdata;                       /**< records whose data does not fit their type */
    uint32_t bad_rdata_offset;                /**< of the first of them */
};

static inline unsigned dns_opcode(const struct dns_message *message)
{
    return message->flags >> 11 & 15U;
}

static inline unsigned dns_rcode(const struct dns_message *message)
{
    return (unsigned)message->rcode_high << 4 | (message->flags & 15U);
}

/** The header; false, and nothing else may be done, if there are fewer than DNS_HEADER_LEN bytes.
 */
PALUA_CHECKED bool dns_header_read(struct palua_cursor *in, struct dns_message *out);

/** What follows the header.
 * @param in    as dns_header_read left it
 * @param host  gives the memory for names, data and lists: alloc, room and keep
 * @param out   as dns_header_read filled it */
void dns_message_read(struct palua_cursor *in, const struct dns_want *want,
                      const struct palua_host *host, struct palua_call *call,
                      struct dns_message *out);
