-- SPDX-License-Identifier: MIT OR Apache-2.0
--- What a handler's bytecode tells before it runs: which fields it reads, misspelt ones, tables indexed
--- with views, and whether the order of events matters to it.
local bytecode = require("palua.bytecode")
local debug = require("debug")

local format = string.format

local M = {}

local SLICE = { ipaddr = true, mac = true, bytes = true, string = true }
local TABLE_WRITES = { TSETV = true, TSETS = true, TSETB = true, TSETM = true, TSETR = true }
local UPVALUE_WRITES = { USETV = true, USETS = true, USETN = true, USETP = true }

--- Every script function that `fn` can reach: through upvalues, inner functions, globals and tables.
-- @param is_ours  function(f): whether a function is the script's
-- @return set of functions and prototypes
local function reachable(fn, env, is_ours)
    local found, seen = {}, {}
    local visit
    local function visit_value(value)
        if type(value) == "function" then
            visit(value)
        elseif type(value) == "table" and value ~= env and not seen[value] then
            seen[value] = true
            for key, inner in next, value do
                visit_value(key)
                visit_value(inner)
            end
            visit_value(debug.getmetatable(value))
        end
    end
    local function visit_code(code)
        found[code] = true
        bytecode.each_constant(code, function(name)
            local value = rawget(env, name)
            if value ~= nil then
                visit_value(value)
            end
        end, visit_code)
    end
    function visit(f)
        if found[f] or seen[f] or not is_ours(f) then
            return
        end
        visit_code(f)
        local index = 1
        local name, value = debug.getupvalue(f, index)
        while name do
            visit_value(value)
            index = index + 1
            name, value = debug.getupvalue(f, index)
        end
    end
    visit(fn)
    return found
end
M.reachable = reachable

--- The string constants of everything a handler reaches; and whether it may read any field: by copy() or
--- by a name computed at run time.
function M.names(fn, env, is_ours)
    local names = {}
    for code in pairs(reachable(fn, env, is_ours)) do
        bytecode.each_constant(code, function(name) names[name] = true end, function() end)
    end
    return names
end

local function written_registers(list)
    local written = {}
    for _, at in ipairs(list) do
        if at.writes then
            written[at.a] = true
        elseif at.base then
            for register = at.a, 255 do
                written[register] = true
            end
        end
    end
    return written
end

--- Follows, in one pass, what registers hold; forgets at every place a jump leads to.
-- @param on  { field = function(at, name, path), index = function(at, path), any = function(at, held),
--             upvalue = function(at): the variable's id }
local function follow(fn, parameters, on)
    local list = bytecode.instructions(fn)
    local written, labels = written_registers(list), {}
    for _, at in ipairs(list) do
        if at.target then
            labels[at.target] = true
        end
    end
    local fixed, held = {}, {}
    for register, what in pairs(parameters) do
        if not written[register] then
            fixed[register] = what
        end
        held[register] = what
    end
    for _, at in ipairs(list) do
        if labels[at.pc] then
            held = {}
            for register, what in pairs(fixed) do
                held[register] = what
            end
        end
        local result
        local op = at.op
        if op == "MOV" then
            result = held[at.d]
        elseif op == "TNEW" or op == "TDUP" then
            result = "fresh"
        elseif op == "TGETS" then
            result = on.field(at, held[at.b], bytecode.constant(fn, at.c))
        elseif op == "TGETV" or op == "TSETV" then
            on.index(at, held[at.b], held[at.c])
        elseif op == "UGET" and on.upvalue then
            result = on.upvalue(at)
        end
        if (op == "TGETV" or op == "TGETB" or op == "TGETS") and (held[at.b] == "state" or type(held[at.b]) == "userdata") then
            result = held[at.b] -- what the state or a variable's table holds is the flow's or the variable's, too
        end
        if on.any then
            on.any(at, held)
        end
        if at.base then
            for register = at.a, 255 do
                held[register] = nil
            end
        elseif at.writes then
            held[at.a] = result
        end
    end
end

--- Checks a handler's own code against its event.
-- @param resolve  function(name): kind of field ("string", "uint", …), or nil and a message
-- @param fail     function(line, message), raises
-- @return whether a field may be read by a name computed at run time
function M.check(fn, resolve, fail)
    local dynamic = false
    local on = {}
    function on.field(at, base, name)
        if base ~= "event" and base ~= "flow" then
            return nil
        end
        if base == "event" and name == "flow" then
            return "flow"
        elseif base == "event" and name == "copy" then
            return nil
        end
        local kind, problem = resolve(base == "flow" and "flow." .. name or name)
        if not kind then
            fail(bytecode.line(fn, at.pc), problem)
        end
        return SLICE[kind] and "view" or nil
    end
    function on.index(at, base, key)
        if base == "event" or base == "flow" then
            dynamic = true
        elseif key == "view" then
            fail(bytecode.line(fn, at.pc), "a table is indexed with a byte, string or address field: no such key is ever found "
                .. "again; use tostring(…), or an aggregation")
        elseif key == "event" then
            fail(bytecode.line(fn, at.pc), "a table is indexed with an event, which is gone when the handler returns; use e.packet_number")
        end
    end
    follow(fn, { [0] = "event" }, on)
    return dynamic
end

--- Whether some function a handler reaches (not the handler itself) may index the view it is handed by a
--- computed name: a parameter indexed by a variable.
function M.dynamic_helper(fn, env, is_ours)
    for code in pairs(reachable(fn, env, is_ours)) do
        local dynamic, parameters = false, {}
        if code ~= fn then
            for register = 0, bytecode.info(code).params - 1 do
                parameters[register] = "event"
            end
            follow(code, parameters, {
                field = function() return nil end,
                index = function(at, base) dynamic = dynamic or (base == "event" and at.op == "TGETV") end,
            })
        end
        if dynamic then
            return true
        end
    end
    return false
end

--- Whether a value, captured by a handler, can be told to be constant and harmless.
-- @param rules  { safe = set of functions, objects = set of palua's own, env, is_ours }
-- @param note   what is learnt on the way: { tables = bool, upvalues = set, globals = set, … }
local function harmless(value, rules, note, seen)
    local kind = type(value)
    if kind == "function" then
        if rules.safe[value] or seen[value] then
            return true
        end
        seen[value] = true
        return rules.is_ours(value) and M.examine(value, rules, note, seen)
    elseif kind == "table" then
        if rules.objects[value] or seen[value] then
            return true
        end
        seen[value] = true
        if debug.getmetatable(value) or value == rules.env then
            return false, "it uses a table with a metatable"
        end
        note.tables = true
        for key, inner in next, value do
            if not (harmless(key, rules, note, seen) and harmless(inner, rules, note, seen)) then
                return false, "it uses a table that holds more than constants"
            end
        end
        return true
    end
    return kind ~= "thread" and kind ~= "userdata"
end

local function decide(note, code, at, why)
    if not note.why then
        note.why, note.line = why, bytecode.line(code, at.pc)
    end
end

--- The instructions of one function or prototype.
local function examine_code(code, rules, note, seen, closure, state)
    local list = bytecode.instructions(code)
    follow(code, state and { [1] = "state" } or {}, {
        field = function() return nil end,
        index = function() end,
        upvalue = function(at) return closure and debug.upvalueid(closure, at.d + 1) end,
        any = function(at, held)
            if UPVALUE_WRITES[at.op] or at.op == "GSET" then
                note.assigned = note.assigned or bytecode.line(code, at.pc)
            end
            if UPVALUE_WRITES[at.op] then
                decide(note, code, at, "it assigns a variable that outlives the call")
                note.writes[closure and debug.upvalueid(closure, at.a + 1) or "any"] = true
            elseif at.op == "GSET" then
                decide(note, code, at, "it assigns a global variable")
                note.global_writes[bytecode.constant(code, at.d)] = true
            elseif TABLE_WRITES[at.op] then
                local into = held[at.op == "TSETM" and at.a - 1 or at.b]
                if into == "state" then
                    note.state_writes = note.state_writes or bytecode.line(code, at.pc)
                elseif into ~= "fresh" then
                    decide(note, code, at, "it writes to a table")
                    note.table_writes = true
                    if into then
                        note.tables_written[into] = note.tables_written[into] or bytecode.line(code, at.pc)
                    end
                end
            elseif at.op == "GGET" then
                local name = bytecode.constant(code, at.d)
                local following, called = list[at.pc + 1], name
                local value = rawget(rules.env, name)
                if value == nil and rules.outer then
                    value = rawget(rules.outer, name)
                end
                note.globals[name] = true
                if type(value) == "table" and following and following.op == "TGETS" and following.b == at.a then
                    called = name .. "." .. bytecode.constant(code, following.c)
                    value = rawget(value, bytecode.constant(code, following.c))
                end
                local ok, why = harmless(value, rules, note, seen)
                if not ok then
                    decide(note, code, at, why or ("it calls what may keep state: " .. called))
                    note.unknown = true
                end
            end
        end,
    })
    bytecode.each_constant(code, function() end, function(inner)
        examine_code(inner, rules, note, seen, nil)
    end)
end

--- Gathers into `note` what a script function does and reaches.
-- @param state  its second parameter is the state of a flow: writing there is noted apart
function M.examine(fn, rules, note, seen, state)
    examine_code(fn, rules, note, seen, fn, state)
    local index = 1
    local name, value = debug.getupvalue(fn, index)
    while name do
        note.upvalues[debug.upvalueid(fn, index)] = name
        local ok, why = harmless(value, rules, note, seen)
        if not ok then
            note.unknown = true
            note.why = note.why or format("%s (variable '%s')", why or "it uses what may keep state", name)
            note.line = note.line or bytecode.info(fn).linedefined
        end
        index = index + 1
        name, value = debug.getupvalue(fn, index)
    end
    return true
end

function M.note()
    return { writes = {}, global_writes = {}, globals = {}, upvalues = {}, tables_written = {}, tables = false }
end

--- Whether the order of events matters to a handler, given what all handlers of the script do.
-- @return true, or false and why
function M.independent(note, all)
    if note.why then
        return false, note.why
    end
    for _, other in ipairs(all) do
        if other.writes.any and next(note.upvalues) then
            return false, "another handler assigns variables"
        end
        for id in pairs(other.writes) do
            if note.upvalues[id] then
                return false, "another handler assigns '" .. note.upvalues[id] .. "'"
            end
        end
        for name in pairs(other.global_writes) do
            if note.globals[name] then
                return false, "another handler assigns '" .. name .. "'"
            end
        end
        if note.tables and (other.table_writes or other.unknown) then
            return false, "another handler may write to a table"
        end
    end
    return true
end

--- A variable that one note's function reads and the other's assigns; nil if there is none.
function M.meets(reader, writer)
    for id in pairs(writer.writes) do
        if reader.upvalues[id] then
            return reader.upvalues[id]
        end
    end
    for name in pairs(writer.global_writes) do
        if reader.globals[name] then
            return name
        end
    end
    return nil
end

--- The same for a variable whose table the other writes to. @return its name and the line
function M.meets_table(reader, writer)
    for id, line in pairs(writer.tables_written) do
        if reader.upvalues[id] then
            return reader.upvalues[id], line
        end
    end
    return nil
end

--- Whether events of different flows may go to different instances, given what all handlers do.
-- @return true, or false, why and the line
function M.apart(note, all)
    local ok, why = M.independent(note, all)
    if not ok then
        return false, why, note.line
    end
    -- A table put into a flow's state could be one that other flows see as well.
    if note.state_writes and note.tables then
        return false, "it writes to its state and uses a table from outside", note.state_writes
    end
    return true
end

return M
