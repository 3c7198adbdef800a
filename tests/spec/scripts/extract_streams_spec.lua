-- SPDX-License-Identifier: MIT OR Apache-2.0
--- scripts/extract_streams.lua beside tshark 4.0.17:
--     tshark -r http.pcap -q -z follow,tcp,raw,N     (N = 0, 1, 2; each side's lines as bytes: length, MD5)
local command = require("command")

local WANTED = {
    "8d04c0753844d1ec721e3ccf868ae877 239", "415fd19a92e830489fb9fd52f5d813d7 9801",
    "29c7b58b8946bcc1603d6351597db16d 85", "62b4eb0a8bcf146dde59cd2a6bee71c9 185",
    "685fea4fe40bccf03b664f3dfdedcc5a 158", "c9fe85751288516667ed9ba4cbedb1cf 555",
}

local wanted = { unpack(WANTED) }
table.sort(wanted)

describe("extract_streams", function()
    it("writes what each side sent", function()
        local to = command.folder()
        local run = command.run("-q", "-s", "extract_streams", "-O", to, "tests/captures/http.pcap")
        assert.same({ 0, "" }, { run.status, run.err })
        assert.same(wanted, command.contents(to))
    end)

    it("may be told a port", function()
        local to = command.folder()
        local run = command.run("-q", "-s", "extract_streams", "-A", "port=8081", "-O", to, "tests/captures/http.pcap")
        assert.equal(0, run.status)
        assert.same({}, command.contents(to))
    end)

    it("needs a folder", function()
        local run = command.run("-q", "-s", "extract_streams", "tests/captures/http.pcap")
        assert.equal(1, run.status)
        assert.truthy(run.err:find("give one", 1, true), run.err)
    end)
end)
