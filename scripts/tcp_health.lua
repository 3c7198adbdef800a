--- TCP: retransmissions, reordering, stalls, resets and the handshake's round trip.
---
---     palua -s tcp_health capture.pcap
---
--- What each address sent as the one who opened a connection (openers) and as the one who answered (servers). A retransmission brings
--- bytes that came before; what a mirror port captured twice is counted apart. A segment is out of order if it fills a hole that no
--- other filled. Missing are bytes that were acknowledged but are not in the capture.
-- SPDX-License-Identifier: MIT OR Apache-2.0
local top = palua.option("top", 10, "rows to show per table")

local function sent(name, who, side)
    return agg.group(name, "flow." .. who, "flows:count", "segments:sum(" .. side .. "_segments)",
        "retransmitted:sum(" .. side .. "_retransmitted)", "retransmitted_bytes:sum(" .. side .. "_retransmitted_bytes)",
        "out_of_order:sum(" .. side .. "_out_of_order)", "duplicates:sum(" .. side .. "_duplicates)",
        "keepalives:sum(" .. side .. "_keepalives)", "zero_windows:sum(" .. side .. "_zero_windows)",
        "resets:sum(" .. side .. "_resets)", "missed:sum(" .. side .. "_missed)"):top(top):sort("retransmitted")
end

on("tcp.summary", sent("openers", "orig_h", "orig"))
on("tcp.summary", sent("servers", "resp_h", "resp"))

local rtt = agg.quantile("rtt", "server")
local worst = agg.group("worst", "uid", "orig_h", "resp_h", "resp_p", "retransmitted:sum", "out_of_order:sum", "missed:sum"):top(top)

on("tcp.summary", function(e)
    if e.rtt then
        rtt:add(e.flow.resp_h, e.rtt)
    end
end)

on("tcp.summary", function(e)
    local again = e.orig_retransmitted + e.resp_retransmitted
    local late = e.orig_out_of_order + e.resp_out_of_order
    local missed = e.orig_missed + e.resp_missed
    if again + late + missed > 0 then
        local f = e.flow
        worst:add(f.uid, f.orig_h, f.resp_h, f.resp_p, again, late, missed)
    end
end)
