--- Flows, DNS and a Lua aggregation at once: what should cost no more than libpcap's empty loop.
-- SPDX-License-Identifier: MIT OR Apache-2.0
local bytes = agg.sum("bytes", "src")
on("packet", function(e)
    if e.src then bytes:add(e.src, e.len) end
end)
on("flow.end", agg.count("flows", "proto"))
on("dns.query", agg.count("names", "qname"):top(20))
