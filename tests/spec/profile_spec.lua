-- SPDX-License-Identifier: MIT OR Apache-2.0
--- What --profile says, and what it says of the bundled scripts.
local command = require("command")

local REPEATS = 40
local OFTEN = 400 -- calls after which a handler must have been compiled

local captures = {}
for _ = 1, REPEATS do
    for _, name in ipairs({ "dns.pcapng", "http.pcap", "tls.pcapng", "ssh.pcap", "ping.pcap", "generated/connections.pcap" }) do
        captures[#captures + 1] = "tests/captures/" .. name
    end
end

--- The recorded captures hold few TCP connections, however often they are read.
local READS_TCP = { tcp_health = true, follow = true, extract_streams = true }
local RARE = { ["capture.end"] = "it comes once", ["tcp.gap"] = "the generator's captures have all bytes" }

--- Runs a script over all recorded captures, again and again.
-- @return { { line, event, events, how } … }, the lines about trace aborts, everything
local function profile(script)
    local files, words = captures, { "--profile", "-o", "json=/dev/null", "-s", script }
    local folder
    if READS_TCP[script] then
        files, folder = { command.generated("mix", "--packets=40000", "--loss=20", "--reorder=20") }, command.folder()
        words[#words + 1] = "-O"
        words[#words + 1] = folder
    end
    for _, file in ipairs(files) do
        words[#words + 1] = file
    end
    local run = command.run(unpack(words))
    if folder then
        os.remove(files[1])
        command.contents(folder)
    end
    assert(run.status == 0, run.err)
    local handlers, aborts = {}, {}
    for text in run.err:gmatch("[^\n]+") do
        local line, event, events, how = text:match("^%S+:(%d+)  (%S+)  (%d+) events  (.*)$")
        if line then
            handlers[#handlers + 1] = { line = tonumber(line), event = event, events = tonumber(events), how = how }
        elseif text:find("^trace abort at ") and not text:find("(harmless)", 1, true) then
            aborts[#aborts + 1] = text
        end
    end
    return handlers, aborts, run.err
end

local function with_script(source, check)
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write(source)
    file:close()
    local handlers, aborts, told = profile(path)
    os.remove(path)
    check(handlers, table.concat(aborts, "\n"), told)
end

local function bundled()
    local out = {}
    local pipe = io.popen("cd '" .. command.root .. "/scripts' && ls *.lua")
    for name in pipe:lines() do
        out[#out + 1] = (name:gsub("%.lua$", ""))
    end
    pipe:close()
    return out
end

describe("a bundled script", function()
    local names = bundled()
    assert(#names >= 4)
    for _, name in ipairs(names) do
        it(name .. " is compiled in all its handlers, without a trace abort", function()
            local handlers, aborts, told = profile(name)
            assert.same({}, aborts)
            assert.is_true(#handlers > 0, told)
            for _, handler in ipairs(handlers) do
                if not RARE[handler.event] then
                    assert.is_true(handler.events > 0, "no capture has what a handler waits for\n" .. told)
                    assert.is_true(handler.events >= OFTEN, told)
                    assert.matches("^[%d.]+ ns/event  ", handler.how)
                    assert.is_truthy(handler.how:find("in C: ", 1, true) or handler.how:find("  compiled; ", 1, true), told)
                end
            end
        end)

        it(name .. " has a spec of its own", function()
            local file = io.open(command.root .. "/tests/spec/scripts/" .. name .. "_spec.lua")
            assert.is_truthy(file)
            file:close()
        end)
    end
end)

describe("the profile", function()
    it("tells aggregations, loops of their own and ordered handlers apart", function()
        with_script([[
            local a = agg.count("a", "src")
            on("packet", a)
            on("packet", function(e) a:add(e.dst) end)
            local n = 0
            on("packet", function(e) n = n + e.len end)
            on("expect", function(e) n = n + 1 end)
        ]], function(handlers, aborts, told)
            assert.equal("", aborts)
            assert.equal(4, #handlers, told)
            assert.matches("  in C: an aggregation takes the event's fields itself$", handlers[1].how)
            assert.matches("  compiled; in a loop of its own$", handlers[2].how)
            assert.matches("  compiled; in order with other handlers, as it assigns a variable that outlives the call$", handlers[3].how)
            assert.same({ line = 6, event = "expect", events = 0, how = "no such event came" }, handlers[4])
        end)
    end)

    it("names the script's line that LuaJIT gave up at, why, and what to do", function()
        with_script('local a = agg.count("a", "len")\n'
            .. 'on("packet", function(e)\n    local f = function() return e.len end\n    a:add(f())\nend)\n', function(handlers, aborts)
            assert.matches(":3: a function is made here, which LuaJIT does not compile; make it once, outside of the handler; ", aborts, 1, true)
            assert.matches("see the trace aborts below", handlers[1].how, 1, true)
        end)
    end)

    it("names the script's line also if palua's own Lua is what does not compile", function()
        with_script('on("packet", function(e)\n    local n = 0\n    for _, v in pairs({ a = 1, b = 2 }) do n = n + v end\nend)\n',
            function(handlers, aborts)
                assert.matches(":3 %(in palua%.sandbox:%d+%): a function that LuaJIT does not compile is called here", aborts)
                assert.matches("compiled in part: see the trace aborts below", handlers[1].how, 1, true)
                assert.is_nil(aborts:find("bytecode %d"))
            end)
    end)

    it("calls harmless what LuaJIT only tries again", function()
        with_script('local a = agg.count("a", "n")\non("packet", function(e)\n    local n = 0\n'
            .. '    for i = 1, e.len % 7 do n = n + i end\n    a:add(n)\nend)\n', function(handlers, aborts, told)
            for line in aborts:gmatch("[^\n]+") do
                assert.matches("(harmless)", line, 1, true)
            end
            assert.matches("  compiled; ", handlers[1].how, 1, true, told)
        end)
    end)
end)
