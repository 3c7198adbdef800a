--- What one more handler costs: it adds a number to an aggregation, once per query.
-- SPDX-License-Identifier: MIT OR Apache-2.0
local types = agg.count("more_types", "qtype")
on("dns.query", function(e)
    types:add(e.qtype)
end)
