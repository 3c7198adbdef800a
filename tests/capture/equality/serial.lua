-- SPDX-License-Identifier: MIT OR Apache-2.0
--- Everything that depends on order: plain variables, tables, what is printed for every kind of event.
local events, last, seen = 0, 0, {}

local function note(e, what)
    events = events + 1
    local number = e.packet_number or 0
    print(events, what, number, number - last, math.random(1000))
    last = number
end

init(function() print("begin") end)
on("packet", function(e) note(e, e.layers) end)
on("anomaly", function(e) note(e, e.name) end)
on("transport", function(e) note(e, "transport") end)
on("flow.start", function(e)
    local uid = tostring(e.flow.uid)
    seen[uid] = events
    note(e, uid)
end)
on("flow.end", function(e)
    local uid = tostring(e.flow.uid)
    note(e, uid .. " " .. tostring(e.reason) .. " " .. events - (seen[uid] or 0))
    seen[uid] = nil
end)
on("dns.query", function(e) note(e, tostring(e.qname)) end)
on("tcp.data", function(e) note(e, tostring(e.offset)) end)
on("tcp.gap", function(e) note(e, "gap " .. tostring(e.length)) end)
done(function()
    for uid, at in pairs(seen) do
        print("open", uid, at)
    end
    print(events)
end)
