-- SPDX-License-Identifier: MIT OR Apache-2.0
-- palua: configuration. Every key with its default; palua -c FILE reads a file like this one.
-- The file is a Lua table evaluated in an empty environment; leave out what you do not change.
return {
    -- Packets that travel together.
    batch = {
        packets = 1024, -- packets; a batch ends after this many packets (1 to 65536)
        block_size = 262144, -- bytes; read buffer; a batch ends with it (4096 to 67108864)
    },
    -- Reading capture files.
    capture = {
        record_cap = 268435456, -- bytes; largest record or block; a longer one is damage (65536 to 1073741824)
        open_cap = 256, -- files; files open at once; with more, those read longest ago are closed until they are needed (1 to 65536)
    },
    -- Reading headers.
    decode = {
        do_checksums = 0, -- 1: check every checksum; a wrong one is an anomaly (0 to 1)
    },
    -- The flow table.
    flow = {
        cap = 1000000, -- flows; flow table; at the cap the flow idle longest is ended (256 to 100000000)
        tcp_timeout = 300, -- seconds; idle time after which a TCP flow ends (1 to 604800)
        tcp_embryonic_timeout = 60, -- seconds; the same before its handshake is done (1 to 604800)
        tcp_closed_timeout = 5, -- seconds; the same once both sides sent FIN, or one RST (1 to 3600)
        udp_timeout = 60, -- seconds; idle time after which a UDP flow ends (1 to 604800)
        icmp_timeout = 60, -- seconds; idle time after which an ICMP flow ends (1 to 604800)
        other_timeout = 60, -- seconds; the same for other protocols (1 to 604800)
        community_id_seed = 0, -- seed of the Community ID (0 to 65535)
        key_vlan = 1, -- 1: the innermost VLAN id is part of a flow's key (0 to 1)
        key_network = 1, -- 1: so is the network's id of a tunnel: VNI of VXLAN and Geneve, VSID of NVGRE, I-SID (0 to 1)
        key_session = 0, -- 1: so is the id of a tunnel's session: GTP-U, L2TP, PPTP, ERSPAN, NSH; directions differ (0 to 1)
        key_gre = 0, -- 1: so is the key of GRE (0 to 1)
        key_label = 0, -- 1: so is the last MPLS label; directions differ (0 to 1)
        key_pppoe = 0, -- 1: so is the session id of PPPoE (0 to 1)
        key_outer = 0, -- 1: so are the addresses of the IP layers around (0 to 1)
    },
    -- Putting fragmented datagrams together.
    defrag = {
        policy = "bsd", -- where IPv4 fragments overlap: first, last, bsd, linux, windows, solaris; or drop the datagram
        -- Where that is otherwise: networks of receivers, at most 256, as in { ["10.0.0.0/8"] = "windows", ["10.1.0.7"] = "linux" }; a datagram's
        -- destination decides, the longest prefix wins. IPv6 datagrams whose fragments overlap are
        -- dropped (RFC 5722) unless a network here says otherwise.
        policies = {},
        ip_timeout = 30, -- seconds; time from its first fragment after which an unfinished IPv4 datagram is given up (1 to 3600)
        ipv6_timeout = 60, -- seconds; the same for IPv6 (1 to 3600)
        memory_cap = 67108864, -- bytes; fragments held; at the cap the datagram begun first is given up (65536 to 1099511627776)
        datagram_cap = 65536, -- datagrams; unfinished datagrams; at the cap the one begun first is given up (1 to 16777216)
        fragment_cap = 8192, -- fragments; fragments of one datagram; with more it is given up (2 to 65536)
        host_cap = 65536, -- fragments; fragments held of one source; at the cap its datagram begun first is given up (2 to 16777216)
    },
    -- Putting TCP streams back in order; only what somebody reads.
    stream = {
        policy = "bsd", -- where TCP segments overlap: first, last, bsd, linux, windows, solaris
        wait_for_ack = 0, -- 1: bytes are handed over only once the receiver has acknowledged them (0 to 1)
        memory_cap = 536870912, -- bytes; early segments held; at the cap the connection holding them longest gives up a hole (65536 to 1099511627776)
        flow_cap = 1048576, -- bytes; the same for one direction of a connection; at most half of a 256th of memory_cap counts (2048 to 1099511627776)
        segment_cap = 4096, -- segments; early segments of one direction; at the cap its first hole is given up (1 to 1048576)
        gap_packets = 8, -- packets; how many more of a connection may fill a hole once the receiver acknowledged what follows (0 to 65536)
        reader_cap = 268435456, -- bytes; incomplete messages kept for dissectors; at the cap those kept longest are dropped (16777216 to 1099511627776)
        history = 67108864, -- bytes; delivered bytes remembered, to compare retransmissions; only if anomalies are asked for (1048576 to 68719476736)
    },
    -- Scripts.
    lua = {
        memory_cap = 268435456, -- bytes; Lua heap per script instance (1048576 to 1099511627776)
        state_cap = 262144, -- keys; addresses or pairs a script keeps states of; at the cap the one idle longest, of a 256th, is dropped (256 to 16777216)
        time_budget = 30, -- seconds; processor time of one call of a handler, of init, done or the top level (1 to 86400)
    },
    -- Aggregations.
    aggregate = {
        key_cap = 1000000, -- keys; keys per aggregation; at the cap the rest goes to (other) (16 to 1000000000)
    },
    -- Options of plugins: plugins = { NAME = { OPTION = VALUE } }; palua --describe NAME lists them.
    plugins = {},
}
