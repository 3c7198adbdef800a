-- SPDX-License-Identifier: MIT OR Apache-2.0
--- print and tostring for scripts: no Lua string is made of what is printed, and no address is shown.
local ffi = require("ffi")
local slice = require("palua.slice")

local C, istype, ffi_string = ffi.C, ffi.istype, ffi.string
local int64, uint64 = ffi.typeof("int64_t"), ffi.typeof("uint64_t")
local bytes, is_bytes, text_of = slice.bytes, slice.is_bytes, slice.text
local type, tostring, select, getmetatable = type, tostring, select, debug.getmetatable
local error, unpack = error, unpack
local match = string.match

local M = {}

local size = ffi.new("uint32_t[1]")

--- tostring without addresses; numbers with the shortest digits that read back the same.
-- @param instance  whose text buffer to use
function M.tostring(instance)
    return function(v)
        local kind = type(v)
        if kind == "string" then
            return v
        elseif kind == "number" then
            local mark = C.palua_lua_print_mark(instance)
            C.palua_lua_print_number(instance, v)
            return ffi_string(C.palua_lua_print_take(instance, mark, size), size[0])
        elseif kind == "cdata" then
            if is_bytes(v) then
                return text_of(v) -- not through tostring, which LuaJIT does not compile for cdata
            end
            return (match(tostring(v), "^(%-?%d+)U?LL$")) or tostring(v)
        elseif kind == "table" then
            local metatable = getmetatable(v)
            local shown = metatable and metatable.__tostring and tostring(v) or kind
            if type(shown) ~= "string" then
                error("'__tostring' must return a string, not a " .. type(shown), 0)
            end
            return shown
        elseif kind == "function" or kind == "thread" or kind == "userdata" then
            return kind
        end
        return tostring(v)
    end
end

--- One function that adds a value to the line being built.
local function adder(instance, text)
    return function(v)
        local kind = type(v)
        if kind == "string" then
            C.palua_lua_print_string(instance, v, #v)
        elseif kind == "number" then
            C.palua_lua_print_number(instance, v)
        elseif kind == "nil" then
            C.palua_lua_print_nil(instance)
        elseif kind == "boolean" then
            C.palua_lua_print_bool(instance, v)
        elseif kind == "cdata" then
            if istype(int64, v) then
                C.palua_lua_print_int(instance, v)
            elseif istype(uint64, v) then
                C.palua_lua_print_uint(instance, v)
            elseif is_bytes(v) then
                local data, len, code = bytes(v)
                C.palua_lua_print_bytes(instance, code, data, len)
            else
                local s = text(v)
                C.palua_lua_print_string(instance, s, #s)
            end
        else
            local s = text(v)
            C.palua_lua_print_string(instance, s, #s)
        end
    end
end

--- The script's print. The first eight values are written out one by one: a loop over them would keep the
--- handler from being compiled.
-- @param text     M.tostring(instance)
-- @param special  function(v): true if it printed v itself (an aggregation, in done)
function M.print(instance, text, special)
    local add = adder(instance, text)
    --- What has a __tostring of the script's is turned into text before the line is begun: it may print, or fail.
    local function ready(v)
        if type(v) == "table" then
            return text(v)
        end
        return v
    end
    local function rest(n, ...)
        for i = 9, n do
            C.palua_lua_print_tab(instance)
            add((select(i, ...)))
        end
    end
    local function all_ready(n, ...)
        local values = { ... }
        for i = 1, n do
            values[i] = ready(values[i])
        end
        return unpack(values, 1, n)
    end
    local function tab_add(v)
        C.palua_lua_print_tab(instance)
        add(v)
    end
    local function line(n, ...)
        local a, b, c, d, e, f, g, h = ...
        C.palua_lua_print_take(instance, 0, size) -- what a line that failed half-way left
        if n >= 1 then add(a) end
        if n >= 2 then tab_add(b) end
        if n >= 3 then tab_add(c) end
        if n >= 4 then tab_add(d) end
        if n >= 5 then tab_add(e) end
        if n >= 6 then tab_add(f) end
        if n >= 7 then tab_add(g) end
        if n >= 8 then tab_add(h) end
        if n >= 9 then rest(n, ...) end
        C.palua_lua_print_line(instance)
    end
    return function(...)
        local n = select("#", ...)
        local a, b, c, d, e, f, g, h = ...
        if n == 1 and special(a) then
            return
        elseif n > 8 then
            line(n, all_ready(n, ...))
        else
            line(n, ready(a), ready(b), ready(c), ready(d), ready(e), ready(f), ready(g), ready(h))
        end
    end
end

return M
