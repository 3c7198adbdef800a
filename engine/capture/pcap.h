// SPDX-License-Identifier: MIT OR Apache-2.0
/** What is known of a pcap file, and the header of a record: for pcap.c, which frames records, and
 * pcap_loss.c, which judges them. Private to these. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "capture/framing.h"
#include "capture/order.h"

/** How a record names its lengths: before version 2.3 the original length came first, and 2.3 was
 * written both ways. */
enum pcap_length_order {
    PCAP_LENGTHS_CAPTURED_FIRST,
    PCAP_LENGTHS_ORIGINAL_FIRST,
    PCAP_LENGTHS_EITHER
};

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
    enum pcap_length_order lengths;
    uint32_t fraction_ns; /**< of one unit of a record's second time field */
    uint32_t second;      /**< in those units */
    uint32_t doubts;      /**< records that were doubted for nothing */
    int64_t first_ts_ns;  /**< of the first record */
};

/** What the header of a usual record says: something was captured, no more than there was, and the
 * fraction of a second is less than one. Together with a time near another's this passes by chance
 * once in 2^60, so a few records in a row are proof that it is there that they start. */
enum { PCAP_USUAL_CAPLEN = 262144, PCAP_USUAL_ORIGLEN = 1 << 24 };
#define PCAP_NEAR_NS INT64_C(86400000000000)

static inline bool pcap_lengths_swapped(const struct pcap *pcap, uint32_t caplen, uint32_t origlen)
{
    return pcap->lengths == PCAP_LENGTHS_ORIGINAL_FIRST ||
           (pcap->lengths == PCAP_LENGTHS_EITHER && caplen > origlen);
}

/** Seconds and fraction have 32 bits each: not even the largest of both leave 63 bits.
 * @param usual  whether it is what headers are like; one that is not need not be wrong */
CURSOR_CHECKED __attribute__((always_inline)) static inline bool
pcap_record_header(struct cursor *in, const struct pcap *pcap, bool big,
                   struct framing_record *record, bool *usual)
{
    struct cursor header;
    uint32_t seconds, fraction, caplen, origlen;
    if (!cursor_sub(in, pcap->record_header_len, &header) || !order_u32(&header, big, &seconds) ||
        !order_u32(&header, big, &fraction) || !order_u32(&header, big, &caplen) ||
        !order_u32(&header, big, &origlen))
        return false;
    bool swapped = __builtin_expect(pcap_lengths_swapped(pcap, caplen, origlen), 0);
    record->ts_ns = (int64_t)seconds * 1000000000 + (int64_t)fraction * pcap->fraction_ns;
    record->caplen = swapped ? origlen : caplen;
    record->origlen = swapped ? caplen : origlen;
    // What was not captured of a packet is less than 0 if origlen is: so it is beyond the bound.
    *usual = fraction < pcap->second && record->caplen - 1 < PCAP_USUAL_CAPLEN &&
             record->origlen - record->caplen <= PCAP_USUAL_ORIGLEN;
    return true;
}

static inline bool pcap_times_within(int64_t a_ns, int64_t b_ns, int64_t most_ns)
{
    // Both are sums of two 32-bit fields.
    return (uint64_t)(a_ns - b_ns + most_ns) <= 2 * (uint64_t)most_ns;
}

static inline bool pcap_times_near(int64_t a_ns, int64_t b_ns)
{
    return pcap_times_within(a_ns, b_ns, PCAP_NEAR_NS);
}

/** Notes the time of the input's first packet if it is among those framed by this call. */
static inline void pcap_first_note(struct pcap *pcap, const struct framing *framing)
{
    if (framing->count && framing->frame == framing->count)
        pcap->first_ts_ns = framing->packets[0].ts_ns;
}

/** Whether the input ends at in.pos, or goes on with a usual record of about that time:
 * FRAMING_DAMAGED if neither. */
enum framing_status pcap_next_fits(const struct pcap *pcap, struct framing *framing,
                                   struct cursor in, int64_t ts_ns);

/** Whether a usual record starts at in.pos, which moves past its header. */
bool pcap_usual_at(struct cursor *in, const struct pcap *pcap, int64_t *ts_ns, uint32_t *caplen);

/** What to make of a whole record at in.pos that is unusual, or days away from the one before.
 * @param after  behind the record
 * @return FRAMING_OK: it is one; FRAMING_DAMAGED: something was lost there */
enum framing_status pcap_doubt(struct pcap *pcap, struct framing *framing, struct cursor after,
                               const struct framing_record *record, bool usual)
    __attribute__((cold));

/** As format->resume. */
enum framing_status pcap_resume(void *state, struct framing *framing);
