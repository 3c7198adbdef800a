// SPDX-License-Identifier: MIT OR Apache-2.0
/** Framing: from a run of a capture's bytes to packet records, in place.
 *
 * What the reader of an input (capture/input.h) and a format (capture/format.h) hand each other.
 * The reader offers the bytes it has; the format frames as many whole records as there are and room
 * is for, in one call, and says why it stopped. Packet data stays where it is. One thread at a
 * time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <palua/packet.h>

#include "base/cursor.h"
#include "base/error.h"

struct metadata;

enum framing_status {
    FRAMING_OK,     /**< there is no room for another packet */
    FRAMING_MORE,   /**< the record at in.pos is not whole: `need` and `what` are set */
    FRAMING_DAMAGED /**< the record at in.pos is nonsense: `err` is set */
};

struct framing {
    struct cursor
        in; /**< bytes not framed yet; pos is left at the first record that was not framed */
    uint64_t offset;     /**< of in.base in the input */
    const char *name;    /**< of the input, for messages */
    uint32_t record_cap; /**< largest record in bytes */

    struct metadata *metadata;    /**< NULL: nobody asked for it */
    struct palua_packet *packets; /**< room for `cap` packets, of which `count` are framed */
    uint32_t count;
    uint32_t cap;
    uint32_t file; /**< index of the input */
    struct palua_slice file_name;
    uint64_t number; /**< of the packet framed last, over the run */
    uint64_t frame;  /**< of the packet framed last, in the input */
    int64_t ts_ns;   /**< of the packet framed last */
    uint64_t bytes;  /**< captured bytes of the packets framed */
    uint64_t wire_bytes;

    bool end;       /**< there are no more bytes than these */
    bool searching; /**< resume: the damaged record itself lies before in.pos already */

    size_t need; /**< FRAMING_MORE: bytes from in.pos that the record takes, as far as is known;
                    more than there are */
    const char *what;  /**< FRAMING_MORE: what it is, such as "record header" */
    struct error *err; /**< FRAMING_DAMAGED; may be NULL */
};

/** One packet as the format tells it. */
struct framing_record {
    int64_t ts_ns;
    const uint8_t *data;
    uint32_t caplen;
    uint32_t origlen;
    uint16_t interface;
    uint16_t linktype;
    uint8_t flags; /**< enum palua_packet_flag: what the format knows */
};

enum { FRAMING_FCS = PALUA_PACKET_FCS | PALUA_PACKET_FCS_2 }; /**< mask */

/** The flag of packets whose check sequence has so many bytes; 0 for lengths that link layers do
 * not have, which are not believed. */
static inline uint8_t framing_fcs(unsigned len)
{
    return len == 4 ? PALUA_PACKET_FCS : len == 2 ? PALUA_PACKET_FCS_2 : 0;
}

/** Appends a packet; count < cap. Everything but the layers is filled: those are decode's, and none
 * are valid. */
static inline void framing_add(struct framing *framing, const struct framing_record *record)
{
    struct palua_packet *packet = &framing->packets[framing->count++];
    bool cut = record->caplen < record->origlen;
    packet->number = ++framing->number;
    packet->ts_ns = record->ts_ns;
    packet->data = record->data;
    packet->buffers = NULL;
    packet->frame = ++framing->frame;
    packet->caplen = record->caplen;
    packet->origlen = record->origlen;
    packet->file = framing->file;
    packet->interface = record->interface;
    packet->linktype = record->linktype;
    packet->layer_count = 0;
    packet->network = PALUA_NO_LAYER;
    packet->transport = PALUA_NO_LAYER;
    packet->flags = (uint8_t)(record->flags | (cut ? PALUA_PACKET_TRUNCATED : 0));
    packet->flow_hash = 0;
    packet->file_name = framing->file_name;
    framing->ts_ns = record->ts_ns;
    framing->bytes += record->caplen;
    framing->wire_bytes += record->origlen;
}

/** @return FRAMING_MORE */
static inline enum framing_status framing_more(struct framing *framing, size_t need,
                                               const char *what)
{
    framing->need = need;
    framing->what = what;
    return FRAMING_MORE;
}

/** Fills `err` with FILE@0xOFFSET of in.pos and one sentence.
 * @return FRAMING_DAMAGED */
enum framing_status framing_damage(struct framing *framing, const char *format, ...)
    __attribute__((cold, format(printf, 2, 3)));
