--- SYN floods: servers to which many handshakes were begun and few finished.
---
---     palua -s syn_flood file.pcap
---     palua -s syn_flood -A attempts=1000 -A unfinished=0.9 file.pcap
---
--- A handshake is unfinished if the originator sent nothing after its SYN, whether the server answered (half_open) or not. A flow
--- table that is full ends such flows first, so a flood is counted whole. Refused attempts are neither.
-- SPDX-License-Identifier: MIT OR Apache-2.0
local attempts = palua.option("attempts", 100, "handshakes begun with one port of one host from which on it may be a flood")
local unfinished = palua.option("unfinished", 0.5, "the part of them that must be unfinished")
local top = palua.option("top", 20, "rows to show")

local begun = agg.group("begun", "server", "port", "attempts:count", "unfinished:sum", "half_open:sum", "sources:distinct"):hide()
local floods = agg.group("syn_floods", "server", "port", "attempts:max", "unfinished:max", "half_open:max", "sources:max"):top(top)

on("flow.end", function(e)
    local history = e.history
    if e.proto_name ~= "tcp" or not history or history:sub(1, 1) ~= "S" then
        return
    end
    local silent = not history:find("[ADFR]")
    local answered = history:find("h", 1, true) ~= nil
    if silent and not history:find("r", 1, true) then
        begun:add(e.resp_h, e.resp_p, 1, answered and 1 or 0, e.orig_h)
    else
        begun:add(e.resp_h, e.resp_p, 0, 0, nil)
    end
end)

done(function()
    for row in begun:rows() do
        if row.attempts >= attempts and row.unfinished >= unfinished * row.attempts then
            floods:add(row.server, row.port, row.attempts, row.unfinished, row.half_open, row.sources)
        end
    end
end)
