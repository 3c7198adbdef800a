--- Writes every TCP stream to two files: UID_orig and UID_resp, what each side sent, in order and once.
---
---     palua -s extract_streams -O streams capture.pcap
---     palua -s extract_streams -O streams -A port=25 capture.pcap
---
--- Missing bytes are left out; the table says how many there were.
-- SPDX-License-Identifier: MIT OR Apache-2.0
palua.partition("all") -- one instance writes the files
local port = palua.option("port", 0, "only flows with this port; 0: all")

local streams = agg.group("streams", "file", "orig_h", "resp_h", "resp_p", "bytes:sum", "missed:sum")

local function is_wanted(flow)
    return port == 0 or flow.orig_p == port or flow.resp_p == port
end

local function name_of(e)
    return ("%s_%s"):format(tostring(e.flow.uid), tostring(e.dir))
end

on("tcp.data", function(e)
    local f = e.flow
    if is_wanted(f) then
        local name = name_of(e)
        files.create(name):write(e.data)
        streams:add(name, f.orig_h, f.resp_h, f.resp_p, #e.data, 0)
    end
end)

on("tcp.gap", function(e)
    local f = e.flow
    if is_wanted(f) then
        streams:add(name_of(e), f.orig_h, f.resp_h, f.resp_p, 0, e.length)
    end
end)
