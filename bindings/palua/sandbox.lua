-- SPDX-License-Identifier: MIT OR Apache-2.0
--- What a script can reach: the harmless and repeatable part of the standard library, in copies, so that
--- nothing a script overwrites is used by palua itself.
local bit = require("bit")

local type, error, select, next = type, error, select, next
local rawget, unpack, debug_getmetatable = rawget, unpack, debug.getmetatable
local real_setmetatable, real_ipairs, real_format = setmetatable, ipairs, string.format
local sort, floor, tonumber = table.sort, math.floor, tonumber
local find, gmatch, gsub = string.find, string.gmatch, string.gsub
local band, bxor, rshift, tobit = bit.band, bit.bxor, bit.rshift, bit.tobit

local M = {}

local RANK = { number = 1, string = 2, boolean = 3 }

local function before(a, b)
    local rank_a, rank_b = RANK[type(a)], RANK[type(b)]
    if rank_a ~= rank_b then
        return rank_a < rank_b
    elseif rank_a == 3 then
        return a == false and b == true
    end
    return a < b
end

local function sorted_keys(t)
    local keys = {}
    for key in next, t do
        if not RANK[type(key)] then
            error(real_format("pairs: a table with a %s as key has no repeatable order; use numbers or strings as keys",
                type(key)), 0)
        end
        keys[#keys + 1] = key
    end
    sort(keys, before)
    return keys
end

local function expect_table(t, name)
    if type(t) ~= "table" then
        error(real_format("%s: a table was expected, not %s", name, type(t)), 0)
    end
end

--- Visits keys in order: numbers, then strings, then false and true. Keys removed on the way are left out.
local function sorted_pairs(t)
    expect_table(t, "pairs")
    local keys, i = sorted_keys(t), 0
    return function()
        while true do
            i = i + 1
            local key = keys[i]
            if key == nil then
                return nil
            end
            local value = rawget(t, key)
            if value ~= nil then
                return key, value
            end
        end
    end, t
end

local function sorted_next(t, key)
    expect_table(t, "next")
    if key == nil and next(t) == nil then
        return nil
    end
    local keys = sorted_keys(t)
    for _, candidate in real_ipairs(keys) do
        if key == nil or before(key, candidate) then
            return candidate, rawget(t, candidate)
        end
    end
    return nil
end

local function view_iterator(list, i)
    i = i + 1
    local item = list[i]
    if item ~= nil then
        return i, item
    end
end

--- ipairs for tables and for list fields.
local function list_ipairs(list)
    if type(list) == "cdata" then
        return view_iterator, list, 0
    end
    return real_ipairs(list)
end

local function checked_setmetatable(t, metatable)
    if type(metatable) == "table" and rawget(metatable, "__mode") ~= nil then
        error("setmetatable: weak tables are not available to scripts, as what they hold is not repeatable", 0)
    end
    return real_setmetatable(t, metatable)
end

local function table_getmetatable(t)
    if type(t) ~= "table" then
        return nil
    end
    local metatable = debug_getmetatable(t)
    local shown = metatable and rawget(metatable, "__metatable")
    if shown ~= nil then
        return shown
    end
    return metatable
end

local function is_plain(v)
    local kind = type(v)
    return kind == "string" or kind == "number" or kind == "nil"
end

--- The letters of a format's conversions, in order.
local function conversions(format)
    local out = {}
    for letter in gmatch(gsub(format, "%%%%", ""), "%%[-+ #0-9.]*(%a)") do
        if letter == "p" then
            error("string.format: %p is not available to scripts", 0)
        end
        out[#out + 1] = letter
    end
    return out
end

local FORMAT_CAP = 256 -- formats whose letters are kept: a script has few, unless it makes them up

--- The same, worked out once per format.
local function remembered()
    local known, count = {}, 0
    return function(format)
        local letters = known[format]
        if letters == nil then
            letters = conversions(format)
            if count == FORMAT_CAP then
                known, count = {}, 0
            end
            known[format] = letters
            count = count + 1
        end
        return letters
    end
end

--- string.format that takes views, and shows no address. Up to six values are written out one by one, as LuaJIT
--- compiles that.
local function make_format(text)
    local letters_of = remembered()
    local function convert(letter, value)
        if type(value) == "cdata" and letter ~= "s" and letter ~= "q" then
            return tonumber(value) or tonumber(text(value))
        elseif is_plain(value) then
            return value
        end
        return text(value)
    end
    local function many(format, letters, n, ...)
        local values = { ... }
        for i = 1, n do
            values[i] = convert(letters[i], values[i])
        end
        return real_format(format, unpack(values, 1, n))
    end
    return function(format, ...)
        local n = select("#", ...)
        local a, b, c, d, e, f = ...
        if n <= 6 and is_plain(a) and is_plain(b) and is_plain(c) and is_plain(d) and is_plain(e) and is_plain(f)
            and not find(format, "p", 1, true) then
            return real_format(format, ...)
        end
        local l = letters_of(format)
        if n > 6 then
            return many(format, l, n, ...)
        end
        a, b, c = convert(l[1], a), convert(l[2], b), convert(l[3], c)
        if n == 1 then return real_format(format, a) end
        if n == 2 then return real_format(format, a, b) end
        if n == 3 then return real_format(format, a, b, c) end
        d, e, f = convert(l[4], d), convert(l[5], e), convert(l[6], f)
        if n == 4 then return real_format(format, a, b, c, d) end
        if n == 5 then return real_format(format, a, b, c, d, e) end
        return real_format(format, a, b, c, d, e, f)
    end
end

--- A 32-bit mix (the finaliser of MurmurHash3), in operations that LuaJIT compiles.
local function mix(h)
    h = bxor(h, rshift(h, 16))
    h = tobit(band(h, 0xffff) * 0x85ebca6b % 4294967296 + tobit(rshift(h, 16) * 0xca6b % 65536 * 65536))
    h = bxor(h, rshift(h, 13))
    h = tobit(band(h, 0xffff) * 0xc2b2ae35 % 4294967296 + tobit(rshift(h, 16) * 0xae35 % 65536 * 65536))
    return bxor(h, rshift(h, 16))
end

--- math.random as a function of (script, packet number, call): the same for every number of threads.
-- @param seed   of the script
-- @param place  function(): packet number, serial of the current event (0, 0 outside events)
local function make_random(seed, place)
    local last, call = -1, 0
    local function unit()
        local packet, serial = place()
        if serial ~= last then
            last, call = serial, 0
        end
        call = call + 1
        local a = mix(bxor(mix(tobit(packet % 4294967296)), tobit(seed), tobit(call * 0x9e3779b9 % 4294967296)))
        local b = mix(bxor(a, tobit(floor(packet / 4294967296)), 0x5bd1e995))
        return (rshift(a, 5) % 134217728 * 67108864 + rshift(b, 6) % 67108864) / 9007199254740992
    end
    local function random(low, high)
        local r = unit()
        if low == nil then
            return r
        elseif high == nil then
            low, high = 1, low
        end
        if low > high or low ~= low or high ~= high then
            error("math.random: the interval is empty", 0)
        end
        return floor(r * (high - low + 1)) + low
    end
    return random, function(value) seed = mix(bxor(seed, tobit(tonumber(value) or 0))) end
end

local function copy(t, ...)
    local out = {}
    for _, name in real_ipairs({ ... }) do
        out[name] = t[name]
    end
    return out
end

--- The globals of a script.
-- @param own   what palua adds: on, agg, print, …
-- @param text  its tostring
-- @param seed, place  see make_random
-- @return the environment, and the set of functions that keep no state
function M.environment(own, text, seed, place)
    local env = copy(_G, "assert", "error", "pcall", "xpcall", "rawequal", "rawget", "rawset", "select", "tonumber", "type", "unpack")
    env._VERSION = _VERSION
    env.string = copy(string, "byte", "char", "find", "gmatch", "gsub", "len", "lower", "match", "rep", "reverse", "sub", "upper")
    env.string.format = make_format(text)
    env.table = copy(table, "concat", "insert", "maxn", "remove", "sort")
    env.table.unpack = unpack
    env.math = copy(math, "abs", "acos", "asin", "atan", "atan2", "ceil", "cos", "cosh", "deg", "exp", "floor", "fmod",
        "frexp", "huge", "ldexp", "log", "log10", "max", "min", "modf", "pi", "pow", "rad", "sin", "sinh", "sqrt", "tan", "tanh")
    env.math.random, env.math.randomseed = make_random(seed, place)
    env.bit = copy(bit, "arshift", "band", "bnot", "bor", "bswap", "bxor", "lshift", "rol", "ror", "rshift", "tobit", "tohex")
    env.coroutine = copy(coroutine, "create", "resume", "running", "status", "wrap", "yield")
    env.tostring, env.pairs, env.next, env.ipairs = text, sorted_pairs, sorted_next, list_ipairs
    env.setmetatable, env.getmetatable = checked_setmetatable, table_getmetatable
    env._G = env
    for name, value in next, own do
        env[name] = value
    end
    -- ("x"):upper() finds its methods in a copy that no script can change, as palua's own modules use them too; what
    -- a script adds to its `string` is found after them.
    local methods, added = {}, env.string
    for name, value in next, env.string do
        methods[name] = value
    end
    debug_getmetatable("").__index = function(_, name)
        local method = methods[name]
        if method == nil then
            return added[name]
        end
        return method
    end
    debug_getmetatable("").__metatable = false
    return env, M.stateless(env)
end

--- The functions of an environment that a handler may call without the order of events mattering.
function M.stateless(env)
    local unsafe = {
        [env.table.insert] = true, [env.table.remove] = true, [env.table.sort] = true, [env.rawset] = true,
        [env.setmetatable] = true, [env.math.randomseed] = true,
    }
    local safe = {}
    local function add(t)
        for _, value in next, t do
            if type(value) == "function" and not unsafe[value] then
                safe[value] = true
            end
        end
    end
    add(env)
    add(env.string)
    add(env.table)
    add(env.math)
    add(env.bit)
    return safe
end

return M
