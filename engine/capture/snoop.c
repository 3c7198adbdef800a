// SPDX-License-Identifier: MIT OR Apache-2.0
/** The snoop format (RFC 1761), as Solaris' snoop writes it: a file header, then records, all in
 * network byte order and microseconds. */
#include "base/memory.h"
#include "capture/format.h"

enum {
    FILE_HEADER_LEN = 16,
    RECORD_HEADER_LEN = 24,
    VERSION = 2,
    LINKTYPE_NONE = 65535 /**< of datalink types without a LINKTYPE_: packets without layers */
};

struct snoop {
    bool started; /**< the file header was read */
    uint16_t linktype;
};

/** RFC 1761's datalink types and those that Solaris added (sys/dlpi.h), as LINKTYPE_ values. */
static const struct {
    uint32_t datalink;
    uint16_t linktype;
} linktypes[] = {
    {0, 1},      // IEEE 802.3
    {2, 6},      // IEEE 802.5 token ring
    {4, 1},      // Ethernet
    {8, 10},     // FDDI
    {14, 0},     // loopback
    {0x12, 123}, // SunATM
    {0x1a, 242}, // IP over Infiniband
};

static uint16_t linktype_of(uint32_t datalink)
{
    for (size_t i = 0; i < sizeof linktypes / sizeof *linktypes; i++)
        if (linktypes[i].datalink == datalink)
            return linktypes[i].linktype;
    return LINKTYPE_NONE;
}

CURSOR_CHECKED static bool magic_take(struct cursor *in)
{
    const uint8_t *magic;
    return cursor_bytes(in, 8, &magic) && memcmp(magic, "snoop\0\0", 8) == 0;
}

static bool snoop_probe(struct cursor in)
{
    return magic_take(&in);
}

static void *snoop_open(void)
{
    return memory_zalloc(1, sizeof(struct snoop));
}

static void snoop_close(void *state)
{
    memory_free(state);
}

static enum framing_status file_header(struct snoop *snoop, struct framing *framing)
{
    struct cursor in = framing->in;
    uint32_t version, datalink;
    if (cursor_left(&in) < FILE_HEADER_LEN || !magic_take(&in) || !cursor_u32(&in, &version) ||
        !cursor_u32(&in, &datalink))
        return framing_more(framing, FILE_HEADER_LEN, "snoop file header");
    if (version != VERSION)
        return framing_damage(framing, "got a snoop header of version %u, expected %d", version,
                              VERSION);
    snoop->linktype = linktype_of(datalink);
    snoop->started = true;
    framing->in.pos = in.pos;
    return FRAMING_OK;
}

/** Frames the record at in.pos. */
static enum framing_status record_take(const struct snoop *snoop, struct framing *framing)
{
    struct framing_record record = {.linktype = snoop->linktype};
    struct cursor in = framing->in, body;
    uint32_t len, drops, seconds, micros;
    if (!cursor_u32(&in, &record.origlen) || !cursor_u32(&in, &record.caplen) ||
        !cursor_u32(&in, &len) || !cursor_u32(&in, &drops) || !cursor_u32(&in, &seconds) ||
        !cursor_u32(&in, &micros))
        return framing_more(framing, RECORD_HEADER_LEN, "record header");
    if (len > framing->record_cap)
        return framing_damage(framing,
                              "got a record of %u bytes, expected at most %u (capture.record_cap)",
                              len, framing->record_cap);
    if (len < RECORD_HEADER_LEN || len - RECORD_HEADER_LEN < record.caplen)
        return framing_damage(framing,
                              "got a record of %u bytes that holds a packet of %u, expected at "
                              "least %d more",
                              len, record.caplen, RECORD_HEADER_LEN);
    if (!cursor_sub(&in, len - RECORD_HEADER_LEN, &body) ||
        !cursor_bytes(&body, record.caplen, &record.data)) // what is left of it is padding
        return framing_more(framing, len, "record");
    record.ts_ns = (int64_t)seconds * 1000000000 + (int64_t)micros * 1000;
    framing_add(framing, &record);
    framing->in.pos = in.pos;
    return FRAMING_OK;
}

static enum framing_status snoop_frame(void *state, struct framing *framing)
{
    struct snoop *snoop = state;
    enum framing_status status = snoop->started ? FRAMING_OK : file_header(snoop, framing);
    while (status == FRAMING_OK && framing->count < framing->cap)
        status = record_take(snoop, framing);
    return status;
}

static void snoop_facts(const void *state, struct format_facts *out)
{
    const struct snoop *snoop = state;
    *out = (struct format_facts){
        .big = true, .major = VERSION, .unit = "us", .linktype = snoop->linktype};
}

const struct format format_snoop = {
    .name = "snoop",
    .probe = snoop_probe,
    .open = snoop_open,
    .close = snoop_close,
    .frame = snoop_frame,
    .facts = snoop_facts,
};
