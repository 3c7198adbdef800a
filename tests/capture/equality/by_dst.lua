-- SPDX-License-Identifier: MIT OR Apache-2.0
--- Plain tables, kept by address: all of an address meet, so they are whole wherever they are.
palua.partition("dst")

local seen = {}

on("packet", function(e)
    local key = tostring(e.dst)
    local at = seen[key] or { packets = 0, bytes = 0 }
    seen[key] = at
    at.packets, at.bytes = at.packets + 1, at.bytes + e.len
    if at.packets % 10 == 1 then
        print("dst", key, at.packets, at.bytes)
    end
end)
on("flow.end", function(e)
    local at = seen[tostring(e.resp_h)]
    print("dst", e.flow.uid, at and at.packets, at and at.bytes)
end)
on("flow.start", agg.count("dst_starts", "resp_h"))
on("flow.end", "orig_pkts > 1", agg.count("dst_long", "resp_h"))
