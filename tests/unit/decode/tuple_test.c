// SPDX-License-Identifier: MIT OR Apache-2.0
#include <time.h>

#include "probe.h"

static struct probe probe;
static struct frame frame;

static void set_up(void)
{
    probe_init(&probe);
    frame.len = 0;
}

static void tear_down(void)
{
    probe_fini(&probe);
}

TestSuite(tuple, .init = set_up, .fini = tear_down);

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void random_bytes(uint64_t *state, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)next_random(state);
}

static struct decode_tuple reversed(struct decode_tuple tuple)
{
    struct decode_tuple back = tuple;
    back.src = tuple.dst;
    back.dst = tuple.src;
    back.sport = tuple.dport;
    back.dport = tuple.sport;
    return back;
}

Test(tuple, none_without_a_flow)
{
    struct decode_tuple tuple;
    put_eth(&frame, ON_ARP);
    probe_decode(&probe, ETHERNET, &frame);
    cr_assert(!decode_tuple(&probe.packet, &tuple));
}

Test(tuple, fields_of_the_packet)
{
    struct decode_tuple tuple;
    put_eth(&frame, ON_VLAN);
    put_vlan(&frame, 42, ON_IPV6);
    put_ipv6(&frame, P_TCP, 20);
    put_tcp(&frame, 4660, 443, 5);
    probe_decode(&probe, ETHERNET, &frame);
    cr_assert(decode_tuple(&probe.packet, &tuple));
    cr_assert_eq(tuple.src.len, 16);
    cr_assert_eq(tuple.src.data, probe.bytes + 26);
    cr_assert_eq(tuple.dst.data, probe.bytes + 42);
    cr_assert_eq(tuple.sport, 4660);
    cr_assert_eq(tuple.dport, 443);
    cr_assert_eq(tuple.vlan, 42);
    cr_assert_eq(tuple.proto, P_TCP);
}

Test(tuple, the_hash_is_symmetric_over_random_tuples)
{
    uint64_t seed = (uint64_t)time(NULL) | 1, state = seed;
    for (int i = 0; i < 100000; i++) {
        uint8_t bytes[32];
        uint32_t len = next_random(&state) & 1 ? 16 : 4;
        random_bytes(&state, bytes, sizeof bytes);
        uint64_t rest = next_random(&state);
        struct decode_tuple tuple = {.src = {bytes, len, 0},
                                     .dst = {bytes + 16, len, 0},
                                     .sport = (uint16_t)rest,
                                     .dport = (uint16_t)(rest >> 16),
                                     .vlan = (uint16_t)(rest >> 32 & 0xfff),
                                     .proto = (uint8_t)(rest >> 48)};
        struct decode_tuple back = reversed(tuple), other = tuple;
        cr_assert_eq(decode_tuple_hash(&tuple), decode_tuple_hash(&back), "seed %llu, step %d",
                     (unsigned long long)seed, i);
        /* Ends belong together: swapping the ports alone is another flow. */
        other.sport = tuple.dport;
        other.dport = tuple.sport;
        cr_assert(tuple.sport == tuple.dport ||
                      decode_tuple_hash(&other) != decode_tuple_hash(&tuple) ||
                      memcmp(bytes, bytes + 16, len) == 0,
                  "seed %llu, step %d (one in 40,000 runs may meet a true collision)",
                  (unsigned long long)seed, i);
    }
}

/** Real traffic differs in a few low bits; shards and table slots take low or high bits of the
 * hash. */
Test(tuple, neighbouring_flows_spread_evenly)
{
    enum { SHARDS = 256, FLOWS = 256 * 256 };
    uint32_t low[SHARDS] = {0}, high[SHARDS] = {0};
    for (uint32_t i = 0; i < FLOWS; i++) {
        uint8_t src[4] = {10, 0, (uint8_t)(i >> 12), (uint8_t)(i >> 8)}, dst[4] = {10, 0, 0, 1};
        struct decode_tuple tuple = {.src = {src, 4, 0},
                                     .dst = {dst, 4, 0},
                                     .sport = (uint16_t)(40000 + (i & 255)),
                                     .dport = 53,
                                     .proto = 17};
        uint32_t hash = decode_tuple_hash(&tuple);
        low[hash % SHARDS]++;
        high[hash >> 24]++;
    }
    double low_chi = 0, high_chi = 0, mean = (double)FLOWS / SHARDS;
    for (int i = 0; i < SHARDS; i++) {
        low_chi += (low[i] - mean) * (low[i] - mean) / mean;
        high_chi += (high[i] - mean) * (high[i] - mean) / mean;
    }
    /* 255 degrees of freedom: mean 255, standard deviation 22.6. */
    cr_assert_lt(low_chi, 400, "%f", low_chi);
    cr_assert_lt(high_chi, 400, "%f", high_chi);
}

Test(tuple, every_part_counts)
{
    uint8_t a[16] = {1}, b[16] = {2};
    struct decode_tuple base = {
        .src = {a, 16, 0}, .dst = {b, 16, 0}, .sport = 1, .dport = 2, .proto = 6};
    uint32_t hash = decode_tuple_hash(&base);
    struct decode_tuple other = base;
    other.proto = 17;
    cr_assert_neq(decode_tuple_hash(&other), hash);
    other = base;
    other.vlan = 1;
    cr_assert_neq(decode_tuple_hash(&other), hash);
    other = base;
    other.sport = 3;
    cr_assert_neq(decode_tuple_hash(&other), hash);
    for (int i = 0; i < 16; i++) {
        a[i] ^= 0x80;
        cr_assert_neq(decode_tuple_hash(&base), hash);
        a[i] ^= 0x80;
    }
    cr_assert_eq(decode_tuple_hash(&base), hash);
}

Test(tuple, equal_ends_do_not_cancel_out)
{
    uint8_t a[4] = {127, 0, 0, 1}, b[4] = {127, 0, 0, 2};
    struct decode_tuple one = {.src = {a, 4, 0},
                               .dst = {a, 4, 0},
                               .sport = 5,
                               .dport = 5,
                               .proto = 17},
                        two = one;
    two.src.data = two.dst.data = b;
    cr_assert_neq(decode_tuple_hash(&one), decode_tuple_hash(&two));
}

Test(tuple, one_way_icmp_has_its_code)
{
    struct decode_tuple tuple;
    put_ip(&frame, P_ICMP, 8);
    put_icmp(&frame, 3, 13, 0);
    probe_decode(&probe, 228, &frame);
    cr_assert(decode_tuple(&probe.packet, &tuple));
    cr_assert_eq(tuple.sport, 3);
    cr_assert_eq(tuple.dport, 13);
    cr_assert_eq(tuple.proto, P_ICMP);
}

Test(tuple, a_tag_belongs_to_the_network_layer_it_carries)
{
    struct decode_tuple tuple;
    put_eth(&frame, ON_VLAN);
    put_vlan(&frame, 5, ON_IP);
    put_ip(&frame, P_IPIP, 28);
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
    probe_decode(&probe, ETHERNET, &frame);
    cr_assert_str_eq(probe.stack, "eth:vlan:ip:ip:udp");
    cr_assert(decode_tuple(&probe.packet, &tuple));
    cr_assert_eq(tuple.vlan, 0);
}
