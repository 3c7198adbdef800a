-- SPDX-License-Identifier: MIT OR Apache-2.0
--- What one flow sees: its own state, lines in between those of other flows, aggregations of every kind.
local sizes = agg.hist("sizes", "src")
local pairs_seen = agg.distinct("peers", "src")
local all = agg.group("hosts", "src", "packets:count", "bytes:sum", "gap:quantile")

init(function() print("begin") end)
on("packet", function(e)
    if e.src then
        sizes:add(e.src, e.len)
        pairs_seen:add(e.src, e.dst)
        all:add(e.src, e.len, e.caplen)
    end
end)
on("transport", function(e, st)
    st.packets = (st.packets or 0) + 1
    st.sizes = st.sizes or {}
    st.sizes[st.packets] = #e.payload
    if st.packets % 3 == 0 then
        print(e.flow.uid, st.packets, table.concat(st.sizes, ","), math.random(1000))
    end
end)
on("flow.end", function(e, st) print(e.flow.uid, st.packets, tostring(e.reason), e.orig_pkts) end)
on("flow.start", agg.count("starts", "resp_p"))
