--- How often each name was asked for, by a Lua handler: the question of the reference program `names`.
-- SPDX-License-Identifier: MIT OR Apache-2.0
local names = agg.count("names", "qname"):top(20)
on("dns.query", function(e)
    names:add(e.qname)
end)
