--- Bytes of TCP in order, both directions.
-- SPDX-License-Identifier: MIT OR Apache-2.0
local delivered = agg.sum("delivered", "dir")
on("tcp.data", function(e)
    delivered:add(e.dir, #e.data)
end)
