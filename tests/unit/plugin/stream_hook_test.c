// SPDX-License-Identifier: MIT OR Apache-2.0
/* The stream hook: what a dissector is given of a TCP stream, what it leaves, and what that costs.
 */
#include <criterion/criterion.h>
#include <palua/cursor.h>
#include <string.h>

#include "plugin/dissection.h"
#include "plugin/reader.h"
#include "stage.h"

enum { PORT = 7000, MOST = 1000 };

/** What the hook saw and does. */
static struct {
    uint8_t seen[2][4096]; /**< messages without their length, joined */
    uint32_t len[2];
    uint32_t calls;
    uint32_t last_len; /**< of data */
    uint64_t gap;      /**< sum */
    uint64_t offset;   /**< of the last call */
    uint32_t ends;
    uint32_t flow_ends;
    uint32_t left; /**< bytes of the last call at the end of a direction */
    bool refuse;   /**< says that it is not its protocol */
    bool patient;  /**< says how much it needs */
    const uint8_t *data;
} hook;

struct state {
    uint32_t calls;
};

static bool start(const struct palua_host *host, struct palua_instance *instance, void **self)
{
    (void)host, (void)instance;
    *self = &hook;
    return true;
}

/** Messages of one byte of length and as many bytes. */
static enum palua_verdict stream(void *self, struct palua_call *call, void *state_,
                                 const struct palua_stream *in, struct palua_taken *out)
{
    struct state *state = state_;
    struct palua_cursor at = palua_cursor_of(in->data);
    uint8_t len;
    (void)self, (void)call;
    cr_assert_eq(state->calls++, hook.calls - (hook.refuse ? hook.calls : 0), "state is kept");
    hook.calls++;
    hook.last_len = in->data.len;
    hook.gap += in->gap;
    hook.offset = in->offset;
    hook.data = in->data.data;
    hook.ends += in->end;
    if (hook.refuse)
        return PALUA_NOT_MINE;
    while (palua_cursor_u8(&at, &len)) {
        const uint8_t *bytes;
        if (!palua_cursor_bytes(&at, len, &bytes)) {
            out->need = hook.patient ? 1U + len : 0;
            break;
        }
        memcpy(hook.seen[in->direction] + hook.len[in->direction], bytes, len);
        hook.len[in->direction] += len;
        out->consumed = palua_cursor_offset(&at);
    }
    if (in->end)
        hook.left = in->data.len - out->consumed;
    return PALUA_DONE;
}

static void flow_end(void *self, struct palua_call *call, void *state)
{
    (void)self, (void)call, (void)state;
    hook.flow_ends++;
}

struct sample_event {
    struct palua_event event;
    uint32_t number;
};
static const struct palua_field fields[] = {
    PALUA_FIELD(struct sample_event, number, PALUA_UINT, "a number")};
static const struct palua_schema schema = {.name = "strm.message",
                                           .doc = "a message",
                                           .fields = fields,
                                           .field_count = 1,
                                           .size = sizeof(struct sample_event)};
static const struct palua_schema *const events[] = {&schema};
static const struct palua_binding bindings[] = {{PALUA_ON_TCP_PORT, PORT}};
static const struct palua_plugin plugin = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "strm",
    .doc = "reads a stream",
    .role = PALUA_DISSECTOR,
    .events = events,
    .event_count = 1,
    .bindings = bindings,
    .binding_count = 1,
    .flow_state_size = sizeof(struct state),
    .start = start,
    .flow_end = flow_end,
    .stream = stream,
    .stream_cap = MOST,
};

static struct stage stage;
static struct stream one;
static struct palua_packet packet;
static uint64_t offset;

/** A flow towards the plugin's port. */
static struct flow *begin_flow(void)
{
    static const uint8_t ends[2][4] = {{192, 0, 2, 1}, {192, 0, 2, 2}};
    struct decode_tuple tuple = {
        .src = {ends[0], 4, 0}, .dst = {ends[1], 4, 0}, .sport = 40000, .dport = PORT, .proto = 6};
    uint8_t direction;
    bool created;
    packet = (struct palua_packet){.number = 1, .transport = PALUA_NO_LAYER};
    return flow_table_lookup(stage.flows, &packet, &tuple, &direction, &created);
}

static void init(void)
{
    static const struct palua_plugin *const plugins[] = {&plugin, NULL};
    memset(&hook, 0, sizeof hook);
    memset(&one, 0, sizeof one);
    offset = 0;
    stage_open(&stage, plugins);
    stage_want(&stage, "strm.message", "");
    stage_start(&stage, 1);
    stage.call.flow = begin_flow();
    stage.call.packet = &packet;
    stage.call.phase = EVENT_PHASE_PARSE;
    cr_assert(dissection_reads_streams(stage.dissection));
    cr_assert(dissection_reads_flow(stage.dissection, stage.call.flow));
    dissection_stream_begin(stage.dissection, &stage.call, &one);
}

static void fini(void)
{
    if (one.reader)
        dissection_stream_close(stage.dissection, &stage.call, &one);
    stage_close(&stage);
}

static void feed_bytes(const void *bytes, uint32_t len, uint64_t gap)
{
    struct stream_bytes in = {.data = {bytes, len, 0}, .offset = offset + gap, .gap = gap};
    offset += gap + len;
    dissection_stream_data(stage.dissection, &stage.call, &one, &in);
}

static void feed(const char *text)
{
    feed_bytes(text, (uint32_t)strlen(text), 0);
}

static void expect(const char *text)
{
    cr_expect_eq(hook.len[0], strlen(text), "%u bytes", hook.len[0]);
    cr_expect_arr_eq(hook.seen[0], text, strlen(text));
}

Test(stream_hook, what_is_taken_whole_is_not_copied, .init = init, .fini = fini)
{
    static const char text[] = "\3abc\2de";
    feed(text);
    expect("abcde");
    cr_expect_eq(hook.data, (const uint8_t *)text);
    cr_expect_eq(one.reader->sides[0].cap, 0);
}

Test(stream_hook, what_is_left_comes_again, .init = init, .fini = fini)
{
    feed("\3abc\4d");
    expect("abc");
    feed("e");
    cr_expect_eq(hook.last_len, 3);
    cr_expect_eq(hook.offset, 4);
    feed("fg\1h");
    expect("abcdefgh");
    cr_expect_eq(hook.calls, 3);
}

Test(stream_hook, every_cut_of_a_stream_gives_the_same, .init = init, .fini = fini)
{
    static const char text[] = "\3abc\4defg\1h";
    for (uint32_t cut = 1; cut < sizeof text - 1; cut++) {
        hook.len[0] = 0;
        feed_bytes(text, cut, 0);
        feed_bytes(text + cut, (uint32_t)(sizeof text - 1 - cut), 0);
        expect("abcdefgh");
    }
}

Test(stream_hook, is_not_called_before_there_is_enough, .init = init, .fini = fini)
{
    hook.patient = true;
    feed("\5a");
    feed("b");
    feed("c");
    feed("d");
    cr_expect_eq(hook.calls, 1);
    feed("e");
    cr_expect_eq(hook.calls, 2);
    expect("abcde");
}

Test(stream_hook, a_gap_ends_what_was_left, .init = init, .fini = fini)
{
    hook.patient = true;
    feed("\5ab");
    feed_bytes("\2xy", 3, 10);
    expect("xy");
    cr_expect_eq(hook.gap, 10);
    cr_expect_eq(hook.offset, 13);
}

Test(stream_hook, the_end_comes_once_with_what_is_left, .init = init, .fini = fini)
{
    feed("\5ab");
    dissection_stream_end(stage.dissection, &stage.call, &one, PALUA_ORIG);
    dissection_stream_end(stage.dissection, &stage.call, &one, PALUA_ORIG);
    cr_expect_eq(hook.ends, 1);
    cr_expect_eq(hook.left, 3);
    dissection_stream_close(stage.dissection, &stage.call, &one);
    cr_expect_eq(hook.flow_ends, 1);
    cr_expect_null(one.reader);
}

Test(stream_hook, another_protocol_is_left_alone, .init = init, .fini = fini)
{
    hook.refuse = true;
    feed("x");
    cr_expect_null(one.reader);
    cr_expect_eq(stage.call.flow->dissector, 0);
    cr_expect_eq(hook.flow_ends, 0);
}

Test(stream_hook, more_than_the_cap_is_dropped_and_told, .init = init, .fini = fini)
{
    static const uint8_t bytes[MOST + 1] = {255};
    // Never complete, as a message of 255 bytes is followed by others of none: so ask for more.
    hook.patient = true;
    feed_bytes("\377abc", 4, 0);
    one.reader->sides[0].need = UINT32_MAX; // as a hook that waits for ever
    feed_bytes(bytes + 1, MOST - 4, 0);
    cr_expect_eq(dissection_dropped(stage.dissection), 0);
    feed_bytes(bytes + 1, 1, 0);
    cr_expect_eq(dissection_dropped(stage.dissection), MOST);
    cr_expect_eq(hook.gap, MOST);
    cr_expect_eq(hook.offset, MOST);
}

/** The checks of the descriptor. */
static bool accepts(struct palua_plugin descriptor)
{
    struct registry *registry = registry_new();
    struct error err = {0};
    struct plugin_set *set = plugin_set_new(registry, &err);
    bool ok = plugin_set_add(set, &descriptor, "the test", &err);
    plugin_set_free(set);
    registry_free(registry);
    return ok;
}

Test(stream_hook, the_descriptor_is_checked)
{
    struct palua_plugin bad = plugin;
    cr_expect(accepts(plugin));
    bad.stream_cap = 0;
    cr_expect_not(accepts(bad));
    bad.stream_cap = PALUA_STREAM_CAP + 1;
    cr_expect_not(accepts(bad));
    bad = plugin;
    bad.stream = NULL;
    bad.stream_cap = 0;
    cr_expect_not(accepts(bad), "neither datagram nor stream");
    bad = plugin;
    bad.size = offsetof(struct palua_plugin, stream);
    cr_expect_not(accepts(bad), "its stream hook lies behind its end");
}

Test(reader, a_shard_over_its_budget_drops_what_was_kept_longest)
{
    static const uint8_t bytes[400];
    struct palua_slice slice = {bytes, sizeof bytes, 0};
    struct readers readers;
    struct reader *all[4];
    readers_init(&readers, 256 * 2000);
    for (int i = 0; i < 4; i++) {
        all[i] = reader_new(9);
        cr_expect(reader_keep(&readers, all[i], 0, slice, 1000));
        cr_expect_leq(readers.shards[9].memory, 2000);
    }
    cr_expect_eq(all[0]->sides[0].len, 0);
    cr_expect_eq(all[0]->sides[0].gap, 400);
    cr_expect_eq(all[3]->sides[0].len, 400);
    cr_expect_eq(readers.dropped, 800);
    for (int i = 0; i < 4; i++)
        reader_free(&readers, all[i]);
    cr_expect_eq(readers.shards[9].memory, 0);
    readers_fini(&readers);
}
