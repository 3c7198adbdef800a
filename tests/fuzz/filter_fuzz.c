// SPDX-License-Identifier: MIT OR Apache-2.0
/** Fuzzes filters: the expression up to the first line feed, then what it is asked of.
 *
 * The rest begins with a byte that picks the event and one that picks the link type; behind them
 * stands a frame, which is decoded, and whose bytes are the event's texts too. What compiles must
 * give the same answer twice, and its negation the other one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "event/builders.h"
#include "event/schemas.h"
#include "filter/program.h"
#include "linktypes.h"

#define CHECK(condition)                                                              \
    if (!(condition)) {                                                               \
        fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
        abort();                                                                      \
    }

/** What events are made with. */
struct maker {
    struct decoder *decoder;
    struct layer_names *names;
    struct registry *registry;
    struct interest *interest;
    struct arena arena;
};

static struct maker *shared_maker(void)
{
    static struct maker *maker;
    if (maker)
        return maker;
    maker = memory_zalloc(1, sizeof *maker);
    maker->decoder = decoder_new();
    maker->names = layer_names_new(maker->decoder);
    maker->registry = registry_new();
    maker->interest = memory_zalloc(1, sizeof *maker->interest);
    arena_init(&maker->arena);
    return maker;
}

static struct filter_program *compile(struct maker *maker, uint16_t kind, const char *text,
                                      size_t len)
{
    const struct filter_scope scope = {.registry = maker->registry,
                                       .decoder = maker->decoder,
                                       .interest = maker->interest,
                                       .kind = kind};
    struct error err = {0};
    struct filter_program *program = filter_program_new(&scope, text, len, &err);
    CHECK(program || (err.code == ERROR_USAGE && strncmp(err.text, "column ", 7) == 0));
    return program;
}

/** The same filter behind "not (": NULL if that nests too deep or is too long. */
static struct filter_program *negate(struct maker *maker, uint16_t kind, const char *text,
                                     size_t len)
{
    struct text negated;
    text_init(&negated);
    text_add_str(&negated, "not (");
    text_add(&negated, text, len);
    text_add_char(&negated, ')');
    struct filter_program *program = compile(maker, kind, negated.data, negated.len);
    text_fini(&negated);
    return program;
}

static void ask(struct maker *maker, uint16_t kind, const char *text, size_t len,
                const struct palua_event *event)
{
    struct filter_program *program = compile(maker, kind, text, len);
    if (!program)
        return;
    struct filter_program *negated = negate(maker, kind, text, len);
    bool holds = filter_program_holds(program, event);
    uint64_t given_up = filter_program_given_up(program);
    CHECK(holds == filter_program_holds(program, event));
    if (negated)
        CHECK(holds != filter_program_holds(negated, event));
    CHECK(filter_program_given_up(program) == 2 * given_up);
    filter_program_free(negated);
    filter_program_free(program);
}

/** A flow's end without a packet, whose texts are the frame's bytes. */
static void ask_flow(struct maker *maker, const char *text, size_t len, const uint8_t *data,
                     uint32_t size)
{
    struct flow_end_event end = {.reason = {data, size, 0}};
    struct palua_flow *flow = &end.identity;
    *flow = (struct palua_flow){.ts_ns = size,
                                .present = UINT64_MAX,
                                .uid = {data, size, 0},
                                .orig_h = {data,
                                           size < 4    ? 0
                                           : size < 16 ? 4
                                                       : 16,
                                           0},
                                .resp_h = {data, size < 16 ? 0 : 16, 0},
                                .tunnel = {data, size / 2, 0},
                                .orig_p = (uint16_t)size,
                                .resp_p = 80,
                                .proto = size % 2 ? 6 : 17};
    end.live = (struct palua_flow_live){.duration_ns = -1,
                                        .orig_pkts = UINT64_MAX,
                                        .conn_state = {data, size / 3, 0},
                                        .present = UINT64_MAX};
    end.event = (struct palua_event){.flow = flow, .live = &end.live, .present = UINT64_MAX};
    ask(maker, EVENT_FLOW_END, text, len, &end.event);
}

static void ask_packet(struct maker *maker, uint16_t kind, const char *text, size_t len,
                       const struct palua_packet *packet)
{
    const struct layer_source source = {.packet = packet, .names = maker->names};
    if (kind == EVENT_PACKET) {
        struct palua_event *event =
            packet_event_new(packet, UINT64_MAX, maker->names, &maker->arena);
        event->packet = packet;
        ask(maker, kind, text, len, event);
        return;
    }
    for (uint32_t i = 0; i < packet->layer_count; i++) {
        struct palua_event *event = layer_event_new(kind, &source, i, UINT64_MAX, &maker->arena);
        if (!event)
            continue;
        event->packet = packet;
        ask(maker, kind, text, len, event);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t kinds[] = {EVENT_PACKET,    EVENT_LINK,     EVENT_NETWORK,
                                     EVENT_TRANSPORT, EVENT_FRAGMENT, EVENT_FLOW_END};
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
    if (!end || size > 4096)
        return 0;
    struct cursor in = cursor_of(end + 1, size - (size_t)(end + 1 - data));
    uint8_t kind, link;
    if (!cursor_u8(&in, &kind) || !cursor_u8(&in, &link))
        return 0;
    struct maker *maker = shared_maker();
    size_t len = (size_t)(end - data);
    /* Copies of exactly the expression and the frame, so that what lies behind is no longer ours.
     */
    uint32_t frame_len = (uint32_t)cursor_left(&in);
    char *text = malloc(len ? len : 1);
    uint8_t *frame = malloc(frame_len ? frame_len : 1);
    memcpy(text, data, len);
    memcpy(frame, in.pos, frame_len);
    struct palua_packet packet = {.number = 1,
                                  .ts_ns = 1700000000000000000,
                                  .data = frame,
                                  .caplen = frame_len,
                                  .origlen = frame_len,
                                  .linktype = linktypes[link % LINKTYPE_COUNT]};
    struct batch batch = {.packets = &packet, .count = 1};
    decode_batch(maker->decoder, &batch, 0, 1);
    uint16_t event = kinds[kind % (sizeof kinds / sizeof kinds[0])];
    if (event == EVENT_FLOW_END)
        ask_flow(maker, text, len, frame, frame_len);
    else
        ask_packet(maker, event, text, len, &packet);
    arena_reset(&maker->arena);
    memory_free(batch.anomalies.items);
    free(frame);
    free(text);
    return 0;
}
