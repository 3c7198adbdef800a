// SPDX-License-Identifier: MIT OR Apache-2.0
/** A worker's way from packets to events, for tests of what comes after: decode, flow table and
 * dissection over datagrams that are made here. */
#pragma once

#include "event/interest.h"
#include "plugin/dissection.h"

enum { STAGE_PACKET_CAP = 64, STAGE_PAYLOAD_CAP = 1400 };

struct stage {
    struct registry *registry;
    struct plugin_set *set;
    struct interest interest;
    struct decoder *decoder;
    struct flow_table *flows;
    struct dissection *dissection;
    struct batch_pool *pool;
    struct batch *batch;
    struct dissection_call call;
    uint32_t sequence;
    uint64_t packets; /**< sent so far */
    uint8_t frames[STAGE_PACKET_CAP][28 + STAGE_PAYLOAD_CAP];
};

/** With the bundled plugins and those given (NULL at the end); nothing is wanted yet. */
void stage_open(struct stage *stage, const struct palua_plugin *const *plugins);
/** Wants an event and some of its fields (one comma-separated text, "" for none). */
void stage_want(struct stage *stage, const char *event, const char *fields);
/** After all that is wanted is said. `parts` of the batches, of which the first is filled. */
void stage_start(struct stage *stage, uint32_t parts);
void stage_close(struct stage *stage);

struct stage_datagram {
    uint8_t src; /**< last byte of 192.0.2.x */
    uint8_t dst;
    uint16_t sport;
    uint16_t dport;
    int64_t ts_ns;
    const void *payload;
    uint32_t len;
    uint32_t cut;  /**< bytes that the snaplen left out */
    bool fragment; /**< the first of several */
};

/** One packet through all stages, into the current batch. */
void stage_send(struct stage *stage, const struct stage_datagram *datagram);
/** Gives the batch back and takes the next. */
void stage_next_batch(struct stage *stage);
/** Ends all flows. */
void stage_end(struct stage *stage);

/** The events of one kind in the current batch. */
const struct event_queue *stage_queue(const struct stage *stage, const char *event);
