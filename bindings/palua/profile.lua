-- SPDX-License-Identifier: MIT OR Apache-2.0
--- For --profile: which handlers LuaJIT compiled, and why traces were given up, in words.
local debug = require("debug")
local jit = require("jit")
local util = require("jit.util")
local vmdef = require("jit.vmdef")

local format, concat, sort = string.format, table.concat, table.sort
local M = {}

local recording = {} -- functions seen in the trace that is being recorded
local compiled = {} -- function (prototype's place) -> true
local aborted = {} -- text -> { text, count, lasting, place }
local chunk -- the script's, as debug.getinfo names it

--- Bytecodes that LuaJIT never compiles, and what to do about them.
local BYTECODES = {
    FNEW = "a function is made here, which LuaJIT does not compile; make it once, outside of the handler",
    UCLO = "a variable of a loop is kept by a function, which LuaJIT does not compile; make the function outside of the handler",
    VARG = "a variable number of arguments (...) is unpacked here, which LuaJIT does not compile; name the arguments",
    ITERN = "next() drives this loop, which LuaJIT does not compile; count with for i = 1, #t",
}
--- What LuaJIT says while it looks for the best place to compile; it tries again from elsewhere.
local PASSING = {
    ["inner loop in root trace"] = "a loop inside of a loop: the inner one is compiled first (harmless)",
    ["leaving loop in root trace"] = "a loop ended too soon to be compiled by itself (harmless)",
    ["loop unroll limit reached"] = "a loop ran too often to be written out (harmless)",
    ["down-recursion, restarting"] = "a function that calls itself (harmless)",
    ["retry recording"] = "LuaJIT tries again (harmless)",
}

--- "script.lua:12" of a function's bytecode.
local function place_of(fn, pc)
    local info = util.funcinfo(fn, pc)
    if info.ffid then
        return vmdef.ffnames[info.ffid]
    end
    return info.loc or (info.source .. ":" .. (info.currentline or 0))
end

--- A function is told apart by where it is defined, as a handler and its prototype are.
local function identity(fn)
    local info = util.funcinfo(fn)
    return info.source and info.source .. ":" .. info.linedefined or nil
end

--- What LuaJIT says of an abort: in words, and whether it will not try again.
-- @param place  "script.lua:12", or one in palua's own Lua
local function explain(code, reason, place)
    local text = vmdef.traceerr[code] or ("error " .. tostring(code))
    if type(reason) == "function" then
        reason = place_of(reason)
    end
    if text:find("bytecode", 1, true) and type(reason) == "number" then
        local name = vmdef.bcnames:sub(reason * 6 + 1, reason * 6 + 6):match("%S+") or tostring(reason)
        if place:find("^palua%.") then
            return format("a function that LuaJIT does not compile is called here (bytecode %s)", name), true
        end
        return BYTECODES[name] or format("LuaJIT does not compile this (bytecode %s)", name), true
    end
    text = text:find("%%") and format(text, reason) or text
    if PASSING[text] then
        return PASSING[text], false
    end
    return "LuaJIT does not compile this (" .. text .. ")", true
end

--- The script's line that the aborted trace had come from: "script.lua", 12; nil if it was in no function of the script.
local function script_line()
    for level = 3, 30 do
        local info = debug.getinfo(level, "Sl")
        if not info then
            return nil
        elseif info.source == chunk then
            return info.short_src, info.currentline
        end
    end
end

local function note_abort(fn, pc, code, reason)
    local place = place_of(fn, pc)
    local why, lasting = explain(code, reason, place)
    local file, line = script_line()
    if file then
        local own = format("%s:%d", file, line)
        place = util.funcinfo(fn).source == chunk and own or format("%s (in %s)", own, place)
    end
    local text = place .. ": " .. why
    local seen = aborted[text] or { text = text, count = 0, lasting = lasting, line = line }
    seen.count = seen.count + 1
    aborted[text] = seen
end

--- A trace that starts at a function's head is a detour: the loops inline what they call, and replace it.
local detours = {}

local function on_trace(what, trace, fn, pc, code, reason)
    if what == "start" then
        recording = {}
        detours[trace] = code and detours[code] or (not code and pc == 0) -- code is the parent here
    elseif what == "stop" then
        for id in pairs(recording) do
            compiled[id] = true
        end
    elseif what == "abort" then
        if not detours[trace] then
            note_abort(fn, pc, code, reason)
        end
    elseif what == "flush" then
        compiled = {}
    end
end

local function on_record(_, fn)
    local id = identity(fn)
    if id then
        recording[id] = true
    end
end

--- @param chunkname  of the script: "@name"
function M.start(chunkname)
    chunk = chunkname
    jit.attach(on_trace, "trace")
    jit.attach(on_record, "record")
end

--- Whether something between a function's first and last line will never be compiled.
local function gave_up_in(fn)
    local info = util.funcinfo(fn)
    for _, seen in pairs(aborted) do
        if seen.lasting and seen.line and seen.line >= info.linedefined and seen.line <= info.lastlinedefined then
            return true
        end
    end
    return false
end

--- How one handler ran.
function M.handler(fn)
    local gave_up = gave_up_in(fn)
    if not compiled[identity(fn)] then
        return gave_up and "interpreted, which is slow: see the trace aborts below" or "interpreted: too few events to compile it"
    end
    return gave_up and "compiled in part: see the trace aborts below" or "compiled"
end

--- One line per place and reason, those that last first; "" if no trace was given up.
function M.aborts()
    local order, lines = {}, {}
    for _, seen in pairs(aborted) do
        order[#order + 1] = seen
    end
    sort(order, function(a, b)
        if a.lasting ~= b.lasting then
            return a.lasting
        end
        return a.text < b.text
    end)
    for i, seen in ipairs(order) do
        lines[i] = format("trace abort at %s; %s\n", seen.text, seen.count == 1 and "once" or seen.count .. " times")
    end
    return concat(lines)
end

return M
