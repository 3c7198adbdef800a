// SPDX-License-Identifier: MIT OR Apache-2.0
/** SHA-256 (FIPS 180-4) of bytes as they come, through libcrypto. One thread at a time. */
#pragma once

#include <stddef.h>

#include "base/text.h"

struct digest {
    void *context;
};

void digest_init(struct digest *digest);
void digest_fini(struct digest *digest);
void digest_add(struct digest *digest, const void *data, size_t len);
/** Appends the digest of all that was added, in hex; nothing may be added after it. */
void digest_end(struct digest *digest, struct text *out);
