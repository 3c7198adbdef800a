--- Packets and bytes: the least that can be asked.
-- SPDX-License-Identifier: MIT OR Apache-2.0
on("packet", agg.group("packets", "linktype", "packets:count", "bytes:sum(len)"))
