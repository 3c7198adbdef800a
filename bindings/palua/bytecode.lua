-- SPDX-License-Identifier: MIT OR Apache-2.0
--- Reads LuaJIT bytecode as a list of instructions with names; the one module that knows its layout.
local bit = require("bit")
local util = require("jit.util")
local vmdef = require("jit.vmdef")

local band, rshift = bit.band, bit.rshift
local M = {}

local names = {}
for op = 0, #vmdef.bcnames / 6 - 1 do
    names[op] = vmdef.bcnames:sub(op * 6 + 1, op * 6 + 6):gsub("%s+$", "")
end

local CAT -- its number
for op = 0, #names do
    CAT = names[op] == "CAT" and op or CAT
end

local JUMPS = { JMP = true, FORI = true, FORL = true, ITERL = true, LOOP = true, UCLO = true, ISNEXT = true }
local MODE_DST, MODE_BASE = 1, 2

--- The instructions of a function or prototype, in order: { pc, op, a, b, c, d, writes, base, target }.
-- `writes`: register a is overwritten; `base`: a and all above may be; `target`: pc a jump leads to.
function M.instructions(fn)
    local out, pc = {}, 1
    local ins, mode = util.funcbc(fn, pc)
    while ins do
        local name = names[band(ins, 0xff)]
        local at = { pc = pc, op = name, a = band(rshift(ins, 8), 0xff), b = rshift(ins, 24),
            c = band(rshift(ins, 16), 0xff), d = rshift(ins, 16) }
        at.writes = band(mode, 7) == MODE_DST
        at.base = band(mode, 7) == MODE_BASE and name ~= "TSETM"
        at.target = JUMPS[name] and pc + 1 + at.d - 0x8000 or nil
        out[#out + 1] = at
        pc = pc + 1
        ins, mode = util.funcbc(fn, pc)
    end
    return out
end

--- A collectable constant: the string of TGETS (index c) or GGET, KSTR (index d), a prototype of FNEW.
function M.constant(fn, index)
    return util.funck(fn, -index - 1)
end

--- Calls visit(string) for every string constant of a function, and visit_proto for its inner ones.
function M.each_constant(fn, visit, visit_proto)
    local index = 0
    local value = M.constant(fn, index)
    while value ~= nil do
        if type(value) == "string" then
            visit(value)
        elseif type(value) == "proto" then
            visit_proto(value)
        end
        index = index + 1
        value = M.constant(fn, index)
    end
end

local LITERALS = { KSTR = true, KSHORT = true, KNUM = true }

--- Whether there is a CAT of three or more registers: hardly ever, so this looks at no more than it must.
local function has_chain(fn)
    local pc, ins = 1, util.funcbc(fn, 1)
    while ins do
        if band(ins, 0xff) == CAT and band(rshift(ins, 16), 0xff) - rshift(ins, 24) >= 2 then
            return true
        end
        pc = pc + 1
        ins = util.funcbc(fn, pc)
    end
    return false
end

--- Whether a function joins three or more values with `..`, not all of them numbers and texts that stand there.
function M.joins_many(fn)
    local literal = {}
    if not has_chain(fn) then
        return false
    end
    for _, at in ipairs(M.instructions(fn)) do
        if at.op == "CAT" and at.c - at.b >= 2 then
            for register = at.b, at.c do
                if not literal[register] then
                    return true
                end
            end
        end
        if at.base then
            literal = {}
        elseif at.writes then
            literal[at.a] = LITERALS[at.op]
        end
    end
    return false
end

function M.line(fn, pc)
    return util.funcinfo(fn, pc).currentline
end

function M.info(fn)
    return util.funcinfo(fn)
end

return M
