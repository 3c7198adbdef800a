// SPDX-License-Identifier: MIT OR Apache-2.0
/** The bytes that were delivered last, so that a retransmission with other bytes is noticed.
 *
 * One ring serves all streams of a shard: what is written overwrites what is oldest, so memory is
 * the ring and nothing else. The entries of one direction are linked, newest first. One thread at a
 * time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"

struct stream_history {
    uint8_t *ring;
    uint64_t head; /**< bytes written so far, with those skipped at the ring's end */
    uint32_t size; /**< bytes, 0 for none */
};

/** The newest entry of a direction: its place plus 1; 0 if there is none. */
typedef uint64_t stream_history_mark;

void stream_history_init(struct stream_history *history, uint32_t size);
void stream_history_fini(struct stream_history *history);

/** Remembers bytes that were delivered at an offset; of very many the first ones only. */
void stream_history_add(struct stream_history *history, stream_history_mark *mark, uint64_t offset,
                        struct cursor bytes);

/** Whether bytes that come again at an offset differ from those remembered. */
bool stream_history_differs(const struct stream_history *history, stream_history_mark mark,
                            uint64_t offset, struct cursor bytes);
