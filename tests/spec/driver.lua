-- SPDX-License-Identifier: MIT OR Apache-2.0
--- The C driver for specs: runs a script's text over synthetic events and returns what came out.
local ffi = require("ffi")

ffi.cdef([[
struct spec; struct text { char *data; size_t len; size_t cap; };
struct spec *spec_new(void);
void spec_free(struct spec *);
bool spec_load(struct spec *, const char *, const char *, uint32_t, uint64_t, const char *, const char *);
bool spec_describe(struct spec *, const char *, struct text *);
const char *spec_error(const struct spec *);
const char *spec_where(const struct spec *);
int spec_code(const struct spec *);
bool spec_output(struct spec *, const char *);
void spec_make(struct spec *, uint32_t, uint32_t);
uint64_t spec_consume(struct spec *, uint32_t);
void spec_clock(struct spec *, int64_t);
void spec_flow_ended(struct spec *, uint64_t);
void spec_finish(struct spec *);
void spec_stop_gc(struct spec *);
uint64_t spec_lua_bytes(struct spec *);
uint64_t spec_errors(const struct spec *);
bool spec_stopped(const struct spec *);
uint32_t spec_own_loops(struct spec *);
uint32_t spec_partition(const struct spec *);
const char *spec_explain(struct spec *);
uint64_t spec_wanted(const struct spec *, uint32_t);
uint64_t spec_wanted_flow(const struct spec *, uint32_t);
uint64_t spec_wanted_live(const struct spec *, uint32_t);
const char *spec_profile(struct spec *);
uint64_t spec_raw(struct spec *, uint32_t, uint64_t *);
]])

local M = {}
M.C = ffi.load(assert(os.getenv("PALUA_SPEC_DRIVER"), "PALUA_SPEC_DRIVER is not set"), true)
local C = M.C

local function write_file(text)
    local path = os.tmpname()
    local file = assert(io.open(path, "wb"))
    file:write(text)
    file:close()
    return path
end
M.write_file = write_file

function M.read_file(path)
    local file = assert(io.open(path, "rb"))
    local text = file:read("*a")
    file:close()
    return text
end

local FLAGS = { profile = 1, strict = 2, trust = 4 }

--- Loads a script. @return the spec, or nil, the error's text and place
function M.load(source, options)
    options = options or {}
    local spec = ffi.gc(C.spec_new(), C.spec_free)
    local path, flags = write_file(source), 0
    for name, bit in pairs(FLAGS) do
        flags = flags + (options[name] and bit or 0)
    end
    local ok = C.spec_load(spec, path, "spec.lua", flags, options.memory or 0, options.key, options.value)
    os.remove(path)
    if not ok then
        return nil, ffi.string(C.spec_error(spec)), ffi.string(C.spec_where(spec)), C.spec_code(spec)
    end
    return spec
end

--- Loads and runs a script over `count` events of `kinds` kinds. @return what it printed, number of errors, the spec
function M.run(source, options)
    options = options or {}
    local spec, problem, where = M.load(source, options)
    if not spec then
        error(where .. ": " .. problem, 2)
    end
    local path = os.tmpname()
    assert(C.spec_output(spec, path))
    C.spec_make(spec, options.count or 4, options.kinds or 1)
    C.spec_consume(spec, options.rounds or 1)
    C.spec_finish(spec)
    local text = M.read_file(path)
    os.remove(path)
    return text, tonumber(C.spec_errors(spec)), spec
end

return M
