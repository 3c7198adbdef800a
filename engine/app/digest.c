// SPDX-License-Identifier: MIT OR Apache-2.0
#include "app/digest.h"

#undef NDEBUG // assertions are always on
#include <assert.h>
#include <openssl/evp.h>

/* That these fail means a libcrypto without SHA-256: our build's fault, not the input's. */
void digest_init(struct digest *digest)
{
    digest->context = EVP_MD_CTX_new();
    int ok = digest->context && EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL);
    assert(ok);
}

void digest_fini(struct digest *digest)
{
    EVP_MD_CTX_free(digest->context);
    digest->context = NULL;
}

void digest_add(struct digest *digest, const void *data, size_t len)
{
    int ok = EVP_DigestUpdate(digest->context, data, len);
    assert(ok);
}

void digest_end(struct digest *digest, struct text *out)
{
    uint8_t bytes[EVP_MAX_MD_SIZE];
    unsigned len;
    int ok = EVP_DigestFinal_ex(digest->context, bytes, &len);
    assert(ok);
    text_add_hex(out, bytes, len);
}
