// SPDX-License-Identifier: MIT OR Apache-2.0
/** Decodes captures and prints what was found, one JSON line per input, for layers_test.py to
 * compare.
 *
 *     layers FILE...
 *
 * Per input: "stacks", how many packets have each chain of layers, "anomalies" by name, "fragments"
 * by IP version, and "flows", packets per "src,sport,dst,dport,proto" as decode_tuple says. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "capture/capture.h"
#include "decode/decode.h"
#include "plugin/plugin.h"

enum { RECORD_CAP = 256 << 20, SLOTS = 1 << 18 };

/** Counts by name: an open hash table that this program never fills. */
struct tally {
    char **names;
    uint64_t *counts;
};

static void tally_init(struct tally *tally)
{
    tally->names = memory_zalloc(SLOTS, sizeof *tally->names);
    tally->counts = memory_zalloc(SLOTS, sizeof *tally->counts);
}

static void tally_add(struct tally *tally, const char *name)
{
    uint32_t slot = 2166136261u;
    for (const char *c = name; *c; c++)
        slot = (slot ^ (uint8_t)*c) * 16777619u;
    for (uint32_t tries = 0; tries < SLOTS; tries++, slot++) {
        slot %= SLOTS;
        if (!tally->names[slot])
            tally->names[slot] = memory_strdup(name);
        if (strcmp(tally->names[slot], name) == 0) {
            tally->counts[slot]++;
            return;
        }
    }
    abort();
}

/** Prints the counts as one member of an object and empties the table. */
static void tally_print(struct tally *tally, const char *member, struct text *out)
{
    text_add_format(out, ", \"%s\": {", member);
    const char *separator = "";
    for (uint32_t i = 0; i < SLOTS; i++) {
        if (!tally->names[i])
            continue;
        text_add_str(out, separator);
        text_add_json(out, tally->names[i], strlen(tally->names[i]));
        text_add_format(out, ": %" PRIu64, tally->counts[i]);
        separator = ", ";
        memory_free(tally->names[i]);
    }
    text_add_char(out, '}');
    memory_free(tally->names);
    memory_free(tally->counts);
}

struct answer {
    const struct decoder *decoder;
    struct tally stacks;
    struct tally anomalies;
    struct tally fragments;
    struct tally flows;
    struct text scratch;
};

static void add_stack(struct answer *answer, const struct palua_packet *packet)
{
    text_clear(&answer->scratch);
    text_add_str(&answer->scratch, "");
    for (uint32_t i = 0; i < packet->layer_count; i++) {
        if (i)
            text_add_char(&answer->scratch, ':');
        text_add_str(&answer->scratch,
                     decoder_protocol_name(answer->decoder, packet->layers[i].protocol));
    }
    tally_add(&answer->stacks, packet->layer_count ? answer->scratch.data : "");
}

static void add_fragment(struct answer *answer, const struct palua_packet *packet)
{
    if (packet->flags & PALUA_PACKET_FRAGMENT)
        tally_add(&answer->fragments,
                  decoder_protocol_name(answer->decoder, packet->layers[packet->network].protocol));
}

static void add_flow(struct answer *answer, const struct palua_packet *packet)
{
    struct decode_tuple tuple;
    if (!decode_tuple(packet, &tuple))
        return;
    text_clear(&answer->scratch);
    text_add_ipaddr(&answer->scratch, tuple.src.data, tuple.src.len);
    text_add_format(&answer->scratch, ",%u,", tuple.sport);
    text_add_ipaddr(&answer->scratch, tuple.dst.data, tuple.dst.len);
    text_add_format(&answer->scratch, ",%u,%u", tuple.dport, tuple.proto);
    tally_add(&answer->flows, answer->scratch.data);
}

static void add_batch(struct answer *answer, struct batch *batch)
{
    decode_batch(answer->decoder, batch, 0, batch->count);
    for (uint32_t i = 0; i < batch->count; i++) {
        add_stack(answer, &batch->packets[i]);
        add_fragment(answer, &batch->packets[i]);
        add_flow(answer, &batch->packets[i]);
    }
    for (size_t i = 0; i < batch->anomalies.count; i++)
        tally_add(&answer->anomalies,
                  decoder_fault_name(answer->decoder, batch->anomalies.items[i].code));
}

static void read_capture(struct answer *answer, const char *path, struct batch_pool *pool)
{
    struct capture_options options = {.paths = &path,
                                      .path_count = 1,
                                      .batch_packets = 1024,
                                      .block_size = 262144,
                                      .record_cap = RECORD_CAP};
    struct capture *capture = capture_new(&options);
    enum capture_status status;
    do {
        struct error err;
        struct batch *batch = batch_take(pool);
        status = capture_read(capture, batch, &err);
        add_batch(answer, batch);
        batch_give(pool, batch);
    } while (status != CAPTURE_END);
    capture_free(capture);
}

static void print_answer(struct answer *answer, const char *path)
{
    struct text out;
    text_init(&out);
    text_add_str(&out, "{\"path\": ");
    text_add_json(&out, path, strlen(path));
    tally_print(&answer->stacks, "stacks", &out);
    tally_print(&answer->anomalies, "anomalies", &out);
    tally_print(&answer->fragments, "fragments", &out);
    tally_print(&answer->flows, "flows", &out);
    text_add_char(&out, '}');
    puts(out.data);
    text_fini(&out);
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
    struct decoder *decoder = new_decoder();
    struct batch_pool *pool = batch_pool_new(1, 1024, 1, 1);
    for (int i = 1; i < argc; i++) {
        struct answer answer = {.decoder = decoder};
        tally_init(&answer.stacks);
        tally_init(&answer.anomalies);
        tally_init(&answer.fragments);
        tally_init(&answer.flows);
        read_capture(&answer, argv[i], pool);
        print_answer(&answer, argv[i]);
        text_fini(&answer.scratch);
    }
    batch_pool_free(pool);
    decoder_free(decoder);
    return 0;
}
