// SPDX-License-Identifier: MIT OR Apache-2.0
/** TCP streams of one worker: both directions of each connection, put back in order.
 *
 * In-order bytes are handed over as a view of the packet; only segments that came too early are
 * copied, and their buffers are retired to the batch when they are handed over. How one direction
 * works is told in side.h, who wins where segments overlap in policy.h.
 *
 * Caps. Memory is counted per shard (256, by packet->flow_hash, as in flow/table.h). A direction
 * over its own cap (bytes or segments held) first loses what it holds in doubt, then gives up its
 * first hole: a gap, and delivery goes on behind it. A shard over its cap does the same with the
 * connection that has been holding segments longest. Memory never exceeds a cap by more than one
 * segment. All is counted.
 *
 * A connection that begins anew within one flow (a SYN with another sequence number that the other
 * side answers) ends both directions and begins them again at offset 0. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <palua/abi.h>

#include "base/ring.h"
#include "batch/batch.h"
#include "event/schemas.h"
#include "stream/policy.h"
#include "stream/segment.h"

/** Kinds of malformed or suspicious traffic: code, anomaly name, what it means. */
#define STREAM_FAULT_LIST(X)                                                                     \
    X(OVERLAP, "tcp_overlap", "segments of a stream overlap with different bytes")               \
    X(OUTSIDE_WINDOW, "tcp_outside_window", "a segment reaches beyond the receiver's window")    \
    X(BAD_SYN, "tcp_bad_syn", "a SYN with another sequence number in an open connection")        \
    X(BAD_RST, "tcp_bad_reset", "a RST whose sequence number lies outside the window")           \
    X(BAD_FIN, "tcp_bad_fin", "a FIN where the stream cannot end, or contradicting another one") \
    X(AFTER_FIN, "tcp_data_after_fin", "data behind a FIN")

enum stream_fault {
#define X(code, name, text) STREAM_FAULT_##code,
    STREAM_FAULT_LIST(X)
#undef X
        STREAM_FAULT_COUNT
};

const char *stream_fault_name(enum stream_fault fault);
const char *stream_fault_text(enum stream_fault fault);

struct reader;
struct stream;
struct stream_buffer;

/** Bytes handed over; they live as long as the part entered last. */
struct stream_bytes {
    struct palua_slice data;
    uint64_t offset; /**< of the first, in its direction */
    uint64_t gap;    /**< bytes missing directly before them */
    uint64_t packet; /**< number of the packet that brought them */
    int64_t ts_ns;   /**< its time */
    uint8_t direction;
};

/** Who takes them. Nothing here may call back into the streams. */
struct stream_output {
    void *context;
    void (*data)(void *context, struct stream *stream, const struct stream_bytes *bytes);
    void (*gap)(void *context, struct stream *stream, uint8_t direction, uint64_t offset,
                uint64_t length);
    /** No more bytes come in this direction. */
    void (*end)(void *context, struct stream *stream, uint8_t direction);
    /** @param offset  in the stream */
    void (*fault)(void *context, struct stream *stream, uint8_t direction, enum stream_fault fault,
                  uint64_t offset);
};

struct stream_options {
    enum stream_policy policy;
    uint64_t memory_cap;   /**< bytes of heap per shard */
    uint64_t side_cap;     /**< bytes of heap per direction */
    uint32_t segment_cap;  /**< pieces held per direction */
    uint32_t gap_packets;  /**< see side.h */
    uint32_t history_size; /**< bytes per shard remembered of what was delivered, so that
                              retransmissions are compared with it; 0: they are not */
    bool wait_for_ack;
    bool health; /**< keep struct stream_health */
};

struct stream_counters {
    uint64_t streams;       /**< connections */
    uint64_t bytes;         /**< handed over */
    uint64_t gaps;          /**< told */
    uint64_t missed;        /**< bytes in them */
    uint64_t early;         /**< segments that had to wait */
    uint64_t retransmitted; /**< segments with bytes that had come before */
    uint64_t shed;          /**< holes given up at a cap */
    uint64_t refused;       /**< bytes held in doubt and never acknowledged */
    uint64_t unread;        /**< bytes kept for dissectors and given up at a cap */
    uint64_t faults;
};

enum { STREAM_RECENT = 4 }; /**< packets back that a copy of a packet is looked for */

struct stream_health {
    struct tcp_tally tallies[2];
    int64_t syn_ns; /**< INT64_MIN: not seen */
    int64_t answer_ns;
    int64_t rtt_ns; /**< from the SYN to the ACK that completes the handshake, as seen here; -1:
                       not seen */
    struct {
        uint64_t place; /**< sequence number and checksum */
        uint64_t kind;  /**< IP id, TTL, length */
    } recent[2][STREAM_RECENT];
    uint32_t next_recent[2];
};

/** One direction: what every segment looks at, in one cache line. */
struct stream_side {
    _Alignas(64) uint64_t offset; /**< of the byte to be handed over next */
    uint64_t gap;                 /**< bytes missing directly before it */
    uint64_t acked;               /**< offset up to which the receiver has acknowledged */
    uint64_t edge;                /**< offset up to which it takes bytes; UINT64_MAX: unknown */
    uint64_t fin;                 /**< offset of the FIN; UINT64_MAX: none */
    uint64_t highest;             /**< end of the segment that reached furthest */
    struct stream_buffer *early;  /**< NULL if it never held anything */
    uint32_t next;                /**< sequence number of `offset` */
    uint8_t scale;                /**< of the window that this side announces */
    uint8_t ttl;                  /**< highest seen, until a lower one is acknowledged */
    uint8_t low_ttl;              /**< of the segment held because of it last */
    bool started : 1;             /**< `next` is known */
    bool synchronised : 1;        /**< by a SYN */
    bool scale_known : 1;
    bool has_candidate : 1;
    bool heard : 1;       /**< the receiver has acknowledged something */
    bool established : 1; /**< it has sent more than SYNs */
    bool contested : 1;   /**< held bytes turned out to be others: its TTL tells nothing */
    bool ended : 1;       /**< told so */
};
_Static_assert(sizeof(struct stream_side) == 64, "a cache line");

/** The rest of a direction. */
struct stream_rest {
    uint64_t history;   /**< stream_history_mark */
    uint32_t candidate; /**< `next` of a SYN that may begin a new connection */
    uint32_t age;       /**< packets since a hole was found acknowledged */
};

struct stream {
    struct stream_side sides[2];  /**< by enum palua_direction of the sender */
    void *owner;                  /**< what stream_new was given; the next free one */
    struct reader *reader;        /**< plugin/reader.h; NULL unless a dissector reads it */
    struct stream_health *health; /**< NULL unless asked for */
    struct ring waiting;          /**< in its shard, as long as anything is held */
    bool waits;
    uint8_t shard;
    struct stream_rest rest[2];
};

struct streams;

struct streams *streams_new(const struct stream_options *options,
                            const struct stream_output *output);
/** Every stream must have been ended. */
void streams_free(struct streams *streams);
/** Where what is handed over has to live from now on. */
void streams_enter(struct streams *streams, struct part *part);
void streams_counters(const struct streams *streams, struct stream_counters *out);
/** Adds those of another worker. */
void stream_counters_add(struct stream_counters *into, const struct stream_counters *from);
/** Bytes of heap behind what a shard holds. */
uint64_t streams_memory(const struct streams *streams, uint8_t shard);

/** A connection. @param owner  for the output's functions, in stream->owner */
struct stream *stream_new(struct streams *streams, uint8_t shard, void *owner);
/** One packet of it.
 * @param direction  enum palua_direction of the sender
 * @param packet     the segment's, to tell copies of a packet; may be NULL */
void stream_segment(struct streams *streams, struct stream *stream, uint8_t direction,
                    const struct stream_segment *segment, const struct palua_packet *packet);
/** It is over: what is held is handed over, with its gaps, and both directions end. */
void stream_finish(struct streams *streams, struct stream *stream);
/** Forgets it. */
void stream_free(struct streams *streams, struct stream *stream);
