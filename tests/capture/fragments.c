// SPDX-License-Identifier: MIT OR Apache-2.0
/** Puts fragmented datagrams together and prints them, one JSON line per input, for
 * fragments_test.py to compare.
 *
 *     fragments BATCH_PACKETS FILE...
 *
 * Per input: "reassembled", one entry per datagram with the frame that completed it, the IP
 * version, length and SHA-256 of the payload and the packets it came from; "anomalies", those of
 * fragments by name. */
#include <inttypes.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "capture/capture.h"
#include "decode/decode.h"
#include "defrag/defrag.h"
#include "plugin/plugin.h"
#include "run/clock.h"

#define SECOND_NS INT64_C(1000000000)

enum { RECORD_CAP = 256 << 20 };

static const struct defrag_options options = {
    .policy = DEFRAG_FIRST,
    .ip_timeout_ns = 30 * SECOND_NS,
    .ipv6_timeout_ns = 60 * SECOND_NS,
    .memory_cap = 64 << 20,
    .datagram_cap = 65536,
    .fragment_cap = 8192,
    .host_cap = 65536,
};

/** What is being read, and what was found in it. */
struct answer {
    const struct decoder *decoder;
    struct defrag *defrag;
    struct clock clock;
    struct text out;
    const char *separator;
    uint64_t anomalies[DECODE_FAULT_COUNT];
};

static void add_datagram(struct answer *answer, const struct batch *batch,
                         const struct batch_datagram *datagram)
{
    const struct palua_packet *packet = &batch->packets[datagram->packet];
    struct palua_slice bytes = packet->buffers[datagram->buffer - 1];
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256(bytes.data, bytes.len, digest);
    text_add_format(&answer->out, "%s{\"frame\": %" PRIu64 ", \"ver\": %d, \"length\": %u",
                    answer->separator, packet->frame,
                    packet->layers[datagram->layer].protocol == PALUA_PROTOCOL_IP ? 4 : 6,
                    bytes.len);
    text_add_str(&answer->out, ", \"sha256\": \"");
    for (size_t i = 0; i < sizeof digest; i++)
        text_add_format(&answer->out, "%02x", digest[i]);
    text_add_str(&answer->out, "\", \"packets\": [");
    for (uint32_t i = 0; i < datagram->packet_count; i++)
        text_add_format(&answer->out, "%s%" PRIu64, i ? ", " : "", datagram->packets[i]);
    text_add_str(&answer->out, "]}");
    answer->separator = ", ";
}

static void add_batch(struct answer *answer, struct batch *batch)
{
    decode_batch(answer->decoder, batch, 0, batch->count);
    clock_batch(&answer->clock, batch);
    defrag_batch(answer->defrag, batch);
    for (const struct batch_datagram *at = batch->datagrams; at; at = at->next)
        add_datagram(answer, batch, at);
    for (size_t i = 0; i < batch->anomalies.count; i++)
        if (batch->anomalies.items[i].code < DECODE_FAULT_COUNT) // plugins' come behind
            answer->anomalies[batch->anomalies.items[i].code]++;
}

static void read_capture(struct answer *answer, const char *path, uint32_t batch_packets)
{
    struct capture *capture = capture_new(&(struct capture_options){.paths = &path,
                                                                    .path_count = 1,
                                                                    .batch_packets = batch_packets,
                                                                    .block_size = 262144,
                                                                    .record_cap = RECORD_CAP});
    struct batch_pool *pool = batch_pool_new(1, batch_packets, 1, 1);
    enum capture_status status;
    do {
        struct error err;
        struct batch *batch = batch_take(pool);
        status = capture_read(capture, batch, &err);
        add_batch(answer, batch);
        batch_give(pool, batch);
    } while (status != CAPTURE_END);
    capture_free(capture);
    batch_pool_free(pool);
}

static void add_anomalies(struct answer *answer)
{
    answer->separator = "";
    for (uint16_t code = DECODE_FAULT_FRAGMENT_OVERLAP; code <= DECODE_FAULT_FRAGMENT_BEYOND_MOST;
         code++) {
        if (!answer->anomalies[code])
            continue;
        text_add_format(&answer->out, "%s\"%s\": %" PRIu64, answer->separator,
                        decode_fault_name(code), answer->anomalies[code]);
        answer->separator = ", ";
    }
}

static void answer_for(const struct decoder *decoder, const char *path, uint32_t batch_packets)
{
    struct answer answer = {
        .decoder = decoder, .defrag = defrag_new(&options, false, decoder), .separator = ""};
    text_init(&answer.out);
    text_add_str(&answer.out, "{\"path\": ");
    text_add_json(&answer.out, path, strlen(path));
    text_add_str(&answer.out, ", \"reassembled\": [");
    read_capture(&answer, path, batch_packets);
    text_add_str(&answer.out, "], \"anomalies\": {");
    add_anomalies(&answer);
    text_add_str(&answer.out, "}}");
    puts(answer.out.data);
    text_fini(&answer.out);
    defrag_free(answer.defrag);
}

/** With the bundled plugins, as palua runs. */
static struct decoder *new_decoder(void)
{
    struct decoder *decoder = decoder_new();
    for (const plugin_entry_fn *entry = plugin_bundled; *entry; entry++)
        if ((*entry)()->role == PALUA_DECODER && !decoder_add(decoder, (*entry)(), NULL))
            abort();
    return decoder;
}

int main(int argc, char **argv)
{
    uint32_t batch_packets = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
    if (!batch_packets)
        return 2;
    struct decoder *decoder = new_decoder();
    for (int i = 2; i < argc; i++)
        answer_for(decoder, argv[i], batch_packets);
    decoder_free(decoder);
    return 0;
}
