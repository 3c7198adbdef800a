-- SPDX-License-Identifier: MIT OR Apache-2.0
--- scripts/conn_log.lua beside tshark 4.0.17 (-q -z conv,tcp: ports, frames of each side, duration) and the bytes of its streams (-z follow).
--- tests/capture/flows_test.py compares it with Zeek's own logs.
local command = require("command")

--- The log as rows by column, and its header lines by name.
local function log(capture, ...)
    local run = command.run("-q", "-s", "conn_log", "-o", "zeek", "tests/captures/" .. capture, ...)
    assert(run.status == 0 and run.err == "", run.err)
    local header, rows = {}, {}
    for line in run.out:gmatch("[^\n]+") do
        local values = {}
        for value in (line .. "\t"):gmatch("(.-)\t") do
            values[#values + 1] = value
        end
        if line:sub(1, 1) == "#" then
            header[table.remove(values, 1)] = values
        else
            local row = {}
            for i, name in ipairs(header["#fields"]) do
                row[name] = values[i]
            end
            assert.equal(#header["#fields"], #values)
            rows[#rows + 1] = row
        end
    end
    return rows, header
end

describe("conn_log", function()
    it("has Zeek's columns, with a type for each", function()
        local _, header = log("http.pcap")
        assert.equal("conn", header["#path"][1])
        assert.equal("ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state local_orig local_resp "
            .. "missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents ip_proto", table.concat(header["#fields"], " "))
        assert.equal(#header["#fields"], #header["#types"])
    end)

    it("says how each connection went", function()
        local rows = log("http.pcap")
        assert.same({ "56674 80 tcp 0.006582 239 9801 SF ShADadfF 13 15", "56678 80 tcp 0.002250 85 185 SF ShADadFf 6 4",
            "56694 80 tcp 0.002605 158 555 SF ShADadFf 7 5", "58048 8080 tcp 0.000031 0 0 REJ Sr 1 1" },
            command.lines(rows, "id.orig_p", "id.resp_p", "proto", "duration", "orig_bytes", "resp_bytes", "conn_state", "history", "orig_pkts", "resp_pkts"))
    end)

    it("leaves unset what Zeek does", function()
        local rows = log("generated/connections.pcap")
        local lone = 0
        for _, row in ipairs(rows) do
            if row.history == "S" then
                lone = lone + 1
                assert.equal("- - - S0", table.concat({ row.duration, row.orig_bytes, row.resp_bytes, row.conn_state }, " "))
            end
        end
        assert.equal(10 + 23 + 180, lone) -- SYNs without any answer
    end)

    it("writes ICMP as Zeek does, and names services", function()
        local echo, dns
        for _, row in ipairs((log("generated/mixed_le.pcapng"))) do
            echo = echo or row["id.orig_p"] == "8" and row
            dns = dns or row["id.resp_p"] == "53" and row
        end
        assert.equal("icmp 8 0 OTH -", table.concat({ echo.proto, echo["id.orig_p"], echo["id.resp_p"], echo.conn_state, echo.history }, " "))
        assert.equal("udp dns SF Dd", table.concat({ dns.proto, dns.service, dns.conn_state, dns.history }, " "))
    end)

    it("leaves out ip_proto on demand", function()
        local rows, header = log("http.pcap", "-A", "ip_proto=false")
        assert.equal(21, #header["#fields"])
        assert.is_nil(rows[1].ip_proto)
    end)

    it("comes in the other formats too", function()
        local conn = command.tables("conn_log", "http.pcap").conn
        assert.same({ "56674 80 tcp SF true 239 6", "56678 80 tcp SF true 85 6", "56694 80 tcp SF true 158 6", "58048 8080 tcp REJ true 0 6" },
            command.lines(conn, "id.orig_p", "id.resp_p", "proto", "conn_state", "local_orig", "orig_bytes", "ip_proto"))
        local run = command.run("-q", "-s", "conn_log", "tests/captures/http.pcap")
        assert.equal(4, select(2, run.out:gsub("\n", "")))
        assert.equal(4 * 21, select(2, run.out:gsub("\t", "")))
    end)
end)
