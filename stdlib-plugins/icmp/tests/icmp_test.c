// SPDX-License-Identifier: MIT OR Apache-2.0
#include <time.h>

#include "layer_run.h"

const struct palua_plugin *palua_plugin_icmp(void);

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

TestSuite(icmp, .init = set_up, .fini = tear_down);

static const char *tell(bool ipv6, const char *message)
{
    struct frame bytes = {0};
    put_hex(&bytes, message);
    frame.len = 0;
    if (ipv6)
        put_ipv6(&frame, P_ICMPV6, (unsigned)bytes.len);
    else
        put_ip(&frame, P_ICMP, (unsigned)bytes.len);
    put_hex(&frame, message);
    probe_decode(&probe, ipv6 ? 229 : 228, &frame);
    return layer_run(palua_plugin_icmp(), &probe, UINT64_MAX);
}

#define FROM "version=4 src=10.0.0.1 dst=10.0.0.2 ttl=64 "
#define FROM_IPV6 "version=6 src=2001:db8::1 dst=2001:db8::2 ttl=64 "

Test(icmp, echo)
{
    cr_expect_str_eq(tell(false, "0800 f5fa 0001 0002 01"),
                     FROM "type=8 type_name=echo_request code=0 checksum=bad ident=1 seq=2 "
                          "len=1 payload=01");
    cr_expect_str_eq(tell(true, "8100 3bc4 0102 0304"),
                     FROM_IPV6 "type=129 type_name=echo_reply code=0 checksum=bad ident=258 "
                               "seq=772 len=0 payload=");
    cr_expect(strstr(tell(false, "0800 f7fc 0001 0002"), "checksum=good"));
    cr_expect(strstr(tell(false, "0d00 0000 0001 0002 000000000000000000000000"),
                     "type_name=timestamp_request code=0 checksum=bad ident=1 seq=2"));
}

Test(icmp, checksum_only_if_wanted)
{
    tell(false, "0800 f7fc 0001 0002");
    cr_expect(strstr(layer_run(palua_plugin_icmp(), &probe, 0), "checksum=bad"),
              "not looked at: the first value");
}

#define QUOTED_UDP "4500001c 00070000 40110000 c0000201 c0000202 04d20035 00080000"
#define QUOTED_FIELDS                                                                       \
    "quoted=4500001c0007000040110000c0000201c000020204d2003500080000 quoted_src=192.0.2.1 " \
    "quoted_dst=192.0.2.2 quoted_proto=17 quoted_sport=1234 quoted_dport=53"

Test(icmp, errors_quote)
{
    cr_expect(strstr(tell(false, "0303 0000 00000000 " QUOTED_UDP),
                     "type_name=destination_unreachable code=3 code_name=port_unreachable "));
    cr_expect(strstr(tell(false, "0303 0000 00000000 " QUOTED_UDP), QUOTED_FIELDS));
    cr_expect(strstr(tell(false, "0304 0000 00000578 " QUOTED_UDP), " mtu=1400 "));
    cr_expect(strstr(tell(false, "0501 0000 c00002fe " QUOTED_UDP), " gateway=192.0.2.254 "));
    cr_expect(strstr(tell(false, "0c00 0000 14000000 " QUOTED_UDP), " pointer=20 "));
    cr_expect(strstr(tell(false, "0b00 0000 00000000 " QUOTED_UDP),
                     "type_name=time_exceeded code=0 code_name=ttl_exceeded "));
}

Test(icmp, errors_of_ipv6)
{
    static const char quote[] = "60000000 0010 2c 40 20010db8000000000000000000000003 "
                                "20010db8000000000000000000000004 1100 0000 00000007 "
                                "04d20035 00080000";
    char message[512];
    snprintf(message, sizeof message, "0200 0000 00000500 %s", quote);
    const char *told = tell(true, message);
    cr_expect(strstr(told, "type_name=packet_too_big code=0 checksum=bad mtu=1280 "), "%s", told);
    cr_expect(strstr(told, "quoted_src=2001:db8::3 quoted_dst=2001:db8::4 quoted_proto=17 "
                           "quoted_sport=1234 quoted_dport=53"),
              "%s", told);
    snprintf(message, sizeof message, "0401 0000 00000028 %s", quote);
    cr_expect(
        strstr(tell(true, message), " code_name=unknown_next_header checksum=bad pointer=40"));
}

/** Ports are those of the quoted packet, not of one that travels in it. */
Test(icmp, quoted_tunnels_have_no_ports)
{
    const char *told = tell(false, "0301 0000 00000000 45000030 00070000 40040000 c0000201 "
                                   "c0000202 " QUOTED_UDP);
    cr_expect(strstr(told, "quoted_proto=4"), "%s", told);
    cr_expect(!strstr(told, "quoted_sport"), "%s", told);
}

Test(icmp, neighbour_discovery)
{
    cr_expect(strstr(tell(true, "8700 0000 00000000 20010db8000000000000000000000009 "
                                "0101 020406080a0c"),
                     "type_name=neighbor_solicitation code=0 checksum=bad target=2001:db8::9 "
                     "link_address=02:04:06:08:0a:0c"));
    /* Other options before it; a length of 0 ends the list. */
    cr_expect(strstr(tell(true, "8800 0000 00000000 20010db8000000000000000000000009 "
                                "0e01 000000000000 0201 020406080a0c"),
                     "link_address=02:04:06:08:0a:0c"));
    cr_expect(!strstr(tell(true, "8800 0000 00000000 20010db8000000000000000000000009 "
                                 "0e00 000000000000 0201 020406080a0c"),
                      "link_address"));
    cr_expect(!strstr(tell(true, "8800 0000 00000000 20010db8000000000000000000000009 "
                                 "0e02 000000000000"),
                      "link_address"));
    cr_expect(strstr(tell(true, "8900 0000 00000000 20010db8000000000000000000000009 "
                                "20010db800000000000000000000000a 0201 020406080a0c"),
                     "gateway=2001:db8::9 target=2001:db8::a link_address="));
    cr_expect(strstr(tell(true, "8500 0000 00000000 0101 020406080a0c"),
                     "type_name=router_solicitation code=0 checksum=bad link_address=02:04"));
    cr_expect(strstr(tell(true, "8600 0000 40000000 00000000 00000000 0101 020406080a0c"),
                     "type_name=router_advertisement code=0 checksum=bad link_address=02:04"));
}

Test(icmp, unnamed)
{
    cr_expect_str_eq(tell(false, "fffe 0000 00000000"),
                     FROM "type=255 code=254 checksum=bad len=0 payload=");
    cr_expect(strstr(tell(false, "0310 0000 00000000"), "code=16 checksum"));
}

Test(icmp, every_truncation)
{
    static const struct {
        bool ipv6;
        const char *message;
    } cases[] = {
        {false, "0303 0000 00000000 " QUOTED_UDP},
        {false, "0501 0000 c00002fe " QUOTED_UDP},
        {true, "8900 0000 00000000 20010db8000000000000000000000009 "
               "20010db800000000000000000000000a 0201 020406080a0c"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tell(cases[i].ipv6, cases[i].message);
        uint32_t ip = cases[i].ipv6 ? 40 : 20;
        for (uint32_t cut = 0; cut <= frame.len; cut++) {
            probe_cut(&probe, cases[i].ipv6 ? 229 : 228, &frame, cut, (uint32_t)frame.len);
            const char *told = layer_run(palua_plugin_icmp(), &probe, UINT64_MAX);
            cr_expect_eq(*told != 0, cut >= ip + 2, "case %zu, %u bytes: %s", i, cut, told);
            cr_expect_eq(strstr(told, "gateway") != NULL,
                         (i == 1 && cut >= ip + 8) || (i == 2 && cut >= ip + 24));
            cr_expect(cut == frame.len || !*told || strstr(told, "checksum=unverified"));
        }
    }
}

Test(icmp, changed_and_cut)
{
    static const struct {
        bool ipv6;
        const char *message;
    } cases[] = {
        {false, "0303 0000 00000000 " QUOTED_UDP},
        {false, "0b00 0000 00000000 45000030 00070000 40040000 c0000201 c0000202 " QUOTED_UDP},
        {true, "8900 0000 00000000 20010db8000000000000000000000009 "
               "20010db800000000000000000000000a 0e01 000000000000 0201 020406080a0c"},
        {true, "0200 0000 00000500 60000000 0010 2c 40 20010db8000000000000000000000003 "
               "20010db8000000000000000000000004 1100 0000 00000007 04d20035 00080000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tell(cases[i].ipv6, cases[i].message);
        static struct frame sound;
        sound = frame;
        layer_run_random(palua_plugin_icmp(), &probe, cases[i].ipv6 ? 229 : 228, &sound,
                         (unsigned)time(NULL));
    }
}
