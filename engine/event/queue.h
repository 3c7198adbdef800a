// SPDX-License-Identifier: MIT OR Apache-2.0
/** The events of one kind that one worker made of one batch, in order, each with its order key.
 *
 * Keys compare as integers and give the order of DESIGN section 3 within a batch: packet, phase,
 * layer depth, index within the layer. Written by one worker, then only read. Grows with the batch,
 * never sheds. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <palua/abi.h>

struct event_queue {
    const struct palua_event **events;
    uint64_t *keys; /**< ascending */
    uint32_t count;
    uint32_t cap;
};

/** Expiry comes before the packet that moved the clock, then the packet's own events. */
enum event_phase { EVENT_PHASE_EXPIRY = 0, EVENT_PHASE_PARSE = 1 };

/** packet: index in the batch (32 bits); phase: 1 bit; depth: layer index (7 bits); index: running
 * number (24 bits). */
static inline uint64_t event_key(uint32_t packet, enum event_phase phase, uint32_t depth,
                                 uint32_t index)
{
    return (uint64_t)packet << 32 | (uint64_t)phase << 31 | (uint64_t)(depth & 0x7f) << 24 |
           (index & 0xffffff);
}

static inline uint32_t event_key_packet(uint64_t key)
{
    return (uint32_t)(key >> 32);
}

void event_queue_init(struct event_queue *queue);
void event_queue_fini(struct event_queue *queue);
/** Forgets the events, keeps the memory. */
void event_queue_clear(struct event_queue *queue);
/** `key` must not be below the last one pushed. */
void event_queue_push(struct event_queue *queue, const struct palua_event *event, uint64_t key);
