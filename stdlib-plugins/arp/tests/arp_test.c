// SPDX-License-Identifier: MIT OR Apache-2.0
#include <time.h>

#include "layer_run.h"

const struct palua_plugin *palua_plugin_arp(void);

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

TestSuite(arp, .init = set_up, .fini = tear_down);

static const char *tell(const char *message)
{
    frame.len = 0;
    put_eth(&frame, ON_ARP);
    put_hex(&frame, message);
    probe_decode(&probe, ETHERNET, &frame);
    return layer_run(palua_plugin_arp(), &probe, UINT64_MAX);
}

#define ETHERNET_FIELDS " mac_src=04:04:04:04:04:04 mac_dst=02:02:02:02:02:02"

Test(arp, request_and_reply)
{
    cr_expect_str_eq(tell("0001 0800 06 04 0001 020406080a0c c0000201 000000000000 c0000202"),
                     "opcode=request src_hw_mac=02:04:06:08:0a:0c src_proto_ipv4=192.0.2.1 "
                     "dst_hw_mac=00:00:00:00:00:00 dst_proto_ipv4=192.0.2.2" ETHERNET_FIELDS
                     " isgratuitous=false isprobe=false hw_type=1 proto_type=2048");
    cr_expect(strstr(tell("0001 0800 06 04 0002 020406080a0c c0000201 020202020202 c0000202"),
                     "opcode=reply "));
    cr_expect(strstr(tell("0001 0800 06 04 0fff 020406080a0c c0000201 020202020202 c0000202"),
                     "opcode=4095 "));
}

Test(arp, announcements_and_probes)
{
    cr_expect(strstr(tell("0001 0800 06 04 0001 020406080a0c c0000201 000000000000 c0000201"),
                     "isgratuitous=true isprobe=false"));
    cr_expect(strstr(tell("0001 0800 06 04 0001 020406080a0c 00000000 000000000000 c0000201"),
                     "isgratuitous=false isprobe=true"));
    cr_expect(strstr(tell("0001 0800 06 04 0002 020406080a0c 00000000 000000000000 c0000201"),
                     "isprobe=false"));
    cr_expect(strstr(tell("0001 0800 06 04 0001 020406080a0c 00000000 000000000000 00000000"),
                     "isgratuitous=true isprobe=false"));
}

/** Addresses of other lengths are passed over; those behind them are still found. */
Test(arp, other_hardware_and_protocols)
{
    cr_expect_str_eq(tell("0013 0800 02 04 0001 aabb c0000201 ccdd c0000202"),
                     "opcode=request src_proto_ipv4=192.0.2.1 "
                     "dst_proto_ipv4=192.0.2.2" ETHERNET_FIELDS
                     " isgratuitous=false isprobe=false hw_type=19 proto_type=2048");
    cr_expect(strstr(tell("0001 86dd 06 10 0001 020406080a0c 20010db8000000000000000000000001 "
                          "000000000000 20010db8000000000000000000000002"),
                     "src_proto_ipv4=2001:db8::1"));
    cr_expect_str_eq(tell("0001 8035 00 00 0001"),
                     "opcode=request" ETHERNET_FIELDS
                     " isgratuitous=false isprobe=false hw_type=1 proto_type=32821");
}

Test(arp, behind_a_tag_and_without_ethernet)
{
    put_eth(&frame, ON_VLAN);
    put_vlan(&frame, 7, ON_ARP);
    put_hex(&frame, "0001 0800 06 04 0001 020406080a0c c0000201 000000000000 c0000202");
    probe_decode(&probe, ETHERNET, &frame);
    cr_expect(strstr(layer_run(palua_plugin_arp(), &probe, UINT64_MAX), ETHERNET_FIELDS));
    frame.len = 0;
    put_hex(&frame, "0000 0001 0006 0404040404040000 0806");
    put_hex(&frame, "0001 0800 06 04 0001 020406080a0c c0000201 000000000000 c0000202");
    probe_decode(&probe, 113, &frame);
    cr_assert_str_eq(probe.stack, "sll:arp");
    cr_expect(!strstr(layer_run(palua_plugin_arp(), &probe, UINT64_MAX), "mac_src"));
}

Test(arp, every_truncation)
{
    tell("0001 0800 06 04 0001 020406080a0c c0000201 000000000000 c0000202");
    size_t events = 0;
    for (uint32_t cut = 0; cut <= frame.len; cut++) {
        probe_cut(&probe, ETHERNET, &frame, cut, (uint32_t)frame.len);
        const char *told = layer_run(palua_plugin_arp(), &probe, UINT64_MAX);
        cr_expect_eq(*told != 0, cut >= 14 + 8, "%u bytes: %s", cut, told);
        cr_expect_eq(strstr(told, "src_hw_mac") != NULL, cut >= 14 + 14);
        cr_expect_eq(strstr(told, "src_proto_ipv4") != NULL, cut >= 14 + 18);
        cr_expect_eq(strstr(told, "dst_hw_mac") != NULL, cut >= 14 + 24);
        cr_expect_eq(strstr(told, "dst_proto_ipv4") != NULL, cut >= 14 + 28);
        events += *told != 0;
    }
    cr_expect_eq(events, 21);
}

Test(arp, changed_and_cut)
{
    tell("0001 0800 06 04 0001 020406080a0c c0000201 000000000000 c0000202");
    static struct frame sound;
    sound = frame;
    layer_run_random(palua_plugin_arp(), &probe, ETHERNET, &sound, (unsigned)time(NULL));
}
