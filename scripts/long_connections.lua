--- Long connections: the flows that lasted longest.
---
---     palua -s long_connections file.pcap
---     palua -s long_connections -A least=3600 -A top=100 file.pcap
---
--- A flow lasts from its first packet to its last. One that is still open when the capture ends counts as far as it was seen; one that
--- was idle for longer than the timeout of its protocol (see the configuration) is two.
-- SPDX-License-Identifier: MIT OR Apache-2.0
local least = palua.option("least", 60, "seconds a flow must have lasted")
local top = palua.option("top", 20, "rows to show")

local long = agg.group("long_connections", "uid", "orig_h", "orig_p", "resp_h", "resp_p", "proto", "conn_state",
    "duration:max", "packets:sum", "bytes:sum"):top(top)

on("flow.end", function(e)
    if e.duration >= least then
        long:add(e.uid, e.orig_h, e.orig_p, e.resp_h, e.resp_p, e.proto_name, e.conn_state,
            e.duration, e.orig_pkts + e.resp_pkts, e.orig_bytes + e.resp_bytes)
    end
end)
