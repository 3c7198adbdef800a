// SPDX-License-Identifier: MIT OR Apache-2.0
#include "capture/codec.h"

static const struct codec *const codecs[] = {&codec_gzip, &codec_zstd, &codec_xz, &codec_lz4,
                                             &codec_bzip2};

const struct codec *codec_find(struct cursor in)
{
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
        if (codecs[i]->probe(in))
            return codecs[i];
    return NULL;
}

/* RFC 8878 section 3.1.2: sixteen magic numbers, so that users can tell theirs apart. */
bool codec_skippable(struct cursor *in, uint32_t *len)
{
    struct cursor at = *in;
    uint32_t magic;
    if (!cursor_u32le(&at, &magic) || (magic & ~0xfu) != 0x184d2a50 || !cursor_u32le(&at, len))
        return false;
    *in = at;
    return true;
}
