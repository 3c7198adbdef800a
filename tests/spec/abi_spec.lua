-- SPDX-License-Identifier: MIT OR Apache-2.0
local root = debug.getinfo(1, "S").source:match("^@(.*)/tests/spec/") or "."

local function read(path)
    local file = assert(io.open(root .. "/" .. path))
    local text = file:read("*a")
    file:close()
    return text
end

describe("the export list", function()
    local names = {}
    for name in read("engine/exports.list"):gmatch("[^\n]+") do
        names[#names + 1] = name
    end

    it("is sorted and names each once", function()
        for i = 2, #names do
            assert.is_true(names[i - 1] < names[i], names[i])
        end
    end)

    it("holds exactly what the Lua ABI and palua/palua.h declare", function()
        local listed, declared = {}, {}
        for _, name in ipairs(names) do
            listed[name] = true
        end
        for _, header in ipairs({ "engine/lua/abi_script.h", "engine/lua/abi_aggregate.h", "engine/lua/abi_log.h" }) do
            for declaration in read(header):gmatch("PALUA_LUA_EXPORT%s+(%a[^;]*);") do
                declared[assert(declaration:match("(palua_[%w_]+)%s*%("), declaration)] = true
            end
        end
        for name in read("engine/include/palua/palua.h"):gmatch("(palua_[%w_]+)%s*%(") do
            declared[name] = true
        end
        assert.same(declared, listed)
    end)
end)
