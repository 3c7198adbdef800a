// SPDX-License-Identifier: MIT OR Apache-2.0
/** `palua info --json --strict` with batches and blocks of any size, for container_test.py:
 *
 *     container BATCH_PACKETS BLOCK_SIZE FILE... */
#include <stdio.h>
#include <stdlib.h>

#include "app/findings_json.h"

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: container BATCH_PACKETS BLOCK_SIZE FILE...\n");
        return 2;
    }
    struct findings_options options = {.strict = true,
                                       .batch_packets = (uint32_t)strtoul(argv[1], NULL, 10),
                                       .block_size = (uint32_t)strtoul(argv[2], NULL, 10)};
    for (int i = 3; i < argc; i++) {
        struct findings found;
        struct text out;
        text_init(&out);
        findings_init(&found, argv[i], &options);
        findings_json(&found, &out);
        fputs(out.data, stdout);
        findings_fini(&found);
        text_fini(&out);
    }
    return 0;
}
