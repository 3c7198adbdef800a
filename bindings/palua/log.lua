-- SPDX-License-Identifier: MIT OR Apache-2.0
--- Logs: log.stream(name, columns), and rows written to it.
--
--     local http = log.stream("http", "ts:time uid:string id.orig_h:addr status:count tags:set[string]")
--     on("http.transaction", function(e) http:write(e.ts_ns, e.flow.uid, e.flow.orig_h, e.status, { "a", "b" }) end)
--
-- * Columns are NAME:TYPE with Zeek's types (engine/sink/column_type.h). `s:write(…)` takes one value per column; nil is unset.
-- * A set or vector takes a Lua table, a list field, or a text with commas.
-- * Rows come out in the order of the capture, in the format that -o chooses.
--
-- A row's values go where C reads them, so no Lua string is made of a view, and write compiles.
local ffi = require("ffi")
local argument = require("palua.argument")
local lists = require("palua.list")

local C, cast, ffi_string = ffi.C, ffi.cast, ffi.string
local type, setmetatable, tonumber, select, next, rawget = type, setmetatable, tonumber, select, next, rawget
local concat, format = table.concat, string.format
local put, list_field = argument.put, lists.field
local NO_ROW, ITEM_CAP = C.PALUA_LOG_NO_ROW, C.PALUA_LOG_ITEM_CAP

local M = {}

--- The source of a write function: one line per column, as a loop over values would not compile.
local function write_source(columns)
    local names, lines = {}, {}
    local several = false
    for i, column in ipairs(columns) do
        names[i] = "v" .. i
        lines[i] = format("    if not %s(%s, v%d) then return refuse(%d, v%d) end", column.several and "put_several" or "put",
            column.several and i - 1 or format("arguments + %d", i - 1), i, i, i)
        several = several or column.several
    end
    return concat({
        "local C, put, put_several, log, instance, arguments, owner, refuse, misuse, select = ...",
        "return function(self, ...)",
        format("    if self ~= owner or select('#', ...) ~= %d then return misuse(self, select('#', ...)) end", #columns),
        format("    local %s = ...", concat(names, ", ")),
        several and "    C.palua_log_begin(log)" or "",
        concat(lines, "\n"),
        "    local wrong = C.palua_log_write(instance, log)",
        "    if wrong ~= 0 then return refuse(wrong, nil, true) end",
        "end",
    }, "\n")
end

--- The places of a table that leaves some out, such as { a, nil, c }; its length may be that of its first part.
-- @return the highest, or nil if there are other keys than 1, 2, 3 …
local function highest(v)
    local most = 0
    for k in next, v do
        if type(k) ~= "number" or k < 1 or k % 1 ~= 0 then
            return nil
        end
        most = k > most and k or most
    end
    return most
end

--- How many items a table has: what stands in it is all in the row, or the row is refused.
-- @return nil if it is no list
local function item_count(v)
    local n = #v
    if rawget(v, 0) == nil and next(v, n > 0 and n or nil) == nil then
        return n
    end
    return highest(v)
end

--- Puts the values of one column of several: a table's, a list field's; what else there is, C reads. Of a table what it
-- holds itself counts: a string that a metamethod made would be kept by nobody until C reads it.
local function several_putter(log, arguments, slot)
    return function(column, v)
        local kind = type(v)
        if kind == "table" then
            local n = item_count(v)
            if not n or n > ITEM_CAP then
                return false
            end
            local items = C.palua_log_items(log, column, n)
            for i = 1, n do
                if not put(items + (i - 1), rawget(v, i)) then
                    return false
                end
            end
            return true
        end
        local field = kind == "cdata" and list_field(v)
        if field then
            C.palua_log_list(log, column, field, slot.event)
            return true
        end
        local fine = put(arguments + column, v) -- no tail call, as in palua.slice
        return fine
    end
end

local function describe_one(v)
    if type(v) == "cdata" then
        return list_field(v) and "a list" or "another object"
    end
    return "a " .. type(v)
end

--- What was given for a column and could not be put; of a table that is to be a list: why it is none.
local function describe(v, several)
    if not several or type(v) ~= "table" then
        return describe_one(v)
    end
    local n = item_count(v)
    if not n then
        return "a table with other keys than 1, 2, 3 …"
    elseif n > ITEM_CAP then
        return format("a list of %d items (%d is the most)", n, ITEM_CAP)
    end
    local i, scratch = 1, ffi.new("struct palua_argument")
    while i < n and put(scratch, rawget(v, i)) do
        i = i + 1
    end
    return format("a table whose item %d is %s", i, describe_one(rawget(v, i)))
end

--- What a script may do with a stream: functions that close over the record, so that nothing of it can be reached.
local function stream_object(context, name, log, columns)
    local fail, object = context.fail, {}
    local function refuse(number, v, told)
        number = tonumber(number)
        if number == NO_ROW then
            fail(format("log %q: the top level only declares; write in a handler, in init(fn) or in done(fn)", name))
        end
        local column = columns[number]
        local problem = told and ffi_string(C.palua_log_problem(log))
            or format("got %s, expected %s", describe(v, column.several), column.expected)
        fail(format("log %q, column %s: %s", name, column.name, problem))
    end
    local function misuse(self, count)
        if self ~= object then
            fail(format("log %q: call write with a colon: s:write(…)", name))
        end
        fail(format("log %q: got %d value%s, expected %d, one per column (nil where there is none)", name, count,
            count == 1 and "" or "s", #columns))
    end
    local arguments = C.palua_log_arguments(log)
    local chunk = assert(loadstring(write_source(columns), "=log:write"))
    local write = chunk(C, put, several_putter(log, arguments, context.slot), log, context.instance, arguments, object,
        refuse, misuse, select)
    return setmetatable(object, {
        __index = { write = write },
        __newindex = function()
            fail(format("log %q is a stream: it takes rows by write, and no fields", name))
        end,
        __tostring = function() return "log " .. name end,
        __metatable = "log",
    })
end

--- @param context  { host, instance, slot, fail = function(message) that raises, need_load = function(what) }
-- @param objects   set that every declared stream is added to
-- @return what scripts call `log`
function M.declarer(context, objects)
    return { stream = function(name, columns)
        context.need_load("log.stream()")
        if type(name) ~= "string" then
            context.fail("log.stream: the stream's name was expected, not a " .. type(name))
        elseif type(columns) ~= "string" then
            context.fail(format("log.stream(%q): a text with the columns was expected, not a %s", name, type(columns)))
        end
        local pointer, declared = context.host.log(name, columns)
        if not pointer then
            context.fail(declared)
        end
        local object = stream_object(context, name, cast("struct palua_log *", pointer), declared)
        objects[object] = true
        return object
    end }
end

return M
