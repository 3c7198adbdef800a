// SPDX-License-Identifier: MIT OR Apache-2.0
#include <criterion/criterion.h>

#include "fake_host.h"
#include "rdata.h"

/** Data that lies behind a name, "a.b", at offset 0 of the message. */
static void expect_data(uint16_t type, const void *data, size_t len, enum dns_fault fault,
                        const char *expected)
{
    static const uint8_t before[] = "\1a\1b"; // with the NUL: the root
    struct palua_call call = {0};
    struct dns_text text = dns_text_of(&fake_host, &call);
    uint8_t *message = malloc(sizeof before + len);
    memcpy(message, before, sizeof before);
    memcpy(message + sizeof before, data, len);
    struct palua_cursor at = {message + sizeof before, message + sizeof before + len, message};
    dns_text_begin(&text);
    cr_expect_eq(dns_rdata_text(type, at, &text), fault, "type %u: %s", type, expected);
    struct palua_slice got = dns_text_take(&text);
    cr_expect(got.len == strlen(expected) && (!got.len || !memcmp(got.data, expected, got.len)),
              "type %u: '%.*s', expected '%s'", type, (int)got.len, got.data, expected);
    dns_text_close(&text);
    fake_free(&call);
    free(message);
}

#define GOOD(type, data, expected) expect_data(type, data, sizeof(data) - 1, DNS_OK, expected)
#define BAD(type, data, expected) expect_data(type, data, sizeof(data) - 1, DNS_BAD_RDATA, expected)

Test(rdata, addresses)
{
    GOOD(1, "\xc0\0\2\1", "192.0.2.1");
    BAD(1, "\xc0\0\2", "\\# 3 C00002");
    BAD(1, "\xc0\0\2\1\1", "\\# 5 C000020101");
    BAD(1, "", "\\# 0");
    GOOD(28, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1", "2001:db8::1");
    BAD(28, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0", "\\# 15 20010DB80000000000000000000000");
}

Test(rdata, names)
{
    GOOD(2, "\xc0\0", "a.b");
    GOOD(5, "\3www\xc0\2", "www.b");
    GOOD(12, "\0", ".");
    GOOD(39, "\1x\0", "x");
    BAD(5, "\3www", "\\# 4 03777777");
    BAD(5, "\1x\0\0", "\\# 4 01780000");
    BAD(5, "\xc0\5", "\\# 2 C005"); // to itself
}

Test(rdata, structured)
{
    GOOD(15, "\0\xa\xc0\0", "10 a.b");
    GOOD(33, "\0\1\0\2\x1f\x90\xc0\0", "1 2 8080 a.b");
    GOOD(6, "\xc0\0\xc0\2\x78\x49\x0e\x91\0\0\x1c\x20\0\0\x0e\x10\0\x12\x75\0\0\1\x51\x80",
         "a.b b 2018053777 7200 3600 1209600 86400");
    BAD(6, "\xc0\0\xc0\2\x78\x49\x0e\x91\0\0\x1c\x20\0\0\x0e\x10\0\x12\x75\0\0\1\x51",
        "\\# 23 C000C00278490E9100001C2000000E1000127500000151");
    GOOD(13, "\3ARM\5Linux", "\"ARM\" \"Linux\"");
    GOOD(35, "\0\1\0\2\1u\7E2U+sip\0\xc0\0", "1 2 \"u\" \"E2U+sip\" \"\" a.b");
}

Test(rdata, texts)
{
    GOOD(16, "\5hello", "\"hello\"");
    GOOD(16, "\1a\0\2\"\n", "\"a\" \"\" \"\\\"\\010\"");
    BAD(16, "", "\\# 0");
    BAD(16, "\5hell", "\\# 5 0568656C6C");
    GOOD(257, "\0\5issueca.example", "0 issue \"ca.example\"");
    GOOD(257, "\x80\5issue", "128 issue");
    BAD(257, "\0\2a.x", "\\# 5 0002612E78");
    GOOD(256, "\0\1\0\2https://a/", "1 2 \"https://a/\"");
}

// RFC 4034 sections 2.3, 3.3, 4.3 and 5.4 have the forms, not all the values.
Test(rdata, dnssec)
{
    GOOD(43, "\xec\x45\5\1\x2b\xb1", "60485 5 1 2BB1");
    GOOD(48, "\1\1\3\5\xff\xff", "257 3 5 //8=");
    GOOD(46, "\0\1\5\3\0\1\x51\x80\x3e\x7d\x2d\x57\x3e\x55\xa0\x57\xa\x52\xc0\0\xff",
         "A 5 3 86400 20030323034319 20030221034319 2642 a.b /w==");
    GOOD(46, "\x12\x34\5\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
         "TYPE4660 5 3 0 19700101000000 "
         "19700101000000 0 .");
    GOOD(47, "\1h\0\0\6\x40\1\0\0\0\3\1\1\x40", "h A MX RRSIG NSEC CAA");
    GOOD(47, "\0", ".");
    BAD(47, "\0\0\0", "\\# 3 000000");
    BAD(47, "\0\0\x21\0", "\\# 4 00002100");
    GOOD(50, "\1\0\0\xc\4\xaa\xbb\xcc\xdd\5fooba\0\1\x40", "1 0 12 AABBCCDD CPNMUOJ1 A");
    GOOD(50, "\1\0\0\xc\0\5fooba", "1 0 12 - CPNMUOJ1");
    GOOD(51, "\1\0\0\xc\0", "1 0 12 -");
    GOOD(52, "\3\1\1\xab", "3 1 1 AB");
    GOOD(44, "\4\2\xab", "4 2 AB");
}

// RFC 9460 appendix D.
Test(rdata, service_bindings)
{
    GOOD(65, "\0\0\3foo\7example\3com\0", "0 foo.example.com");
    GOOD(64, "\0\1\0", "1 .");
    GOOD(64, "\0\x10\3foo\7example\3com\0\0\3\0\2\0\x35", "16 foo.example.com port=53");
    GOOD(64, "\0\1\0\2\x9b\0\5hello", "1 . key667=\"hello\"");
    GOOD(65, "\0\1\0\0\1\0\6\2h2\2h3\0\4\0\x8\1\2\3\4\5\6\7\x8",
         "1 . alpn=h2,h3 ipv4hint=1.2.3.4,5.6.7.8");
    GOOD(65, "\0\1\0\0\0\0\4\0\1\0\4\0\2\0\0", "1 . mandatory=alpn,ipv4hint no-default-alpn");
    GOOD(65, "\0\1\0\0\5\0\1\xff", "1 . ech=/w==");
    GOOD(65, "\0\1\0\0\1\0\4\3f\\,", "1 . alpn=f\\092\\044");
    BAD(65, "\0\1\0\0\3\0\3\0\x35\0", "\\# 10 00010000030003003500");
    BAD(65, "\0\1\0\0\3\0\3\0\x35", "\\# 9 000100000300030035");
    BAD(65, "\0\1\0\0\4\0\3\1\2\3", "\\# 10 00010000040003010203");
}

Test(rdata, of_unknown_types)
{
    GOOD(10, "\1\2", "\\# 2 0102"); // NULL: anything, RFC 1035 section 3.3.10
    GOOD(65280, "", "\\# 0");
    GOOD(41, "\0\xa\0\0", "\\# 4 000A0000");
}

Test(rdata, of_a_full_bitmap_fits)
{
    uint8_t data[1 + 256 * 34];
    uint8_t *pos = data;
    *pos++ = 0;
    for (int window = 0; window < 256; window++) {
        *pos++ = (uint8_t)window;
        *pos++ = 32;
        memset(pos, 0xff, 32);
        pos += 32;
    }
    struct palua_call call = {0};
    struct dns_text text = dns_text_of(&fake_host, &call);
    struct palua_cursor at = {data, data + sizeof data, data};
    dns_text_begin(&text);
    // 65,536 names of ten bytes: more than a message may have, and so is the hexadecimal form after
    // it.
    cr_expect_eq(dns_rdata_text(47, at, &text), DNS_LIMIT);
    dns_text_close(&text);
    cr_expect_lt(call.allocated, 3 * DNS_TEXT_CAP);
    fake_free(&call);
}
