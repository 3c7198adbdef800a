// SPDX-License-Identifier: MIT OR Apache-2.0
/** One end of a TCP connection: its state, and its sequence numbers counted from the SYN.
 *
 * Part of flow/connection.h. Pure, any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "flow/connection.h"

enum flow_endpoint_state {
    ENDPOINT_INACTIVE, /**< nothing seen of it */
    ENDPOINT_SYN_SENT,
    ENDPOINT_SYN_ACK_SENT, /**< as the originator: its SYN was not seen */
    ENDPOINT_PARTIAL,      /**< seen, but not how it began */
    ENDPOINT_ESTABLISHED,
    ENDPOINT_CLOSED, /**< sent FIN */
    ENDPOINT_RESET   /**< sent RST */
};

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_ACK = 16 };

/** What counts of one packet. */
struct flow_segment {
    uint32_t seq;
    uint32_t ack;
    uint32_t len; /**< payload on the wire */
    uint16_t window;
    uint8_t flags;
    bool cut; /**< some of the payload was not captured */
};

static inline unsigned endpoint_state(const struct flow_endpoint *end)
{
    return end->states & 0xfU;
}

static inline unsigned endpoint_state_before(const struct flow_endpoint *end)
{
    return end->states >> 4;
}

static inline void endpoint_set_state(struct flow_endpoint *end, enum flow_endpoint_state state)
{
    if (state != endpoint_state(end))
        end->states = (uint8_t)(endpoint_state(end) << 4 | state);
}

/** The sequence numbers a segment takes: SYN and FIN one each; what comes with a RST is no data. */
static inline uint32_t endpoint_span(const struct flow_segment *segment)
{
    uint32_t data = segment->flags & TCP_RST ? 0 : segment->len;
    return data + !!(segment->flags & TCP_SYN) + !!(segment->flags & TCP_FIN);
}

/** Takes the beginning of the sequence space from a segment of the end's own, if it is the first or
 * opens the connection anew. */
void endpoint_open(struct flow_endpoint *end, const struct flow_segment *segment);
/** The same from an acknowledgement of the other end, before this one was seen. */
void endpoint_open_acknowledged(struct flow_endpoint *end, uint32_t ack);

/** Where a sequence number lies, given that `near` is the last such number and how often it
 * wrapped; negative if it lies before the SYN. */
int64_t endpoint_place(const struct flow_endpoint *end, uint32_t seq, uint32_t near, uint8_t wraps);

void endpoint_acknowledge(struct flow_endpoint *end, uint32_t ack);
/** @return true if the segment is data sent before */
bool endpoint_send(struct flow_endpoint *end, const struct flow_segment *segment);

/** Bytes of payload by sequence numbers. */
uint64_t endpoint_size(const struct flow_endpoint *end, const struct flow_endpoint *peer);
