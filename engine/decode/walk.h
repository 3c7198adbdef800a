// SPDX-License-Identifier: MIT OR Apache-2.0
/** One packet on its way through the layers: what the handlers of link.c, ip.c, ipv6.c and
 * transport.c share.
 *
 * A walk stands before a header that is still to be read. Two lengths bound what follows: the
 * cursor's window holds what was captured, `left` counts what the outer layers declare to be on the
 * wire (never less than the window). A handler reads its header, adds a layer, moves behind it and
 * returns which handler is next. Lives on the stack of decode_walk; one thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <palua/packet.h>

#include "base/cursor.h"
#include "batch/batch.h"
#include "decode/decode.h"
#include "decode/decoder.h"
#include "decode/tuple.h"

struct walk {
    struct cursor in; /**< captured bytes from the next header on; base is the frame or buffer */
    uint32_t left;    /**< bytes on the wire from the next header on */
    uint16_t tag;     /**< id of the last keyed VLAN tag since the last IP header */
    uint8_t count;    /**< layers so far */
    uint8_t buffer;   /**< that the walk is in, as in struct palua_layer */
    uint8_t quoted;   /**< PALUA_LAYER_QUOTED inside an ICMP error, else 0 */
    uint8_t flags;    /**< enum palua_packet_flag */
    uint8_t
        ip; /**< index of the IP layer whose chain of headers is being walked, or PALUA_NO_LAYER */
    uint8_t network; /**< as in the packet */
    uint8_t transport;
    uint8_t proto; /**< behind the network layer's extension headers; that of the transport layer if
                      there is one */
    bool ipv6;     /**< the chain's IP layer is IPv6 */
    bool padded;   /**< the 802.11 header that comes next is padded to a multiple of 4 bytes */
    uint32_t around;  /**< hash of the keyed contexts so far */
    uint32_t context; /**< that of the packet: `around` when its network layer was met */
    uint16_t vlan;    /**< as in struct decode_tuple, like what follows */
    uint16_t sport;
    uint16_t dport;
    uint64_t src; /**< addresses as words, see tuple.h */
    uint64_t dst;
    struct palua_packet *packet;
    const struct decoder *decoder;
    struct batch *batch;
    uint32_t index; /**< of the packet in the batch */
};

/** What a handler returns besides the slots of decoder.h. */
enum {
    WALK_DATA = DECODER_SLOT_NONE, /**< what is left, if anything, is a DATA layer */
    WALK_REFUSED = 254,            /**< a plugin's: the bytes are not its encapsulation */
    WALK_END = 255                 /**< no further layer */
};

/** Appends an anomaly of the layer that `layer` is the index of. */
void walk_fault(struct walk *walk, uint16_t code, uint32_t layer, uint32_t offset);

/** Adds a last layer for a header of which fewer bytes were declared or captured than the `need` it
 * takes. Returns WALK_END. */
unsigned walk_short(struct walk *walk, uint16_t protocol, uint32_t need);

/** Marks the layer added last, whose header contradicts itself `field` bytes in, as malformed and
 * without payload. Returns WALK_END. */
unsigned walk_bad(struct walk *walk, enum decode_fault code, uint32_t field);

/** The header of the layer added last is longer than what is declared: as walk_bad, but inside an
 * ICMP error the quote just ends here. Returns WALK_END. */
unsigned walk_overrun(struct walk *walk, enum decode_fault code, uint32_t field);

/** Marks the layer added last as malformed in a way one can go on from. */
void walk_odd(struct walk *walk, enum decode_fault code, uint32_t field);

/** Adds a layer whose header is `header_len` bytes and moves behind it. Returns `next`, or WALK_END
 * if there are not that many: the layer is then marked and an anomaly raised. */
unsigned walk_through(struct walk *walk, uint16_t protocol, uint32_t header_len, uint16_t aux,
                      unsigned next);

/** Asks the decoder plugin of a slot what the bytes are. Returns the next handler or WALK_REFUSED.
 */
unsigned walk_plugin(struct walk *walk, unsigned slot);

/** Offset of the next header in its buffer. */
static inline uint32_t walk_offset(const struct walk *walk)
{
    return (uint32_t)cursor_offset(&walk->in);
}

/** The layer added last. */
static inline struct palua_layer *walk_last(struct walk *walk)
{
    return &walk->packet->layers[walk->count - 1];
}

/** Bounds what follows to `len` bytes; `len` is at most `left`. */
static inline void walk_trim(struct walk *walk, uint32_t len)
{
    walk->left = len;
    cursor_clip(&walk->in, len);
}

/** Leaves out the last `len` bytes of what follows: a check sequence. */
static inline void walk_drop(struct walk *walk, uint32_t len)
{
    walk_trim(walk, walk->left > len ? walk->left - len : 0);
}

/** Adds the layer that the walk stands before. There is room: the loop checks the cap before it
 * calls a handler. */
static inline struct palua_layer *walk_layer(struct walk *walk, uint16_t protocol,
                                             uint32_t header_len, uint16_t aux)
{
    struct palua_layer *layer = &walk->packet->layers[walk->count++];
    bool cut = cursor_left(&walk->in) < walk->left;
    *layer = (struct palua_layer){
        .protocol = protocol,
        .buffer = walk->buffer,
        .flags = (uint8_t)((cut ? PALUA_LAYER_CUT : 0) | walk->quoted),
        .offset = walk_offset(walk),
        .len = walk->left,
        .header_len = (uint16_t)header_len,
        .aux = aux,
    };
    return layer;
}

/** Notes the context of the layer added last. */
static inline void walk_context(struct walk *walk, enum decode_context kind, uint32_t context)
{
    struct palua_layer *layer = walk_last(walk);
    bool keyed = walk->decoder->keyed & kind;
    layer->context = context;
    layer->flags |= (uint8_t)(PALUA_LAYER_CONTEXT | (keyed ? PALUA_LAYER_KEYED : 0));
    if (keyed && !walk->quoted)
        walk->around = tuple_context(walk->around, context);
}

/** The same of a VLAN tag, whose id stands in aux and which a five-tuple has a place of its own
 * for. */
static inline void walk_tag(struct walk *walk, struct palua_layer *layer)
{
    bool keyed = walk->decoder->keyed & DECODE_CONTEXT_VLAN;
    layer->context = layer->aux;
    layer->flags |= (uint8_t)(PALUA_LAYER_CONTEXT | (keyed ? PALUA_LAYER_KEYED : 0));
    if (keyed)
        walk->tag = layer->aux;
}

/** Moves to where `in`, a copy of the walk's cursor, has got to. */
static inline void walk_to(struct walk *walk, const struct cursor *in)
{
    walk->left -= (uint32_t)(in->pos - walk->in.pos);
    walk->in.pos = in->pos;
}

/** Moves behind the header of the layer added last: `len` bytes, at most `left`.
 * @return false if the snaplen cut that header: an anomaly was raised, go no further */
static inline bool walk_behind(struct walk *walk, uint32_t len)
{
    if (!cursor_skip(&walk->in, len)) {
        walk_fault(walk, DECODE_FAULT_SNAPLEN_CUT, walk->count - 1u, walk_offset(walk));
        return false;
    }
    walk->left -= len;
    return true;
}

/** Decodes packet `index` header by header: what decode_batch does with those that plain_decode
 * leaves to it. */
void decode_walk(const struct decoder *decoder, struct batch *batch, uint32_t index);

/* The handlers. Each reads one header. */
unsigned link_eth(struct walk *walk);
unsigned link_vlan(struct walk *walk, uint16_t protocol);
unsigned link_raw(struct walk *walk);
unsigned link_null(struct walk *walk);
unsigned link_sll(struct walk *walk);
unsigned link_sll2(struct walk *walk);
unsigned link_arp(struct walk *walk);
unsigned llc_header(struct walk *walk);
unsigned ppp_header(struct walk *walk);
unsigned ppp_hdlc(struct walk *walk);
unsigned ppp_cisco(struct walk *walk);
unsigned ppp_ethernet(struct walk *walk, uint16_t protocol);
unsigned mpls_stack(struct walk *walk);
unsigned mpls_control_word(struct walk *walk);
unsigned bridge_backbone(struct walk *walk);
unsigned bridge_macsec(struct walk *walk);
unsigned bridge_port_tag(struct walk *walk, uint16_t protocol);
unsigned wlan_header(struct walk *walk);
unsigned radio_radiotap(struct walk *walk);
unsigned radio_prism(struct walk *walk);
unsigned radio_avs(struct walk *walk);
unsigned radio_ppi(struct walk *walk);
unsigned lan_fddi(struct walk *walk);
unsigned lan_ring(struct walk *walk);
unsigned lan_infiniband(struct walk *walk);
unsigned gre_header(struct walk *walk);
unsigned terminal_header(struct walk *walk, uint16_t protocol);

/** What a type-or-length field leads to; `field` is where it stands in the layer added last. */
unsigned link_type(struct walk *walk, uint16_t type, uint32_t field);
unsigned ip_header(struct walk *walk);
unsigned ip_ah(struct walk *walk);
unsigned ip_esp(struct walk *walk);
unsigned ipv6_header(struct walk *walk);
unsigned ipv6_extension(struct walk *walk, uint16_t protocol);
unsigned ipv6_fragment(struct walk *walk);
unsigned transport_tcp(struct walk *walk);
unsigned transport_udp(struct walk *walk);
unsigned transport_sctp(struct walk *walk);
unsigned transport_dccp(struct walk *walk);
unsigned transport_udplite(struct walk *walk);
unsigned transport_icmp(struct walk *walk, uint16_t protocol);

/** The layer added last, IPv4 or IPv6, begins a chain of headers and becomes the packet's network
 * layer, unless it is quoted. */
static inline void ip_enter(struct walk *walk, bool ipv6, uint64_t src, uint64_t dst)
{
    walk->ip = (uint8_t)(walk->count - 1);
    walk->ipv6 = ipv6;
    if (walk->quoted)
        return;
    if (walk->network != PALUA_NO_LAYER && walk->decoder->keyed & DECODE_CONTEXT_OUTER) {
        walk->around = tuple_ends(walk->around, walk->src, walk->dst);
        walk->packet->layers[walk->network].flags |= PALUA_LAYER_KEYED;
    }
    walk->network = walk->ip;
    walk->transport = PALUA_NO_LAYER;
    walk->proto = (uint8_t)walk_last(walk)->aux;
    walk->vlan = walk->tag;
    walk->context = walk->around;
    walk->tag = 0;
    walk->sport = 0;
    walk->dport = 0;
    walk->src = src;
    walk->dst = dst;
}

/** Notes the protocol behind an IP or extension header, and returns its handler. */
static inline unsigned ip_next(struct walk *walk, uint8_t proto)
{
    if (walk->ip != PALUA_NO_LAYER) {
        walk->packet->layers[walk->ip].aux = proto;
        if (!walk->quoted)
            walk->proto = proto;
    }
    return walk->decoder->ip_protocols[walk->ipv6][proto];
}

/** The IP layer of the chain holds a fragment: nothing behind it is decoded. Returns WALK_DATA. */
static inline unsigned ip_fragment(struct walk *walk)
{
    if (walk->ip == PALUA_NO_LAYER)
        return WALK_DATA;
    walk->packet->layers[walk->ip].flags |= PALUA_LAYER_FRAGMENT;
    if (!walk->quoted)
        walk->flags |= PALUA_PACKET_FRAGMENT;
    return WALK_DATA;
}
