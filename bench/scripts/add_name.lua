--- What one more handler costs when its key is a name.
-- SPDX-License-Identifier: MIT OR Apache-2.0
local names = agg.count("more_names", "qname"):top(20)
on("dns.query", function(e)
    names:add(e.qname)
end)
