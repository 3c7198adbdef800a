// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/community_id.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <string.h>

struct vector {
    uint16_t seed;
    uint8_t proto;
    const char *src;
    const char *dst;
    uint16_t sport;
    uint16_t dport;
    const char *expected;
};

/** The published vectors: baseline_deflt.json and baseline_seed1.json of the specification, and the
 * tests of its reference implementation. */
static const struct vector vectors[] = {
    {0, 6, "128.232.110.120", "66.35.250.204", 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
    {0, 6, "66.35.250.204", "128.232.110.120", 80, 34855, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
    {1, 6, "128.232.110.120", "66.35.250.204", 34855, 80, "1:3V71V58M3Ksw/yuFALMcW0LAHvc="},
    {0, 6, "10.0.0.1", "10.0.0.2", 10, 11569, "1:SXBGMX1lBOwhhoDrZynfROxnhnM="},
    {1, 6, "10.0.0.1", "10.0.0.2", 10, 11569, "1:HmBRGR+fUyXF4t8WEtal7Y0gEAo="},
    {0, 6, "2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a", 63943, 25,
     "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
    {0, 6, "2607:f8b0:400c:c03::1a", "2001:470:e5bf:dead:4957:2174:e82c:4887", 25, 63943,
     "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
    {0, 17, "192.168.1.52", "8.8.8.8", 54585, 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
    {0, 17, "8.8.8.8", "192.168.1.52", 53, 54585, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
    {1, 17, "192.168.1.52", "8.8.8.8", 54585, 53, "1:Q9We8WO3piVF8yEQBNJF4uiSVrI="},
    {0, 132, "192.168.170.8", "192.168.170.56", 7, 80, "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ="},
    {0, 132, "192.168.170.56", "192.168.170.8", 80, 7, "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ="},
    {0, 132, "192.168.170.8", "192.168.170.56", 7, 7, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="},
    {0, 132, "192.168.170.56", "192.168.170.8", 7, 7, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="},
    {0, 1, "192.168.0.89", "192.168.0.1", 8, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
    {0, 1, "192.168.0.1", "192.168.0.89", 0, 8, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
    {0, 1, "192.168.0.1", "192.168.0.89", 0, 20, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
    {1, 1, "192.168.0.89", "192.168.0.1", 8, 0, "1:03g6IloqVBdcZlPyX8r0hgoE7kA="},
    {0, 1, "192.168.0.89", "192.168.0.1", 20, 0, "1:3o2RFccXzUgjl7zDpqmY7yJi8rI="},
    {0, 1, "192.168.0.89", "192.168.0.1", 20, 1, "1:tz/fHIDUHs19NkixVVoOZywde+I="},
    {0, 1, "10.0.0.1", "10.0.0.2", 11, 0, "1:YHxtAirCG//0OzkcVAukqKQN9xM="},
    {0, 58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 135, 0,
     "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="},
    {0, 58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 136, 135,
     "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="},
    {0, 58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 135, 136,
     "1:zavyT/cezQr1fmImYCwYnMXbgck="},
    {0, 58, "3ffe:507:0:1:260:97ff:fe07:69ea", "3ffe:507:0:1:200:86ff:fe05:80da", 3, 0,
     "1:NdobDX8PQNJbAyfkWxhtL2Pqp5w="},
    {0, 58, "3ffe:507:0:1:200:86ff:fe05:80da", "3ffe:507:0:1:260:97ff:fe07:69ea", 3, 0,
     "1:/OGBt9BN1ofenrmSPWYicpij2Vc="},
    {0, 58, "3ffe:501:1800:2345::2", "3ffe:507:0:1:200:86ff:fe05:80da", 3, 0,
     "1:2ObVBgIn28oZvibYZhZMBgh7WdQ="},
    {0, 58, "3ffe:501:410:0:2c0:dfff:fe47:33e", "3ffe:507:0:1:200:86ff:fe05:80da", 1, 4,
     "1:hLZd0XGWojozrvxqE0dWB1iM6R0="},
    {0, 58, "3ffe:507:0:1:200:86ff:fe05:80da", "3ffe:501:0:1001::2", 128, 129,
     "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg="},
    {0, 58, "3ffe:501:0:1001::2", "3ffe:507:0:1:200:86ff:fe05:80da", 129, 128,
     "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg="},
    {0, 58, "fe80::200:86ff:fe05:80da", "ff02::2", 133, 134, "1:hO+sN4H+MG5MY/8hIrXPqc4ZQz0="},
    {0, 58, "fe80::260:97ff:fe07:69ea", "ff02::1", 134, 133, "1:pkvHqCL88/tg1k4cPigmZXUtL00="},
    {0, 46, "10.1.12.1", "10.1.12.2", 0, 0, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw="},
    {0, 46, "10.1.12.2", "10.1.12.1", 0, 0, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw="},
    {0, 46, "10.1.24.4", "10.1.12.1", 0, 0, "1:/nQI4Rh/TtY3mf0R2gJFBkVlgS4="},
    {1, 46, "10.1.24.4", "10.1.12.1", 0, 0, "1:BK3BVW3U2eemuwVQVN3zd/GULno="},
};

static uint8_t parse(const char *text, uint8_t out[16])
{
    if (inet_pton(AF_INET, text, out) == 1)
        return 4;
    cr_assert_eq(inet_pton(AF_INET6, text, out), 1, "%s is no address", text);
    return 16;
}

Test(community_id, equals_the_published_vectors)
{
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const struct vector *v = &vectors[i];
        uint8_t src[16], dst[16];
        char out[COMMUNITY_ID_LEN];
        uint8_t len = parse(v->src, src);
        cr_assert_eq(parse(v->dst, dst), len);
        community_id(v->seed, v->proto, src, dst, len, v->sport, v->dport, out);
        cr_expect_eq(strlen(v->expected), COMMUNITY_ID_LEN);
        cr_expect_arr_eq(out, v->expected, COMMUNITY_ID_LEN, "%zu: %.*s, not %s", i,
                         COMMUNITY_ID_LEN, out, v->expected);
    }
}

Test(community_id, counterparts_pair_up)
{
    static const uint8_t protos[] = {1, 58};
    static const unsigned expected[] = {10, 12};
    for (size_t i = 0; i < 2; i++) {
        unsigned paired = 0;
        for (unsigned type = 0; type < 256; type++) {
            uint8_t answer, back;
            if (!community_id_icmp_counterpart(protos[i], (uint8_t)type, &answer))
                continue;
            paired++;
            cr_expect(community_id_icmp_counterpart(protos[i], answer, &back));
            cr_expect_eq(back, type);
            cr_expect_neq(answer, type);
        }
        cr_expect_eq(paired, expected[i]);
    }
    uint8_t none;
    cr_expect_not(community_id_icmp_counterpart(6, 8, &none));
}

Test(community_id, is_the_same_from_both_ends_of_one_host)
{
    uint8_t host[4] = {127, 0, 0, 1};
    char a[COMMUNITY_ID_LEN], b[COMMUNITY_ID_LEN];
    community_id(0, 6, host, host, 4, 80, 40000, a);
    community_id(0, 6, host, host, 4, 40000, 80, b);
    cr_expect_arr_eq(a, b, COMMUNITY_ID_LEN);
    community_id(0, 6, host, host, 4, 40001, 80, b);
    cr_expect_arr_neq(a, b, COMMUNITY_ID_LEN);
}
