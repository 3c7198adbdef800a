-- SPDX-License-Identifier: MIT OR Apache-2.0
--- Byte, string and address views: what can be done with them.
--
-- Text methods of an address (and of a MAC) work on its notation, byte methods on its bytes.
local ffi = require("ffi")

local C, istype, ffi_string = ffi.C, ffi.istype, ffi.string
local int64, uint64, complex = ffi.typeof("int64_t"), ffi.typeof("uint64_t"), ffi.typeof("complex")
local type, tostring, error, setmetatable, next = type, tostring, error, setmetatable, next
local find, match, gmatch, sub = string.find, string.match, string.gmatch, string.sub
local lower, upper, byte, gsub, format = string.lower, string.upper, string.byte, string.gsub, string.format

local M = {}

local SLICE = {} -- the key under which a view's type hands out its slice function; no script has it
local IPADDR, MAC = 8, 9

local instance
local size = ffi.new("uint32_t[1]")

function M.attach(to)
    instance = to
end

--- The slice function of a byte-like view, nil for anything else. Numbers are the only other cdata that cannot
-- be indexed.
local function slice_of(v)
    if type(v) ~= "cdata" or istype(int64, v) or istype(uint64, v) or istype(complex, v) then
        return nil
    end
    return v[SLICE]
end

--- Whether `v` is a byte-like view.
local function is_bytes(v)
    return slice_of(v) ~= nil
end
M.is_bytes = is_bytes

--- Where the bytes of a view are: pointer, length, type code. Raises if the view is stale or none.
local function bytes(v)
    local slice = slice_of(v)
    if slice == nil then
        error("a byte, string or address field was expected, not a " .. type(v), 0)
    end
    local data, len, code = slice(v) -- no tail call: LuaJIT takes many of those in one trace for a loop, and gives up
    return data, len, code
end
M.bytes = bytes

--- The text of a view as a Lua string: an address in its notation, all else as it is.
local function text(v)
    local data, len, code = bytes(v)
    if code == IPADDR or code == MAC then
        local mark = C.palua_lua_print_mark(instance)
        C.palua_lua_print_bytes(instance, code, data, len)
        local out = C.palua_lua_print_take(instance, mark, size)
        return ffi_string(out, size[0])
    end
    return ffi_string(data, len)
end
M.text = text

local methods = {}

function methods.sub(v, i, j)
    return sub(text(v), i, j or -1)
end

--- Patterns without magic characters are searched in place. Remembered, but not without end.
local PATTERN_CAP = 4096
local patterns = 0
local plain = setmetatable({}, { __index = function(t, pattern)
    local answer = find(pattern, "[%^%$%*%+%?%.%(%)%[%]%%%-]") == nil
    if patterns == PATTERN_CAP then
        for key in next, t do
            t[key] = nil
        end
        patterns = 0
    end
    t[pattern] = answer
    patterns = patterns + 1
    return answer
end })

--- Whether a number is a place that C takes as it is.
local function within_text(init)
    return type(init) == "number" and init >= 1 and init <= 0x7fffffff and init % 1 == 0
end

function methods.find(v, pattern, init, is_plain)
    local data, len, code = bytes(v)
    if code ~= IPADDR and code ~= MAC and type(pattern) == "string" and (init == nil or within_text(init))
        and (is_plain or plain[pattern]) then
        local at = C.palua_lua_find(data, len, pattern, #pattern, (init or 1) - 1)
        if at < 0 then
            return nil
        end
        local first = tonumber(at) + 1
        return first, first + #pattern - 1
    end
    if type(init) == "number" and init > 0x7fffffff then
        return nil -- string.find would wrap it round
    end
    return find(text(v), pattern, init, is_plain)
end

function methods.match(v, pattern, init)
    return match(text(v), pattern, init)
end

function methods.gmatch(v, pattern)
    return gmatch(text(v), pattern)
end

function methods.gsub(v, pattern, replacement, n)
    return gsub(text(v), pattern, replacement, n)
end

function methods.lower(v)
    return lower(text(v))
end

function methods.upper(v)
    return upper(text(v))
end

--- Of bytes and strings without making one.
function methods.len(v)
    local _, len, code = bytes(v)
    if code == IPADDR or code == MAC then
        return #text(v)
    end
    return len
end

function methods.byte(v, i, j)
    local data, len = bytes(v)
    i = i or 1
    if j == nil and type(i) == "number" then
        if i < 0 then
            i = len + i + 1
        end
        -- As positive tests: all of them are false for a NaN, which is no index.
        if i >= 1 and i <= len then
            return data[i - 1]
        end
        return nil
    end
    return byte(ffi_string(data, len), i, j or i)
end

--- The first `n` bytes (all of them if left out) as hex digits.
function methods.hex(v, n)
    local data, len = bytes(v)
    if n and n < len then
        len = n < 0 and 0 or n
    end
    return (gsub(ffi_string(data, len), ".", function(c) return format("%02x", byte(c)) end))
end

local function within(v, offset, width)
    local data, len = bytes(v)
    if type(offset) ~= "number" or offset < 0 or offset + width > len or offset % 1 ~= 0 then
        return nil
    end
    return data + offset
end

function methods.u8(v, offset)
    local p = within(v, offset, 1)
    if p == nil then
        return nil
    end
    return p[0]
end

function methods.u16(v, offset)
    local p = within(v, offset, 2)
    if p == nil then
        return nil
    end
    return p[0] * 0x100 + p[1]
end

function methods.u16le(v, offset)
    local p = within(v, offset, 2)
    if p == nil then
        return nil
    end
    return p[1] * 0x100 + p[0]
end

function methods.u32(v, offset)
    local p = within(v, offset, 4)
    if p == nil then
        return nil
    end
    return p[0] * 0x1000000 + p[1] * 0x10000 + p[2] * 0x100 + p[3]
end

function methods.u32le(v, offset)
    local p = within(v, offset, 4)
    if p == nil then
        return nil
    end
    return p[3] * 0x1000000 + p[2] * 0x10000 + p[1] * 0x100 + p[0]
end

--- Texts that addresses were compared with, parsed once: text -> { len, bytes }; a text that is none has len 0.
local LITERAL_CAP = 4096
local literal_type = ffi.typeof("struct { uint32_t len; uint8_t bytes[16]; }")

local function make_literals(code)
    local count = 0
    return setmetatable({}, { __index = function(t, s)
        if count == LITERAL_CAP then
            for key in next, t do
                t[key] = nil
            end
            count = 0
        end
        local literal = literal_type()
        literal.len = C.palua_lua_parse_address(code, s, #s, literal.bytes)
        t[s] = literal
        count = count + 1
        return literal
    end })
end
local ip_literals, mac_literals = make_literals(IPADDR), make_literals(MAC)

local function equals_string(v, s)
    local data, len, code = bytes(v)
    if code == IPADDR or code == MAC then
        local literal = code == IPADDR and ip_literals[s] or mac_literals[s]
        return literal.len > 0 and C.palua_lua_same(data, len, literal.bytes, literal.len) == 1
    end
    return len == #s and C.palua_lua_same(data, len, s, len) == 1
end

local function equals(a, b)
    if type(a) == "string" then
        return equals_string(b, a)
    elseif type(b) == "string" then
        return equals_string(a, b)
    elseif not (is_bytes(a) and is_bytes(b)) then
        return false
    end
    local a_data, a_len = bytes(a)
    local b_data, b_len = bytes(b)
    return C.palua_lua_same(a_data, a_len, b_data, b_len) == 1
end

local function as_text(v)
    return type(v) == "cdata" and is_bytes(v) and text(v) or v
end

local function join(a, b)
    return as_text(a) .. as_text(b)
end

local function less(a, b)
    return as_text(a) < as_text(b)
end

local function not_more(a, b)
    return as_text(a) <= as_text(b)
end

--- The behaviour of one field's views.
-- @param slice  function(v): pointer, length, type code
-- @param name   for messages: "dns.query.qname"
function M.metatable(slice, name)
    local function index(v, key)
        if key == SLICE then
            return slice
        end
        slice(v) -- raises if the view is stale
        local method = methods[key]
        if method == nil then
            error(format("%s has no method or field '%s'", name, tostring(key)), 0)
        end
        return method
    end
    return {
        __index = index, __tostring = text, __concat = join, __eq = equals, __lt = less, __le = not_more,
        __len = methods.len,
    }
end

return M
