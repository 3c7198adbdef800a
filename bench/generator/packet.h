// SPDX-License-Identifier: MIT OR Apache-2.0
/** Builds one Ethernet frame with IPv4 (RFC 791) or IPv6 (RFC 8200) and TCP (RFC 9293), UDP (RFC
 * 768) or ICMP echo (RFC 792, RFC 4443), all lengths and checksums right. Headers are written
 * first, the caller fills in the payload, packet_end does the rest. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum packet_flag {
    PACKET_FIN = 0x01,
    PACKET_SYN = 0x02,
    PACKET_RST = 0x04,
    PACKET_PSH = 0x08,
    PACKET_ACK = 0x10
};

/** The two ends of a conversation; side 0 is the originator. */
struct packet_ends {
    bool ipv6;
    uint16_t vlan; /**< 0: none */
    uint8_t mac[2][6];
    uint8_t addr[2][16]; /**< IPv4 uses the first four bytes */
    uint16_t port[2];
};

struct packet {
    uint8_t *frame;
    uint8_t *network;
    uint8_t *transport;
    uint8_t *payload; /**< where the caller writes */
    uint8_t proto;
    bool ipv6;
};

struct packet_segment {
    uint32_t seq;
    uint32_t ack;
    uint32_t time_ms; /**< of the timestamp option, RFC 7323 */
    uint32_t echo_ms;
    uint8_t flags; /**< enum packet_flag; with PACKET_SYN the usual options are sent */
};

/** @param side  who sends: 0 or 1
 *  @param id    the IPv4 identification */
void packet_begin_tcp(struct packet *packet, uint8_t *frame, const struct packet_ends *ends,
                      int side, uint16_t id, const struct packet_segment *segment);
void packet_begin_udp(struct packet *packet, uint8_t *frame, const struct packet_ends *ends,
                      int side, uint16_t id);
/** An echo request from side 0, a reply from side 1; port[0] is the identifier. */
void packet_begin_echo(struct packet *packet, uint8_t *frame, const struct packet_ends *ends,
                       int side, uint16_t id, uint16_t sequence);
/** Writes lengths and checksums. @return the length of the frame in bytes */
uint32_t packet_end(struct packet *packet, uint32_t payload_len);

/** Big-endian writers that give back the place after what they wrote. */
static inline uint8_t *packet_put_u16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

static inline uint8_t *packet_put_u32(uint8_t *at, uint32_t value)
{
    return packet_put_u16(packet_put_u16(at, value >> 16), value);
}
