// SPDX-License-Identifier: MIT OR Apache-2.0
/** An event with a field of every type, its flow and its packet, for the tests of this folder. */
#pragma once

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "event/registry.h"
#include "event/schemas.h"
#include "filter/program.h"

struct sample_item {
    uint64_t present;
    struct palua_slice name;
    struct palua_slice addr;
    uint8_t kind;
    uint32_t rank;
};

struct sample {
    struct palua_event event;
    uint64_t wide;
    int64_t big;
    int64_t when_ns;
    int64_t rtt_ns;
    double ratio;
    uint32_t len;
    uint8_t rcode;
    uint8_t yes;
    struct palua_slice name;
    struct palua_slice addr;
    struct palua_slice mac;
    struct palua_slice data;
    struct palua_list items;
    struct palua_list numbers;
};

static const struct palua_enum_name sample_names[] = {
    {0, "NOERROR"}, {3, "NXDOMAIN"}, {5, "REFUSED"}};
static const struct palua_enum sample_rcodes = {sample_names, 3};

static const struct palua_field sample_item_fields[] = {
    PALUA_FIELD(struct sample_item, name, PALUA_STRING, "-"),
    PALUA_FIELD(struct sample_item, addr, PALUA_IPADDR, "-"),
    PALUA_FIELD(struct sample_item, kind, PALUA_ENUM, "-", .names = &sample_rcodes),
    PALUA_FIELD(struct sample_item, rank, PALUA_UINT, "-", .flags = PALUA_OPTIONAL,
                .aliases = "sample.item_rank"),
};
static const struct palua_schema sample_item_schema = {.name = "item",
                                                       .doc = "-",
                                                       .fields = sample_item_fields,
                                                       .field_count = 4,
                                                       .size = sizeof(struct sample_item)};

struct sample_number {
    uint32_t number;
};
static const struct palua_field sample_number_fields[] = {
    PALUA_FIELD(struct sample_number, number, PALUA_UINT, "-"),
};
static const struct palua_schema sample_number_schema = {.name = "number",
                                                         .doc = "-",
                                                         .fields = sample_number_fields,
                                                         .field_count = 1,
                                                         .size = sizeof(struct sample_number)};

static const struct palua_field sample_fields[] = {
    PALUA_FIELD(struct sample, wide, PALUA_UINT, "-"),
    PALUA_FIELD(struct sample, big, PALUA_INT, "-"),
    PALUA_FIELD_AS(struct sample, when_ns, "when", PALUA_TIME, "-"),
    PALUA_FIELD_AS(struct sample, rtt_ns, "rtt", PALUA_DURATION, "-", .flags = PALUA_OPTIONAL),
    PALUA_FIELD(struct sample, ratio, PALUA_REAL, "-"),
    PALUA_FIELD(struct sample, len, PALUA_UINT, "-", .aliases = "length,qry.len"),
    PALUA_FIELD(struct sample, rcode, PALUA_ENUM, "-", .names = &sample_rcodes),
    PALUA_FIELD(struct sample, yes, PALUA_BOOL, "-"),
    PALUA_FIELD(struct sample, name, PALUA_STRING, "-"),
    PALUA_FIELD(struct sample, addr, PALUA_IPADDR, "-"),
    PALUA_FIELD(struct sample, mac, PALUA_MAC, "-"),
    PALUA_FIELD(struct sample, data, PALUA_BYTES, "-"),
    PALUA_FIELD(struct sample, items, PALUA_LIST, "-", .item = &sample_item_schema),
    PALUA_FIELD(struct sample, numbers, PALUA_LIST, "-", .item = &sample_number_schema),
};
enum { SAMPLE_RTT = 3 };

static const struct palua_schema sample_schema = {.name = "spec.event",
                                                  .doc = "-",
                                                  .fields = sample_fields,
                                                  .field_count = 14,
                                                  .size = sizeof(struct sample)};
static const struct palua_schema sample_other = {.name = "spec.other",
                                                 .doc = "-",
                                                 .fields = sample_fields,
                                                 .field_count = 1,
                                                 .size = sizeof(struct sample)};

static struct registry *sample_registry;
static struct decoder *sample_decoder;
static struct interest *sample_interest;
static uint16_t sample_kind, sample_other_kind;
static struct sample sample;
static struct palua_packet sample_packet;
static struct palua_flow sample_flow;
static struct palua_flow_live sample_live;
static struct sample_item sample_items[2];
static struct sample_number sample_numbers[2] = {{7}, {9}};

static struct palua_slice sample_slice(const char *bytes, size_t len)
{
    return (struct palua_slice){(const uint8_t *)bytes, (uint32_t)len, 0};
}

/* Ethernet, a VLAN tag 100, IPv4 192.0.2.1 > 198.51.100.2 TTL 64 id 7, UDP 4000 > 53, then inside a
 * second IPv4 layer 10.0.0.1 > 10.0.0.2 TTL 3, TCP 40000 > 80 SYN ACK, window 512, 4 bytes of
 * payload. */
static const uint8_t sample_frame[] = {
    0x00, 0x1b, 0x21, 0x3c, 0x9d, 0xf8, 0x00, 0x1b, 0x21, 0x00, 0x00, 0x01, 0x81, 0x00, 0x20,
    0x64, 0x08, 0x00, 0x45, 0x00, 0x00, 0x48, 0x00, 0x07, 0x00, 0x00, 0x40, 0x11, 0x00, 0x00,
    192,  0,    2,    1,    198,  51,   100,  2,    0x0f, 0xa0, 0x00, 0x35, 0x00, 0x34, 0x00,
    0x00, 0x45, 0x00, 0x00, 0x2c, 0x00, 0x00, 0x00, 0x00, 0x03, 0x06, 0x00, 0x00, 10,   0,
    0,    1,    10,   0,    0,    2,    0x9c, 0x40, 0x00, 0x50, 0xff, 0xff, 0xff, 0xff, 0x00,
    0x00, 0x00, 0x01, 0x50, 0x12, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 'G',  'E',  'T',  ' ',
};

static void sample_layer(uint16_t protocol, uint32_t offset, uint16_t header_len, uint16_t aux)
{
    sample_packet.layers[sample_packet.layer_count++] =
        (struct palua_layer){.protocol = protocol,
                             .offset = offset,
                             .len = sizeof sample_frame - offset,
                             .header_len = header_len,
                             .aux = aux};
}

static void sample_fill_packet(void)
{
    sample_packet = (struct palua_packet){.number = 12,
                                          .frame = 3,
                                          .ts_ns = 1700000000500000000,
                                          .data = sample_frame,
                                          .caplen = sizeof sample_frame,
                                          .origlen = 1500,
                                          .file_name = sample_slice("a.pcap", 6)};
    sample_layer(PALUA_PROTOCOL_ETH, 0, 14, 0);
    sample_layer(PALUA_PROTOCOL_VLAN, 14, 4, 100);
    sample_layer(PALUA_PROTOCOL_IP, 18, 20, 17);
    sample_layer(PALUA_PROTOCOL_UDP, 38, 8, 0);
    sample_layer(PALUA_PROTOCOL_IP, 46, 20, 6);
    sample_layer(PALUA_PROTOCOL_TCP, 66, 20, 0);
}

static void sample_setup(void)
{
    struct error err = {0};
    sample_registry = registry_new();
    sample_decoder = decoder_new();
    sample_interest = calloc(1, sizeof *sample_interest);
    cr_assert(registry_add(sample_registry, &sample_schema, &sample_kind, &err), "%s", err.text);
    cr_assert(registry_add(sample_registry, &sample_other, &sample_other_kind, &err), "%s",
              err.text);
    sample_fill_packet();
    sample_flow = (struct palua_flow){.id = 1,
                                      .ts_ns = 1700000000000000000,
                                      .orig_p = 40000,
                                      .resp_p = 80,
                                      .proto = 6,
                                      .addr_len = 4,
                                      .uid = sample_slice("Cabc", 4),
                                      .orig_h = sample_slice("\x0a\0\0\1", 4),
                                      .resp_h = sample_slice("\x0a\0\0\2", 4)};
    sample_live = (struct palua_flow_live){.duration_ns = 2500000000,
                                           .orig_pkts = 5,
                                           .resp_pkts = 4,
                                           .conn_state = sample_slice("SF", 2)};
    sample_items[0] =
        (struct sample_item){0, sample_slice("a.example", 9), sample_slice("\xc0\0\2\1", 4), 3, 5};
    sample_items[1] = (struct sample_item){1 << 3, sample_slice("b.example", 9), {0}, 77, 8};
    sample = (struct sample){
        .event = {&sample_packet, &sample_flow, &sample_live, UINT64_C(1) << SAMPLE_RTT},
        .wide = UINT64_MAX,
        .big = -5,
        .when_ns = 1700000000500000000,
        .rtt_ns = 1500000,
        .ratio = 0.25,
        .len = 42,
        .rcode = 3,
        .yes = 1,
        .name = sample_slice("www.example.com", 15),
        .addr = sample_slice("\xc0\0\2\1", 4),
        .mac = sample_slice("\0\x1b\x21\x3c\x9d\xf8", 6),
        .data = sample_slice("\0\1GET\xff", 6),
        .items = {sample_items, 2, 0},
        .numbers = {sample_numbers, 2, 0}};
}

static void sample_teardown(void)
{
    registry_free(sample_registry);
    decoder_free(sample_decoder);
    free(sample_interest);
}

static struct filter_program *sample_compile(uint16_t kind, const char *text, struct error *err)
{
    const struct filter_scope scope = {.registry = sample_registry,
                                       .decoder = sample_decoder,
                                       .interest = sample_interest,
                                       .kind = kind};
    return filter_program_new(&scope, text, strlen(text), err);
}

/** Whether a filter holds for the event. */
__attribute__((unused)) static bool sample_holds(const char *text)
{
    struct error err = {0};
    struct filter_program *program = sample_compile(sample_kind, text, &err);
    cr_assert(program, "%s: %s", text, err.text);
    bool out = filter_program_holds(program, &sample.event);
    filter_program_free(program);
    return out;
}

/** That a filter is refused with these words. */
__attribute__((unused)) static void sample_refused(const char *text, const char *words)
{
    struct error err = {0};
    cr_expect_null(sample_compile(sample_kind, text, &err), "%s", text);
    cr_expect_eq(err.code, ERROR_USAGE);
    cr_expect(strstr(err.text, words), "%s: %s", text, err.text);
}
