// SPDX-License-Identifier: MIT OR Apache-2.0
/* What plain_decode takes on itself, and that it says what the walk says. */
#include "decode/plain.h"

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

TestSuite(plain, .init = set_up, .fini = tear_down);

/** Whether plain_decode takes the first `caplen` bytes; in any case all must agree. */
static bool taken_cut(uint16_t linktype, uint32_t caplen, uint32_t origlen)
{
    struct palua_packet packet, given;
    uint8_t *bytes = malloc(caplen ? caplen : 1);
    memcpy(bytes, frame.data, caplen);
    memset(&packet, 0xa5, sizeof packet);
    packet.data = bytes;
    packet.caplen = caplen;
    packet.origlen = origlen;
    packet.linktype = linktype;
    packet.flags = probe.fcs ? probe.fcs : PALUA_PACKET_NO_TIME;
    given = packet;
    bool plain = plain_decode(probe.decoder, &packet);
    const char *wrong = plain ? check_walk(probe.decoder, &packet, &given, 0) : NULL;
    cr_assert(!wrong, "%s does not hold", wrong);
    free(bytes);
    return plain;
}

static bool taken(void)
{
    return taken_cut(ETHERNET, (uint32_t)frame.len, (uint32_t)frame.len);
}

/** One of the eight kinds there are, with `payload` bytes and padding behind them. */
static void put_plain(unsigned kind, unsigned payload, unsigned padding)
{
    bool ipv6 = kind & 1, tcp = kind & 2, tag = kind & 4;
    unsigned len = payload + (tcp ? 20 : 8);
    frame.len = 0;
    put_eth(&frame, tag ? ON_VLAN : ipv6 ? ON_IPV6 : ON_IP);
    if (tag)
        put_vlan(&frame, 0xe123, ipv6 ? ON_IPV6 : ON_IP);
    if (ipv6)
        put_ipv6(&frame, tcp ? P_TCP : P_UDP, len);
    else
        put_ip(&frame, tcp ? P_TCP : P_UDP, len);
    if (tcp)
        put_tcp(&frame, 1000, 443, 5);
    else
        put_udp(&frame, 1000, 53, len);
    put_fill(&frame, payload + padding, 0x55);
}

Test(plain, takes_the_commonest_packets)
{
    for (unsigned kind = 0; kind < 8; kind++)
        for (unsigned size = 0; size < 200; size += 7) {
            put_plain(kind, size, size < 20 ? 20 - size : 0);
            cr_assert(taken(), "kind %u, %u bytes", kind, size);
        }
}

/** As long as all headers are there. */
Test(plain, takes_packets_that_the_snaplen_cut)
{
    for (unsigned kind = 0; kind < 8; kind++) {
        put_plain(kind, 40, 0);
        for (uint32_t cut = 0; cut < frame.len; cut++) {
            bool whole = cut >= frame.len - 40;
            cr_assert_eq(taken_cut(ETHERNET, cut, (uint32_t)frame.len), whole, "%u", cut);
            taken_cut(ETHERNET, cut, cut);
        }
    }
}

Test(plain, leaves_the_rest_to_the_walk)
{
    put_plain(0, 10, 0);
    cr_assert(!taken_cut(113, (uint32_t)frame.len, (uint32_t)frame.len));
    probe.fcs = PALUA_PACKET_FCS;
    cr_assert(!taken());
    probe.fcs = 0;
    frame.data[14] = 0x46; /* options */
    cr_assert(!taken());
    put_plain(0, 10, 0);
    frame.data[20] = 0x20; /* a first fragment */
    cr_assert(!taken());
    put_plain(0, 10, 0);
    frame.data[16] = frame.data[17] = 0; /* offload */
    cr_assert(!taken());
    put_plain(0, 10, 0);
    frame.data[39] = 19; /* beyond the datagram */
    cr_assert(!taken());
    put_plain(2, 10, 0);
    frame.data[46] = 0x40; /* data offset */
    cr_assert(!taken());
    put_plain(1, 10, 0);
    frame.data[18] = frame.data[19] = 0; /* a jumbogram, or offload */
    cr_assert(!taken());
    put_plain(4, 10, 0);
    frame.data[16] = 0x81; /* a second tag */
    frame.data[17] = 0;
    cr_assert(!taken());
}

Test(plain, leaves_ports_of_plugins_to_the_walk)
{
    const struct palua_plugin *palua_plugin_vxlan(void);
    probe_add(&probe, palua_plugin_vxlan());
    put_plain(0, 10, 0);
    cr_assert(taken());
    frame.data[36] = 4789 >> 8;
    frame.data[37] = 4789 & 0xff;
    cr_assert(!taken());
    put_plain(2, 10, 0);
    frame.data[36] = 4789 >> 8;
    frame.data[37] = 4789 & 0xff;
    cr_assert(taken());
}

Test(plain, keys_by_tag_only_if_asked_to)
{
    put_plain(4, 10, 0);
    decoder_key(probe.decoder, 0);
    cr_assert(taken());
}

/** Sound packets of which a few bytes change. */
Test(plain, says_what_the_walk_says)
{
    uint64_t seed = (uint64_t)time(NULL);
    uint32_t plain = 0;
    fprintf(stderr, "plain/says_what_the_walk_says: seed %llu\n", (unsigned long long)seed);
    srand((unsigned)seed);
    for (int round = 0; round < 100000; round++) {
        put_plain((unsigned)rand() % 8, (unsigned)rand() % 60, (unsigned)rand() % 20);
        for (int changes = rand() % 4; changes > 0; changes--)
            frame.data[(unsigned)rand() % frame.len] = (uint8_t)(rand() % 3 ? rand() : 0);
        uint32_t len = (uint32_t)frame.len,
                 caplen = rand() % 3 ? len : (uint32_t)rand() % (len + 1);
        plain += taken_cut(ETHERNET, caplen, rand() % 3 ? len : caplen);
    }
    cr_assert_gt(plain, 20000);
}
