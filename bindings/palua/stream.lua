-- SPDX-License-Identifier: MIT OR Apache-2.0
--- stream(fn): one coroutine per direction of a TCP connection, whose reads wait for bytes.
--
-- Bytes that a read does not take wait as Lua strings, one per piece that came; they are joined when a
-- read has enough of them. A view of them is good until the next read that waits, as it belongs to the
-- event during which it was made.
local ffi = require("ffi")
local slice = require("palua.slice")
local view = require("palua.view")

local ffi_string, concat, format = ffi.string, table.concat, string.format
local create, resume, yield = coroutine.create, coroutine.resume, coroutine.yield
local tonumber, tostring, type, error = tonumber, tostring, type, error

local M = {}

local HELD_CAP = 16 * 1024 * 1024 -- bytes that a read may wait for
local BYTES = 10

--- What views made during the current event show.
local shown, shown_serial, slot = {}, 0, nil

local make_view

--- Says where the current event stands; before any stream is declared.
function M.attach(to)
    slot = to
    make_view = view.dynamic("stream.view", function(index)
        local text = shown[index]
        return ffi.cast("const uint8_t *", text), #text, BYTES
    end)
end

local function view_of(text)
    if slot.serial ~= shown_serial then
        shown, shown_serial = {}, slot.serial
    end
    local index = #shown + 1
    shown[index] = text
    return make_view(index)
end

--- One direction: what a script's function is handed.
local Stream = {}
Stream.__index = Stream
Stream.__metatable = false

--- Waits until there are `n` bytes. False at a gap or the end, when there are fewer.
local function wait_for(s, n)
    if n > HELD_CAP then
        error(format("a read of %d bytes: at most %d can be waited for", n, HELD_CAP), 0)
    end
    while s.held < n do
        if s.broken or s.over then
            return false
        end
        yield()
    end
    return true
end

--- A read that cannot be completed: what is left of the bytes before the gap, or before the end, is dropped, and
--- the next read begins behind.
local function give_up(s)
    s.chunks, s.first, s.held = {}, 0, 0
    if s.broken then
        s.broken = false
        s.missing, s.offset = s.next_missing, s.next_offset
        s.chunks[1], s.held = s.behind, #s.behind
        s.behind = nil
    end
    return nil
end

--- The next `n` bytes, of which there are enough, as one string.
local function take(s, n)
    local all = #s.chunks == 1 and s.chunks[1] or concat(s.chunks)
    local from = s.first
    local out = all:sub(from + 1, from + n)
    s.held = s.held - n
    s.offset = s.offset + n
    if s.held == 0 then
        s.chunks, s.first = {}, 0
    elseif from + n > 65536 then
        s.chunks, s.first = { all:sub(from + n + 1) }, 0
    else
        s.chunks, s.first = { all }, from + n
    end
    return out
end

local function size(n, name)
    if type(n) ~= "number" or n < 0 or n % 1 ~= 0 then
        error(format("s:%s: a whole number of bytes was expected, not %s", name, tostring(n)), 0)
    end
    return n
end

--- The next n bytes as a Lua string; nil if they do not come.
function Stream.bytes(s, n)
    if not wait_for(s, size(n, "bytes")) then
        return give_up(s)
    end
    return take(s, n)
end

--- The same as a view.
function Stream.view(s, n)
    if not wait_for(s, size(n, "view")) then
        return give_up(s)
    end
    return view_of(take(s, n))
end

--- Passes over n bytes; nil if they do not come.
function Stream.skip(s, n)
    n = size(n, "skip")
    while n > 0 do
        if not wait_for(s, 1) then
            return give_up(s)
        end
        local step = n < s.held and n or s.held
        take(s, step)
        n = n - step
    end
    return true
end

--- Whatever is there, at least one byte, as a view; nil at a gap or the end.
function Stream.rest(s)
    if not wait_for(s, 1) then
        return give_up(s)
    end
    return view_of(take(s, s.held))
end

--- The next line without its end (LF or CR LF) as a Lua string, of at most `most` bytes; nil if there is none.
function Stream.line(s, most)
    most = most or 65536
    local have = 0
    while true do
        local all = concat(s.chunks)
        s.chunks = { all }
        local at = all:find("\n", s.first + have + 1, true)
        if at then
            local line = take(s, at - s.first)
            return (line:gsub("\r?\n$", ""))
        end
        have = s.held
        if have >= most or not wait_for(s, have + 1) then
            return give_up(s)
        end
    end
end

local function number(width, order)
    return function(s)
        if not wait_for(s, width) then
            return give_up(s)
        end
        local text, value = take(s, width), 0
        for i = 1, width do
            value = value * 256 + text:byte(order > 0 and i or width + 1 - i)
        end
        return value
    end
end

Stream.u8 = number(1, 1)
Stream.u16be, Stream.u24be, Stream.u32be = number(2, 1), number(3, 1), number(4, 1)
Stream.u16le, Stream.u24le, Stream.u32le = number(2, -1), number(3, -1), number(4, -1)

function Stream.anomaly(s, text)
    s.note(type(text) == "string" and text or "anomaly")
end

local function run(s, e)
    s.flow = e.flow
    local ok, problem = resume(s.thread, s)
    s.done = s.done or coroutine.status(s.thread) == "dead"
    if s.done then
        s.chunks, s.held = {}, 0
    end
    s.flow = nil
    if not ok then
        error(problem, 0)
    end
end

--- One piece. What the capture lacks, and what a filter left out, is a gap before it.
local function feed(s, e)
    local data, len = slice.bytes(e.data)
    local text, gap = ffi_string(data, len), e.offset - s.fed
    s.fed = e.offset + len
    if gap > 0 and s.started then
        -- It waits for more than came before the gap: give_up goes on behind it.
        s.broken, s.next_missing, s.behind, s.next_offset = true, gap, text, e.offset
    else
        if gap > 0 then
            s.missing, s.offset = gap, e.offset
        end
        s.chunks[#s.chunks + 1] = text
        s.held = s.held + len
    end
    s.started = true
    run(s, e)
end

--- The handlers behind one stream(): of tcp.data and of flow.end.
-- @param fn    the script's function
-- @param note  function(text): an anomaly of the script
function M.handlers(fn, note)
    local flows = {}
    local function begin(e)
        return setmetatable({ thread = create(fn), dir = tostring(e.dir), chunks = {}, first = 0, held = 0, offset = 0,
            fed = 0, missing = 0, note = note }, Stream)
    end
    local function data(e)
        local id = tonumber(slot.event.flow.id)
        local flow = flows[id]
        if flow == nil then
            flow = {}
            flows[id] = flow
        end
        local dir = e.dir == "orig" and 1 or 2
        local s = flow[dir]
        if s == nil then
            s = begin(e)
            flow[dir] = s
        end
        if not s.done then
            feed(s, e)
        end
    end
    local function finish(e)
        local id = tonumber(slot.event.flow.id)
        local flow = flows[id]
        flows[id] = nil
        for dir = 1, flow and 2 or 0 do
            local s = flow[dir]
            if s and not s.done then
                s.over = true
                run(s, e)
            end
        end
    end
    return data, finish
end

return M
