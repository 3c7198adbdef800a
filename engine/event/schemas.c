// SPDX-License-Identifier: MIT OR Apache-2.0
#include "event/schemas.h"

#include <palua/plugin.h>

#include "event/registry.h"

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

/** IANA "Assigned Internet Protocol Numbers", in lower case; icmp6 and ipv6 as the flow tools write
 * them. */
static const struct palua_enum_name ip_protocols[] = {
    {0, "hopopt"},     {1, "icmp"},        {2, "igmp"},       {4, "ipip"},       {6, "tcp"},
    {8, "egp"},        {17, "udp"},        {33, "dccp"},      {41, "ipv6"},      {43, "ipv6-route"},
    {44, "ipv6-frag"}, {46, "rsvp"},       {47, "gre"},       {50, "esp"},       {51, "ah"},
    {58, "icmp6"},     {59, "ipv6-nonxt"}, {60, "ipv6-opts"}, {88, "eigrp"},     {89, "ospf"},
    {94, "ipip-94"},   {97, "etherip"},    {103, "pim"},      {108, "ipcomp"},   {112, "vrrp"},
    {115, "l2tp"},     {132, "sctp"},      {133, "fc"},       {135, "mobility"}, {136, "udplite"},
    {137, "mpls"},     {139, "hip"},       {140, "shim6"},    {255, "reserved"},
};
const struct palua_enum ip_protocol_names = {ip_protocols, COUNT(ip_protocols)};

#define PROTO_FIELD .names = &ip_protocol_names
#define OPTIONAL .flags = PALUA_OPTIONAL

static const struct palua_field common_fields[] = {
    PALUA_FIELD_AS(struct palua_packet, number, "packet_number", PALUA_UINT,
                   "number of the packet, from 1, over the whole run"),
    PALUA_FIELD_AS(struct palua_packet, file_name, "file", PALUA_STRING, "name of the input file"),
    PALUA_FIELD(struct palua_packet, frame, PALUA_UINT,
                "number of the packet within its file, from 1", .aliases = "frame.number"),
    PALUA_FIELD_AS(struct palua_packet, ts_ns, "ts", PALUA_TIME, "time of the packet",
                   .aliases = "frame.time,frame.time_epoch"),
};
const struct palua_schema palua_common_schema = {
    .name = "common",
    .doc = "what every event has from its packet",
    .fields = common_fields,
    .field_count = COUNT(common_fields),
    .size = sizeof(struct palua_packet),
};

/** The identity's fields; AT(member) says where they stand in the record. */
#define IDENTITY_FIELDS(record, AT)                                                               \
    PALUA_FIELD_AS(record, AT(uid), "uid", PALUA_STRING,                                          \
                   "unique name of the flow, the same in every run over the same capture"),       \
        PALUA_FIELD_AS(record, AT(community_id), "community_id", PALUA_STRING,                    \
                       "Community ID version 1, shared with other tools"),                        \
        PALUA_FIELD_AS(record, AT(orig_h), "orig_h", PALUA_IPADDR, "address of the originator",   \
                       .aliases = "id.orig_h"),                                                   \
        PALUA_FIELD_AS(record, AT(orig_p), "orig_p", PALUA_UINT,                                  \
                       "port of the originator; ICMP: the type", .aliases = "id.orig_p"),         \
        PALUA_FIELD_AS(record, AT(resp_h), "resp_h", PALUA_IPADDR, "address of the responder",    \
                       .aliases = "id.resp_h"),                                                   \
        PALUA_FIELD_AS(record, AT(resp_p), "resp_p", PALUA_UINT,                                  \
                       "port of the responder; ICMP: the answering type, or the code",            \
                       .aliases = "id.resp_p"),                                                   \
        PALUA_FIELD_AS(record, AT(proto), "proto", PALUA_ENUM, "IP protocol number",              \
                       .names = &ip_protocol_names),                                              \
        PALUA_FIELD_AS(record, AT(vlan), "vlan", PALUA_UINT, "id of the innermost VLAN tag",      \
                       .flags = PALUA_OPTIONAL),                                                  \
        PALUA_FIELD_AS(record, AT(tunnel), "tunnel", PALUA_STRING,                                \
                       "protocol of the innermost tunnel around the first packet, such as vxlan", \
                       .flags = PALUA_OPTIONAL),                                                  \
        PALUA_FIELD_AS(record, AT(tunnel_id), "tunnel_id", PALUA_UINT,                            \
                       "that tunnel's VNI, VSID, TEID, key, label or session id",                 \
                       .flags = PALUA_OPTIONAL)

/** What changes while a flow lives. */
#define LIVE_FIELDS(record, AT)                                                                    \
    PALUA_FIELD_AS(record, AT(duration_ns), "duration", PALUA_DURATION,                            \
                   "time from the first packet to the last"),                                      \
        PALUA_FIELD_AS(record, AT(orig_pkts), "orig_pkts", PALUA_UINT,                             \
                       "packets from the originator"),                                             \
        PALUA_FIELD_AS(record, AT(resp_pkts), "resp_pkts", PALUA_UINT,                             \
                       "packets from the responder"),                                              \
        PALUA_FIELD_AS(record, AT(orig_ip_bytes), "orig_ip_bytes", PALUA_UINT,                     \
                       "bytes of IP packets from the originator, headers included"),               \
        PALUA_FIELD_AS(record, AT(resp_ip_bytes), "resp_ip_bytes", PALUA_UINT,                     \
                       "bytes of IP packets from the responder, headers included"),                \
        PALUA_FIELD_AS(record, AT(orig_payload), "orig_payload", PALUA_UINT,                       \
                       "payload bytes from the originator, as sent"),                              \
        PALUA_FIELD_AS(record, AT(resp_payload), "resp_payload", PALUA_UINT,                       \
                       "payload bytes from the responder, as sent"),                               \
        PALUA_FIELD_AS(record, AT(orig_bytes), "orig_bytes", PALUA_UINT,                           \
                       "payload bytes from the originator; TCP: by its sequence numbers"),         \
        PALUA_FIELD_AS(record, AT(resp_bytes), "resp_bytes", PALUA_UINT,                           \
                       "payload bytes from the responder; TCP: by its sequence numbers"),          \
        PALUA_FIELD_AS(record, AT(missed_bytes), "missed_bytes", PALUA_UINT,                       \
                       "bytes that were acknowledged but not captured, in TCP flows seen from "    \
                       "their beginning"),                                                         \
        PALUA_FIELD_AS(                                                                            \
            record, AT(conn_state), "conn_state", PALUA_STRING,                                    \
            "how it went, as Zeek says it: S0 S1 SF REJ S2 S3 RSTO RSTR RSTOS0 RSTRH SH SHR OTH"), \
        PALUA_FIELD_AS(                                                                            \
            record, AT(history), "history", PALUA_STRING,                                          \
            "what each side did, as Zeek writes it: ShADadFf; upper case the originator",          \
            .flags = PALUA_OPTIONAL),                                                              \
        PALUA_FIELD_AS(record, AT(service), "service", PALUA_STRING,                               \
                       "name of the dissector that reads it", .flags = PALUA_OPTIONAL)

#define AT_TOP(member) member
#define AT_IDENTITY(member) identity.member
#define AT_LIVE(member) live.member

static const struct palua_field flow_fields[] = {
    IDENTITY_FIELDS(struct palua_flow, AT_TOP),
    PALUA_FIELD_AS(struct palua_flow, ts_ns, "ts", PALUA_TIME, "time of the flow's first packet"),
};
const struct palua_schema palua_flow_schema = {
    .name = "flow",
    .doc = "what names a flow, fixed by its first packet",
    .fields = flow_fields,
    .field_count = COUNT(flow_fields),
    .size = sizeof(struct palua_flow),
};

static const struct palua_field flow_live_fields[] = {
    LIVE_FIELDS(struct palua_flow_live, AT_TOP),
};
const struct palua_schema palua_flow_live_schema = {
    .name = "flow_live",
    .doc = "what changes while a flow lives, as it stood when the event was made",
    .fields = flow_live_fields,
    .field_count = COUNT(flow_live_fields),
    .size = sizeof(struct palua_flow_live),
};

static const struct palua_enum_name checksum_words[] = {
    {PALUA_CHECKSUM_BAD, "bad"},
    {PALUA_CHECKSUM_GOOD, "good"},
    {PALUA_CHECKSUM_UNVERIFIED, "unverified"},
    {PALUA_CHECKSUM_NOT_PRESENT, "not_present"},
    {PALUA_CHECKSUM_PARTIAL, "partial"},
};
static const struct palua_enum checksum_names = {checksum_words, COUNT(checksum_words)};

/** IANA "TCP Option Kind Numbers". */
static const struct palua_enum_name option_words[] = {
    {0, "eol"},
    {1, "nop"},
    {2, "mss"},
    {3, "window_scale"},
    {4, "sack_permitted"},
    {5, "sack"},
    {6, "echo"},
    {7, "echo_reply"},
    {8, "timestamps"},
    {11, "cc"},
    {12, "cc_new"},
    {13, "cc_echo"},
    {19, "md5"},
    {27, "quick_start"},
    {28, "user_timeout"},
    {29, "ao"},
    {30, "mptcp"},
    {34, "fast_open"},
    {69, "tcpcrypt"},
    {253, "experiment_1"},
    {254, "experiment_2"},
};
static const struct palua_enum option_names = {option_words, COUNT(option_words)};

/** The fields of struct around, member `around` of an event. */
#define AROUND_FIELDS(event, record)                                                         \
    [event##_VLAN] = PALUA_FIELD_AS(record, around.vlan, "vlan", PALUA_UINT,                 \
                                    "id of the innermost VLAN tag around it", OPTIONAL),     \
    [event##_TUNNEL] = PALUA_FIELD_AS(record, around.tunnel, "tunnel", PALUA_STRING,         \
                                      "protocol of the innermost tunnel around it, such as " \
                                      "vxlan; ip or ipv6: IP in IP",                         \
                                      OPTIONAL),                                             \
    [event##_TUNNEL_ID] =                                                                    \
        PALUA_FIELD_AS(record, around.tunnel_id, "tunnel_id", PALUA_UINT,                    \
                       "that tunnel's VNI, VSID, TEID, key, label or session id", OPTIONAL), \
    [event##_TUNNEL_SRC] =                                                                   \
        PALUA_FIELD_AS(record, around.tunnel_src, "tunnel_src", PALUA_IPADDR,                \
                       "source of the IP layer that carries the tunnel", OPTIONAL),          \
    [event##_TUNNEL_DST] =                                                                   \
        PALUA_FIELD_AS(record, around.tunnel_dst, "tunnel_dst", PALUA_IPADDR,                \
                       "destination of the IP layer that carries the tunnel", OPTIONAL)

static const struct palua_field packet_fields[] = {
    [PACKET_EVENT_LEN] = PALUA_FIELD(struct packet_event, len, PALUA_UINT, "bytes on the wire"),
    [PACKET_EVENT_CAPLEN] = PALUA_FIELD(struct packet_event, caplen, PALUA_UINT, "bytes captured"),
    [PACKET_EVENT_INTERFACE] = PALUA_FIELD(struct packet_event, interface, PALUA_UINT,
                                           "index of the interface in its file"),
    [PACKET_EVENT_LINKTYPE] = PALUA_FIELD(struct packet_event, linktype, PALUA_UINT,
                                          "LINKTYPE_ value of the capture format"),
    [PACKET_EVENT_LAYERS] = PALUA_FIELD(struct packet_event, layers, PALUA_STRING,
                                        "protocols from outer to inner, such as eth:ip:udp"),
    [PACKET_EVENT_SRC] = PALUA_FIELD(struct packet_event, src, PALUA_IPADDR,
                                     "source of the innermost network layer", OPTIONAL),
    [PACKET_EVENT_DST] = PALUA_FIELD(struct packet_event, dst, PALUA_IPADDR,
                                     "destination of the innermost network layer", OPTIONAL),
    [PACKET_EVENT_PROTO] = PALUA_FIELD(struct packet_event, proto, PALUA_ENUM, "IP protocol number",
                                       PROTO_FIELD, OPTIONAL),
    [PACKET_EVENT_TTL] =
        PALUA_FIELD(struct packet_event, ttl, PALUA_UINT, "time to live, or hop limit", OPTIONAL),
    [PACKET_EVENT_SPORT] =
        PALUA_FIELD(struct packet_event, sport, PALUA_UINT, "TCP or UDP source port", OPTIONAL),
    [PACKET_EVENT_DPORT] = PALUA_FIELD(struct packet_event, dport, PALUA_UINT,
                                       "TCP or UDP destination port", OPTIONAL),
    [PACKET_EVENT_TCP_FLAGS] = PALUA_FIELD(struct packet_event, tcp_flags, PALUA_UINT,
                                           "TCP flags: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, "
                                           "ECE 64, CWR 128, AE 256",
                                           OPTIONAL),
    [PACKET_EVENT_PAYLOAD] = PALUA_FIELD(
        struct packet_event, payload, PALUA_BYTES,
        "captured payload of the innermost transport layer, else network layer", OPTIONAL),
    [PACKET_EVENT_BYTES] =
        PALUA_FIELD(struct packet_event, bytes, PALUA_BYTES, "the whole captured frame"),
    AROUND_FIELDS(PACKET_EVENT, struct packet_event),
};

static const struct palua_field link_fields[] = {
    [LINK_EVENT_TYPE] = PALUA_FIELD(struct link_event, type, PALUA_STRING,
                                    "kind of link layer, such as eth or sll; of a link type that a "
                                    "plugin decodes, the plugin"),
    [LINK_EVENT_SRC] = PALUA_FIELD(struct link_event, src, PALUA_MAC, "source address", OPTIONAL),
    [LINK_EVENT_DST] =
        PALUA_FIELD(struct link_event, dst, PALUA_MAC, "destination address", OPTIONAL),
    [LINK_EVENT_VLAN] =
        PALUA_FIELD(struct link_event, vlan, PALUA_UINT, "id of the innermost VLAN tag", OPTIONAL),
    [LINK_EVENT_ETHERTYPE] = PALUA_FIELD(struct link_event, ethertype, PALUA_UINT,
                                         "ethertype of the payload, behind VLAN tags", OPTIONAL),
    [LINK_EVENT_PAYLOAD] = PALUA_FIELD(struct link_event, payload, PALUA_BYTES,
                                       "captured bytes behind the header and its VLAN tags"),
    [LINK_EVENT_SUBFRAMES] = PALUA_FIELD(
        struct link_event, subframes, PALUA_UINT,
        "subframes of an 802.11 aggregate (A-MSDU); only the first is decoded", OPTIONAL),
};

static const struct palua_field fragment_item_fields[] = {
    PALUA_FIELD(struct fragment_item, number, PALUA_UINT, "number of the packet"),
};
static const struct palua_schema fragment_schema = {
    .name = "fragment",
    .doc = "a packet that brought a part of a datagram",
    .fields = fragment_item_fields,
    .field_count = COUNT(fragment_item_fields),
    .size = sizeof(struct fragment_item),
};

static const struct palua_field network_fields[] = {
    [NETWORK_EVENT_VERSION] = PALUA_FIELD(struct network_event, version, PALUA_UINT, "4 or 6"),
    [NETWORK_EVENT_SRC] =
        PALUA_FIELD(struct network_event, src, PALUA_IPADDR, "source address", OPTIONAL),
    [NETWORK_EVENT_DST] =
        PALUA_FIELD(struct network_event, dst, PALUA_IPADDR, "destination address", OPTIONAL),
    [NETWORK_EVENT_PROTO] = PALUA_FIELD(
        struct network_event, proto, PALUA_ENUM,
        "IP protocol number of the payload, behind extension headers", PROTO_FIELD, OPTIONAL),
    [NETWORK_EVENT_TTL] =
        PALUA_FIELD(struct network_event, ttl, PALUA_UINT, "time to live, or hop limit", OPTIONAL),
    [NETWORK_EVENT_ID] =
        PALUA_FIELD(struct network_event, id, PALUA_UINT,
                    "identification; IPv6: of the fragment header, absent without one", OPTIONAL),
    [NETWORK_EVENT_PAYLOAD] =
        PALUA_FIELD(struct network_event, payload, PALUA_BYTES,
                    "captured bytes behind header and extension headers; of the whole "
                    "datagram, in the packet that completes it"),
    [NETWORK_EVENT_FRAGMENTS] =
        PALUA_FIELD(struct network_event, fragments, PALUA_LIST,
                    "packets that brought the datagram, in the one that completes it",
                    .item = &fragment_schema),
    [NETWORK_EVENT_CHECKSUM] =
        PALUA_FIELD(struct network_event, checksum, PALUA_ENUM,
                    "whether the header's checksum is right; absent in IPv6",
                    .names = &checksum_names, .aliases = "checksum.status", OPTIONAL),
    AROUND_FIELDS(NETWORK_EVENT, struct network_event),
};

static const struct palua_field option_fields[] = {
    PALUA_FIELD(struct option_item, kind, PALUA_ENUM, "kind", .names = &option_names),
    PALUA_FIELD(struct option_item, data, PALUA_BYTES, "bytes behind kind and length"),
};
static const struct palua_schema option_schema = {
    .name = "option",
    .doc = "a TCP option",
    .source = "RFC 9293 section 3.1",
    .fields = option_fields,
    .field_count = COUNT(option_fields),
    .size = sizeof(struct option_item),
};

/** IANA "SCTP Chunk Types" and 129, packet dropped (draft-stewart-tsvwg-sctp-pktdrprep). */
static const struct palua_enum_name chunk_words[] = {
    {0, "data"},
    {1, "init"},
    {2, "init_ack"},
    {3, "sack"},
    {4, "heartbeat"},
    {5, "heartbeat_ack"},
    {6, "abort"},
    {7, "shutdown"},
    {8, "shutdown_ack"},
    {9, "error"},
    {10, "cookie_echo"},
    {11, "cookie_ack"},
    {12, "ecne"},
    {13, "cwr"},
    {14, "shutdown_complete"},
    {15, "auth"},
    {16, "nr_sack"},
    {64, "i_data"},
    {128, "asconf_ack"},
    {129, "pktdrop"},
    {130, "re_config"},
    {132, "pad"},
    {192, "forward_tsn"},
    {193, "asconf"},
    {194, "i_forward_tsn"},
};
static const struct palua_enum chunk_names = {chunk_words, COUNT(chunk_words)};

/** IANA "SCTP Payload Protocol Identifiers", in one word each. */
static const struct palua_enum_name payload_protocols[] = {
    {0, "unspecified"},
    {1, "IUA"},
    {2, "M2UA"},
    {3, "M3UA"},
    {4, "SUA"},
    {5, "M2PA"},
    {6, "V5UA"},
    {7, "H.248"},
    {8, "BICC"},
    {9, "TALI"},
    {10, "DUA"},
    {11, "ASAP"},
    {12, "ENRP"},
    {13, "H.323"},
    {14, "Q.IPC"},
    {15, "SIMCO"},
    {16, "DDP-segment"},
    {17, "DDP-session"},
    {18, "S1AP"},
    {19, "RUA"},
    {20, "HNBAP"},
    {21, "ForCES-HP"},
    {22, "ForCES-MP"},
    {23, "ForCES-LP"},
    {24, "SBc-AP"},
    {25, "NBAP"},
    {27, "X2AP"},
    {28, "IRCP"},
    {29, "LCS-AP"},
    {30, "MPICH2"},
    {31, "SABP"},
    {32, "FGP"},
    {33, "ping-pong"},
    {34, "CalcApp"},
    {35, "SSP"},
    {36, "NPMP-control"},
    {37, "NPMP-data"},
    {38, "echo"},
    {39, "discard"},
    {40, "daytime"},
    {41, "chargen"},
    {42, "RNA"},
    {43, "M2AP"},
    {44, "M3AP"},
    {45, "SSH"},
    {46, "Diameter"},
    {47, "Diameter-DTLS"},
    {48, "R14P"},
    {49, "GDT"},
    {50, "WebRTC-DCEP"},
    {51, "WebRTC-string"},
    {52, "WebRTC-binary-partial"},
    {53, "WebRTC-binary"},
    {54, "WebRTC-string-partial"},
    {55, "PUA"},
    {56, "WebRTC-string-empty"},
    {57, "WebRTC-binary-empty"},
    {58, "XwAP"},
    {59, "Xw-CP"},
    {60, "NGAP"},
    {61, "XnAP"},
    {62, "F1AP"},
    {63, "HTTP"},
    {64, "E1AP"},
    {65, "ELE2"},
    {66, "NGAP-DTLS"},
    {67, "XnAP-DTLS"},
    {68, "F1AP-DTLS"},
    {69, "E1AP-DTLS"},
    {70, "E2-CP"},
    {71, "E2-UP"},
    {72, "E2-DU"},
    {73, "W1AP"},
};
static const struct palua_enum payload_protocol_names = {payload_protocols,
                                                         COUNT(payload_protocols)};

static const struct palua_field chunk_fields[] = {
    [CHUNK_ITEM_TYPE] = PALUA_FIELD(struct chunk_item, type, PALUA_ENUM, "chunk type",
                                    .names = &chunk_names, .aliases = "sctp.chunk_type"),
    [CHUNK_ITEM_FLAGS] = PALUA_FIELD(struct chunk_item, flags, PALUA_UINT, "chunk flags",
                                     .aliases = "sctp.chunk_flags"),
    [CHUNK_ITEM_LENGTH] =
        PALUA_FIELD(struct chunk_item, length, PALUA_UINT,
                    "bytes, as sent: type, flags, length and value, without padding",
                    .aliases = "sctp.chunk_length"),
    [CHUNK_ITEM_TSN] = PALUA_FIELD(struct chunk_item, tsn, PALUA_UINT,
                                   "DATA, I-DATA: transmission sequence number, as sent",
                                   .aliases = "sctp.data_tsn_raw", OPTIONAL),
    [CHUNK_ITEM_SID] =
        PALUA_FIELD(struct chunk_item, sid, PALUA_UINT, "DATA, I-DATA: stream identifier",
                    .aliases = "sctp.data_sid", OPTIONAL),
    [CHUNK_ITEM_SSN] =
        PALUA_FIELD(struct chunk_item, ssn, PALUA_UINT, "DATA: stream sequence number",
                    .aliases = "sctp.data_ssn", OPTIONAL),
    [CHUNK_ITEM_MID] = PALUA_FIELD(struct chunk_item, mid, PALUA_UINT, "I-DATA: message identifier",
                                   .aliases = "sctp.data_mid", OPTIONAL),
    [CHUNK_ITEM_FSN] = PALUA_FIELD(struct chunk_item, fsn, PALUA_UINT,
                                   "I-DATA: fragment sequence number; the first fragment has none",
                                   .aliases = "sctp.data_fsn", OPTIONAL),
    [CHUNK_ITEM_PPID] = PALUA_FIELD(struct chunk_item, ppid, PALUA_ENUM,
                                    "DATA, first fragments of I-DATA: payload protocol identifier",
                                    .names = &payload_protocol_names,
                                    .aliases = "sctp.data_payload_proto_id", OPTIONAL),
    [CHUNK_ITEM_BEGINNING] = PALUA_FIELD(struct chunk_item, beginning, PALUA_BOOL,
                                         "DATA, I-DATA: first fragment of its message",
                                         .aliases = "sctp.data_b_bit", OPTIONAL),
    [CHUNK_ITEM_ENDING] = PALUA_FIELD(struct chunk_item, ending, PALUA_BOOL,
                                      "DATA, I-DATA: last fragment of its message",
                                      .aliases = "sctp.data_e_bit", OPTIONAL),
    [CHUNK_ITEM_UNORDERED] = PALUA_FIELD(struct chunk_item, unordered, PALUA_BOOL,
                                         "DATA, I-DATA: its message is delivered out of order",
                                         .aliases = "sctp.data_u_bit", OPTIONAL),
    [CHUNK_ITEM_INITIATE_TAG] =
        PALUA_FIELD(struct chunk_item, initiate_tag, PALUA_UINT,
                    "INIT, INIT ACK: verification tag that the sender wants",
                    .aliases = "sctp.initiate_tag", OPTIONAL),
    [CHUNK_ITEM_A_RWND] =
        PALUA_FIELD(struct chunk_item, a_rwnd, PALUA_UINT,
                    "INIT, INIT ACK, SACK, NR-SACK: advertised receiver window, bytes", OPTIONAL),
    [CHUNK_ITEM_CUMULATIVE_TSN_ACK] =
        PALUA_FIELD(struct chunk_item, cumulative_tsn_ack, PALUA_UINT,
                    "SACK, NR-SACK, SHUTDOWN: last TSN received before a gap", OPTIONAL),
    [CHUNK_ITEM_DATA] =
        PALUA_FIELD(struct chunk_item, data, PALUA_BYTES,
                    "DATA, I-DATA: user data; others: all behind type, flags and length"),
};
static const struct palua_schema chunk_schema = {
    .name = "chunk",
    .doc = "an SCTP chunk",
    .source = "RFC 9260 section 3.2, RFC 8260",
    .fields = chunk_fields,
    .field_count = COUNT(chunk_fields),
    .size = sizeof(struct chunk_item),
};

/** IANA "DCCP Packet Types". */
static const struct palua_enum_name dccp_words[] = {
    {0, "request"},  {1, "response"},  {2, "data"},    {3, "ack"},
    {4, "data_ack"}, {5, "close_req"}, {6, "close"},   {7, "reset"},
    {8, "sync"},     {9, "sync_ack"},  {10, "listen"},
};
const struct palua_enum dccp_type_names = {dccp_words, COUNT(dccp_words)};

static const struct palua_field transport_fields[] = {
    [TRANSPORT_EVENT_PROTO] =
        PALUA_FIELD(struct transport_event, proto, PALUA_ENUM,
                    "IP protocol number: 6 TCP, 17 UDP, 132 SCTP…", PROTO_FIELD),
    [TRANSPORT_EVENT_SRC] =
        PALUA_FIELD(struct transport_event, src, PALUA_IPADDR, "source address", OPTIONAL),
    [TRANSPORT_EVENT_DST] =
        PALUA_FIELD(struct transport_event, dst, PALUA_IPADDR, "destination address", OPTIONAL),
    [TRANSPORT_EVENT_SPORT] =
        PALUA_FIELD(struct transport_event, sport, PALUA_UINT, "source port", OPTIONAL),
    [TRANSPORT_EVENT_DPORT] =
        PALUA_FIELD(struct transport_event, dport, PALUA_UINT, "destination port", OPTIONAL),
    [TRANSPORT_EVENT_PAYLOAD] =
        PALUA_FIELD(struct transport_event, payload, PALUA_BYTES, "captured payload"),
    [TRANSPORT_EVENT_HEADER] = PALUA_FIELD(struct transport_event, header, PALUA_BYTES,
                                           "captured header, options included"),
    [TRANSPORT_EVENT_SEQ] = PALUA_FIELD(struct transport_event, seq, PALUA_UINT,
                                        "TCP or DCCP sequence number", OPTIONAL),
    [TRANSPORT_EVENT_ACK] = PALUA_FIELD(struct transport_event, ack, PALUA_UINT,
                                        "TCP or DCCP acknowledgement number", OPTIONAL),
    [TRANSPORT_EVENT_FLAGS] = PALUA_FIELD(struct transport_event, flags, PALUA_UINT,
                                          "TCP flags, as packet.tcp_flags", OPTIONAL),
    [TRANSPORT_EVENT_WINDOW] = PALUA_FIELD(struct transport_event, window, PALUA_UINT,
                                           "TCP window as sent, not scaled", OPTIONAL),
    [TRANSPORT_EVENT_OPTIONS] = PALUA_FIELD(struct transport_event, options, PALUA_LIST,
                                            "TCP options as sent", .item = &option_schema),
    [TRANSPORT_EVENT_MSS] = PALUA_FIELD(struct transport_event, mss, PALUA_UINT,
                                        "TCP option: maximum segment size, bytes",
                                        .aliases = "options.mss_val", OPTIONAL),
    [TRANSPORT_EVENT_WINDOW_SCALE] = PALUA_FIELD(struct transport_event, window_scale, PALUA_UINT,
                                                 "TCP option: how far windows are shifted",
                                                 .aliases = "options.wscale.shift", OPTIONAL),
    [TRANSPORT_EVENT_TSVAL] =
        PALUA_FIELD(struct transport_event, tsval, PALUA_UINT, "TCP option: the sender's timestamp",
                    .aliases = "options.timestamp.tsval", OPTIONAL),
    [TRANSPORT_EVENT_TSECR] = PALUA_FIELD(struct transport_event, tsecr, PALUA_UINT,
                                          "TCP option: the timestamp that is answered",
                                          .aliases = "options.timestamp.tsecr", OPTIONAL),
    [TRANSPORT_EVENT_VERIFICATION_TAG] =
        PALUA_FIELD(struct transport_event, verification_tag, PALUA_UINT, "SCTP verification tag",
                    .aliases = "sctp.verification_tag", OPTIONAL),
    [TRANSPORT_EVENT_CHUNKS] = PALUA_FIELD(struct transport_event, chunks, PALUA_LIST,
                                           "SCTP chunks as sent", .item = &chunk_schema),
    [TRANSPORT_EVENT_TYPE] =
        PALUA_FIELD(struct transport_event, type, PALUA_ENUM, "DCCP packet type",
                    .names = &dccp_type_names, .aliases = "dccp.type", OPTIONAL),
    [TRANSPORT_EVENT_SERVICE_CODE] = PALUA_FIELD(struct transport_event, service_code, PALUA_UINT,
                                                 "DCCP Request, Response: service code",
                                                 .aliases = "dccp.service_code", OPTIONAL),
    [TRANSPORT_EVENT_CHECKSUM] =
        PALUA_FIELD(struct transport_event, checksum, PALUA_ENUM, "whether the checksum is right",
                    .names = &checksum_names, .aliases = "checksum.status"),
    AROUND_FIELDS(TRANSPORT_EVENT, struct transport_event),
};

static const struct palua_field tunnel_fields[] = {
    [TUNNEL_EVENT_TYPE] = PALUA_FIELD(struct tunnel_event, type, PALUA_STRING,
                                      "protocol, such as vxlan, gre or mpls; ip or ipv6: IP in IP"),
    [TUNNEL_EVENT_ID] = PALUA_FIELD(
        struct tunnel_event, id, PALUA_UINT,
        "VNI of VXLAN and Geneve, VSID of NVGRE, I-SID of 802.1ah, TEID of GTP-U, GRE key, "
        "last MPLS label, session id of PPPoE and ERSPAN, call id of PPTP, path of NSH; "
        "L2TP: tunnel id * 65536 + session id, version 3: session id",
        OPTIONAL),
    [TUNNEL_EVENT_SRC] = PALUA_FIELD(struct tunnel_event, src, PALUA_IPADDR,
                                     "source of the IP layer that carries it", OPTIONAL),
    [TUNNEL_EVENT_DST] = PALUA_FIELD(struct tunnel_event, dst, PALUA_IPADDR,
                                     "destination of the IP layer that carries it", OPTIONAL),
    [TUNNEL_EVENT_PAYLOAD] = PALUA_FIELD(struct tunnel_event, payload, PALUA_BYTES,
                                         "captured bytes behind the tunnel's header"),
};

static const struct palua_field fragment_fields[] = {
    [FRAGMENT_EVENT_VERSION] = PALUA_FIELD(struct fragment_event, version, PALUA_UINT, "4 or 6"),
    [FRAGMENT_EVENT_SRC] = PALUA_FIELD(struct fragment_event, src, PALUA_IPADDR, "source address"),
    [FRAGMENT_EVENT_DST] =
        PALUA_FIELD(struct fragment_event, dst, PALUA_IPADDR, "destination address"),
    [FRAGMENT_EVENT_PROTO] =
        PALUA_FIELD(struct fragment_event, proto, PALUA_ENUM,
                    "IP protocol number of what is fragmented, as this fragment says", PROTO_FIELD),
    [FRAGMENT_EVENT_ID] = PALUA_FIELD(struct fragment_event, id, PALUA_UINT,
                                      "identification, the same for all fragments of a datagram"),
    [FRAGMENT_EVENT_OFFSET] = PALUA_FIELD(struct fragment_event, offset, PALUA_UINT,
                                          "where its payload begins in the datagram's, bytes"),
    [FRAGMENT_EVENT_MORE] =
        PALUA_FIELD(struct fragment_event, more, PALUA_BOOL, "it is not the last fragment"),
    [FRAGMENT_EVENT_PAYLOAD] = PALUA_FIELD(struct fragment_event, payload, PALUA_BYTES,
                                           "captured payload of this fragment"),
};

static const struct palua_field flow_start_fields[] = {
    IDENTITY_FIELDS(struct flow_start_event, AT_IDENTITY),
};

static const struct palua_field flow_end_fields[] = {
    IDENTITY_FIELDS(struct flow_end_event, AT_IDENTITY),
    LIVE_FIELDS(struct flow_end_event, AT_LIVE),
    PALUA_FIELD(
        struct flow_end_event, reason, PALUA_STRING,
        "why it ended: fin, rst, timeout, reused (its ports, by another connection), evicted "
        "(the table was full), end (of the run)"),
};

static const struct palua_field tcp_data_fields[] = {
    [TCP_DATA_EVENT_DIR] =
        PALUA_FIELD(struct tcp_data_event, dir, PALUA_STRING, "who sent the bytes: orig or resp"),
    [TCP_DATA_EVENT_DATA] = PALUA_FIELD(struct tcp_data_event, data, PALUA_BYTES, "the bytes"),
    [TCP_DATA_EVENT_OFFSET] =
        PALUA_FIELD(struct tcp_data_event, offset, PALUA_UINT,
                    "where they begin in what this side sent, from 0; missing bytes count"),
    [TCP_DATA_EVENT_GAP] =
        PALUA_FIELD(struct tcp_data_event, gap, PALUA_UINT, "bytes missing directly before them"),
    [TCP_DATA_EVENT_DATA_PACKET] =
        PALUA_FIELD(struct tcp_data_event, data_packet, PALUA_UINT,
                    "number of the packet that brought them; earlier than packet_number if they "
                    "had to wait for others"),
    [TCP_DATA_EVENT_DATA_TS] = PALUA_FIELD_AS(struct tcp_data_event, data_ts_ns, "data_ts",
                                              PALUA_TIME, "time of that packet"),
};

static const struct palua_field tcp_gap_fields[] = {
    PALUA_FIELD(struct tcp_gap_event, dir, PALUA_STRING,
                "who sent the missing bytes: orig or resp"),
    PALUA_FIELD(struct tcp_gap_event, offset, PALUA_UINT,
                "where they begin in what this side sent, from 0"),
    PALUA_FIELD(struct tcp_gap_event, length, PALUA_UINT, "how many are missing"),
};

/** The counts of one direction. */
#define TALLY_FIELDS(side, index, who)                                                             \
    TALLY_FIELD(side, index, segments, "segments with payload from the " who),                     \
        TALLY_FIELD(side, index, retransmitted,                                                    \
                    "of these, with bytes that had come before, from the " who),                   \
        TALLY_FIELD(side, index, retransmitted_bytes, "payload of these, from the " who),          \
        TALLY_FIELD(side, index, duplicates,                                                       \
                    "packets captured twice, by IP id, TTL and checksum, from the " who),          \
        TALLY_FIELD(side, index, out_of_order,                                                     \
                    "segments that came after later ones, for the first time, from the " who),     \
        TALLY_FIELD(side, index, keepalives, "keep-alives from the " who),                         \
        TALLY_FIELD(side, index, zero_windows, "segments that announce no window, from the " who), \
        TALLY_FIELD(side, index, resets, "RST segments from the " who),                            \
        TALLY_FIELD(side, index, missed, "bytes that are not in the capture, from the " who)
#define TALLY_FIELD(side, index, member, text)                                                     \
    PALUA_FIELD_AS(struct tcp_summary_event, tallies[index].member, #side "_" #member, PALUA_UINT, \
                   text)

static const struct palua_field tcp_summary_fields[] = {
    [TCP_SUMMARY_EVENT_RTT] = PALUA_FIELD_AS(
        struct tcp_summary_event, rtt_ns, "rtt", PALUA_DURATION,
        "time from the SYN to the ACK that completes the handshake; absent without both", OPTIONAL),
    TALLY_FIELDS(orig, PALUA_ORIG, "originator"),
    TALLY_FIELDS(resp, PALUA_RESP, "responder"),
};

static const struct palua_field anomaly_fields[] = {
    PALUA_FIELD(struct anomaly_event, name, PALUA_STRING,
                "what is malformed, such as udp_bad_length"),
    PALUA_FIELD(struct anomaly_event, layer, PALUA_STRING, "protocol it was found in"),
    PALUA_FIELD(
        struct anomaly_event, offset, PALUA_UINT,
        "where, in bytes: of a header from the start of the frame, of a message from its start"),
};

static const struct palua_field expect_fields[] = {
    [EXPECT_EVENT_ORIG_H] = PALUA_FIELD(struct expect_event, orig_h, PALUA_IPADDR,
                                        "who will begin; absent: anybody", OPTIONAL),
    [EXPECT_EVENT_RESP_H] = PALUA_FIELD(struct expect_event, resp_h, PALUA_IPADDR,
                                        "who will answer; absent: anybody", OPTIONAL),
    [EXPECT_EVENT_RESP_P] = PALUA_FIELD(struct expect_event, resp_p, PALUA_UINT,
                                        "the responder's port; absent: any", OPTIONAL),
    [EXPECT_EVENT_PROTO] =
        PALUA_FIELD(struct expect_event, proto, PALUA_ENUM, "IP protocol number", PROTO_FIELD),
    [EXPECT_EVENT_SERVICE] =
        PALUA_FIELD(struct expect_event, service, PALUA_STRING, "what the flow will carry"),
};

static const struct palua_field capture_end_fields[] = {
    [CAPTURE_END_EVENT_PACKETS] =
        PALUA_FIELD(struct capture_end_event, packets, PALUA_UINT, "packets read"),
    [CAPTURE_END_EVENT_BYTES] =
        PALUA_FIELD(struct capture_end_event, bytes, PALUA_UINT, "bytes captured"),
    [CAPTURE_END_EVENT_WIRE_BYTES] =
        PALUA_FIELD(struct capture_end_event, wire_bytes, PALUA_UINT, "bytes on the wire"),
    [CAPTURE_END_EVENT_DURATION] = PALUA_FIELD_AS(struct capture_end_event, duration_ns, "duration",
                                                  PALUA_DURATION, "last_ts minus first_ts"),
    [CAPTURE_END_EVENT_FIRST_TS] =
        PALUA_FIELD_AS(struct capture_end_event, first_ts_ns, "first_ts", PALUA_TIME,
                       "time of the first packet; absent without packets", OPTIONAL),
    [CAPTURE_END_EVENT_LAST_TS] =
        PALUA_FIELD_AS(struct capture_end_event, last_ts_ns, "last_ts", PALUA_TIME,
                       "time of the last packet; absent without packets", OPTIONAL),
    [CAPTURE_END_EVENT_FLOWS] = PALUA_FIELD(struct capture_end_event, flows, PALUA_UINT,
                                            "flows seen; 0 unless somebody asked for flows"),
    [CAPTURE_END_EVENT_ANOMALIES] =
        PALUA_FIELD(struct capture_end_event, anomalies, PALUA_UINT, "anomalies found"),
};

#define SCHEMA(title, text, origin, record, table)                     \
    {                                                                  \
        .name = title, .doc = text, .source = origin, .fields = table, \
        .field_count = COUNT(table), .size = sizeof(record)            \
    }

const struct palua_schema event_schemas[EVENT_ENGINE_COUNT] = {
    [EVENT_PACKET] =
        SCHEMA("packet", "every captured packet", NULL, struct packet_event, packet_fields),
    [EVENT_LINK] = SCHEMA("link", "every link layer of a packet, outer to inner",
                          "IEEE 802.3, 802.1Q", struct link_event, link_fields),
    [EVENT_NETWORK] = SCHEMA("network", "every IP layer of a packet, outer to inner",
                             "RFC 791, RFC 8200", struct network_event, network_fields),
    [EVENT_TUNNEL] = SCHEMA("tunnel", "every tunnel of a packet, outer to inner", NULL,
                            struct tunnel_event, tunnel_fields),
    [EVENT_TRANSPORT] = SCHEMA(
        "transport",
        "every TCP, UDP, SCTP, DCCP or UDP-Lite layer of a packet, outer to inner; of a fragmented "
        "datagram at the packet that completes it, or when it is given up",
        "RFC 9293, RFC 768, RFC 9260, RFC 4340, RFC 3828", struct transport_event,
        transport_fields),
    [EVENT_FRAGMENT] =
        SCHEMA("fragment", "every fragment of an IP datagram", "RFC 791, RFC 8200 section 4.5",
               struct fragment_event, fragment_fields),
    [EVENT_FLOW_START] = SCHEMA("flow.start", "the first packet of a flow", NULL,
                                struct flow_start_event, flow_start_fields),
    [EVENT_FLOW_END] =
        SCHEMA("flow.end", "a flow is over", NULL, struct flow_end_event, flow_end_fields),
    [EVENT_TCP_DATA] =
        SCHEMA("tcp.data", "bytes of a TCP stream, in order, one direction at a time", "RFC 9293",
               struct tcp_data_event, tcp_data_fields),
    [EVENT_TCP_GAP] =
        SCHEMA("tcp.gap", "bytes of a TCP stream are missing: in the capture, or at a cap",
               "RFC 9293", struct tcp_gap_event, tcp_gap_fields),
    [EVENT_TCP_SUMMARY] =
        SCHEMA("tcp.summary", "a TCP flow is over: how its segments fared, both directions",
               "RFC 9293, RFC 7323", struct tcp_summary_event, tcp_summary_fields),
    [EVENT_ANOMALY] =
        SCHEMA("anomaly", "malformed traffic", NULL, struct anomaly_event, anomaly_fields),
    [EVENT_EXPECT] =
        SCHEMA("expect", "a flow announces another one", NULL, struct expect_event, expect_fields),
    [EVENT_CAPTURE_END] = SCHEMA("capture.end", "once, after the last packet", NULL,
                                 struct capture_end_event, capture_end_fields),
};

_Static_assert(COUNT(flow_fields) == FLOW_FIELD_COUNT, "flow_field lists palua_flow_schema");
_Static_assert(COUNT(flow_live_fields) == FLOW_LIVE_COUNT,
               "flow_live_field lists palua_flow_live_schema");
_Static_assert(COUNT(flow_start_fields) == FLOW_FIELD_SHARED_COUNT,
               "flow.start has the shared fields");
