-- SPDX-License-Identifier: MIT OR Apache-2.0
--- scripts/packet_sizes.lua beside the lengths that tshark 4.0.17 gives: tshark -r FILE -T fields -e frame.len, counted by
-- awk '{ c[int($1 / width) * width]++ } END { for (b in c) print b, c[b] }' and, for quantiles, sorted: the value of rank ceil(q * n).
local command = require("command")

--- "low-high count" of the buckets that are not empty.
local function buckets(hist)
    local out = {}
    for _, bucket in ipairs(hist) do
        if bucket.count > 0 then
            out[#out + 1] = ("%d-%d %d"):format(bucket.low, bucket.high, bucket.count)
        end
    end
    return out
end

local function sizes(capture, ...)
    local rows = command.tables("packet_sizes", capture, ...).sizes
    assert.equal(1, #rows)
    return buckets(rows[1].hist), rows[1].count
end

local function refused(option)
    return command.refusal("-s", "packet_sizes", "tests/captures/dns.pcapng", "-A", option)
end

describe("packet_sizes", function()
    it("counts packets in buckets of powers of two", function()
        local got, count = sizes("dns.pcapng")
        assert.equal(371, count) -- capinfos -c dns.pcapng
        assert.same({ "32-63 1", "64-127 271", "128-255 80", "256-511 16", "512-1023 3" }, got)
        assert.same({ "32-63 1", "64-127 32", "128-255 9", "256-511 4", "1024-2047 6" }, (sizes("http.pcap")))
    end)

    it("counts packets in buckets of -A width bytes", function()
        assert.same({ "0-63 1", "64-127 271", "128-191 66", "192-255 14", "256-319 11", "320-383 1", "384-447 1", "448-511 3",
            "512-575 1", "832-895 2" }, (sizes("dns.pcapng", "-A", "width=64")))
        assert.same({ "0-499 367", "500-999 4" }, (sizes("dns.pcapng", "-A", "width=500")))
        assert.same({ "0-499 46", "1500-1999 6" }, (sizes("http.pcap", "-A", "width=500")))
        assert.same({ sizes("dns.pcapng") }, { sizes("dns.pcapng", "-A", "width=0") })
    end)

    -- … -Y 'udp && !icmp', tcp, icmpv6, icmp
    it("gives quantiles by protocol, within a bucket", function()
        local expected = { udp = { 342, 104, 174, 493, 864 }, tcp = { 20, 66, 120, 851, 851 }, icmp6 = { 8, 86, 86, 86, 86 },
            icmp = { 1, 129, 129, 129, 129 } }
        local rows = command.tables("packet_sizes", "dns.pcapng").sizes_by_protocol
        assert.equal(4, #rows)
        for _, row in ipairs(rows) do
            local count, p50, p90, p99, max = unpack(expected[row.proto_name])
            assert.equal(count, row.count)
            assert.near(p50, row.p50, p50 / 100)
            assert.near(p90, row.p90, p90 / 100)
            assert.near(p99, row.p99, p99 / 100)
            assert.equal(max, row.max)
        end
    end)

    it("gives a row without a protocol to packets that have none", function()
        -- tshark -r ping.pcap -Y arp -T fields -e frame.len: four of 42
        local found
        for _, row in ipairs(command.tables("packet_sizes", "ping.pcap").sizes_by_protocol) do
            found = row.proto_name == nil and row or found
        end
        assert.same({ count = 4, p50 = 42, p90 = 42, p99 = 42, max = 42 }, found)
    end)

    it("counts the length on the wire, also where less was captured", function()
        assert.same({ sizes("generated/mixed_le_us.pcap") }, { sizes("generated/cut_60.pcap") })
    end)

    it("refuses wrong values, by name and with what is expected", function()
        for _, value in ipairs({ "-3", "0.5", "nan", "inf", "1e-300" }) do
            assert.matches("width=%S+: a whole number of bytes was expected, or 0", refused("width=" .. value))
        end
        assert.matches("-A width=x: a number was expected", refused("width=x"), 1, true)
        assert.matches("top", refused("top=3"), 1, true)
    end)
end)
