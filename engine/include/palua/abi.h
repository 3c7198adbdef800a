/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** The data that C and palua's own Lua share: one header for the C compiler and for LuaJIT's
 * ffi.cdef.
 *
 * The build runs the preprocessor over it with PALUA_CDEF defined to make the cdef; nobody writes
 * one by hand. So it holds fixed-width scalars, pointers, arrays and enums only: no bitfields, no
 * varargs, no callbacks, nothing by value but scalars. At load the version and every offset and
 * size listed by PALUA_ABI_FIELDS are compared on both sides, and a difference refuses to start.
 * Nothing here is reachable from a script. */
#ifndef PALUA_ABI_H
#define PALUA_ABI_H

#ifndef PALUA_CDEF
#include <stdbool.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
#endif

enum { PALUA_ABI_VERSION = 2 };

/** Borrowed bytes: a text, an address, a payload. `data` may be NULL when `len` is 0. */
struct palua_slice {
    const uint8_t *data;
    uint32_t len;
    uint32_t reserved;
};

/** Borrowed array of records (or of scalars), `count` of them, laid out as the field's item schema
 * says. */
struct palua_list {
    const void *items;
    uint32_t count;
    uint32_t reserved;
};

enum {
    PALUA_LAYER_CAP = 20
}; /**< layers per packet; deeper nesting is an anomaly "too_many_layers" */
enum { PALUA_NO_LAYER = 255 }; /**< packet->network and ->transport when there is none */

/** Protocols of layers. Names (palua_protocol_name) are those of Wireshark's frame.protocols.
 * Values from PALUA_PROTOCOL_PLUGIN on are given out to decoder plugins in load order. */
enum palua_protocol {
    PALUA_PROTOCOL_NONE = 0,
    PALUA_PROTOCOL_DATA,       /* payload that nothing more is known of */
    PALUA_PROTOCOL_ETH,        /* Ethernet II or 802.3 */
    PALUA_PROTOCOL_VLAN,       /* 802.1Q; aux = VLAN id */
    PALUA_PROTOCOL_IEEE8021AD, /* 802.1ad service tag; aux = VLAN id */
    PALUA_PROTOCOL_RAW,        /* bare IP link types */
    PALUA_PROTOCOL_NULL,       /* BSD loopback */
    PALUA_PROTOCOL_SLL,        /* Linux cooked capture, v1 and v2 */
    PALUA_PROTOCOL_ARP,
    PALUA_PROTOCOL_IP, /* IPv4 */
    PALUA_PROTOCOL_IPV6,
    PALUA_PROTOCOL_IPV6_HOPOPTS,
    PALUA_PROTOCOL_IPV6_ROUTING,
    PALUA_PROTOCOL_IPV6_FRAGMENT,
    PALUA_PROTOCOL_IPV6_DSTOPTS,
    PALUA_PROTOCOL_AH,
    PALUA_PROTOCOL_ESP,
    PALUA_PROTOCOL_MIPV6,
    PALUA_PROTOCOL_HIP,
    PALUA_PROTOCOL_SHIM6,
    PALUA_PROTOCOL_ICMP,
    PALUA_PROTOCOL_ICMPV6,
    PALUA_PROTOCOL_TCP,
    PALUA_PROTOCOL_UDP,
    PALUA_PROTOCOL_LLC, /* 802.2, SNAP included; aux = DSAP << 8 | SSAP, or SNAP's type */
    PALUA_PROTOCOL_STP,
    PALUA_PROTOCOL_LLDP,
    PALUA_PROTOCOL_EAPOL,
    PALUA_PROTOCOL_LOOP,       /* Ethernet configuration testing */
    PALUA_PROTOCOL_PPPOED,     /* PPPoE discovery; aux = session id */
    PALUA_PROTOCOL_PPPOES,     /* PPPoE session; aux = session id */
    PALUA_PROTOCOL_PPP,        /* aux = protocol */
    PALUA_PROTOCOL_CHDLC,      /* aux = protocol */
    PALUA_PROTOCOL_MPLS,       /* a whole label stack; aux = labels in it */
    PALUA_PROTOCOL_PWETHCW,    /* control word of an Ethernet pseudowire */
    PALUA_PROTOCOL_IEEE8021AH, /* I-TAG with the customer's addresses; aux = their type field */
    PALUA_PROTOCOL_MACSEC,
    PALUA_PROTOCOL_VNTAG,
    PALUA_PROTOCOL_ETAG, /* 802.1BR */
    PALUA_PROTOCOL_GRE,  /* aux = flags and version */
    PALUA_PROTOCOL_SCTP,
    PALUA_PROTOCOL_DCCP,
    PALUA_PROTOCOL_UDPLITE,
    PALUA_PROTOCOL_IGMP,
    PALUA_PROTOCOL_PIM,
    PALUA_PROTOCOL_OSPF,
    PALUA_PROTOCOL_WLAN, /* IEEE 802.11; of an aggregate, with the header of the first subframe; aux
                            = type << 4 | subtype */
    PALUA_PROTOCOL_RADIOTAP,
    PALUA_PROTOCOL_PRISM,
    PALUA_PROTOCOL_WLANCAP, /* AVS */
    PALUA_PROTOCOL_PPI,
    PALUA_PROTOCOL_FDDI,  /* aux = frame control */
    PALUA_PROTOCOL_TR,    /* Token Ring, route included; aux = frame control */
    PALUA_PROTOCOL_IPOIB, /* IP over InfiniBand, global route header included; aux = type field */
    PALUA_PROTOCOL_ENGINE_END,
    PALUA_PROTOCOL_PLUGIN = 256
};

enum palua_layer_flag {
    PALUA_LAYER_CUT = 1, /**< fewer bytes were captured than `len` */
    PALUA_LAYER_FRAGMENT =
        2, /**< an IP layer whose payload is one fragment of a datagram, not the whole; layers
              behind it, if any, are those of the whole, in a buffer */
    PALUA_LAYER_QUOTED =
        4,               /**< inside an ICMP error: describes another packet, belongs to no flow */
    PALUA_LAYER_BAD = 8, /**< the header is malformed; an anomaly says how */
    PALUA_LAYER_CONTEXT = 16, /**< `context` is set */
    PALUA_LAYER_KEYED =
        32 /**< what the layer tells apart is part of the key of the flow inside it */
};

struct palua_layer {
    uint16_t protocol; /**< enum palua_protocol */
    uint8_t buffer;    /**< 0 the frame, n the packet's buffers[n - 1] */
    uint8_t flags;     /**< enum palua_layer_flag */
    uint32_t offset;   /**< of the header within its buffer, bytes */
    uint32_t
        len; /**< header and payload on the wire, bytes, trimmed by what the outer layers declare */
    uint16_t header_len; /**< bytes, options and extension included */
    uint16_t aux;        /**< per protocol: VLAN id, inner protocol number of an IP layer… */
    uint32_t context;    /**< which of several tunnels or networks the payload belongs to: VLAN id,
                            VNI, VSID, TEID, GRE key, MPLS label, session id; valid with
                            PALUA_LAYER_CONTEXT */
};

enum palua_packet_flag {
    PALUA_PACKET_TRUNCATED = 1, /**< caplen < origlen */
    PALUA_PACKET_FRAGMENT =
        2, /**< the innermost network layer is a fragment: no whole transport layer */
    PALUA_PACKET_ANOMALY = 4,  /**< at least one anomaly was raised while decoding it */
    PALUA_PACKET_FLOW = 8,     /**< has a five-tuple: flow_hash is set */
    PALUA_PACKET_NO_TIME = 16, /**< the capture has no timestamp for it (pcapng simple packet);
                                  ts_ns is the one before */
    PALUA_PACKET_FCS = 32,     /**< the frame's last 4 bytes are its check sequence, as the capture
                                  says; no layer contains them */
    PALUA_PACKET_FCS_2 = 64    /**< the same of its last 2 bytes; never both */
};

struct palua_packet {
    uint64_t number;                   /**< 1-based, over the whole run */
    int64_t ts_ns;                     /**< since 1970-01-01 UTC */
    const uint8_t *data;               /**< the captured frame, caplen bytes */
    const struct palua_slice *buffers; /**< reassembled data, NULL if none */
    uint64_t frame;                    /**< 1-based, within its file */
    uint32_t caplen;                   /**< bytes captured */
    uint32_t origlen;                  /**< bytes on the wire */
    uint32_t file;                     /**< index of the input file, argument order */
    uint16_t interface;                /**< index within the file, 65535 for all beyond */
    uint16_t linktype;                 /**< LINKTYPE_ value of the capture format */
    uint8_t layer_count;
    uint8_t network;    /**< index of the innermost network layer not quoted, or PALUA_NO_LAYER */
    uint8_t transport;  /**< index of the innermost transport layer not quoted, or PALUA_NO_LAYER */
    uint8_t flags;      /**< enum palua_packet_flag */
    uint32_t flow_hash; /**< the same for both directions; valid with PALUA_PACKET_FLOW, and with
                           PALUA_PACKET_FRAGMENT, where it is made without ports */
    uint32_t context;   /**< hash of what tells apart flows of the same five-tuple, besides the VLAN
                           id: the KEYED contexts around the innermost network layer; 0 if none */
    uint32_t reserved;
    struct palua_slice file_name; /**< the input's name as given ("stdin" for -); lives as long as
                                       the run */
    struct palua_layer
        layers[PALUA_LAYER_CAP]; /**< the first layer_count are valid, outer to inner */
};

/** What names a flow: fixed by its first packet, the same in every event of the flow. */
struct palua_flow {
    uint64_t id;            /**< unique within the run while it lasts; not for output */
    int64_t ts_ns;          /**< time of the first packet */
    uint64_t present;       /**< bit i: optional field i of palua_flow_schema is present */
    struct palua_slice uid; /**< text, "C" and base 62; repeatable for the same capture; empty
                                 unless somebody named the field */
    struct palua_slice community_id; /**< text, "1:…"; empty unless somebody named the field */
    struct palua_slice orig_h;       /**< 4 or 16 bytes; points into addresses */
    struct palua_slice resp_h;
    struct palua_slice tunnel; /**< protocol of the innermost tunnel around the first packet; empty
                                    if none */
    uint16_t orig_p;           /**< host order; ICMP: type; 0 where the protocol has none */
    uint16_t resp_p;           /**< host order; ICMP: code or counter type */
    uint16_t vlan;
    uint8_t proto;         /**< IP protocol number */
    uint8_t addr_len;      /**< 4 or 16 */
    uint8_t addresses[32]; /**< originator, then responder */
    uint8_t uid_text[24];
    uint32_t tunnel_id; /**< that tunnel's context */
    uint32_t reserved;
};

/** What changes while a flow lives, copied into an event when a handler, filter or -T names one of
 * these. */
struct palua_flow_live {
    int64_t duration_ns; /**< last packet so far minus the first */
    uint64_t orig_pkts;
    uint64_t resp_pkts;
    uint64_t orig_ip_bytes; /**< IP length, header included */
    uint64_t resp_ip_bytes;
    uint64_t orig_payload; /**< transport payload, bytes on the wire */
    uint64_t resp_payload;
    uint64_t orig_bytes; /**< as Zeek counts them: TCP by sequence numbers; this and what follows is
                            zero unless somebody named one of these fields */
    uint64_t resp_bytes;
    uint64_t missed_bytes;
    struct palua_slice conn_state;
    struct palua_slice history;
    struct palua_slice service; /**< empty: none known */
    uint64_t present;           /**< bit i: optional field i of palua_flow_live_schema is present */
};

enum palua_direction { PALUA_ORIG = 0, PALUA_RESP = 1 };

/** Starts every event's C struct. */
struct palua_event {
    const struct palua_packet
        *packet; /**< the packet that completed it; of a datagram that never became whole that of
                    its first fragment; at a flow's end the flow's last, as a record of number,
                    time, file and frame without layers or bytes, and only if somebody subscribed to
                    one of these; NULL for capture.end */
    const struct palua_flow *flow; /**< NULL where there is none, or nobody asked for it */
    const struct palua_flow_live
        *live;        /**< NULL unless somebody named one of its fields for this event */
    uint64_t present; /**< bit i: optional field i of the event's schema is present */
};

#ifndef PALUA_CDEF
#ifdef __cplusplus
}
#endif
#endif
#endif
