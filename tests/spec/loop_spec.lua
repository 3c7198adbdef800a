-- SPDX-License-Identifier: MIT OR Apache-2.0
local driver = require("driver")
local ffi = require("ffi")

local C = driver.C

--- One handler per kind, each with the given body.
local function handlers(kinds, body, head)
    local out = { head or "" }
    for kind = 0, kinds - 1 do
        out[#out + 1] = ('on("spec.k%d", function(e) %s end)'):format(kind, body)
    end
    return table.concat(out, "\n")
end

--- Best time per event of several runs, in ns, and bytes of Lua heap per batch.
local function measure(source, kinds)
    local spec = assert(driver.load(source))
    C.spec_make(spec, 1024, kinds)
    C.spec_consume(spec, 300)
    C.spec_stop_gc(spec)
    local before, best, rounds = C.spec_lua_bytes(spec), math.huge, 400
    for _ = 1, 8 do
        best = math.min(best, tonumber(C.spec_consume(spec, rounds)) / rounds / 1024)
    end
    local bytes = tonumber(C.spec_lua_bytes(spec) - before) / (8 * rounds)
    assert.equal(0, tonumber(C.spec_errors(spec)))
    return best, bytes, spec
end

--- What a raw reference costs: LuaJIT walking the same array of pointers through a cast.
local function raw(kinds)
    pcall(ffi.cdef, "struct raw_event { uint8_t skip[72]; uint32_t len; };") -- once
    local per_kind = 1024 / kinds
    local events = ffi.new("struct raw_event[1024]")
    local pointers = ffi.new("const struct raw_event *[1024]")
    for i = 0, 1023 do
        pointers[i] = events + i
    end
    local loops = {}
    for kind = 1, kinds do
        loops[kind] = assert(loadstring([[
            local pointers, first, count = ...
            return function()
                for i = first, first + count - 1 do
                    if pointers[i].len == -1 then error("never") end
                end
            end]]))(pointers, (kind - 1) * per_kind, per_kind)
    end
    local best = math.huge
    for _ = 1, 10 do
        local start = os.clock()
        for _ = 1, 400 do
            for kind = 1, kinds do
                loops[kind]()
            end
        end
        best = math.min(best, (os.clock() - start) * 1e9 / 400 / 1024)
    end
    return best
end

describe("a generated loop", function()
    local slack = os.getenv("PALUA_SPEC_SLOW") and 50 or 2.5 -- sanitizers slow down what is around the loop

    --- Compares a loop with the raw walk, again if other work on the machine got between them.
    local function compare(kinds)
        local time, bytes, spec, floor
        for _ = 1, 5 do
            floor = raw(1)
            time, bytes, spec = measure(handlers(kinds, "if e.len == -1 then print(e.len) end"), kinds)
            if time <= floor + slack then
                break
            end
        end
        assert.is_true(time <= floor + slack, ("%.2f ns, raw %.2f"):format(time, floor))
        return bytes, spec
    end

    it("costs at most 2.5 ns per event over a raw reference and allocates nothing per event", function()
        local bytes = compare(1)
        assert.is_true(bytes < 256, bytes .. " bytes per batch of 1,024 events")
    end)

    it("costs no more with sixteen kinds of event", function()
        local bytes, spec = compare(16)
        assert.equal(16, C.spec_own_loops(spec))
        assert.is_true(bytes < 16 * 256, bytes .. " bytes per batch of 16 loops")
    end)

    it("allocates nothing for fields of every type", function()
        for _, body in ipairs({
            "if e.rtt == -1 or e.when == -1 or e.when_ns == 5LL or e.ratio == -1 or e.yes == 3 then print(1) end",
            'if e.name == "x" or e.data == "y" or #e.name == 3 then print(1) end',
            "if e.data:u16(2) == 9 or e.data:byte(1) == 77 or e.name:find(\"zz\") then print(1) end",
            'local f = e.flow if f.uid == "x" or f.orig_p == 1 then print(1) end',
            "local l = e.items if #l == 9 or l[1].ttl == 1 or l[2].kind_name == \"z\" then print(1) end",
            "if e.packet_number == -1 or e.ts == 0 or e.kind_name == \"z\" then print(1) end",
        }) do
            local _, bytes = measure(handlers(1, body), 1)
            assert.is_true(bytes < 512, body .. ": " .. bytes .. " bytes per batch of 1,024 events")
        end
    end)

    it("is compiled: no trace is given up in representative handlers", function()
        for _, source in ipairs({
            handlers(1, "a:add(e.name) if e.rtt_ns then b:add(e.addr, e.rtt_ns) end",
                'local a, b = agg.count("a", "name"), agg.quantile("b", "addr")'),
            handlers(4, "n = n + e.len", "local n = 0"),
            handlers(1, "seen[tostring(e.name)] = true", "local seen = {}"),
            handlers(1, "a:add(tostring(e.name), string.format('%s %5.1f %s', e.addr, e.ts, e.kind_name))", 'local a = agg.count("a", "b", "c")'),
            'on("spec.k0", function(e, st) st.n = (st.n or 0) + e.len end)',
            handlers(1, 'if e.len == 5 and e.name:find("example") then print(e.name, e.addr, e.ts) end'),
        }) do
            local spec = assert(driver.load(source, { profile = true }))
            assert(C.spec_output(spec, "/dev/null"))
            C.spec_make(spec, 1024, source:find("k3") and 4 or 1)
            C.spec_consume(spec, 50)
            local told = ffi.string(C.spec_profile(spec))
            assert.is_nil(told:find("trace abort"), told)
            assert.truthy(told:find("compiled"), told)
            assert.is_nil(told:find("interpreted"), told)
        end
    end)
end)

describe("order", function()
    it("of prints is the capture's, whichever loop they come from", function()
        local source = handlers(4, "print(e.packet_number, 'a')") .. "\nlocal n = 0\n" .. handlers(4, "n = n + 1 print(e.packet_number, 'b', n)")
        local out, errors, spec = driver.run(source, { count = 40, kinds = 4 })
        assert.equal(0, errors)
        assert.equal(4, C.spec_own_loops(spec))
        local expected = {}
        for i = 1, 40 do
            expected[#expected + 1] = i .. "\ta"
            expected[#expected + 1] = i .. "\tb\t" .. i
        end
        assert.equal(table.concat(expected, "\n") .. "\n", out)
    end)

    it("of several prints in one call is theirs", function()
        assert.equal("1\n2\n3\n1\n2\n3\n", (driver.run('on("spec.k0", function(e) print(1) print(2) print(3) end)', { count = 2 })))
    end)

    local function own(body, head)
        local spec = assert(driver.load((head or "") .. '\non("spec.k0", ' .. body .. ")"))
        return C.spec_own_loops(spec) == 1
    end

    it("does not matter to a handler that only reads, prints and aggregates", function()
        assert.is_true(own("function(e) print(e.len) end"))
        assert.is_true(own("function(e) a:add(e.name) end", 'local a = agg.count("a", "name")'))
        assert.is_true(own("function(e) print(names[e.len], string.format('%d', e.len)) end", 'local names = { "a", "b" }'))
        assert.is_true(own("function(e) print(helper(e)) end", "local function helper(e) return e.len + 1 end"))
        assert.is_true(own("function(e) local t = { e.len, x = e.port } t.y = 1 print(t[1]) end"))
        assert.is_true(own("function(e) print(math.random(6), math.floor(e.len), table.concat({ 1, 2 })) end"))
    end)

    it("matters to one that writes anything that outlives the call", function()
        assert.is_false(own("function(e) n = n + 1 end", "local n = 0"))
        assert.is_false(own("function(e) n = e.len end"))
        assert.is_false(own("function(e) t.x = e.len end", "local t = {}"))
        assert.is_false(own("function(e) t[e.len] = true end", "local t = {}"))
        assert.is_false(own("function(e) table.insert(t, 1) end", "local t = {}"))
        assert.is_false(own("function(e) push(t, 1) end", "local t, push = {}, table.insert"))
        assert.is_false(own("function(e) helper() end", "local n = 0 local function helper() n = n + 1 end"))
        assert.is_false(own("function(e) local f = function() n = n + 1 end f() end", "local n = 0"))
        assert.is_false(own("function(e) print(co()) end", "local co = coroutine.wrap(function() while true do coroutine.yield(1) end end)"))
        assert.is_false(own("function(e, st) st.n = 1 end"))
        assert.is_false(own("function(...) print(...) end"))
        assert.is_false(own("function(e) print(t.x) end", "local t = setmetatable({}, { __index = print })"))
        assert.is_false(own("function(e) rawset(t, 1, 1) end", "local t = {}"))
        assert.is_false(own("function(e) local lib = table lib.insert(t, 1) end", "local t = {}"))
    end)

    it("matters to one that reads what another writes", function()
        local spec = assert(driver.load([[
            local n, t = 0, {}
            on("spec.k0", function(e) n = n + 1 end)
            on("spec.k0", function(e) print(n) end)
            on("spec.k0", function(e) print(e.len) end)]]))
        assert.equal(1, C.spec_own_loops(spec))
        spec = assert(driver.load([[
            local t = {}
            on("spec.k0", function(e) t[1] = e.len end)
            on("spec.k0", function(e) print(t[1]) end)
            g = 1
            on("spec.k0", function(e) g = g + 1 end)
            on("spec.k0", function(e) print(g) end)]]))
        assert.equal(0, C.spec_own_loops(spec))
    end)
end)

describe("st", function()
    it("is the flow's, and dropped when the flow ends", function()
        local spec = assert(driver.load([[on("spec.k0", function(e, st) st.n = (st.n or 0) + 1 print(e.flow.uid, st.n) end)]]))
        local path = os.tmpname()
        assert(C.spec_output(spec, path))
        C.spec_make(spec, 8, 1)
        C.spec_consume(spec, 1)
        C.spec_flow_ended(spec, 2)
        C.spec_consume(spec, 1)
        C.spec_finish(spec)
        local last = {}
        for uid, n in driver.read_file(path):gmatch("(%S+)\t(%d+)") do
            last[uid] = tonumber(n)
        end
        os.remove(path)
        assert.same({ Cflow0 = 4, Cflow1 = 2, Cflow2 = 4, Cflow3 = 4 }, last)
    end)

    it("is one table in partition all", function()
        local out = driver.run([[palua.partition("all")
            on("spec.k0", function(e, st) st.n = (st.n or 0) + 1 print(st.n) end)]], { count = 3 })
        assert.equal("1\n2\n3\n", out)
    end)

    --- The last count that was printed for each flow.
    local function counts(partition, between, options)
        local spec = assert(driver.load(('palua.partition("%s"%s)\n'):format(partition, options or "")
            .. 'on("spec.k0", function(e, st) st.n = (st.n or 0) + 1 print(e.flow.uid, st.n) end)'))
        local path = os.tmpname()
        assert(C.spec_output(spec, path))
        C.spec_make(spec, 8, 1)
        C.spec_consume(spec, 1)
        between(spec)
        C.spec_consume(spec, 1)
        C.spec_finish(spec)
        local last = {}
        for uid, n in driver.read_file(path):gmatch("(%S+)\t(%d+)") do
            last[uid] = tonumber(n)
        end
        os.remove(path)
        assert.equal(0, tonumber(C.spec_errors(spec)))
        return last
    end

    it("is the address's or the pair's in partitions by address, whatever flow ends", function()
        local function end_flow(spec)
            C.spec_flow_ended(spec, 2)
        end
        assert.same({ Cflow0 = 7, Cflow1 = 8, Cflow2 = 7, Cflow3 = 8 }, counts("src", end_flow))
        assert.same({ Cflow0 = 7, Cflow1 = 7, Cflow2 = 8, Cflow3 = 8 }, counts("dst", end_flow))
        -- 0.0.0.0 with 0.0.0.1, from either side, is one pair: flows 1 and 2.
        assert.same({ Cflow0 = 4, Cflow1 = 7, Cflow2 = 8, Cflow3 = 4 }, counts("pair", end_flow))
    end)

    it("is dropped when its key was idle", function()
        local function wait(seconds)
            return function(spec)
                C.spec_clock(spec, seconds * 1000000000)
            end
        end
        local kept, fresh = { Cflow0 = 7, Cflow1 = 8, Cflow2 = 7, Cflow3 = 8 }, { Cflow0 = 3, Cflow1 = 4, Cflow2 = 3, Cflow3 = 4 }
        assert.same(kept, counts("src", wait(299)))
        assert.same(fresh, counts("src", wait(300)))
        assert.same(kept, counts("src", wait(9), ', { idle = "10s" }'))
        assert.same(fresh, counts("src", wait(10), ', { idle = "10s" }'))
    end)

    it("of idle keys is given back", function()
        local spec = assert(driver.load('palua.partition("src", { idle = "1s" })\n'
            .. 'on("spec.k0", function(e, st) st.t = st.t or ("x"):rep(1000):gsub("x", tostring(e.packet_number) .. ".") end)'))
        C.spec_make(spec, 8, 1)
        local function use(rounds)
            for i = 1, rounds do
                C.spec_clock(spec, i * 2000000000)
                C.spec_consume(spec, 1)
            end
            C.spec_stop_gc(spec)
            return tonumber(C.spec_lua_bytes(spec))
        end
        local before = use(10)
        assert.is_true(use(500) < before + 100000)
    end)
end)
