-- SPDX-License-Identifier: MIT OR Apache-2.0
--- palua.option(name, default, help): what -A sets.
local format = string.format
local M = {}

local BOOLEANS = { ["true"] = true, ["false"] = false, yes = true, no = false, ["1"] = true, ["0"] = false }

--- A text from the command line as a value of the default's type; nil if it is none.
local function converted(text, default)
    if type(default) == "number" then
        return tonumber(text)
    elseif type(default) == "boolean" then
        return BOOLEANS[text]
    end
    return text
end

local EXPECTED = { number = "a number", boolean = "true or false", string = "a text" }

--- @param host     .option(name): the text of -A, or nil
-- @param script   its options are noted here
function M.declarer(host, script, need_load, fail)
    script.options = {}
    return function(name, default, help)
        need_load("palua.option()")
        if type(name) ~= "string" or not name:find("^[%a_][%w_.-]*$") then
            fail("palua.option: the name must be a word, such as \"top\"")
        elseif not EXPECTED[type(default)] then
            fail(format("palua.option '%s': the default must be a number, a text, true or false, not %s", name, type(default)))
        elseif help ~= nil and type(help) ~= "string" then
            fail(format("palua.option '%s': the help must be a text, not %s", name, type(help)))
        end
        for _, other in ipairs(script.options) do
            if other.name == name then
                fail(format("palua.option '%s' is declared twice", name))
            end
        end
        script.options[#script.options + 1] = { name = name, default = tostring(default), help = help or "" }
        local text = host.option(name)
        if text == nil then
            return default
        end
        local value = converted(text, default)
        if value == nil then
            fail(format("-A %s=%s: %s was expected", name, text, EXPECTED[type(default)]))
        end
        return value
    end
end

return M
