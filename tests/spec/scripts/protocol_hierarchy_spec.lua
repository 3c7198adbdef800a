-- SPDX-License-Identifier: MIT OR Apache-2.0
--- scripts/protocol_hierarchy.lua beside tshark 4.0.17: tshark -r FILE -q -z io,phs, its lines above the transport layer left out.
-- A line here counts every frame with the protocol at that place; so does tshark.
local command = require("command")

local function hierarchy(capture)
    return command.lines(command.tables("protocol_hierarchy", capture).protocols, "protocol", "frames", "bytes")
end

describe("protocol_hierarchy", function()
    it("counts IPv4, IPv6, and what they carry", function()
        -- tshark names the query that the ICMP error quotes as DNS within ICMP; here the quoted headers are named.
        assert.same({ "eth 371 48025", "eth:ip 297 38478", "eth:ip:icmp 1 129", "eth:ip:icmp:ip 1 129", "eth:ip:icmp:ip:udp 1 129",
            "eth:ip:tcp 20 2700", "eth:ip:udp 276 35649", "eth:ipv6 74 9547", "eth:ipv6:icmpv6 8 648", "eth:ipv6:udp 66 8899" },
            hierarchy("dns.pcapng"))
    end)

    it("counts TCP", function()
        assert.same({ "eth 52 14499", "eth:ip 52 14499", "eth:ip:tcp 52 14499" }, hierarchy("http.pcap"))
        assert.same({ "eth 95 32808", "eth:ip 95 32808", "eth:ip:tcp 95 32808" }, hierarchy("tls.pcapng"))
        assert.same({ "eth 47 10716", "eth:ip 47 10716", "eth:ip:tcp 47 10716" }, hierarchy("ssh.pcap"))
    end)

    it("counts a protocol within itself at each depth", function()
        assert.same({ "eth 5 416", "eth:ieee8021ad 2 172", "eth:ieee8021ad:vlan 2 172", "eth:ieee8021ad:vlan:ip 1 84",
            "eth:ieee8021ad:vlan:ip:udp 1 84", "eth:ieee8021ad:vlan:vlan 1 88", "eth:ieee8021ad:vlan:vlan:ip 1 88",
            "eth:ieee8021ad:vlan:vlan:ip:udp 1 88", "eth:vlan 3 244", "eth:vlan:ip 2 160", "eth:vlan:ip:udp 2 160", "eth:vlan:vlan 1 84",
            "eth:vlan:vlan:ip 1 84", "eth:vlan:vlan:ip:udp 1 84" }, hierarchy("generated/vlan.pcap"))
    end)

    it("says the same whatever container the packets came in", function()
        local expected = hierarchy("generated/mixed_le_us.pcap")
        assert.equal("eth 20 ", expected[1]:sub(1, 7))
        for _, name in ipairs({ "mixed_be_ns.pcap", "mixed_ps_offset.pcapng", "mixed_be.pcapng" }) do
            assert.same(expected, hierarchy("generated/" .. name))
        end
    end)

    it("prints nothing but the hierarchy", function()
        assert.same({ "protocols" }, command.tables("protocol_hierarchy", "dns.pcapng").order)
    end)

    it("has no options", function()
        assert.matches("top", command.refusal("-s", "protocol_hierarchy", "tests/captures/dns.pcapng", "-A", "top=3"), 1, true)
    end)
end)
