-- SPDX-License-Identifier: MIT OR Apache-2.0
local driver = require("driver")

--- Runs a handler's body over `count` events; what it printed.
local function printed(body, count)
    local out, errors = driver.run('on("spec.k0", function(e) ' .. body .. " end)", { count = count or 1 })
    assert.equal(0, errors)
    return out
end

describe("a view's fields", function()
    it("cannot be written", function()
        assert.equal("false\tspec.k0 is read-only: 'len' cannot be assigned\n", printed("print(pcall(function() e.len = 1 end))"))
        assert.equal("false\tspec.k0 is read-only: 'nope' cannot be assigned\n", printed("print(pcall(function() e.nope = 1 end))"))
        assert.equal("false\tspec.k0.flow is read-only: 'uid' cannot be assigned\n", printed("print(pcall(function() e.flow.uid = 1 end))"))
    end)

    it("have the types the schema gives them", function()
        assert.equal("0\t53\t0\tfalse\t0.1\n", printed("print(e.len, e.port, e.kind, e.yes, e.ratio)"))
        assert.equal("number\tboolean\tcdata\n", printed("print(type(e.len), type(e.yes), type(e.name))"))
    end)

    it("are numbers up to 2^53 and 64-bit integers beyond", function()
        assert.equal("18446744073709551615\t-5\tnumber\n", printed("print(e.wide, e.big, type(e.big))"))
    end)

    it("give times and durations in seconds and in ns", function()
        assert.equal("1700000000.5\t1700000000500000000\tcdata\n", printed("print(e.when, e.when_ns, type(e.when_ns))"))
        assert.equal("nil\tnil\n0.0015\t1500000\n", printed("print(e.rtt, e.rtt_ns)", 2))
    end)

    it("give enums by number and by name", function()
        assert.equal("0\t0\n1\tone\n2\ttwo\n", printed("print(e.kind, e.kind_name)", 3))
    end)

    it("go by their aliases too", function()
        assert.equal("0\n1\n", printed("print(e.length)", 2))
    end)

    it("come from the packet and the flow as well", function()
        assert.equal("1\t1\t1700000000000000000\tCflow0\t53\n",
            printed("print(e.packet_number, e.frame, e.ts_ns, e.flow.uid, e.flow.resp_p)"))
    end)

    it("cannot be written", function()
        for _, body in ipairs({ "e.len = 1", "e.name = 1", "e.flow.uid = 1", "e.items[1] = 1", "e.x = 1" }) do
            local _, errors = driver.run('on("spec.k0", function(e) ' .. body .. " end)", { count = 1 })
            assert.equal(1, errors, body)
        end
        for place, body in pairs({ ["spec.k0"] = "e.len = 1", ["spec.k0.flow"] = "e.flow.uid = 1", ["spec.k0.items"] = "e.items[1] = 1",
            ["an item of spec.k0.items"] = "e.items[1].ttl = 1" }) do
            local out = printed("print(pcall(function() " .. body .. " end))")
            assert.truthy(out:find("false\t" .. place .. " is read%-only: '%w+' cannot be assigned"), out)
        end
    end)
end)

describe("a byte, string or address view", function()
    it("compares with strings, by content", function()
        assert.equal("true\ttrue\tfalse\tfalse\n",
            printed('print(e.name == "www.example.com", "www.example.com" == e.name, e.name == "www.example.co", e.name == nil)'))
        assert.equal("true\tfalse\ttrue\tfalse\n",
            printed('print(e.addr == "192.0.2.1", e.addr == "192.0.2.2", e.mac == "00:1b:21:3c:9d:f8", e.addr == "junk")'))
        assert.equal("true\ttrue\n", printed('print(e.name == e.name, e.name ~= e.data)'))
        assert.equal("false\ntrue\n", printed('print(e.addr == "2001:0DB8::0001")', 2))
    end)

    it("has the methods of a string", function()
        assert.equal("www\t5\t5\texample\tWWW.EXAMPLE.COM\n",
            printed('print(e.name:sub(1, 3), 5, e.name:find("example"), (e.name:match("%.(%a+)%.")), e.name:upper())'))
        assert.equal("15\t119\twww.example.com!\t<www.example.com\n",
            printed('print(#e.name, e.name:byte(1), e.name .. "!", "<" .. e.name)'))
        assert.equal("nil\t2\t3\n", printed('print(e.name:find("zz"), e.name:find("w", 2), (e.name:find("w", 3)))'):gsub("2\t2", "2"))
        assert.equal("www;example;com;\n", printed('local s = "" for w in e.name:gmatch("%a+") do s = s .. w .. ";" end print(s)'))
        assert.equal("<www.example.com>\n", printed('print(string.format("<%s>", e.name))'))
        for count = 1, 9 do
            local values, expected = {}, {}
            for i = 1, count do
                values[i] = ({ "e.name", "e.port", "e.when_ns", "nil" })[i % 4 + 1]
                expected[i] = ({ "www.example.com", "53", "1700000000500000000", "nil" })[i % 4 + 1]
            end
            assert.equal(table.concat(expected, "|") .. "\n", printed(('print(string.format("%s", %s))'):format(
                ("|%s"):rep(count):sub(2), table.concat(values, ", "))))
        end
        assert.equal("053 www\n", printed('print(string.format("%03d %.3s", e.port, e.name))'))
        assert.equal("8\tGET\t00010203ff474554\t0001\n", printed('print(#e.data, e.data:sub(-3), e.data:hex(), e.data:hex(2))'))
    end)

    it("reads no byte outside of it, whatever is given as place", function()
        assert.equal("nil\tnil\tnil\tnil\t119\n",
            printed("print(e.name:byte(0/0), e.name:byte(16), e.name:byte(-16), e.name:byte(1/0), e.name:byte(1.5))"))
        assert.equal("119\tnil\n", printed('print(e.name:byte("1"), (e.name:find("w", 2^32 + 1)))'))
        assert.equal("nil\tnil\t1\n", printed('print(e.name:find("w", 1e300, true), (e.name:find("w", 2^53)), (e.name:find("w", 1.5)))'))
        local _, errors = driver.run('on("spec.k0", function(e) return e.name:byte({}) end)', { count = 1 })
        assert.equal(1, errors)
    end)

    it("reads integers and gives nil past the end", function()
        assert.equal("255\t258\t513\t66051\t50462976\n",
            printed("print(e.data:u8(4), e.data:u16(1), e.data:u16le(1), e.data:u32(0), e.data:u32le(0))"))
        assert.equal("nil\tnil\tnil\tnil\n", printed("print(e.data:u8(8), e.data:u16(7), e.data:u32(5), e.data:u8(-1))"))
        assert.equal("nil\tnil\tnil\n", printed("print(e.data:u8(0.5), e.data:u32(1e300), e.data:u8(0/0))"))
    end)

    it("shows addresses in their notation and works on it as text", function()
        assert.equal("192.0.2.1\t192\t9\tc0000201\n", printed('print(e.addr, e.addr:match("^%d+"), #e.addr, e.addr:hex())'))
        assert.equal("00:1b:21:3c:9d:f8\n", printed("print(tostring(e.mac))"))
    end)

    it("refuses methods on anything else", function()
        local out = printed([[
            local sub, u8 = e.name.sub, e.data.u8
            for _, bad in ipairs({ 1, "x", {}, print, 5LL, 1i, e }) do
                print(pcall(sub, bad, 1, 1), pcall(u8, bad, 0))
            end]])
        assert.is_nil(out:find("true"))
    end)
end)

describe("a list", function()
    it("has a length, items and an iterator", function()
        assert.equal("3\ta.example\t300\tone\tnil\tnil\tnil\n",
            printed("local l = e.items print(#l, l[1].name, l[1].ttl, l[1].kind_name, l[0], l[4], l[1.5])"))
        assert.equal("1\ta.example\t192.0.2.1\n2\tb.example\tnil\n3\t\t2001:db8::1\n",
            printed("for i, item in ipairs(e.items) do print(i, item.name, item.addr) end"))
        assert.equal("a.example 192.0.2.1 300 one,b.example 60 many 7 n,2001:db8::1 0 77 00010203ff\n", printed("print(e.items)"))
    end)

    it("reads as its items do", function()
        assert.equal("true\n", printed([[
            local texts = {}
            for i, item in ipairs(e.items) do texts[i] = tostring(item) end
            print(table.concat(texts, ",") == tostring(e.items))]]))
    end)

    it("has nil where an item lacks an optional field", function()
        assert.equal("nil\tnil\n7\tn\nnil\t\n", printed("for _, item in ipairs(e.items) do print(item.rank, item.note) end"))
        assert.equal("b.example 60 many 7 n\n", printed("print(e.items[2])"))
        assert.equal("nil\t7\tnil\tn\n", printed("local c = e:copy() print(c.items[1].rank, c.items[2].rank, c.items[1].note, c.items[2].note)"))
    end)
end)

describe("e:copy()", function()
    it("keeps everything as a table that outlives the event", function()
        local out, errors = driver.run([[
            local kept
            on("spec.k0", function(e) kept = kept or e:copy() local f = e.flow.orig_p end)
            done(function()
                print(kept.name, kept.addr, kept.len, kept.rtt, kept.kind_name, kept.packet_number, kept.items[2].name,
                    #kept.items, kept.flow.orig_p)
            end)]], { count = 2 })
        assert.equal(0, errors)
        assert.equal("www.example.com\t192.0.2.1\t0\tnil\t0\t1\tb.example\t3\t1000\n", out)
    end)
end)

describe("a kept view", function()
    it("raises whenever it is used, whatever it is a view of", function()
        local out, errors = driver.run([[
            local kept, read, raised = {}, 0, 0
            local uses = {
                function(v) return tostring(v.len) end, function(v) return tostring(v.name) end, function(v) return #v end,
                function(v) return v[1] end, function(v) return v .. "" end, function(v) return v == "www.example.com" or error("other") end,
                function(v) return v:sub(1, 1) end, function(v) return v.uid:len() end, function(v) return v.ttl end,
            }
            on("spec.k0", function(e)
                for _, v in ipairs({ e, e.name, e.addr, e.data, e.flow, e.flow.uid, e.items, e.items[1], e.items[1].name }) do
                    kept[#kept + 1] = v
                end
                local x = e.len
            end)
            local function try()
                for _, v in ipairs(kept) do
                    for _, use in ipairs(uses) do
                        local ok = pcall(use, v)
                        if ok then read = read + 1 else raised = raised + 1 end
                    end
                end
            end
            on("spec.k0", function(e) if e.len == 499 then try() end end)
            done(function() try() print(#kept, read, raised) end)
        ]], { count = 500 })
        assert.equal(0, errors)
        assert.equal("4500\t0\t81000\n", out)
    end)

    it("raises as an event's text too, and a flow without fields is still one", function()
        local out, errors = driver.run([[
            local kept
            on("spec.k0", function(e) kept = kept or e local x = e.len end)
            done(function() print(pcall(tostring, kept)) end)]])
        assert.equal(0, errors)
        assert.truthy(out:find("^false"), out)
        assert.equal("true\tCflow0\n", printed("print(e.flow ~= nil, e.flow)"))
    end)

    it("raises in compiled code as well, and its message says what to do", function()
        local out, errors = driver.run([[
            local kept
            on("spec.k0", function(e)
                if kept then
                    local ok, message = pcall(function() return kept.len end)
                    if ok or not message:find("copy") then print("read", e.packet_number) end
                end
                kept = e
            end)
        ]], { count = 1000, rounds = 20 })
        assert.equal("", out)
        assert.equal(0, errors)
        local C = driver.C
        local spec = assert(driver.load('local kept on("spec.k0", function(e) if kept then local x = kept.len end kept = e end)'))
        C.spec_make(spec, 100, 1)
        C.spec_consume(spec, 3)
        assert.equal(299, tonumber(C.spec_errors(spec)))
    end)
end)

describe("what is read", function()
    local INDEX = { wide = 0, big = 1, when = 2, rtt = 3, ratio = 4, len = 5, port = 6, kind = 7, yes = 8, name = 9, items = 13 }

    local function wanted(source)
        local spec = assert(driver.load(source))
        local bits, out = driver.C.spec_wanted(spec, 0), {}
        for name, index in pairs(INDEX) do
            if (bits / 2ULL ^ index) % 2 == 1ULL then
                out[#out + 1] = name
            end
        end
        table.sort(out)
        return table.concat(out, " "), spec
    end

    it("is what the handlers name, also through helpers, tables and inner functions", function()
        assert.equal("len", (wanted('on("spec.k0", function(e) print(e.len) end)')))
        assert.equal("len rtt", (wanted('on("spec.k0", function(e) print(e.length, e.rtt_ns) end)')))
        assert.equal("name port", (wanted('local function f(x) return x.name end on("spec.k0", function(e) print(f(e), e.port) end)')))
        assert.equal("port", (wanted('local t = { f = function(x) return x.port end } on("spec.k0", function(e) print(t.f(e)) end)')))
        assert.equal("kind", (wanted('function f(x) return x.kind_name end on("spec.k0", function(e) print(f(e)) end)')))
        assert.equal("port", (wanted('on("spec.k0", function(e) local g = function() return e.port end print(g()) end)')))
        assert.equal("", (wanted('on("spec.k0", function(e) print(e.packet_number) end)')))
    end)

    it("is everything for copy() and for names made at run time", function()
        local all = "big items kind len name port ratio rtt when wide yes"
        assert.equal(all, (wanted('on("spec.k0", function(e) local c = e:copy() end)')))
        assert.equal(all, (wanted('on("spec.k0", function(e) local k = ("le"):rep(1) .. "n" print(e[k]) end)')))
        assert.equal(all, (wanted('local function f(x, k) return x[k] end on("spec.k0", function(e) print(f(e, "len")) end)')))
    end)

    it("has the flow where only its counters are read", function()
        local spec = assert(driver.load('on("spec.k0", function(e) print(e.flow.orig_pkts) end)'))
        assert.is_true(driver.C.spec_wanted_live(spec, 0) ~= 0ULL)
        assert.is_true(driver.C.spec_wanted_flow(spec, 0) ~= 0ULL)
    end)

    it("names the flow's fields only after e.flow", function()
        local _, spec = wanted('on("spec.k0", function(e) print(e.name, "uid") end)')
        assert.equal(0, tonumber(driver.C.spec_wanted_flow(spec, 0)))
        _, spec = wanted('on("spec.k0", function(e) print(e.flow.uid) end)')
        assert.is_true(driver.C.spec_wanted_flow(spec, 0) ~= 0ULL)
        assert.equal(0, tonumber(driver.C.spec_wanted_live(spec, 0)))
        _, spec = wanted('on("spec.k0", function(e) local f = e.flow print(f.duration) end)')
        assert.is_true(driver.C.spec_wanted_live(spec, 0) ~= 0ULL)
    end)

    it("raises if palua did not see it", function()
        local out, errors = driver.run([[
            local boxes = setmetatable({}, { __index = function(_, k) return k end })
            on("spec.k0", function(e)
                local t = { e }
                local k = boxes.len
                print(pcall(function() return t[1][("po"):rep(1) .. "rt"] end))
            end)]], { count = 1 })
        assert.equal(0, errors)
        assert.truthy(out:find("false\tspec.k0 has a field 'port', but palua did not see that the script reads it", 1, true), out)
    end)

    it("is whole in a chain of joins, however often it runs", function()
        local bodies = {
            'local l = e.name print("x" .. "|" .. l .. "|" .. "a" .. "|" .. e.packet_number .. "|" .. "z")',
            'local a, b, c = tostring(e.len), tostring(e.addr), 5 print("x" .. "|" .. e.name .. "|" .. a .. "|" .. b .. "|" .. c)',
        }
        for _, body in ipairs(bodies) do
            local lines = 0
            for line in driver.run(('on("spec.k0", function(e) %s end)'):format(body), { count = 1024, rounds = 3 }):gmatch("[^\n]+") do
                lines = lines + 1
                assert.truthy(line:find("^x|www%.example%.com|[^|]+|[^|]+|[^|]+$"), line)
            end
            assert.equal(3 * 1024, lines)
        end
    end)
end)
