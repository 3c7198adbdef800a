-- SPDX-License-Identifier: MIT OR Apache-2.0
--- scripts/long_connections.lua beside tshark 4.0.17:
--     tshark -r connections.pcap -q -z conv,tcp       (Duration 7200.0200 and 300.0200; 127 and 12 frames)
local command = require("command")

local function long(...)
    local tables = command.tables("long_connections", "generated/connections.pcap", ...)
    return command.lines(tables.long_connections or {}, "orig_h", "orig_p", "resp_h", "resp_p", "proto", "conn_state", "duration", "packets", "bytes")
end

local TWO_HOURS = "192.0.2.10 40200 192.0.2.22 22 tcp SF 7200.02 127 5"
local FIVE_MINUTES = "192.0.2.11 40200 192.0.2.22 22 tcp SF 300.02 12 5"

describe("long_connections", function()
    it("shows the longest first", function()
        assert.same({ TWO_HOURS, FIVE_MINUTES }, long())
    end)

    it("shows what lasted as long as the option says", function()
        assert.same({ TWO_HOURS }, long("-A", "least=300.03"))
        assert.same({}, long("-A", "least=7200.03"))
    end)

    it("shows as many as the option says", function()
        assert.same({ TWO_HOURS }, long("-A", "top=1"))
    end)
end)
