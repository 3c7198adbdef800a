--- Packets, known at the end: decoding alone, no event per packet.
-- SPDX-License-Identifier: MIT OR Apache-2.0
on("capture.end", function(e) print(e.packets) end)
