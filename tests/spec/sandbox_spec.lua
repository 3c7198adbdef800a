-- SPDX-License-Identifier: MIT OR Apache-2.0
local driver = require("driver")

local function out_of(body)
    local out, errors = driver.run("done(function() " .. body .. " end)")
    assert.equal(0, errors)
    return out
end

describe("the sandbox", function()
    it("has no way to the outside, not even an indirect one", function()
        for _, name in ipairs({ "io", "os", "debug", "ffi", "jit", "package", "require", "load", "loadstring", "loadfile", "dofile",
            "collectgarbage", "newproxy", "setfenv", "getfenv", "module" }) do
            local out = out_of(("print(pcall(function() return %s.x end))"):format(name))
            assert.truthy(out:find("^false\t"), name .. ": " .. out)
        end
        assert.equal("nil\tnil\n", out_of('print(("x").dump, string.dump)'))
        assert.equal("nil\tfalse\n", out_of('print(getmetatable("x"), pcall(function() return getmetatable("x").__index end))'):gsub("false\t.*", "false\n"))
        assert.equal("nil\n", out_of("print(rawget(_G, \"ffi\"))"))
        assert.equal("false\n", out_of("print((getmetatable(_G)))"))
    end)

    it("does not let views out of their cage", function()
        for _, body in ipairs({ "local x = e + 1", "local x = e[1][1]", "local x = e.name[1]", "local x = e.name + 1", "local x = e.flow + 1",
            "local x = e.items + 1", "local x = -e.name", "local x = e()", "local x = e.name()", "local x = e < e" }) do
            local _, errors = driver.run('on("spec.k0", function(e) ' .. body .. " end)", { count = 1 })
            assert.equal(1, errors, body)
        end
        local out = driver.run([[on("spec.k0", function(e) print(getmetatable(e), getmetatable(e.name), tostring(e), e.name.data) end)]],
            { count = 1 })
        assert.equal("", out)
    end)

    it("shows no addresses", function()
        assert.equal("table\tfunction\ttable\n", out_of("print({}, print, tostring({}))"))
        assert.equal("table function\n", out_of('print(string.format("%s %s", {}, print))'))
        assert.equal("false\n", out_of('print((pcall(string.format, "%p", "x")))'))
        assert.equal("false\n", out_of('print((pcall(string.format, "%-5p", {})))'))
        assert.equal("100%p\n", out_of('print(string.format("%d%%p", 100))'))
    end)

    it("visits keys in order", function()
        assert.equal("1a\n2b\n10c\nxd\nye\ntruef\n", out_of(
            'local t = { y = "e", x = "d", [10] = "c", [1] = "a", [2] = "b", [true] = "f" } for k, v in pairs(t) do print(tostring(k) .. v) end'))
        assert.equal("1\ta\n", out_of('print(next({ x = 1, "a" }))'))
        assert.equal("nil\n", out_of("print(next({}))"))
        assert.equal("false\n", out_of("print((pcall(pairs, { [{}] = 1 })))"))
        assert.equal("a\nc\n", out_of('local t = { a = 1, b = 2, c = 3 } for k in pairs(t) do t.b = nil print(k) end'))
    end)

    it("has no weak tables", function()
        assert.equal("false\n", out_of('print((pcall(setmetatable, {}, { __mode = "k" })))'))
        assert.equal("5\n", out_of("print(setmetatable({}, { __index = function() return 5 end }).x)"))
    end)

    it("gives the same random numbers each time, and different ones per packet and call", function()
        local source = [[on("spec.k0", function(e) print(math.random(), math.random(6), math.random(10, 20)) end)]]
        local first = driver.run(source, { count = 50 })
        assert.equal(first, (driver.run(source, { count = 50 })))
        local seen = {}
        for value, die, range in first:gmatch("(%S+)\t(%S+)\t(%S+)") do
            assert.is_nil(seen[value])
            seen[value] = true
            assert.truthy(tonumber(value) >= 0 and tonumber(value) < 1)
            assert.truthy(tonumber(die) >= 1 and tonumber(die) <= 6 and tonumber(range) >= 10 and tonumber(range) <= 20)
        end
        assert.equal("false\n", out_of("print((pcall(math.random, 5, 1)))"))
    end)

    it("keeps what a script overwrites to itself", function()
        local out, errors = driver.run([[
            string.format = nil string.find = nil string.sub = nil table.concat = nil tostring = nil type = nil ipairs = nil pcall = nil
            on("spec.k0", function(e) print(e.name, e.items[1].name, e.name:find("example", 1, true)) end)
        ]], { count = 1 })
        assert.equal(0, errors)
        assert.equal("www.example.com\ta.example\t5\t11\n", out)
    end)

    it("is lifted by trust", function()
        local out = driver.run('done(function() print(type(require("ffi")), type(os.time())) end)', { trust = true })
        assert.equal("table\tnumber\n", out)
    end)

    it("prints whole lines, whatever its arguments do", function()
        assert.equal("inner\na\tx\tz\nb\n", out_of([[
            print("a", setmetatable({}, { __tostring = function() print("inner") return "x" end }), "z")
            pcall(print, "half", setmetatable({}, { __tostring = function() error("no") end }))
            pcall(print, "half", setmetatable({}, { __tostring = function() return 5 end }))
            print("b")]]))
        assert.equal("whole\n", (driver.run([[
            local kept
            on("spec.k0", function(e) kept = kept or e.name local x = e.len end)
            done(function() pcall(print, "half", kept) print("whole") end)]])))
        assert.equal("1\t2\t3\t4\t5\t6\t7\t8\tx\tnil\n", out_of([[
            print(1, 2, 3, 4, 5, 6, 7, 8, setmetatable({}, { __tostring = function() return "x" end }), nil)]]))
    end)

    it("prints numbers with the shortest digits and escapes control bytes", function()
        assert.equal("0.1\t1\t100000\t-0.5\tnil\ttrue\t9007199254740993\n", out_of("print(0.1, 1, 1e5, -0.5, nil, true, 9007199254740993LL)"))
        assert.equal("a\\x1b[31m\\x0ab\tc\n", out_of('print("a\\27[31m\\nb\\tc")'))
        assert.equal("1\t2\t3\t4\t5\t6\t7\t8\t9\tnil\n", out_of("print(1, 2, 3, 4, 5, 6, 7, 8, 9, nil)"))
        assert.equal("\n", out_of("print()"))
    end)
end)
