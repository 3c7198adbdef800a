// SPDX-License-Identifier: MIT OR Apache-2.0
/** Reads captures with palua's reader and prints what it found, one JSON line per input, for
 * container_test.py to compare.
 *
 *     container BATCH_PACKETS BLOCK_SIZE FILE...
 *
 * The hashes are those of shared/captures/README.md: over all captured bytes, and over one line of
 * metadata per packet. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/text.h"
#include "capture/capture.h"

enum { RECORD_CAP = 256 << 20, DIGEST_LEN = 32 };

struct summary {
    EVP_MD_CTX *data;
    EVP_MD_CTX *meta;
    uint64_t packets;
    uint64_t bytes;
    uint64_t wire_bytes;
    uint64_t truncated;
    int64_t first_ts_ns;
    int64_t last_ts_ns;
    int64_t min_ts_ns;
    int64_t max_ts_ns;
    const char *status;
    struct error err;
};

static EVP_MD_CTX *digest_new(void)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    if (!digest || !EVP_DigestInit_ex(digest, EVP_sha256(), NULL))
        abort();
    return digest;
}

static void digest_add(struct text *out, EVP_MD_CTX *digest)
{
    uint8_t bytes[DIGEST_LEN];
    if (!EVP_DigestFinal_ex(digest, bytes, NULL))
        abort();
    text_add_hex(out, bytes, sizeof bytes);
    EVP_MD_CTX_free(digest);
}

static void summarise_packet(struct summary *sum, const struct palua_packet *packet)
{
    char line[128];
    char ts[24] = "None";
    bool timed = !(packet->flags & PALUA_PACKET_NO_TIME);
    if (timed)
        snprintf(ts, sizeof ts, "%" PRId64, packet->ts_ns);
    int len = snprintf(line, sizeof line, "%s,%u,%u,%u,%u\n", ts, packet->caplen, packet->origlen,
                       packet->interface, packet->linktype);
    EVP_DigestUpdate(sum->meta, line, (size_t)len);
    EVP_DigestUpdate(sum->data, packet->data, packet->caplen);
    if (!sum->packets || packet->ts_ns < sum->min_ts_ns)
        sum->min_ts_ns = packet->ts_ns;
    if (!sum->packets || packet->ts_ns > sum->max_ts_ns)
        sum->max_ts_ns = packet->ts_ns;
    sum->packets++;
    sum->truncated += packet->flags & PALUA_PACKET_TRUNCATED ? 1 : 0;
}

static void summarise_batch(struct summary *sum, const struct batch *batch)
{
    for (uint32_t i = 0; i < batch->count; i++)
        summarise_packet(sum, &batch->packets[i]);
}

static void summarise_capture(struct summary *sum, struct capture *capture, struct batch_pool *pool)
{
    enum capture_status status;
    do {
        struct batch *batch = batch_take(pool);
        status = capture_read(capture, batch, &sum->err);
        summarise_batch(sum, batch);
        batch_give(pool, batch);
        if (status == CAPTURE_DAMAGED)
            sum->status = "damaged";
        if (status == CAPTURE_FAILED)
            sum->status = "failed";
    } while (status != CAPTURE_END);
    struct capture_totals totals;
    capture_totals(capture, &totals);
    sum->first_ts_ns = totals.first_ts_ns;
    sum->last_ts_ns = totals.last_ts_ns;
    sum->bytes = totals.bytes;
    sum->wire_bytes = totals.wire_bytes;
    if (totals.packets != sum->packets)
        abort();
}

static void print_summary(struct summary *sum, const char *path)
{
    struct text out;
    text_init(&out);
    text_add_str(&out, "{\"path\": ");
    text_add_json(&out, path, strlen(path));
    text_add_format(&out, ", \"status\": \"%s\", \"where\": ", sum->status);
    text_add_json(&out, sum->err.where, strlen(sum->err.where));
    text_add_str(&out, ", \"text\": ");
    text_add_json(&out, sum->err.text, strlen(sum->err.text));
    text_add_format(&out,
                    ", \"packets\": %" PRIu64 ", \"cap_bytes\": %" PRIu64
                    ", \"wire_bytes\": %" PRIu64 ", \"truncated_packets\": %" PRIu64,
                    sum->packets, sum->bytes, sum->wire_bytes, sum->truncated);
    if (sum->packets)
        text_add_format(&out,
                        ", \"first_ts_ns\": %" PRId64 ", \"last_ts_ns\": %" PRId64
                        ", \"min_ts_ns\": %" PRId64 ", \"max_ts_ns\": %" PRId64,
                        sum->first_ts_ns, sum->last_ts_ns, sum->min_ts_ns, sum->max_ts_ns);
    text_add_str(&out, ", \"data_sha256\": \"");
    digest_add(&out, sum->data);
    text_add_str(&out, "\", \"meta_sha256\": \"");
    digest_add(&out, sum->meta);
    text_add_str(&out, "\"}");
    puts(out.data);
    text_fini(&out);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: container BATCH_PACKETS BLOCK_SIZE FILE...\n");
        return 2;
    }
    uint32_t packets = (uint32_t)strtoul(argv[1], NULL, 10);
    struct batch_pool *pool = batch_pool_new(1, packets, 1, 1);
    for (int i = 3; i < argc; i++) {
        const char *path = argv[i];
        struct capture_options options = {.paths = &path,
                                          .path_count = 1,
                                          .batch_packets = packets,
                                          .block_size = (uint32_t)strtoul(argv[2], NULL, 10),
                                          .record_cap = RECORD_CAP,
                                          .strict = true};
        struct summary sum = {.data = digest_new(), .meta = digest_new(), .status = "ok"};
        struct capture *capture = capture_new(&options);
        summarise_capture(&sum, capture, pool);
        print_summary(&sum, path);
        capture_free(capture);
    }
    batch_pool_free(pool);
    return 0;
}
