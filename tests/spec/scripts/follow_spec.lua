-- SPDX-License-Identifier: MIT OR Apache-2.0
--- scripts/follow.lua beside tshark 4.0.17:
--     tshark -r http.pcap -q -z follow,tcp,raw,0     (each side's lines as bytes: MD5, length)
local command = require("command")

describe("follow", function()
    local FLOW = "CWu0yp3oTPVFQcQug"

    it("writes the two sides of one flow", function()
        local to = command.folder()
        local run = command.run("-q", "-s", "follow", "-A", "flow=" .. FLOW, "-A", "form=files", "-O", to, "tests/captures/http.pcap")
        assert.same({ 0, "" }, { run.status, run.err })
        assert.same({ "415fd19a92e830489fb9fd52f5d813d7 9801", "8d04c0753844d1ec721e3ccf868ae877 239" }, command.contents(to))
    end)

    -- tshark -q -z follow,tcp,ascii,0
    it("prints both sides in turn", function()
        local run = command.run("-q", "-s", "follow", "-A", "flow=" .. FLOW, "tests/captures/http.pcap")
        assert.truthy(run.out:find("^> GET / HTTP/1.1\n> Host: 192.0.2.80\n.->.-\n> \n< HTTP/1.1 200 OK\n"), run.out)

        local hex = command.run("-q", "-s", "follow", "-A", "flow=" .. FLOW, "-A", "form=hex", "tests/captures/http.pcap").out
        local bytes = 0
        for digits in hex:gmatch("< (%x+)") do
            bytes = bytes + #digits / 2
        end
        assert.equal(9801, bytes)
    end)

    it("refuses a form that is none", function()
        assert.truthy(command.run("-q", "-s", "follow", "-A", "form=png", "tests/captures/http.pcap").err:find("none of text, hex", 1, true))
    end)
end)
