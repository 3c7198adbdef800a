// SPDX-License-Identifier: MIT OR Apache-2.0
/** The pcap format (draft-ietf-opsawg-pcap): a file header, then records.
 *
 * Read are both byte orders, microseconds and nanoseconds, and the longer records of Kuznetsov's
 * patched libpcap, of both lengths. The header's snaplen is not believed: files with 0 or 4 GiB
 * there are common, and each record says its own length. */
#include "capture/format.h"

#include "base/memory.h"
#include "capture/order.h"

enum {
    FILE_HEADER_LEN = 24,
    RECORD_HEADER_LEN = 16,
    RECORD_HEADER_LEN_MODIFIED = 24,
    RECORD_HEADER_LEN_SUSE = 28 /**< of the same magic: an older patch, in SuSE 6.3 */
};

/** What the header of a usual record says: something was captured, no more than there was, and the
 * fraction of a second is less than one. Together with a time near another's this passes by chance
 * once in 2^60, so a few records in a row are proof that it is there that they start. */
enum {
    USUAL_CAPLEN = 262144,
    USUAL_ORIGLEN = 1 << 24,
    RESUME_RECORDS = 3, /**< in a row, or fewer if they end where the input does */
    /** Unusual records that turned out to hold no others, one like the other: then that is how the
     * file is written, and none is doubted any more. */
    DOUBTS_MAX = 8,
    LOST_LEN = 512, /**< zeros that a lost sector of the file leaves, at least */
    LOST_REACH =
        1 << 16 /**< fewer of them are a loss if sound records start within so many bytes */
};
#define NEAR_NS INT64_C(86400000000000)
#define FAR_NS (1000 * NEAR_NS)

enum pcap_magic {
    PCAP_MICRO = 0xa1b2c3d4,
    PCAP_NANO = 0xa1b23c4d,
    PCAP_MODIFIED = 0xa1b2cd34 /**< records also have interface index, protocol and packet type */
};

/* Section 4: above the link type, whether there is a frame check sequence, and its length in words
 * of 16 bits. */
#define FCS_TOLD 0x04000000u
#define FCS_WORDS_SHIFT 28

/** How a record names its lengths: before version 2.3 the original length came first, and 2.3 was
 * written both ways. */
enum length_order { LENGTHS_CAPTURED_FIRST, LENGTHS_ORIGINAL_FIRST, LENGTHS_EITHER };

struct pcap {
    bool started; /**< the file header was read */
    bool big;     /**< byte order of the file */
    bool unsure;  /**< record_header_len is one of two */
    uint8_t record_header_len;
    uint16_t linktype;
    uint16_t major;
    uint16_t minor;
    uint32_t snaplen;
    uint8_t flags; /**< of every packet, enum palua_packet_flag */
    enum length_order lengths;
    uint32_t fraction_ns; /**< of one unit of a record's second time field */
    uint32_t second;      /**< in those units */
    uint32_t doubts;      /**< records that were doubted for nothing */
    int64_t first_ts_ns;  /**< of the first record */
};

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
        pcap->lengths = LENGTHS_ORIGINAL_FIRST;
        return true;
    }
    pcap->lengths = minor < 3    ? LENGTHS_ORIGINAL_FIRST
                    : minor == 3 ? LENGTHS_EITHER
                                 : LENGTHS_CAPTURED_FIRST;
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

static inline bool lengths_swapped(const struct pcap *pcap, uint32_t caplen, uint32_t origlen)
{
    return pcap->lengths == LENGTHS_ORIGINAL_FIRST ||
           (pcap->lengths == LENGTHS_EITHER && caplen > origlen);
}

/** Seconds and fraction have 32 bits each: not even the largest of both leave 63 bits.
 * @param usual  whether it is what headers are like; one that is not need not be wrong */
CURSOR_CHECKED __attribute__((always_inline)) static inline bool
record_header(struct cursor *in, const struct pcap *pcap, bool big, struct framing_record *record,
              bool *usual)
{
    struct cursor header;
    uint32_t seconds, fraction, caplen, origlen;
    if (!cursor_sub(in, pcap->record_header_len, &header) || !order_u32(&header, big, &seconds) ||
        !order_u32(&header, big, &fraction) || !order_u32(&header, big, &caplen) ||
        !order_u32(&header, big, &origlen))
        return false;
    bool swapped = __builtin_expect(lengths_swapped(pcap, caplen, origlen), 0);
    record->ts_ns = (int64_t)seconds * 1000000000 + (int64_t)fraction * pcap->fraction_ns;
    record->caplen = swapped ? origlen : caplen;
    record->origlen = swapped ? caplen : origlen;
    // What was not captured of a packet is less than 0 if origlen is: so it is beyond the bound.
    *usual = fraction < pcap->second && record->caplen - 1 < USUAL_CAPLEN &&
             record->origlen - record->caplen <= USUAL_ORIGLEN;
    return true;
}

static inline bool times_within(int64_t a_ns, int64_t b_ns, int64_t most_ns)
{
    // Both are sums of two 32-bit fields.
    return (uint64_t)(a_ns - b_ns + most_ns) <= 2 * (uint64_t)most_ns;
}

static inline bool times_near(int64_t a_ns, int64_t b_ns)
{
    return times_within(a_ns, b_ns, NEAR_NS);
}

/** Whether a record of a time near `*ts_ns` or `other_ns` may start at in.pos, which moves past its
 * header. */
static bool resume_header(struct cursor *in, const struct pcap *pcap, bool timed, int64_t other_ns,
                          int64_t *ts_ns, uint32_t *caplen)
{
    struct framing_record record;
    bool usual;
    if (!record_header(in, pcap, pcap->big, &record, &usual) || !usual)
        return false;
    if (timed && !times_near(record.ts_ns, *ts_ns) && !times_near(record.ts_ns, other_ns))
        return false;
    *ts_ns = record.ts_ns;
    *caplen = record.caplen;
    return true;
}

/** Whether records start at in.pos: FRAMING_DAMAGED if not. */
static enum framing_status resume_at(const struct pcap *pcap, struct framing *framing,
                                     struct cursor in)
{
    bool known = framing->frame > 0, timed = known;
    int64_t ts_ns = framing->ts_ns;
    for (int records = 0; records < RESUME_RECORDS; records++) {
        uint32_t caplen;
        size_t need = (size_t)(in.pos - framing->in.pos) + pcap->record_header_len;
        if (cursor_left(&in) == 0 && framing->end)
            return known && records ? FRAMING_OK : FRAMING_DAMAGED;
        if (cursor_left(&in) < pcap->record_header_len && !framing->end)
            return framing_more(framing, 2 * need, "record header");
        // Before damage is found, bytes of it may have passed for a record with a time of its own.
        int64_t other_ns = records || !known ? ts_ns : pcap->first_ts_ns;
        if (!resume_header(&in, pcap, timed, other_ns, &ts_ns, &caplen))
            return FRAMING_DAMAGED;
        if (!cursor_skip(&in, caplen)) {
            if (framing->end)
                return FRAMING_DAMAGED;
            return framing_more(framing, 2 * (need + caplen), "record");
        }
        timed = true;
    }
    return FRAMING_OK;
}

/** Whether the input ends at in.pos, or goes on with a usual record of about that time. */
static enum framing_status doubt_next(const struct pcap *pcap, struct framing *framing,
                                      struct cursor in, int64_t ts_ns)
{
    uint32_t caplen;
    if (cursor_left(&in) == 0 && framing->end)
        return FRAMING_OK;
    if (cursor_left(&in) < pcap->record_header_len && !framing->end)
        return framing_more(framing, (size_t)(in.pos - framing->in.pos) + pcap->record_header_len,
                            "record header");
    return resume_header(&in, pcap, true, framing->frame ? framing->ts_ns : ts_ns, &ts_ns, &caplen)
               ? FRAMING_OK
               : FRAMING_DAMAGED;
}

/** Whether the header at in.pos, which moves past it, is odd in one way at most: in its lengths or
 * its fraction, or in being more than a day away from `ts_ns`, which then is not for many years. */
static bool mild_header(struct cursor *in, const struct pcap *pcap, int64_t ts_ns, uint32_t *caplen)
{
    struct framing_record record;
    bool usual;
    if (!record_header(in, pcap, pcap->big, &record, &usual))
        return false;
    *caplen = record.caplen;
    return record.caplen <= USUAL_ORIGLEN &&
           times_within(record.ts_ns, ts_ns, usual ? FAR_NS : NEAR_NS);
}

/** Whether the record at in.pos and those behind it are mildly odd: three more, or fewer that end
 * where the input does. Then they are how the file is written, whatever they carry. Askew by lost
 * bytes, the seconds would be of another field. */
static enum framing_status doubt_mild(const struct pcap *pcap, struct framing *framing,
                                      int64_t ts_ns)
{
    struct cursor in = framing->in;
    for (int records = 0; records <= RESUME_RECORDS; records++) {
        uint32_t caplen;
        size_t need = (size_t)(in.pos - framing->in.pos) + pcap->record_header_len;
        enum framing_status at_end = records > 1 ? FRAMING_OK : FRAMING_DAMAGED;
        if (cursor_left(&in) < pcap->record_header_len)
            return framing->end ? at_end : framing_more(framing, need, "record header");
        if (!mild_header(&in, pcap, framing->frame ? framing->ts_ns : ts_ns, &caplen))
            return FRAMING_DAMAGED;
        if (!cursor_skip(&in, caplen))
            return framing->end ? at_end : framing_more(framing, need + caplen, "record");
    }
    return FRAMING_OK;
}

/** Whether usual records start within the record between in.pos and `after`; those that follow a
 * damaged one do no farther behind its start than a record may be long. */
static enum framing_status doubt_within(const struct pcap *pcap, struct framing *framing,
                                        const uint8_t *after)
{
    struct cursor in = framing->in;
    for (int i = 1; i < USUAL_CAPLEN && cursor_skip(&in, 1) && in.pos < after; i++) {
        enum framing_status status = resume_at(pcap, framing, in);
        if (status != FRAMING_DAMAGED)
            return status;
    }
    return FRAMING_DAMAGED;
}

/** Whether a header of zeros is a loss: FRAMING_DAMAGED if it is a record. */
static enum framing_status doubt_zeros(struct pcap *pcap, struct framing *framing)
{
    struct cursor in = framing->in;
    size_t left = cursor_left(&in), zeros = 0;
    uint8_t byte = 0;
    while (zeros < LOST_LEN && cursor_u8(&in, &byte) && byte == 0)
        zeros++;
    if (zeros == LOST_LEN)
        return FRAMING_OK;
    if (zeros == left && !framing->end)
        return framing_more(framing, LOST_LEN, "record header");
    if (pcap->doubts == DOUBTS_MAX)
        return FRAMING_DAMAGED;
    size_t reach = left < LOST_REACH ? left : LOST_REACH;
    enum framing_status status = doubt_within(pcap, framing, framing->in.pos + reach);
    if (status == FRAMING_DAMAGED && left < LOST_REACH && !framing->end)
        return framing_more(framing, LOST_REACH, "record header");
    pcap->doubts += status == FRAMING_DAMAGED;
    return status;
}

/** The same of a record for which doubt_within said `status`: it may carry what was found. */
static enum framing_status doubt_carrier(const struct pcap *pcap, struct framing *framing,
                                         int64_t ts_ns, enum framing_status status)
{
    size_t need = framing->need;
    enum framing_status mild = doubt_mild(pcap, framing, ts_ns);
    if (mild != FRAMING_DAMAGED)
        return mild == FRAMING_OK ? FRAMING_DAMAGED : mild;
    return status == FRAMING_MORE ? framing_more(framing, need, "record") : status;
}

/** Whether another odd record is: it is followed by what is no usual record, nor by ones that are
 * as mildly odd as it is, and usual ones start in its middle. It would swallow them, or shift all
 * that come.
 * @param after  behind the record */
static enum framing_status doubt_record(struct pcap *pcap, struct framing *framing,
                                        struct cursor after, int64_t ts_ns)
{
    if (pcap->doubts == DOUBTS_MAX)
        return FRAMING_DAMAGED;
    enum framing_status status = doubt_next(pcap, framing, after, ts_ns);
    if (status != FRAMING_DAMAGED)
        return status == FRAMING_OK ? FRAMING_DAMAGED : status;
    status = doubt_within(pcap, framing, after.pos);
    if (status != FRAMING_DAMAGED)
        status = doubt_carrier(pcap, framing, ts_ns, status);
    pcap->doubts += status == FRAMING_DAMAGED;
    return status;
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
    if (!resume_header(&in, &view, false, 0, &ts_ns, &caplen))
        return FRAMING_DAMAGED;
    if (!cursor_skip(&in, caplen))
        return framing->end ? FRAMING_DAMAGED
                            : framing_more(framing, (size_t)len + caplen, "record");
    return doubt_next(&view, framing, in, ts_ns);
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

/** Notes the time of the input's first packet if it is among those framed by this call. */
static void first_note(struct pcap *pcap, const struct framing *framing)
{
    if (framing->count && framing->frame == framing->count)
        pcap->first_ts_ns = framing->packets[0].ts_ns;
}

/** What to make of a whole record at in.pos that is unusual, or days away from the one before.
 * @param after  behind the record */
__attribute__((cold, noinline)) static enum framing_status
doubt(struct pcap *pcap, struct framing *framing, struct cursor after,
      const struct framing_record *record, bool usual)
{
    if (usual && !framing->frame)
        return FRAMING_OK; // there is none before it
    first_note(pcap, framing);
    bool zeros = !record->ts_ns && !record->caplen && !record->origlen;
    switch (zeros ? doubt_zeros(pcap, framing)
                  : doubt_record(pcap, framing, after, record->ts_ns)) {
    case FRAMING_OK:
        return zeros ? framing_damage(framing, "got a record header of zeros, expected time and "
                                               "lengths")
                     : framing_damage(framing,
                                      "got a record of %u bytes in which sound ones start, "
                                      "expected these behind it",
                                      record->caplen);
    case FRAMING_MORE:
        return FRAMING_MORE;
    default:
        return FRAMING_OK;
    }
}

/* Inlined once per byte order, so that the loop does not ask for it. */
__attribute__((always_inline)) static inline enum framing_status
records(struct pcap *pcap, struct framing *framing, bool big)
{
    struct framing_record record = {.linktype = pcap->linktype, .flags = pcap->flags};
    struct cursor in = framing->in;
    bool usual;
    while (framing->count < framing->cap) {
        if (!record_header(&in, pcap, big, &record, &usual))
            return framing_more(framing, pcap->record_header_len, "record header");
        if (record.caplen > framing->record_cap)
            return framing_damage(framing,
                                  "got a record of %u bytes, expected at most %u "
                                  "(capture.record_cap)",
                                  record.caplen, framing->record_cap);
        if (!cursor_bytes(&in, record.caplen, &record.data))
            return framing_more(framing, (size_t)pcap->record_header_len + record.caplen, "record");
        if (__builtin_expect(!usual || !times_near(record.ts_ns, framing->ts_ns), 0)) {
            enum framing_status status = doubt(pcap, framing, in, &record, usual);
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
    first_note(pcap, framing);
    return status;
}

/* Every byte is tried: what was lost or added need not be whole words. */
static enum framing_status pcap_resume(void *state, struct framing *framing)
{
    const struct pcap *pcap = state;
    struct cursor in = framing->in;
    if (!pcap->started || (!framing->searching && !cursor_skip(&in, 1)))
        return FRAMING_DAMAGED;
    do {
        framing->in.pos = in.pos;
        enum framing_status status = resume_at(pcap, framing, in);
        if (status != FRAMING_DAMAGED)
            return status;
    } while (cursor_skip(&in, 1));
    return framing->end ? FRAMING_DAMAGED
                        : framing_more(framing, pcap->record_header_len, "record header");
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
