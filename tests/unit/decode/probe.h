// SPDX-License-Identifier: MIT OR Apache-2.0
/** For the decode tests: a frame put together header by header, and one decoded packet told as
 * text.
 *
 * Every decode runs on a heap copy of exactly the captured bytes, so that the sanitizers see each
 * byte too far, and ends with check_packet. */
#pragma once

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "check.h"
#include "decode/decode.h"

enum { ETHERNET = 1 };
enum { ON_IP = 0x0800, ON_ARP = 0x0806, ON_VLAN = 0x8100, ON_IPV6 = 0x86dd, ON_8021AD = 0x88a8 };
enum { P_HOPOPTS = 0, P_ICMP = 1, P_IPIP = 4, P_TCP = 6, P_UDP = 17, P_IPV6 = 41, P_ROUTING = 43 };
enum { P_FRAGMENT = 44, P_GRE = 47, P_ESP = 50, P_AH = 51, P_ICMPV6 = 58, P_NONE = 59 };
enum { P_DSTOPTS = 60, P_FREE = 253, P_MOBILITY = 135, P_HIP = 139, P_SHIM6 = 140 };

struct frame {
    size_t len;
    uint8_t data[80000];
};

static inline void put8(struct frame *frame, unsigned value)
{
    cr_assert_lt(frame->len, sizeof frame->data);
    frame->data[frame->len++] = (uint8_t)value;
}

static inline void put16(struct frame *frame, unsigned value)
{
    put8(frame, value >> 8);
    put8(frame, value & 0xff);
}

static inline void put32(struct frame *frame, uint32_t value)
{
    put16(frame, value >> 16);
    put16(frame, value & 0xffff);
}

static inline void put_fill(struct frame *frame, size_t len, uint8_t value)
{
    while (len--)
        put8(frame, value);
}

static inline void put_eth(struct frame *frame, unsigned type)
{
    put_fill(frame, 6, 0x02);
    put_fill(frame, 6, 0x04);
    put16(frame, type);
}

static inline void put_vlan(struct frame *frame, unsigned id, unsigned type)
{
    put16(frame, id);
    put16(frame, type);
}

/** Hexadecimal digits; anything else separates. */
static inline void put_hex(struct frame *frame, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    for (; *text; text++) {
        const char *high = strchr(digits, text[0]), *low = high ? strchr(digits, text[1]) : NULL;
        if (!high || !low)
            continue;
        put8(frame, (unsigned)(high - digits) << 4 | (unsigned)(low - digits));
        text++;
    }
}

/** Makes the length fields of an outer IPv4 header at 0, and of UDP behind it, fit the frame. */
static inline void fit_ip_udp(struct frame *frame)
{
    frame->data[2] = (uint8_t)(frame->len >> 8);
    frame->data[3] = (uint8_t)frame->len;
    if (frame->data[9] != P_UDP)
        return;
    frame->data[24] = (uint8_t)((frame->len - 20) >> 8);
    frame->data[25] = (uint8_t)(frame->len - 20);
}

/** 10.0.0.1 to 10.0.0.2; `total` is the total length field, `fragment` flags and offset. */
static inline void put_ip_fields(struct frame *frame, unsigned version_ihl, unsigned total,
                                 unsigned fragment, unsigned proto)
{
    put8(frame, version_ihl);
    put8(frame, 0);
    put16(frame, total);
    put16(frame, 7);
    put16(frame, fragment);
    put8(frame, 64);
    put8(frame, proto);
    put16(frame, 0);
    put32(frame, 0x0a000001);
    put32(frame, 0x0a000002);
}

static inline void put_ip(struct frame *frame, unsigned proto, unsigned payload_len)
{
    put_ip_fields(frame, 0x45, 20 + payload_len, 0, proto);
}

/** 2001:db8::1 to 2001:db8::2 */
static inline void put_ipv6(struct frame *frame, unsigned next, unsigned payload_len)
{
    put32(frame, 0x60000000);
    put16(frame, payload_len);
    put8(frame, next);
    put8(frame, 64);
    for (uint32_t end = 1; end <= 2; end++) {
        put32(frame, 0x20010db8);
        put_fill(frame, 8, 0);
        put32(frame, end);
    }
}

/** An extension header of (words + 1) * 8 bytes, padding options inside. */
static inline void put_extension(struct frame *frame, unsigned next, unsigned words)
{
    put8(frame, next);
    put8(frame, words);
    put_fill(frame, words * 8 + 6, 0);
}

static inline void put_fragment_header(struct frame *frame, unsigned next, unsigned fragment)
{
    put8(frame, next);
    put8(frame, 0);
    put16(frame, fragment);
    put32(frame, 7);
}

static inline void put_udp(struct frame *frame, unsigned sport, unsigned dport, unsigned len)
{
    put16(frame, sport);
    put16(frame, dport);
    put16(frame, len);
    put16(frame, 0);
}

/** A header of 20 fixed bytes whose data offset says `words`. */
static inline void put_tcp(struct frame *frame, unsigned sport, unsigned dport, unsigned words)
{
    put16(frame, sport);
    put16(frame, dport);
    put32(frame, 1);
    put32(frame, 2);
    put16(frame, words << 12 | 0x18);
    put16(frame, 1024);
    put32(frame, 0);
}

static inline void put_icmp(struct frame *frame, unsigned type, unsigned code, uint32_t rest)
{
    put8(frame, type);
    put8(frame, code);
    put16(frame, 0);
    put32(frame, rest);
}

struct probe {
    struct decoder *decoder;
    struct batch batch;
    struct palua_packet packet;
    uint8_t *bytes;
    uint8_t
        fcs; /**< PALUA_PACKET_FCS or _2: the capture says that frames end with a check sequence */
    char
        layers[2048]; /**< "eth 0+60/14 ip 14+28/20": offset + length / header length, then flags */
    char stack[512];  /**< "eth:ip" */
    char faults[4096]; /**< "udp_bad_length 2@38": layer @ offset; one per line */
};

static inline void probe_init(struct probe *probe)
{
    memset(probe, 0, sizeof *probe);
    probe->decoder = decoder_new();
}

static inline void probe_fini(struct probe *probe)
{
    decoder_free(probe->decoder);
    memory_free(probe->batch.anomalies.items);
    free(probe->bytes);
}

static inline void probe_tell(struct probe *probe)
{
    size_t at = 0, stack = 0;
    probe->layers[0] = probe->stack[0] = probe->faults[0] = 0;
    for (uint32_t i = 0; i < probe->packet.layer_count; i++) {
        const struct palua_layer *layer = &probe->packet.layers[i];
        const char *name = decoder_protocol_name(probe->decoder, layer->protocol);
        at +=
            (size_t)snprintf(probe->layers + at, sizeof probe->layers - at, "%s%s %u+%u/%u%s%s%s%s",
                             i ? " " : "", name, layer->offset, layer->len, layer->header_len,
                             layer->flags & PALUA_LAYER_CUT ? "c" : "",
                             layer->flags & PALUA_LAYER_FRAGMENT ? "f" : "",
                             layer->flags & PALUA_LAYER_QUOTED ? "q" : "",
                             layer->flags & PALUA_LAYER_BAD ? "b" : "");
        stack += (size_t)snprintf(probe->stack + stack, sizeof probe->stack - stack, "%s%s",
                                  i ? ":" : "", name);
    }
    at = 0;
    for (size_t i = 0; i < probe->batch.anomalies.count; i++) {
        const struct decode_anomaly *item = &probe->batch.anomalies.items[i];
        at += (size_t)snprintf(probe->faults + at, sizeof probe->faults - at, "%s%s %u@%u",
                               i ? "\n" : "", decoder_fault_name(probe->decoder, item->code),
                               item->layer, item->offset);
    }
}

/** Decodes the first `caplen` bytes of a frame that was `origlen` bytes long. */
static inline void probe_cut(struct probe *probe, uint16_t linktype, const struct frame *frame,
                             uint32_t caplen, uint32_t origlen)
{
    free(probe->bytes);
    probe->bytes = malloc(caplen ? caplen : 1);
    memcpy(probe->bytes, frame->data, caplen);
    memset(&probe->packet, 0xa5, sizeof probe->packet);
    probe->packet.data = caplen ? probe->bytes : NULL;
    probe->packet.buffers = NULL;
    probe->packet.caplen = caplen;
    probe->packet.origlen = origlen;
    probe->packet.flags = (uint8_t)((0xa5 & ~(PALUA_PACKET_FCS | PALUA_PACKET_FCS_2)) | probe->fcs);
    probe->packet.linktype = linktype;
    probe->batch.packets = &probe->packet;
    probe->batch.count = 1;
    probe->batch.anomalies.count = 0;
    decode_batch(probe->decoder, &probe->batch, 0, 1);
    probe_tell(probe);
    const char *wrong = check_packet(&probe->packet, &probe->batch.anomalies, probe->decoder);
    cr_assert(!wrong, "%s does not hold for %s, faults: %s", wrong, probe->layers, probe->faults);
}

static inline void probe_decode(struct probe *probe, uint16_t linktype, const struct frame *frame)
{
    probe_cut(probe, linktype, frame, (uint32_t)frame->len, (uint32_t)frame->len);
}

/** Decodes and compares all of it. */
#define expect(probe, linktype, frame, want_layers, want_faults) \
    do {                                                         \
        probe_decode(probe, linktype, frame);                    \
        cr_assert_str_eq((probe)->layers, want_layers);          \
        cr_assert_str_eq((probe)->faults, want_faults);          \
    } while (0)

/** Cuts a sound frame at every byte, once by the snaplen and once on the wire: what is left is the
 * same layers up to the cut, and each kind of cut is told by its own anomaly. */
static inline void expect_truncations(struct probe *probe, uint16_t linktype,
                                      const struct frame *frame)
{
    char whole[sizeof probe->stack];
    probe_decode(probe, linktype, frame);
    cr_assert_str_eq(probe->faults, "");
    strcpy(whole, probe->stack);
    uint32_t count = probe->packet.layer_count, flags = probe->packet.flags;
    for (uint32_t cut = 0; cut < frame->len; cut++) {
        probe_cut(probe, linktype, frame, cut, (uint32_t)frame->len);
        cr_assert_eq(strncmp(whole, probe->stack, strlen(probe->stack)), 0, "%u bytes captured: %s",
                     cut, probe->stack);
        for (uint32_t i = 0; i < probe->packet.layer_count; i++)
            cr_assert(!(probe->packet.layers[i].flags & PALUA_LAYER_BAD), "%u bytes captured: %s",
                      cut, probe->layers);
        cr_assert(!*probe->faults || strncmp(probe->faults, "header_not_captured", 19) == 0, "%s",
                  probe->faults);
        cr_assert(probe->batch.anomalies.count <= 1);
        cr_assert(*probe->faults || probe->packet.layer_count == count, "%u bytes captured: %s",
                  cut, probe->layers);
        cr_assert(
            !(probe->packet.flags & ~(flags | PALUA_PACKET_TRUNCATED | PALUA_PACKET_ANOMALY)));
        probe_cut(probe, linktype, frame, cut, cut);
        cr_assert_eq(strncmp(whole, probe->stack, strlen(probe->stack)), 0, "%u bytes sent: %s",
                     cut, probe->stack);
        cr_assert(!strstr(probe->faults, "header_not_captured"), "%u bytes sent: %s", cut,
                  probe->faults);
        for (uint32_t i = 0; i < probe->packet.layer_count; i++)
            cr_assert(!(probe->packet.layers[i].flags & PALUA_LAYER_CUT));
    }
}

/** Adds a plugin that is linked in. */
static inline void probe_add(struct probe *probe, const struct palua_plugin *plugin)
{
    struct error err = {0};
    cr_assert(decoder_add(probe->decoder, plugin, &err), "%s", err.text);
}

/** As expect_truncations, of a frame that plugins decode: what they cannot recognise in a cut frame
 * is data, or the end. */
static inline void expect_plugin_truncations(struct probe *probe, uint16_t linktype,
                                             const struct frame *frame)
{
    char whole[sizeof probe->stack];
    probe_decode(probe, linktype, frame);
    strcpy(whole, probe->stack);
    for (uint32_t cut = 0; cut < frame->len; cut++)
        for (int sent = 0; sent < 2; sent++) {
            probe_cut(probe, linktype, frame, cut, sent ? cut : (uint32_t)frame->len);
            size_t len = strlen(probe->stack);
            if (len > 5 && strcmp(probe->stack + len - 5, ":data") == 0)
                len -= 5;
            cr_assert_eq(strncmp(whole, probe->stack, len), 0, "%u bytes: %s", cut, probe->stack);
        }
}

/** The context of a layer, and whether it is part of the key without further configuration. */
static inline void expect_context(const struct probe *probe, uint32_t index, uint32_t context,
                                  bool keyed)
{
    const struct palua_layer *layer = &probe->packet.layers[index];
    cr_assert(layer->flags & PALUA_LAYER_CONTEXT, "%s", probe->layers);
    cr_assert_eq(layer->context, context, "%s: %x", probe->layers, layer->context);
    cr_assert_eq(!(layer->flags & PALUA_LAYER_KEYED), !keyed);
    cr_assert_eq(probe->packet.context != 0, keyed && probe->packet.network > index);
}
