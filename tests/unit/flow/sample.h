// SPDX-License-Identifier: MIT OR Apache-2.0
/** Packets made by hand for the flow table's tests: a record with an IP and perhaps a TCP layer,
 * and the tuple that goes with it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "decode/decode.h"
#include "flow/table.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

/** One packet, as a test thinks of it. */
struct sample {
    uint64_t number;
    int64_t ts_ns;
    uint8_t addr_len; /**< 4 or 16 */
    uint8_t proto;
    uint8_t src; /**< last byte of the address; the others follow from addr_len */
    uint8_t dst;
    uint16_t sport;
    uint16_t dport;
    uint16_t vlan;
    uint32_t context;
    uint16_t tcp_flags;
    uint32_t seq;
    uint32_t ack;
    uint32_t payload;
    bool zero_window;
    uint8_t shard; /**< the first 8 bits of flow_hash */
};

/** The packet that the table gets. */
struct sample_packet {
    struct palua_packet packet;
    struct decode_tuple tuple;
    uint8_t src[16];
    uint8_t dst[16];
    uint8_t frame[60];
};

static inline void sample_address(uint8_t out[16], uint8_t addr_len, uint8_t last)
{
    memset(out, 0, 16);
    out[0] = addr_len == 4 ? 10 : 0x20;
    out[addr_len - 1] = last;
}

static inline void sample_fill(const struct sample *from, struct sample_packet *out)
{
    uint32_t ip_len = from->addr_len == 4 ? 20 : 40;
    uint32_t tcp_len = from->proto == 6 ? 20 : 0;
    memset(out, 0, sizeof *out);
    sample_address(out->src, from->addr_len, from->src);
    sample_address(out->dst, from->addr_len, from->dst);
    out->tuple = (struct decode_tuple){
        .src = {out->src, from->addr_len, 0},
        .dst = {out->dst, from->addr_len, 0},
        .sport = from->sport,
        .dport = from->dport,
        .vlan = from->vlan,
        .context = from->context,
        .proto = from->proto,
    };
    for (unsigned i = 0; i < 4; i++)
        out->frame[ip_len + 4 + i] = (uint8_t)(from->seq >> (24 - 8 * i));
    for (unsigned i = 0; i < 4; i++)
        out->frame[ip_len + 8 + i] = (uint8_t)(from->ack >> (24 - 8 * i));
    out->frame[ip_len + 13] = (uint8_t)from->tcp_flags;
    out->frame[ip_len + 14] = (uint8_t)(from->zero_window ? 0 : 16);
    out->packet = (struct palua_packet){
        .number = from->number,
        .ts_ns = from->ts_ns,
        .data = out->frame,
        .caplen = sizeof out->frame,
        .origlen = ip_len + tcp_len + from->payload,
        .layer_count = tcp_len ? 2 : 1,
        .network = 0,
        .transport = tcp_len ? 1 : PALUA_NO_LAYER,
        .flags = PALUA_PACKET_FLOW,
        .flow_hash = (uint32_t)from->shard << 24,
    };
    out->packet.layers[0] = (struct palua_layer){
        .protocol = from->addr_len == 4 ? PALUA_PROTOCOL_IP : PALUA_PROTOCOL_IPV6,
        .len = ip_len + tcp_len + from->payload,
        .header_len = (uint16_t)ip_len,
        .aux = from->proto,
    };
    out->packet.layers[1] = (struct palua_layer){
        .protocol = PALUA_PROTOCOL_TCP,
        .offset = ip_len,
        .len = tcp_len + from->payload,
        .header_len = (uint16_t)tcp_len,
        .aux = from->tcp_flags,
    };
}
