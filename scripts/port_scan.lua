--- Port scans: who tried many ports of one host (vertical), or one port of many hosts (horizontal), and failed.
---
---     palua -s port_scan file.pcap
---     palua -s port_scan -A ports=50 -A hosts=50 file.pcap
---
--- An attempt fails if nobody answers, if it is refused, or if its originator breaks it off before a byte was sent. What failed
--- counts, and what was open is shown beside it: a scanner's answers. A connection whose beginning was not captured is none.
-- SPDX-License-Identifier: MIT OR Apache-2.0
local ports = palua.option("ports", 15, "failed ports of one host from which on it is a vertical scan")
local hosts = palua.option("hosts", 15, "hosts with one failed port from which on it is a horizontal scan")
local top = palua.option("top", 20, "rows to show of each table")

local FAILED = { S0 = true, REJ = true, RSTOS0 = true, SH = true }

local by_host = agg.group("by_host", "scanner", "target", "failed:distinct", "open:distinct", "attempts:count"):hide()
local by_port = agg.group("by_port", "scanner", "port", "failed:distinct", "open:distinct", "attempts:count"):hide()
local vertical = agg.group("vertical_scans", "scanner", "target", "failed_ports:max", "open_ports:max", "attempts:max"):top(top)
local horizontal = agg.group("horizontal_scans", "scanner", "port", "failed_hosts:max", "open_hosts:max", "attempts:max"):top(top)

on("flow.end", function(e)
    if e.proto_name ~= "tcp" then
        return
    end
    local state = tostring(e.conn_state)
    local broken = state == "RSTO" and e.orig_bytes == 0 and e.resp_bytes == 0
    if FAILED[state] then
        by_host:add(e.orig_h, e.resp_h, e.resp_p, nil)
        by_port:add(e.orig_h, e.resp_p, e.resp_h, nil)
    elseif broken then
        by_host:add(e.orig_h, e.resp_h, nil, e.resp_p)
        by_port:add(e.orig_h, e.resp_p, nil, e.resp_h)
    end
end)

done(function()
    for row in by_host:rows() do
        if row.failed >= ports then
            vertical:add(row.scanner, row.target, row.failed, row.open, row.attempts)
        end
    end
    for row in by_port:rows() do
        if row.failed >= hosts then
            horizontal:add(row.scanner, row.port, row.failed, row.open, row.attempts)
        end
    end
end)
