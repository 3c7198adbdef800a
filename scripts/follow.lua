--- Follows one TCP connection: prints what both sides sent, in order, or writes it to two files.
---
---     palua -T flow.end.uid,flow.end.orig_h,flow.end.resp_h,flow.end.resp_p capture.pcap
---     palua -s follow -A flow=CsF4x9E1tGgHQb2nK capture.pcap
---     palua -s follow -A flow=CsF4x9E1tGgHQb2nK -A form=files -O out capture.pcap
---
--- Lines of the originator begin with '>', of the responder with '<'; '!' tells of bytes that are missing. Control bytes are escaped.
--- The files UID_orig and UID_resp hold the bytes as they are.
-- SPDX-License-Identifier: MIT OR Apache-2.0
palua.partition("all") -- one instance writes the files
local uid = palua.option("flow", "", "uid of the flow; with none, every flow is followed")
local form = palua.option("form", "text", "text, hex or files")

local marks = { orig = ">", resp = "<" }
local forms = { text = true, hex = true, files = true }
if not forms[form] then
    error("the form '" .. form .. "' is none of text, hex and files")
end

local function show(dir, data)
    local mark = marks[tostring(dir)]
    if form == "hex" then
        for at = 1, #data, 32 do
            local hex = data:sub(at, at + 31):gsub(".", function(c) return ("%02x"):format(c:byte()) end)
            print(("%s %s"):format(mark, hex))
        end
        return
    end
    for line, ending in data:gmatch("([^\n]*)(\n?)") do
        if line ~= "" or ending ~= "" then
            local text = line:gsub("\r$", ""):gsub("\t", "\\x09")
            print(("%s %s"):format(mark, text))
        end
    end
end

on("tcp.data", function(e)
    if uid ~= "" and e.flow.uid ~= uid then
        return
    end
    if form == "files" then
        files.create(("%s_%s"):format(tostring(e.flow.uid), tostring(e.dir))):write(e.data)
    else
        show(e.dir, tostring(e.data))
    end
end)

on("tcp.gap", function(e)
    if (uid == "" or e.flow.uid == uid) and form ~= "files" then
        print(("! %s %d bytes are missing"):format(marks[tostring(e.dir)], e.length))
    end
end)
