// SPDX-License-Identifier: MIT OR Apache-2.0
/** The engine's own events as C structs, in the order of enum event_kind, with the schema of each.
 *
 * Constant data: registry_new registers the schemas; the builders in event/<kind>_event.h fill the
 * structs. Addresses and payloads are views of the packet; names and labels live as long as the
 * run. A field that a packet does not have is absent. */
#pragma once

#include <stdint.h>

#include <palua/event.h>

/** What lies around a layer: the same fields in several events, one behind the other in this order.
 */
struct around {
    struct palua_slice tunnel; /**< protocol of the innermost tunnel */
    struct palua_slice tunnel_src;
    struct palua_slice tunnel_dst;
    uint32_t tunnel_id;
    uint16_t vlan;
};

/** An item of `network.fragments`. */
struct fragment_item {
    uint64_t number;
};

/** An item of `transport.options`. */
struct option_item {
    struct palua_slice data;
    uint8_t kind;
};

/** An item of `transport.chunks`. */
struct chunk_item {
    uint64_t present; /**< bit i: optional field i of enum chunk_item_field is there */
    struct palua_slice data;
    uint32_t tsn;
    uint32_t ppid;
    uint32_t mid;
    uint32_t fsn;
    uint32_t initiate_tag;
    uint32_t a_rwnd;
    uint32_t cumulative_tsn_ack;
    uint16_t length;
    uint16_t sid;
    uint16_t ssn;
    uint8_t type;
    uint8_t flags;
    uint8_t beginning;
    uint8_t ending;
    uint8_t unordered;
};

/** `packet`: one per captured packet. */
struct packet_event {
    struct palua_event event;
    struct palua_slice layers;
    struct palua_slice src;
    struct palua_slice dst;
    struct palua_slice payload;
    struct palua_slice bytes;
    uint32_t len;
    uint32_t caplen;
    uint16_t interface;
    uint16_t linktype;
    uint16_t sport;
    uint16_t dport;
    uint16_t tcp_flags;
    uint8_t proto;
    uint8_t ttl;
    struct around around;
};

/** `link`: one per link layer, VLAN tags included in it. */
struct link_event {
    struct palua_event event;
    struct palua_slice type;
    struct palua_slice src;
    struct palua_slice dst;
    struct palua_slice payload;
    uint16_t vlan;
    uint16_t ethertype;
    uint32_t subframes;
};

/** `network`: one per IPv4 or IPv6 layer, extension headers included in it. */
struct network_event {
    struct palua_event event;
    struct palua_slice src;
    struct palua_slice dst;
    struct palua_slice payload;
    struct palua_list fragments;
    uint32_t id;
    uint8_t version;
    uint8_t proto;
    uint8_t ttl;
    uint8_t checksum;
    struct around around;
};

/** `transport`: one per TCP, UDP, SCTP, DCCP or UDP-Lite layer. */
struct transport_event {
    struct palua_event event;
    struct palua_slice src;
    struct palua_slice dst;
    struct palua_slice header;
    struct palua_slice payload;
    uint64_t seq;
    uint64_t ack;
    uint16_t sport;
    uint16_t dport;
    uint16_t flags;
    uint16_t window;
    uint8_t proto;
    uint8_t checksum;
    uint16_t mss;
    uint8_t window_scale;
    uint32_t tsval;
    uint32_t tsecr;
    struct palua_list options;
    struct palua_list chunks;
    uint32_t verification_tag;
    uint32_t service_code;
    uint8_t type;
    struct around around;
};

/** `tunnel`: one per layer that is a tunnel. */
struct tunnel_event {
    struct palua_event event;
    struct palua_slice type;
    struct palua_slice src;
    struct palua_slice dst;
    struct palua_slice payload;
    uint32_t id;
};

/** `fragment`: one per IP layer that holds a fragment. */
struct fragment_event {
    struct palua_event event;
    struct palua_slice src;
    struct palua_slice dst;
    struct palua_slice payload;
    uint32_t id;
    uint32_t offset;
    uint8_t version;
    uint8_t proto;
    bool more;
};

/** `flow.start`: the flow's identity stands in the event too, so that it is a row by itself. */
struct flow_start_event {
    struct palua_event event;
    struct palua_flow identity;
};

/** `flow.end` */
struct flow_end_event {
    struct palua_event event;
    struct palua_flow identity;
    struct palua_flow_live live;
    struct palua_slice reason;
};

/** `tcp.data` */
struct tcp_data_event {
    struct palua_event event;
    struct palua_slice dir;
    struct palua_slice data;
    uint64_t offset;
    uint64_t gap;
    uint64_t data_packet;
    int64_t data_ts_ns;
};

/** `tcp.gap` */
struct tcp_gap_event {
    struct palua_event event;
    struct palua_slice dir;
    uint64_t offset;
    uint64_t length;
};

/** What is counted of one direction for `tcp.summary`. */
struct tcp_tally {
    uint64_t segments;
    uint64_t retransmitted;
    uint64_t retransmitted_bytes;
    uint64_t duplicates;
    uint64_t out_of_order;
    uint64_t keepalives;
    uint64_t zero_windows;
    uint64_t resets;
    uint64_t missed;
};

/** `tcp.summary` */
struct tcp_summary_event {
    struct palua_event event;
    struct tcp_tally tallies[2]; /**< by enum palua_direction of the sender */
    int64_t rtt_ns;
};

/** `anomaly` */
struct anomaly_event {
    struct palua_event event;
    struct palua_slice name;
    struct palua_slice layer;
    uint32_t offset;
};

/** `expect` */
struct expect_event {
    struct palua_event event;
    struct palua_slice orig_h;
    struct palua_slice resp_h;
    struct palua_slice service;
    uint16_t resp_p;
    uint8_t proto;
};

/** `capture.end` */
struct capture_end_event {
    struct palua_event event;
    uint64_t packets;
    uint64_t bytes;
    uint64_t wire_bytes;
    uint64_t flows;
    uint64_t anomalies;
    int64_t first_ts_ns;
    int64_t last_ts_ns;
    int64_t duration_ns;
};

/** By enum event_kind; EVENT_ENGINE_COUNT of them. */
extern const struct palua_schema event_schemas[];

/** Names of IP protocol numbers, as IANA and the flow tools write them: tcp, udp, icmp, icmp6… */
extern const struct palua_enum ip_protocol_names;
/** Names of DCCP packet types: request, response, data… */
extern const struct palua_enum dccp_type_names;

/** Indices of fields, which are also their bits in `present` and in a wanted mask. */
enum packet_event_field {
    PACKET_EVENT_LEN,
    PACKET_EVENT_CAPLEN,
    PACKET_EVENT_INTERFACE,
    PACKET_EVENT_LINKTYPE,
    PACKET_EVENT_LAYERS,
    PACKET_EVENT_SRC,
    PACKET_EVENT_DST,
    PACKET_EVENT_PROTO,
    PACKET_EVENT_TTL,
    PACKET_EVENT_SPORT,
    PACKET_EVENT_DPORT,
    PACKET_EVENT_TCP_FLAGS,
    PACKET_EVENT_PAYLOAD,
    PACKET_EVENT_BYTES,
    PACKET_EVENT_VLAN,
    PACKET_EVENT_TUNNEL,
    PACKET_EVENT_TUNNEL_ID,
    PACKET_EVENT_TUNNEL_SRC,
    PACKET_EVENT_TUNNEL_DST,
    PACKET_EVENT_FIELD_COUNT
};

enum link_event_field {
    LINK_EVENT_TYPE,
    LINK_EVENT_SRC,
    LINK_EVENT_DST,
    LINK_EVENT_VLAN,
    LINK_EVENT_ETHERTYPE,
    LINK_EVENT_PAYLOAD,
    LINK_EVENT_SUBFRAMES,
    LINK_EVENT_FIELD_COUNT
};

enum network_event_field {
    NETWORK_EVENT_VERSION,
    NETWORK_EVENT_SRC,
    NETWORK_EVENT_DST,
    NETWORK_EVENT_PROTO,
    NETWORK_EVENT_TTL,
    NETWORK_EVENT_ID,
    NETWORK_EVENT_PAYLOAD,
    NETWORK_EVENT_FRAGMENTS,
    NETWORK_EVENT_CHECKSUM,
    NETWORK_EVENT_VLAN,
    NETWORK_EVENT_TUNNEL,
    NETWORK_EVENT_TUNNEL_ID,
    NETWORK_EVENT_TUNNEL_SRC,
    NETWORK_EVENT_TUNNEL_DST,
    NETWORK_EVENT_FIELD_COUNT
};

enum transport_event_field {
    TRANSPORT_EVENT_PROTO,
    TRANSPORT_EVENT_SRC,
    TRANSPORT_EVENT_DST,
    TRANSPORT_EVENT_SPORT,
    TRANSPORT_EVENT_DPORT,
    TRANSPORT_EVENT_PAYLOAD,
    TRANSPORT_EVENT_HEADER,
    TRANSPORT_EVENT_SEQ,
    TRANSPORT_EVENT_ACK,
    TRANSPORT_EVENT_FLAGS,
    TRANSPORT_EVENT_WINDOW,
    TRANSPORT_EVENT_OPTIONS,
    TRANSPORT_EVENT_MSS,
    TRANSPORT_EVENT_WINDOW_SCALE,
    TRANSPORT_EVENT_TSVAL,
    TRANSPORT_EVENT_TSECR,
    TRANSPORT_EVENT_VERIFICATION_TAG,
    TRANSPORT_EVENT_CHUNKS,
    TRANSPORT_EVENT_TYPE,
    TRANSPORT_EVENT_SERVICE_CODE,
    TRANSPORT_EVENT_CHECKSUM,
    TRANSPORT_EVENT_VLAN,
    TRANSPORT_EVENT_TUNNEL,
    TRANSPORT_EVENT_TUNNEL_ID,
    TRANSPORT_EVENT_TUNNEL_SRC,
    TRANSPORT_EVENT_TUNNEL_DST,
    TRANSPORT_EVENT_FIELD_COUNT
};

enum chunk_item_field {
    CHUNK_ITEM_TYPE,
    CHUNK_ITEM_FLAGS,
    CHUNK_ITEM_LENGTH,
    CHUNK_ITEM_TSN,
    CHUNK_ITEM_SID,
    CHUNK_ITEM_SSN,
    CHUNK_ITEM_MID,
    CHUNK_ITEM_FSN,
    CHUNK_ITEM_PPID,
    CHUNK_ITEM_BEGINNING,
    CHUNK_ITEM_ENDING,
    CHUNK_ITEM_UNORDERED,
    CHUNK_ITEM_INITIATE_TAG,
    CHUNK_ITEM_A_RWND,
    CHUNK_ITEM_CUMULATIVE_TSN_ACK,
    CHUNK_ITEM_DATA,
    CHUNK_ITEM_FIELD_COUNT
};

enum tunnel_event_field {
    TUNNEL_EVENT_TYPE,
    TUNNEL_EVENT_ID,
    TUNNEL_EVENT_SRC,
    TUNNEL_EVENT_DST,
    TUNNEL_EVENT_PAYLOAD,
    TUNNEL_EVENT_FIELD_COUNT
};

enum fragment_event_field {
    FRAGMENT_EVENT_VERSION,
    FRAGMENT_EVENT_SRC,
    FRAGMENT_EVENT_DST,
    FRAGMENT_EVENT_PROTO,
    FRAGMENT_EVENT_ID,
    FRAGMENT_EVENT_OFFSET,
    FRAGMENT_EVENT_MORE,
    FRAGMENT_EVENT_PAYLOAD,
    FRAGMENT_EVENT_FIELD_COUNT
};

/** Of palua_flow_schema, and the first fields of flow.start and flow.end. */
enum flow_field {
    FLOW_FIELD_UID,
    FLOW_FIELD_COMMUNITY_ID,
    FLOW_FIELD_ORIG_H,
    FLOW_FIELD_ORIG_P,
    FLOW_FIELD_RESP_H,
    FLOW_FIELD_RESP_P,
    FLOW_FIELD_PROTO,
    FLOW_FIELD_VLAN,
    FLOW_FIELD_TUNNEL,
    FLOW_FIELD_TUNNEL_ID,
    FLOW_FIELD_SHARED_COUNT, /**< the fields that flow.start and flow.end have as their own */
    FLOW_FIELD_TS = FLOW_FIELD_SHARED_COUNT,
    FLOW_FIELD_COUNT
};

enum tcp_data_event_field {
    TCP_DATA_EVENT_DIR,
    TCP_DATA_EVENT_DATA,
    TCP_DATA_EVENT_OFFSET,
    TCP_DATA_EVENT_GAP,
    TCP_DATA_EVENT_DATA_PACKET,
    TCP_DATA_EVENT_DATA_TS,
    TCP_DATA_EVENT_FIELD_COUNT
};

enum tcp_summary_event_field { TCP_SUMMARY_EVENT_RTT };

/** Of palua_flow_live_schema, and in the same order of flow.end. */
enum flow_live_field {
    FLOW_LIVE_DURATION,
    FLOW_LIVE_ORIG_PKTS,
    FLOW_LIVE_RESP_PKTS,
    FLOW_LIVE_ORIG_IP_BYTES,
    FLOW_LIVE_RESP_IP_BYTES,
    FLOW_LIVE_ORIG_PAYLOAD,
    FLOW_LIVE_RESP_PAYLOAD,
    FLOW_LIVE_ORIG_BYTES,
    FLOW_LIVE_RESP_BYTES,
    FLOW_LIVE_MISSED_BYTES,
    FLOW_LIVE_CONN_STATE,
    FLOW_LIVE_HISTORY,
    FLOW_LIVE_SERVICE,
    FLOW_LIVE_COUNT
};

/** The fields that cost every TCP packet something (flow/connection.h). */
#define FLOW_LIVE_CONNECTION                                                       \
    (UINT64_C(1) << FLOW_LIVE_ORIG_BYTES | UINT64_C(1) << FLOW_LIVE_RESP_BYTES |   \
     UINT64_C(1) << FLOW_LIVE_MISSED_BYTES | UINT64_C(1) << FLOW_LIVE_CONN_STATE | \
     UINT64_C(1) << FLOW_LIVE_HISTORY)

/** What of a flow.end's fields are live ones, as a mask over palua_flow_live_schema. */
static inline uint64_t flow_end_live(uint64_t fields)
{
    return fields >> FLOW_FIELD_SHARED_COUNT & ((UINT64_C(1) << FLOW_LIVE_COUNT) - 1);
}

enum packet_common_field { COMMON_PACKET_NUMBER, COMMON_FILE, COMMON_FRAME, COMMON_TS };

enum expect_event_field {
    EXPECT_EVENT_ORIG_H,
    EXPECT_EVENT_RESP_H,
    EXPECT_EVENT_RESP_P,
    EXPECT_EVENT_PROTO,
    EXPECT_EVENT_SERVICE,
    EXPECT_EVENT_FIELD_COUNT
};

enum capture_end_event_field {
    CAPTURE_END_EVENT_PACKETS,
    CAPTURE_END_EVENT_BYTES,
    CAPTURE_END_EVENT_WIRE_BYTES,
    CAPTURE_END_EVENT_DURATION,
    CAPTURE_END_EVENT_FIRST_TS,
    CAPTURE_END_EVENT_LAST_TS,
    CAPTURE_END_EVENT_FLOWS,
    CAPTURE_END_EVENT_ANOMALIES,
    CAPTURE_END_EVENT_FIELD_COUNT
};
