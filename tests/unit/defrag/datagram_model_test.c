// SPDX-License-Identifier: MIT OR Apache-2.0
/* Datagrams against a model too simple to be wrong: for every byte, which fragment it is from. Both
 * see the same random fragments, in any order, with overlaps, duplicates and contradicting ends,
 * for every policy. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "defrag/datagram.h"

enum { MODEL_LEN = 512, ROUNDS = 400, STEPS = 60 };

struct model {
    uint8_t bytes[MODEL_LEN];
    int owner[MODEL_LEN]; /**< number of the fragment, from 1; 0: a hole */
    uint32_t end;
    bool ended;
    bool dead;
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

static bool model_end_fits(const struct model *model, uint32_t end, bool more)
{
    if (model->ended)
        return more ? end <= model->end : end == model->end;
    for (uint32_t i = end; i < MODEL_LEN && !more; i++)
        if (model->owner[i])
            return false;
    return true;
}

/** By the words of policy.h, one run of an earlier fragment's bytes at a time. */
static bool model_replaces(enum defrag_policy policy, uint32_t start, uint32_t end, uint32_t from,
                           uint32_t to)
{
    bool before = start < from, same_start = start == from;
    switch (policy) {
    case DEFRAG_FIRST:
    case DEFRAG_DROP:
        return false;
    case DEFRAG_LAST:
        return true;
    case DEFRAG_BSD:
        return before;
    case DEFRAG_LINUX:
        return before || same_start;
    case DEFRAG_WINDOWS:
        return before && to < end;
    default:
        return before && (to < end || to == end);
    }
}

static unsigned model_add(struct model *model, const struct datagram_fragment *fragment, int number,
                          enum defrag_policy policy)
{
    uint32_t start = fragment->start, end = start + (uint32_t)cursor_left(&fragment->bytes);
    const uint8_t *bytes = fragment->bytes.pos;
    if (model->dead)
        return 0;
    if (!model_end_fits(model, end, fragment->more))
        return DATAGRAM_END;
    unsigned findings = 0;
    bool overlaps = false, exact = true;
    for (uint32_t i = start; i < end; i++) {
        overlaps |= model->owner[i] != 0;
        exact &= model->owner[i] == model->owner[start] && model->owner[i];
        if (model->owner[i] && model->bytes[i] != bytes[i - start])
            findings = DATAGRAM_CONFLICT;
    }
    exact &= !findings && (!start || model->owner[start - 1] != model->owner[start]) &&
             (end == MODEL_LEN || model->owner[end] != model->owner[start]);
    if (overlaps && !exact)
        findings |= DATAGRAM_OVERLAP;
    if (policy == DEFRAG_DROP && findings) {
        model->dead = true;
        return findings;
    }
    int before[MODEL_LEN];
    memcpy(before, model->owner, sizeof before);
    for (uint32_t i = start; i < end; i++) {
        uint32_t from = i, to = i + 1;
        while (before[i] && from > 0 && before[from - 1] == before[i])
            from--;
        while (before[i] && to < MODEL_LEN && before[to] == before[i])
            to++;
        if (before[i] && !model_replaces(policy, start, end, from, to))
            continue;
        model->owner[i] = number;
        model->bytes[i] = bytes[i - start];
    }
    if (!fragment->more) {
        model->ended = true;
        model->end = end;
    }
    return findings;
}

static bool model_whole(const struct model *model)
{
    if (!model->ended || model->dead)
        return false;
    for (uint32_t i = 0; i < model->end; i++)
        if (!model->owner[i])
            return false;
    return true;
}

/** Few different bytes, so that overlaps agree now and then. */
static struct datagram_fragment random_fragment(uint8_t *bytes, uint64_t number)
{
    uint32_t start = pick(MODEL_LEN / 8) * 8;
    uint32_t len = 1 + pick(pick(4) ? 64 : MODEL_LEN);
    if (len > MODEL_LEN - start)
        len = MODEL_LEN - start;
    for (uint32_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(pick(8) ? 0 : number);
    return (struct datagram_fragment){
        .bytes = cursor_of(bytes, len), .packet = number, .start = start, .more = pick(20) != 0};
}

static bool compare(const struct datagram *datagram, const struct model *model)
{
    uint8_t out[MODEL_LEN];
    cr_assert_eq(datagram->dead, model->dead, "SEED=%u", seed);
    cr_assert_eq(datagram_whole(datagram), model_whole(model), "SEED=%u", seed);
    if (!model_whole(model))
        return false;
    cr_assert_eq(datagram->end, model->end, "SEED=%u", seed);
    datagram_copy(datagram, out);
    cr_assert_arr_eq(out, model->bytes, model->end, "SEED=%u", seed);
    return true;
}

/** One datagram, until it is whole. @return whether it became so */
static bool round_of(enum defrag_policy policy)
{
    struct datagram datagram = {0};
    struct model model = {0};
    bool whole = false;
    for (int step = 1; step <= STEPS && !whole; step++) {
        uint8_t bytes[MODEL_LEN];
        struct datagram_fragment fragment = random_fragment(bytes, (uint64_t)step);
        unsigned want = model_add(&model, &fragment, step, policy);
        cr_assert_eq(datagram_add(&datagram, &fragment, policy), want, "SEED=%u", seed);
        whole = compare(&datagram, &model);
    }
    datagram_fini(&datagram);
    return whole;
}

Test(datagram, agrees_with_the_model_for_every_policy, .init = init_random)
{
    for (int policy = 0; policy < DEFRAG_POLICY_COUNT; policy++) {
        int whole = 0;
        for (int i = 0; i < ROUNDS; i++)
            whole += round_of((enum defrag_policy)policy);
        if (policy != DEFRAG_DROP) // hardly any of these has no overlap
            cr_assert_gt(whole, ROUNDS / 10, "%d of %d became whole", whole, ROUNDS);
    }
}

/** A datagram cut anywhere, its fragments in a random order with exact duplicates, is what was cut.
 */
static void shuffled(enum defrag_policy policy)
{
    uint8_t bytes[MODEL_LEN], out[MODEL_LEN];
    struct datagram datagram = {0};
    uint32_t cuts[MODEL_LEN / 8 + 1], count = 0, order[MODEL_LEN / 8], sent = 0;
    for (uint32_t i = 0; i < MODEL_LEN; i++)
        bytes[i] = (uint8_t)pick(256);
    for (uint32_t at = 0; at < MODEL_LEN; at += 8 * (1 + pick(8)))
        cuts[count++] = at;
    cuts[count] = MODEL_LEN;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t other = pick(i + 1);
        order[i] = order[other];
        order[other] = i;
    }
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t again = 0; again < 1 + (pick(4) == 0) && !datagram_whole(&datagram);
             again++) {
            uint32_t start = cuts[order[i]], end = cuts[order[i] + 1];
            struct datagram_fragment fragment = {.bytes = cursor_of(bytes + start, end - start),
                                                 .packet = ++sent,
                                                 .start = start,
                                                 .more = end < MODEL_LEN,
                                                 .proto = (uint8_t)(start ? 1 : 17)};
            cr_assert_eq(datagram_add(&datagram, &fragment, policy), 0, "SEED=%u", seed);
        }
    cr_assert(datagram_whole(&datagram), "SEED=%u", seed);
    datagram_copy(&datagram, out);
    cr_assert_arr_eq(out, bytes, MODEL_LEN, "SEED=%u", seed);
    cr_assert_eq(datagram.proto, 17);
    cr_assert_eq(datagram.packet_count, sent);
    datagram_fini(&datagram);
}

Test(datagram, any_order_gives_what_was_sent, .init = init_random)
{
    for (int i = 0; i < ROUNDS; i++)
        shuffled(i & 1 ? DEFRAG_DROP : DEFRAG_LAST);
}
