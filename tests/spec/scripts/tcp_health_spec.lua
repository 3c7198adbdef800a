-- SPDX-License-Identifier: MIT OR Apache-2.0
--- scripts/tcp_health.lua beside tshark 4.0.17. bench/check compares retransmissions and reordering with tshark's on captures that have them.
local command = require("command")

describe("tcp_health", function()
    local all = command.tables("tcp_health", "http.pcap")

    -- tshark -r http.pcap -Y 'tcp.len>0' -T fields -e tcp.stream -e ip.src | sort | uniq -c; -Y 'tcp.flags.reset==1'
    it("counts segments and resets of each side", function()
        local columns = { "flows", "segments", "retransmitted", "out_of_order", "resets", "missed" }
        assert.same({ "4 5 0 0 0 0" }, command.lines(all.openers, unpack(columns)))
        assert.same({ "4 15 0 0 1 0" }, command.lines(all.servers, unpack(columns)))
        assert.equal(0, #(all.worst or {}))
    end)

    -- -Y 'tcp.analysis.initial_rtt && tcp.len>0' -T fields -e tcp.stream -e tcp.analysis.initial_rtt
    it("gives the handshake's round trip", function()
        assert.equal(1, #all.rtt)
        local row = all.rtt[1]
        assert.same({ "192.0.2.80", 3 }, { row.server, row.count })
        assert.near(0.00004015, row.p50, 0.00004015 / 100)
        assert.near(0.000040781, row.max, 1e-12)
    end)
end)
