--- Top talkers: the addresses that sent most, with packets, bytes and whom they sent to.
---
---     palua -s top_talkers file.pcap
---     palua -s top_talkers -A by=packets -A top=50 file.pcap
---
--- Bytes are lengths on the wire, of whole frames. A tunnel's packets count for the innermost addresses.
-- SPDX-License-Identifier: MIT OR Apache-2.0
local top = palua.option("top", 20, "rows to show")
local by = palua.option("by", "bytes", "column to sort by: packets or bytes")
if by ~= "packets" and by ~= "bytes" then
    error("-A by=" .. by .. ": packets or bytes was expected", 0)
end

on("packet", agg.group("senders", "src", "packets:count", "bytes:sum(len)"):top(top, by))
on("packet", agg.group("pairs", "src", "dst", "packets:count", "bytes:sum(len)"):top(top, by))
