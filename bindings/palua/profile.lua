-- SPDX-License-Identifier: MIT OR Apache-2.0
--- For --profile: which handlers LuaJIT compiled, and why traces were given up.
local jit = require("jit")
local util = require("jit.util")
local vmdef = require("jit.vmdef")

local format, concat, sort = string.format, table.concat, table.sort
local M = {}

local recording = {} -- functions seen in the trace that is being recorded
local compiled = {} -- function (prototype's place) -> true
local aborted = {} -- place -> { place, reason, count }

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

local function note_abort(fn, pc, code, reason)
    local text = vmdef.traceerr[code] or ("error " .. tostring(code))
    if type(reason) == "function" then
        reason = place_of(reason)
    end
    text = text:find("%%") and format(text, reason) or text
    local key = place_of(fn, pc) .. ": " .. text
    local seen = aborted[key] or { text = key, count = 0 }
    seen.count = seen.count + 1
    aborted[key] = seen
    local id = identity(fn)
    if id then
        aborted[id] = aborted[id] or false
        compiled[id] = compiled[id] or false
    end
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

function M.start()
    jit.attach(on_trace, "trace")
    jit.attach(on_record, "record")
end

--- "compiled" or "interpreted", for one handler.
function M.handler(fn)
    return compiled[identity(fn)] and "compiled" or "interpreted"
end

--- One line per place and reason; "" if no trace was given up.
function M.aborts()
    local lines = {}
    for _, seen in pairs(aborted) do
        if seen then
            lines[#lines + 1] = format("trace abort at %s (%d times)", seen.text, seen.count)
        end
    end
    sort(lines)
    return #lines > 0 and concat(lines, "\n") .. "\n" or ""
end

return M
