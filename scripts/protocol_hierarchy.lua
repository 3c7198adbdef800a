--- Protocol hierarchy: frames and bytes of every protocol, below the protocols that carried it.
---
---     palua -s protocol_hierarchy file.pcap
---
--- A protocol's line counts every frame that has it at that place, with whatever it carries. Bytes are lengths on the
--- wire, of whole frames.
-- SPDX-License-Identifier: MIT OR Apache-2.0
local stacks = agg.group("stacks", "layers", "frames:count", "bytes:sum(len)"):hide()
local hierarchy = agg.group("protocols", "protocol", "frames:sum", "bytes:sum")
on("packet", stacks)

--- Adds a stack's numbers to each of its prefixes: eth, eth:ip, eth:ip:udp.
local function add_prefixes(tree, stack, frames, bytes)
    local path = ""
    for protocol in stack:gmatch("[^:]+") do
        path = path == "" and protocol or path .. ":" .. protocol
        local node = tree[path] or { frames = 0, bytes = 0 }
        node.frames, node.bytes = node.frames + frames, node.bytes + bytes
        tree[path] = node
    end
end

done(function()
    local tree = {}
    for row in stacks:rows() do
        add_prefixes(tree, row.layers, row.frames, row.bytes)
    end
    for path, node in pairs(tree) do
        hierarchy:add(path, node.frames, node.bytes)
    end
    print(hierarchy:sort("protocol"))
end)
