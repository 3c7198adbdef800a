-- SPDX-License-Identifier: MIT OR Apache-2.0
--- scripts/syn_flood.lua beside tshark 4.0.17: 241 SYNs to the port, of 121 addresses; 61 of them answered, one of these acknowledged:
--     tshark -r connections.pcap -Y 'tcp.flags==2 && tcp.dstport==443' -T fields -e ip.src | wc -l             (sort -u: 121)
--     tshark -r connections.pcap -Y 'tcp.flags==0x12 && tcp.srcport==443' | wc -l
local command = require("command")

local CAPTURE = "generated/connections.pcap"

local function floods(...)
    return command.lines(command.tables("syn_flood", CAPTURE, ...).syn_floods or {}, "server", "port", "attempts", "unfinished", "half_open", "sources")
end

describe("syn_flood", function()
    it("counts handshakes that were begun and not finished", function()
        assert.same({ "192.0.2.80 443 241 240 60 120" }, floods())
    end)

    it("needs as many as the options say", function()
        assert.equal(1, #floods("-A", "attempts=241", "-A", "unfinished=0.99"))
        assert.same({}, floods("-A", "attempts=242"))
        assert.same({}, floods("-A", "unfinished=0.999"))
    end)

    it("takes no refused attempts for a flood", function()
        local seen = {}
        for _, line in ipairs(floods("-A", "attempts=1", "-A", "unfinished=0.9", "-A", "top=100")) do
            seen[line:match("^%S+ %d+")] = true
        end
        assert.is_true(seen["192.0.2.80 443"] and seen["192.0.2.20 45"]) -- nobody answered there
        assert.is_nil(seen["192.0.2.20 21"]) -- refused
        assert.is_nil(seen["192.0.2.105 23"])
    end)
end)
