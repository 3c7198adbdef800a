-- SPDX-License-Identifier: MIT OR Apache-2.0
--- Which scripts may have an instance per worker: only those whose handlers cannot tell.
local driver = require("driver")
local ffi = require("ffi")

local C = driver.C
local NAMES = { [0] = "all", "flow", "src", "dst", "pair" }

--- @return the partition, and what --explain says of it
local function judge(source, options)
    local spec, problem, where = driver.load(source, options)
    if not spec then
        error(where .. ": " .. problem, 2)
    end
    return NAMES[C.spec_partition(spec)], ffi.string(C.spec_explain(spec))
end

local function handler(body, head)
    return (head or "") .. '\non("spec.k0", ' .. body .. ")"
end

--- Handlers that may run in any number of instances.
local APART = {
    { "an aggregation as handler", 'on("spec.k0", agg.count("n", "name"))' },
    { "adding to an aggregation", handler("function(e) a:add(e.name) end", 'local a = agg.count("a", "name")') },
    { "writing to a log", handler("function(e) l:write(e.len, e.name) end", 'local l = log.stream("l", "n:count name:string")') },
    { "writing to a log that is global", handler("function(e) l:write(e.len) end", 'l = log.stream("l", "n:count")') },
    { "writing to logs in a table", handler("function(e) t.l:write(e.len) end", 'local t = { l = log.stream("l", "n:count") }') },
    { "printing", handler("function(e) print(e.len) end") },
    { "a constant table that is read", handler("function(e) print(names[e.len]) end", 'local names = { "a", "b", deep = { 1, { 2 } } }') },
    { "a constant table in a loop", handler("function(e) for i = 1, #t do print(t[i] + e.len) end end", "local t = { 1, 2 }") },
    { "a local function that is safe", handler("function(e) print(f(e)) end", "local function f(e) return e.len + 1 end") },
    { "a function that calls itself", handler("function(e) print(f(3)) end",
        "local function f(n) if n == 0 then return 0 end return f(n - 1) end") },
    { "functions that call each other", handler("function(e) print(even(e.len)) end", "local even, odd\n"
        .. "function even(n) if n == 0 then return true end return odd(n - 1) end\n"
        .. "function odd(n) if n == 0 then return false end return even(n - 1) end") },
    { "a function in a constant table", handler("function(e) print(t.f(e.len)) end", "local t = { f = function(n) return n * 2 end }") },
    { "a global function that is safe", handler("function(e) print(twice(e.len)) end", "function twice(n) return n * 2 end") },
    { "a table made in the handler", handler("function(e) local t = { 1, x = 2 } t.y = e.len t[3] = 4 print(t.y) end") },
    { "library functions", handler("function(e) print(math.floor(e.len / 2), string.format('%d', e.len), bit.band(e.len, 7)) end") },
    { "a library function kept in a local", handler("function(e) print(floor(e.len)) end", "local floor = math.floor") },
    { "an upvalue that never changes", handler("function(e) if e.len > limit then print(e.len) end end", "local limit = 10") },
    { "an upvalue set at the top level only", handler("function(e) print(n) end", "local n = 1\nn = n + 1") },
    { "a closure made and used in the handler", handler("function(e) local n = e.len local f = function() return n end print(f()) end") },
    { "the flow's own state", handler("function(e, st) st.n = (st.n or 0) + 1 print(st.n) end") },
    { "a table in the flow's state", handler("function(e, st) st.seen = st.seen or {} st.seen[e.len] = true end") },
    { "an option", handler("function(e) if e.len > least then print(e.len) end end", 'local least = palua.option("least", 3, "smallest")') },
    { "what init prepared", handler("function(e) print(n) end", "local n = 0\ninit(function() n = 5 end)") },
}

--- Handlers that need to be one instance, the line that decides, and a word of the reason.
local TOGETHER = {
    { "a counter", handler("function(e)\n n = n + 1 end", "local n = 0"), 3, "assigns a variable" },
    { "a counter in a helper", handler("function(e) bump() end", "local n = 0\nlocal function bump()\n n = n + 1 end"), 3, "assigns a variable" },
    { "a counter in an inner function", handler("function(e) local f = function()\n n = n + 1 end f() end", "local n = 0"), 3, "assigns" },
    { "a counter behind two helpers", handler("function(e) one() end", "local n = 0\nlocal function two() n = n + 1 end\n"
        .. "local function one() two() end"), 2, "assigns" },
    { "a global counter", handler("function(e)\n n = (n or 0) + 1 end"), 3, "assigns a global" },
    { "a table outside", handler("function(e)\n t[e.len] = true end", "local t = {}"), 3, "writes to a table" },
    { "a field of a table outside", handler("function(e) t.n = e.len end", "local t = {}"), 2, "writes to a table" },
    { "a table inside a table outside", handler("function(e) t.a.b = 1 end", "local t = { a = {} }"), 2, "writes to a table" },
    { "a table through a local", handler("function(e) local u = t u.x = 1 end", "local t = {}"), 2, "writes to a table" },
    { "a table through a helper's parameter", handler("function(e) put(t, e.len) end", "local t = {}\nlocal function put(t, v)\n t[1] = v end"), 3, "writes" },
    { "a method that writes to self", handler("function(e) o:bump() end", "local o = { n = 0 }\nfunction o:bump()\n self.n = self.n + 1 end"), 3, "writes" },
    { "table.insert", handler("function(e) table.insert(t, 1) end", "local t = {}"), 2, "insert" },
    { "table.insert under another name", handler("function(e) push(t, 1) end", "local t, push = {}, table.insert"), 2, "push" },
    { "table.sort", handler("function(e) table.sort(t) end", "local t = { 2, 1 }"), 2 },
    { "rawset", handler("function(e) rawset(t, 1, 1) end", "local t = {}"), 2 },
    { "setmetatable in a handler", handler("function(e) setmetatable(t, {}) end", "local t = {}"), 2 },
    { "a table with a metatable", handler("function(e) print(t.x) end", "local t = setmetatable({}, { __index = function() return 1 end })"), 2, "metatable" },
    { "_G", handler("function(e) _G.x = e.len end"), 2 },
    { "_G by a computed name", handler("function(e) print(_G[e.name:sub(1, 1)]) end"), 2 },
    { "a coroutine", handler("function(e) print(co()) end", "local co = coroutine.wrap(function() while true do coroutine.yield(1) end end)"), 2 },
    { "a coroutine of the library, in the handler", handler("function(e) print(coroutine.running()) end"), 2 },
    { "math.randomseed", handler("function(e) math.randomseed(1) end"), 2 },
    { "a library through a local", handler("function(e) local lib = table lib.insert(t, 1) end", "local t = {}"), 2 },
    { "a table with functions that count", handler("function(e) t.f() end", "local n = 0\nlocal t = { f = function() n = n + 1 end }"), 2 },
    { "what another handler assigns", 'local n = 0\non("spec.k1", function(e) n = e.len end)\n' .. handler("function(e) print(n) end"), 2, "assigns" },
    { "a table another handler writes to", 'local t = {}\non("spec.k1", function(e) t.x = 1 end)\n' .. handler("function(e) print(t.x) end"), 2, "writes" },
    { "a shared table in the state", handler("function(e, st) st.t = shared st.t.n = 1 end", "local shared = {}"), 2, "state" },
    { "a helper that is given the state and a table", handler("function(e, st) put(st) end", "local t = {}\nlocal function put(s) s.t = t end"), 2 },
    { "a vararg handler that counts", handler("function(...) n = n + 1 end", "local n = 0"), 2, "assigns" },
    { "a numeric loop that writes", handler("function(e) for i = 1, 3 do t[i] = i end end", "local t = {}"), 2, "writes" },
    { "multiple results into a table", handler("function(e) t[1], t[2] = e.len, 2 end", "local t = {}"), 2, "writes" },
}

describe("the partition that a script gets by itself", function()
    it("is tried with at least thirty handlers", function()
        assert.is_true(#APART + #TOGETHER >= 30)
    end)
    for _, case in ipairs(APART) do
        it("is flow for " .. case[1], function()
            local partition, explained = judge(case[2])
            assert.equal("flow", partition, explained)
            assert.truthy(explained:find('partition "flow"; nothing in its handlers', 1, true), explained)
        end)
    end
    for _, case in ipairs(TOGETHER) do
        it("is all for " .. case[1], function()
            local partition, explained = judge(case[2])
            assert.equal("all", partition, explained)
            assert.truthy(explained:find(("line %d decides"):format(case[3]), 1, true), explained)
            if case[4] then
                assert.truthy(explained:find(case[4], 1, true), explained)
            end
        end)
    end
    it("is all for libraries that --trust lets in", function()
        assert.equal("all", (judge(handler("function(e) print(os.time()) end"), { trust = true })))
        assert.equal("all", (judge(handler("function(e) io.write(e.len) end"), { trust = true })))
        assert.equal("all", (judge(handler("function(e) print(m.x) end", 'local m = require("ffi")'), { trust = true })))
        assert.equal("flow", (judge(handler("function(e) print(math.abs(e.len)) end"), { trust = true })))
    end)
end)

describe("the partition that a script chooses", function()
    it("is taken", function()
        local partition, explained = judge('palua.partition("all")\n' .. handler("function(e) print(e.len) end"))
        assert.equal("all", partition)
        assert.truthy(explained:find('partition "all"; the script chose it', 1, true), explained)
        assert.equal("flow", (judge('palua.partition("flow")\n' .. handler("function(e) n = n + 1 end", "local n = 0"))))
    end)
    it("does not go with a done that reads what other instances assign", function()
        local source = 'palua.partition("flow")\nlocal n = 0\non("spec.k0", function(e) n = n + 1 end)\n\ndone(function() print(n) end)'
        local spec, problem, where = driver.load(source)
        assert.is_nil(spec)
        assert.equal("spec.lua:5", where)
        assert.truthy(problem:find("done reads 'n', which the handler at line 3 assigns", 1, true), problem)
        assert.is_truthy(driver.load((source:gsub('"flow"', '"all"'))))
        assert.is_truthy(driver.load((source:gsub("print%(n%)", "print(1)"))))
    end)
    it("finds what done reads through a helper", function()
        local source = 'palua.partition("flow")\nlocal n = 0\nlocal function total() return n end\n'
            .. 'on("spec.k0", function(e) n = n + 1 end)\ndone(function() print(total()) end)'
        local _, problem = driver.load(source)
        assert.truthy(problem and problem:find("done reads 'n'", 1, true), problem)
    end)
    it("may be by address", function()
        for _, key in ipairs({ "src", "dst", "pair" }) do
            local partition, explained = judge(('palua.partition("%s")\n'):format(key) .. handler("function(e) t[e.len] = 1 end", "local t = {}"))
            assert.equal(key, partition)
            assert.truthy(explained:find(('partition "%s"; the script chose it\n'):format(key), 1, true), explained)
            _, explained = judge(('palua.partition("%s", { idle = "1.5m" })\n'):format(key) .. handler("function(e, st) st.n = 1 end"))
            assert.truthy(explained:find("the script chose it; a state is dropped after 90 s without an event", 1, true), explained)
        end
    end)
    it("gives a state to events without a flow, if it is by address", function()
        for _, event in ipairs({ "packet", "link", "network", "fragment", "capture.end" }) do
            local source = ('on("%s", function(e, st) st.n = 1 end)'):format(event)
            assert.is_truthy(driver.load('palua.partition("src")' .. source))
            local spec, problem = driver.load('palua.partition("flow")' .. source)
            assert.is_nil(spec)
            assert.truthy(problem:find('palua.partition("src")', 1, true), problem)
        end
    end)
    it("does not go with a done that reads what instances by address assign", function()
        local _, problem = driver.load('palua.partition("src")\nlocal n = 0\non("spec.k0", function(e) n = n + 1 end)\ndone(function() print(n) end)')
        assert.truthy(problem and problem:find("done reads 'n', which the handler at line 3 assigns", 1, true), problem)
    end)
end)
