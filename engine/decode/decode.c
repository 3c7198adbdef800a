// SPDX-License-Identifier: MIT OR Apache-2.0
#include "decode/decode.h"

#include "base/memory.h"
#include "decode/plain.h"
#include "decode/tuple.h"
#include "decode/walk.h"

/** What the capture told of a packet. */
enum { FRAMED_FLAGS = PALUA_PACKET_NO_TIME | PALUA_PACKET_FCS | PALUA_PACKET_FCS_2 };

/** Bytes of check sequence that the capture says a frame ends with. */
static inline uint32_t fcs_len(const struct palua_packet *packet)
{
    return packet->flags & PALUA_PACKET_FCS ? 4 : packet->flags & PALUA_PACKET_FCS_2 ? 2 : 0;
}

/** What no table knows; nothing if nothing is left. */
static unsigned data(struct walk *walk)
{
    if (walk->left)
        walk_layer(walk, PALUA_PROTOCOL_DATA, 0, 0);
    return WALK_END;
}

/** A layer bound to a plugin: if the plugin does not know it, nothing does. */
static unsigned plugin(struct walk *walk, unsigned slot)
{
    unsigned next = walk_plugin(walk, slot);
    return next == WALK_REFUSED ? data(walk) : next;
}

/** Reads one header. Adds one layer at most, for which there is room; what UDP plugins add, they
 * check for themselves. */
static inline unsigned step(struct walk *walk, unsigned slot)
{
    switch (slot) {
    case PALUA_PROTOCOL_ETH:
        return link_eth(walk);
    case PALUA_PROTOCOL_VLAN:
    case PALUA_PROTOCOL_IEEE8021AD:
        return link_vlan(walk, (uint16_t)slot);
    case PALUA_PROTOCOL_RAW:
        return link_raw(walk);
    case PALUA_PROTOCOL_NULL:
        return link_null(walk);
    case PALUA_PROTOCOL_SLL:
        return link_sll(walk);
    case DECODER_SLOT_SLL2:
        return link_sll2(walk);
    case PALUA_PROTOCOL_ARP:
        return link_arp(walk);
    case PALUA_PROTOCOL_LLC:
        return llc_header(walk);
    case PALUA_PROTOCOL_PPP:
        return ppp_header(walk);
    case DECODER_SLOT_PPP_HDLC:
        return ppp_hdlc(walk);
    case PALUA_PROTOCOL_CHDLC:
        return ppp_cisco(walk);
    case PALUA_PROTOCOL_PPPOED:
    case PALUA_PROTOCOL_PPPOES:
        return ppp_ethernet(walk, (uint16_t)slot);
    case PALUA_PROTOCOL_MPLS:
        return mpls_stack(walk);
    case PALUA_PROTOCOL_PWETHCW:
        return mpls_control_word(walk);
    case PALUA_PROTOCOL_IEEE8021AH:
        return bridge_backbone(walk);
    case PALUA_PROTOCOL_MACSEC:
        return bridge_macsec(walk);
    case PALUA_PROTOCOL_VNTAG:
    case PALUA_PROTOCOL_ETAG:
        return bridge_port_tag(walk, (uint16_t)slot);
    case PALUA_PROTOCOL_WLAN:
        return wlan_header(walk);
    case PALUA_PROTOCOL_RADIOTAP:
        return radio_radiotap(walk);
    case PALUA_PROTOCOL_PRISM:
        return radio_prism(walk);
    case PALUA_PROTOCOL_WLANCAP:
        return radio_avs(walk);
    case PALUA_PROTOCOL_PPI:
        return radio_ppi(walk);
    case PALUA_PROTOCOL_FDDI:
        return lan_fddi(walk);
    case PALUA_PROTOCOL_TR:
        return lan_ring(walk);
    case PALUA_PROTOCOL_IPOIB:
        return lan_infiniband(walk);
    case PALUA_PROTOCOL_GRE:
        return gre_header(walk);
    case PALUA_PROTOCOL_STP:
    case PALUA_PROTOCOL_LLDP:
    case PALUA_PROTOCOL_EAPOL:
    case PALUA_PROTOCOL_LOOP:
    case PALUA_PROTOCOL_IGMP:
    case PALUA_PROTOCOL_PIM:
    case PALUA_PROTOCOL_OSPF:
        return terminal_header(walk, (uint16_t)slot);
    case PALUA_PROTOCOL_IP:
        return ip_header(walk);
    case PALUA_PROTOCOL_IPV6:
        return ipv6_header(walk);
    case PALUA_PROTOCOL_IPV6_HOPOPTS:
    case PALUA_PROTOCOL_IPV6_ROUTING:
    case PALUA_PROTOCOL_IPV6_DSTOPTS:
    case PALUA_PROTOCOL_MIPV6:
    case PALUA_PROTOCOL_HIP:
    case PALUA_PROTOCOL_SHIM6:
        return ipv6_extension(walk, (uint16_t)slot);
    case PALUA_PROTOCOL_IPV6_FRAGMENT:
        return ipv6_fragment(walk);
    case PALUA_PROTOCOL_AH:
        return ip_ah(walk);
    case PALUA_PROTOCOL_ESP:
        return ip_esp(walk);
    case PALUA_PROTOCOL_ICMP:
    case PALUA_PROTOCOL_ICMPV6:
        return transport_icmp(walk, (uint16_t)slot);
    case PALUA_PROTOCOL_TCP:
        return transport_tcp(walk);
    case PALUA_PROTOCOL_SCTP:
        return transport_sctp(walk);
    case PALUA_PROTOCOL_DCCP:
        return transport_dccp(walk);
    case PALUA_PROTOCOL_UDPLITE:
        return transport_udplite(walk);
    case PALUA_PROTOCOL_UDP:
        return transport_udp(walk);
    default:
        return slot >= DECODER_SLOT_PLUGIN ? plugin(walk, slot) : data(walk);
    }
}

/** Whether there is more to say of a protocol than its number: without that layer there is no
 * five-tuple. */
static bool needs_more(const struct walk *walk)
{
    switch (walk->decoder->ip_protocols[walk->ipv6][walk->proto]) {
    case PALUA_PROTOCOL_IPV6_HOPOPTS:
    case PALUA_PROTOCOL_IPV6_ROUTING:
    case PALUA_PROTOCOL_IPV6_FRAGMENT:
    case PALUA_PROTOCOL_IPV6_DSTOPTS:
    case PALUA_PROTOCOL_AH:
    case PALUA_PROTOCOL_MIPV6:
    case PALUA_PROTOCOL_HIP:
    case PALUA_PROTOCOL_SHIM6:
    case PALUA_PROTOCOL_ICMP:
    case PALUA_PROTOCOL_ICMPV6:
    case PALUA_PROTOCOL_TCP:
    case PALUA_PROTOCOL_UDP:
    case PALUA_PROTOCOL_SCTP:
    case PALUA_PROTOCOL_DCCP:
    case PALUA_PROTOCOL_UDPLITE:
        return true;
    default:
        return false;
    }
}

/** All fragments of a datagram have the same: of what they carry only IPv4 repeats the protocol. */
__attribute__((cold)) static uint32_t fragment_hash(const struct walk *walk)
{
    return tuple_hash(walk->src, walk->dst, 0, 0, walk->ipv6 ? 0 : walk->proto, walk->vlan,
                      walk->context);
}

static inline void finish(struct walk *walk)
{
    struct palua_packet *packet = walk->packet;
    packet->layer_count = walk->count;
    packet->network = walk->network;
    packet->transport = walk->transport;
    packet->context = walk->context;
    bool whole = walk->network != PALUA_NO_LAYER && !(walk->flags & PALUA_PACKET_FRAGMENT);
    if (whole && (walk->transport != PALUA_NO_LAYER || !needs_more(walk))) {
        walk->flags |= PALUA_PACKET_FLOW;
        packet->flow_hash = tuple_hash(walk->src, walk->dst, walk->sport, walk->dport, walk->proto,
                                       walk->vlan, walk->context);
    } else if (walk->flags & PALUA_PACKET_FRAGMENT) {
        packet->flow_hash = fragment_hash(walk);
    }
    packet->flags = walk->flags;
}

static inline void go(struct walk *walk, unsigned slot)
{
    while (slot != WALK_END && walk->count < PALUA_LAYER_CAP)
        slot = step(walk, slot);
    if (slot != WALK_END && (slot != WALK_DATA || walk->left))
        walk_fault(walk, DECODE_FAULT_TOO_MANY_LAYERS, walk->count, walk_offset(walk));
    finish(walk);
}

void decode_walk(const struct decoder *decoder, struct batch *batch, uint32_t index)
{
    struct palua_packet *packet = &batch->packets[index];
    uint32_t wire = packet->origlen > packet->caplen ? packet->origlen : packet->caplen;
    struct walk walk = {
        .in = cursor_of(packet->data, packet->caplen),
        .left = wire,
        .flags = (uint8_t)((packet->flags & FRAMED_FLAGS) |
                           (wire > packet->caplen ? PALUA_PACKET_TRUNCATED : 0)),
        .ip = PALUA_NO_LAYER,
        .network = PALUA_NO_LAYER,
        .transport = PALUA_NO_LAYER,
        .packet = packet,
        .decoder = decoder,
        .batch = batch,
        .index = index,
    };
    uint32_t fcs = fcs_len(packet);
    if (__builtin_expect(fcs, 0))
        walk_drop(&walk, fcs);
    /* Of an unknown link type nothing is said. */
    unsigned slot = decoder->linktypes[packet->linktype];
    go(&walk, slot == DECODER_SLOT_NONE ? WALK_END : slot);
}

/** Before the payload of a datagram, which lies in a buffer of a packet that held a fragment.
 * @param left  its length, of which the buffer may have less */
static struct walk behind_fragment(const struct decoder *decoder, struct batch *batch,
                                   uint32_t index, uint8_t header, uint8_t buffer, uint32_t left)
{
    struct palua_packet *packet = &batch->packets[index];
    struct palua_slice bytes = packet->buffers[buffer - 1];
    struct walk walk = {
        .in = cursor_of(bytes.data, bytes.len),
        .left = left,
        .count = (uint8_t)(header + 1),
        .buffer = buffer,
        .flags = packet->flags & (uint8_t) ~(PALUA_PACKET_FRAGMENT | PALUA_PACKET_FLOW),
        .ip = packet->network,
        .network = packet->network,
        .transport = PALUA_NO_LAYER,
        .around = packet->context,
        .context = packet->context,
        .ipv6 = packet->layers[packet->network].protocol == PALUA_PROTOCOL_IPV6,
        .packet = packet,
        .decoder = decoder,
        .batch = batch,
        .index = index,
    };
    tuple_network(packet, &walk.src, &walk.dst, &walk.vlan);
    return walk;
}

void decode_reassembled(const struct decoder *decoder, struct batch *batch, uint32_t index,
                        uint8_t header, uint8_t buffer, uint8_t proto)
{
    uint32_t len = batch->packets[index].buffers[buffer - 1].len;
    struct walk walk = behind_fragment(decoder, batch, index, header, buffer, len);
    go(&walk, ip_next(&walk, proto));
}

/** Whether a handler reads a header with ports, or one that may stand before it. */
static bool leads_to_ports(unsigned slot)
{
    return slot == PALUA_PROTOCOL_TCP || slot == PALUA_PROTOCOL_UDP ||
           slot == PALUA_PROTOCOL_SCTP || slot == PALUA_PROTOCOL_DCCP ||
           slot == PALUA_PROTOCOL_UDPLITE || decode_is_extension((uint16_t)slot);
}

bool decode_beginning(const struct decoder *decoder, struct palua_packet *packet, uint8_t header,
                      uint8_t buffer, uint8_t proto, uint32_t len)
{
    // What looks malformed may be so only because the rest is missing: it goes nowhere.
    struct batch scratch = {.packets = packet, .count = 1};
    struct walk walk = behind_fragment(decoder, &scratch, 0, header, buffer, len);
    unsigned slot = ip_next(&walk, proto);
    while (leads_to_ports(slot) && walk.transport == PALUA_NO_LAYER && walk.count < PALUA_LAYER_CAP)
        slot = step(&walk, slot);
    memory_free(scratch.anomalies.items);
    if (walk.transport == PALUA_NO_LAYER)
        return false;
    packet->transport = walk.transport;
    packet->layer_count = (uint8_t)(walk.transport + 1);
    const struct palua_layer *layer = &packet->layers[walk.transport];
    return layer->header_len && layer->header_len <= palua_layer_bytes(packet, walk.transport).len;
}

void decode_batch(const struct decoder *decoder, struct batch *batch, uint32_t first,
                  uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++) {
        if (plain_decode(decoder, &batch->packets[i]))
            continue;
        decode_walk(decoder, batch, i);
        batch->has_fragments |= batch->packets[i].flags & PALUA_PACKET_FRAGMENT;
    }
}
