-- SPDX-License-Identifier: MIT OR Apache-2.0
--- palua.partition(key, { idle = "5m" }): which events must meet in one instance, as a script chooses it.
local duration = require("palua.duration")

local format = string.format
local M = {}

local BY_ADDRESS = { src = true, dst = true, pair = true }
local KEYS = { flow = true, all = true, src = true, dst = true, pair = true }
local IDLE_LEAST, IDLE_MOST = 0.1, 3650 * 86400 -- the clock's step; so that nanoseconds fit
M.IDLE = "5m"

--- Whether a partition's key is an address or two.
function M.by_address(key)
    return BY_ADDRESS[key] or false
end

local function check_options(key, options, fail)
    if type(options) ~= "table" then
        fail(format("palua.partition: a table of options was expected, such as { idle = \"5m\" }, not %s", tostring(options)))
    end
    for name in pairs(options) do
        if name ~= "idle" then
            fail(format("palua.partition has no option '%s'; did you mean 'idle'?", tostring(name)))
        end
    end
    if options.idle ~= nil and not BY_ADDRESS[key] then
        fail(format("palua.partition: idle goes with \"src\", \"dst\" and \"pair\"; the state of \"%s\" %s", key,
            key == "flow" and "ends with its flow" or "lasts for the whole run"))
    end
end

local function idle_of(value, fail)
    local seconds = duration.seconds(value)
    if not (seconds and seconds >= IDLE_LEAST and seconds <= IDLE_MOST) then
        fail(format("palua.partition: got idle = %s, expected a time from \"100ms\" to \"3650d\", such as \"30s\", \"5m\" or \"1h\"",
            type(value) == "string" and format("\"%s\"", value) or tostring(value)))
    end
    return seconds
end

--- @param script  .partition and .idle (seconds) are set
function M.declarer(script, need_load, fail)
    script.idle = duration.seconds(M.IDLE)
    return function(key, options)
        need_load("palua.partition()")
        if script.partition then
            fail(format("palua.partition: the script chose \"%s\" before; it has one partition", script.partition))
        elseif not KEYS[key] then
            fail(format("palua.partition: '%s' is none of \"flow\", \"src\", \"dst\", \"pair\", \"all\"", tostring(key)))
        end
        if options ~= nil then
            check_options(key, options, fail)
        end
        script.partition = key
        if options and options.idle ~= nil then
            script.idle = idle_of(options.idle, fail)
        end
    end
end

--- For --explain: how long states are kept, if handlers have any that end.
function M.explain(script)
    for _, handler in ipairs(script.handlers) do
        if handler.state and BY_ADDRESS[script.partition] then
            return format("; a state is dropped after %g s without an event", script.idle)
        end
    end
    return ""
end

return M
