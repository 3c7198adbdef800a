// SPDX-License-Identifier: MIT OR Apache-2.0
/** The configuration: every key, its default, unit and bounds, in one list.
 *
 * A file is a Lua table evaluated in an empty environment (`return { … }`); unknown keys, wrong
 * types and values out of bounds are errors that name file, line, key and the nearest known one.
 * Command line over configuration over defaults. conf/palua.lua shows every key; a test compares it
 * with this list. Read-only once loaded. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "defrag/networks.h"
#include "plugin/plugin.h"

/** group, key, default, least, most, unit, what it means. All are integers, some of which have
 * names (config.c); what is neither has a field of its own in the struct. */
#define CONFIG_LIST(X)                                                                             \
    X(batch, packets, 1024, 1, 65536, "packets", "a batch ends after this many packets")           \
    X(batch, block_size, 262144, 4096, 67108864, "bytes", "read buffer; a batch ends with it")     \
    X(capture, record_cap, 268435456, 65536, 1073741824, "bytes",                                  \
      "largest record or block; a longer one is damage")                                           \
    X(capture, open_cap, 256, 1, 65536, "files",                                                   \
      "files open at once; with more, those read longest ago are closed until they are needed")    \
    X(decode, do_checksums, 0, 0, 1, "", "1: check every checksum; a wrong one is an anomaly")     \
    X(flow, cap, 1000000, 256, 100000000, "flows",                                                 \
      "flow table; at the cap the flow idle longest is ended")                                     \
    X(flow, tcp_timeout, 300, 1, 604800, "seconds", "idle time after which a TCP flow ends")       \
    X(flow, tcp_embryonic_timeout, 60, 1, 604800, "seconds",                                       \
      "the same before its handshake is done")                                                     \
    X(flow, tcp_closed_timeout, 5, 1, 3600, "seconds",                                             \
      "the same once both sides sent FIN, or one RST")                                             \
    X(flow, udp_timeout, 60, 1, 604800, "seconds", "idle time after which a UDP flow ends")        \
    X(flow, icmp_timeout, 60, 1, 604800, "seconds", "idle time after which an ICMP flow ends")     \
    X(flow, other_timeout, 60, 1, 604800, "seconds", "the same for other protocols")               \
    X(flow, community_id_seed, 0, 0, 65535, "", "seed of the Community ID")                        \
    X(flow, key_vlan, 1, 0, 1, "", "1: the innermost VLAN id is part of a flow's key")             \
    X(flow, key_network, 1, 0, 1, "",                                                              \
      "1: so is the network's id of a tunnel: VNI of VXLAN and Geneve, VSID of NVGRE, I-SID")      \
    X(flow, key_session, 0, 0, 1, "",                                                              \
      "1: so is the id of a tunnel's session: GTP-U, L2TP, PPTP, ERSPAN, NSH; directions differ")  \
    X(flow, key_gre, 0, 0, 1, "", "1: so is the key of GRE")                                       \
    X(flow, key_label, 0, 0, 1, "", "1: so is the last MPLS label; directions differ")             \
    X(flow, key_pppoe, 0, 0, 1, "", "1: so is the session id of PPPoE")                            \
    X(flow, key_outer, 0, 0, 1, "", "1: so are the addresses of the IP layers around")             \
    X(defrag, policy, 2, 0, 6, "",                                                                 \
      "where IPv4 fragments overlap: first, last, bsd, linux, windows, solaris; or drop the "      \
      "datagram")                                                                                  \
    X(defrag, ip_timeout, 30, 1, 3600, "seconds",                                                  \
      "time from its first fragment after which an unfinished IPv4 datagram is given up")          \
    X(defrag, ipv6_timeout, 60, 1, 3600, "seconds", "the same for IPv6")                           \
    X(defrag, memory_cap, 67108864, 65536, 1099511627776, "bytes",                                 \
      "fragments held; at the cap the datagram begun first is given up")                           \
    X(defrag, datagram_cap, 65536, 1, 16777216, "datagrams",                                       \
      "unfinished datagrams; at the cap the one begun first is given up")                          \
    X(defrag, fragment_cap, 8192, 2, 65536, "fragments",                                           \
      "fragments of one datagram; with more it is given up")                                       \
    X(defrag, host_cap, 65536, 2, 16777216, "fragments",                                           \
      "fragments held of one source; at the cap its datagram begun first is given up")             \
    X(stream, policy, 2, 0, 5, "",                                                                 \
      "where TCP segments overlap: first, last, bsd, linux, windows, solaris")                     \
    X(stream, wait_for_ack, 0, 0, 1, "",                                                           \
      "1: bytes are handed over only once the receiver has acknowledged them")                     \
    X(stream, memory_cap, 536870912, 65536, 1099511627776, "bytes",                                \
      "early segments held; at the cap the connection holding them longest gives up a hole")       \
    X(stream, flow_cap, 1048576, 2048, 1099511627776, "bytes",                                     \
      "the same for one direction of a connection; at most half of a 256th of memory_cap counts")  \
    X(stream, segment_cap, 4096, 1, 1048576, "segments",                                           \
      "early segments of one direction; at the cap its first hole is given up")                    \
    X(stream, gap_packets, 8, 0, 65536, "packets",                                                 \
      "how many more of a connection may fill a hole once the receiver acknowledged what follows") \
    X(stream, reader_cap, 268435456, 16777216, 1099511627776, "bytes",                             \
      "incomplete messages kept for dissectors; at the cap those kept longest are dropped")        \
    X(stream, history, 67108864, 1048576, 68719476736, "bytes",                                    \
      "delivered bytes remembered, to compare retransmissions; only if anomalies are asked for")   \
    X(lua, memory_cap, 268435456, 1048576, 1099511627776, "bytes", "Lua heap per script instance") \
    X(lua, state_cap, 262144, 256, 16777216, "keys",                                               \
      "addresses or pairs a script keeps states of; at the cap the one idle longest, of a 256th, " \
      "is dropped")                                                                                \
    X(lua, time_budget, 30, 1, 86400, "seconds",                                                   \
      "processor time of one call of a handler, of init, done or the top level")                   \
    X(aggregate, key_cap, 1000000, 16, 1000000000, "keys",                                         \
      "keys per aggregation; at the cap the rest goes to (other)")

struct config {
#define X(group, key, initial, least, most, unit, doc) int64_t group##_##key;
    CONFIG_LIST(X)
#undef X
    struct defrag_networks defrag_policies; /**< defrag.policies = { [NETWORK] = POLICY } */
};

void config_defaults(struct config *config);
/** Evaluates a file over the current values; `plugins = { NAME = { option = value } }` sets options
 * of plugins.
 * @param plugins  may be NULL: then only the names of options are unknown */
bool config_load(struct config *config, const char *path, struct plugin_set *plugins,
                 struct error *err);
