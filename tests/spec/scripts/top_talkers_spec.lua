-- SPDX-License-Identifier: MIT OR Apache-2.0
--- scripts/top_talkers.lua beside tshark 4.0.17:
--     tshark -r dns.pcapng -q -z endpoints,ip -z endpoints,ipv6 -z conv,ip -z conv,ipv6     (Tx Packets, Tx Bytes; each direction)
local command = require("command")

local CAPTURE = "dns.pcapng"
local lines = command.lines

local function refused(option)
    return command.refusal("-s", "top_talkers", "tests/captures/" .. CAPTURE, "-A", option)
end

describe("top_talkers", function()
    local all = command.tables("top_talkers", CAPTURE)

    it("counts what each address sent, from the one with the most bytes", function()
        assert.same({ "192.0.2.53 101 12173", "192.0.2.54 43 11372", "192.0.2.12 66 6265", "2001:db8::53 35 5124", "192.0.2.13 31 3117",
            "192.0.2.10 30 2942", "2001:db8::11 22 2590", "192.0.2.11 24 2382", "2001:db8::10 14 1607", "fe80::ff:fe00:2 2 156",
            "192.0.2.67 1 129", "192.0.2.14 1 98", "fe80::ff:fe00:1 1 70" }, lines(all.senders, "src", "packets", "bytes"))
    end)

    it("counts what each sent to whom", function()
        assert.same({ "192.0.2.54 192.0.2.12 43 11372", "192.0.2.12 192.0.2.54 47 4309", "192.0.2.53 192.0.2.10 30 3568",
            "192.0.2.53 192.0.2.13 27 3502", "2001:db8::53 2001:db8::11 21 3317", "192.0.2.10 192.0.2.53 30 2942" },
            lines({ unpack(all.pairs, 1, 6) }, "src", "dst", "packets", "bytes"))
        assert.equal(20, #all.pairs) -- of 25: top is 20
    end)

    it("counts all packets of all addresses, once", function()
        -- capinfos -c http.pcap: 52; -d: 14499 bytes
        local senders = command.tables("top_talkers", "http.pcap").senders
        assert.same({ "192.0.2.80 25 12203", "192.0.2.10 27 2296" }, lines(senders, "src", "packets", "bytes"))
    end)

    it("counts the length on the wire, also where less was captured", function()
        local whole = command.tables("top_talkers", "generated/mixed_le_us.pcap")
        assert.same(whole, command.tables("top_talkers", "generated/cut_60.pcap"))
    end)

    it("sorts by packets with -A by=packets", function()
        local senders = command.tables("top_talkers", CAPTURE, "-A", "by=packets", "-A", "top=4").senders
        assert.same({ "192.0.2.53 101", "192.0.2.12 66", "192.0.2.54 43", "2001:db8::53 35" }, lines(senders, "src", "packets"))
    end)

    it("shows as many rows as -A top says", function()
        local few = command.tables("top_talkers", CAPTURE, "-A", "top=2", "-A", "by=bytes")
        assert.same({ unpack(all.senders, 1, 2) }, few.senders)
        assert.same({ unpack(all.pairs, 1, 2) }, few.pairs)
        assert.equal(25, #command.tables("top_talkers", CAPTURE, "-A", "top=1000").pairs)
    end)

    it("refuses wrong values, by name and with what is expected", function()
        for _, value in ipairs({ "x", "", "0", "-1", "1.5", "nan" }) do
            assert.matches("top", refused("top=" .. value), 1, true)
        end
        for _, value in ipairs({ "byte", "", "src" }) do
            assert.matches("-A by=" .. value .. ": packets or bytes was expected", refused("by=" .. value), 1, true)
        end
        assert.matches("bye", refused("bye=packets"), 1, true)
    end)
end)
