--- Packet sizes: how many packets of which length, overall and by IP protocol.
---
---     palua -s packet_sizes file.pcap
---     palua -s packet_sizes -A width=64 file.pcap
---
--- Lengths on the wire, of whole frames, in bytes.
-- SPDX-License-Identifier: MIT OR Apache-2.0
local width = palua.option("width", 0, "bytes per bucket; 0: powers of two")
if width < 0 or width % 1 ~= 0 then
    error("-A width=" .. width .. ": a whole number of bytes was expected, or 0", 0)
end

on("packet", agg.hist("sizes", { value = "len", linear = width ~= 0 and width or nil }))
on("packet", agg.quantile("sizes_by_protocol", "proto_name", { value = "len" }))
