// SPDX-License-Identifier: MIT OR Apache-2.0
#include "capture/format.h"

#include <string.h>

static const struct format *const formats[] = {&format_pcap, &format_pcapng};

/** What people hand to a capture reader that is not read yet: so that the message can name it. */
static const struct foreign {
    const char *magic;
    uint8_t len;
    const char *name;
    const char *remedy;
} foreigners[] = {
#define UNPACK(tool) "unpack it first, as in `" tool " FILE | palua ... -`"
#define CONVERT "convert it first, as in `editcap FILE out.pcapng`"
    {"\x02\x21\x4c\x18", 4, "legacy lz4", UNPACK("lz4 -dc")},
    {"\x1f\x9d", 2, "compress", UNPACK("uncompress -c")},
    {"LZIP", 4, "lzip", UNPACK("lzip -dc")},
    {"PK\x03\x04", 4, "zip", UNPACK("unzip -p")},
    {"snoop\0\0\0", 8, "snoop", CONVERT},
    {"btsnoop\0", 8, "btsnoop", CONVERT},
    {"iptrace ", 8, "AIX iptrace", CONVERT},
    {"TRSNIFF data", 12, "Network General Sniffer", CONVERT},
    {"XCP\0", 4, "NetXray", CONVERT},
    {"GMBU", 4, "Network Monitor 2", CONVERT},
    {"RTSS", 4, "Network Monitor 1", CONVERT},
    {"\x1c\x00\x01\xac", 4, "Ixia lcap", CONVERT},
    {"\x1c\x00\x02\xac", 4, "Ixia lcap", CONVERT},
    {"\xa1\xe2\xcb\x12", 4, "Aethra", CONVERT},
#undef UNPACK
#undef CONVERT
};

static const struct foreign *foreign_find(struct cursor in)
{
    for (size_t i = 0; i < sizeof foreigners / sizeof *foreigners; i++) {
        struct cursor at = in;
        const uint8_t *bytes;
        if (cursor_bytes(&at, foreigners[i].len, &bytes) &&
            memcmp(bytes, foreigners[i].magic, foreigners[i].len) == 0)
            return &foreigners[i];
    }
    return NULL;
}

static void refuse(struct cursor in, const char *name, struct error *err)
{
    const struct foreign *foreign = foreign_find(in);
    uint32_t magic;
    if (foreign)
        error_set(err, ERROR_UNREADABLE, name, "is a %s file, which is not read yet; %s",
                  foreign->name, foreign->remedy);
    else if (cursor_left(&in) == 0)
        error_set(err, ERROR_UNREADABLE, name, "is empty, expected a pcap or pcapng capture");
    else if (cursor_u32(&in, &magic))
        error_set(err, ERROR_UNREADABLE, name,
                  "is no capture: it starts with the bytes %08x, expected pcap (d4c3b2a1, "
                  "a1b2c3d4, 4d3cb2a1, a1b23c4d) or pcapng (0a0d0d0a)",
                  magic);
    else
        error_set(err, ERROR_UNREADABLE, name, "is no capture: it has %zu bytes, expected 24",
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
