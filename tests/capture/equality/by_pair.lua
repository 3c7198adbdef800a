-- SPDX-License-Identifier: MIT OR Apache-2.0
--- What two addresses say to each other, whoever sends: streams, and a state across their flows.
palua.partition("pair", { idle = "2m" })

local sizes = agg.group("pair_bytes", "orig", "resp", "flows:count", "bytes:sum")

on("flow.start", function(e, st)
    st.flows = (st.flows or 0) + 1
    print("pair", e.flow.uid, st.flows)
end)
on("tcp.data", function(e, st)
    st.bytes = (st.bytes or 0) + #e.data
    print("pair", e.flow.uid, e.dir, e.offset, st.bytes)
end)
on("flow.end", function(e) sizes:add(e.orig_h, e.resp_h, e.orig_payload + e.resp_payload) end)
stream(function(s)
    local line = s:line()
    print("pair", s.flow.uid, s.dir, line and #line)
end)
