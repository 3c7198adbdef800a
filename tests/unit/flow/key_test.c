// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/key.h"

#include <string.h>

#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

static uint8_t bytes[32];

static struct decode_tuple reversed(const struct decode_tuple *tuple)
{
    struct decode_tuple out = *tuple;
    out.src = tuple->dst;
    out.dst = tuple->src;
    out.sport = tuple->dport;
    out.dport = tuple->sport;
    return out;
}

static struct decode_tuple random_tuple(void)
{
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(rand() % 3);
    uint32_t len = rand() % 2 ? 4 : 16;
    return (struct decode_tuple){
        .src = {bytes, len, 0},
        .dst = {bytes + 16, len, 0},
        .sport = (uint16_t)(rand() % 3),
        .dport = (uint16_t)(rand() % 3),
        .vlan = (uint16_t)(rand() % 2),
        .context = (uint32_t)(rand() % 2),
        .proto = rand() % 2 ? 6 : 17,
    };
}

Test(flow_key, both_directions_have_one_key)
{
    unsigned seed = (unsigned)time(NULL);
    srand(seed);
    for (int i = 0; i < 20000; i++) {
        struct decode_tuple tuple = random_tuple(), back = reversed(&tuple);
        struct flow_key a, b;
        uint8_t a_swapped, b_swapped;
        flow_key_of(&tuple, &a, &a_swapped);
        flow_key_of(&back, &b, &b_swapped);
        cr_assert_arr_eq(&a, &b, sizeof a, "seed %u", seed);
        cr_assert_eq(flow_key_hash(&a, 7), flow_key_hash(&b, 7));
        if (!flow_key_is_loop(&a))
            cr_assert_neq(a_swapped, b_swapped, "seed %u", seed);
    }
}

Test(flow_key, a_stored_key_matches_whoever_responds)
{
    struct decode_tuple tuple = random_tuple();
    tuple.sport = 5;
    tuple.dport = 6;
    struct flow_key key, other;
    uint8_t swapped;
    flow_key_of(&tuple, &key, &swapped);
    for (uint8_t low_responds = 0; low_responds < 2; low_responds++) {
        static struct flow flow; // GCC 13's ASan does not align a local one as the struct asks
        memset(&flow, 0, sizeof flow);
        flow_key_store(&key, low_responds, &flow);
        cr_expect(flow_key_matches(&key, &flow));
        cr_expect_eq(flow.ports[low_responds], (uint16_t)key.rest);
        other = key;
        other.rest++;
        cr_expect_not(flow_key_matches(&other, &flow));
        other = key;
        other.high[1]++;
        cr_expect_not(flow_key_matches(&other, &flow));
        other = key;
        other.context ^= 2;
        cr_expect_not(flow_key_matches(&other, &flow));
        other = key;
        other.rest ^= UINT64_C(1) << 63;
        cr_expect_not(flow_key_matches(&other, &flow));
    }
}

Test(flow_key, icmp_without_an_answer_keeps_its_direction)
{
    struct decode_tuple tuple = random_tuple();
    tuple.proto = 1;
    tuple.sport = 3;
    tuple.dport = 3;
    bytes[0] = 9; // the source is not the destination
    struct decode_tuple back = reversed(&tuple);
    struct flow_key a, b;
    uint8_t swapped;
    flow_key_of(&tuple, &a, &swapped);
    cr_expect_eq(swapped, 0);
    flow_key_of(&back, &b, &swapped);
    cr_expect_eq(swapped, 0);
    cr_expect_arr_neq(&a, &b, sizeof a);
    tuple.sport = 8;
    tuple.dport = 0;
    back = reversed(&tuple);
    flow_key_of(&tuple, &a, &swapped);
    flow_key_of(&back, &b, &swapped);
    cr_expect_arr_eq(&a, &b, sizeof a);
}

Test(flow_key, the_hash_depends_on_the_seed)
{
    struct flow_key key = {.rest = 1};
    cr_expect_neq(flow_key_hash(&key, 1), flow_key_hash(&key, 2));
}

Test(flow_key, a_key_gives_back_the_tuple_it_is_of)
{
    unsigned seed = (unsigned)time(NULL);
    srand(seed);
    for (int i = 0; i < 20000; i++) {
        struct decode_tuple tuple = random_tuple(), again;
        struct flow_key key;
        uint8_t swapped;
        tuple.proto = rand() % 3 ? tuple.proto : 1; // ICMP, of which some types are not answered
        flow_key_of(&tuple, &key, &swapped);
        flow_key_tuple(&key, swapped, &again);
        cr_assert_eq(again.src.len, tuple.src.len, "seed %u", seed);
        cr_assert_arr_eq(again.src.data, tuple.src.data, tuple.src.len, "seed %u", seed);
        cr_assert_arr_eq(again.dst.data, tuple.dst.data, tuple.dst.len, "seed %u", seed);
        cr_assert(again.sport == tuple.sport && again.dport == tuple.dport, "seed %u", seed);
        cr_assert(again.vlan == tuple.vlan && again.proto == tuple.proto, "seed %u", seed);
        cr_assert_eq(again.context, tuple.context, "seed %u", seed);
    }
}
