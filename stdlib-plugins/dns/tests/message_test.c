// SPDX-License-Identifier: MIT OR Apache-2.0
#include "message.h"

#include <criterion/criterion.h>

#include "builder.h"
#include "fake_host.h"

static const struct dns_want everything = {
    .qname = true, .sections = {true, true, true}, .opt = true, .all = true};

struct reading {
    struct palua_call call;
    uint8_t *copy;
    struct dns_message message;
    bool header;
    uint32_t end;
};

static struct reading read_bytes(const uint8_t *data, uint32_t len, const struct dns_want *want)
{
    struct reading out = {.copy = malloc(len ? len : 1)};
    memcpy(out.copy, data, len);
    struct palua_cursor at = palua_cursor_of((struct palua_slice){.data = out.copy, .len = len});
    out.header = dns_header_read(&at, &out.message);
    if (out.header)
        dns_message_read(&at, want, &fake_host, &out.call, &out.message);
    out.end = palua_cursor_offset(&at);
    return out;
}

static void reading_free(struct reading *reading)
{
    fake_free(&reading->call);
    free(reading->copy);
}

static void expect_slice(struct palua_slice got, const char *expected)
{
    cr_expect(got.len == strlen(expected) && (!got.len || !memcmp(got.data, expected, got.len)),
              "'%.*s', expected '%s'", (int)got.len, got.data, expected);
}

static const struct dns_record *record_of(const struct reading *reading, enum dns_section section,
                                          uint32_t index)
{
    cr_assert_lt(index, reading->message.sections[section].count);
    return (const struct dns_record *)reading->message.sections[section].items + index;
}

/** What a resolver says about www.example.com, with one record of each section and EDNS. */
static void put_answer(struct builder *b)
{
    put_header(b, 0x1234, 0x8583, 1, 2, 1, 2);
    put_question(b, "www.example.com", 1, 1);
    put_record(b, 5, 1, 300, "\3cdn\xc0\x10", 6);
    put_u16(b, 0xc000 | (b->len - 6)); // what the CNAME says
    put_u16(b, 1);
    put_u16(b, 1);
    put_u32(b, 60);
    put_u16(b, 4);
    put(b, "\300\0\2\1", 4);
    put_record(b, 2, 1, 7200, "\2ns\xc0\x10", 5);
    put_record(b, 16, 3, 0, "\2hi", 3);
    put_opt(b, 1232, 0x01008000);
}

Test(message, answer_in_full)
{
    struct builder b = {.len = 0};
    put_answer(&b);
    struct reading r = read_bytes(b.data, b.len, &everything);
    const struct dns_message *m = &r.message;
    cr_assert(r.header);
    cr_expect_eq(m->fault, DNS_OK);
    cr_expect_eq(r.end, b.len);
    cr_expect_eq(m->id, 0x1234);
    cr_expect_eq(dns_opcode(m), 0);
    cr_expect_eq(m->flags & (DNS_QR | DNS_AA | DNS_RD | DNS_RA), 0x8580);
    cr_expect_eq(dns_rcode(m), 16 + 3);
    cr_expect(m->question);
    expect_slice(m->qname, "www.example.com");
    cr_expect_eq(m->qtype, 1);
    cr_expect_eq(m->qclass, 1);
    cr_expect(m->opt && m->dnssec_ok);
    cr_expect_eq(m->edns_size, 1232);
    cr_expect_eq(m->sections[DNS_ANSWERS].count, 2);
    expect_slice(record_of(&r, DNS_ANSWERS, 0)->name, "www.example.com");
    expect_slice(record_of(&r, DNS_ANSWERS, 0)->data, "cdn.example.com");
    cr_expect_eq(record_of(&r, DNS_ANSWERS, 0)->ttl, 300);
    expect_slice(record_of(&r, DNS_ANSWERS, 1)->name, "cdn.example.com");
    expect_slice(record_of(&r, DNS_ANSWERS, 1)->data, "192.0.2.1");
    expect_slice(record_of(&r, DNS_AUTHORITY, 0)->data, "ns.example.com");
    expect_slice(record_of(&r, DNS_ADDITIONAL, 0)->data, "\"hi\"");
    cr_expect_eq(record_of(&r, DNS_ADDITIONAL, 0)->rclass, 3);
    cr_expect_eq(record_of(&r, DNS_ADDITIONAL, 1)->type, 41);
    expect_slice(record_of(&r, DNS_ADDITIONAL, 1)->name, ".");
    reading_free(&r);
}

Test(message, every_truncation_says_so_and_keeps_what_came_before)
{
    struct builder b = {.len = 0};
    put_answer(&b);
    for (uint32_t len = 0; len < b.len; len++) {
        struct reading r = read_bytes(b.data, len, &everything);
        cr_expect_eq(r.header, len >= DNS_HEADER_LEN);
        if (r.header) {
            cr_expect_eq(r.message.fault, DNS_TRUNCATED, "at %u", len);
            cr_expect_leq(r.message.fault_offset, len);
            cr_expect_eq(r.message.question, len >= 12 + 17 + 4);
            cr_expect_eq(r.message.sections[DNS_ANSWERS].count, (len >= 51) + (len >= 67), "at %u",
                         len);
        }
        reading_free(&r);
    }
}

Test(message, one_byte_too_many_is_said)
{
    struct builder b = {.len = 0};
    put_answer(&b);
    uint32_t end = b.len;
    put_u8(&b, 0);
    struct reading r = read_bytes(b.data, b.len, &everything);
    cr_expect_eq(r.message.fault, DNS_TRAILING_BYTES);
    cr_expect_eq(r.message.fault_offset, end);
    cr_expect_eq(r.message.sections[DNS_ADDITIONAL].count, 2);
    reading_free(&r);
}

Test(message, builds_only_what_is_wanted)
{
    struct builder b = {.len = 0};
    put_answer(&b);
    struct dns_want want = {.qname = true};
    struct reading r = read_bytes(b.data, b.len, &want);
    cr_expect_eq(r.end, 12 + 17 + 4); // not read on
    cr_expect_null(r.message.sections[DNS_ANSWERS].items);
    cr_expect_leq(r.call.allocated, 4096);
    reading_free(&r);

    want = (struct dns_want){.opt = true};
    r = read_bytes(b.data, b.len, &want);
    cr_expect(r.message.opt);
    cr_expect(r.message.question);
    cr_expect_eq(r.message.qname.len, 0);
    cr_expect_eq(r.call.allocated, 0);
    reading_free(&r);

    want = (struct dns_want){.sections = {false, true, false}};
    r = read_bytes(b.data, b.len, &want);
    cr_expect_eq(r.message.sections[DNS_ANSWERS].count, 0);
    cr_expect_eq(r.message.sections[DNS_AUTHORITY].count, 1);
    expect_slice(record_of(&r, DNS_AUTHORITY, 0)->name, "www.example.com");
    cr_expect_eq(r.message.fault, DNS_OK);
    reading_free(&r);
}

Test(message, the_first_of_several_questions_counts)
{
    struct builder b = {.len = 0};
    put_header(&b, 1, 0, 2, 0, 0, 1);
    put_question(&b, "a", 1, 1);
    put_question(&b, "b", 28, 3);
    put_opt(&b, 512, 0);
    struct reading r = read_bytes(b.data, b.len, &everything);
    expect_slice(r.message.qname, "a");
    cr_expect_eq(r.message.qtype, 1);
    cr_expect_eq(r.message.counts[0], 2);
    cr_expect(r.message.opt);
    cr_expect_eq(r.message.fault, DNS_OK);
    reading_free(&r);
}

Test(message, without_a_question)
{
    struct builder b = {.len = 0};
    put_header(&b, 1, 0x8001, 0, 0, 0, 0);
    struct reading r = read_bytes(b.data, b.len, &everything);
    cr_expect_not(r.message.question);
    cr_expect_eq(r.message.fault, DNS_OK);
    cr_expect_eq(dns_rcode(&r.message), 1);
    reading_free(&r);
}

Test(message, a_question_that_cannot_be_read_is_none)
{
    const uint8_t bad[] = {0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 1, 0, 1};
    struct reading r = read_bytes(bad, sizeof bad, &everything);
    cr_expect_not(r.message.question);
    cr_expect_eq(r.message.fault, DNS_BAD_LABEL);
    cr_expect_eq(r.message.fault_offset, 13);
    reading_free(&r);
}

Test(message, multicast_takes_the_top_bit_of_classes)
{
    struct builder b = {.len = 0};
    put_header(&b, 0, 0x8400, 1, 1, 0, 0);
    put_question(&b, "host.local", 1, 0x8001);
    put_record(&b, 1, 0x8001, 120, "\300\0\2\1", 4);
    struct dns_want want = everything;
    struct reading r = read_bytes(b.data, b.len, &want);
    cr_expect_eq(r.message.qclass, 0x8001);
    cr_expect_not(r.message.unicast);
    cr_expect_eq(record_of(&r, DNS_ANSWERS, 0)->rclass, 0x8001);
    reading_free(&r);
    want.mdns = true;
    r = read_bytes(b.data, b.len, &want);
    cr_expect_eq(r.message.qclass, 1);
    cr_expect(r.message.unicast);
    cr_expect_eq(record_of(&r, DNS_ANSWERS, 0)->rclass, 1);
    reading_free(&r);
}

Test(message, data_that_does_not_fit_its_type_is_counted_and_kept)
{
    struct builder b = {.len = 0};
    put_header(&b, 0, 0x8000, 1, 3, 0, 0);
    put_question(&b, "a", 1, 1);
    put_record(&b, 1, 1, 0, "\1\2\3", 3);
    put_record(&b, 1, 255, 0, "", 0); // RFC 2136: "any A of this name"
    put_record(&b, 1, 1, 0, "\1\2\3\4", 4);
    struct reading r = read_bytes(b.data, b.len, &everything);
    cr_expect_eq(r.message.fault, DNS_OK);
    cr_expect_eq(r.message.bad_rdata, 1);
    cr_expect_eq(r.message.bad_rdata_offset, 12 + 3 + 4 + 12);
    expect_slice(record_of(&r, DNS_ANSWERS, 0)->data, "\\# 3 010203");
    expect_slice(record_of(&r, DNS_ANSWERS, 1)->data, "");
    expect_slice(record_of(&r, DNS_ANSWERS, 2)->data, "1.2.3.4");
    reading_free(&r);
}

Test(message, does_not_trust_the_counts)
{
    struct builder b = {.len = 0};
    put_header(&b, 0, 0x8000, 1, 65535, 65535, 65535);
    put_question(&b, "a", 1, 1);
    put_record(&b, 1, 1, 0, "\1\2\3\4", 4);
    struct reading r = read_bytes(b.data, b.len, &everything);
    cr_expect_eq(r.message.fault, DNS_TRUNCATED);
    cr_expect_eq(r.message.sections[DNS_ANSWERS].count, 1);
    cr_expect_leq(r.call.allocated, 8192);
    reading_free(&r);
}

Test(message, text_is_bounded_and_what_is_left_out_is_counted)
{
    struct builder *b = calloc(1, sizeof *b);
    unsigned count = 20;
    put_header(b, 0, 0x8000, 1, count, 0, 0);
    put_question(b, "a", 1, 1);
    uint8_t types[1 + 16 * 34] = {0}; // 4,096 types in an NSEC record: some 40 kB of text
    for (unsigned i = 0; i < 16; i++) {
        types[1 + 34 * i] = (uint8_t)(100 + i);
        types[2 + 34 * i] = 32;
        memset(types + 3 + 34 * i, 0xff, 32);
    }
    for (unsigned i = 0; i < count; i++)
        put_record(b, 47, 1, 0, types, sizeof types);
    struct reading r = read_bytes(b->data, b->len, &everything);
    uint32_t kept = r.message.sections[DNS_ANSWERS].count;
    cr_expect_eq(r.message.fault, DNS_LIMIT);
    cr_expect_eq(kept + r.message.shed, count);
    cr_expect_gt(kept, 1);
    cr_expect_lt(kept, 7);
    reading_free(&r);
    free(b);
}

Test(message, a_name_that_many_records_share_is_written_once)
{
    struct builder *b = calloc(1, sizeof *b);
    unsigned count = 5000;
    put_header(b, 0, 0x8000, 1, count, 0, 0);
    put_question(b, "a-name-of-some-length.example.com", 1, 1);
    for (unsigned i = 0; i < count; i++)
        put_record(b, 10, 1, 0, "", 0);
    struct reading r = read_bytes(b->data, b->len, &everything);
    cr_expect_eq(r.message.fault, DNS_OK);
    cr_expect_eq(r.message.sections[DNS_ANSWERS].count, count);
    const struct dns_record *records = r.message.sections[DNS_ANSWERS].items;
    cr_expect_eq(records[0].name.data, records[count - 1].name.data);
    reading_free(&r);
    free(b);
}
