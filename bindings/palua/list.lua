-- SPDX-License-Identifier: MIT OR Apache-2.0
--- List fields and their items: #l, l[i], ipairs(l).
local ffi = require("ffi")
local bit = require("bit")

local C, cast = ffi.C, ffi.cast
local bor, lshift = bit.bor, bit.lshift
local u64 = ffi.typeof("uint64_t")
local istype, int64, complex = ffi.istype, ffi.typeof("int64_t"), ffi.typeof("complex")
local type, tostring, error, format, concat = type, tostring, error, string.format, table.concat
local is_bytes = require("palua.slice").is_bytes

local M = {}

local FIELD = {} -- the key under which a list's type hands out its field; no script has it

local size = ffi.new("uint32_t[1]")
local INDEX_CAP = 2 ^ 20 -- what the upper bits of a view hold

--- @param item      pointer type of the items' views
-- @param count      function(v): number of items; raises if the view is stale
-- @param field      address of the field's schema
-- @param newindex   raises
function M.metatable(name, item, count, slot, instance, field, newindex)
    field = cast("const void *", field)
    local function index(v, i)
        if i == FIELD then
            count(v) -- raises if the view is stale
            return field
        end
        if type(i) ~= "number" then
            if type(i) == "string" then
                error(format("%s is a list: use #, [i] or ipairs; it has no field '%s'", name, i), 0)
            end
            return nil
        end
        local n = count(v)
        if i < 1 or i > n or i % 1 ~= 0 then
            return nil
        elseif i > INDEX_CAP then
            error(format("%s: items beyond %d cannot be read", name, INDEX_CAP), 0)
        end
        return cast(item, bor(lshift(cast(u64, i - 1), 44), slot.serial))[0]
    end
    local function text(v)
        count(v)
        local mark = C.palua_lua_print_mark(instance)
        C.palua_lua_print_field(instance, field, slot.event)
        local out = C.palua_lua_print_take(instance, mark, size)
        return ffi.string(out, size[0])
    end
    return { __index = index, __newindex = newindex, __len = count, __tostring = text }
end

--- The schema's field (a const void *) of a list view; nil for anything else.
function M.field(v)
    if type(v) ~= "cdata" or istype(int64, v) or istype(u64, v) or istype(complex, v) or is_bytes(v) then
        return nil
    end
    return v[FIELD]
end

--- An item reads as it does in the list's text.
-- @param index     function(v, name)
-- @param fields    { { name, hex } … }: of the item, as people read them
-- @param newindex  raises
function M.item_metatable(index, fields, newindex)
    local function text(v)
        local parts = {}
        for _, field in ipairs(fields) do
            local value = index(v, field.name)
            local part = value == nil and "" or field.hex and value:hex() or tostring(value)
            if part ~= "" then
                parts[#parts + 1] = part
            end
        end
        return concat(parts, " ")
    end
    return { __index = index, __newindex = newindex, __tostring = text }
end

return M
