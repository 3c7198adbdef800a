// SPDX-License-Identifier: MIT OR Apache-2.0
/** The pcap format (draft-ietf-opsawg-pcap): a file header, then records.
 *
 * Read are both byte orders, microseconds and nanoseconds, and the longer records of Kuznetsov's
 * patched libpcap, of both lengths. The header's snaplen is not believed: files with 0 or 4 GiB
 * there are common, and each record says its own length. */
#include "capture/format.h"

#include "base/memory.h"
#include "capture/pcap.h"

enum {
    FILE_HEADER_LEN = 24,
    RECORD_HEADER_LEN = 16,
    RECORD_HEADER_LEN_MODIFIED = 24,
    RECORD_HEADER_LEN_SUSE = 28 /**< of the same magic: an older patch, in SuSE 6.3 */
};

enum pcap_magic {
    PCAP_MICRO = 0xa1b2c3d4,
    PCAP_NANO = 0xa1b23c4d,
    PCAP_MODIFIED = 0xa1b2cd34 /**< records also have interface index, protocol and packet type */
};

/* Section 4: above the link type, whether there is a frame check sequence, and its length in words
 * of 16 bits. */
#define FCS_TOLD 0x04000000u
#define FCS_WORDS_SHIFT 28

static bool magic_known(uint32_t magic)
{
    return magic == PCAP_MICRO || magic == PCAP_NANO || magic == PCAP_MODIFIED;
}

/** Reads the magic, and tells the byte order from it. */
static bool magic_read(struct cursor *in, bool *big, uint32_t *magic)
{
    struct cursor start = *in;
    *big = false;
    if (!cursor_u32le(in, magic))
        return false;
    if (magic_known(*magic))
        return true;
    *big = true;
    *in = start;
    return cursor_u32(in, magic) && magic_known(*magic);
}

static bool pcap_probe(struct cursor in)
{
    bool big;
    uint32_t magic;
    return magic_read(&in, &big, &magic);
}

static void *pcap_open(void)
{
    return memory_zalloc(1, sizeof(struct pcap));
}

static void pcap_close(void *state)
{
    memory_free(state);
}

/* 543.0 was written by DG/UX; version 2.3 and the odd minor numbers beyond 2.4 are read as libpcap
 * reads them. */
static bool version_set(struct pcap *pcap, uint16_t major, uint16_t minor)
{
    if (major == 543 && minor == 0) {
        pcap->lengths = PCAP_LENGTHS_ORIGINAL_FIRST;
        return true;
    }
    pcap->lengths = minor < 3    ? PCAP_LENGTHS_ORIGINAL_FIRST
                    : minor == 3 ? PCAP_LENGTHS_EITHER
                                 : PCAP_LENGTHS_CAPTURED_FIRST;
    return major == 2;
}

static enum framing_status file_header(struct pcap *pcap, struct framing *framing)
{
    struct cursor in;
    struct cursor rest = framing->in;
    uint32_t magic, network;
    uint16_t major = 0, minor = 0;
    if (!cursor_sub(&rest, FILE_HEADER_LEN, &in))
        return framing_more(framing, FILE_HEADER_LEN, "pcap file header");
    if (!magic_read(&in, &pcap->big, &magic) || !order_u16(&in, pcap->big, &major) ||
        !order_u16(&in, pcap->big, &minor) || !cursor_skip(&in, 8) || // time zone, accuracy
        !order_u32(&in, pcap->big, &pcap->snaplen) || !order_u32(&in, pcap->big, &network) ||
        !version_set(pcap, major, minor))
        return framing_damage(framing, "got a pcap header of version %u.%u, expected 2.4", major,
                              minor);
    pcap->linktype = (uint16_t)network;
    pcap->major = major;
    pcap->minor = minor;
    pcap->flags = network & FCS_TOLD ? framing_fcs(2 * (network >> FCS_WORDS_SHIFT)) : 0;
    pcap->fraction_ns = magic == PCAP_NANO ? 1 : 1000;
    pcap->second = 1000000000 / pcap->fraction_ns;
    pcap->record_header_len =
        magic == PCAP_MODIFIED ? RECORD_HEADER_LEN_MODIFIED : RECORD_HEADER_LEN;
    pcap->unsure = magic == PCAP_MODIFIED;
    pcap->started = true;
    framing->in.pos = rest.pos;
    return FRAMING_OK;
}

/** Whether the first record, with a header of `len` bytes, is followed by another or the end. */
static enum framing_status header_len_fits(const struct pcap *pcap, struct framing *framing,
                                           uint8_t len)
{
    struct pcap view = *pcap;
    struct cursor in = framing->in;
    int64_t ts_ns;
    uint32_t caplen;
    view.record_header_len = len;
    if (cursor_left(&in) < len && !framing->end)
        return framing_more(framing, len, "record header");
    if (!pcap_usual_at(&in, &view, &ts_ns, &caplen))
        return FRAMING_DAMAGED;
    if (!cursor_skip(&in, caplen))
        return framing->end ? FRAMING_DAMAGED
                            : framing_more(framing, (size_t)len + caplen, "record");
    return pcap_next_fits(&view, framing, in, ts_ns);
}

/** Finds out how long record headers are where the magic stands for two lengths. */
static enum framing_status header_len_set(struct pcap *pcap, struct framing *framing)
{
    enum framing_status status = header_len_fits(pcap, framing, RECORD_HEADER_LEN_MODIFIED);
    if (status == FRAMING_DAMAGED) {
        status = header_len_fits(pcap, framing, RECORD_HEADER_LEN_SUSE);
        if (status == FRAMING_OK)
            pcap->record_header_len = RECORD_HEADER_LEN_SUSE;
    }
    pcap->unsure = status == FRAMING_MORE;
    return pcap->unsure ? FRAMING_MORE : FRAMING_OK;
}

/* Inlined once per byte order, so that the loop does not ask for it. */
__attribute__((always_inline)) static inline enum framing_status
records(struct pcap *pcap, struct framing *framing, bool big)
{
    struct framing_record record = {.linktype = pcap->linktype, .flags = pcap->flags};
    struct cursor in = framing->in;
    bool usual;
    while (framing->count < framing->cap) {
        if (!pcap_record_header(&in, pcap, big, &record, &usual))
            return framing_more(framing, pcap->record_header_len, "record header");
        if (record.caplen > framing->record_cap)
            return framing_damage(framing,
                                  "got a record of %u bytes, expected at most %u "
                                  "(capture.record_cap)",
                                  record.caplen, framing->record_cap);
        if (!cursor_bytes(&in, record.caplen, &record.data))
            return framing_more(framing, (size_t)pcap->record_header_len + record.caplen, "record");
        if (__builtin_expect(!usual || !pcap_times_near(record.ts_ns, framing->ts_ns), 0)) {
            enum framing_status status = pcap_doubt(pcap, framing, in, &record, usual);
            if (status != FRAMING_OK)
                return status;
        }
        framing_add(framing, &record);
        framing->in.pos = in.pos;
    }
    return FRAMING_OK;
}

static enum framing_status pcap_frame(void *state, struct framing *framing)
{
    struct pcap *pcap = state;
    if (!pcap->started) {
        enum framing_status status = file_header(pcap, framing);
        if (status != FRAMING_OK)
            return status;
    }
    if (pcap->unsure && header_len_set(pcap, framing) == FRAMING_MORE)
        return FRAMING_MORE;
    enum framing_status status =
        pcap->big ? records(pcap, framing, true) : records(pcap, framing, false);
    pcap_first_note(pcap, framing);
    return status;
}

static void pcap_facts(const void *state, struct format_facts *out)
{
    const struct pcap *pcap = state;
    *out = (struct format_facts){.big = pcap->big,
                                 .major = pcap->major,
                                 .minor = pcap->minor,
                                 .unit = pcap->fraction_ns == 1 ? "ns" : "us",
                                 .snaplen = pcap->snaplen,
                                 .linktype = pcap->linktype};
}

const struct format format_pcap = {
    .name = "pcap",
    .probe = pcap_probe,
    .open = pcap_open,
    .close = pcap_close,
    .frame = pcap_frame,
    .resume = pcap_resume,
    .facts = pcap_facts,
};
