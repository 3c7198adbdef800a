-- SPDX-License-Identifier: MIT OR Apache-2.0
local driver = require("driver")

describe("a script", function()
    it("runs its handlers over events, in order, and done at the end", function()
        local out, errors = driver.run([[
            local n, bytes = 0, 0
            on("spec.k0", function(e) n = n + 1 bytes = bytes + e.len end)
            on("spec.k0", function(e) print(e.packet_number, e.name, e.addr) end)
            init(function() print("first") end)
            done(function() print("total", n, bytes) end)
        ]], { count = 3 })
        assert.equal(0, errors)
        assert.equal("first\n1\twww.example.com\t192.0.2.1\n2\twww.example.com\t2001:db8::1\n3\twww.example.com\t192.0.2.1\n"
            .. "total\t3\t3\n", out)
    end)
end)

describe("a declaration", function()
    local function refused(source, place, text)
        local spec, problem, where = driver.load(source)
        assert.is_nil(spec, source)
        assert.equal(place, where)
        assert.truthy(problem:find(text, 1, true), problem)
    end

    it("names the line and the nearest name", function()
        refused('\n\non("spec.k00", print)', "spec.lua:3", "there is no event 'spec.k00'; did you mean 'spec.k0'?")
        refused('on("spec.k0", function(e)\nprint(e.nme)\nend)', "spec.lua:2", "no field 'nme'; did you mean 'name'?")
        refused('on("spec.k0", function(e)\nlocal x = e\nprint(x.lenn)\nend)', "spec.lua:3", "'len'")
        refused('on("spec.k0", function(e) print(e.flow.uidd) end)', "spec.lua:1", "did you mean 'flow.uid'?")
        refused('on("spec.k0", function(e) local f = e.flow\nprint(f.orig_x) end)', "spec.lua:2", "flow.orig_x")
    end)

    it("must be one", function()
        refused('print("x")', "spec.lua:1", "the top level only declares")
        refused('on("spec.k0")', "spec.lua:1", "a function or an aggregation was expected")
        refused('on(5, print)', "spec.lua:1", "name was expected")
        refused('on("spec.k0", print)', "spec.lua:1", "must be a function of the script")
        refused('\non("spec.k0", "name > 5", function() end)', "spec.lua:2", "on: filter, column 8: name is a text, and 5 is none")
        refused('on("spec.k0", "nmae", function() end)', "spec.lua:1", "column 1: event spec.k0 has no field 'nmae'; did you mean 'name'?")
        refused('on("spec.k0", 5, function() end)', "spec.lua:1", "the filter must be a text, not a number")
        refused('on("spec.k0", "len > 5")', "spec.lua:1", "a function or an aggregation was expected")
        refused("init(5)", "spec.lua:1", "a function was expected")
        refused('palua.partition("flwo")', "spec.lua:1", "none of")
        refused('palua.partition()', "spec.lua:1", "'nil' is none of")
        refused('palua.partition("src", "5m")', "spec.lua:1", "a table of options was expected")
        refused('palua.partition("src", { idel = "5m" })', "spec.lua:1", "no option 'idel'; did you mean 'idle'?")
        refused('palua.partition("src")\npalua.partition("dst")', "spec.lua:2", 'the script chose "src" before')
        refused('palua.partition("flow", { idle = "5m" })', "spec.lua:1", "ends with its flow")
        refused('palua.partition("all", { idle = "5m" })', "spec.lua:1", "lasts for the whole run")
        for _, wrong in ipairs({ '"5"', '"m"', '"5 m"', '"5y"', '"-5m"', '"99ms"', '"3651d"', "true", "0", "0/0", "1e99", "{}" }) do
            refused('palua.partition("src", { idle = ' .. wrong .. " })", "spec.lua:1", 'expected a time from "100ms" to "3650d"')
        end
        for _, right in ipairs({ '"100ms"', '"0.5s"', '"30s"', '"5m"', '"1.5h"', '"3650d"', "0.1", "60" }) do
            assert(driver.load('palua.partition("src", { idle = ' .. right .. " })"))
        end
        refused('on("link", function(e, st) end)', "spec.lua:1", "cannot keep state per flow")
        refused("local x = = 5", "spec.lua:1", "unexpected symbol")
        refused("\n\nlocal t = nil\nt.x = 5", "spec.lua:4", "attempt to index")
        refused("\27LJ\2", "spec.lua", "bytecode is not accepted")
        refused('local s = string.rep("x", 1e9)', "spec.lua", "memory")
    end)

    it("is refused where it indexes a table with a view", function()
        refused('local t = {}\non("spec.k0", function(e)\nt[e.name] = true end)', "spec.lua:3", "use tostring")
        refused('local t = {}\non("spec.k0", function(e)\nprint(t[e.flow.uid]) end)', "spec.lua:3", "use tostring")
        refused('local t = {}\non("spec.k0", function(e)\nlocal k = e.addr\nprint(t[k]) end)', "spec.lua:4", "use tostring")
        assert(driver.load('local t = {} on("spec.k0", function(e) t[e.len] = e.kind_name t[tostring(e.name)] = 1 end)'))
    end)

    it("belongs to the top level", function()
        for _, call in ipairs({ 'on("spec.k0", function() end)', "init(function() end)", 'palua.option("x", 1)', 'palua.partition("all")' }) do
            local _, errors = driver.run("done(function() " .. call .. " end)")
            assert.equal(1, errors, call)
        end
    end)
end)

describe("a filter", function()
    it("lets only some events come to a function, and to an aggregation", function()
        local out, errors = driver.run([[
            on("spec.k0", "len & 1 and len > 4", function(e) print(e.packet_number, e.len) end)
            on("spec.k0", "yes == false", agg.count("even", "port"))
            on("spec.k0", agg.count("all", "port"))
        ]], { count = 10 })
        assert.equal(0, errors)
        assert.equal("6\t5\n8\t7\n10\t9\n\neven\nport,count\n53,5\n\nall\nport,count\n53,10\n", (out:gsub("# ", "")))
    end)

    it("reads fields that the handler does not", function()
        local spec = assert(driver.load('on("spec.k0", "len == 3 and name contains \'www\'", function(e) print(e.port) end)'))
        assert.equal(2 ^ 5 + 2 ^ 6 + 2 ^ 9, tonumber(driver.C.spec_wanted(spec, 0)))
        assert.equal(0, tonumber(driver.C.spec_wanted_flow(spec, 0)))
        spec = assert(driver.load('on("spec.k0", "flow.orig_p == 1 or duration > 5s", function(e) print(e.port) end)'))
        assert.equal(2 ^ 3, tonumber(driver.C.spec_wanted_flow(spec, 0)))
        assert.equal(1, tonumber(driver.C.spec_wanted_live(spec, 0)))
    end)

    it("keeps handlers in the order of the events, and of their declaration", function()
        local source = {}
        local filters = { false, "len & 1", false, "len & 2", "len & 1", false }
        for i, filter in ipairs(filters) do
            source[i] = ('on("spec.k%d", %sfunction(e) n = n + 1 print(e.packet_number, %d) end)'):format(i == 3 and 1 or 0,
                filter and '"' .. filter .. '", ' or "", i)
        end
        local out, errors = driver.run("n = 0\n" .. table.concat(source, "\n"), { count = 8, kinds = 2 })
        assert.equal(0, errors)
        local expected = {}
        for packet = 1, 8 do
            for i = 1, #filters do
                local kind, len = (packet - 1) % 2, packet - 1
                local of_kind = kind == (i == 3 and 1 or 0)
                local bits = filters[i] and tonumber(filters[i]:sub(-1))
                if of_kind and (not bits or math.floor(len / bits) % 2 == 1) then
                    expected[#expected + 1] = packet .. "\t" .. i .. "\n"
                end
            end
        end
        assert.equal(table.concat(expected), out)
    end)

    it("is kept where a handler fails", function()
        local out, errors = driver.run([[
            local n = 0
            on("spec.k0", "len & 1", function(e) n = n + 1 if n == 2 then error("x") end print(e.len) end)
        ]], { count = 8 })
        assert.equal(1, errors)
        assert.equal("1\n5\n7\n", out)
    end)

    it("leaves the partition as it is, and is explained", function()
        local spec = assert(driver.load('on("spec.k0", "len > 5\\nand yes", function(e) print(e.len) end)'))
        local text = require("ffi").string(driver.C.spec_explain(spec))
        assert.truthy(text:find('partition "flow"', 1, true), text)
        assert.truthy(text:find("line 1, spec.k0 where len > 5 and yes: a loop of its own; reads len", 1, true), text)
    end)

    it("is counted behind by --profile", function()
        local _, _, spec = driver.run([[
            on("spec.k0", "len < 3", function(e) print(e.len) end)
            on("spec.k0", "len > 1000", function(e) print(e.len) end)
            on("spec.k0", "yes", agg.count("odd", "port"))
        ]], { count = 100, profile = true })
        local text = require("ffi").string(driver.C.spec_profile(spec))
        assert.truthy(text:find("spec.lua:1  spec.k0  3 events that its filter let through", 1, true), text)
        assert.truthy(text:find("spec.lua:2  spec.k0  0 events that its filter let through  its filter let no event through", 1, true), text)
        assert.truthy(text:find("spec.lua:3  spec.k0  50 events that its filter let through", 1, true), text)
    end)

    it("makes no garbage", function()
        local spec = assert(driver.load('local a = agg.count("a", "port") on("spec.k0", "len & 1", function(e) a:add(e.port) end)'))
        assert(driver.C.spec_output(spec, os.tmpname()))
        driver.C.spec_make(spec, 1000, 1)
        driver.C.spec_consume(spec, 200)
        driver.C.spec_stop_gc(spec)
        local before = tonumber(driver.C.spec_lua_bytes(spec))
        driver.C.spec_consume(spec, 200)
        assert.truthy((tonumber(driver.C.spec_lua_bytes(spec)) - before) / (200 * 500) < 1)
    end)
end)

describe("an option", function()
    it("has its default's type", function()
        local source = 'local x = palua.option("x", %s, "help") done(function() print(type(x), x) end)'
        assert.equal("number\t20\n", (driver.run(source:format("20"))))
        assert.equal("number\t5\n", (driver.run(source:format("20"), { key = "x", value = "5" })))
        assert.equal("boolean\tfalse\n", (driver.run(source:format("true"), { key = "x", value = "no" })))
        assert.equal("string\t5\n", (driver.run(source:format("'a'"), { key = "x", value = "5" })))
        local _, problem = driver.load(source:format("20"), { key = "x", value = "abc" })
        assert.equal("-A x=abc: a number was expected", problem)
    end)

    it("is described, after the script's first comment", function()
        local ffi = require("ffi")
        local path = driver.write_file("-- SPDX-License-Identifier: MIT\n--- What it does.\n-- More.\nlocal x = 1 -- not this\n"
            .. 'palua.option("top", 20, "rows to show")\n')
        local spec, text = ffi.gc(driver.C.spec_new(), driver.C.spec_free), ffi.new("struct text")
        assert.is_true(driver.C.spec_describe(spec, path, text))
        local told = ffi.string(text.data, text.len)
        os.remove(path)
        assert.truthy(told:find("^What it does%.\nMore%.\n\noptions"), told)
        assert.truthy(told:find("top +rows to show %(default: 20%)"), told)
    end)
end)

describe("an error in a handler", function()
    it("is counted, and neither other handlers nor later events suffer", function()
        local out, errors = driver.run([[
            on("spec.k0", function(e) if e.len == 1 then error("boom") end print("a", e.len) end)
            local n = 0
            on("spec.k0", function(e) n = n + 1 if e.len == 2 then error({}) end end)
            on("spec.k0", function(e) n = n + 1 print("b", e.len, n) end)
            done(function() error("late") end)
            done(function() print("done", n) end)]], { count = 4 })
        assert.equal(3, errors)
        assert.equal("a\t0\nb\t0\t2\nb\t1\t4\na\t2\nb\t2\t6\na\t3\nb\t3\t8\ndone\t8\n", out)
    end)

    it("stops a strict run at the first", function()
        local _, errors, spec = driver.run('on("spec.k0", function(e) error("x") end)', { count = 100, strict = true })
        assert.equal(1, errors)
        assert.is_true(driver.C.spec_stopped(spec))
    end)

    it("does not slow to a crawl on every event", function()
        local spec = assert(driver.load('on("spec.k0", function(e) local x = e.len.x.y end)'))
        driver.C.spec_make(spec, 1024, 1)
        local ns = tonumber(driver.C.spec_consume(spec, 40)) / 40 / 1024
        assert.equal(40 * 1024, tonumber(driver.C.spec_errors(spec)))
        assert.is_true(ns < 200000, ns .. " ns per failing event")
    end)

    it("that uses up the memory budget stops the run", function()
        local _, errors, spec = driver.run('local t = {} on("spec.k0", function(e) t[#t + 1] = ("x"):rep(100000) .. #t end)',
            { count = 1024, memory = 16 * 1024 * 1024 })
        assert.equal(1, errors)
        assert.is_true(driver.C.spec_stopped(spec))
    end)

    it("may be caught", function()
        local out, errors = driver.run([[on("spec.k0", function(e) print(pcall(function() return e.name.x end)) end)]], { count = 1 })
        assert.equal(0, errors)
        assert.equal("false\tspec.k0.name has no method or field 'x'\n", out)
    end)
end)

describe("an aggregation", function()
    it("is a handler, or added to, and prints itself unless done did", function()
        local out, errors = driver.run([[
            local a = agg.count("a", "name")
            local b = agg.count("b", "port")
            on("spec.k0", b)
            on("spec.k0", function(e) a:add(e.name) end)
            done(function() print("before") print(a) print("after") end)]], { count = 3 })
        assert.equal(0, errors)
        assert.truthy(out:find("before.*name,count\r?\nwww.example.com,3.*after.*port,count\r?\n53,3"), out)
    end)

    it("used as a handler must fit the event", function()
        local _, problem, where = driver.load('local a = agg.count("a", "nme")\non("spec.k0", a)')
        assert.equal("spec.lua:2", where)
        assert.truthy(problem:find("nme", 1, true), problem)
        _, problem, where = driver.load('\nagg.cuont("a", "x")')
        assert.equal("spec.lua:2", where)
        assert.truthy(problem:find("agg.count", 1, true), problem)
    end)
end)
