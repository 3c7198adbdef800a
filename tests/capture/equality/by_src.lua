-- SPDX-License-Identifier: MIT OR Apache-2.0
--- What one address does, across flows: a state that is dropped soon, events of every level, those without an address too.
palua.partition("src", { idle = "1s" })

local ports = agg.distinct("src_ports", "src")

local function note(e, st, what)
    st.events = (st.events or 0) + 1
    st.last = what
    if st.events % 5 == 1 then
        print("src", e.packet_number, what, st.events, math.random(1000))
    end
end

init(function() print("begin") end)
on("packet", function(e, st) note(e, st, e.layers) end)
on("packet", "len > 100", function(e, st)
    st.large = (st.large or 0) + 1
    print("src", e.packet_number, "large", st.large)
end)
on("packet", function(e) ports:add(e.src, e.dport) end)
on("link", function(e, st) note(e, st, tostring(e.type)) end)
on("network", function(e, st) note(e, st, tostring(e.src)) end)
on("fragment", function(e, st) note(e, st, e.offset) end)
on("tunnel", function(e, st) note(e, st, tostring(e.type)) end)
on("transport", function(e, st) note(e, st, tostring(e.src)) end)
on("anomaly", function(e, st) note(e, st, tostring(e.name)) end)
on("arp", function(e, st) note(e, st, "arp") end)
on("dns.query", function(e, st) note(e, st, tostring(e.qname)) end)
on("flow.end", function(e, st) print("src", "end", e.orig_h, st.events, st.last) end)
on("capture.end", function(e, st) print("src", "over", st.events, e.packets) end)
