-- SPDX-License-Identifier: MIT OR Apache-2.0
--- scripts/dns_stats.lua beside what tshark 4.0.17 says of the same messages:
--     Q='!icmp && dns.flags.response==0'    A='!icmp && dns.flags.response==1'
-- An ICMP error quotes a query, which tshark counts as one; nobody sent it there.
local command = require("command")

local CAPTURE = "dns.pcapng"
local lines = command.lines

local function sum(rows)
    local total = 0
    for _, row in ipairs(rows) do
        total = total + row.count
    end
    return total
end

describe("dns_stats", function()
    local all = command.tables("dns_stats", CAPTURE, "-A", "top=1000")

    it("gives its tables in the order they are declared in", function()
        assert.same({ "queries", "query_types", "rcodes", "nxdomain", "rtt" }, all.order)
    end)

    -- tshark -r dns.pcapng -Y "$Q" -T fields -e dns.qry.name | sort | uniq -c | sort -k1,1nr
    it("counts names", function()
        assert.equal(175, sum(all.queries))
        assert.equal(95, #all.queries)
        assert.same({ "example.com 24", "www.example.com 13", "host1.example.com 10", "mail.example.com 6", "big.example.com 4",
            "host7.example.com 4", "unheard.example.com 3", "UpPeR.eXaMpLe.CoM 2" },
            lines({ unpack(all.queries, 1, 8) }, "qname", "count"))
    end)

    -- … -e dns.qry.type | sort | uniq -c; the numbers named by hand
    it("counts types, a number where there is no name", function()
        local expected = { A = 94, AAAA = 25, PTR = 10, TXT = 9, ANY = 1, HTTPS = 5, SOA = 3, HINFO = 2, MX = 2, RP = 2, NS = 2, CAA = 2, LOC = 2,
            SRV = 2, NAPTR = 2, DNAME = 2, SSHFP = 2, TLSA = 2, SVCB = 2, ["65280"] = 2, ["-"] = 1, DNSKEY = 1 }
        local got = {}
        for _, row in ipairs(all.query_types) do
            got[tostring(row.qtype_name or "-")] = row.count
        end
        assert.same(expected, got)
    end)

    -- tshark -r dns.pcapng -Y "$A" -T fields -e dns.flags.rcode -e dns.resp.ext_rcode | sort | uniq -c:
    -- 138 of code 0, one of which has 0x01 in EDNS, so 16
    it("counts response codes, EDNS' upper bits included", function()
        assert.same({ "NOERROR 138", "NXDOMAIN 27", "REFUSED 3", "BADVERS 1", "NOTIMP 1", "SERVFAIL 1" },
            lines(all.rcodes, "rcode_name", "count"))
    end)

    -- tshark -r dns.pcapng -Y "$A && dns.flags.rcode==3" -T fields -e ip.dst -e ipv6.dst -e dns.qry.name | sort | uniq -c
    it("counts NXDOMAIN by client and name", function()
        local by_client = {}
        for _, row in ipairs(all.nxdomain) do
            by_client[row.client] = (by_client[row.client] or 0) + row.count
        end
        assert.same({ ["192.0.2.12"] = 6, ["192.0.2.13"] = 20, ["2001:db8::11"] = 1 }, by_client)
        assert.same({ "192.0.2.12 200.2.0.192.in-addr.arpa 1", "192.0.2.12 201.2.0.192.in-addr.arpa 1", "192.0.2.12 a.old.example.com 1",
            "192.0.2.12 ads.blocked.example 1", "192.0.2.12 nothing.signed.example 1", "192.0.2.12 tracker.blocked.example 1" },
            lines({ unpack(all.nxdomain, 1, 6) }, "client", "qname", "count"))
    end)

    -- tshark -r dns.pcapng -Y "$A && dns.time" -T fields -e ip.src -e ipv6.src -e dns.time; then, per server, the value of rank
    -- ceil(q * n). 192.0.2.54 has one more there: frames 357 and 358 have no question, and palua pairs by the question too.
    it("gives quantiles of the response time, within a bucket", function()
        local expected = {
            ["192.0.2.53"] = { 101, 0.000435788, 0.024277495, 0.103596608, 0.119887606 },
            ["192.0.2.54"] = { 36, 0.000246812, 0.000359614, 0.000445135, 0.000445135 },
            ["2001:db8::53"] = { 33, 0.000504719, 0.000718553, 0.000857969, 0.000857969 },
        }
        assert.equal(3, #all.rtt)
        for _, row in ipairs(all.rtt) do
            local count, p50, p90, p99, max = unpack(expected[row.server])
            assert.equal(count, row.count)
            assert.near(p50, row.p50, p50 / 100)
            assert.near(p90, row.p90, p90 / 100)
            assert.near(p99, row.p99, p99 / 100)
            assert.near(max, row.max, 1e-12)
        end
    end)

    -- tshark -r dns_timing.pcap -T fields -e ip.src -e dns.time has as many, but not the same: palua pairs frame 15, which answers
    -- another question with the same identifier (a repetition to tshark), and not frame 22, which comes after 69.9 s
    -- (pending_timeout_ms = 30000).
    it("pairs answers with their own queries", function()
        local rtt = command.tables("dns_stats", "generated/dns_timing.pcap").rtt
        assert.same({ "192.0.2.53 7", "192.0.2.54 1" }, lines(rtt, "server", "count"))
        assert.near(0.008, rtt[1].max, 1e-12)
        assert.near(0.003, rtt[2].max, 1e-12)
    end)

    it("shows as many rows as -A top says, and the largest", function()
        local few = command.tables("dns_stats", CAPTURE, "-A", "top=3")
        for _, name in ipairs({ "queries", "query_types", "nxdomain", "rtt" }) do
            assert.same({ unpack(all[name], 1, 3) }, few[name])
        end
        assert.same(all.rcodes, few.rcodes)
        assert.same(command.tables("dns_stats", CAPTURE), command.tables("dns_stats", CAPTURE, "-A", "top=20"))
    end)

    it("has nothing to say about a capture without DNS", function()
        assert.same({ order = {} }, command.tables("dns_stats", "ssh.pcap"))
    end)

    it("refuses a wrong value or option, by its name", function()
        for _, value in ipairs({ "x", "", "0", "-1", "1.5", "nan", "inf" }) do
            assert.matches("top", command.refusal("-s", "dns_stats", "tests/captures/" .. CAPTURE, "-A", "top=" .. value), 1, true)
        end
        assert.matches("tpo", command.refusal("-s", "dns_stats", "tests/captures/" .. CAPTURE, "-A", "tpo=3"), 1, true)
    end)
end)
