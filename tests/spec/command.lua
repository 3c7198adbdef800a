-- SPDX-License-Identifier: MIT OR Apache-2.0
--- Runs the executable under test ($PALUA_BIN) as a user does, in the repository's root ($PALUA_ROOT).
local json = require("dkjson")

local M = { root = assert(os.getenv("PALUA_ROOT"), "PALUA_ROOT is not set; run the specs through ctest") }
local palua = assert(os.getenv("PALUA_BIN"), "PALUA_BIN is not set; run the specs through ctest")

local function quoted(word)
    return "'" .. tostring(word):gsub("'", "'\\''") .. "'"
end

local function taken(path)
    local file = assert(io.open(path, "rb"))
    local text = file:read("*a")
    file:close()
    os.remove(path)
    return text
end

--- @param ...  the arguments
-- @return { status, out, err }
function M.run(...)
    local words = { quoted(palua) }
    for i = 1, select("#", ...) do
        words[#words + 1] = quoted((select(i, ...)))
    end
    local out, err = os.tmpname(), os.tmpname()
    -- What this process was given to load a sanitized driver is not for the executable.
    local pipe = assert(io.popen(("cd %s && env -u LD_PRELOAD ASAN_OPTIONS=exitcode=99 %s >%s 2>%s; echo $?"):format(
        quoted(M.root), table.concat(words, " "), quoted(out), quoted(err))))
    local status = tonumber(pipe:read("*l"))
    pipe:close()
    return { status = status, out = taken(out), err = taken(err) }
end

--- Runs a bundled script over a file of tests/captures and reads its tables.
-- @param ...  further arguments: "-A", "top=3"
-- @return { table's name = { rows in order }, order = { names in order } }
function M.tables(script, capture, ...)
    local run = M.run("-q", "-o", "json", "-s", script, "tests/captures/" .. capture, ...)
    assert(run.status == 0 and run.err == "", run.err)
    local tables = { order = {} }
    for line in run.out:gmatch("[^\n]+") do
        local row = assert(json.decode(line))
        local name = row.table
        if not tables[name] then
            tables[name] = {}
            table.insert(tables.order, name)
        end
        row.table = nil
        table.insert(tables[name], row)
    end
    return tables
end

--- A run that is refused: its one line on stderr.
function M.refusal(...)
    local run = M.run("-q", ...)
    assert(run.status == 2, "exit status " .. tostring(run.status) .. "\n" .. run.err)
    assert(run.out == "", run.out)
    assert(select(2, run.err:gsub("\n", "")) == 1, run.err)
    return run.err
end

local function shell(line)
    local pipe = assert(io.popen(line))
    local out = pipe:read("*a")
    pipe:close()
    return out
end

--- A fresh folder for files that a script writes.
function M.folder()
    return (shell("mktemp -d"):gsub("\n", ""))
end

--- "MD5 length" of every file in a folder, sorted; the folder is removed.
function M.contents(folder)
    local out = {}
    local each = "for f in *; do [ ! -f $f ] || echo $(md5sum <$f | cut -c1-32) $(wc -c <$f); done"
    for line in shell(("cd %s && { %s; } && rm -r %s"):format(folder, each, folder)):gmatch("[^\n]+") do
        out[#out + 1] = line
    end
    table.sort(out)
    return out
end

--- A workload of the project's generator; the file is the caller's to remove.
function M.generated(workload, ...)
    local path = os.tmpname()
    local words = { quoted((palua:gsub("bin/palua$", "bench/generate"))), workload, ... }
    assert(os.execute(table.concat(words, " ") .. " " .. quoted(path) .. " 2>/dev/null") == 0)
    return path
end

--- The named columns of each row, joined by spaces: what an expected list is compared with.
function M.lines(rows, ...)
    local out = {}
    for i, row in ipairs(rows) do
        local cells = {}
        for _, column in ipairs({ ... }) do
            cells[#cells + 1] = row[column] == nil and "-" or tostring(row[column])
        end
        out[i] = table.concat(cells, " ")
    end
    return out
end

return M
