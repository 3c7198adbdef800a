-- SPDX-License-Identifier: MIT OR Apache-2.0
--- Values of scripts where C reads them: struct palua_argument, for the keys and values of aggregations and the rows of logs.
local ffi = require("ffi")
local view = require("palua.view")

local istype, cast = ffi.istype, ffi.cast
local int64, uint64 = ffi.typeof("int64_t"), ffi.typeof("uint64_t")
local type = type
local view_bytes, is_view = view.bytes, view.is_bytes

-- enum palua_type
local NIL, UINT, INT, BOOL, REAL, STRING = 0, 1, 2, 4, 5, 11
local M = { NIL = NIL, UINT = UINT, INT = INT, BOOL = BOOL, REAL = REAL, STRING = STRING }

--- Writes one value. A view raises if it is stale; its bytes are borrowed, as a string's are.
-- @return false if there is no such argument: a table, a function, a list field
function M.put(argument, v)
    local t = type(v)
    if t == "string" then
        argument.type = STRING
        argument.data = v
        argument.len = #v
    elseif t == "number" then
        argument.type = REAL
        argument.real = v
    elseif t == "nil" then
        argument.type = NIL
    elseif t == "boolean" then
        argument.type = BOOL
        argument.integer = v and 1 or 0
    elseif istype(int64, v) then
        argument.type = INT
        argument.integer = v
    elseif istype(uint64, v) then
        argument.type = UINT
        argument.integer = cast(int64, v)
    elseif is_view(v) then
        local data, len, kind = view_bytes(v)
        argument.type = kind
        argument.data = data
        argument.len = len
    else
        return false
    end
    return true
end

return M
