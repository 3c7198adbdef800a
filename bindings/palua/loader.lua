-- SPDX-License-Identifier: MIT OR Apache-2.0
--- Loads one script into one instance: what it may call at its top level, what its handlers read, and the
--- functions that the C side calls. `host` is what C offers (engine/lua/host.c).
require("palua.abi")
local ffi = require("ffi")
local jit = require("jit")
local aggregate = require("palua.aggregate")
local bytecode = require("palua.bytecode")
local inspect = require("palua.inspect")
local log = require("palua.log")
local loop = require("palua.loop")
local option = require("palua.option")
local partition = require("palua.partition")
local print_module = require("palua.print")
local profile = require("palua.profile")
local sandbox = require("palua.sandbox")
local stream = require("palua.stream")
local view = require("palua.view")

local format = string.format
local M = {}

local HANDLER_CAP = 4096 -- the handler's number takes 12 bits of an output key

local function fail(message)
    error(message, 0)
end

--- Everything that belongs to the one script of this state.
local script = { handlers = {}, inits = {}, dones = {}, schemas = {}, phase = "load" }

local function need_load(what)
    if script.phase ~= "load" then
        fail(what .. " declares, so it stands at the top level of a script, not in a function that runs later")
    end
end

local function schema_of(event)
    local schema = script.schemas[event]
    if not schema then
        local problem
        schema, problem = script.host.event(event)
        if not schema then
            fail(problem)
        end
        script.schemas[event] = schema
    end
    return schema
end

local function is_ours(fn)
    return debug.getinfo(fn, "S").source == script.chunkname
end

--- Compiles a filter of an event; it is asked in C, before an event comes here.
-- @return its number, for C
local function compile_filter(what, schema, filter)
    if type(filter) ~= "string" then
        fail(format("%s: the filter must be a text, not a %s", what, type(filter)))
    end
    local number, problem = script.host.filter(schema.kind, filter)
    if not number then
        fail(format("%s: filter, %s", what, problem))
    end
    return number
end

local function on(event, filter, handler)
    need_load("on()")
    if type(event) ~= "string" then
        fail("on: the event's name was expected, not a " .. type(event))
    end
    if handler == nil then
        filter, handler = nil, filter
    end
    local is_aggregate = script.is_aggregate[handler]
    if type(handler) ~= "function" and not is_aggregate then
        fail(format("on: a function or an aggregation was expected as handler of %s, not a %s", event, type(handler)))
    end
    local schema = schema_of(event)
    if not is_aggregate and not is_ours(handler) then
        fail("on: the handler must be a function of the script")
    end
    if #script.handlers >= HANDLER_CAP then
        fail(format("on: more than %d handlers", HANDLER_CAP))
    end
    local handlers = script.handlers
    handlers[#handlers + 1] = { number = #handlers, event = event, schema = schema, line = script.host.line(),
        filter = filter ~= nil and compile_filter("on", schema, filter) or 0, where = filter,
        fn = not is_aggregate and handler or nil, aggregate = is_aggregate and handler or nil }
end

local function add_stream_handler(event, filter, fn, user)
    local handlers = script.handlers
    if #handlers >= HANDLER_CAP then
        fail(format("stream: more than %d handlers", HANDLER_CAP))
    end
    local schema = schema_of(event)
    handlers[#handlers + 1] = { number = #handlers, event = event, schema = schema, line = script.host.line(),
        filter = filter ~= nil and compile_filter("stream", schema, filter) or 0, where = filter, fn = fn, stream = user }
end

--- stream([filter,] fn)
local function declare_stream(filter, fn)
    need_load("stream()")
    if fn == nil then
        filter, fn = nil, filter
    end
    if type(fn) ~= "function" or not is_ours(fn) then
        fail("stream: a function of the script was expected")
    end
    local data, finish = stream.handlers(fn, script.host.anomaly)
    add_stream_handler("tcp.data", filter, data, fn)
    add_stream_handler("flow.end", nil, finish, fn)
end

--- files.create(name): a file below -O, to be written to.
local function file_functions()
    local File = { __metatable = false }
    File.__index = File
    local host = script.host
    local numbers = setmetatable({}, { __mode = "k" })
    function File.write(file, ...)
        for i = 1, select("#", ...) do
            local piece = select(i, ...)
            host.file_write(numbers[file], type(piece) == "string" and piece or script.text(piece))
        end
        return file
    end
    function File.close(file)
        host.file_close(numbers[file])
    end
    script.files = {
        create = function(name)
            if script.phase == "load" then
                fail("files.create: the top level only declares; create files in a handler, in init(fn) or in done(fn)")
            elseif type(name) ~= "string" then
                name = script.text(name)
            end
            local file = setmetatable({}, File)
            numbers[file] = host.file_create(name)
            return file
        end,
    }
    return script.files
end

local function collect(list, name)
    return function(fn)
        need_load(name .. "()")
        if type(fn) ~= "function" then
            fail(name .. ": a function was expected, not a " .. type(fn))
        end
        list[#list + 1] = fn
    end
end

--- agg.KIND(name, columns…): what is declared is remembered, as handler and as captured value. A kind that
-- does not exist is refused where it is called.
local function aggregations(context)
    return setmetatable({}, { __metatable = false, __index = function(agg, kind)
        local function declare(...)
            local object = aggregate.declare(context, kind, ...)
            script.is_aggregate[object] = true
            return object
        end
        rawset(agg, kind, declare)
        return declare
    end })
end

local function make_context(host)
    return {
        aggregates = {}, key_cap = host.key_cap, phase = "load",
        fail = function(_, message) fail(message) end,
    }
end

--- Prints an aggregation at once, in done.
local function print_special()
    return function(v)
        if script.phase == "load" then
            fail("print: the top level only declares; print in a handler, in init(fn) or in done(fn)")
        elseif script.phase ~= "done" or not script.is_aggregate[v] then
            return false
        end
        script.host.print_aggregate(script.aggregate_index[v])
        return true
    end
end

local function own_functions(host, text)
    local printed = print_module.print(script.instance, text, print_special())
    local log_context = { host = host, instance = script.instance, slot = script.slot, fail = fail, need_load = need_load }
    return {
        log = log.declarer(log_context, script.is_log),
        on = on, init = collect(script.inits, "init"), done = collect(script.dones, "done"),
        agg = aggregations(script.context), stream = declare_stream, files = file_functions(),
        palua = { option = option.declarer(host, script, need_load, fail), partition = partition.declarer(script, need_load, fail) },
        print = function(...)
            if script.phase == "load" then
                fail("print: the top level only declares; print in a handler, in init(fn) or in done(fn)")
            end
            return printed(...)
        end,
    }
end

local function forbidden_globals(env)
    local absent = { io = true, os = true, debug = true, ffi = true, jit = true, package = true, require = true, load = true,
        loadstring = true, loadfile = true, dofile = true, collectgarbage = true, newproxy = true, setfenv = true, getfenv = true }
    return setmetatable(env, { __metatable = false, __index = function(_, name)
        if absent[name] then
            fail(format("'%s' is not available to scripts; --trust lifts the sandbox", name))
        end
    end })
end

--- Makes the script's globals.
local function make_environment(host)
    local slot = script.slot
    local text = print_module.tostring(script.instance)
    script.text = text
    local function place()
        local event = slot.event
        if slot.serial == 0 or event == nil or event.packet == nil then
            return 0, 0
        end
        return tonumber(event.packet.number), tonumber(slot.serial)
    end
    local env, safe = sandbox.environment(own_functions(host, text), text, host.seed, place)
    script.env, script.safe = env, safe
    if host.trust then
        setmetatable(env, { __index = _G })
    else
        forbidden_globals(env)
    end
end

--- LuaJIT before 2024 records a chain of three or more `..` wrongly if a value in it is joined by a metamethod, as views are
-- (LuaJIT/LuaJIT issue 1164): a piece gets lost. Functions that have one are left to the interpreter.
local function keep_chains_interpreted(code)
    if bytecode.joins_many(code) then
        jit.off(code)
    end
    bytecode.each_constant(code, function() end, keep_chains_interpreted)
end

--- Runs the top level.
-- @param source, chunkname  the script's text, "@name"
function M.load(host, source, chunkname)
    jit.off() -- until start: no loop may be patched before its bytecode was read
    script.host, script.chunkname = host, chunkname
    script.slot = ffi.cast("struct palua_lua_slot *", host.slot)
    script.instance = ffi.cast("struct palua_lua_instance *", host.instance)
    script.is_aggregate, script.aggregate_index, script.is_log = {}, {}, {}
    script.context = make_context(host)
    view.attach(script.slot, script.instance)
    stream.attach(script.slot)
    make_environment(host)
    if source:byte(1) == 27 then
        fail("bytecode is not accepted; give the script's source")
    end
    source = source:gsub("^#[^\n]*", "")
    script.source = source
    local chunk, problem = loadstring(source, chunkname)
    if not chunk then
        fail(problem)
    end
    keep_chains_interpreted(chunk)
    setfenv(chunk, script.env)
    chunk()
end

local function at_line(line, message)
    fail(format("%s:%d: %s", script.chunkname:sub(2), line, message))
end

--- What handlers of one event that share a function read, as access names.
local function read_names(handler)
    local host, kind = script.host, handler.schema.kind
    local function resolve(name)
        local base, _, _, type_name = host.resolve(kind, name)
        if base then
            return type_name
        end
        local first
        -- The same function may handle several events: only a field that none of them has is misspelt.
        for _, other in ipairs(script.handlers) do
            if other.fn == handler.fn then
                local found, problem, _, other_type = host.resolve(other.schema.kind, name)
                if found then
                    return other_type
                end
                first = first or problem
            end
        end
        return nil, first
    end
    local dynamic = inspect.check(handler.fn, resolve, at_line) or inspect.dynamic_helper(handler.fn, script.env, is_ours)
    local names = inspect.names(handler.fn, script.env, is_ours)
    return names, dynamic or names.copy
end

local function add_entry(handler, into, prefix, name)
    local base, index, form = script.host.resolve(handler.schema.kind, prefix .. name)
    if not base or base == "item" or (prefix == "" and name:find("^flow%.")) then
        return
    end
    local source = base == "event" and handler.schema or script.bases[base]
    if into[name] == nil then
        into[name] = { name = name, base = base, form = form, field = source.fields[index + 1] }
        script.host.want(handler.schema.kind, prefix .. name)
    end
end

local function all_names(schema)
    local out = {}
    for _, field in ipairs(schema.fields) do
        for _, form in ipairs(view.forms(field)) do
            out[#out + 1] = form.name
        end
    end
    return out
end

--- What the engine's own handlers read, and of the flow what the script's function names.
local function stream_names(handler)
    local names = inspect.names(handler.stream, script.env, is_ours)
    names.copy = nil
    for _, name in ipairs({ "flow", "orig_p" }) do -- some field of it, so that the event carries its flow
        names[name] = true
    end
    for _, name in ipairs(handler.event == "tcp.data" and { "dir", "data", "offset" } or {}) do
        names[name] = true
    end
    return names, false
end

--- An event carries its flow if something is read of its identity; counters alone would leave e.flow nil.
local function add_identity(handler, flow)
    if next(flow) == nil then
        add_entry(handler, flow, "flow.", "uid") -- e.flow alone: there is one, and it has a name
    end
    for _, entry in pairs(flow) do
        if entry.base == "flow" then
            return
        end
    end
    add_entry(handler, flow, "flow.", "orig_p")
end

--- Notes in schema.reads what a handler reads.
local function note_reads(handler)
    local names, all = (handler.stream and stream_names or read_names)(handler)
    local schema = handler.schema
    local reads = schema.reads or { entries = {}, flow = {}, has_flow = false, copy = false }
    schema.reads = reads
    reads.copy = reads.copy or names.copy
    reads.has_flow = reads.has_flow or names.flow
    for name in pairs(names) do
        add_entry(handler, reads.entries, "", name)
        if names.flow then
            add_entry(handler, reads.flow, "flow.", name)
        end
    end
    if names.flow then
        add_identity(handler, reads.flow)
    end
    if all then
        for _, source in ipairs({ schema, script.bases.packet }) do
            for _, name in ipairs(all_names(source)) do
                add_entry(handler, reads.entries, "", name)
            end
        end
        if names.flow then
            for _, name in ipairs(all_names(script.bases.flow)) do
                add_entry(handler, reads.flow, "flow.", name)
            end
        end
    end
end

--- Which handlers depend on the order of events.
local function judge_order()
    local rules = { safe = script.safe, objects = { [script.env.palua] = true }, env = script.env, is_ours = is_ours,
        outer = script.host.trust and _G or nil }
    script.rules = rules
    for _, own in ipairs({ script.is_aggregate, script.is_log }) do
        for object in pairs(own) do
            rules.objects[object] = true
        end
    end
    local notes = {}
    script.aparts = {}
    for _, handler in ipairs(script.handlers) do
        if handler.fn then
            local fn = handler.stream or handler.fn
            local note = inspect.note()
            inspect.examine(fn, rules, note, { [fn] = true })
            handler.note = note
            notes[#notes + 1] = note
            local apart = inspect.note()
            inspect.examine(fn, rules, apart, { [fn] = true }, true)
            handler.apart = apart
            script.aparts[#script.aparts + 1] = apart
        end
    end
    for _, handler in ipairs(script.handlers) do
        if handler.fn then
            local info = debug.getinfo(handler.fn, "u")
            local parameters, vararg = info.nparams, info.isvararg
            if handler.stream then
                handler.own, handler.why = false, "it reads a stream, piece by piece"
            elseif parameters > 1 or vararg then
                handler.state = true
                handler.own, handler.why = false, "it keeps state"
            else
                handler.own, handler.why = inspect.independent(handler.note, notes)
            end
        end
    end
end

--- Which events must meet in one instance: as the script chose, else "flow" if nothing that handlers do
-- can make a difference between flows.
local function judge_partition()
    if script.partition then
        return { key = script.partition, chosen = true }
    end
    for _, handler in ipairs(script.handlers) do
        if handler.fn then
            local ok, why, line = inspect.apart(handler.apart, script.aparts)
            if not ok then
                return { key = "all", why = why, line = line or handler.line }
            end
        end
    end
    return { key = "flow" }
end

local WITHOUT_FLOW = { packet = true, link = true, network = true, fragment = true, ["capture.end"] = true }

--- A script that chose several instances is told what each of them will have of its own.
local function warn_assigned()
    if not script.judged.chosen or script.judged.key == "all" then
        return
    end
    for _, handler in ipairs(script.handlers) do
        if handler.apart and handler.apart.assigned then
            script.host.warn(handler.apart.assigned, format("the handler of %s assigns a variable that outlives the call: in partition "
                .. "\"%s\" every instance has its own, so what it holds depends on -j; use st, an aggregation, or palua.partition(\"all\")",
                handler.event, script.judged.key))
        end
    end
end

--- A function given to done sees one instance: what handlers in other instances assigned is not there.
local function check_done()
    if script.judged.key == "all" then
        return
    end
    for _, fn in ipairs(script.dones) do
        local note = inspect.note()
        inspect.examine(fn, script.rules, note, { [fn] = true })
        for i, handler in ipairs(script.handlers) do
            local name = handler.apart and inspect.meets(note, handler.apart)
            if name then
                at_line(debug.getinfo(fn, "S").linedefined, format("done reads '%s', which the handler at line %d assigns in every "
                    .. "instance on its own; use an aggregation, or palua.partition(\"all\")", name, script.handlers[i].line))
            end
            local held, line = nil, nil
            if handler.apart then
                held, line = inspect.meets_table(note, handler.apart)
            end
            if held then
                script.host.warn(debug.getinfo(fn, "S").linedefined, format("done reads the table '%s', to which line %d writes in every "
                    .. "instance on its own, so what it finds depends on -j; use an aggregation, or palua.partition(\"all\")", held, line))
            end
        end
    end
end

--- Checks every handler; tells C what they read.
-- @return the handlers
function M.check()
    local host = script.host
    script.bases = { packet = host.base("packet"), flow = host.base("flow"), live = host.base("live") }
    script.bases.common = script.bases.packet
    judge_order()
    script.judged = judge_partition()
    warn_assigned()
    check_done()
    for _, handler in ipairs(script.handlers) do
        if handler.fn then
            host.want(handler.schema.kind)
            note_reads(handler)
            local per_flow = handler.state and (script.partition or "flow") == "flow"
            if per_flow and WITHOUT_FLOW[handler.event] then
                at_line(handler.line, format("a handler of %s cannot keep state per flow, as the event belongs to none; "
                    .. "use palua.partition(\"src\"), \"dst\", \"pair\" or \"all\", or a variable", handler.event))
            end
            if per_flow then
                host.want_state()
            end
        end
    end
    script.phase, script.context.phase = "run", "run"
    return script.handlers
end

local function sorted_entries(set)
    local out = {}
    for _, entry in pairs(set) do
        out[#out + 1] = entry
    end
    table.sort(out, function(a, b) return a.name < b.name end)
    return out
end

--- A field that no accessor was made for: misspelt, or hidden from the reading of the bytecode.
local function missing(schema, prefix)
    return function(name)
        local base, problem = script.host.resolve(schema.kind, prefix .. name)
        if not base then
            fail(problem)
        end
        fail(format("%s has a field '%s', but palua did not see that the script reads it; name it as e.%s in the handler",
            schema.name, prefix .. name, prefix .. name))
    end
end

local function own_value(v)
    if type(v) ~= "cdata" then
        return v
    elseif view.is_bytes(v) then
        return tostring(v)
    end
    return v
end

--- e:copy(): a table with all fields by name, lists as tables of tables, that outlives the event.
local function copier(entries, flow_entries)
    return function(e)
        local out = {}
        for _, entry in ipairs(entries) do
            local value = e[entry.name]
            if entry.field.type == "list" and value ~= nil then
                local items = {}
                for i = 1, #value do
                    local item = {}
                    for _, field in ipairs(entry.field.item.fields) do
                        for _, form in ipairs(view.forms(field)) do
                            item[form.name] = own_value(value[i][form.name])
                        end
                    end
                    items[i] = item
                end
                value = items
            end
            out[entry.name] = own_value(value)
        end
        if #flow_entries > 0 and e.flow ~= nil then
            out.flow = {}
            for _, entry in ipairs(flow_entries) do
                out.flow[entry.name] = own_value(e.flow[entry.name])
            end
        end
        return out
    end
end

local function make_view(schema)
    local reads = schema.reads
    local entries, flow = sorted_entries(reads.entries), sorted_entries(reads.flow)
    schema.view = view.event_type(schema, script.bases, entries, reads.has_flow and flow or nil, missing(schema, ""),
        missing(schema, "flow."), reads.copy and copier(entries, flow) or nil)
end

--- Generates views and loops.
-- @param runs  address of the array of struct palua_lua_run: one per own loop in the handlers' order, then the chain's
-- @return function(): one batch, function(ids, count): flows ended; or nil
function M.start(runs_address)
    local runs = ffi.cast("struct palua_lua_run *", runs_address)
    local lap = script.host.profile and function(instance, number) ffi.C.palua_lua_lap(instance, number) end or nil
    if lap then
        profile.start(script.chunkname)
    end
    local loops, chained = {}, {}
    for _, handler in ipairs(script.handlers) do
        if handler.fn then
            if not handler.schema.view then
                make_view(handler.schema)
            end
            local at = { slot = script.slot, instance = script.instance, profile = lap, handler = handler }
            handler.view = handler.schema.view
            if handler.own then
                at.index = #loops
                at.run = runs + #loops
                loops[#loops + 1] = loop.own(at)
            else
                chained[#chained + 1] = handler
            end
        end
    end
    local drop
    if #chained > 0 then
        local state
        if script.partition == "all" then
            local only = {}
            state = function() return only end
        elseif partition.by_address(script.partition) then
            state, drop = loop.key_states(script.instance)
        else
            state, drop = loop.flow_states(script.slot)
        end
        loops[#loops + 1] = loop.chain({ slot = script.slot, instance = script.instance, profile = lap, handlers = chained,
            index = #loops, run = runs + #loops, state = state })
    end
    jit.opt.start("hotloop=61", "maxtrace=8000", "maxrecord=20000", "maxirconst=4000", "maxside=2000", "maxsnap=4000", "sizemcode=256",
        "maxmcode=65536")
    jit.on()
    script.drop = drop and function(ids, count) drop(ffi.cast("const uint64_t *", ids), count) end
    return loop.all(loops), script.drop
end

--- Calls the functions given to init or done, one per call, so that one that fails does not keep the next from running.
-- @return whether there is another
function M.call_init(index)
    local fn = script.inits[index]
    if fn then
        fn()
    end
    return script.inits[index + 1] ~= nil
end

function M.call_done(index)
    script.phase, script.context.phase = "done", "done"
    local fn = script.dones[index]
    if fn then
        fn()
    end
    return script.dones[index + 1] ~= nil
end

--- Where the declared aggregations are, for C, in declaration order.
function M.aggregate_addresses()
    local out = {}
    for i, record in ipairs(script.context.aggregates) do
        out[i] = tonumber(ffi.cast("uintptr_t", ffi.cast("void *", record.pointer)))
        script.aggregate_index[record.proxy] = i
    end
    for _, handler in ipairs(script.handlers) do
        handler.aggregate_index = handler.aggregate and script.aggregate_index[handler.aggregate] or 0
    end
    return out
end

--- The first block of comment lines, without their dashes and the licence.
local function first_comment(source)
    local lines = {}
    for line in source:gmatch("([^\n]*)\n?") do
        local text = line:match("^%-%-+ ?(.*)$")
        if text and not text:find("SPDX-License-Identifier", 1, true) then
            lines[#lines + 1] = text
        elseif not text and (#lines > 0 or line ~= "") then
            break
        end
    end
    return lines
end

--- For --describe: the first comment, then the options.
function M.describe()
    local lines = first_comment(script.source)
    for i, option_at in ipairs(script.options) do
        if i == 1 then
            lines[#lines + 1] = (#lines > 0 and "\n" or "") .. "options (-A NAME=VALUE):"
        end
        lines[#lines + 1] = format("  %-20s %s (default: %s)", option_at.name, option_at.help, option_at.default)
    end
    return table.concat(lines, "\n") .. "\n"
end

--- Which events must meet in one instance, and why.
-- @return key, after how many seconds without an event a key's state is dropped; nil: there are no such states
function M.partition()
    local keeps = false
    for _, handler in ipairs(script.handlers) do
        keeps = keeps or handler.state
    end
    return script.judged.key, keeps and partition.by_address(script.judged.key) and script.idle or nil
end

local function names_read(handler)
    local names = {}
    for _, entry in ipairs(sorted_entries(handler.schema.reads.entries)) do
        names[#names + 1] = entry.name
    end
    for _, entry in ipairs(handler.schema.reads.has_flow and sorted_entries(handler.schema.reads.flow) or {}) do
        names[#names + 1] = "flow." .. entry.name
    end
    return #names > 0 and "reads " .. table.concat(names, ", ") or "reads no field"
end

local function explain_handler(handler)
    if handler.aggregate then
        return "an aggregation, in C"
    end
    local how = handler.own and "a loop of its own" or format("in order with other handlers, as %s", handler.why or "they are")
    return format("%s; %s", how, names_read(handler))
end

--- For --explain: the partition and what decided, then each handler.
function M.explain()
    local judged = script.judged
    local why
    if judged.chosen then
        why = "the script chose it" .. partition.explain(script)
    elseif judged.key == "flow" then
        why = "nothing in its handlers makes a difference between flows"
    else
        why = format("line %d decides: %s", judged.line, judged.why)
    end
    local lines = { format("partition \"%s\"; %s", judged.key, why) }
    for _, handler in ipairs(script.handlers) do
        local where = handler.where and " where " .. handler.where:gsub("%c+", " ") or ""
        lines[#lines + 1] = format("line %d, %s%s: %s", handler.line, handler.event, where, explain_handler(handler))
    end
    return table.concat(lines, "\n    ") .. "\n"
end

function M.profile_handler(number)
    local handler = script.handlers[number + 1]
    local how = profile.handler(handler.fn)
    return handler.own and how .. "; in a loop of its own" or format("%s; in order with other handlers, as %s", how, handler.why or "")
end

function M.profile_aborts()
    return profile.aborts()
end

return M
