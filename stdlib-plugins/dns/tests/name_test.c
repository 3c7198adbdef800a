// SPDX-License-Identifier: MIT OR Apache-2.0
#include <criterion/criterion.h>

#include "fake_host.h"
#include "name.h"

/** Reads the name at `offset` of a message; what it became, and how far the cursor went. */
struct reading {
    char text[1100];
    enum dns_fault fault;
    uint32_t end;
};

static struct reading read_at(const void *data, uint32_t len, uint32_t offset)
{
    struct palua_call call = {0};
    struct dns_text text = dns_text_of(&fake_host, &call);
    uint8_t *copy = malloc(len ? len : 1); // exactly as long: an overrun is seen
    memcpy(copy, data, len);
    struct palua_cursor at = palua_cursor_of((struct palua_slice){.data = copy, .len = len});
    at.pos += offset;
    struct reading out = {0};
    dns_text_begin(&text);
    out.fault = dns_name_read(&at, &text);
    struct palua_slice name = dns_text_take(&text);
    memcpy(out.text, name.data, name.len);
    out.end = palua_cursor_offset(&at);
    dns_text_close(&text);
    fake_free(&call);
    free(copy);
    return out;
}

/** A literal with the root that ends it, which is its NUL. */
#define READ(bytes) read_at(bytes, sizeof(bytes), 0)

static void expect_name(struct reading got, const char *text, uint32_t end)
{
    cr_expect_eq(got.fault, DNS_OK);
    cr_expect_str_eq(got.text, text);
    cr_expect_eq(got.end, end, "ended at %u, expected %u", got.end, end);
}

static void expect_fault(struct reading got, enum dns_fault fault)
{
    cr_expect_eq(got.fault, fault, "fault %d, expected %d", got.fault, fault);
    cr_expect_str_eq(got.text, "");
}

Test(name, reads_labels_and_keeps_their_case)
{
    expect_name(READ("\3wWw\7example\3com"), "wWw.example.com", 17);
    expect_name(READ("\1a"), "a", 3);
    expect_name(READ(""), ".", 1);
}

Test(name, stops_at_its_own_end)
{
    expect_name(read_at("\1a\0\1b", 6, 0), "a", 3);
}

Test(name, escapes_what_could_be_mistaken)
{
    expect_name(READ("\4a.b\\\1 "), "a\\046b\\092.\\032", 8);
    expect_name(READ("\3\0\x7f\xff"), "\\000\\127\\255", 5);
    expect_name(READ("\4!~-_"), "!~-_", 6);
}

Test(name, follows_pointers_backwards)
{
    const char message[] = "\3com\0\7example\xc0\0\3www\xc0\5";
    expect_name(read_at(message, 21, 5), "example.com", 15);
    expect_name(read_at(message, 21, 15), "www.example.com", 21);
}

Test(name, refuses_pointers_that_do_not_lead_backwards)
{
    expect_fault(READ("\xc0\0"), DNS_BAD_POINTER);
    expect_fault(READ("\1a\xc0\0"), DNS_BAD_POINTER);               // to its own start
    expect_fault(READ("\xc0\2\1a"), DNS_BAD_POINTER);               // forwards
    expect_fault(READ("\xff\xff"), DNS_BAD_POINTER);                // outside
    expect_fault(read_at("\xc0\2\xc0\0\0", 5, 2), DNS_BAD_POINTER); // each points at the other
}

Test(name, refuses_the_two_label_types_that_nobody_uses)
{
    expect_fault(READ("\100"), DNS_BAD_LABEL);
    expect_fault(READ("\277"), DNS_BAD_LABEL);
    cr_expect_eq(READ("\100").end, 1);
}

Test(name, says_where_every_truncation_is)
{
    const char message[] = "\3com\0\7example\xc0\0";
    for (uint32_t len = 5; len < 15; len++) {
        struct reading got = read_at(message, len, 5);
        expect_fault(got, DNS_TRUNCATED);
        cr_expect_leq(got.end, len);
    }
}

/** A name of `labels` labels of `size` bytes and its length on the wire. */
static uint32_t long_name(uint8_t *out, uint32_t labels, uint8_t size, uint8_t fill)
{
    uint8_t *pos = out;
    for (uint32_t i = 0; i < labels; i++) {
        *pos++ = size;
        memset(pos, fill, size);
        pos += size;
    }
    *pos++ = 0;
    return (uint32_t)(pos - out);
}

Test(name, takes_255_bytes_and_no_more)
{
    uint8_t wire[300];
    uint32_t len = long_name(wire, 127, 1, 'x');
    cr_assert_eq(len, DNS_NAME_CAP);
    struct reading got = read_at(wire, len, 0);
    cr_expect_eq(got.fault, DNS_OK);
    cr_expect_eq(strlen(got.text), 253);
    len = long_name(wire, 128, 1, 'x');
    expect_fault(read_at(wire, len, 0), DNS_NAME_TOO_LONG);
}

Test(name, fits_its_room_when_every_byte_is_escaped)
{
    uint8_t wire[300];
    uint32_t len = long_name(wire, 3, 63, 0);
    wire[len - 1] = 61;
    memset(wire + len, 0, 62);
    struct reading got = read_at(wire, len + 62, 0);
    cr_expect_eq(got.fault, DNS_OK);
    cr_expect_eq(strlen(got.text), (3 * 63 + 61) * 4 + 3);
}

Test(name, hops_at_most_127_times)
{
    uint8_t wire[2 * 130 + 2] = {0}; // the root at 0, then pointers, each to the one before
    for (uint32_t i = 1; i <= 130; i++) {
        wire[2 * i] = 0xc0;
        wire[2 * i + 1] = (uint8_t)(2 * (i - 1));
    }
    expect_name(read_at(wire, sizeof wire, 2 * 127), ".", 2 * 128);
    expect_fault(read_at(wire, sizeof wire, 2 * 128), DNS_NAME_TOO_LONG);
}

static void expect_skip(const void *data, uint32_t len, enum dns_fault fault, uint32_t end)
{
    struct palua_cursor at = palua_cursor_of((struct palua_slice){.data = data, .len = len});
    cr_expect_eq(dns_name_skip(&at), fault);
    if (fault == DNS_OK)
        cr_expect_eq(palua_cursor_offset(&at), end);
}

Test(name, is_passed_over)
{
    expect_skip("\3www\1a\0x", 8, DNS_OK, 7);
    expect_skip("\3www\xc0\0x", 7, DNS_OK, 6);
    expect_skip("", 1, DNS_OK, 1);
    expect_skip("", 0, DNS_TRUNCATED, 0);
    expect_skip("\3ww", 3, DNS_TRUNCATED, 0);
    expect_skip("\3www\xc0", 5, DNS_TRUNCATED, 0);
    expect_skip("\3www", 4, DNS_TRUNCATED, 0);
    expect_skip("\100", 1, DNS_BAD_LABEL, 0);
    uint8_t wire[300];
    expect_skip(wire, long_name(wire, 128, 1, 'x'), DNS_NAME_TOO_LONG, 0);
    expect_skip(wire, long_name(wire, 127, 1, 'x'), DNS_OK, 255);
}
