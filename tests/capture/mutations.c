// SPDX-License-Identifier: MIT OR Apache-2.0
/** Reads captures that were cut anywhere, and captures with a bit turned over, all in one process.
 *
 *     mutations prefixes FILE...    every prefix of each file
 *     mutations bits FILE...        every bit of each file's first bytes turned over, one at a time
 *
 * Of a prefix is demanded that it gives the packets that are whole in it, in the whole file's
 * order, and that it is reported exactly where it ends within a record, with the offset at which
 * that record starts. Of a turned bit, that whatever comes of it does not depend on the size of
 * blocks and batches. All packets are decoded too. Prints a line of counts; exits with 1 at the
 * first thing that does not hold. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xxhash.h>

#include "base/memory.h"
#include "capture/capture.h"
#include "decode/decode.h"

enum { FLIPPED_BYTES = 400, RECORD_CAP = 1 << 20, SECTION_OR_HEADER = 16 };

#define CHECK(condition, ...)                                 \
    if (!(condition)) {                                       \
        fprintf(stderr, "%s: %s: ", input->name, #condition); \
        fprintf(stderr, __VA_ARGS__);                         \
        fputc('\n', stderr);                                  \
        exit(1);                                              \
    }

/** A file's bytes, and a file to put mutations of them into. */
struct mutant {
    const char *name;
    uint8_t *data;
    size_t len;
    int fd;
    char path[64];
};

/** What reading gave. */
struct outcome {
    uint64_t packets;
    uint64_t hash; /**< of all packets */
    uint64_t damages;
    uint64_t skipped;
    unsigned failures;
    struct error first; /**< damage or failure */
};

struct reader {
    struct decoder *decoder;
    uint64_t reads;
};

static void read_batch(struct reader *reader, struct outcome *outcome, struct batch *batch)
{
    decode_batch(reader->decoder, batch, 0, batch->count);
    for (uint32_t i = 0; i < batch->count; i++) {
        const struct palua_packet *packet = &batch->packets[i];
        outcome->hash = XXH3_64bits_withSeed(packet->data, packet->caplen,
                                             outcome->hash ^ (uint64_t)packet->ts_ns ^
                                                 packet->linktype ^ packet->interface);
        outcome->packets++;
    }
}

static struct outcome read_mutant(struct reader *reader, const struct mutant *input, bool strict,
                                  uint32_t batch_packets, uint32_t block_size)
{
    const char *paths[] = {input->path};
    struct capture *capture = capture_new(&(struct capture_options){.paths = paths,
                                                                    .path_count = 1,
                                                                    .batch_packets = batch_packets,
                                                                    .block_size = block_size,
                                                                    .record_cap = RECORD_CAP,
                                                                    .strict = strict});
    struct batch_pool *pool = batch_pool_new(1, batch_packets, 1, 1);
    struct outcome outcome = {0};
    enum capture_status status;
    do {
        struct batch *batch = batch_take(pool);
        struct error err = {0};
        status = capture_read(capture, batch, &err);
        read_batch(reader, &outcome, batch);
        batch_give(pool, batch);
        if (status == CAPTURE_FAILED)
            outcome.failures++;
        if (err.code != ERROR_NONE && outcome.first.code == ERROR_NONE)
            outcome.first = err;
    } while (status != CAPTURE_END);
    struct capture_totals totals;
    capture_totals(capture, &totals);
    outcome.damages = totals.damages;
    outcome.skipped = totals.skipped;
    capture_free(capture);
    batch_pool_free(pool);
    reader->reads++;
    return outcome;
}

static void mutant_open(struct mutant *input, const char *name)
{
    FILE *file = fopen(name, "rb");
    *input = (struct mutant){.name = name, .fd = memfd_create("mutant", MFD_CLOEXEC)};
    CHECK(file && input->fd >= 0, "cannot be read");
    fseek(file, 0, SEEK_END);
    input->len = (size_t)ftell(file);
    rewind(file);
    input->data = memory_alloc(input->len + 1);
    CHECK(fread(input->data, 1, input->len, file) == input->len, "cannot be read");
    CHECK(write(input->fd, input->data, input->len) == (ssize_t)input->len, "no room");
    snprintf(input->path, sizeof input->path, "/proc/self/fd/%d", input->fd);
    fclose(file);
}

static void mutant_close(struct mutant *input)
{
    close(input->fd);
    memory_free(input->data);
}

/** The offset that a report names. */
static uint64_t offset_of(const struct error *err)
{
    const char *at = strrchr(err->where, '@');
    return at ? strtoull(at + 1, NULL, 16) : UINT64_MAX;
}

/** From the whole down, so that the file need only be cut. */
static void read_prefixes(struct reader *reader, const struct mutant *input)
{
    uint64_t whole = read_mutant(reader, input, true, 1024, 1 << 16).packets, last = whole;
    size_t sound = input->len;
    uint64_t *starts = memory_zalloc(input->len + 1, sizeof *starts);
    for (size_t len = input->len + 1; len-- > 0;) {
        CHECK(ftruncate(input->fd, (off_t)len) == 0, "cannot be cut");
        struct outcome got = read_mutant(reader, input, true, 1024, 1 << 16);
        CHECK(got.packets <= last && got.packets + 1 >= last, "prefix %zu: %" PRIu64 " packets",
              len, got.packets);
        last = got.packets;
        bool fine = got.damages == 0 && got.failures == 0;
        CHECK(fine || got.damages + got.failures == 1, "prefix %zu", len);
        CHECK((got.first.code == ERROR_NONE) == fine, "prefix %zu", len);
        // A record starts where a prefix is sound; what is cut starts at the sound one below.
        starts[len] = fine ? len : got.failures ? 0 : offset_of(&got.first);
        CHECK(starts[len] <= len, "prefix %zu: %s", len, got.first.where);
        CHECK(fine || got.failures || starts[len] < sound, "prefix %zu: %s", len, got.first.where);
        if (fine)
            sound = len;
        if (len % 16 == 0) { // what lies behind the cut is nothing, so this changes nothing
            struct outcome other = read_mutant(reader, input, false, 1, 100);
            CHECK(other.packets >= got.packets && (other.damages > 0) == (got.damages > 0),
                  "prefix %zu", len);
        }
    }
    for (size_t len = 1; len <= input->len; len++)
        CHECK(starts[len] == len || starts[len] == 0 || starts[starts[len]] == starts[len] ||
                  starts[len] < SECTION_OR_HEADER,
              "prefix %zu: the record cut is said to start at %" PRIu64 ", where none does", len,
              starts[len]);
    memory_free(starts);
}

static void check_same(const struct mutant *input, size_t bit, const struct outcome *a,
                       const struct outcome *b)
{
    CHECK(a->packets == b->packets && a->hash == b->hash, "bit %zu: %" PRIu64 " and %" PRIu64, bit,
          a->packets, b->packets);
    CHECK(a->damages == b->damages && a->failures == b->failures, "bit %zu", bit);
    CHECK(a->skipped == b->skipped, "bit %zu: %" PRIu64 " and %" PRIu64, bit, a->skipped,
          b->skipped);
    CHECK(strcmp(a->first.where, b->first.where) == 0, "bit %zu: %s and %s", bit, a->first.where,
          b->first.where);
    CHECK(strcmp(a->first.text, b->first.text) == 0, "bit %zu: %s and %s", bit, a->first.text,
          b->first.text);
}

static void turn(const struct mutant *input, size_t bit)
{
    input->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    CHECK(pwrite(input->fd, &input->data[bit / 8], 1, (off_t)(bit / 8)) == 1, "cannot be written");
}

static void read_bits(struct reader *reader, const struct mutant *input)
{
    size_t bytes = input->len < FLIPPED_BYTES ? input->len : FLIPPED_BYTES;
    for (size_t bit = 0; bit < 8 * bytes; bit++) {
        turn(input, bit);
        struct outcome large = read_mutant(reader, input, false, 1024, 1 << 16);
        struct outcome small = read_mutant(reader, input, false, 3, 50);
        check_same(input, bit, &large, &small);
        turn(input, bit);
    }
}

int main(int argc, char **argv)
{
    bool prefixes = argc > 2 && strcmp(argv[1], "prefixes") == 0;
    if (argc < 3 || (!prefixes && strcmp(argv[1], "bits") != 0)) {
        fprintf(stderr, "usage: mutations prefixes|bits FILE...\n");
        return 2;
    }
    struct reader reader = {.decoder = decoder_new()};
    for (int i = 2; i < argc; i++) {
        struct mutant input;
        mutant_open(&input, argv[i]);
        if (prefixes)
            read_prefixes(&reader, &input);
        else
            read_bits(&reader, &input);
        mutant_close(&input);
    }
    decoder_free(reader.decoder);
    printf("%d files, read %" PRIu64 " times\n", argc - 2, reader.reads);
    return 0;
}
