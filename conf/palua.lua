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
    },
    -- The flow table.
    flow = {
        cap = 1000000, -- flows; flow table; at the cap the flow idle longest is ended (256 to 100000000)
        tcp_timeout = 300, -- seconds; idle time after which a TCP flow ends (1 to 604800)
        tcp_closed_timeout = 5, -- seconds; the same once both sides sent FIN, or one RST (1 to 3600)
        udp_timeout = 60, -- seconds; idle time after which a UDP flow ends (1 to 604800)
        icmp_timeout = 60, -- seconds; idle time after which an ICMP flow ends (1 to 604800)
        other_timeout = 60, -- seconds; the same for other protocols (1 to 604800)
        community_id_seed = 0, -- seed of the Community ID (0 to 65535)
    },
    -- Scripts.
    lua = {
        memory_cap = 268435456, -- bytes; Lua heap per script instance (1048576 to 1099511627776)
    },
    -- Aggregations.
    aggregate = {
        key_cap = 1000000, -- keys; keys per aggregation; at the cap the rest goes to (other) (16 to 1000000000)
    },
    -- Options of plugins: plugins = { NAME = { OPTION = VALUE } }; palua --describe NAME lists them.
    plugins = {},
}
