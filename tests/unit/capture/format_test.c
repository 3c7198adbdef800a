// SPDX-License-Identifier: MIT OR Apache-2.0
#include <criterion/criterion.h>
#include <string.h>

#include "capture/format.h"

static const struct format *find(const char *bytes, size_t len, struct error *err)
{
    *err = (struct error){0};
    return format_find(cursor_of(bytes, len), "in.bin", err);
}

#define FIND(text, err) find(text, sizeof text - 1, err)

Test(format, is_known_by_its_first_bytes)
{
    struct error err;
    cr_expect_eq(FIND("\xd4\xc3\xb2\xa1", &err), &format_pcap);
    cr_expect_eq(FIND("\xa1\xb2\xc3\xd4", &err), &format_pcap);
    cr_expect_eq(FIND("\x4d\x3c\xb2\xa1", &err), &format_pcap);
    cr_expect_eq(FIND("\xa1\xb2\x3c\x4d", &err), &format_pcap);
    cr_expect_eq(FIND("\x34\xcd\xb2\xa1", &err), &format_pcap);
    cr_expect_eq(FIND("\xa1\xb2\xcd\x34", &err), &format_pcap);
    cr_expect_eq(FIND("\n\r\r\n\x1c\0\0\0", &err), &format_pcapng);
    cr_expect_eq(find("snoop\0\0", 8, &err), &format_snoop); // and the literal's own zero
    cr_expect_eq(err.code, ERROR_NONE);
}

static void check_refused(const char *bytes, size_t len, enum error_code code, const char *words)
{
    struct error err;
    cr_expect_null(find(bytes, len, &err));
    cr_expect_eq(err.code, code);
    cr_expect_str_eq(err.where, "in.bin");
    cr_expect(strstr(err.text, words), "got '%s', expected it to say '%s'", err.text, words);
}

#define REFUSED(text, words) check_refused(text, sizeof text - 1, ERROR_UNREADABLE, words)
#define NO_CAPTURE(text, words) check_refused(text, sizeof text - 1, ERROR_FOREIGN, words)

Test(format, what_is_recognised_is_named_with_a_remedy)
{
    REFUSED("\x02\x21\x4c\x18", "not supported: legacy lz4; unpack it first, as in `lz4 -dc");
    REFUSED("\x1f\x9d\x90", "uncompress -c");
    REFUSED("LZIP\1", "lzip -dc");
    REFUSED("PK\x03\x04", "unzip");
    REFUSED("TRSNIFF data    \x1a",
            "not supported: Network General Sniffer; convert it with `editcap -F pcapng");
    REFUSED("btsnoop\0\0\0\0\1", "not supported: btsnoop");
    // As editcap writes them.
    REFUSED("\x05VNF4\0\0\0", "not supported: Visual Networks");
    REFUSED("ObserverPktBufferVersion=09.00", "not supported: Network Instruments Observer");
    REFUSED("\xaa\xaa\xaa\xaa\x20\0\0\0", "not supported: 5View");
    REFUSED("TR\0\x64\0\0\0\0", "not supported: HP-UX nettl");
    REFUSED("\x01\x10\x4c\0\x01\x05Trace Display", "not supported: Novell LANalyzer");
    REFUSED("+---------+---------------+----------+", "not supported: K12 text");
    // A guess, so it may be none: 2023-11-14, type 2 (Ethernet), 80 bytes of which 64 came over the
    // wire.
    NO_CAPTURE("\x12\x34\x56\x78\x00\xf1\x53\x65\x02\x04\x00\x50\x00\x00\x00\x40\x00\x00",
               "not supported: Endace ERF; convert it with `editcap -F pcapng");
}

Test(format, what_is_not_is_shown)
{
    NO_CAPTURE("", "is empty, expected a pcap, pcapng or snoop capture");
    NO_CAPTURE("\xd4\xc3\xb2", "it has 3 bytes, expected 24");
    NO_CAPTURE("\x7f"
               "ELF\x02",
               "starts with the bytes 7f454c46, expected pcap");
    NO_CAPTURE("\xd4\xc3\xb2\xa2", "starts with the bytes d4c3b2a2");
    NO_CAPTURE("snoop\0\0\1", "starts with the bytes 736e6f6f");
}

Test(format, error_may_be_left_out)
{
    cr_expect_null(format_find(cursor_of("", 0), "in.bin", NULL));
}
