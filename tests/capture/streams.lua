-- SPDX-License-Identifier: MIT OR Apache-2.0
--- Prints what TCP streams deliver, for streams_test.py: one line per piece and per gap, parts separated by tabs.
on("flow.start", function(e)
    if e.proto == 6 then print("f", e.uid, e.orig_h, e.orig_p, e.resp_h, e.resp_p, e.frame) end
end)
on("tcp.data", function(e) print("d", e.flow.uid, e.dir, e.offset, e.data) end)
on("tcp.gap", function(e) print("g", e.flow.uid, e.dir, e.offset, e.length) end)
