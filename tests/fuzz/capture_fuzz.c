// SPDX-License-Identifier: MIT OR Apache-2.0
/** Fuzzes the capture reader: any bytes as a capture file.
 *
 * Each input is read twice: with ordinary blocks and batches, and with both so small that nearly
 * every record is cut by a block's end. What is framed, and what is said about the damage, must be
 * the same; every captured byte is read, so that the address sanitizer sees a packet that lies
 * outside its block. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xxhash.h>

#include "capture/capture.h"
#include "capture/metadata.h"

enum { RECORD_CAP = 1 << 20, METADATA_CAP = 1 << 16 };

struct outcome {
    XXH3_state_t *hash; /**< of all packets */
    uint64_t packets;
    size_t items;               /**< of metadata, kept and dropped */
    enum capture_status status; /**< the last one that was no batch and not the end */
    struct error err;
};

#define CHECK(condition)                                                              \
    if (!(condition)) {                                                               \
        fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
        abort();                                                                      \
    }

static void check_packet(struct outcome *outcome, const struct palua_packet *packet,
                         const struct batch *batch)
{
    const struct block *block = batch->block;
    uintptr_t start = (uintptr_t)block->data, data = (uintptr_t)packet->data;
    CHECK(data >= start && packet->caplen <= block->len &&
          data - start <= block->len - packet->caplen);
    CHECK(packet->caplen <= RECORD_CAP);
    CHECK(packet->number == ++outcome->packets && packet->frame == packet->number);
    CHECK(packet->layer_count == 0);
    XXH3_64bits_update(outcome->hash, &packet->ts_ns, sizeof packet->ts_ns);
    XXH3_64bits_update(outcome->hash, &packet->caplen, sizeof packet->caplen);
    XXH3_64bits_update(outcome->hash, &packet->origlen, sizeof packet->origlen);
    XXH3_64bits_update(outcome->hash, &packet->interface, sizeof packet->interface);
    XXH3_64bits_update(outcome->hash, &packet->linktype, sizeof packet->linktype);
    XXH3_64bits_update(outcome->hash, &packet->flags, sizeof packet->flags);
    XXH3_64bits_update(outcome->hash, packet->data, packet->caplen);
}

static void read_capture(struct outcome *outcome, const char *path, uint32_t packets,
                         uint32_t block_size)
{
    struct metadata metadata;
    metadata_init(&metadata, METADATA_CAP);
    struct capture_options options = {.paths = &path,
                                      .path_count = 1,
                                      .batch_packets = packets,
                                      .block_size = block_size,
                                      .record_cap = RECORD_CAP,
                                      .metadata = &metadata};
    struct capture *capture = capture_new(&options);
    struct batch_pool *pool = batch_pool_new(2, packets, 1, 1);
    struct batch *last = NULL;
    enum capture_status status;
    outcome->hash = XXH3_createState();
    XXH3_64bits_reset(outcome->hash);
    do {
        struct batch *batch = batch_take(pool);
        status = capture_read(capture, batch, &outcome->err);
        CHECK((batch->count > 0) == (batch->block != NULL));
        CHECK(status != CAPTURE_BATCH || batch->count);
        if (status == CAPTURE_DAMAGED || status == CAPTURE_FAILED)
            outcome->status = status;
        for (uint32_t i = 0; i < batch->count; i++)
            check_packet(outcome, &batch->packets[i], batch);
        // One batch stays under way, so that blocks are sometimes shared and sometimes not.
        batch_give(pool, last);
        last = batch;
    } while (status != CAPTURE_END);
    batch_give(pool, last);
    capture_free(capture);
    outcome->items = metadata.count + metadata.dropped;
    CHECK(metadata.memory <= METADATA_CAP);
    metadata_fini(&metadata);
    batch_pool_free(pool);
}

static void check_same(const struct outcome *a, const struct outcome *b)
{
    CHECK(a->packets == b->packets);
    CHECK(XXH3_64bits_digest(a->hash) == XXH3_64bits_digest(b->hash));
    CHECK(a->status == b->status);
    CHECK(a->items == b->items);
    // Where a decompressor noticed damage depends on the steps it was called in.
    bool packed = strstr(a->err.text, "frame of") != NULL;
    CHECK(packed || strcmp(a->err.where, b->err.where) == 0);
    CHECK(strcmp(a->err.text, b->err.text) == 0);
    CHECK((a->status == CAPTURE_BATCH) == (a->err.code == ERROR_NONE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = memfd_create("capture", MFD_CLOEXEC);
    CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct outcome large = {0}, small = {0};
    read_capture(&large, path, 64, 65536);
    read_capture(&small, path, 2, 40);
    check_same(&large, &small);
    XXH3_freeState(large.hash);
    XXH3_freeState(small.hash);
    close(fd);
    return 0;
}
