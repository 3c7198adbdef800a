// SPDX-License-Identifier: MIT OR Apache-2.0
/** Drives the Lua host from specs: synthetic events of any number of kinds, in batches, without
 * captures.
 *
 * A shared object that holds the whole engine with its own names visible. Loaded once, globally, so
 * that the scripts' states find what they call. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "lua/instance.h"

enum { SPEC_KINDS = 16, SPEC_STATE_CAP = 4096 };

#define SPEC_EXPORT __attribute__((visibility("default")))

struct spec_item {
    uint64_t present;
    struct palua_slice name;
    struct palua_slice addr;
    struct palua_slice note;
    struct palua_slice raw;
    uint32_t ttl;
    uint32_t rank;
    uint8_t kind;
};

struct spec_event {
    struct palua_event head;
    uint64_t wide;
    int64_t big;
    int64_t when_ns;
    int64_t rtt_ns;
    double ratio;
    uint32_t len;
    uint16_t port;
    uint8_t kind;
    uint8_t yes;
    struct palua_slice name;
    struct palua_slice addr;
    struct palua_slice mac;
    struct palua_slice data;
    struct palua_list items;
};

static const struct palua_enum_name kind_names[] = {{1, "one"}, {2, "two"}, {28, "many"}};
static const struct palua_enum kinds = {kind_names, 3};

#define OPTIONAL .flags = PALUA_OPTIONAL
static const struct palua_field item_fields[] = {
    PALUA_FIELD(struct spec_item, name, PALUA_STRING, "a name"),
    PALUA_FIELD(struct spec_item, addr, PALUA_IPADDR, "an address"),
    PALUA_FIELD(struct spec_item, ttl, PALUA_UINT, "a number"),
    PALUA_FIELD(struct spec_item, kind, PALUA_ENUM, "a kind", .names = &kinds),
    PALUA_FIELD(struct spec_item, rank, PALUA_UINT, "a number", OPTIONAL),
    PALUA_FIELD(struct spec_item, note, PALUA_STRING, "a text", OPTIONAL),
    PALUA_FIELD(struct spec_item, raw, PALUA_BYTES, "bytes", OPTIONAL),
};
static const struct palua_schema item_schema = {.name = "item",
                                                .doc = "an item",
                                                .fields = item_fields,
                                                .field_count = 7,
                                                .size = sizeof(struct spec_item)};

static const struct palua_field event_fields[] = {
    PALUA_FIELD(struct spec_event, wide, PALUA_UINT, "64 bits"),
    PALUA_FIELD(struct spec_event, big, PALUA_INT, "64 bits, signed"),
    PALUA_FIELD_AS(struct spec_event, when_ns, "when", PALUA_TIME, "a time"),
    PALUA_FIELD_AS(struct spec_event, rtt_ns, "rtt", PALUA_DURATION, "a duration", OPTIONAL),
    PALUA_FIELD(struct spec_event, ratio, PALUA_REAL, "a real"),
    PALUA_FIELD(struct spec_event, len, PALUA_UINT, "a number", .aliases = "length"),
    PALUA_FIELD(struct spec_event, port, PALUA_UINT, "a port"),
    PALUA_FIELD(struct spec_event, kind, PALUA_ENUM, "a kind", .names = &kinds),
    PALUA_FIELD(struct spec_event, yes, PALUA_BOOL, "a flag"),
    PALUA_FIELD(struct spec_event, name, PALUA_STRING, "a name"),
    PALUA_FIELD(struct spec_event, addr, PALUA_IPADDR, "an address"),
    PALUA_FIELD(struct spec_event, mac, PALUA_MAC, "a MAC address"),
    PALUA_FIELD(struct spec_event, data, PALUA_BYTES, "bytes"),
    PALUA_FIELD(struct spec_event, items, PALUA_LIST, "items", .item = &item_schema),
};

static char kind_titles[SPEC_KINDS][24];
static struct palua_schema schemas[SPEC_KINDS];

struct spec {
    struct registry *registry;
    struct decoder *decoder;
    struct interest *interest;
    struct analysis *script;
    struct output *output;
    struct sheet sheet;
    struct batch batch;
    struct part part;
    struct palua_packet packets[1024];
    struct palua_flow flow[4];
    struct spec_event *events;
    struct spec_item items[3];
    uint16_t kinds[SPEC_KINDS];
    struct error err;
    char path[256];
    uint64_t packets_made;
    uint64_t ended_ids;
};

SPEC_EXPORT struct spec *spec_new(void)
{
    struct spec *spec = memory_zalloc(1, sizeof *spec);
    spec->registry = registry_new();
    spec->decoder = decoder_new();
    spec->interest = memory_zalloc(1, sizeof *spec->interest);
    for (int i = 0; i < SPEC_KINDS; i++) {
        snprintf(kind_titles[i], sizeof kind_titles[i], "spec.k%d", i);
        schemas[i] =
            (struct palua_schema){.name = kind_titles[i],
                                  .doc = "synthetic",
                                  .fields = event_fields,
                                  .field_count = sizeof event_fields / sizeof *event_fields,
                                  .size = sizeof(struct spec_event)};
        if (!registry_add(spec->registry, &schemas[i], &spec->kinds[i], &spec->err))
            abort();
    }
    uint16_t count = registry_count(spec->registry);
    spec->part.queues = memory_zalloc(count, sizeof *spec->part.queues);
    spec->part.queue_count = count;
    for (uint16_t i = 0; i < count; i++)
        event_queue_init(&spec->part.queues[i]);
    arena_init(&spec->part.arena);
    spec->batch.parts = &spec->part;
    spec->batch.part_count = 1;
    spec->batch.packets = spec->packets;
    spec->events = memory_zalloc(1024, sizeof *spec->events);
    return spec;
}

SPEC_EXPORT void spec_free(struct spec *spec)
{
    if (spec->script)
        spec->script->ops->free(spec->script);
    for (uint32_t i = 0; i < spec->part.queue_count; i++)
        event_queue_fini(&spec->part.queues[i]);
    sheet_fini(&spec->sheet);
    if (spec->output)
        output_free(spec->output, NULL);
    arena_fini(&spec->part.arena);
    memory_free(spec->part.queues);
    registry_free(spec->registry);
    decoder_free(spec->decoder);
    memory_free(spec->interest);
    memory_free(spec->events);
    memory_free(spec);
}

/** Loads a script; options: bit 0 profile, bit 1 strict, bit 2 trust. @return false: see spec_error
 */
SPEC_EXPORT bool spec_load(struct spec *spec, const char *path, const char *name, uint32_t flags,
                           uint64_t memory_cap, const char *key, const char *value)
{
    bool used = false;
    struct script_options options = {.decoder = spec->decoder,
                                     .path = path,
                                     .name = name,
                                     .memory_cap = memory_cap ? memory_cap : (size_t)256 << 20,
                                     .aggregate_cap = 1000,
                                     .state_cap = SPEC_STATE_CAP,
                                     .profile = flags & 1,
                                     .strict = flags & 2,
                                     .trust = flags & 4,
                                     .arg_keys = &key,
                                     .arg_values = &value,
                                     .arg_count = key ? 1 : 0,
                                     .arg_used = &used};
    spec->err = (struct error){0};
    spec->script = script_new(&options, spec->registry, spec->interest, &spec->err);
    return spec->script && script_start(spec->script, spec->interest, &spec->err);
}

SPEC_EXPORT bool spec_describe(struct spec *spec, const char *path, struct text *out)
{
    struct script_options options = {.decoder = spec->decoder, .path = path, .name = "described"};
    return script_describe(&options, spec->registry, out, &spec->err);
}

SPEC_EXPORT const char *spec_error(const struct spec *spec)
{
    return spec->err.text;
}

SPEC_EXPORT const char *spec_where(const struct spec *spec)
{
    return spec->err.where;
}

SPEC_EXPORT int spec_code(const struct spec *spec)
{
    return (int)spec->err.code;
}

/** Output goes to a file, as plain text. */
SPEC_EXPORT bool spec_output(struct spec *spec, const char *path)
{
    snprintf(spec->path, sizeof spec->path, "%s", path);
    struct output_options options = {.format = OUTPUT_CSV, .path = spec->path};
    spec->output = output_new(&options, &spec->err);
    sheet_fini(&spec->sheet);
    sheet_init(&spec->sheet, spec->output);
    if (spec->output)
        spec->script->ops->open(spec->script, spec->output, NULL);
    return spec->output != NULL;
}

static struct palua_slice slice(const char *text)
{
    return (struct palua_slice){.data = (const uint8_t *)text, .len = (uint32_t)strlen(text)};
}

static void fill_packet(struct spec *spec, uint32_t i)
{
    struct palua_packet *packet = &spec->packets[i];
    *packet = (struct palua_packet){
        .number = ++spec->packets_made, .ts_ns = 1700000000000000000 + (int64_t)i, .frame = i + 1};
}

static void fill_event(struct spec *spec, uint32_t i)
{
    static const uint8_t v4[] = {192, 0, 2, 1}, v6[16] = {0x20, 1, 0x0d, 0xb8, [15] = 1};
    static const uint8_t mac[] = {0, 0x1b, 0x21, 0x3c, 0x9d, 0xf8};
    static const uint8_t data[] = {0, 1, 2, 3, 0xff, 'G', 'E', 'T'};
    enum { HAS_RANK = 1 << 4, HAS_NOTE = 1 << 5, HAS_RAW = 1 << 6 };
    spec->items[0] = (struct spec_item){
        .name = slice("a.example"), .addr = {v4, 4, 0}, .ttl = 300, .kind = 1, .rank = 9};
    spec->items[1] =
        (struct spec_item){HAS_RANK | HAS_NOTE, .name = slice("b.example"), .ttl = 60, .kind = 28,
                           .rank = 7,           .note = slice("n")};
    spec->items[2] = (struct spec_item){HAS_NOTE | HAS_RAW, .name = slice(""), .addr = {v6, 16, 0},
                                        .raw = {data, 5, 0}, .kind = 77};
    struct spec_event *event = &spec->events[i];
    *event = (struct spec_event){.head = {.packet = &spec->packets[i], .flow = &spec->flow[i % 4]},
                                 .wide = UINT64_MAX,
                                 .big = -5,
                                 .when_ns = 1700000000500000000,
                                 .rtt_ns = 1500000,
                                 .ratio = 0.1,
                                 .len = i,
                                 .port = 53,
                                 .kind = (uint8_t)(i % 3),
                                 .yes = i & 1,
                                 .name = slice("www.example.com"),
                                 .addr = {i & 1 ? v6 : v4, i & 1 ? 16 : 4, 0},
                                 .mac = {mac, 6, 0},
                                 .data = {data, sizeof data, 0},
                                 .items = {spec->items, 3, 0}};
    if (i & 1)
        event->head.present = 1 << 3;
}

/** A batch of 1,024 packets, one event each; kinds in turn. Flows 0 and 1 have one originator, 2
 * and 3 another; 0 and 2 have one responder, 1 and 3 another. */
SPEC_EXPORT void spec_make(struct spec *spec, uint32_t count, uint32_t kind_count)
{
    for (uint32_t i = 0; i < spec->part.queue_count; i++)
        event_queue_clear(&spec->part.queues[i]);
    for (int i = 0; i < 4; i++) {
        struct palua_flow *flow = &spec->flow[i];
        *flow = (struct palua_flow){
            .id = (uint64_t)i + 1, .orig_p = 1000, .resp_p = 53, .proto = 17, .addr_len = 4};
        int len = snprintf((char *)flow->uid_text, sizeof flow->uid_text, "Cflow%d", i);
        flow->uid = (struct palua_slice){flow->uid_text, (uint32_t)len, 0};
        flow->addresses[3] = (uint8_t)(i / 2);
        flow->addresses[19] = (uint8_t)(i % 2);
        flow->orig_h = (struct palua_slice){flow->addresses, 4, 0};
        flow->resp_h = (struct palua_slice){flow->addresses + 16, 4, 0};
    }
    for (uint32_t i = 0; i < count; i++) {
        fill_packet(spec, i);
        fill_event(spec, i);
        event_queue_push(&spec->part.queues[spec->kinds[i % kind_count]], &spec->events[i].head,
                         event_key(i, 0, 0));
    }
    spec->batch.count = count;
}

/** The same events again, as new packets. @return ns taken */
SPEC_EXPORT uint64_t spec_consume(struct spec *spec, uint32_t rounds)
{
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (uint32_t i = 0; i < rounds && !spec->script->report.stop; i++) {
        spec->script->ops->consume(spec->script, &spec->batch, (struct part_range){.count = 1},
                                   &spec->sheet);
        if (spec->output)
            output_write(spec->output, &spec->batch, &spec->sheet, 1);
    }
    clock_gettime(CLOCK_MONOTONIC, &b);
    return (uint64_t)((b.tv_sec - a.tv_sec) * 1000000000 + b.tv_nsec - a.tv_nsec);
}

/** The capture's clock at the next batch. */
SPEC_EXPORT void spec_clock(struct spec *spec, int64_t now_ns)
{
    spec->batch.clock_ns = now_ns;
}

SPEC_EXPORT void spec_flow_ended(struct spec *spec, uint64_t id)
{
    spec->script->ops->flow_ended(spec->script, id);
}

SPEC_EXPORT void spec_finish(struct spec *spec)
{
    spec->script->ops->finish(spec->script, spec->output, &spec->sheet);
    output_write(spec->output, NULL, &spec->sheet, 1);
}

static struct palua_lua_instance *instance_of(struct spec *spec)
{
    return (struct palua_lua_instance *)spec->script;
}

/** Stops the collector, so that what is allocated can be seen. */
SPEC_EXPORT void spec_stop_gc(struct spec *spec)
{
    lua_gc(instance_of(spec)->state->L, LUA_GCCOLLECT, 0);
    lua_gc(instance_of(spec)->state->L, LUA_GCSTOP, 0);
}

SPEC_EXPORT uint64_t spec_lua_bytes(struct spec *spec)
{
    lua_State *L = instance_of(spec)->state->L;
    return (uint64_t)lua_gc(L, LUA_GCCOUNT, 0) * 1024 + (uint64_t)lua_gc(L, LUA_GCCOUNTB, 0);
}

SPEC_EXPORT uint64_t spec_errors(const struct spec *spec)
{
    return spec->script->report.errors;
}

SPEC_EXPORT bool spec_stopped(const struct spec *spec)
{
    return spec->script->report.stop;
}

SPEC_EXPORT uint32_t spec_own_loops(struct spec *spec)
{
    return instance_of(spec)->own_count;
}

/** Of a loaded script: enum palua_partition. */
SPEC_EXPORT uint32_t spec_partition(const struct spec *spec)
{
    return script_partition(spec->script);
}

SPEC_EXPORT const char *spec_explain(struct spec *spec)
{
    static struct text out;
    text_fini(&out);
    text_init(&out);
    script_explain(spec->script, &out);
    return out.data;
}

SPEC_EXPORT uint64_t spec_wanted(const struct spec *spec, uint32_t kind)
{
    return spec->interest->kinds[spec->kinds[kind]].fields;
}

SPEC_EXPORT uint64_t spec_wanted_flow(const struct spec *spec, uint32_t kind)
{
    return spec->interest->kinds[spec->kinds[kind]].flow;
}

SPEC_EXPORT uint64_t spec_wanted_live(const struct spec *spec, uint32_t kind)
{
    return spec->interest->kinds[spec->kinds[kind]].flow_live;
}

SPEC_EXPORT const char *spec_profile(struct spec *spec)
{
    static struct text out;
    text_clear(&out);
    script_profile(spec->script, &out);
    return out.len ? out.data : "";
}

/** What a C loop needs for the same sum, as the floor to measure from. */
SPEC_EXPORT uint64_t spec_raw(struct spec *spec, uint32_t rounds, uint64_t *sum)
{
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (uint32_t round = 0; round < rounds; round++)
        for (int k = 0; k < SPEC_KINDS; k++) {
            const struct event_queue *queue = &spec->part.queues[spec->kinds[k]];
            for (uint32_t i = 0; i < queue->count; i++)
                *sum += ((const struct spec_event *)queue->events[i])->len;
        }
    clock_gettime(CLOCK_MONOTONIC, &b);
    return (uint64_t)((b.tv_sec - a.tv_sec) * 1000000000 + b.tv_nsec - a.tv_nsec);
}
