// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugin/native.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sample.h"
#include "stage.h"

static struct stage stage;
static struct error err;

static const struct palua_plugin *const plugins[] = {&sample_dissector, &sample_analysis, NULL};

static uint32_t index_of(const char *name)
{
    uint32_t index;
    cr_assert(plugin_set_find(stage.set, name, &index, &err), "%s", err.text);
    return index;
}

static void expect_refused(struct palua_subscription subscription, const char *message)
{
    struct palua_plugin plugin = sample_analysis;
    plugin.subscriptions = &subscription;
    plugin.subscription_count = 1;
    cr_expect_not(native_interest(&plugin, stage.registry, &stage.interest, &err));
    cr_expect_eq(err.code, ERROR_PLUGIN);
    cr_expect(strstr(err.text, message), "'%s' does not say '%s'", err.text, message);
}

Test(native, says_what_it_subscribes_to)
{
    stage_open(&stage, plugins);
    cr_assert(native_interest(&sample_analysis, stage.registry, &stage.interest, &err), "%s",
              err.text);
    const struct interest_kind *word =
        &stage.interest.kinds[registry_find(stage.registry, "sample.word")];
    cr_expect(word->subscribed);
    cr_expect_eq(word->fields, 1);
    cr_expect_neq(word->flow, 0);
    cr_expect(stage.interest.kinds[EVENT_PACKET].subscribed);
    cr_expect_eq(stage.interest.kinds[EVENT_PACKET].fields, 0);
    plugin_set_free(stage.set);
    registry_free(stage.registry);
}

Test(native, wants_all_fields_if_it_names_none)
{
    stage_open(&stage, plugins);
    const struct palua_subscription all = {"sample.word", NULL};
    struct palua_plugin plugin = sample_analysis;
    plugin.subscriptions = &all;
    plugin.subscription_count = 1;
    cr_assert(native_interest(&plugin, stage.registry, &stage.interest, &err));
    cr_expect_eq(stage.interest.kinds[registry_find(stage.registry, "sample.word")].fields, 7);
    plugin_set_free(stage.set);
    registry_free(stage.registry);
}

Test(native, names_the_nearest_of_what_is_unknown)
{
    stage_open(&stage, plugins);
    expect_refused((struct palua_subscription){"sample.wrod", NULL},
                   "plugin 'words' subscribes to an unknown event 'sample.wrod'; did it mean "
                   "'sample.word'?");
    expect_refused((struct palua_subscription){"sample.word", "word,sen"}, "'seen'");
    expect_refused((struct palua_subscription){"sample.word", "flow.uidd"}, "uid");
    plugin_set_free(stage.set);
    registry_free(stage.registry);
}

static void say(uint16_t sport, const char *payload)
{
    stage_send(&stage, &(struct stage_datagram){.src = 1,
                                                .dst = 9,
                                                .sport = sport,
                                                .dport = SAMPLE_PORT,
                                                .payload = payload,
                                                .len = (uint32_t)strlen(payload)});
}

/** The worker's part in it: one packet event before what the packet carries. */
static void add_packet_events(void)
{
    static struct palua_event events[STAGE_PACKET_CAP];
    struct event_queue *queue = &stage.batch->parts[0].queues[EVENT_PACKET];
    for (uint32_t i = 0; i < stage.batch->count; i++) {
        events[i].packet = &stage.batch->packets[i];
        event_queue_push(queue, &events[i], event_key(i, 0, 0));
    }
}

static char path[] = "/tmp/palua-native-XXXXXX";

static struct sheet sheet; // of the output that is open

static struct part_range all_parts(void)
{
    return (struct part_range){.count = stage.batch->part_count};
}

static struct output *open_output(void)
{
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    close(fd);
    struct output_options options = {.format = OUTPUT_CSV, .path = path};
    struct output *output = output_new(&options, &err);
    cr_assert_not_null(output, "%s", err.text);
    sheet_init(&sheet, output);
    return output;
}

static void expect_output(struct output *output, const char *expected)
{
    sheet_fini(&sheet);
    cr_assert(output_free(output, &err), "%s", err.text);
    char text[4096];
    FILE *file = fopen(path, "r");
    size_t len = fread(text, 1, sizeof text - 1, file);
    text[len] = '\0';
    fclose(file);
    unlink(path);
    cr_expect_str_eq(text, expected);
}

static struct analysis *open_analysis(void)
{
    cr_assert(native_interest(&sample_analysis, stage.registry, &stage.interest, &err));
    struct analysis *analysis = native_new(stage.set, index_of("words"), stage.registry, 0, &err);
    cr_assert_not_null(analysis, "%s", err.text);
    return analysis;
}

Test(native, sees_events_of_several_kinds_in_order)
{
    stage_open(&stage, plugins);
    struct analysis *analysis = open_analysis();
    stage_start(&stage, 1);
    struct output *output = open_output();
    say(30000, "wone");
    say(30001, "2two");
    say(30002, "b");
    add_packet_events();
    analysis->ops->consume(analysis, stage.batch, all_parts(), &sheet);
    output_write(output, stage.batch, &sheet, 1);
    stage_next_batch(&stage);
    say(30000, "wa\tb");
    analysis->ops->consume(analysis, stage.batch, all_parts(), &sheet);
    output_write(output, stage.batch, &sheet, 1);
    analysis->ops->finish(analysis, output, &sheet);
    expect_output(output, "packet\none\npacket\ntwo\ntwo\npacket\na\\x09b\n"
                          "\n# words\nword,count\none,1\ntwo,2\na\\x09b,1\n");
    stage_end(&stage);
    analysis->ops->free(analysis);
    stage_close(&stage);
}

Test(native, takes_the_parts_of_several_workers_in_order)
{
    stage_open(&stage, plugins);
    struct analysis *analysis = open_analysis();
    stage_start(&stage, 2);
    struct output *output = open_output();
    stage.call.part = &stage.batch->parts[1];
    say(30000, "wone");
    stage.call.part = &stage.batch->parts[0];
    say(30001, "wtwo");
    stage.call.part = &stage.batch->parts[1];
    say(30000, "wthree");
    analysis->ops->consume(analysis, stage.batch, all_parts(), &sheet);
    output_write(output, stage.batch, &sheet, 1);
    expect_output(output, "one\ntwo\nthree\n");
    stage.call.part = &stage.batch->parts[0];
    stage_end(&stage);
    analysis->ops->free(analysis);
    stage_close(&stage);
}

static void note_counter(void *context, const char *plugin, const char *counter, uint64_t value)
{
    cr_expect_str_eq(plugin, "words");
    cr_expect_str_eq(counter, "words");
    *(uint64_t *)context += value;
}

Test(native, merges_and_counts)
{
    stage_open(&stage, plugins);
    struct analysis *a = open_analysis();
    struct analysis *b = open_analysis();
    stage_start(&stage, 1);
    struct output *output = open_output();
    say(30000, "wone");
    a->ops->consume(a, stage.batch, all_parts(), &sheet);
    stage_next_batch(&stage);
    say(30000, "wtwo");
    say(30000, "wone");
    b->ops->consume(b, stage.batch, all_parts(), &sheet);
    a->ops->merge(a, b);
    cr_expect_eq(sample_trace.merged, 1);
    uint64_t counted = 0;
    native_counters(a, note_counter, &counted);
    cr_expect_eq(counted, 3);
    stage_end(&stage);
    b->ops->free(b);
    a->ops->free(a);
    sheet_fini(&sheet);
    output_free(output, &err);
    unlink(path);
    stage_close(&stage);
}
