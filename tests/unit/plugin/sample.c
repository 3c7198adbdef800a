// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sample.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

struct sample_trace sample_trace;
static const struct palua_host *host_table;

struct flow_state {
    uint32_t seen;
};

static bool start(const struct palua_host *host, struct palua_instance *instance, void **self)
{
    host_table = host;
    if (sample_trace.refuse) {
        host->refuse(instance, "it is told to refuse");
        return false;
    }
    sample_trace.started++;
    sample_trace.cap = host->option_int(instance, "cap");
    sample_trace.subscribed = host->subscribed(instance, 0);
    sample_trace.wanted = host->wanted(instance, 0);
    sample_trace.anomalies_wanted = host->anomalies_wanted(instance);
    *self = &sample_trace;
    return true;
}

static void stop(void *self)
{
    ((struct sample_trace *)self)->stopped++;
}

static void release(void *buffer)
{
    sample_trace.released++;
    free(buffer);
}

static void publish_word(struct palua_call *call, struct flow_state *state, struct palua_slice word,
                         bool ended)
{
    struct sample_word *event = host_table->event(call, 0);
    if (!event)
        return;
    event->word = word;
    event->seen = state->seen;
    event->ended = ended;
    host_table->publish(call, 0, event);
}

static enum palua_verdict datagram(void *self, struct palua_call *call, void *state_,
                                   const struct palua_datagram *in)
{
    (void)self;
    struct flow_state *state = state_;
    state->seen++;
    if (!in->payload.len)
        return PALUA_DONE;
    struct palua_slice word = {.data = in->payload.data + 1, .len = in->payload.len - 1};
    switch (in->payload.data[0]) {
    case SAMPLE_NOT_MINE:
        return PALUA_NOT_MINE;
    case SAMPLE_BAD:
        host_table->anomaly(call, 0, 7);
        return PALUA_DONE;
    case SAMPLE_EXPECT:
        host_table->expect(call, in->src, in->dst, 99, 17, "later");
        return PALUA_DONE;
    case SAMPLE_RETIRE: {
        uint8_t *copy = malloc(word.len ? word.len : 1);
        memcpy(copy, word.data, word.len);
        host_table->retire(call, copy, release);
        word.data = copy;
        break;
    }
    case SAMPLE_TWO:
        publish_word(call, state, word, false);
        break;
    default:
        break;
    }
    host_table->count(call, 0, 1);
    publish_word(call, state, word, false);
    return PALUA_DONE;
}

static void flow_end(void *self, struct palua_call *call, void *state)
{
    ((struct sample_trace *)self)->flow_ends++;
    publish_word(call, state, (struct palua_slice){.data = (const uint8_t *)"end", .len = 3}, true);
}

static const struct palua_field word_fields[] = {
    PALUA_FIELD(struct sample_word, word, PALUA_STRING, "what was said"),
    PALUA_FIELD(struct sample_word, seen, PALUA_UINT, "datagrams of the flow so far"),
    PALUA_FIELD(struct sample_word, ended, PALUA_BOOL, "the flow's last word"),
};
const struct palua_schema sample_word_schema = {
    .name = "sample.word",
    .doc = "a word",
    .fields = word_fields,
    .field_count = COUNT(word_fields),
    .size = sizeof(struct sample_word),
};
static const struct palua_schema second_word_schema = {
    .name = "second.word",
    .doc = "a word",
    .fields = word_fields,
    .field_count = COUNT(word_fields),
    .size = sizeof(struct sample_word),
};
static const struct palua_schema *const events[] = {&sample_word_schema};
static const struct palua_schema *const second_events[] = {&second_word_schema};
static const struct palua_binding bindings[] = {
    {PALUA_ON_UDP_PORT, SAMPLE_PORT},
    {PALUA_ON_UDP_PORT, SAMPLE_OTHER_PORT},
    {PALUA_ON_TCP_PORT, SAMPLE_PORT},
};
static const struct palua_option options[] = {
    {"cap", "words", "5", 1, 10},
    {"title", "text", "none", 0, 0},
};
static const struct palua_counter counters[] = {{"words", "words seen"}};
static const struct palua_anomaly anomalies[] = {{"bad", "a bad word"}};

#define DISSECTOR                                                                           \
    .abi = PALUA_PLUGIN_ABI, .size = sizeof(struct palua_plugin), .doc = "words",           \
    .role = PALUA_DISSECTOR, .event_count = 1, .bindings = bindings, .options = options,    \
    .option_count = COUNT(options), .counters = counters, .counter_count = COUNT(counters), \
    .anomalies = anomalies, .anomaly_count = COUNT(anomalies),                              \
    .flow_state_size = sizeof(struct flow_state), .start = start, .stop = stop,             \
    .datagram = datagram, .flow_end = flow_end

const struct palua_plugin sample_dissector = {DISSECTOR, .name = "sample", .events = events,
                                              .binding_count = COUNT(bindings)};
const struct palua_plugin sample_second = {DISSECTOR, .name = "second", .events = second_events,
                                           .binding_count = 1};

/** The analysis: how often each word was said, in the order of first saying; every word printed. */
enum { WORD_CAP = 32 };

struct word_row {
    struct palua_slice word;
    uint64_t count;
    uint8_t text[16];
};

struct words {
    struct word_row rows[WORD_CAP];
    uint32_t count;
    uint64_t packets;
};

static bool words_start(const struct palua_host *host, struct palua_instance *instance, void **self)
{
    (void)instance;
    host_table = host;
    *self = calloc(1, sizeof(struct words));
    return *self != NULL;
}

static void words_stop(void *self)
{
    free(self);
}

static void add_word(struct words *words, struct palua_slice word, uint64_t count)
{
    uint32_t i = 0;
    while (i < words->count && (words->rows[i].word.len != word.len ||
                                memcmp(words->rows[i].text, word.data, word.len)))
        i++;
    if (i == WORD_CAP || word.len > sizeof words->rows[i].text)
        return;
    if (i == words->count) {
        words->count++;
        memcpy(words->rows[i].text, word.data, word.len);
        words->rows[i].word = (struct palua_slice){.data = words->rows[i].text, .len = word.len};
    }
    words->rows[i].count += count;
}

static void words_event(void *self, struct palua_call *call, uint32_t subscription,
                        const struct palua_event *event)
{
    struct words *words = self;
    if (subscription == 1) {
        words->packets++;
        host_table->print(call, "packet", 6);
        return;
    }
    const struct sample_word *said = (const struct sample_word *)event;
    add_word(words, said->word, 1);
    host_table->print(call, (const char *)said->word.data, said->word.len);
    host_table->count(call, 0, 1);
}

static void words_merge(void *into_, void *from_)
{
    struct words *into = into_;
    const struct words *from = from_;
    sample_trace.merged++;
    for (uint32_t i = 0; i < from->count; i++)
        add_word(into, from->rows[i].word, from->rows[i].count);
    into->packets += from->packets;
}

static void words_finish(void *self, struct palua_call *call)
{
    const struct words *words = self;
    for (uint32_t i = 0; i < words->count; i++)
        host_table->row(call, 0, &words->rows[i]);
}

static const struct palua_field row_fields[] = {
    PALUA_FIELD(struct word_row, word, PALUA_STRING, "word"),
    PALUA_FIELD(struct word_row, count, PALUA_UINT, "times said"),
};
static const struct palua_schema words_table = {
    .name = "words",
    .doc = "words said",
    .fields = row_fields,
    .field_count = COUNT(row_fields),
    .size = sizeof(struct word_row),
};
static const struct palua_schema *const tables[] = {&words_table};
static const struct palua_subscription subscriptions[] = {
    {"sample.word", "word, flow.uid"},
    {"packet", ""},
};

const struct palua_plugin sample_analysis = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "words",
    .doc = "counts words",
    .role = PALUA_ANALYSIS,
    .subscriptions = subscriptions,
    .subscription_count = COUNT(subscriptions),
    .counters = counters,
    .counter_count = COUNT(counters),
    .tables = tables,
    .table_count = COUNT(tables),
    .start = words_start,
    .stop = words_stop,
    .event = words_event,
    .merge = words_merge,
    .finish = words_finish,
};

static bool decode(struct palua_slice in, struct palua_decoded *out)
{
    (void)in;
    (void)out;
    return false;
}

static const struct palua_binding decoder_binding = {PALUA_ON_ETHERTYPE, 0x88b5};
const struct palua_plugin sample_decoder = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "shim",
    .doc = "an encapsulation",
    .role = PALUA_DECODER,
    .bindings = &decoder_binding,
    .binding_count = 1,
    .decode = decode,
};
