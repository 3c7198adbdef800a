-- SPDX-License-Identifier: MIT OR Apache-2.0
--- Declares the C side to LuaJIT and refuses to go on if the two disagree about a layout.
local ffi = require("ffi")
local host = require("palua.host")

ffi.cdef(host.cdef)

if ffi.C.PALUA_ABI_VERSION ~= host.abi_version then
    error(("the ABI has version %d in C and %d in Lua"):format(host.abi_version, ffi.C.PALUA_ABI_VERSION), 0)
end
for _, at in ipairs(host.layout) do
    local size, offset = ffi.sizeof(at.record), ffi.offsetof(at.record, at.field)
    if size ~= at.size or offset ~= at.offset then
        error(("%s.%s: offset %s of %s bytes in Lua, %d of %d in C"):format(at.record, at.field, tostring(offset),
            tostring(size), at.offset, at.size), 0)
    end
end

return { version = host.abi_version }
