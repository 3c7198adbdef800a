// SPDX-License-Identifier: MIT OR Apache-2.0
/** Fuzzes the DNS message parser: any bytes as a message, behind one byte that says what is wanted.
 *
 * Aims at dns_message_read, dns_name_read and dns_rdata_text. Each message is read twice, once with
 * what the first byte wants and once in full: what both have must agree, all text must be
 * printable, and memory must stay within its bound. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../stdlib-plugins/dns/message.h"
#include "../../stdlib-plugins/dns/tests/fake_host.h"

#define CHECK(condition)                                                              \
    if (!(condition)) {                                                               \
        fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
        abort();                                                                      \
    }

static void check_text(struct palua_slice text)
{
    for (uint32_t i = 0; i < text.len; i++)
        CHECK(text.data[i] >= 0x20 && text.data[i] <= 0x7e);
}

static void check_lists(const struct dns_message *message)
{
    for (int i = 0; i < DNS_SECTIONS; i++) {
        const struct dns_record *records = message->sections[i].items;
        CHECK(message->sections[i].count <= message->counts[1 + i]);
        for (uint32_t j = 0; j < message->sections[i].count; j++) {
            CHECK(records[j].name.len > 0);
            check_text(records[j].name);
            check_text(records[j].data);
        }
    }
}

static struct dns_message read_message(struct palua_slice in, const struct dns_want *want,
                                       struct palua_call *call)
{
    struct dns_message message;
    struct palua_cursor at = palua_cursor_of(in);
    if (!dns_header_read(&at, &message)) {
        CHECK(in.len < DNS_HEADER_LEN);
        return message;
    }
    dns_message_read(&at, want, &fake_host, call, &message);
    CHECK(at.pos <= at.end);
    CHECK(message.fault_offset <= in.len);
    CHECK(message.fault != DNS_SHORT_HEADER && message.fault != DNS_BAD_RDATA);
    // Lists take at most 64 bytes per 11 of the message; text has its cap, and as much again for
    // what was moved.
    CHECK(call->allocated <= (uint64_t)in.len * 8 + 3 * DNS_TEXT_CAP);
    check_text(message.qname);
    check_lists(&message);
    return message;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 65536)
        return 0;
    uint8_t bits = data[0];
    const struct dns_want some = {
        .qname = bits & 1,
        .sections = {bits & 2, bits & 4, bits & 8},
        .opt = bits & 16,
        .all = bits & 32,
        .mdns = bits & 64,
    };
    const struct dns_want full = {
        .qname = true, .sections = {true, true, true}, .opt = true, .all = true, .mdns = some.mdns};
    struct palua_slice in = {.data = data + 1, .len = (uint32_t)(size - 1)};
    struct palua_call one = {0};
    struct palua_call other = {0};
    struct dns_message a = read_message(in, &some, &one);
    struct dns_message b = read_message(in, &full, &other);
    CHECK(a.id == b.id && a.flags == b.flags);
    if (a.question && b.question) {
        CHECK(a.qtype == b.qtype && a.qclass == b.qclass && a.unicast == b.unicast);
        if (some.qname)
            CHECK(a.qname.len == b.qname.len && !memcmp(a.qname.data, b.qname.data, a.qname.len));
    }
    if (a.opt && b.opt)
        CHECK(a.edns_size == b.edns_size && a.rcode_high == b.rcode_high);
    fake_free(&one);
    fake_free(&other);
    return 0;
}
