// SPDX-License-Identifier: MIT OR Apache-2.0
/** Takes what streams hand over, for tests: the bytes of both directions with their gaps, and what
 * was found. */
#pragma once

#include "stream/stream.h"

enum { RECEIVER_CAP = 1 << 16 };

struct receiver {
    struct streams *streams;
    struct stream *stream;
    struct part part;
    uint8_t bytes[2][RECEIVER_CAP];
    bool missing[2][RECEIVER_CAP]; /**< the byte lies in a gap */
    uint64_t len[2];
    uint64_t base[2]; /**< offset of bytes[0]: set to test streams that are far on */
    uint64_t gaps[2];
    uint64_t packets[2][RECEIVER_CAP]; /**< that brought each byte */
    unsigned ends[2];
    unsigned faults[STREAM_FAULT_COUNT];
    uint64_t last_gap; /**< field of the last bytes */
    uint64_t number;   /**< packets fed so far */
};

/** The defaults of the configuration, small enough for tests. */
struct stream_options receiver_options(void);
void receiver_open(struct receiver *receiver, const struct stream_options *options);
void receiver_close(struct receiver *receiver);

/** A segment from `direction`, with its number as packet number. */
void receiver_feed(struct receiver *receiver, uint8_t direction,
                   const struct stream_segment *segment);
/** The same with few words; flags are SEGMENT_ACK if `ack` is not 0. */
void receiver_data(struct receiver *receiver, uint8_t direction, uint32_t seq, const char *text);
void receiver_ack(struct receiver *receiver, uint8_t direction, uint32_t seq, uint32_t ack,
                  uint16_t window);
/** SYN, SYN-ACK, ACK: data begins at 1001 in one direction, at 5001 in the other. */
void receiver_handshake(struct receiver *receiver, uint16_t window);
/** Checks the bytes of a direction; '_' stands for a missing one. */
void receiver_expect(const struct receiver *receiver, uint8_t direction, const char *text);
