// SPDX-License-Identifier: MIT OR Apache-2.0
/* How fast can record headers be walked? Packets, bytes, first and last timestamp. */
#include <inttypes.h>

#include "reference/capture.h"

struct totals {
    uint64_t packets;
    uint64_t captured;
    uint64_t bytes;
    uint32_t first[2], last[2];
};

static void walk(struct capture *capture, struct totals *totals)
{
    struct capture_record record;
    while (capture_next(capture, &record)) {
        if (!totals->packets++) {
            totals->first[0] = record.seconds;
            totals->first[1] = record.fraction;
        }
        totals->captured += record.caplen;
        totals->bytes += record.len;
        totals->last[0] = record.seconds;
        totals->last[1] = record.fraction;
    }
}

int main(int argc, char **argv)
{
    struct capture capture;
    struct totals totals = {0};
    if (argc != 2)
        capture_fail("usage: headers FILE");
    capture_init(&capture, argv[1]);
    walk(&capture, &totals);
    printf("packets %" PRIu64 "\ncaptured %" PRIu64 "\nbytes %" PRIu64 "\n", totals.packets,
           totals.captured, totals.bytes);
    printf("first %u.%09u\nlast %u.%09u\n", totals.first[0], totals.first[1] * capture.fraction_ns,
           totals.last[0], totals.last[1] * capture.fraction_ns);
    capture_fini(&capture);
    return 0;
}
