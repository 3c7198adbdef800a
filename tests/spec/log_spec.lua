-- SPDX-License-Identifier: MIT OR Apache-2.0
local driver = require("driver")

--- Rows of a stream over events, as CSV without its header, and the number of errors.
local function logged(columns, values, options)
    local out, errors, spec = driver.run(('local l = log.stream("l", "%s")\non("spec.k0", function(e) l:write(%s) end)'):format(columns, values),
        options or { count = 1 })
    return (out:gsub("^[^\n]*\n", "", 1)), errors, spec
end

local function refused(source, place, text)
    local spec, problem, where = driver.load(source)
    assert.is_nil(spec, source)
    assert.equal(place, where)
    assert.truthy(problem:find(text, 1, true), problem)
end

--- What a handler's write is refused with.
local function problem_of(columns, values)
    local out, errors = driver.run(([[
        local l = log.stream("l", "%s")
        on("spec.k0", function(e)
            local ok, problem = pcall(function() l:write(%s) end)
            print(ok, problem)
        end)]]):format(columns, values), { count = 1 })
    assert.equal(0, errors)
    return (out:gsub("\n$", ""))
end

describe("log.stream", function()
    it("is refused where the declaration is wrong, with the line", function()
        refused('\nlog.stream("x", "ts:tme")', "spec.lua:2", "column ts: got type 'tme'; did you mean 'time'?")
        refused('log.stream("x", "ts")', "spec.lua:1", "got 'ts', expected NAME:TYPE")
        refused('log.stream("x", "")', "spec.lua:1", "got no columns")
        refused('log.stream("x", "n:table[addr]")', "spec.lua:1", "got type 'table[addr]', expected time, interval, addr")
        refused('log.stream("x", "n:int n:int")', "spec.lua:1", "column n is there twice")
        refused('log.stream("a/b", "n:int")', "spec.lua:1", "got the name 'a/b'")
        refused('log.stream("x")', "spec.lua:1", "a text with the columns was expected, not a nil")
        refused('log.stream({}, "n:int")', "spec.lua:1", "the stream's name was expected, not a table")
        refused('log.stream("x", "n:int")\n\nlog.stream("x", "n:int")', "spec.lua:3", 'log.stream("x") is declared twice')
    end)

    it("belongs to the top level, and write does not", function()
        local _, errors = driver.run('on("spec.k0", function() log.stream("x", "n:int") end)', { count = 1 })
        assert.equal(1, errors)
        refused('local l = log.stream("x", "n:int")\nl:write(1)', "spec.lua:2", 'log "x": the top level only declares')
    end)

    it("is an object that shows nothing of itself", function()
        refused('local l = log.stream("x", "n:int")\nl.path = 1', "spec.lua:2", 'log "x" is a stream')
        local out = driver.run([[
            local l = log.stream("x", "n:int")
            init(function() print(tostring(l), getmetatable(l), l.arguments) end)]])
        assert.equal("log x\tlog\tnil\n", out)
    end)
end)

describe("a row", function()
    it("has a value for each type", function()
        assert.equal("1700000000.000000000,0.5,2001:db8::1,10.0.0.0/8,53,7,-3,0.25,www.example.com,true,one\n", (logged(
            "t:time i:interval a:addr n:subnet p:port c:count s:int d:double x:string b:bool m:enum",
            "e.ts_ns, 0.5, '2001:db8::1', '10.0.0.0/8', e.port, 7, -3, 0.25, e.name, true, 'one'")))
    end)

    it("takes views without a copy, addresses in their notation", function()
        assert.equal("192.0.2.1,192.0.2.1,00:1b:21:3c:9d:f8,\\x00\\x01\\x02\\x03\\xffGET,Cflow0\n",
            (logged("a:addr s:string m:string d:string u:string", "e.addr, e.addr, e.mac, e.data, e.flow.uid")))
    end)

    it("leaves unset what is nil", function()
        assert.equal(",,\n", (logged("a:addr b:count c:set[string]", "nil, e.rtt, nil")))
    end)

    it("takes times as seconds and as nanoseconds", function()
        assert.equal("1700000000.500000000,1700000000.500000000,1700000000.500000\n", (logged("a:time b:time c:string",
            "e.when, e.when_ns, string.format('%.6f', e.when)")))
        assert.equal("1700000000.123457000,0.000031,0.000000031,-1.5\n", (logged("a:time b:interval c:interval d:interval",
            "1700000000.123457, 0.000031, 31 * (e.ts_ns / e.ts_ns), -1.5")))
    end)

    it("takes wide integers whole", function()
        assert.equal("18446744073709551615,-5,9007199254740992\n", (logged("a:count b:int c:count", "e.wide, e.big, 2^53")))
    end)

    it("takes tables, list fields and texts with commas as lists", function()
        assert.equal('"a,b",\n', (logged("a:set[string] b:vector[string]", "{ 'a', 'b' }, {}")))
        assert.equal('"1,2","192.0.2.1,2001:db8::1","true,false"\n', (logged("a:set[count] b:vector[addr] c:set[bool]",
            "'1,2', { e.addr, '2001:db8::1' }, 'T,false'")))
        assert.equal('"a.example 192.0.2.1 300 one,b.example 60 many 7 n,2001:db8::1 0 77 00010203ff"\n', (logged("a:vector[string]", "e.items")))
        assert.equal(',www.example.com\n', (logged("a:set[string] b:set[string]", "'', e.name")))
    end)

    it("takes all of a table that leaves places out", function()
        assert.equal('"a,,c","x,,,,y"\n', (logged("a:vector[string] b:vector[string]", "{ 'a', nil, 'c' }, { 'x', [5] = 'y' }")))
        assert.equal('"3,2,1"\n', (logged("a:vector[count]", "(function() local t = {} t[3], t[2], t[1] = 1, 2, 3 return t end)()")))
    end)

    it("reads what a table holds, not what a metamethod makes up", function()
        local out, errors = driver.run([[
            local l = log.stream("l", "a:vector[string]")
            on("spec.k0", function(e)
                local made = setmetatable({ nil, nil, "held" }, { __index = function(_, i)
                    local waste = {}
                    for k = 1, 20000 do waste[k] = "w" .. k .. e.packet_number end
                    return "made" .. i
                end })
                l:write(made)
            end)]], { count = 20 })
        assert.equal(0, errors)
        assert.equal("a\n" .. ('",,held"\n'):rep(20), out)
    end)

    it("comes out in the order of the capture, among printed lines", function()
        local out = driver.run([[
            local l = log.stream("l", "n:count who:string")
            init(function() l:write(0, "init") end)
            on("spec.k0", function(e) l:write(e.packet_number, "first") print("line", e.packet_number) end)
            on("spec.k0", function(e) l:write(e.packet_number, "second") end)
            done(function() l:write(nil, "done") end)]], { count = 2 })
        assert.equal("n,who\n0,init\n1,first\nline\t1\n1,second\n2,first\nline\t2\n2,second\n,done\n", out)
    end)

    it("goes to the stream that wrote it", function()
        local out = driver.run([[
            local a, b = log.stream("a", "n:count"), log.stream("b", "n:count")
            on("spec.k0", function(e) a:write(1) b:write(2) end)]], { count = 1 })
        assert.equal("n\n1\n\n# b\nn\n2\n", out)
    end)
end)

describe("a wrong row", function()
    it("names stream, column, what was got and expected", function()
        local cases = {
            { "n:count", "-1", "got -1, expected a count (a whole number from 0)" },
            { "n:count", "1.5", "got 1.5, expected a count" },
            { "n:count", "'7'", 'got "7", expected a count' },
            { "n:count", "0/0", "got nan, expected a count" },
            { "n:count", "e.big", "got -5, expected a count" },
            { "n:count", "2^64", "got 1.8446744073709552e+19, expected a count" },
            { "n:port", "65536", "got 65536, expected a port (a whole number from 0 to 65535)" },
            { "n:int", "e.wide", "got 18446744073709551615, expected an int" },
            { "n:int", "true", "got true, expected an int" },
            { "n:double", "'x'", 'got "x", expected a double' },
            { "n:bool", "1", "got 1, expected a bool (true or false)" },
            { "n:string", "5", "got 5, expected a text or bytes" },
            { "n:string", "{}", "got a table, expected a text or bytes" },
            { "n:set[string]", "{ a = true }", "got a table with other keys than 1, 2, 3 …, expected a list" },
            { "n:set[string]", "{ [0] = 'a', 'b' }", "got a table with other keys than 1, 2, 3 …, expected a list" },
            { "n:set[string]", "{ 'a', [2.5] = 'b' }", "got a table with other keys than 1, 2, 3 …, expected a list" },
            { "n:set[string]", "{ [2^53] = 'b' }", "got a list of 9007199254740992 items (65536 is the most), expected a list" },
            { "n:set[string]", "{ 'a', {}, 'b' }", "got a table whose item 2 is a table, expected a list" },
            { "n:set[count]", "{ e.wide, e }", "got a table whose item 2 is another object, expected a list" },
            { "n:string", "e.items", "got a list, expected a text or bytes" },
            { "n:string", "print", "got a function, expected a text or bytes" },
            { "n:enum", "e.addr", "got 192.0.2.1, expected an enum (a word)" },
            { "n:addr", "'no address'", 'got "no address", expected an address' },
            { "n:addr", "e.name", 'got "www.example.com", expected an address' },
            { "n:addr", "e.mac", "got bytes, expected an address" },
            { "n:addr", "('x'):rep(99)", 'got "' .. ("x"):rep(40) .. '…", expected an address' },
            { "n:subnet", "'10.0.0.0'", 'got "10.0.0.0", expected a subnet such as 192.0.2.0/24' },
            { "n:subnet", "'10.0.0.0/33'", 'got "10.0.0.0/33", expected a subnet' },
            { "n:subnet", "'10.0.0.0/+8'", 'got "10.0.0.0/+8", expected a subnet' },
            { "n:subnet", "e.addr", "got 192.0.2.1, expected a subnet" },
            { "n:time", "'now'", 'got "now", expected a time (seconds as a number, or nanoseconds as int64)' },
            { "n:time", "1e10", "got 10000000000, expected a time" },
            { "n:interval", "0/0", "got nan, expected an interval" },
            { "n:set[count]", "5", "got 5, expected a list (a table, a list field or a text with commas)" },
            { "n:set[count]", "{ 1, -2 }", "item 2: got -2, expected a count" },
            { "n:set[count]", "'1,x'", 'item 2: got "x", expected a count' },
            { "n:set[addr]", "e.items", 'item 1: got "a.example 192.0.2.1 300 one", expected an address' },
            { "n:vector[string]", "{ {} }", "got a table whose item 1 is a table, expected a list" },
            { "n:vector[string]", "e", "got another object, expected a list" },
        }
        for _, case in ipairs(cases) do
            local got = problem_of(case[1], case[2])
            assert.truthy(got:find('false\tlog "l", column n: ' .. case[3], 1, true), case[2] .. ": " .. got)
        end
    end)

    it("has as many values as there are columns", function()
        assert.equal('false\tlog "l": got 1 value, expected 2, one per column (nil where there is none)', problem_of("a:int b:int", "1"))
        assert.equal('false\tlog "l": got 3 values, expected 2, one per column (nil where there is none)', problem_of("a:int b:int", "1, 2, nil"))
        local out = driver.run([[
            local l = log.stream("l", "a:int")
            on("spec.k0", function(e) print(pcall(l.write, 5)) end)]], { count = 1 })
        assert.equal('false\tlog "l": call write with a colon: s:write(…)\n', out)
    end)

    it("is left out, and the run goes on", function()
        local out, errors = driver.run([[
            local l = log.stream("l", "n:count t:set[string]")
            on("spec.k0", function(e)
                l:write(e.len == 1 and -1 or e.len, { "a" })
            end)]], { count = 3 })
        assert.equal(1, errors)
        assert.equal("n,t\n0,a\n2,a\n", out)
    end)

    it("cannot hold a view that is gone", function()
        local _, errors = driver.run([[
            local l, kept = log.stream("l", "n:string"), nil
            on("spec.k0", function(e)
                if kept then l:write(kept) end
                kept = e.name
            end)]], { count = 2 })
        assert.equal(1, errors)
    end)
end)

describe("write", function()
    it("compiles, lists included", function()
        local out, errors, spec = driver.run([[
            local l = log.stream("l", "ts:time uid:string a:addr n:count name:string list:vector[string] tags:set[string]")
            on("spec.k0", function(e)
                l:write(e.ts_ns, e.flow.uid, e.addr, e.len, e.name, e.items, "a,b")
            end)]], { count = 1024, rounds = 40, profile = true })
        assert.equal(0, errors)
        assert.equal(1024 * 40 + 1, select(2, out:gsub("\n", "")))
        local profile = require("ffi").string(driver.C.spec_profile(spec))
        assert.truthy(profile:find("compiled; in a loop of its own", 1, true), profile)
    end)
end)
