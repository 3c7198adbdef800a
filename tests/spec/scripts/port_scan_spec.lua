-- SPDX-License-Identifier: MIT OR Apache-2.0
--- scripts/port_scan.lua beside tshark 4.0.17: the ports of SYNs, and which of them were answered:
--     tshark -r connections.pcap -Y 'tcp.flags==2 && ip.src==203.0.113.9' -T fields -e tcp.dstport | sort -u | wc -l        30
--     tshark -r connections.pcap -Y 'tcp.flags==0x12 && ip.dst==203.0.113.9' -T fields -e tcp.srcport | sort -u | wc -l     2
--     tshark -r connections.pcap -Y 'tcp.flags==2 && ip.src==203.0.113.10' -T fields -e ip.dst | sort -u | wc -l            24
local command = require("command")

local CAPTURE = "generated/connections.pcap"
local lines = command.lines

describe("port_scan", function()
    it("finds who tried many ports of one host, and what was open", function()
        local tables = command.tables("port_scan", CAPTURE)
        assert.same({ "203.0.113.9 192.0.2.20 28 2 30" },
            lines(tables.vertical_scans, "scanner", "target", "failed_ports", "open_ports", "attempts"))
    end)

    it("finds who tried one port of many hosts", function()
        local tables = command.tables("port_scan", CAPTURE)
        assert.same({ "203.0.113.10 23 24 0 24" },
            lines(tables.horizontal_scans, "scanner", "port", "failed_hosts", "open_hosts", "attempts"))
    end)

    it("needs as many as the options say", function()
        local tables = command.tables("port_scan", CAPTURE, "-A", "ports=28", "-A", "hosts=25")
        assert.equal(1, #tables.vertical_scans)
        assert.is_nil(tables.horizontal_scans)
        assert.is_nil(command.tables("port_scan", CAPTURE, "-A", "ports=29").vertical_scans)
    end)

    it("takes a flood for none, nor what was answered", function()
        local tables = command.tables("port_scan", "http.pcap", "-A", "ports=2", "-A", "hosts=2")
        assert.same({ order = {} }, tables)
    end)
end)
