// SPDX-License-Identifier: MIT OR Apache-2.0
/** The events of one kind that one worker made of one batch, in order, each with its order key.
 *
 * Keys give the order of DESIGN section 3 within a batch: packet, phase, layer depth, index within
 * the layer. Within one worker's events they compare as integers; between workers,
 * batch_event_before compares them. Written by one worker, then only read. Grows with the batch,
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

enum { EVENT_KEY_PART_CAP = 64 }; /**< parts of a batch that keys can tell apart */

/** Of an event that belongs to a packet. packet: index in the batch (32 bits); depth: layer index
 * (7 bits); index: running number within the packet (24 bits, the last one stands for all that
 * follow). */
static inline uint64_t event_key(uint32_t packet, uint32_t depth, uint32_t index)
{
    return (uint64_t)packet << 32 | (uint64_t)EVENT_PHASE_PARSE << 31 |
           (uint64_t)(depth & 0x7f) << 24 | (index < 0xffffff ? index : 0xffffff);
}

/** Of an event that a flow's end causes before that packet. part: the worker's (6 bits); index:
 * running number within the packet and part (25 bits, the last one stands for all that follow), so
 * that no key is 0.
 * What ends in one part is numbered in order; between parts batch_event_before knows the order. */
static inline uint64_t event_key_expiry(uint32_t packet, uint32_t part, uint32_t index)
{
    return (uint64_t)packet << 32 | (uint64_t)(part % EVENT_KEY_PART_CAP) << 25 |
           (index < 0x1fffffe ? index + 1 : 0x1ffffff);
}

static inline enum event_phase event_key_phase(uint64_t key)
{
    return (enum event_phase)(key >> 31 & 1);
}

/** Of a key of the expiry phase. */
static inline uint32_t event_key_part(uint64_t key)
{
    return (uint32_t)(key >> 25) % EVENT_KEY_PART_CAP;
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
