// SPDX-License-Identifier: MIT OR Apache-2.0
/** A source that unpacks another: all frames of a compressed file or pipe, one after another.
 *
 * Of a damaged frame the same bytes come whatever the steps it is read in. xz and bzip2 hand out
 * CODEC_WINDOW bytes at a time for it.
 *
 * Frames of several codecs may follow each other, skippable frames are passed over, and zero bytes
 * behind a frame are padding. Memory does not depend on what a frame unpacks to: bytes are unpacked
 * as they are asked for, and a frame that wants more than CODEC_MEMORY_CAP is not read. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "capture/source.h"

/** Whether bytes that an input starts with are compressed. */
bool unpack_needed(const uint8_t *start, size_t len);

/** @param inner  the packed bytes; owned by the new source from here on
 * @param start  bytes that were already read from it; copied */
struct source *unpack_open(struct source *inner, const uint8_t *start, size_t len);

/** The compression of the first frame, once the source was read from; of one that has skippable
 * frames only, that. */
const char *unpack_name(const struct source *source);
