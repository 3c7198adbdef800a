// SPDX-License-Identifier: MIT OR Apache-2.0
/** What side.c and stream.c share of a worker's streams. Private to engine/stream. */
#pragma once

#include "shard/share.h"
#include "stream/side.h"

struct streams {
    struct stream_options options;
    struct stream_output output;
    struct part *part;
    struct stream_counters counters;
    struct stream_shard shards[SHARD_COUNT];
    struct stream **chunks; /**< of records */
    size_t chunk_count;
    size_t chunk_cap;
    struct stream *free;
};

static inline struct stream_shard *stream_shard_of(const struct stream_work *work)
{
    return &work->streams->shards[work->stream->shard];
}
