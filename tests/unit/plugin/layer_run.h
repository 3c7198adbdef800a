// SPDX-License-Identifier: MIT OR Apache-2.0
/** For the tests of dissectors that are bound to layers: hands a decoded packet's layers to one of
 * them, and tells what it published. */
#pragma once

#include "../decode/probe.h"
#include "decode/checksum.h"
#include "event/headers.h"
#include "event/value.h"

/** The host that the dissector sees; the memory of an event is the sanitizer's to watch. */
struct palua_call {
    const struct palua_plugin *plugin;
    struct palua_event *event;
    struct text *told;
};

struct palua_instance {
    uint64_t wanted;
};

static inline uint64_t layer_run_wanted(struct palua_instance *instance, uint32_t event)
{
    cr_assert_eq(event, 0);
    return instance->wanted;
}

static inline void *layer_run_event(struct palua_call *call, uint32_t event)
{
    free(call->event);
    call->event = calloc(1, call->plugin->events[event]->size);
    return call->event;
}

/** Every field that there is as "name=value", enums by name, one line per event. */
static inline void layer_run_publish(struct palua_call *call, uint32_t event, void *record)
{
    const struct palua_schema *schema = call->plugin->events[event];
    const struct palua_event *header = record;
    if (call->told->len)
        text_add_char(call->told, '\n');
    size_t start = call->told->len;
    for (uint32_t i = 0; i < schema->field_count; i++) {
        const struct palua_field *field = &schema->fields[i];
        enum path_form form = field->type == PALUA_ENUM ? PATH_NAME : PATH_PLAIN;
        struct value value = field_read_as(field, form, i, header->present, record);
        if (!value.type)
            continue;
        text_add_format(call->told, "%s%s=", call->told->len > start ? " " : "", field->name);
        value_text(&value, field, call->told);
    }
}

static inline enum palua_checksum
layer_run_checksum(struct palua_call *call, const struct palua_packet *packet, uint32_t layer)
{
    (void)call;
    return checksum_of(packet, layer);
}

static inline void layer_run_addresses(struct palua_layer_input *in)
{
    struct ip_fields ip;
    for (uint32_t i = in->layer; i-- > 0 && !in->src.len;)
        if (headers_ip(in->packet, i, &ip)) {
            in->src = ip.src;
            in->dst = ip.dst;
        }
}

/** What the dissector makes of the packet in the probe; valid until the next call. */
static inline const char *layer_run(const struct palua_plugin *plugin, const struct probe *probe,
                                    uint64_t wanted)
{
    static const struct palua_host host = {.abi = PALUA_PLUGIN_ABI,
                                           .size = sizeof host,
                                           .wanted = layer_run_wanted,
                                           .event = layer_run_event,
                                           .publish = layer_run_publish,
                                           .checksum = layer_run_checksum};
    static struct text told;
    struct palua_instance instance = {wanted};
    struct palua_call call = {.plugin = plugin, .told = &told};
    void *self = NULL;
    text_clear(&told);
    text_add_str(&told, "");
    cr_assert(plugin->start(&host, &instance, &self));
    for (uint32_t i = 0; i < probe->packet.layer_count; i++)
        for (uint32_t k = 0; k < plugin->binding_count; k++) {
            const struct palua_layer *layer = &probe->packet.layers[i];
            if (plugin->bindings[k].value != layer->protocol || layer->flags & PALUA_LAYER_QUOTED)
                continue;
            struct palua_layer_input in = {.packet = &probe->packet,
                                           .bytes = palua_layer_bytes(&probe->packet, i),
                                           .wire_len = layer->len,
                                           .layer = i};
            layer_run_addresses(&in);
            plugin->layer(self, &call, &in);
        }
    free(call.event);
    plugin->stop(self);
    return told.data;
}

/** Hands over frames of which bytes were changed at random, cut anywhere: nothing outside of them
 * is read (the probe's copy ends at the cut, so the sanitizers see that), and what is told is text.
 */
static inline void layer_run_random(const struct palua_plugin *plugin, struct probe *probe,
                                    uint16_t linktype, const struct frame *sound, unsigned seed)
{
    static struct frame frame;
    srand(seed);
    for (int i = 0; i < 3000; i++) {
        frame.len = sound->len;
        memcpy(frame.data, sound->data, sound->len);
        for (int changes = rand() % 6; changes > 0; changes--)
            frame.data[(size_t)rand() % frame.len] = (uint8_t)rand();
        uint32_t cut = rand() % 2 ? (uint32_t)frame.len : (uint32_t)rand() % (uint32_t)frame.len;
        uint32_t wire = rand() % 2 ? cut : (uint32_t)frame.len;
        probe_cut(probe, linktype, &frame, cut, wire);
        const char *told = layer_run(plugin, probe, rand() % 2 ? UINT64_MAX : 0);
        for (const char *at = told; *at; at++)
            cr_assert(*at >= ' ' || *at == '\n', "seed %u, step %d: %s", seed, i, told);
    }
}
