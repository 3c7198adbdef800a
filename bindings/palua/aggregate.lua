-- SPDX-License-Identifier: MIT OR Apache-2.0
--- Aggregations: agg.KIND(name, key columns…, [options]).
--
--     local names = agg.count("queries", "qname"):top(20)
--     local rtt   = agg.quantile("rtt", "server")                 -- p50 p90 p99 max
--     local hosts = agg.group("hosts", "src", "packets:count", "bytes:sum(len)", "peers:distinct(dst)")
--
-- Kinds: count; sum, min, max, avg, hist, quantile and distinct, which take a value; group, which has several measures.
--
-- * `a:add(keys…, values…)` adds: first every key column, then the value of each measure that takes one. A value
--   that is nil is not added (the other measures are). Keys may be numbers, strings, booleans, nil, int64 and views.
-- * As a handler, `on("packet", a)`: key columns are fields of the event. A value is the field `{ value = "len" }` names, else the field
--   with the aggregation's own name: agg.quantile("rtt", "server") reads `rtt`. In a group it is the field in parentheses, else
--   the one with the measure's label. A time or duration as value makes the column one of seconds; numbers added to it are
--   seconds then.
-- * `:sort(column[, "asc"|"desc"])` orders by a column: measures from the largest, keys from the smallest, unless said
--   otherwise. `:top(n[, column])` shows the first n rows. Without either: by the first measure, then by key.
-- * `:hide()`: it does not print itself at the end; `done` makes something of it.
-- * Options: `value`; for hist `linear = width` instead of powers of two.
-- * In `done`: `for row in a:rows() do … row.qname, row.count, row[1] … end`, as printed; `print(a)`; `tostring(a)`.
--
-- Kept in C, outside the Lua heap; a key's bytes go straight to its hash table, so adding makes no Lua string and compiles.
local ffi = require("ffi")
local typed = require("palua.argument")

local C = ffi.C
local ffi_string, cast, gc = ffi.string, ffi.cast, ffi.gc
local handle = ffi.typeof("struct aggregate *")
local type, select, tostring, tonumber, pairs, setmetatable = type, select, tostring, tonumber, pairs, setmetatable
local concat, format = table.concat, string.format
local put = typed.put
local NIL, UINT, BOOL, REAL, STRING = typed.NIL, typed.UINT, typed.BOOL, typed.REAL, typed.STRING

local M = {}

--- The source of an add function for that many arguments: no varargs, which do not compile, and no table.
local function add_source(count)
    local names, lines = {}, {}
    for i = 1, count do
        names[i] = "k" .. i
        lines[i] = format("        if not put(argument%d, k%d) then return refuse(%d, k%d) end", i, i, i, i)
    end
    local head = {}
    for i = 1, count do
        head[i] = format("    local argument%d = arguments + %d", i, i - 1)
    end
    local parameters = concat(names, ", ")
    return concat({
        "local C, put, pointer, arguments, refuse, misuse, owner = ...",
        "do",
        concat(head, "\n"),
        format("    return function(self%s, extra)", count > 0 and ", " .. parameters or ""),
        "        if self ~= owner or extra ~= nil then return misuse(self, extra) end",
        concat(lines, "\n"),
        "        local bad = C.palua_aggregate_add(pointer)",
        format("        if bad ~= 0 then return refuse(bad%s) end", count > 0 and ", nil" or ""),
        "    end",
        "end",
    }, "\n")
end

local chunks = {} -- one compiled chunk per number of arguments
local function add_function(record, count, refuse, misuse)
    local chunk = chunks[count]
    if not chunk then
        chunk = assert(loadstring(add_source(count), "=agg:add"))
        chunks[count] = chunk
    end
    local arguments = C.palua_aggregate_arguments(record.pointer)
    -- Not the collected handle: a plain pointer is a constant in compiled code.
    return chunk(C, put, cast(handle, record.pointer), arguments, refuse, misuse, record.proxy)
end

local records = setmetatable({}, { __mode = "k" })

--- The record behind what a script holds; nil if it is no aggregation.
function M.of(proxy)
    return records[proxy]
end

local function describe(v)
    return type(v) == "cdata" and "a list or another object" or "a " .. type(v)
end

--- Splits "label:kind(field)". No colon: a key column.
local function measure_of(text)
    local label, kind, rest = text:match("^([^:]+):([%w_]+)(.*)$")
    if not label then
        return nil
    end
    if rest == "" then
        return label, kind, label
    end
    return label, kind, rest:match("^%(%s*([%w_.]+)%s*%)$")
end

local function known_kind(kind)
    local near = C.palua_aggregate_kind(kind)
    return near ~= nil and ffi_string(near) == kind
end

--- Raises at the script's line for a kind that does not exist.
local function refuse_kind(context, level, kind)
    local near = C.palua_aggregate_kind(kind)
    local name = near ~= nil and ffi_string(near) or nil
    context.fail(level + 1, format("there is no aggregation agg.%s%s", kind,
        name and format("; did you mean agg.%s?", name) or ""))
end

local function must(context, level, record, fine)
    if not fine then
        context.fail(level + 1, format("agg.%s(%q): %s", record.kind, record.name,
            ffi_string(C.palua_aggregate_problem(record.pointer))))
    end
end

--- The declaration's arguments: key columns in order, measures, options last.
local function read_columns(context, level, record, ...)
    local count, options = select("#", ...), {}
    if count > 0 and type((select(count, ...))) == "table" then
        options = select(count, ...)
        count = count - 1
    end
    local known = record.kind == "hist" and { value = "string", linear = "number" }
        or C.palua_aggregate_valued(record.kind) and { value = "string" } or {}
    for name, v in pairs(options) do
        if type(v) ~= known[name] then
            context.fail(level + 1, format("agg.%s has no option %s = %s", record.kind, tostring(name), tostring(v)))
        end
    end
    for i = 1, count do
        local column = select(i, ...)
        if type(column) ~= "string" or column == "" then
            context.fail(level + 1, format("agg.%s(%q): column %d must be the name of a field, not %s", record.kind,
                record.name, i, describe(column)))
        end
    end
    return count, options
end

local function declare_group(context, level, record, count, ...)
    local measures = {}
    for i = 1, count do
        local column = select(i, ...)
        local label, kind, field = measure_of(column)
        if label then
            if not field then
                context.fail(level + 1, format('agg.group: "%s" should read label:kind or label:kind(field)', column))
            end
            if kind == "group" or not known_kind(kind) then
                refuse_kind(context, level + 1, kind)
            end
            measures[#measures + 1] = { label, kind, field }
        elseif #measures > 0 then
            context.fail(level + 1, format('agg.group: key column "%s" must come before the measures', column))
        else
            must(context, level + 1, record, C.palua_aggregate_key(record.pointer, column))
        end
    end
    if #measures == 0 then
        context.fail(level + 1, format('agg.group(%q) has no measure such as "packets:count"', record.name))
    end
    local values = 0
    for _, m in ipairs(measures) do
        must(context, level + 1, record, C.palua_aggregate_measure(record.pointer, m[1], m[2], m[3], 0))
        values = values + (C.palua_aggregate_valued(m[2]) and 1 or 0)
    end
    return count - #measures + values
end

local function declare_single(context, level, record, count, options, ...)
    local kind = record.kind
    for i = 1, count do
        must(context, level + 1, record, C.palua_aggregate_key(record.pointer, (select(i, ...))))
    end
    -- Kinds that show several columns name them themselves.
    local label = (kind == "hist" or kind == "quantile") and "" or kind
    must(context, level + 1, record, C.palua_aggregate_measure(record.pointer, label, kind,
        options.value or record.name, options.linear or 0))
    return count + (C.palua_aggregate_valued(kind) and 1 or 0)
end

--- Values of a result as Lua sees them.
local cell = ffi.new("struct palua_argument[1]")
local function cell_value(rows, row, column)
    C.palua_rows_cell(rows, row, column, cell)
    local t = cell[0].type
    if t == NIL then
        return nil
    elseif t == BOOL then
        return cell[0].integer ~= 0
    elseif t == REAL then
        return cell[0].real
    elseif t == STRING then
        return ffi_string(cell[0].data, cell[0].len)
    end
    local number = tonumber(cell[0].integer)
    if t == UINT and cell[0].integer < 0 then
        number = number + 2 ^ 64
    end
    return number
end

local function row_value(rows, index, names)
    local row = {}
    for column = 1, #names do
        local v = cell_value(rows, index, column - 1)
        row[column] = v
        row[names[column]] = v
    end
    return row
end

local function open_rows(record)
    return gc(C.palua_aggregate_rows(record.pointer), C.palua_rows_free)
end

local function rows_iterator(record)
    local rows = open_rows(record)
    local names, index, count = {}, 0, tonumber(C.palua_rows_count(rows))
    for i = 1, C.palua_rows_columns(rows) do
        names[i] = ffi_string(C.palua_rows_column(rows, i - 1))
    end
    return function()
        if index == count then
            return nil
        end
        index = index + 1
        return row_value(rows, index - 1, names)
    end
end

local length = ffi.new("uint64_t[1]")
local function as_text(record)
    local rows = open_rows(record)
    local text = C.palua_rows_text(rows, length)
    return ffi_string(text, length[0])
end

--- What a script may do with an aggregation: functions that close over the record, so that nothing of it can be reached.
local function methods_of(context, record, count)
    local function need_done(what)
        if context.phase ~= "done" then
            context.fail(3, format("%s of agg.%s(%q) can be read in done() only: until then it holds a part",
                what, record.kind, record.name))
        end
    end
    local function refuse(argument, v)
        argument = tonumber(argument)
        if argument > record.key_count and v == nil then
            context.fail(3, format("agg.%s(%q): value %d is not a number", record.kind, record.name,
                argument - record.key_count))
        end
        context.fail(3, format("agg.%s(%q): argument %d cannot be %s", record.kind, record.name, argument, describe(v)))
    end
    local function misuse(self, extra)
        if self ~= record.proxy then
            context.fail(3, "call add with a colon: a:add(…)")
        end
        context.fail(3, format("agg.%s(%q) takes %d arguments; there is one more: %s", record.kind, record.name,
            count, tostring(extra)))
    end
    local methods = { add = add_function(record, count, refuse, misuse) }

    function methods.top(self, n, column)
        if self ~= record.proxy or type(n) ~= "number" or n < 1 or n % 1 ~= 0 then
            context.fail(2, "a:top(n[, column]) needs a whole number of rows above 0")
        end
        C.palua_aggregate_top(record.pointer, n)
        if column ~= nil then
            must(context, 2, record, C.palua_aggregate_order(record.pointer, tostring(column), "desc"))
        end
        return self
    end

    function methods.sort(self, column, order)
        if self ~= record.proxy or type(column) ~= "string" then
            context.fail(2, 'a:sort(column[, "asc"]) needs the name of a column')
        end
        must(context, 2, record, C.palua_aggregate_order(record.pointer, column, order and tostring(order) or nil))
        return self
    end

    function methods.hide(self)
        if self ~= record.proxy then
            context.fail(2, "call hide with a colon: a:hide()")
        end
        C.palua_aggregate_hide(record.pointer)
        return self
    end

    function methods.rows(self)
        if self ~= record.proxy then
            context.fail(2, "call rows with a colon: a:rows()")
        end
        need_done("rows")
        return rows_iterator(record)
    end

    return methods, function()
        need_done("the text")
        return as_text(record)
    end
end

--- Declares one aggregation.
-- @param context  { aggregates = list that it is appended to, key_cap = keys per aggregation, phase = "load"|"run"|"done",
--                 fail = function(level, message) that raises, level as in error() }
-- @param kind     "count", "group"…
-- @return what the script gets. M.of(it) and context.aggregates hold its record: pointer (struct aggregate *, owned by
--         this Lua state until it is closed), proxy, kind, name, printed (set it when the script printed the table).
function M.declare(context, kind, name, ...)
    if context.phase ~= "load" then
        context.fail(3, format("agg.%s can be declared at the top level only", tostring(kind)))
    end
    if not known_kind(kind) then
        refuse_kind(context, 3, kind)
    end
    if type(name) ~= "string" or name == "" then
        context.fail(3, format("agg.%s needs a name first, then key columns", kind))
    end
    local record = { kind = kind, name = name, printed = false, proxy = {} }
    record.pointer = gc(C.palua_aggregate_new(name, context.key_cap), C.palua_aggregate_free)
    local columns, options = read_columns(context, 3, record, ...)
    local count
    if kind == "group" then
        count = declare_group(context, 3, record, columns, ...)
    else
        count = declare_single(context, 3, record, columns, options, ...)
    end
    record.key_count = kind == "group" and tonumber(C.palua_aggregate_keys(record.pointer)) or columns
    local methods, text = methods_of(context, record, count)
    setmetatable(record.proxy, {
        __index = methods,
        __newindex = function()
            context.fail(2, "an aggregation cannot be written to")
        end,
        __tostring = text,
        __metatable = "aggregation",
    })
    records[record.proxy] = record
    context.aggregates[#context.aggregates + 1] = record
    return record.proxy
end

return M
