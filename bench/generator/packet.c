// SPDX-License-Identifier: MIT OR Apache-2.0
#include "generator/packet.h"

#include <string.h>

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMPV6 = 58 };

/* RFC 1071: the order of bytes within the words does not matter until the sum is stored. */
static uint64_t sum_words(const uint8_t *at, uint32_t len)
{
    uint64_t sum = 0;
    for (; len >= 4; at += 4, len -= 4) {
        uint32_t word;
        memcpy(&word, at, 4);
        sum += word;
    }
    uint32_t rest = 0;
    memcpy(&rest, at, len);
    return sum + rest;
}

static void put_checksum(uint8_t *at, uint64_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    uint16_t folded = (uint16_t)~sum;
    memcpy(at, &folded, 2);
}

static uint64_t sum_pseudo_header(const struct packet *packet, uint32_t len)
{
    uint8_t tail[8] = {0};
    packet_put_u32(tail, len);
    tail[7] = packet->proto;
    uint64_t addresses =
        packet->ipv6 ? sum_words(packet->network + 8, 32) : sum_words(packet->network + 12, 8);
    return addresses + sum_words(tail, 8);
}

static uint8_t *put_link(uint8_t *at, const struct packet_ends *ends, int side)
{
    memcpy(at, ends->mac[!side], 6);
    memcpy(at + 6, ends->mac[side], 6);
    at += 12;
    if (ends->vlan)
        at = packet_put_u32(at, 0x81000000U | ends->vlan);
    return packet_put_u16(at, ends->ipv6 ? 0x86dd : 0x0800);
}

static uint8_t *put_ipv4(uint8_t *at, const struct packet_ends *ends, int side, uint16_t id,
                         uint8_t proto)
{
    at = packet_put_u32(at, 0x45000000U);
    at = packet_put_u32(at, (uint32_t)id << 16 | 0x4000);
    at = packet_put_u32(at, 64U << 24 | (uint32_t)proto << 16);
    memcpy(at, ends->addr[side], 4);
    memcpy(at + 4, ends->addr[!side], 4);
    return at + 8;
}

static uint8_t *put_ipv6(uint8_t *at, const struct packet_ends *ends, int side, uint8_t proto)
{
    at = packet_put_u32(at, 0x60000000U);
    at = packet_put_u32(at, (uint32_t)proto << 8 | 64);
    memcpy(at, ends->addr[side], 16);
    memcpy(at + 16, ends->addr[!side], 16);
    return at + 32;
}

static void begin(struct packet *packet, uint8_t *frame, const struct packet_ends *ends, int side,
                  uint16_t id, uint8_t proto)
{
    packet->frame = frame;
    packet->ipv6 = ends->ipv6;
    packet->proto = proto;
    packet->network = put_link(frame, ends, side);
    packet->transport = ends->ipv6 ? put_ipv6(packet->network, ends, side, proto)
                                   : put_ipv4(packet->network, ends, side, id, proto);
}

/* MSS 1440, SACK permitted, timestamps, window scale 7: what Linux sends. */
static uint8_t *put_syn_options(uint8_t *at, const struct packet_segment *segment)
{
    at = packet_put_u32(at, 2U << 24 | 4 << 16 | 1440);
    at = packet_put_u32(at, 4U << 24 | 2 << 16 | 8 << 8 | 10);
    at = packet_put_u32(at, segment->time_ms);
    at = packet_put_u32(at, segment->echo_ms);
    return packet_put_u32(at, 1U << 24 | 3 << 16 | 3 << 8 | 7);
}

static uint8_t *put_timestamps(uint8_t *at, const struct packet_segment *segment)
{
    at = packet_put_u32(at, 1U << 24 | 1 << 16 | 8 << 8 | 10);
    at = packet_put_u32(at, segment->time_ms);
    return packet_put_u32(at, segment->echo_ms);
}

void packet_begin_tcp(struct packet *packet, uint8_t *frame, const struct packet_ends *ends,
                      int side, uint16_t id, const struct packet_segment *segment)
{
    begin(packet, frame, ends, side, id, PROTO_TCP);
    bool syn = segment->flags & PACKET_SYN;
    uint32_t words = syn ? 10 : 8;
    uint8_t *at = packet_put_u16(packet->transport, ends->port[side]);
    at = packet_put_u16(at, ends->port[!side]);
    at = packet_put_u32(at, segment->seq);
    at = packet_put_u32(at, segment->flags & PACKET_ACK ? segment->ack : 0);
    at = packet_put_u32(at, words << 28 | (uint32_t)segment->flags << 16 | 0xfaf0);
    at = packet_put_u32(at, 0);
    packet->payload = syn ? put_syn_options(at, segment) : put_timestamps(at, segment);
}

void packet_begin_udp(struct packet *packet, uint8_t *frame, const struct packet_ends *ends,
                      int side, uint16_t id)
{
    begin(packet, frame, ends, side, id, PROTO_UDP);
    uint8_t *at = packet_put_u16(packet->transport, ends->port[side]);
    at = packet_put_u16(at, ends->port[!side]);
    packet->payload = packet_put_u32(at, 0);
}

void packet_begin_echo(struct packet *packet, uint8_t *frame, const struct packet_ends *ends,
                       int side, uint16_t id, uint16_t sequence)
{
    begin(packet, frame, ends, side, id, ends->ipv6 ? PROTO_ICMPV6 : PROTO_ICMP);
    uint32_t type = ends->ipv6 ? 128U + (uint32_t)side : (side ? 0U : 8U);
    uint8_t *at = packet_put_u32(packet->transport, type << 24);
    packet->payload = packet_put_u32(at, (uint32_t)ends->port[0] << 16 | sequence);
}

static void end_network(struct packet *packet, uint32_t transport_len)
{
    if (packet->ipv6) {
        packet_put_u16(packet->network + 4, transport_len);
        return;
    }
    packet_put_u16(packet->network + 2, transport_len + 20);
    put_checksum(packet->network + 10, sum_words(packet->network, 20));
}

static void end_transport(struct packet *packet, uint32_t len)
{
    if (packet->proto == PROTO_UDP)
        packet_put_u16(packet->transport + 4, len);
    /* ICMP for IPv4 is the only one without a pseudo-header. */
    uint64_t sum = packet->proto == PROTO_ICMP ? 0 : sum_pseudo_header(packet, len);
    uint32_t offset = packet->proto == PROTO_TCP ? 16 : packet->proto == PROTO_UDP ? 6 : 2;
    uint8_t *at = packet->transport + offset;
    put_checksum(at, sum + sum_words(packet->transport, len));
    /* RFC 768: a computed zero is sent as all ones. */
    if (packet->proto == PROTO_UDP && !at[0] && !at[1])
        packet_put_u16(at, 0xffff);
}

uint32_t packet_end(struct packet *packet, uint32_t payload_len)
{
    uint32_t transport_len = (uint32_t)(packet->payload - packet->transport) + payload_len;
    end_network(packet, transport_len);
    end_transport(packet, transport_len);
    return (uint32_t)(packet->transport - packet->frame) + transport_len;
}
