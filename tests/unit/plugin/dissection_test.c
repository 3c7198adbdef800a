// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugin/dissection.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "event/schemas.h"
#include "sample.h"
#include "stage.h"

static struct stage stage;

static const struct palua_plugin *const one[] = {&sample_dissector, NULL};
static const struct palua_plugin *const two[] = {&sample_dissector, &sample_second, NULL};

static void say_from(uint8_t src, uint16_t sport, const char *payload)
{
    stage_send(&stage, &(struct stage_datagram){.src = src,
                                                .dst = 9,
                                                .sport = sport,
                                                .dport = SAMPLE_PORT,
                                                .payload = payload,
                                                .len = (uint32_t)strlen(payload)});
}

static void say(const char *payload)
{
    say_from(1, 30000, payload);
}

static const struct sample_word *word_at(const char *event, uint32_t index)
{
    const struct event_queue *queue = stage_queue(&stage, event);
    cr_assert_lt(index, queue->count);
    return (const struct sample_word *)queue->events[index];
}

static void expect_word(uint32_t index, const char *word, uint32_t seen)
{
    const struct sample_word *got = word_at("sample.word", index);
    cr_expect(got->word.len == strlen(word) && !memcmp(got->word.data, word, got->word.len),
              "'%.*s', expected '%s'", (int)got->word.len, got->word.data, word);
    cr_expect_eq(got->seen, seen);
}

Test(dissection, starts_nothing_that_nobody_reads)
{
    stage_open(&stage, one);
    stage_want(&stage, "packet", "");
    stage_start(&stage, 1);
    cr_expect_not(dissection_needs_flows(stage.dissection));
    cr_expect_eq(sample_trace.started, 0);
    say("wone");
    cr_expect_eq(stage_queue(&stage, "sample.word")->count, 0);
    stage_end(&stage);
    stage_close(&stage);
    cr_expect_eq(sample_trace.stopped, 0);
}

Test(dissection, tells_a_dissector_what_is_wanted)
{
    stage_open(&stage, one);
    uint32_t index;
    cr_assert(plugin_set_find(stage.set, "sample", &index, NULL));
    cr_assert(plugin_set_option(stage.set, index, "cap", "9", NULL));
    stage_want(&stage, "sample.word", "seen");
    stage_start(&stage, 1);
    cr_expect(dissection_needs_flows(stage.dissection));
    cr_expect_eq(sample_trace.started, 1);
    cr_expect(sample_trace.subscribed);
    cr_expect_eq(sample_trace.wanted, 2);
    cr_expect_not(sample_trace.anomalies_wanted);
    cr_expect_eq(sample_trace.cap, 9);
    stage_end(&stage);
    stage_close(&stage);
    cr_expect_eq(sample_trace.stopped, 1);
}

Test(dissection, hands_over_each_payload_and_keeps_state_per_flow)
{
    stage_open(&stage, one);
    stage_want(&stage, "sample.word", "word,seen");
    stage_start(&stage, 1);
    say("wone");
    say_from(2, 30000, "wother");
    say("wtwo");
    stage_send(&stage, &(struct stage_datagram){.src = 9,
                                                .dst = 1,
                                                .sport = SAMPLE_PORT,
                                                .dport = 30000,
                                                .payload = "wback",
                                                .len = 5});
    cr_assert_eq(stage_queue(&stage, "sample.word")->count, 4);
    expect_word(0, "one", 1);
    expect_word(1, "other", 1);
    expect_word(2, "two", 2);
    expect_word(3, "back", 3);
    cr_expect_eq(word_at("sample.word", 2)->event.packet->number, 3);
    cr_expect_null(word_at("sample.word", 0)->event.flow); // nobody asked
    cr_expect_null(word_at("sample.word", 0)->event.live);
    stage_end(&stage);
    stage_close(&stage);
}

Test(dissection, orders_events_of_one_packet)
{
    stage_open(&stage, one);
    stage_want(&stage, "sample.word", "");
    stage_start(&stage, 1);
    say("2twice");
    say("wonce");
    const struct event_queue *queue = stage_queue(&stage, "sample.word");
    cr_assert_eq(queue->count, 3);
    // IPv4 is layer 1 below a raw link, UDP the one after; what it carries lies deeper still.
    uint32_t depth = stage.batch->packets[0].transport + 1U;
    cr_expect_eq(queue->keys[0], event_key(0, depth, 0));
    cr_expect_eq(queue->keys[1], event_key(0, depth, 1));
    cr_expect_eq(queue->keys[2], event_key(1, depth, 0));
    stage_end(&stage);
    stage_close(&stage);
}

Test(dissection, gives_events_their_flow_when_asked)
{
    stage_open(&stage, one);
    stage_want(&stage, "sample.word", "flow.uid,flow.orig_pkts");
    stage_start(&stage, 1);
    say("wone");
    say("wtwo");
    const struct sample_word *word = word_at("sample.word", 1);
    cr_assert_not_null(word->event.flow);
    cr_expect_eq(word->event.flow->orig_p, 30000);
    cr_expect_eq(word->event.flow, word_at("sample.word", 0)->event.flow);
    cr_assert_not_null(word->event.live);
    cr_expect_eq(word->event.live->orig_pkts, 2);
    cr_expect_eq(word_at("sample.word", 0)->event.live->orig_pkts, 1);
    stage_end(&stage);
    stage_close(&stage);
}

Test(dissection, gives_every_event_its_flow_when_state_is_kept_for_it)
{
    stage_open(&stage, one);
    stage_want(&stage, "sample.word", "");
    stage.interest.state = true;
    stage_start(&stage, 1);
    say("wone");
    cr_expect_not_null(word_at("sample.word", 0)->event.flow);
    stage_end(&stage);
    stage_close(&stage);
}

Test(dissection, raises_anomalies_as_events)
{
    stage_open(&stage, one);
    stage_want(&stage, "anomaly", "");
    stage_start(&stage, 1);
    cr_expect(sample_trace.anomalies_wanted);
    cr_expect_not(sample_trace.subscribed);
    say("bad");
    say("wone"); // an event that nobody reads
    const struct event_queue *queue = stage_queue(&stage, "anomaly");
    cr_assert_eq(queue->count, 1);
    const struct anomaly_event *anomaly = (const struct anomaly_event *)queue->events[0];
    cr_expect(!memcmp(anomaly->name.data, "sample_bad", anomaly->name.len));
    cr_expect_eq(anomaly->name.len, 10);
    cr_expect(!memcmp(anomaly->layer.data, "sample", 6));
    cr_expect_eq(anomaly->offset, 7);
    cr_expect_eq(dissection_anomalies(stage.dissection), 1);
    cr_expect_eq(stage_queue(&stage, "sample.word")->count, 0);
    stage_end(&stage);
    stage_close(&stage);
}

struct counted {
    char text[256];
};

static void note_counter(void *context, const char *plugin, const char *counter, uint64_t value)
{
    struct counted *counted = context;
    size_t len = strlen(counted->text);
    snprintf(counted->text + len, sizeof counted->text - len, "%s.%s=%u ", plugin, counter,
             (unsigned)value);
}

Test(dissection, counts)
{
    stage_open(&stage, one);
    stage_want(&stage, "sample.word", "");
    stage_start(&stage, 1);
    say("wone");
    say("wtwo");
    say("bad"); // counted, though nobody reads anomalies
    struct counted counted = {""};
    dissection_counters(stage.dissection, note_counter, &counted);
    cr_expect_str_eq(counted.text, "sample.words=2 sample.anomaly_bad=1 ");
    cr_expect_eq(stage_queue(&stage, "anomaly")->count, 0);
    stage_end(&stage);
    stage_close(&stage);
}

Test(dissection, expects_flows_and_retires_buffers)
{
    stage_open(&stage, one);
    stage_want(&stage, "expect", "resp_p,flow.uid");
    stage_want(&stage, "sample.word", "word");
    stage_start(&stage, 1);
    say("x");
    say("rkept");
    const struct event_queue *queue = stage_queue(&stage, "expect");
    cr_assert_eq(queue->count, 1);
    const struct expect_event *expect = (const struct expect_event *)queue->events[0];
    cr_expect_eq(expect->resp_p, 99);
    cr_expect_eq(expect->proto, 17);
    cr_expect(!memcmp(expect->service.data, "later", 5));
    cr_expect_not_null(expect->event.flow);
    expect_word(0, "kept", 2);
    cr_expect_eq(sample_trace.released, 0);
    stage_next_batch(&stage);
    cr_expect_eq(sample_trace.released, 1);
    stage_end(&stage);
    stage_close(&stage);
}

Test(dissection, lets_go_of_a_flow_that_is_not_its_own)
{
    stage_open(&stage, one);
    stage_want(&stage, "sample.word", "");
    stage_start(&stage, 1);
    say("n");
    say("wone");
    cr_expect_eq(stage_queue(&stage, "sample.word")->count, 0);
    say_from(2, 30000, "wone"); // another flow
    cr_expect_eq(stage_queue(&stage, "sample.word")->count, 1);
    stage_end(&stage);
    cr_expect_eq(sample_trace.flow_ends, 1);
    stage_close(&stage);
}

Test(dissection, tries_what_was_loaded_last_first_and_then_the_next)
{
    stage_open(&stage, two);
    stage_want(&stage, "sample.word", "");
    stage_want(&stage, "second.word", "");
    stage_start(&stage, 1);
    say("wone");
    cr_expect_eq(stage_queue(&stage, "second.word")->count, 1);
    say("n"); // second lets go, sample is tried with the same datagram and lets go too
    say("wtwo");
    cr_expect_eq(stage_queue(&stage, "second.word")->count, 1);
    cr_expect_eq(stage_queue(&stage, "sample.word")->count, 0);
    // From a port that only sample knows to one that both know: the responder's port decides.
    say_from(3, SAMPLE_OTHER_PORT, "wthree");
    cr_expect_eq(stage_queue(&stage, "second.word")->count, 2);
    stage_end(&stage);
    stage_close(&stage);
}

Test(dissection, binds_by_either_port)
{
    stage_open(&stage, one);
    stage_want(&stage, "sample.word", "");
    stage_start(&stage, 1);
    stage_send(&stage, &(struct stage_datagram){.src = 1,
                                                .dst = 2,
                                                .sport = SAMPLE_OTHER_PORT,
                                                .dport = 60000,
                                                .payload = "w",
                                                .len = 1});
    stage_send(&stage,
               &(struct stage_datagram){
                   .src = 1, .dst = 2, .sport = 60000, .dport = 60001, .payload = "w", .len = 1});
    cr_expect_eq(stage_queue(&stage, "sample.word")->count, 1);
    stage_end(&stage);
    stage_close(&stage);
}

Test(dissection, leaves_fragments_alone_and_passes_on_what_was_cut)
{
    stage_open(&stage, one);
    stage_want(&stage, "sample.word", "");
    stage_start(&stage, 1);
    stage_send(&stage, &(struct stage_datagram){.src = 1,
                                                .dst = 9,
                                                .sport = 30000,
                                                .dport = SAMPLE_PORT,
                                                .payload = "wpart",
                                                .len = 5,
                                                .fragment = true});
    cr_expect_eq(stage_queue(&stage, "sample.word")->count, 0);
    stage_send(&stage, &(struct stage_datagram){.src = 1,
                                                .dst = 9,
                                                .sport = 30000,
                                                .dport = SAMPLE_PORT,
                                                .payload = "wpart",
                                                .len = 5,
                                                .cut = 2});
    expect_word(0, "pa", 1);
    stage_end(&stage);
    stage_close(&stage);
}

Test(dissection, has_the_last_word_when_a_flow_ends)
{
    stage_open(&stage, one);
    stage_want(&stage, "sample.word", "word,flow.uid");
    stage_start(&stage, 1);
    say("wone");
    say_from(2, 30000, "wtwo");
    stage_end(&stage);
    const struct event_queue *queue = stage_queue(&stage, "sample.word");
    cr_assert_eq(queue->count, 2);
    cr_expect(word_at("sample.word", 0)->ended);
    cr_expect_null(queue->events[0]->packet);
    cr_expect_not_null(queue->events[0]->flow);
    cr_expect_lt(queue->keys[0], queue->keys[1]);
    cr_expect_eq(sample_trace.flow_ends, 2);
    stage_close(&stage);
}

Test(dissection, reuses_the_state_of_ended_flows_zeroed)
{
    stage_open(&stage, one);
    stage_want(&stage, "sample.word", "seen");
    stage_start(&stage, 1);
    for (int round = 0; round < 5; round++) {
        for (uint16_t port = 1; port <= 60; port++)
            say_from(1, (uint16_t)(30000 + port), "wx");
        cr_assert_eq(stage_queue(&stage, "sample.word")->count, 60);
        for (uint32_t i = 0; i < 60; i++)
            expect_word(i, "x", 1);
        stage_end(&stage);
        stage_next_batch(&stage);
    }
    stage_close(&stage);
}

Test(dissection, does_not_start_when_a_dissector_refuses)
{
    stage_open(&stage, two);
    stage_want(&stage, "second.word", "");
    sample_trace.refuse = true;
    struct error err = {0};
    cr_expect_null(dissection_new(stage.set, &stage.interest, 1 << 28, &err));
    cr_expect_eq(err.code, ERROR_PLUGIN);
    cr_expect_str_eq(err.text, "plugin 'second' does not start: it is told to refuse");
    plugin_set_free(stage.set);
    registry_free(stage.registry);
}

/** A dissector of UDP layers, to be called for what is no flow as well. */
static const struct palua_host *layers_host;
static uint32_t layers_seen, layers_with_flow;

static bool layers_start(const struct palua_host *host, struct palua_instance *instance,
                         void **self)
{
    (void)instance;
    layers_host = host;
    *self = NULL;
    return true;
}

static void on_layer(void *self, struct palua_call *call, const struct palua_layer_input *in)
{
    (void)self;
    layers_seen++;
    layers_with_flow += layers_host->flow(call) != NULL;
    cr_expect_eq(in->packet->layers[in->layer].protocol, PALUA_PROTOCOL_UDP);
    cr_expect_eq(in->src.len, 4);
    cr_expect_eq(in->src.data[3], 1);
    cr_expect_eq(in->dst.data[3], 9);
    cr_expect_eq(in->wire_len, 8 + 4);
    cr_expect_eq(in->bytes.len, 8 + 4);
    cr_expect_eq(layers_host->checksum(call, in->packet, in->layer), PALUA_CHECKSUM_NOT_PRESENT);
    struct sample_word *event = layers_host->event(call, 0);
    event->word = in->src;
    layers_host->publish(call, 0, event);
    layers_host->anomaly(call, 0, 3);
}

static const struct palua_field seen_fields[] = {
    PALUA_FIELD(struct sample_word, word, PALUA_STRING, "a word"),
};
static const struct palua_schema seen_schema = {.name = "layers.seen",
                                                .doc = "a layer",
                                                .fields = seen_fields,
                                                .field_count = 1,
                                                .size = sizeof(struct sample_word)};
static const struct palua_schema *const seen_events[] = {&seen_schema};
static const struct palua_binding layer_bindings[] = {{PALUA_ON_LAYER, PALUA_PROTOCOL_UDP}};
static const struct palua_anomaly layer_anomalies[] = {{"odd", "an odd layer"}};
static const struct palua_plugin layers_plugin = {.abi = PALUA_PLUGIN_ABI,
                                                  .size = sizeof(struct palua_plugin),
                                                  .name = "layers",
                                                  .doc = "layers",
                                                  .role = PALUA_DISSECTOR,
                                                  .events = seen_events,
                                                  .event_count = 1,
                                                  .bindings = layer_bindings,
                                                  .binding_count = 1,
                                                  .anomalies = layer_anomalies,
                                                  .anomaly_count = 1,
                                                  .start = layers_start,
                                                  .layer = on_layer};

Test(dissection, layers_with_and_without_a_flow)
{
    const struct palua_plugin *const plugins[] = {&layers_plugin, NULL};
    layers_seen = layers_with_flow = 0;
    stage_open(&stage, plugins);
    stage_want(&stage, "layers.seen", "word,flow.uid");
    stage_want(&stage, "anomaly", "name,flow.uid");
    stage_start(&stage, 1);
    say("wone");
    dissection_layers(stage.dissection, &stage.call);
    stage.call.flow = NULL;
    dissection_layers(stage.dissection, &stage.call);
    cr_expect_eq(layers_seen, 2);
    cr_expect_eq(layers_with_flow, 1);
    const struct event_queue *seen = stage_queue(&stage, "layers.seen");
    cr_assert_eq(seen->count, 2);
    cr_expect_not_null(((const struct palua_event *)seen->events[0])->flow);
    cr_expect_null(((const struct palua_event *)seen->events[1])->flow);
    cr_expect_eq(stage_queue(&stage, "anomaly")->count, 2);
    cr_expect_eq(dissection_anomalies(stage.dissection), 2);
    stage_end(&stage);
    stage_close(&stage);
}

Test(dissection, layers_need_no_flows)
{
    const struct palua_plugin *const plugins[] = {&layers_plugin, NULL};
    stage_open(&stage, plugins);
    stage_want(&stage, "layers.seen", "word");
    stage_start(&stage, 1);
    cr_expect_not(dissection_needs_flows(stage.dissection));
    stage_end(&stage);
    stage_close(&stage);
}
