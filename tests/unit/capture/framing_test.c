// SPDX-License-Identifier: MIT OR Apache-2.0
#include <criterion/criterion.h>
#include <string.h>

#include "capture/framing.h"

Test(framing, add_fills_all_but_the_layers)
{
    struct palua_packet packets[2];
    memset(packets, 0xff, sizeof packets);
    struct framing framing = {.packets = packets,
                              .cap = 2,
                              .file = 3,
                              .file_name = {.data = (const uint8_t *)"a.pcap", .len = 6},
                              .number = 40,
                              .frame = 7};
    const struct framing_record record = {.ts_ns = -5,
                                          .data = (const uint8_t *)"abc",
                                          .caplen = 3,
                                          .origlen = 4,
                                          .interface = 2,
                                          .linktype = 113,
                                          .flags = PALUA_PACKET_NO_TIME};
    framing_add(&framing, &record);
    framing_add(&framing, &record);
    cr_expect_eq(framing.count, 2);
    cr_expect_eq(framing.bytes, 6);
    cr_expect_eq(framing.wire_bytes, 8);
    cr_expect_eq(framing.ts_ns, -5);
    const struct palua_packet *packet = &packets[1];
    cr_expect_eq(packet->number, 42);
    cr_expect_eq(packet->frame, 9);
    cr_expect_eq(packet->ts_ns, -5);
    cr_expect_eq(packet->data, record.data);
    cr_expect_null(packet->buffers);
    cr_expect_eq(packet->caplen, 3);
    cr_expect_eq(packet->origlen, 4);
    cr_expect_eq(packet->file, 3);
    cr_expect_eq(packet->file_name.data, framing.file_name.data);
    cr_expect_eq(packet->file_name.len, 6);
    cr_expect_eq(packet->interface, 2);
    cr_expect_eq(packet->linktype, 113);
    cr_expect_eq(packet->layer_count, 0);
    cr_expect_eq(packet->network, PALUA_NO_LAYER);
    cr_expect_eq(packet->transport, PALUA_NO_LAYER);
    cr_expect_eq(packet->flags, PALUA_PACKET_NO_TIME | PALUA_PACKET_TRUNCATED);
    cr_expect_eq(packet->flow_hash, 0);
}

Test(framing, damage_says_file_and_offset)
{
    struct error err = {0};
    struct framing framing = {
        .in = cursor_of("0123456789", 10), .offset = 0x123456780000, .name = "a.pcap", .err = &err};
    cr_assert(cursor_skip(&framing.in, 4));
    cr_expect_eq(framing_damage(&framing, "got %d, expected %s", 5, "six"), FRAMING_DAMAGED);
    cr_expect_eq(err.code, ERROR_DAMAGED);
    cr_expect_str_eq(err.where, "a.pcap@0x123456780004");
    cr_expect_str_eq(err.text, "got 5, expected six");
}

Test(framing, damage_keeps_the_offset_behind_a_long_name)
{
    char name[600];
    memset(name, 'x', sizeof name);
    memcpy(name + sizeof name - 8, "/a.pcap", 8);
    struct error err = {0};
    struct framing framing = {
        .in = cursor_of("", 0), .offset = UINT64_MAX, .name = name, .err = &err};
    framing_damage(&framing, "got %d", 5);
    const char *end = "/a.pcap@0xffffffffffffffff";
    cr_expect_str_eq(err.where + strlen(err.where) - strlen(end), end);
    cr_expect_eq(strncmp(err.where, "...", 3), 0);
}

Test(framing, damage_without_an_error_to_fill)
{
    struct framing framing = {.in = cursor_of("", 0), .name = "a.pcap"};
    cr_expect_eq(framing_damage(&framing, "got %d", 5), FRAMING_DAMAGED);
}
