// SPDX-License-Identifier: MIT OR Apache-2.0
#include "stream/stream.h"

#include <criterion/criterion.h>
#include <string.h>

#include "receiver.h"
#include "stream/buffer.h"

enum { ORIG = PALUA_ORIG, RESP = PALUA_RESP };

static struct receiver r;

static void open_with(struct stream_options options)
{
    receiver_open(&r, &options);
}

static void init(void)
{
    open_with(receiver_options());
}

static void fini(void)
{
    receiver_close(&r);
}

static void feed(uint8_t direction, uint32_t seq, const char *text, uint16_t flags, uint8_t ttl)
{
    struct stream_segment segment = {.data = cursor_of(text, strlen(text)),
                                     .len = (uint32_t)strlen(text),
                                     .seq = seq,
                                     .window = 65535,
                                     .flags = flags,
                                     .ttl = ttl,
                                     .scale = STREAM_NO_SCALE};
    receiver_feed(&r, direction, &segment);
}

static void finish(void)
{
    stream_finish(r.streams, r.stream);
}

static const uint8_t *seen_data;

static void keep_address(void *context, struct stream *stream, const struct stream_bytes *bytes)
{
    (void)context;
    (void)stream;
    seen_data = bytes->data.data;
}

Test(stream, in_order_bytes_are_a_view)
{
    static const char text[] = "as it came";
    struct part part = {0};
    struct stream_options options = receiver_options();
    struct stream_output output = {.data = keep_address};
    struct streams *streams = streams_new(&options, &output);
    struct stream *stream = stream_new(streams, 0, NULL);
    struct stream_segment segment = {
        .data = cursor_of(text, sizeof text), .len = sizeof text, .seq = 1};
    streams_enter(streams, &part);
    stream_segment(streams, stream, ORIG, &segment, NULL);
    cr_expect_eq(seen_data, (const uint8_t *)text);
    cr_expect_eq(streams_memory(streams, 0), 0);
    stream_free(streams, stream);
    streams_free(streams);
}

Test(stream, directions_are_independent, .init = init, .fini = fini)
{
    receiver_handshake(&r, 65535);
    receiver_data(&r, ORIG, 1004, "DEF");
    receiver_data(&r, RESP, 5001, "xyz");
    receiver_data(&r, ORIG, 1001, "ABC");
    receiver_expect(&r, ORIG, "ABCDEF");
    receiver_expect(&r, RESP, "xyz");
    cr_expect_eq(r.packets[ORIG][0], 6, "packet 6 brought ABC");
    cr_expect_eq(r.packets[ORIG][3], 4, "packet 4 brought DEF");
    finish();
    cr_expect_eq(r.ends[ORIG], 1);
    cr_expect_eq(r.gaps[ORIG], 0);
}

Test(stream, nothing_is_told_twice, .init = init, .fini = fini)
{
    receiver_handshake(&r, 65535);
    receiver_data(&r, ORIG, 1001, "ABCDEF");
    receiver_data(&r, ORIG, 1001, "ABCDEF");
    receiver_data(&r, ORIG, 1003, "CD");
    receiver_data(&r, ORIG, 1004, "DEFGH");
    receiver_data(&r, ORIG, 1008, "Z"); // a keep-alive: one byte before what is next
    receiver_data(&r, ORIG, 1008, "");
    receiver_expect(&r, ORIG, "ABCDEFGH");
    cr_expect_eq(r.faults[STREAM_FAULT_OVERLAP], 0);
    cr_expect_eq(r.stream->health->tallies[ORIG].retransmitted, 3);
    cr_expect_eq(r.stream->health->tallies[ORIG].keepalives, 2);
}

Test(stream, a_retransmission_with_other_bytes_is_told, .init = init, .fini = fini)
{
    receiver_handshake(&r, 65535);
    receiver_data(&r, ORIG, 1001, "ABCDEF");
    receiver_data(&r, ORIG, 1003, "CX");
    receiver_expect(&r, ORIG, "ABCDEF");
    cr_expect_eq(r.faults[STREAM_FAULT_OVERLAP], 1);
}

Test(stream, a_hole_is_given_up_once_it_was_acknowledged, .init = init, .fini = fini)
{
    receiver_handshake(&r, 65535);
    receiver_data(&r, ORIG, 1004, "DEF");
    for (int i = 0; i < 10; i++)
        receiver_ack(&r, RESP, 5001, 1001, 65535);
    receiver_expect(&r, ORIG, "");
    for (int i = 0; i < 3; i++)
        receiver_ack(&r, RESP, 5001, 1007, 65535);
    receiver_expect(&r, ORIG, "");
    receiver_ack(&r, RESP, 5001, 1007, 65535);
    receiver_expect(&r, ORIG, "___DEF");
    cr_expect_eq(r.last_gap, 3);
    receiver_data(&r, ORIG, 1001, "ABC"); // too late
    receiver_data(&r, ORIG, 1007, "G");
    receiver_expect(&r, ORIG, "___DEFG");
    cr_expect_eq(r.last_gap, 0);
    cr_expect_eq(r.stream->health->tallies[ORIG].missed, 3);
}

Test(stream, a_packet_captured_late_still_fills_its_hole, .init = init, .fini = fini)
{
    receiver_handshake(&r, 65535);
    receiver_data(&r, ORIG, 1004, "DEF");
    receiver_ack(&r, RESP, 5001, 1007, 65535);
    receiver_ack(&r, RESP, 5001, 1007, 65535);
    receiver_data(&r, ORIG, 1001, "ABC");
    receiver_expect(&r, ORIG, "ABCDEF");
}

Test(stream, the_end_tells_what_is_missing, .init = init, .fini = fini)
{
    receiver_handshake(&r, 65535);
    receiver_data(&r, ORIG, 1003, "C");
    receiver_data(&r, ORIG, 1006, "F");
    receiver_ack(&r, RESP, 5001, 1009, 65535);
    finish();
    receiver_expect(&r, ORIG, "__C__F__");
    cr_expect_eq(r.gaps[ORIG], 3);
}

Test(stream, what_the_snaplen_cut_is_a_gap, .init = init, .fini = fini)
{
    receiver_handshake(&r, 65535);
    struct stream_segment cut = {
        .data = cursor_of("ABC", 3), .len = 5, .seq = 1001, .ttl = 64, .scale = STREAM_NO_SCALE};
    receiver_feed(&r, ORIG, &cut);
    receiver_data(&r, ORIG, 1006, "F");
    receiver_expect(&r, ORIG, "ABC__F");
    cr_expect_eq(r.last_gap, 2);
}

Test(stream, a_whole_copy_fills_what_was_cut, .init = init, .fini = fini)
{
    receiver_handshake(&r, 65535);
    struct stream_segment cut = {
        .data = cursor_of("C", 1), .len = 3, .seq = 1003, .ttl = 64, .scale = STREAM_NO_SCALE};
    receiver_feed(&r, ORIG, &cut);
    receiver_data(&r, ORIG, 1003, "CDE");
    receiver_data(&r, ORIG, 1001, "AB");
    receiver_expect(&r, ORIG, "ABCDE");
}

Test(stream, offsets_go_past_4_gib, .init = init, .fini = fini)
{
    receiver_handshake(&r, 65535);
    struct stream_side *side = &r.stream->sides[ORIG];
    r.base[ORIG] = side->offset = side->acked = UINT32_MAX - UINT64_C(2);
    side->edge = UINT64_MAX;
    receiver_data(&r, ORIG, 1005, "EFG");
    receiver_data(&r, ORIG, 1001, "ABCD");
    receiver_expect(&r, ORIG, "ABCDEFG");
    cr_expect_eq(side->offset, UINT32_MAX - UINT64_C(2) + 7);
}

Test(stream, sequence_numbers_wrap, .init = init, .fini = fini)
{
    feed(ORIG, UINT32_MAX - 2, "", SEGMENT_SYN, 64);
    receiver_data(&r, ORIG, 2, "EF");
    receiver_data(&r, ORIG, UINT32_MAX - 1, "ABCD");
    receiver_data(&r, ORIG, UINT32_MAX, "BC");
    receiver_expect(&r, ORIG, "ABCDEF");
    cr_expect_eq(r.faults[STREAM_FAULT_OVERLAP], 0);
}

Test(stream, large_segments_are_whole, .init = init, .fini = fini)
{
    static uint8_t bytes[RECEIVER_CAP];
    struct stream_segment segment = {.data = cursor_of(bytes, sizeof bytes),
                                     .len = sizeof bytes,
                                     .seq = 1001,
                                     .ttl = 64,
                                     .scale = STREAM_NO_SCALE};
    receiver_feed(&r, ORIG, &segment);
    cr_expect_eq(r.len[ORIG], sizeof bytes);
}

Test(stream, fast_open_data_counts_once_it_is_acknowledged, .init = init, .fini = fini)
{
    feed(ORIG, 1000, "GET", SEGMENT_SYN, 64);
    receiver_expect(&r, ORIG, "");
    struct stream_segment answer = {.seq = 5000,
                                    .ack = 1004,
                                    .window = 1000,
                                    .flags = SEGMENT_SYN | SEGMENT_ACK,
                                    .ttl = 64,
                                    .scale = STREAM_NO_SCALE};
    receiver_feed(&r, RESP, &answer);
    receiver_expect(&r, ORIG, "GET");
}

Test(stream, data_of_a_syn_that_was_not_taken_is_replaced, .init = init, .fini = fini)
{
    feed(ORIG, 1000, "EVIL", SEGMENT_SYN, 64);
    struct stream_segment answer = {.seq = 5000,
                                    .ack = 1001,
                                    .window = 1000,
                                    .flags = SEGMENT_SYN | SEGMENT_ACK,
                                    .ttl = 64,
                                    .scale = STREAM_NO_SCALE};
    receiver_feed(&r, RESP, &answer);
    receiver_data(&r, ORIG, 1001, "GOOD");
    receiver_expect(&r, ORIG, "GOOD");
    cr_expect_eq(r.faults[STREAM_FAULT_OVERLAP], 1);
}

Test(stream, without_the_other_direction_the_data_of_a_syn_counts, .init = init, .fini = fini)
{
    feed(ORIG, 1000, "GET", SEGMENT_SYN, 64);
    receiver_data(&r, ORIG, 1004, " /");
    receiver_expect(&r, ORIG, "GET /");
}

Test(stream, a_segment_with_a_lower_ttl_gives_way, .init = init, .fini = fini)
{
    receiver_handshake(&r, 65535);
    feed(ORIG, 1001, "EVIL", 0, 3);
    receiver_expect(&r, ORIG, "");
    receiver_data(&r, ORIG, 1001, "GOOD");
    receiver_expect(&r, ORIG, "GOOD");
    cr_expect_eq(r.faults[STREAM_FAULT_OVERLAP], 1);
}

Test(stream, a_route_that_changed_is_trusted_once_acknowledged, .init = init, .fini = fini)
{
    receiver_handshake(&r, 65535);
    feed(ORIG, 1001, "AB", 0, 60);
    receiver_expect(&r, ORIG, "");
    receiver_ack(&r, RESP, 5001, 1003, 65535);
    receiver_expect(&r, ORIG, "AB");
    feed(ORIG, 1003, "CD", 0, 60);
    receiver_expect(&r, ORIG, "ABCD");
}

Test(stream, what_lies_outside_the_window_waits_for_its_acknowledgement, .init = init, .fini = fini)
{
    receiver_handshake(&r, 10);
    receiver_data(&r, ORIG, 1001, "ABCDEFGHIJklm");
    receiver_expect(&r, ORIG, "ABCDEFGHIJ");
    cr_expect_eq(r.faults[STREAM_FAULT_OUTSIDE_WINDOW], 1);
    receiver_ack(&r, RESP, 5001, 1011, 10);
    receiver_data(&r, ORIG, 1011, "KLM");
    receiver_expect(&r, ORIG, "ABCDEFGHIJKLM");
    receiver_data(&r, ORIG, 1014, "");
    receiver_data(&r, ORIG, 1400, "far away");
    finish();
    receiver_expect(&r, ORIG, "ABCDEFGHIJKLM");
}

Test(stream, a_zero_window_probe_is_told_once, .init = init, .fini = fini)
{
    receiver_handshake(&r, 3);
    receiver_data(&r, ORIG, 1001, "ABC");
    receiver_ack(&r, RESP, 5001, 1004, 0);
    receiver_data(&r, ORIG, 1004, "D");
    receiver_expect(&r, ORIG, "ABC");
    receiver_ack(&r, RESP, 5001, 1004, 0);
    receiver_ack(&r, RESP, 5001, 1004, 100);
    receiver_data(&r, ORIG, 1004, "DEF");
    receiver_expect(&r, ORIG, "ABCDEF");
    cr_expect_eq(r.faults[STREAM_FAULT_OUTSIDE_WINDOW], 0);
    cr_expect_eq(r.stream->health->tallies[RESP].zero_windows, 2);
}

Test(stream, the_window_is_scaled_if_both_say_so, .init = init, .fini = fini)
{
    struct stream_segment syn = {
        .seq = 1000, .window = 2, .flags = SEGMENT_SYN, .ttl = 64, .scale = 3};
    receiver_feed(&r, ORIG, &syn);
    syn.seq = 5000;
    syn.ack = 1001;
    syn.flags |= SEGMENT_ACK;
    syn.scale = 2;
    receiver_feed(&r, RESP, &syn);
    receiver_ack(&r, RESP, 5001, 1001, 2);
    receiver_data(&r, ORIG, 1001, "12345678");
    receiver_expect(&r, ORIG, "12345678");
    receiver_data(&r, ORIG, 1009, "90");
    receiver_expect(&r, ORIG, "12345678");
    receiver_ack(&r, ORIG, 1011, 5001, 2);
    receiver_data(&r, RESP, 5001, "1234567890123456");
    receiver_expect(&r, RESP, "1234567890123456");
}

Test(stream, half_closed_connections_go_on, .init = init, .fini = fini)
{
    receiver_handshake(&r, 65535);
    feed(ORIG, 1001, "bye", SEGMENT_FIN | SEGMENT_ACK, 64);
    receiver_expect(&r, ORIG, "bye");
    cr_expect_eq(r.ends[ORIG], 0, "not acknowledged yet");
    receiver_ack(&r, RESP, 5001, 1005, 65535);
    cr_expect_eq(r.ends[ORIG], 1);
    receiver_data(&r, RESP, 5001, "still here");
    receiver_expect(&r, RESP, "still here");
    cr_expect_eq(r.ends[RESP], 0);
    finish();
    cr_expect_eq(r.ends[ORIG], 1);
    cr_expect_eq(r.ends[RESP], 1);
}

Test(stream, a_fin_before_missing_bytes_waits, .init = init, .fini = fini)
{
    receiver_handshake(&r, 65535);
    feed(ORIG, 1003, "C", SEGMENT_FIN, 64);
    receiver_ack(&r, RESP, 5001, 1001, 65535);
    receiver_data(&r, ORIG, 1001, "AB");
    receiver_ack(&r, RESP, 5001, 1005, 65535);
    receiver_expect(&r, ORIG, "ABC");
    cr_expect_eq(r.ends[ORIG], 1);
}

Test(stream, data_behind_a_fin_is_no_data_unless_it_is_acknowledged, .init = init, .fini = fini)
{
    receiver_handshake(&r, 65535);
    feed(ORIG, 1001, "AB", SEGMENT_FIN | SEGMENT_ACK, 64);
    receiver_data(&r, ORIG, 1003, "CD");
    receiver_expect(&r, ORIG, "AB");
    cr_expect_eq(r.faults[STREAM_FAULT_AFTER_FIN], 1);
    receiver_ack(&r, RESP, 5001, 1005, 65535); // it never got the FIN
    receiver_expect(&r, ORIG, "ABCD");
    receiver_data(&r, ORIG, 1005, "E");
    receiver_expect(&r, ORIG, "ABCDE");
}

Test(stream, a_fin_with_a_wrong_sequence_number_is_told, .init = init, .fini = fini)
{
    receiver_handshake(&r, 100);
    receiver_data(&r, ORIG, 1001, "ABCD");
    receiver_ack(&r, RESP, 5001, 1005, 100);
    feed(ORIG, 1002, "", SEGMENT_FIN, 64);
    feed(ORIG, 2000, "", SEGMENT_FIN, 64);
    cr_expect_eq(r.faults[STREAM_FAULT_BAD_FIN], 2);
    receiver_data(&r, ORIG, 1005, "E");
    receiver_expect(&r, ORIG, "ABCDE");
}

Test(stream, a_reset_is_held_against_the_window, .init = init, .fini = fini)
{
    receiver_handshake(&r, 100);
    receiver_data(&r, ORIG, 1001, "AB");
    receiver_ack(&r, RESP, 5001, 1003, 100);
    feed(ORIG, 1001, "", SEGMENT_RST, 64);
    feed(ORIG, 1200, "", SEGMENT_RST, 64);
    cr_expect_eq(r.faults[STREAM_FAULT_BAD_RST], 2);
    feed(ORIG, 1003, "why I reset", SEGMENT_RST, 64);
    cr_expect_eq(r.faults[STREAM_FAULT_BAD_RST], 2);
    receiver_expect(&r, ORIG, "AB");
    cr_expect_eq(r.stream->health->tallies[ORIG].resets, 3);
}

Test(stream, both_may_open, .init = init, .fini = fini)
{
    feed(ORIG, 1000, "", SEGMENT_SYN, 64);
    feed(RESP, 5000, "", SEGMENT_SYN, 64);
    feed(ORIG, 1000, "", SEGMENT_SYN, 64);
    receiver_data(&r, RESP, 5001, "me");
    receiver_data(&r, ORIG, 1001, "too");
    receiver_expect(&r, RESP, "me");
    receiver_expect(&r, ORIG, "too");
    cr_expect_eq(r.faults[STREAM_FAULT_BAD_SYN], 0);
}

Test(stream, a_forged_syn_changes_nothing, .init = init, .fini = fini)
{
    receiver_handshake(&r, 65535);
    receiver_data(&r, ORIG, 1001, "AB");
    feed(ORIG, 70000, "EVIL", SEGMENT_SYN, 64);
    receiver_ack(&r, RESP, 5001, 1003, 65535); // the receiver goes on
    receiver_data(&r, ORIG, 1003, "CD");
    receiver_expect(&r, ORIG, "ABCD");
    cr_expect_eq(r.faults[STREAM_FAULT_BAD_SYN], 1);
}

static void answer_syn(uint32_t seq, uint32_t ack)
{
    struct stream_segment answer = {.seq = seq,
                                    .ack = ack,
                                    .window = 1000,
                                    .flags = SEGMENT_SYN | SEGMENT_ACK,
                                    .ttl = 64,
                                    .scale = STREAM_NO_SCALE};
    receiver_feed(&r, RESP, &answer);
}

Test(stream, a_syn_that_is_answered_begins_a_new_connection, .init = init, .fini = fini)
{
    receiver_handshake(&r, 65535);
    receiver_data(&r, ORIG, 1001, "AB");
    feed(ORIG, 70000, "", SEGMENT_SYN, 64);
    answer_syn(90000, 70001);
    cr_expect_eq(r.ends[ORIG], 1);
    r.len[ORIG] = r.len[RESP] = 0; // offsets begin again
    receiver_data(&r, ORIG, 70001, "new");
    receiver_data(&r, RESP, 90001, "yes");
    receiver_expect(&r, ORIG, "new");
    receiver_expect(&r, RESP, "yes");
}

Test(stream, without_a_syn_it_begins_where_it_is_picked_up, .init = init, .fini = fini)
{
    receiver_ack(&r, RESP, 9000, 1001, 1000);
    receiver_data(&r, ORIG, 1003, "CD");
    receiver_expect(&r, ORIG, "");
    receiver_data(&r, ORIG, 1001, "AB");
    receiver_expect(&r, ORIG, "ABCD");
    receiver_data(&r, RESP, 9000, "xy");
    receiver_expect(&r, RESP, "xy");
}

Test(stream, what_was_captured_before_the_first_acknowledgement_counts, .init = init, .fini = fini)
{
    receiver_ack(&r, RESP, 9000, 1005, 1000);
    receiver_data(&r, ORIG, 1001, "ABCD");
    receiver_data(&r, ORIG, 1005, "EF");
    receiver_expect(&r, ORIG, "ABCDEF");
}

Test(stream, a_far_away_sequence_number_is_refused, .init = init, .fini = fini)
{
    feed(ORIG, 1000, "", SEGMENT_SYN, 64);
    receiver_data(&r, ORIG, 0x70000000, "EVIL");
    receiver_data(&r, ORIG, 1001, "AB");
    finish();
    receiver_expect(&r, ORIG, "AB");
    cr_expect_eq(r.faults[STREAM_FAULT_OUTSIDE_WINDOW], 1);
}

static void init_waiting(void)
{
    struct stream_options options = receiver_options();
    options.wait_for_ack = true;
    open_with(options);
}

Test(stream, may_wait_for_the_acknowledgement, .init = init_waiting, .fini = fini)
{
    receiver_handshake(&r, 65535);
    receiver_data(&r, ORIG, 1001, "ABCDEF");
    receiver_expect(&r, ORIG, "");
    receiver_ack(&r, RESP, 5001, 1003, 65535);
    receiver_expect(&r, ORIG, "AB");
    finish();
    receiver_expect(&r, ORIG, "ABCDEF");
}

static void init_small(void)
{
    struct stream_options options = receiver_options();
    options.segment_cap = 4;
    open_with(options);
}

Test(stream, a_direction_over_its_cap_gives_up_its_first_hole, .init = init_small, .fini = fini)
{
    struct stream_counters counters;
    receiver_handshake(&r, 65535);
    receiver_data(&r, ORIG, 1003, "C");
    receiver_data(&r, ORIG, 1005, "E");
    receiver_data(&r, ORIG, 1007, "G");
    receiver_data(&r, ORIG, 1009, "I");
    receiver_expect(&r, ORIG, "");
    receiver_data(&r, ORIG, 1011, "K");
    receiver_expect(&r, ORIG, "__C");
    streams_counters(r.streams, &counters);
    cr_expect_eq(counters.shed, 1);
    finish();
    receiver_expect(&r, ORIG, "__C_E_G_I_K");
}

Test(stream, held_in_doubt_goes_first, .init = init_small, .fini = fini)
{
    receiver_handshake(&r, 8);
    for (uint32_t i = 0; i < 20; i++)
        receiver_data(&r, ORIG, 2000 + 2 * i, "x");
    receiver_data(&r, ORIG, 1003, "C");
    receiver_data(&r, ORIG, 1001, "AB");
    receiver_expect(&r, ORIG, "ABC");
    cr_expect_leq(r.stream->sides[ORIG].early->count, 4);
}

/** A flood of early segments stays within the caps, whatever it is made of. */
static void flood(uint64_t side_cap, uint32_t segment_cap, uint32_t step)
{
    struct stream_options options = receiver_options();
    static uint8_t bytes[600];
    options.side_cap = side_cap;
    options.segment_cap = segment_cap;
    open_with(options);
    receiver_handshake(&r, 65535);
    for (uint32_t i = 0; i < 2000; i++) {
        struct stream_segment segment = {.data = cursor_of(bytes, step - 1),
                                         .len = step - 1,
                                         .seq = 1002 + (i * 7919 % 2000) * step % 60000,
                                         .ttl = 64,
                                         .scale = STREAM_NO_SCALE};
        receiver_feed(&r, ORIG, &segment);
        cr_assert_leq(streams_memory(r.streams, 7), side_cap);
    }
    struct stream_counters counters;
    streams_counters(r.streams, &counters);
    cr_expect_gt(counters.shed, 0);
    finish();
    fini();
}

Test(stream, floods_stay_within_the_caps)
{
    flood(20000, 1000, 3);
    flood(1 << 20, 50, 3);
    flood(20000, 1000, 600);
}

static uint64_t told;

static void count_data(void *context, struct stream *stream, const struct stream_bytes *bytes)
{
    (void)context;
    told += stream->owner == &told ? bytes->data.len : 0;
}

static void ignore_gap(void *context, struct stream *stream, uint8_t direction, uint64_t offset,
                       uint64_t length)
{
    (void)context, (void)stream, (void)direction, (void)offset, (void)length;
}

static void ignore_end(void *context, struct stream *stream, uint8_t direction)
{
    (void)context, (void)stream, (void)direction;
}

Test(stream, a_shard_over_its_cap_takes_from_who_began_first)
{
    enum { STREAMS = 20 };
    static const uint8_t bytes[1000];
    struct stream_options options = receiver_options();
    struct stream_output output = {.data = count_data, .gap = ignore_gap, .end = ignore_end};
    struct stream *streams_of[STREAMS];
    struct part part = {0};
    options.memory_cap = 10000;
    struct streams *streams = streams_new(&options, &output);
    arena_init(&part.arena);
    streams_enter(streams, &part);
    told = 0;
    for (int i = 0; i < STREAMS; i++) {
        struct stream_segment syn = {.seq = 1, .flags = SEGMENT_SYN};
        struct stream_segment early = {
            .data = cursor_of(bytes, sizeof bytes), .len = sizeof bytes, .seq = 100};
        streams_of[i] = stream_new(streams, 3, i == 0 ? &told : NULL);
        stream_segment(streams, streams_of[i], ORIG, &syn, NULL);
        uint64_t before = streams_memory(streams, 3);
        stream_segment(streams, streams_of[i], ORIG, &early, NULL);
        bool shed = streams_memory(streams, 3) <= before;
        cr_assert_eq(told, shed || told ? sizeof bytes : 0, "the first to be shed is who began");
        cr_assert_leq(streams_memory(streams, 3), options.memory_cap);
    }
    cr_expect_eq(streams_memory(streams, 4), 0);
    cr_expect_eq(told, sizeof bytes);
    for (int i = 0; i < STREAMS; i++) {
        stream_finish(streams, streams_of[i]);
        stream_free(streams, streams_of[i]);
    }
    for (struct retired *it = part.retired; it; it = it->next)
        it->release(it->buffer);
    arena_fini(&part.arena);
    streams_free(streams);
}

Test(stream, a_copy_of_a_packet_is_no_retransmission, .init = init, .fini = fini)
{
    struct stream_segment segment = {.data = cursor_of("AB", 2),
                                     .len = 2,
                                     .seq = 1001,
                                     .checksum = 7,
                                     .ttl = 64,
                                     .scale = STREAM_NO_SCALE};
    receiver_feed(&r, ORIG, &segment);
    receiver_feed(&r, ORIG, &segment);
    segment.checksum = 8; // another timestamp
    receiver_feed(&r, ORIG, &segment);
    receiver_expect(&r, ORIG, "AB");
    cr_expect_eq(r.stream->health->tallies[ORIG].duplicates, 1);
    cr_expect_eq(r.stream->health->tallies[ORIG].retransmitted, 1);
}

Test(stream, the_handshake_gives_the_round_trip_time, .init = init, .fini = fini)
{
    receiver_handshake(&r, 65535);
    cr_expect_eq(r.stream->health->rtt_ns, 2000);
    receiver_data(&r, ORIG, 1003, "C");
    receiver_data(&r, ORIG, 1001, "AB");
    cr_expect_eq(r.stream->health->tallies[ORIG].out_of_order, 1);
    cr_expect_eq(r.stream->health->tallies[ORIG].segments, 2);
}
