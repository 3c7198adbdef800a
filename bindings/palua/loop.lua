-- SPDX-License-Identifier: MIT OR Apache-2.0
--- Generates the loops that call handlers: one per handler that does not depend on order, and one
--- chain of ifs, in capture order, for all others of the instance.
local ffi = require("ffi")

local concat, format = table.concat, string.format
local M = {}

local CALLS = 25 -- handlers per function of the chain: a Lua function has at most 60 upvalues
local GROUP = 50 -- loops called by one function, for the same reason

--- A chunk's locals come as one table, so that their number is not bounded by a call.
local function compile(name, source, values)
    return assert(loadstring(source, "=" .. name))(values)
end

local OWN = [[
local v = ...
local slot, run, handler, view, cast, index, lap, instance, number =
    v.slot, v.run, v.handler, v.view, v.cast, v.index, v.lap, v.instance, v.number
return function()
    local events, base, first, last = run.events, run.base, run.first, run.count - 1
    slot.run = index
    for i = first, last do
        local serial = base + i
        slot.serial = serial
        slot.event = events[i]
        handler(cast(view, serial)[0])
    end
    slot.serial = 0
    run.first = last + 1
    %s
end]]

--- The loop of one handler.
-- @param at  { slot, run, index, handler = { fn, view, number }, profile, instance }
function M.own(at)
    return compile("palua.loop", format(OWN, at.profile and "lap(instance, number)" or ""), {
        slot = at.slot, run = at.run, index = at.index, handler = at.handler.fn, view = at.handler.view,
        cast = ffi.cast, lap = at.profile, instance = at.instance, number = at.handler.number,
    })
end

local CHAIN = [[
local v = ...
local slot, run, call, cast, index = v.slot, v.run, v.call, v.cast, v.index
return function()
    local events, handlers, base, first, last = run.events, run.handlers, run.base, run.first, run.count - 1
    slot.run = index
    for i = first, last do
        local serial = base + i
        slot.serial = serial
        slot.event = events[i]
        call(handlers[i], serial)
    end
    slot.serial = 0
    run.first = last + 1
end]]

--- One part of the chain: dispatches to up to CALLS handlers, hands others on.
local function dispatch(at, from, to, following)
    local values = { cast = ffi.cast, slot = at.slot, state = at.state, following = following, lap = at.profile,
        instance = at.instance }
    local head = { "local v = ...\nlocal cast, slot, state, following, lap, instance = "
        .. "v.cast, v.slot, v.state, v.following, v.lap, v.instance" }
    local body = {}
    for i = from, to do
        local handler = at.handlers[i]
        values["h" .. i], values["t" .. i] = handler.fn, handler.view
        head[#head + 1] = format("local h%d, t%d = v.h%d, v.t%d", i, i, i, i)
        body[#body + 1] = format("%s k == %d then h%d(cast(t%d, serial)[0]%s) %s", i == from and "if" or "elseif",
            handler.number, i, i, handler.state and format(", state(%d)", handler.number) or "",
            at.profile and format("lap(instance, %d)", handler.number) or "")
    end
    body[#body + 1] = following and "else following(k, serial) end" or "end"
    return compile("palua.loop", format("%s\nreturn function(k, serial)\n%s\nend", concat(head, "\n"), concat(body, "\n")),
        values)
end

--- The loop of all handlers that depend on order.
-- @param at  { slot, run, index, handlers = { { fn, view, number, state } … }, state, profile, instance }
function M.chain(at)
    local call
    local last = #at.handlers
    while last > 0 do
        local from = math.max(1, last - CALLS + 1)
        call = dispatch(at, from, last, call)
        last = from - 1
    end
    return compile("palua.loop", CHAIN, { slot = at.slot, run = at.run, call = call, cast = ffi.cast, index = at.index })
end

--- One function that runs every loop, to be called once per batch. Written out call by call: as a loop it
-- would keep LuaJIT from compiling the way from one inner loop to the next.
function M.all(loops)
    local following
    local last = #loops
    repeat
        local from = math.max(1, last - GROUP + 1)
        local values, head, body = { following = following }, { "local v = ...\nlocal following = v.following" }, {}
        for i = from, last do
            values["l" .. i] = loops[i]
            head[#head + 1] = format("local l%d = v.l%d", i, i)
            body[#body + 1] = format("l%d()", i)
        end
        body[#body + 1] = following and "following()" or nil
        following = compile("palua.loop", format("%s\nreturn function()\n%s\nend", concat(head, "\n"), concat(body, "\n")), values)
        last = from - 1
    until last < 1
    return following
end

--- The state of the current event's flow: an empty table at first.
-- @return function(): table, function(ids, count): drops those of flows that ended
function M.flow_states(slot)
    local states = {}
    local function state()
        local flow = slot.event.flow
        if flow == nil then
            return {}
        end
        local id = tonumber(flow.id)
        local found = states[id]
        if found == nil then
            found = {}
            states[id] = found
        end
        return found
    end
    local function drop(ids, count)
        for i = 0, count - 1 do
            states[tonumber(ids[i])] = nil
        end
    end
    return state, drop
end

--- The same of the current event's key, where the partition is by address: C knows its number.
function M.key_states(instance)
    local states = {}
    local C = ffi.C
    local function state(handler)
        local number = C.palua_lua_state(instance, handler)
        local found = states[number]
        if found == nil then
            found = {}
            states[number] = found
        end
        return found
    end
    local function drop(numbers, count)
        for i = 0, count - 1 do
            states[tonumber(numbers[i])] = nil
        end
    end
    return state, drop
end

return M
