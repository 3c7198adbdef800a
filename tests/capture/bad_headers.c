// SPDX-License-Identifier: MIT OR Apache-2.0
/** Changes the headers of real packets, and judges what decode makes of each change.
 *
 *     bad_headers FILE...
 *
 * Of every chain of layers in the captures a few packets are taken. In each of their header bytes
 * every bit is flipped, and every field of 1, 2 and 4 bytes (so every length) becomes 0, the
 * largest value, one more and one less. What decode says must hold together
 * (tests/unit/decode/check.h), every header must be readable by the events, and no packet may take
 * long. Prints what was tried, and the anomalies that came of it by name; exits with 1 at the first
 * packet that fails. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit/decode/check.h"
#include "base/memory.h"
#include "base/text.h"
#include "capture/capture.h"
#include "event/headers.h"
#include "plugin/plugin.h"

enum { RECORD_CAP = 256 << 20, CHAIN_CAP = 1 << 16, OF_EACH = 12, HEADERS_MOST = 512 };
enum { SLOWEST_MS = 100, FAULT_CAP = 1024 };

/** How often each chain was met, by a hash of its protocols. */
struct chains {
    uint64_t hashes[CHAIN_CAP];
    uint8_t counts[CHAIN_CAP];
};

struct judge {
    struct decoder *decoder;
    struct chains chains;
    struct batch batch; /**< of the one packet that is tried */
    struct palua_packet packet;
    uint64_t packets;
    uint64_t tries;
    uint64_t faults[FAULT_CAP];
    int64_t slowest_ns;
    const char *path;
    uint64_t frame;
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/** Whether enough packets of this chain were met. */
static bool is_known(struct chains *chains, const struct palua_packet *packet)
{
    uint64_t hash = packet->linktype + 1u;
    for (uint32_t i = 0; i < packet->layer_count; i++)
        hash = (hash ^ packet->layers[i].protocol) * 1099511628211u + packet->layers[i].flags;
    for (uint32_t slot = (uint32_t)(hash % CHAIN_CAP);; slot = (slot + 1) % CHAIN_CAP) {
        if (!chains->counts[slot])
            chains->hashes[slot] = hash;
        if (chains->hashes[slot] == hash)
            return chains->counts[slot]++ >= OF_EACH && chains->counts[slot]--;
    }
}

/** Reads all that events show of headers, for the sanitizers to watch. */
static void read_headers(const struct palua_packet *packet)
{
    for (uint32_t i = 0; i < packet->layer_count; i++) {
        struct ip_fields ip;
        struct transport_fields transport;
        struct link_fields link;
        struct fragment_fields fragment;
        uint32_t id;
        headers_link(packet, i, &link);
        headers_transport(packet, i, &transport);
        if (!headers_ip(packet, i, &ip))
            continue;
        headers_ip_id(packet, i, &id);
        headers_ip_payload(packet, i);
        headers_fragment(packet, i, &fragment);
    }
}

static void fail(const struct judge *judge, const char *wrong, uint32_t at)
{
    printf("%s, frame %" PRIu64 ", byte %u: %s\n", judge->path, judge->frame, at, wrong);
    exit(1);
}

/** Decodes the packet as it is now. @param at  where it was changed, for the message */
static void try(struct judge *judge, uint32_t at)
{
    struct batch *batch = &judge->batch;
    batch->anomalies.count = 0;
    judge->packet.flags = 0;
    struct palua_packet given = judge->packet;
    int64_t start = now_ns();
    decode_batch(judge->decoder, batch, 0, 1);
    int64_t took = now_ns() - start;
    judge->slowest_ns = took > judge->slowest_ns ? took : judge->slowest_ns;
    const char *wrong = check_packet(&judge->packet, &batch->anomalies, judge->decoder);
    if (!wrong)
        wrong = check_walk(judge->decoder, &judge->packet, &given, batch->anomalies.count);
    if (!wrong && took > SLOWEST_MS * INT64_C(1000000))
        wrong = "it took too long";
    if (wrong)
        fail(judge, wrong, at);
    read_headers(&judge->packet);
    judge->tries++;
    for (size_t i = 0; i < batch->anomalies.count; i++)
        judge->faults[batch->anomalies.items[i].code % FAULT_CAP]++;
}

static void flip_bits(struct judge *judge, uint8_t *bytes, uint32_t at)
{
    for (unsigned bit = 0; bit < 8; bit++) {
        bytes[at] ^= (uint8_t)(1u << bit);
        try(judge, at);
        bytes[at] ^= (uint8_t)(1u << bit);
    }
}

/** Adds to a field in network byte order. */
static void add(uint8_t *field, uint32_t width, int amount)
{
    int carry = amount;
    for (uint32_t i = width; i-- > 0 && carry;) {
        int sum = field[i] + carry;
        field[i] = (uint8_t)sum;
        carry = sum > 255 ? 1 : sum < 0 ? -1 : 0;
    }
}

static void change_field(struct judge *judge, uint8_t *bytes, uint32_t at, uint32_t width)
{
    uint8_t before[4];
    memcpy(before, bytes + at, width);
    memset(bytes + at, 0, width);
    try(judge, at);
    memset(bytes + at, 0xff, width);
    try(judge, at);
    for (int amount = -1; amount <= 1; amount += 2) {
        memcpy(bytes + at, before, width);
        add(bytes + at, width, amount);
        try(judge, at);
    }
    memcpy(bytes + at, before, width);
}

/** Bytes up to the end of the last header, as far as they were captured. */
static uint32_t headers_end(const struct palua_packet *packet)
{
    uint32_t end = 0;
    for (uint32_t i = 0; i < packet->layer_count; i++) {
        uint32_t header = packet->layers[i].offset + packet->layers[i].header_len;
        end = header > end ? header : end;
    }
    end = end < packet->caplen ? end : packet->caplen;
    return end < HEADERS_MOST ? end : HEADERS_MOST;
}

/** Tries all changes on a copy of exactly the packet's bytes. */
static void change(struct judge *judge, const struct palua_packet *packet)
{
    uint32_t end = headers_end(packet);
    uint8_t *bytes = malloc(packet->caplen ? packet->caplen : 1);
    memcpy(bytes, packet->data, packet->caplen);
    judge->packets++;
    judge->frame = packet->frame;
    judge->packet = (struct palua_packet){.data = bytes,
                                          .caplen = packet->caplen,
                                          .origlen = packet->origlen,
                                          .linktype = packet->linktype};
    for (uint32_t at = 0; at < end; at++) {
        flip_bits(judge, bytes, at);
        for (uint32_t width = 1; width <= 4; width *= 2)
            if (at + width <= end)
                change_field(judge, bytes, at, width);
    }
    free(bytes);
}

static void read_capture(struct judge *judge, struct batch_pool *pool, const char *path)
{
    struct capture_options options = {.paths = &path,
                                      .path_count = 1,
                                      .batch_packets = 1024,
                                      .block_size = 262144,
                                      .record_cap = RECORD_CAP};
    struct capture *capture = capture_new(&options);
    enum capture_status status;
    judge->path = path;
    do {
        struct error err;
        struct batch *batch = batch_take(pool);
        status = capture_read(capture, batch, &err);
        decode_batch(judge->decoder, batch, 0, batch->count);
        for (uint32_t i = 0; i < batch->count; i++)
            if (!is_known(&judge->chains, &batch->packets[i]))
                change(judge, &batch->packets[i]);
        batch_give(pool, batch);
    } while (status != CAPTURE_END);
    capture_free(capture);
}

static void tell(const struct judge *judge)
{
    printf("%" PRIu64 " packets, %" PRIu64 " changes, the slowest took %.2f ms\n", judge->packets,
           judge->tries, (double)judge->slowest_ns / 1e6);
    for (uint16_t code = 0; code < FAULT_CAP; code++)
        if (judge->faults[code])
            printf("%12" PRIu64 " %s\n", judge->faults[code],
                   decoder_fault_name(judge->decoder, code));
}

int main(int argc, char **argv)
{
    struct judge *judge = memory_zalloc(1, sizeof *judge);
    struct batch_pool *pool = batch_pool_new(1, 1024, 1, 1);
    judge->decoder = decoder_new();
    for (const plugin_entry_fn *entry = plugin_bundled; *entry; entry++)
        if ((*entry)()->role == PALUA_DECODER && !decoder_add(judge->decoder, (*entry)(), NULL))
            abort();
    judge->batch = (struct batch){.packets = &judge->packet, .count = 1};
    for (int i = 1; i < argc; i++)
        read_capture(judge, pool, argv[i]);
    tell(judge);
    int status = judge->tries ? 0 : 1;
    memory_free(judge->batch.anomalies.items);
    decoder_free(judge->decoder);
    batch_pool_free(pool);
    memory_free(judge);
    return status;
}
