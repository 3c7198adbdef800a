-- SPDX-License-Identifier: MIT OR Apache-2.0
--- stream(): over tests/captures/http.pcap, whose bytes extract_streams_spec.lua compares with tshark's, and over a capture made here.
local command = require("command")

local HTTP = "tests/captures/http.pcap"

local function written(text)
    local path = os.tmpname()
    local file = assert(io.open(path, "wb"))
    file:write(text)
    file:close()
    return path
end

--- Runs a script given as text.
local function run(source, capture, ...)
    local path = written(source)
    local out = command.run("-q", "-s", path, capture or HTTP, ...)
    os.remove(path)
    return out
end

local function be(width, value)
    local out = {}
    for i = width - 1, 0, -1 do
        out[#out + 1] = string.char(math.floor(value / 256 ^ i) % 256)
    end
    return table.concat(out)
end

--- A capture of one TCP connection to port 7: { sequence number, payload } from its client.
local function capture(segments)
    local out = { "\161\178\195\212\0\2\0\4\0\0\0\0\0\0\0\0\0\4\0\0\0\0\0\228" }
    for i, segment in ipairs(segments) do
        local data = segment[2]
        local tcp = be(2, 40000) .. be(2, 7) .. be(4, segment[1]) .. be(4, segment[3] or 0) .. "\80" .. (segment[4] or "\16")
            .. "\255\255\0\0\0\0" .. data
        if segment.back then
            tcp = be(2, 7) .. be(2, 40000) .. tcp:sub(5)
        end
        local a, b = "\192\0\2\1", "\192\0\2\2"
        local ip = "\69\0" .. be(2, 20 + #tcp) .. "\0\1\64\0\64\6\0\0" .. (segment.back and b .. a or a .. b) .. tcp
        out[#out + 1] = be(4, i) .. be(4, 0) .. be(4, #ip) .. be(4, #ip) .. ip
    end
    return written(table.concat(out))
end

describe("stream", function()
    it("reads messages whose parts come in any piece", function()
        local path = capture({ { 100, "", 0, "\2" }, { 101, be(4, 5) .. "he" }, { 107, "llo" .. "\0" }, { 111, "\0\0\3ab" }, { 116, "c" } })
        local out = run([[
            stream("tcp.port == 7", function(s)
                local len = s:u32be()
                while len do
                    local body = s:view(len)
                    if not body then return s:anomaly("short message") end
                    print(s.dir, s.offset, #body, body, body:hex(2), body == "hello", body:u8(0))
                    len = s:u32be()
                end
                print("end", s.offset)
            end)
        ]], path)
        os.remove(path)
        assert.same({ 0, "" }, { out.status, out.err })
        assert.equal("orig\t9\t5\t68656c6c6f\t6865\ttrue\t104\norig\t16\t3\t616263\t6162\tfalse\t97\nend\t16\n", out.out)
    end)

    it("has reads of several kinds", function()
        local path = capture({ { 1, "", 0, "\2" }, { 2, "\1\2\3\4\5\6\7\8\9line one\r\nline" }, { 25, " two\nrest" } })
        local out = run([[
            stream(function(s)
                print(s:u8(), s:u16be(), s:u16le(), s:u24be(), s:skip(1))
                print(s:line(), s:line())
                print(s:bytes(2), tostring(s:rest()), s:rest(), s:u8())
            end)
        ]], path)
        os.remove(path)
        assert.equal("1\t515\t1284\t395016\ttrue\nline one\tline two\nre\tst\tnil\tnil\n", out.out)
    end)

    it("tells of a gap by a read that gives nil, and goes on behind it", function()
        local path = capture({ { 1, "", 0, "\2" }, { 2, "abc" }, { 10, "defghi" } })
        local out = run([[
            stream(function(s)
                print(s:bytes(4), s.missing, s.offset)
                print(s:bytes(4), s.offset)
                print(s:bytes(4))
            end)
        ]], path)
        os.remove(path)
        assert.equal("nil\t5\t8\ndefg\t12\nnil\n", out.out)
    end)

    it("has views that end with the event", function()
        local out = run([[
            stream(function(s)
                local kept = s:view(3)
                s:rest()
                while s:rest() do end
                print(tostring(kept))
            end)
        ]])
        assert.equal(1, out.status)
        assert.truthy(out.err:find("a view was used after its handler returned", 1, true), out.err)
    end)

    it("reports an error with its line, once, and leaves that direction alone", function()
        local out = run("stream('tcp.port in {80, 8080}', function(s)\nwhile s:line() do end\nerror('broken')\nend)")
        assert.equal(1, out.status)
        assert.truthy(out.err:find(":3: broken", 1, true), out.err)
    end)

    it("counts what the script finds malformed", function()
        local path = written("stream(function(s) s:anomaly('x') end)")
        local out = command.run("-s", path, HTTP)
        os.remove(path)
        assert.truthy(out.err:find("6 anomalies", 1, true), out.err)
    end)

    it("gives the same for every number of threads", function()
        local source = "stream(function(s) local l = s:line() while l do print(s.flow.uid, s.dir, l) l = s:line() end end)"
        local one = run(source, HTTP, "-j", "1")
        assert.truthy(#one.out > 1000)
        assert.equal(one.out, run(source, HTTP, "-j", "3", "--batch", "3").out)
    end)

    it("refuses what it does not understand, with the line", function()
        local function refused(source, text)
            local out = run(source)
            assert.equal(2, out.status, out.err)
            assert.truthy(out.err:find(text, 1, true), out.err)
        end
        refused("\nstream(5)", ":2: stream: a function of the script was expected")
        refused("stream('ip.src == 5', function() end)", ":1: stream: filter, column 11: ip.src is an IPv4 address, and 5 is none")
        refused("stream('tcp.port in {x}', function() end)", "column 14: tcp.port is a whole number, and x is none")
        refused("stream(5, function() end)", "the filter must be a text, not a number")
    end)
end)
