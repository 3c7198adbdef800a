-- SPDX-License-Identifier: MIT OR Apache-2.0
local driver = require("driver")
local ffi = require("ffi")
local C = driver.C

local function output(source, options)
    local text, errors = driver.run(source, options)
    assert.equal(0, errors)
    return text
end

local function refused(source, part)
    local spec, problem, where = driver.load(source)
    assert.is_nil(spec)
    assert.truthy(problem:find(part, 1, true), problem)
    return where
end

describe("an aggregation", function()
    it("counts what handlers add, by type and bytes", function()
        assert.equal("k,count\nwww.example.com,8\n192.0.2.1,2\n2001:db8::1,2\n", (output([[
            local c = agg.count("c", "k")
            on("spec.k0", function(e)
                c:add(e.addr)
                c:add(e.name)
                c:add("www.example.com")
            end)
        ]])))
    end)

    it("takes every kind of key", function()
        assert.equal("a,b,count\n,,4\ntrue,0.5,4\n-5,3,8\n18446744073709551615,00:1b:21:3c:9d:f8,4\n", (output([[
            local c = agg.count("c", "a", "b"):sort("a")
            on("spec.k0", function(e)
                c:add(nil, nil)
                c:add(true, 0.5)
                c:add(-5LL, 3)
                c:add(-5, 3ULL)
                c:add(18446744073709551615ULL, e.mac)
            end)
        ]])))
    end)

    it("shows bytes as hex and text as text", function()
        assert.equal("data,count\n00010203ff474554,4\n\n# t\nk,count\n\\x00z,4\n", (output([[
            local b, t = agg.count("b", "data"), agg.count("t", "k")
            on("spec.k0", b)
            on("spec.k0", function(e) t:add("\0z") end)
        ]])))
    end)

    it("has one measure per kind", function()
        assert.equal("k,sum\nx,6\n\n# lo\nmin\n0\n\n# hi\nmax\n3\n\n# mean\navg\n1.5\n\n# d\ndistinct\n4\n"
            .. "\n# q\ncount,p50,p90,p99,max\n4,1,3,3,3\n"
            .. "\n# h\ncount,hist\n4,0..0:1 1..1:1 2..3:2\n"
            .. "\n# l\ncount,hist\n4,0..1:2 2..3:2\n", (output([[
            local s, lo, hi, mean = agg.sum("s", "k"), agg.min("lo"), agg.max("hi"), agg.avg("mean")
            local d, q, h, l = agg.distinct("d"), agg.quantile("q"), agg.hist("h"), agg.hist("l", { linear = 2 })
            on("spec.k0", function(e)
                s:add("x", e.len)
                lo:add(e.len) hi:add(e.len) mean:add(e.len) d:add(e.len) q:add(e.len) h:add(e.len) l:add(e.len)
            end)
        ]])))
    end)

    it("is a handler", function()
        assert.equal("kind_name,count\n0,2\none,1\ntwo,1\n\n# len\nport,max\n53,3\n"
            .. "\n# bytes\naddr,sum\n2001:db8::1,4\n192.0.2.1,2\n\n# rtt\nsum\n0.003\n"
            .. "\n# g\nport,packets,len,peers\n53,4,6,2\n", (output([[
            on("spec.k0", agg.count("by", "kind_name"))
            on("spec.k0", agg.max("len", "port"))
            on("spec.k0", agg.sum("bytes", "addr", { value = "len" }))
            on("spec.k0", agg.sum("rtt"))
            on("spec.k0", agg.group("g", "port", "packets:count", "len:sum", "peers:distinct(addr)"))
        ]])))
    end)

    it("sorts and cuts", function()
        assert.equal("k,count\n0,1\n1,1\n\n# d\nk,len\n0,0\n1,1\n2,2\n3,3\n", (output([[
            local c = agg.count("c", "k"):top(2)
            local d = agg.group("d", "k", "len:sum"):sort("len", "asc")
            on("spec.k0", function(e) c:add(e.len) d:add(e.len, e.len) end)
        ]])))
    end)

    it("is read in done", function()
        assert.equal("192.0.2.1\t2\t2\n2001:db8::1\t2\t4\nx\nn\n4\n", (output([[
            local g = agg.group("g", "addr", "n:count", "len:sum"):sort("addr")
            local x = agg.count("x")
            on("spec.k0", function(e) g:add(e.addr, e.len) x:add() end)
            done(function()
                for row in g:rows() do print(row.addr, row.n, row[3]) end
                print(g:rows()().addr == "192.0.2.1" and "x")
                print("n")
                for row in x:rows() do print(row.count) end
            end)
        ]]):match("^.-\n4\n")))
    end)

    it("prints itself where print says so, once", function()
        assert.equal("before\n\n# c\ncount\n4\nafter\n", (output([[
            local c = agg.count("c")
            on("spec.k0", c)
            done(function() print("before") print(c) print("after") end)
        ]])))
    end)

    it("puts what nobody can name to the script at its line", function()
        refused('agg.coutn("x")', "agg")
        refused('agg.sum()', "needs a name")
        refused('agg.count("x", 5)', "must be the name of a field")
        refused('agg.count("x", "a", "a")', 'column "a" is there twice')
        refused('agg.hist("x", { liner = 3 })', "no option liner")
        refused('agg.hist("x", { linear = -1 })', "above 0")
        refused('agg.group("x", "a")', "no measure")
        refused('agg.group("x", "n:count", "a")', "must come before the measures")
        refused('agg.group("x", "n:summ")', "did you mean agg.sum?")
        refused('agg.group("x", "n:sum(")', "label:kind")
        refused('agg.count("x", "k"):sort("cuont")', 'did you mean "count"?')
        refused('agg.count("x", "k"):sort("k", "up")', '"asc" or "desc"')
        refused('agg.count("x", "k"):top(0)', "whole number")
        refused('on("spec.k0", agg.count("x", "adr"))', "addr")
        refused('on("spec.k0", agg.sum("x", "addr"))', "value =")
        refused('on("spec.k0", agg.sum("x", { value = "name" }))', "must be a number")
    end)

    it("counts a wrong add as the script's error and goes on", function()
        local function errors(add)
            local text, count = driver.run([[
                local c, s = agg.count("c", "k"), agg.sum("s")
                on("spec.k0", function(e) c:add(1) ]] .. add .. [[ end)
            ]])
            assert.truthy(text:find("\n1,4\n", 1, true), text)
            return count
        end
        assert.equal(0, errors("s:add(1)"))
        assert.equal(0, errors("s:add(nil)"))
        assert.equal(4, errors("c:add(1, 2)"))
        assert.equal(4, errors("c:add({})"))
        assert.equal(4, errors("c:add(print)"))
        assert.equal(4, errors("c:add(e.items)"))
        assert.equal(4, errors("s:add('1')"))
        assert.equal(4, errors("s:add(true)"))
        assert.equal(4, errors("c.add(1)"))
        assert.equal(4, errors("c:rows()"))
        assert.equal(4, errors("c.x = 1"))
        assert.equal(4, errors("agg.count('late')"))
    end)

    it("hides what is behind it", function()
        assert.equal("nil\tnil\taggregation\nnil\nnil\n", (output([[
            local c = agg.count("c", "k")
            done(function()
                print(c.pointer, c.proxy, getmetatable(c))
                for name, v in pairs(c) do print(name) end
                print(rawget and rawget(c, "add"))
                print(c[1])
            end)
        ]]):match("^(.-\nnil\nnil\n)")))
    end)

    it("compiles, and allocates nothing per event", function()
        local spec = assert(driver.load([[
            local a, b = agg.count("a", "k"), agg.group("b", "x", "y", "n:count", "v:sum", "d:distinct")
            local q = agg.quantile("q", "k")
            on("spec.k0", function(e)
                a:add(e.kind_name)
                b:add(e.addr, e.port, e.len, e.name)
                q:add(e.yes, e.len)
            end)
        ]], { profile = true }))
        assert.is_true(C.spec_output(spec, "/dev/null"))
        C.spec_make(spec, 1024, 1)
        C.spec_consume(spec, 200)
        C.spec_stop_gc(spec)
        local before = C.spec_lua_bytes(spec)
        C.spec_consume(spec, 500)
        local per_event = tonumber(C.spec_lua_bytes(spec) - before) / (500 * 1024)
        assert.is_true(per_event < 0.5, per_event .. " bytes per event")
        assert.equal(0, tonumber(C.spec_errors(spec)))
        local profile = ffi.string(C.spec_profile(spec))
        assert.truthy(profile:find("ns/event  compiled", 1, true), profile)
        assert.is_nil(profile:find("abort at agg", 1, true), profile)
        assert.is_nil(profile:find("abort at palua.aggregate", 1, true), profile)
        assert.is_nil(profile:find("abort at spec.lua", 1, true), profile)
    end)
end)
