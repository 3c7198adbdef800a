--- DNS: busiest names, query types, response codes, NXDOMAIN by client, response time by server.
---
---     palua -s dns_stats file.pcap
---     palua -s dns_stats -A top=5 -o json file.pcap
---
--- Reads DNS over UDP and TCP, multicast DNS and LLMNR. A response time needs the query and its answer in the same flow.
--- Names count as sent: some resolvers mix upper and lower case on purpose.
-- SPDX-License-Identifier: MIT OR Apache-2.0
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
