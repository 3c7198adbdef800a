-- SPDX-License-Identifier: MIT OR Apache-2.0
--- dns_stats as one instance that sees everything in order: what that costs beyond an instance per thread.
palua.partition("all")
local top = palua.option("top", 20, "rows to show of each table")

on("dns.query", agg.count("queries", "qname"):top(top))
on("dns.query", agg.count("query_types", "qtype_name"):top(top))
on("dns.answer", agg.count("rcodes", "rcode_name"))

local nxdomain = agg.count("nxdomain", "client", "qname"):top(top)
on("dns.answer", function(e)
    if e.rcode_name == "NXDOMAIN" then
        nxdomain:add(e.client, e.qname)
    end
end)

on("dns.answer", agg.quantile("rtt", "server"):top(top)) -- seconds; answers without a query are left out
