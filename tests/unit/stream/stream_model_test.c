// SPDX-License-Identifier: MIT OR Apache-2.0
/* Streams against a model too simple to be wrong: for every byte, which segment it is from. Both
 * see the same random segments, in any order, with overlaps, other bytes, cut ones and sequence
 * numbers that wrap, for every policy. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "receiver.h"

enum { MODEL_LEN = 400, ROUNDS = 300, STEPS = 60 };

struct model {
    uint8_t bytes[MODEL_LEN];
    int owner[MODEL_LEN]; /**< number of the segment, from 1; negative: its bytes were not captured;
                             0: a hole */
    uint32_t done;        /**< handed over so far */
    uint32_t conflicts;
};

static uint32_t seed;

static uint32_t pick(uint32_t below)
{
    return (uint32_t)rand() % below;
}

static void init_random(void)
{
    const char *given = getenv("SEED");
    seed = given ? (uint32_t)strtoul(given, NULL, 10) : (uint32_t)time(NULL);
    fprintf(stderr, "SEED=%u\n", seed);
    srand(seed);
}

/** By the words of policy.h. */
static bool model_replaces(enum stream_policy policy, uint32_t start, uint32_t end, uint32_t from,
                           uint32_t to)
{
    bool before = start < from, same = start == from;
    switch (policy) {
    case STREAM_FIRST:
        return false;
    case STREAM_LAST:
        return true;
    case STREAM_BSD:
    case STREAM_WINDOWS:
        return before;
    case STREAM_LINUX:
        return before || (same && to < end);
    default:
        return !(to > end || (from < start && to == end));
    }
}

struct sent {
    uint8_t bytes[MODEL_LEN];
    uint32_t start;
    uint32_t end;
    uint32_t captured; /**< bytes */
};

static bool owner_is(int a, int b)
{
    return a == b && a != 0;
}

/** Who has byte `i` after the segment came. */
static bool model_takes(const int *before, enum stream_policy policy, uint32_t start,
                        const struct sent *sent, uint32_t done, uint32_t i)
{
    bool hollow = i >= sent->start + sent->captured;
    uint32_t from = i, to = i + 1;
    if (!before[i])
        return true;
    if ((before[i] < 0) != hollow)
        return !hollow;
    while (from > done && owner_is(before[from - 1], before[i]))
        from--;
    while (to < MODEL_LEN && owner_is(before[to], before[i]))
        to++;
    return model_replaces(policy, start, sent->end, from, to);
}

static void model_add(struct model *model, const struct sent *sent, int number,
                      enum stream_policy policy)
{
    int before[MODEL_LEN];
    uint32_t start = sent->start > model->done ? sent->start : model->done;
    bool conflict = false;
    memcpy(before, model->owner, sizeof before);
    for (uint32_t i = start; i < sent->end; i++) {
        bool hollow = i >= sent->start + sent->captured;
        uint8_t byte = hollow ? 0 : sent->bytes[i - sent->start];
        conflict |= before[i] > 0 && !hollow && model->bytes[i] != byte;
        if (!model_takes(before, policy, start, sent, model->done, i))
            continue;
        model->owner[i] = hollow ? -number : number;
        model->bytes[i] = byte;
    }
    for (uint32_t i = sent->start; i < model->done && i < sent->start + sent->captured; i++)
        conflict |= model->owner[i] > 0 && model->bytes[i] != sent->bytes[i - sent->start];
    model->conflicts += conflict;
    while (model->done < MODEL_LEN && model->owner[model->done])
        model->done++;
}

/** Few different bytes, so that overlaps agree now and then. */
static struct sent random_segment(int number, bool cut)
{
    struct sent sent = {.start = pick(MODEL_LEN)};
    uint32_t len = 1 + pick(pick(4) ? 40 : MODEL_LEN);
    if (len > MODEL_LEN - sent.start)
        len = MODEL_LEN - sent.start;
    sent.end = sent.start + len;
    sent.captured = cut && !pick(4) ? pick(len + 1) : len;
    for (uint32_t i = 0; i < sent.captured; i++)
        sent.bytes[i] = (uint8_t)(pick(8) ? 0 : number);
    return sent;
}

static void compare(const struct receiver *receiver, const struct model *model, uint32_t len)
{
    cr_assert_eq(receiver->len[0], len, "SEED=%u: %llu instead of %u", seed,
                 (unsigned long long)receiver->len[0], len);
    for (uint32_t i = 0; i < len; i++) {
        cr_assert_eq(receiver->missing[0][i], model->owner[i] <= 0, "SEED=%u: byte %u", seed, i);
        if (model->owner[i] <= 0)
            continue;
        cr_assert_eq(receiver->bytes[0][i], model->bytes[i], "SEED=%u: byte %u", seed, i);
        cr_assert_eq(receiver->packets[0][i], (uint64_t)model->owner[i] + 1, "SEED=%u", seed);
    }
}

static void round_of(struct receiver *receiver, enum stream_policy policy, bool cut)
{
    struct stream_options options = receiver_options();
    struct model model = {0};
    uint32_t isn = pick(2) ? UINT32_MAX - pick(MODEL_LEN) : (uint32_t)rand();
    options.policy = policy;
    options.history_size = 1 << 20;
    receiver_open(receiver, &options);
    struct stream_segment segment = {
        .seq = isn - 1, .flags = SEGMENT_SYN, .ttl = 64, .scale = STREAM_NO_SCALE};
    receiver_feed(receiver, 0, &segment);
    segment.flags = 0;
    for (int step = 1; step <= STEPS; step++) {
        struct sent sent = random_segment(step, cut);
        segment.seq = isn + sent.start;
        segment.len = sent.end - sent.start;
        segment.data = cursor_of(sent.bytes, sent.captured);
        model_add(&model, &sent, step, policy);
        receiver_feed(receiver, 0, &segment);
        compare(receiver, &model, model.done);
    }
    uint32_t end = MODEL_LEN;
    while (end > model.done && !model.owner[end - 1])
        end--;
    stream_finish(receiver->streams, receiver->stream);
    compare(receiver, &model, end);
    cr_assert_eq(receiver->ends[0], 1);
    cr_assert_eq(streams_memory(receiver->streams, 7), 0);
    if (!cut) // what is remembered of cut segments is told apart differently
        cr_assert_eq(receiver->faults[STREAM_FAULT_OVERLAP] > 0, model.conflicts > 0, "SEED=%u",
                     seed);
    receiver_close(receiver);
}

Test(stream, agrees_with_the_model_for_every_policy, .init = init_random)
{
    static struct receiver receiver;
    for (int policy = 0; policy < STREAM_POLICY_COUNT; policy++)
        for (int i = 0; i < ROUNDS; i++)
            round_of(&receiver, (enum stream_policy)policy, i & 1);
}

/** What was sent, cut anywhere, in a random order with duplicates: that and nothing else arrives,
 * whatever is overlapped, and whoever acknowledges it when. */
static void shuffled(struct receiver *receiver, bool wait_for_ack)
{
    uint8_t bytes[MODEL_LEN];
    uint32_t start[MODEL_LEN], end[MODEL_LEN], count = 0, isn = UINT32_MAX - pick(MODEL_LEN);
    struct stream_options options = receiver_options();
    options.wait_for_ack = wait_for_ack;
    options.gap_packets = 1000;
    receiver_open(receiver, &options);
    for (uint32_t i = 0; i < MODEL_LEN; i++)
        bytes[i] = (uint8_t)pick(256);
    for (uint32_t at = 0; at < MODEL_LEN; at = end[count++]) {
        start[count] = at > 10 ? at - pick(10) : at;
        end[count] = at + 1 + pick(20);
        if (end[count] > MODEL_LEN)
            end[count] = MODEL_LEN;
    }
    struct stream_segment segment = {
        .seq = isn - 1, .flags = SEGMENT_SYN, .ttl = 64, .scale = STREAM_NO_SCALE};
    receiver_feed(receiver, 0, &segment);
    receiver_ack(receiver, 1, 77, isn, 65535);
    segment.flags = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t other = i + pick(count - i);
        uint32_t swap_start = start[i], swap_end = end[i];
        start[i] = start[other], end[i] = end[other];
        start[other] = swap_start, end[other] = swap_end;
    }
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t again = 0; again < 1 + (pick(4) == 0); again++) {
            segment.seq = isn + start[i];
            segment.len = end[i] - start[i];
            segment.data = cursor_of(bytes + start[i], segment.len);
            receiver_feed(receiver, 0, &segment);
            receiver_ack(receiver, 1, 77, isn + pick((uint32_t)receiver->len[0] + 1), 65535);
        }
    receiver_ack(receiver, 1, 77, isn + MODEL_LEN, 65535);
    cr_assert_eq(receiver->len[0], MODEL_LEN, "SEED=%u", seed);
    cr_assert_arr_eq(receiver->bytes[0], bytes, MODEL_LEN, "SEED=%u", seed);
    cr_assert_eq(receiver->gaps[0], 0);
    for (int i = 0; i < STREAM_FAULT_COUNT; i++)
        cr_assert_eq(receiver->faults[i], 0, "SEED=%u: %s", seed, stream_fault_name(i));
    receiver_close(receiver);
}

Test(stream, any_order_gives_what_was_sent, .init = init_random)
{
    static struct receiver receiver;
    for (int i = 0; i < ROUNDS; i++)
        shuffled(&receiver, i & 1);
}
