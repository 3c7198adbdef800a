// SPDX-License-Identifier: MIT OR Apache-2.0
/* How fast can packets be decoded, and nothing kept of them? Packets of every IP protocol, and one
 * number to which the hash of every five-tuple adds, so that none goes uncomputed. */
#include <inttypes.h>

#include "reference/capture.h"
#include "reference/decode.h"

int main(int argc, char **argv)
{
    struct capture capture;
    struct capture_record record;
    struct decoded decoded;
    uint64_t packets[256] = {0}, other = 0, hashes = 0;
    if (argc != 2)
        capture_fail("usage: decode FILE");
    capture_init(&capture, argv[1]);
    while (capture_next(&capture, &record)) {
        if (!decode(record.data, record.caplen, &decoded)) {
            other++;
            continue;
        }
        packets[decoded.proto]++;
        hashes += decode_hash(&decoded.key);
    }
    for (unsigned proto = 0; proto < 256; proto++)
        if (packets[proto])
            printf("proto_%u %" PRIu64 "\n", proto, packets[proto]);
    printf("other %" PRIu64 "\nhashes %" PRIu64 "\n", other, hashes);
    capture_fini(&capture);
    return 0;
}
