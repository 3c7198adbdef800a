--- Bytes of TCP in order: a handler that sums lengths.
-- SPDX-License-Identifier: MIT OR Apache-2.0
local bytes = 0
on("tcp.data", function(e)
    bytes = bytes + #e.data
end)
done(function()
    print(bytes)
end)
