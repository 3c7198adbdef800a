-- SPDX-License-Identifier: MIT OR Apache-2.0
--- Spans of time as scripts write them: "250ms", "30s", "5m", "1.5h", "2d", or a number of seconds.
local M = {}

local UNITS = { ms = 0.001, s = 1, m = 60, h = 3600, d = 86400 }

--- @return seconds, or nil if the value is no such span
function M.seconds(value)
    if type(value) == "number" then
        return value
    elseif type(value) ~= "string" then
        return nil
    end
    local digits, unit = value:match("^(%d+%.?%d*)(%a+)$")
    return UNITS[unit] and tonumber(digits) * UNITS[unit]
end

return M
