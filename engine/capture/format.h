// SPDX-License-Identifier: MIT OR Apache-2.0
/** Capture formats: how each is known by its first bytes, and how its records are framed.
 *
 * A format is a constant table of functions in a file of its own, listed in format.c; nothing else
 * knows it. Its state belongs to one input and is used by one thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/error.h"
#include "capture/framing.h"

enum { FORMAT_PROBE_LEN = 24 }; /**< first bytes of an input that are enough to tell its format */

/** What an input says of itself as a whole. */
struct format_facts {
    bool big;                 /**< byte order, of pcapng that of the section read last */
    uint16_t major, minor;    /**< version, likewise */
    const char *unit;         /**< of timestamps; NULL where each interface has its own */
    uint32_t snaplen;         /**< as written, which need not be what was kept */
    uint16_t linktype;        /**< where the whole input has one */
    uint32_t sections;        /**< of pcapng, else 0 */
    uint32_t interface_count; /**< of pcapng, in all sections; else 0 */
};

struct format {
    const char *name;
    /** Whether an input starts like this format. `in` has FORMAT_PROBE_LEN bytes, fewer if the
     * input has no more. */
    bool (*probe)(struct cursor in);
    /** State for one input, to be framed from its first byte. */
    void *(*open)(void);
    void (*close)(void *state);
    /** Frames whole records from framing->in until one is not whole or there is no room. Headers
     * and blocks that are no packets are walked over by the same call. */
    enum framing_status (*frame)(void *state, struct framing *framing);
    /** Finds where framing may go on behind the damaged record at in.pos; NULL: nowhere. What a
     * place is taken for must be so improbable that bytes of a packet cannot pass by chance.
     * FRAMING_OK leaves in.pos there; FRAMING_MORE leaves it where the search goes on; otherwise
     * there is none up to the end. Sets no error. */
    enum framing_status (*resume)(void *state, struct framing *framing);
    /** What the headers read so far say. */
    void (*facts)(const void *state, struct format_facts *out);
};

extern const struct format format_pcap;
extern const struct format format_pcapng;
extern const struct format format_snoop;

/** The format that an input starts with.
 * @param name  of the input, for the message
 * @return NULL if it is none that is read: err names what it looks like, and what to do about it */
const struct format *format_find(struct cursor in, const char *name, struct error *err);
