--- Flows by protocol, with their packets and bytes.
-- SPDX-License-Identifier: MIT OR Apache-2.0
local flows = agg.group("flows", "proto", "flows:count", "packets:sum", "bytes:sum")
on("flow.end", function(e)
    flows:add(e.proto, e.orig_pkts + e.resp_pkts, e.orig_ip_bytes + e.resp_ip_bytes)
end)
