// SPDX-License-Identifier: MIT OR Apache-2.0
#include "capture/format.h"

#include <string.h>

static const struct format *const formats[] = {&format_pcap, &format_pcapng, &format_snoop};

/** What people hand to a capture reader that is not read: so that the message can name it. */
static const struct foreign {
    const char *magic;
    uint8_t len;
    const char *name;
    const char *remedy;
} foreigners[] = {
#define UNPACK(tool) "unpack it first, as in `" tool " FILE | palua ... -`"
#define CONVERT "convert it with `editcap -F pcapng FILE out.pcapng`"
    {"\x02\x21\x4c\x18", 4, "legacy lz4", UNPACK("lz4 -dc")},
    {"\x1f\x9d", 2, "compress", UNPACK("uncompress -c")},
    {"\x5d\x00\x00", 3, "lzma", UNPACK("xz -dc --format=lzma")},
    {"LZIP", 4, "lzip", UNPACK("lzip -dc")},
    {"PK\x03\x04", 4, "zip", UNPACK("unzip -p")},
    {"7z\xbc\xaf\x27\x1c", 6, "7-Zip", UNPACK("7z x -so")},
    {"btsnoop\0", 8, "btsnoop", CONVERT},
    {"iptrace ", 8, "AIX iptrace", CONVERT},
    {"TRSNIFF data", 12, "Network General Sniffer", CONVERT},
    {"XCP\0", 4, "NetXray", CONVERT},
    {"VL\0\0", 4, "NetXray", CONVERT},
    {"GMBU", 4, "Network Monitor 2", CONVERT},
    {"RTSS", 4, "Network Monitor 1", CONVERT},
    {"\x1c\x00\x01\xac", 4, "Ixia lcap", CONVERT},
    {"\x1c\x00\x02\xac", 4, "Ixia lcap", CONVERT},
    {"\xa1\xe2\xcb\x12", 4, "Aethra", CONVERT},
    {"\x7fver", 4, "EtherPeek", CONVERT},
    {"\x05VNF", 4, "Visual Networks", CONVERT},
    {"\xaa\xaa\xaa\xaa", 4, "5View", CONVERT},
    {"EyeSDN", 6, "EyeSDN", CONVERT},
    {"TR\0\x64\0", 5, "HP-UX nettl", CONVERT},
    {"\x01\x10\x4c\0\x01\x05", 6, "Novell LANalyzer", CONVERT},
    {"+---------+------", 16, "K12 text", CONVERT},
    {"\0\0\x02\0\x12\x05\0\x10", 8, "Tektronix K12xx", CONVERT},
    {"Session Transcript", 18, "Catapult DCT2000", CONVERT},
    {"ObserverPktBufferVersion", 24, "Network Instruments Observer", CONVERT},
    {"LOGG", 4, "Vector BLF", CONVERT},
    {"MOST", 4, "Vector BLF", CONVERT},
#undef UNPACK
};

static bool starts_with(struct cursor in, const char *magic, size_t len)
{
    const uint8_t *bytes;
    return cursor_bytes(&in, len, &bytes) && memcmp(bytes, magic, len) == 0;
}

/** Endace ERF has no magic: a record says its time (seconds in the upper half of 64 bits,
 * little-endian), type, flags, its own length, a counter and the length on the wire. Ethernet, HDLC
 * and the like of the years 1996 to 2096 are taken for it. */
static bool looks_like_erf(struct cursor in)
{
    uint32_t fraction, seconds;
    uint8_t type, flags;
    uint16_t record_len, counter, wire_len;
    if (!cursor_u32le(&in, &fraction) || !cursor_u32le(&in, &seconds) || !cursor_u8(&in, &type) ||
        !cursor_u8(&in, &flags) || !cursor_u16(&in, &record_len) || !cursor_u16(&in, &counter) ||
        !cursor_u16(&in, &wire_len))
        return false;
    type &= 0x7f; // the top bit tells of extension headers
    return seconds > 820454400 && seconds < 3976214400 && type >= 1 && type <= 27 &&
           record_len > 16 && record_len % 8 == 0 && wire_len > 0 && (flags & 0xc0) == 0;
}

static const struct foreign *foreign_find(struct cursor in)
{
    static const struct foreign erf = {.name = "Endace ERF", .remedy = CONVERT};
#undef CONVERT
    for (size_t i = 0; i < sizeof foreigners / sizeof *foreigners; i++)
        if (starts_with(in, foreigners[i].magic, foreigners[i].len))
            return &foreigners[i];
    return looks_like_erf(in) ? &erf : NULL;
}

static void refuse(struct cursor in, const char *name, struct error *err)
{
    const struct foreign *foreign = foreign_find(in);
    uint32_t magic;
    if (foreign) // what was only guessed may be no capture at all
        error_set(err, foreign->len ? ERROR_UNREADABLE : ERROR_FOREIGN, name,
                  "not supported: %s; %s", foreign->name, foreign->remedy);
    else if (cursor_left(&in) == 0)
        error_set(err, ERROR_FOREIGN, name, "is empty, expected a pcap, pcapng or snoop capture");
    else if (cursor_u32(&in, &magic))
        error_set(err, ERROR_FOREIGN, name,
                  "is no capture: it starts with the bytes %08x, expected pcap (d4c3b2a1, "
                  "a1b2c3d4, 4d3cb2a1, a1b23c4d), pcapng (0a0d0d0a) or snoop (736e6f6f)",
                  magic);
    else
        error_set(err, ERROR_FOREIGN, name, "is no capture: it has %zu bytes, expected 24",
                  cursor_left(&in));
}

const struct format *format_find(struct cursor in, const char *name, struct error *err)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (formats[i]->probe(in))
            return formats[i];
    refuse(in, name, err);
    return NULL;
}
