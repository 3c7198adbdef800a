// SPDX-License-Identifier: MIT OR Apache-2.0
/* The expected states and histories are those of Zeek's documentation of conn.log, and of its
 * baselines: tests/capture/flows_test.py compares with those. */
#include "flow/connection.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "sample.h"

static struct flow_connections all;
/** Sequence numbers of the two sides' SYNs. */
static uint32_t isn[2];
static bool turned;

static void setup(void)
{
    flow_connections_init(&all);
    isn[0] = 1000;
    isn[1] = 0xfffffff0; // wraps around soon
    turned = false;
}

static void teardown(void)
{
    flow_connections_fini(&all);
}

TestSuite(flow_connection, .init = setup, .fini = teardown);

/** One packet: sequence and acknowledgement numbers count from the SYNs. */
struct move {
    char from; /**< '>' the originator, '<' the responder */
    uint16_t flags;
    int64_t seq;
    int64_t ack;
    uint32_t len;
    bool zero_window;
    bool cut;
};

static void play_one(const struct move *move)
{
    struct sample_packet made;
    unsigned side = move->from == '<';
    struct sample sample = {.addr_len = 4,
                            .proto = 6,
                            .tcp_flags = move->flags,
                            .seq = (uint32_t)move->seq + isn[side],
                            .ack = (uint32_t)move->ack + isn[!side],
                            .payload = move->len,
                            .zero_window = move->zero_window};
    sample_fill(&sample, &made);
    static uint8_t bytes[70000];
    memcpy(bytes, made.frame, sizeof made.frame);
    made.packet.data = bytes;
    made.packet.caplen = move->cut ? 40 : 40 + move->len;
    flow_connection_packet(&all, 0, side, &made.packet);
}

/** Reads one packet: ">SA 0 ack 1 len 100 zero cut", where all behind the number is optional. */
static struct move read_move(const char *text)
{
    static const char letters[] = "FSRxA";
    char word[16];
    int used = 0;
    long seq = 0;
    struct move move = {.from = text[0]};
    cr_assert_eq(sscanf(text, "%*c%15s %ld%n", word, &seq, &used), 2, "%s", text);
    move.seq = seq;
    for (const char *at = word; *at; at++)
        move.flags |= (uint16_t)(1U << (strchr(letters, *at) - letters));
    const char *ack = strstr(text, "ack "), *len = strstr(text, "len ");
    move.ack = ack ? strtol(ack + 4, NULL, 10) : 0;
    move.len = len ? (uint32_t)strtoul(len + 4, NULL, 10) : 0;
    move.zero_window = strstr(text, "zero") != NULL;
    move.cut = strstr(text, "cut") != NULL;
    return move;
}

static struct flow_outcome outcome;

/** Plays packets that are separated by "; ". */
static void play_on(const char *script)
{
    char text[1024], *rest = NULL;
    snprintf(text, sizeof text, "%s", script);
    for (char *at = strtok_r(text, ";", &rest); at; at = strtok_r(NULL, ";", &rest)) {
        at += strspn(at, " ");
        if (!*at)
            continue;
        struct move move = read_move(at);
        play_one(&move);
    }
    flow_connection_outcome(&all, 0, &outcome);
}

/** A whole connection. */
static void play(const char *script)
{
    flow_connection_begin(&all, 0, turned);
    play_on(script);
    flow_connection_end(&all, 0);
}

static void expect(const char *state, const char *history, uint64_t orig, uint64_t resp)
{
    char got[FLOW_HISTORY_CAP + 1];
    snprintf(got, sizeof got, "%.*s", (int)outcome.history_len, outcome.history);
    cr_expect_str_eq(outcome.state, state, "%s, expected %s (%s)", outcome.state, state, got);
    cr_expect_str_eq(got, history, "%s, expected %s", got, history);
    cr_expect_eq(outcome.bytes[0], orig, "%lu", outcome.bytes[0]);
    cr_expect_eq(outcome.bytes[1], resp, "%lu", outcome.bytes[1]);
}

#define HANDSHAKE ">S 0; <SA 0 ack 1; >A 1 ack 1; "

Test(flow_connection, a_normal_connection)
{
    play(HANDSHAKE ">A 1 ack 1 len 100; <A 1 ack 101; <A 1 ack 101 len 1400; >A 101 ack 1401; >FA "
                   "101 ack 1401; <FA 1401 ack 102; >A 102 ack 1402");
    expect("SF", "ShADadFf", 100, 1400);
    cr_expect_eq(outcome.missed, 0);
}

Test(flow_connection, every_state_of_an_attempt)
{
    play(">S 0");
    expect("S0", "S", 0, 0);
    play(">S 0; <RA 0 ack 1");
    expect("REJ", "Sr", 0, 0);
    play(">S 0; >R 1");
    expect("RSTOS0", "SR", 0, 0);
    play(">S 0; >F 1");
    expect("SH", "SF", 0, 0);
    play("<SA 0 ack 1; <FA 1 ack 1");
    expect("SHR", "hf", 0, 0);
    play("<SA 0 ack 1; <RA 1 ack 1");
    expect("RSTRH", "hr", 0, 0);
    play(">S 0; <SA 0 ack 1");
    expect("S1", "Sh", 0, 0);
}

Test(flow_connection, every_state_of_an_end)
{
    play(HANDSHAKE);
    expect("S1", "ShA", 0, 0);
    play(HANDSHAKE ">FA 1 ack 1");
    expect("S2", "ShAF", 0, 0);
    play(HANDSHAKE "<FA 1 ack 1");
    expect("S3", "ShAf", 0, 0);
    play(HANDSHAKE ">RA 1 ack 1");
    expect("RSTO", "ShAR", 0, 0);
    play(HANDSHAKE "<RA 1 ack 1");
    expect("RSTR", "ShAr", 0, 0);
    play(HANDSHAKE ">FA 1 ack 1; <FA 1 ack 2; >R 2");
    expect("SF", "ShAFfR", 0, 0);
    play(HANDSHAKE ">FA 1 ack 1; >R 2; <FA 1 ack 2");
    expect("SF", "ShAFRf", 0, 0);
}

Test(flow_connection, joined_midway)
{
    play(">A 500 ack 700 len 10; <A 700 ack 510 len 20");
    expect("OTH", "Dd", 10, 20);
    cr_expect_eq(outcome.missed, 0);
    turned = true;
    play("<A 700 ack 510 len 20; >A 510 ack 720");
    expect("OTH", "^dA", 0, 20);
    play(">A 500 ack 700; >FA 500 ack 700; <FA 700 ack 501");
    expect("SF", "^AFf", 0, 0);
}

Test(flow_connection, misordered_handshake)
{
    turned = true;
    play("<SA 0 ack 1; >S 0; >A 1 ack 1 len 5; <A 1 ack 6");
    expect("S1", "^hSDa", 5, 0);
}

Test(flow_connection, repeated_flags_count_if_their_number_differs)
{
    play(">S 0; >S 0; >S 0");
    expect("S0", "S", 0, 0);
    play(HANDSHAKE ">FA 1 ack 1; >FA 1 ack 1; >FA 1 ack 1 len 10; <R 1; <R 1; <R 2");
    expect("RSTR", "ShAFFrr", 10, 0);
    play(HANDSHAKE ">FR 1; >FR 1");
    expect("RSTO", "ShAI", 0, 0);
    play(">SF 0; >SR 0");
    expect("OTH", "Q", 0, 0);
}

Test(flow_connection, troubles_count_by_powers_of_ten)
{
    flow_connection_begin(&all, 0, false);
    play_on(HANDSHAKE ">A 1 ack 1 len 10");
    for (unsigned i = 0; i < 100; i++)
        play_on(">A 1 ack 1 len 10");
    for (unsigned i = 0; i < 9; i++)
        play_on("<A 1 ack 11 zero");
    expect("S1", "ShADTTTaw", 10, 0);
    for (unsigned i = 0; i < 10; i++)
        flow_connection_corrupt(&all, 0, PALUA_ORIG);
    flow_connection_outcome(&all, 0, &outcome);
    expect("S1", "ShADTTTawCC", 10, 0);
    flow_connection_end(&all, 0);
}

Test(flow_connection, a_zero_window_means_nothing_at_the_end)
{
    play(HANDSHAKE ">FA 1 ack 1; <A 1 ack 2 zero; <R 1 zero");
    expect("RSTR", "ShAFar", 0, 0);
}

Test(flow_connection, what_was_acknowledged_unseen_is_missing)
{
    play(HANDSHAKE "<A 1 ack 1 len 100; <A 301 ack 1 len 100; >A 1 ack 101");
    expect("S1", "ShAd", 0, 400);
    cr_expect_eq(outcome.missed, 0, "it may still come");
    play(HANDSHAKE "<A 1 ack 1 len 100; <A 301 ack 1 len 100; >A 1 ack 401");
    expect("S1", "ShAdg", 0, 400);
    cr_expect_eq(outcome.missed, 200);
    play(HANDSHAKE "<A 1 ack 1 len 100; <A 301 ack 1 len 100; <A 101 ack 1 len 200; >A 1 ack 401");
    expect("S1", "ShAdt", 0, 400);
    cr_expect_eq(outcome.missed, 0);
    play(HANDSHAKE ">A 1 ack 1001; <FA 1001 ack 1");
    expect("S3", "ShAgf", 0, 1000);
    cr_expect_eq(outcome.missed, 1000);
}

Test(flow_connection, a_fin_is_no_missing_byte)
{
    play(HANDSHAKE "<FA 1 ack 1 len 10; >A 1 ack 12; >FA 1 ack 12; <A 12 ack 2");
    expect("SF", "ShAfFa", 0, 10);
    cr_expect_eq(outcome.missed, 0);
}

Test(flow_connection, a_payload_that_was_cut_is_missing)
{
    play(HANDSHAKE ">A 1 ack 1 len 50 cut; <A 1 ack 51");
    expect("S1", "ShADaG", 50, 0);
    cr_expect_eq(outcome.missed, 50);
}

Test(flow_connection, holes_mean_nothing_where_the_other_direction_is_not_captured)
{
    play(">S 0; <SA 0 ack 1; >A 1 ack 1; >A 101 ack 1 len 100; >A 60000 ack 1 len 1000; <A 1 ack "
         "61000");
    expect("S1", "ShADa", 60999, 0);
    cr_expect_eq(outcome.missed, 0);
}

Test(flow_connection, spans_go_beyond_4_gib)
{
    flow_connection_begin(&all, 0, false);
    play_on(HANDSHAKE);
    const int64_t step = 1000000000;
    for (int64_t seq = 1; seq < 10 * step; seq += step) {
        struct move data = {.from = '>', .flags = ACK, .seq = seq, .ack = 1, .len = 1000};
        struct move ack = {.from = '<', .flags = ACK, .seq = 1, .ack = seq + 1000};
        play_one(&data);
        play_one(&ack);
    }
    flow_connection_outcome(&all, 0, &outcome);
    cr_expect_eq(outcome.bytes[0], 9 * step + 1000);
    cr_expect_eq(outcome.missed, 9 * step - 9 * 1000);
    flow_connection_end(&all, 0);
}

Test(flow_connection, a_wild_reset_does_not_stretch_the_span)
{
    play(HANDSHAKE ">A 1 ack 1 len 10; >R 500000000");
    expect("RSTO", "ShADR", 10, 0);
    play(">S 0; >R 1048576");
    expect("RSTOS0", "SR", (1 << 20) - 1, 0);
    play(">S 0; >R 1048578");
    expect("RSTOS0", "SR", 0, 0);
}

Test(flow_connection, a_history_without_end_is_cut)
{
    flow_connection_begin(&all, 0, false);
    for (uint32_t i = 0; i < 200; i++) {
        struct move rst = {.from = '<', .flags = RST, .seq = 10 * i};
        play_one(&rst);
    }
    flow_connection_outcome(&all, 0, &outcome);
    cr_expect_eq(outcome.history_len, FLOW_HISTORY_CAP);
    cr_expect_eq(all.history_cut, 200 - FLOW_HISTORY_CAP);
    flow_connection_end(&all, 0);
}

Test(flow_connection, a_short_or_malformed_header_says_nothing)
{
    struct sample sample = {.addr_len = 4, .proto = 6, .tcp_flags = SYN};
    struct sample_packet made;
    flow_connection_begin(&all, 0, false);
    for (uint32_t len = 0; len < 36; len++) {
        sample_fill(&sample, &made);
        made.packet.caplen = len;
        flow_connection_packet(&all, 0, 0, &made.packet);
    }
    sample_fill(&sample, &made);
    made.packet.layers[1].flags = PALUA_LAYER_BAD;
    flow_connection_packet(&all, 0, 0, &made.packet);
    made.packet.transport = PALUA_NO_LAYER;
    flow_connection_packet(&all, 0, 0, &made.packet);
    flow_connection_outcome(&all, 0, &outcome);
    expect("OTH", "", 0, 0);
    sample_fill(&sample, &made);
    made.packet.caplen = 36;
    flow_connection_packet(&all, 0, 0, &made.packet);
    flow_connection_outcome(&all, 0, &outcome);
    expect("S0", "S", 0, 0);
    flow_connection_end(&all, 0);
}

Test(flow_connection, records_are_given_back)
{
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < 100; i++) {
            flow_connection_begin(&all, i, false);
            flow_connection_corrupt(&all, i, PALUA_RESP);
        }
        for (uint32_t i = 0; i < 100; i++)
            flow_connection_end(&all, i);
    }
    cr_expect_eq(all.rare.slab.count, 100);
}
