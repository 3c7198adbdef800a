// SPDX-License-Identifier: MIT OR Apache-2.0
/* What was lost of a pcap file. Its records have no marks: where one starts is known only by the
 * length of the one before, so a byte that was lost or changed shifts all that follow. Here is
 * decided which records are believed, and where reading may go on behind one that is not. */
#include "capture/pcap.h"

enum {
    RESUME_RECORDS = 3, /**< in a row are proof, or fewer if they end where the input does */
    /** Unusual records that turned out to hold no others, one like the other: then that is how the
     * file is written, and none is doubted any more. */
    DOUBTS_MAX = 8,
    LOST_LEN = 512,       /**< zeros that a lost sector of the file leaves, at least */
    LOST_REACH = 1 << 16, /**< fewer of them are a loss if sound records start within so much */
};
#define FAR_NS (1000 * PCAP_NEAR_NS)

/** Whether a record of a time near `*ts_ns` or `other_ns` may start at in.pos, which moves past its
 * header. */
static bool resume_header(struct cursor *in, const struct pcap *pcap, bool timed, int64_t other_ns,
                          int64_t *ts_ns, uint32_t *caplen)
{
    struct framing_record record;
    bool usual;
    if (!pcap_record_header(in, pcap, pcap->big, &record, &usual) || !usual)
        return false;
    if (timed && !pcap_times_near(record.ts_ns, *ts_ns) && !pcap_times_near(record.ts_ns, other_ns))
        return false;
    *ts_ns = record.ts_ns;
    *caplen = record.caplen;
    return true;
}

bool pcap_usual_at(struct cursor *in, const struct pcap *pcap, int64_t *ts_ns, uint32_t *caplen)
{
    return resume_header(in, pcap, false, 0, ts_ns, caplen);
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

enum framing_status pcap_next_fits(const struct pcap *pcap, struct framing *framing,
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
    if (!pcap_record_header(in, pcap, pcap->big, &record, &usual))
        return false;
    *caplen = record.caplen;
    return record.caplen <= PCAP_USUAL_ORIGLEN &&
           pcap_times_within(record.ts_ns, ts_ns, usual ? FAR_NS : PCAP_NEAR_NS);
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
    for (int i = 1; i < PCAP_USUAL_CAPLEN && cursor_skip(&in, 1) && in.pos < after; i++) {
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
    enum framing_status status = pcap_next_fits(pcap, framing, after, ts_ns);
    if (status != FRAMING_DAMAGED)
        return status == FRAMING_OK ? FRAMING_DAMAGED : status;
    status = doubt_within(pcap, framing, after.pos);
    if (status != FRAMING_DAMAGED)
        status = doubt_carrier(pcap, framing, ts_ns, status);
    pcap->doubts += status == FRAMING_DAMAGED;
    return status;
}

enum framing_status pcap_doubt(struct pcap *pcap, struct framing *framing, struct cursor after,
                               const struct framing_record *record, bool usual)
{
    if (usual && !framing->frame)
        return FRAMING_OK; // there is none before it
    pcap_first_note(pcap, framing);
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

/* Every byte is tried: what was lost or added need not be whole words. */
enum framing_status pcap_resume(void *state, struct framing *framing)
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
