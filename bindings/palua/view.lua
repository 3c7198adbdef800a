-- SPDX-License-Identifier: MIT OR Apache-2.0
--- Views: what a script holds of an event, made from its schema.
--
-- A view is a C reference to an empty struct whose address is no address: it is the serial number of
-- the event it was made for (and, in its upper bits, the index of a list's item). Which field it
-- stands for is its type. So a view holds no pointer, cannot be written, indexed past its end or
-- shown other bytes: every use compares the number with the current event's and reaches the bytes
-- through the event again. LuaJIT keeps such a reference in a register: no allocation.
local ffi = require("ffi")
local bit = require("bit")
local slices = require("palua.slice")
local lists = require("palua.list")

local cast, typeof = ffi.cast, ffi.typeof
local concat, format, gsub = table.concat, string.format, string.gsub

local M = { bytes = slices.bytes, is_bytes = slices.is_bytes }

local GROUP = 20 -- names per generated function: a Lua function has at most 60 upvalues

local TYPE_CODE = {
    uint = 1, int = 2, enum = 3, bool = 4, real = 5, time = 6, duration = 7,
    ipaddr = 8, mac = 9, bytes = 10, string = 11, list = 12,
}
local IS_SLICE = { ipaddr = true, mac = true, bytes = true, string = true }
local INTEGER = {
    uint = { "uint8_t", "uint16_t", [4] = "uint32_t", [8] = "uint64_t" },
    int = { "int8_t", "int16_t", [4] = "int32_t", [8] = "int64_t" },
}
local C_TYPE = { bool = "uint8_t", real = "double", time = "int64_t", duration = "int64_t", list = "struct palua_list" }

local function c_type(field)
    if IS_SLICE[field.type] then
        return "struct palua_slice"
    end
    return C_TYPE[field.type] or (INTEGER[field.type] or INTEGER.uint)[field.size]
end

--- A pointer type for a record: every field at its offset, whatever overlaps.
local function record_type(schema)
    local parts = { format("uint8_t whole[%d];", schema.size) }
    local function member(name, kind, offset)
        local pad = offset > 0 and format("uint8_t %s_[%d];", name, offset) or ""
        parts[#parts + 1] = format("struct __attribute__((packed)) { %s %s %s; };", pad, kind, name)
    end
    for _, field in ipairs(schema.fields) do
        member("f" .. field.index, c_type(field), field.offset)
    end
    if schema.present then
        member("present_low", "uint32_t", schema.present)
        member("present_high", "uint32_t", schema.present + 4)
    end
    return typeof("const union __attribute__((packed)) { " .. concat(parts, " ") .. " } *")
end

local tags = {}

--- A new empty struct, named for error messages, and the pointer type views of it are made with.
local function view_type(name, metatable)
    local tag = gsub(name, "[^%w_]", "_")
    tags[tag] = (tags[tag] or 0) + 1
    if tags[tag] > 1 then
        tag = tag .. "_" .. tags[tag]
    end
    ffi.cdef(format("struct %s { };", tag))
    ffi.metatype("struct " .. tag, metatable)
    return typeof("struct " .. tag .. " *")
end

local function stale()
    error("a view was used after its handler returned; keep e:copy() or tostring(view) instead", 0)
end

--- What generated code reaches besides its own types; one list, so that all chunks start alike.
local shared = {
    cast = cast,
    slot = false, -- set by attach
    stale = stale,
    u64 = typeof("uint64_t"),
    address = typeof("const uint8_t *"),
    band = bit.band, bor = bit.bor, lshift = bit.lshift, rshift = bit.rshift,
    tonumber = tonumber, tostring = tostring, type = type,
    SERIAL = bit.lshift(1ULL, 44) - 1,
}
local shared_names = {}
for name in pairs(shared) do
    shared_names[#shared_names + 1] = name
end
table.sort(shared_names)

--- Compiles a chunk that returns a function; `own` maps further local names to values.
local function generate(name, source, own)
    local names, values, n = { concat(shared_names, ", ") }, {}, #shared_names
    for i, key in ipairs(shared_names) do
        values[i] = shared[key]
    end
    for key, value in pairs(own) do
        n = n + 1
        names[#names + 1] = key
        values[n] = value
    end
    local chunk = assert(loadstring(format("local %s = ...\n%s", concat(names, ", "), source), "=" .. name))
    return chunk(unpack(values, 1, n))
end
M.generate = generate

--- How generated code gets from the current event to the record `p` of a base, or leaves with nil.
local PRELUDE = {
    event = "local p = cast(T_event, slot.event)",
    packet = "local q = slot.event.packet if q == nil then return nil end local p = cast(T_packet, q)",
    flow = "local q = slot.event.flow if q == nil then return nil end local p = cast(T_flow, q)",
    live = "local q = slot.event.live if q == nil then return nil end local p = cast(T_live, q)",
}
local CHECK = "if cast(u64, cast(address, v)) ~= slot.serial then stale() end"

local ITEM_CHECK = "if band(cast(u64, cast(address, v)), SERIAL) ~= slot.serial then stale() end"

--- The same for an item of the event's list `f`: the index stands in the view's upper bits.
local function item_prelude(list)
    return format([[
        local id = cast(u64, cast(address, v))
        if band(id, SERIAL) ~= slot.serial then stale() end
        local l = cast(T_event, slot.event).f%d
        local i = tonumber(rshift(id, 44))
        if i >= l.count then stale() end
        local p = cast(T_item, l.items) + i]], list.index)
end

local function absent_unless_present(field, present)
    if not (field.optional and present) then
        return ""
    end
    local half = field.index < 32 and "present_low" or "present_high"
    return format("if band(p.%s, 0x%x) == 0 then return nil end ", half, 2 ^ (field.index % 32))
end

local function wide(name, signed)
    local check = signed and "x < 9007199254740992LL and x > -9007199254740992LL" or "x < 9007199254740992ULL"
    return format("local x = p.%s if %s then return tonumber(x) end return x", name, check)
end

--- Code that returns a scalar field in one form; nil if the field is a slice or a list.
local function scalar_code(field, form, own)
    local name = "f" .. field.index
    if field.type == "bool" then
        return format("return p.%s ~= 0", name)
    elseif field.type == "time" then
        return format(form == "ns" and "return p.%s" or "return tonumber(p.%s) / 1e9", name)
    elseif field.type == "duration" then
        return format(form == "ns" and "return tonumber(p.%s)" or "return tonumber(p.%s) / 1e9", name)
    elseif form == "name" then
        own["names_" .. name] = field.names or {}
        return format("local x = tonumber(p.%s) return names_%s[x] or tostring(x)", name, name)
    elseif field.type == "list" or IS_SLICE[field.type] then
        return nil
    elseif field.size == 8 and field.type ~= "real" then
        return wide(name, field.type == "int")
    end
    return format("return p.%s", name)
end

--- The view type of one byte field: its slice function finds the bytes again.
-- @param place  { name, check, prelude, types } of the record the field stands in
local function slice_type(place, field)
    local source = format("return function(v) %s\n%s local x = p.f%d return x.data, x.len, %d end", place.check,
        gsub(place.prelude, "return nil", "stale()"), field.index, TYPE_CODE[field.type])
    local slice = generate("view." .. field.name, source, place.types)
    return view_type(place.name .. "." .. field.name, slices.metatable(slice, place.name .. "." .. field.name))
end

local function slice_code(place, field, own)
    local key = "V_" .. field.index
    own[key] = slice_type(place, field)
    local empty = field.type == "ipaddr" and format("if p.f%d.len == 0 then return nil end ", field.index) or ""
    return format("%sreturn cast(%s, cast(u64, cast(address, v)))[0]", empty, key)
end

--- __newindex of a view.
local function read_only(name)
    return function(_, key)
        error(format("%s is read-only: '%s' cannot be assigned", name, tostring(key)), 0)
    end
end

local record_code

--- The view types of a list field and of its items.
local function list_type(place, field, forms)
    local item = field.item
    for _, at in ipairs(item.fields) do
        if at.optional then
            item.present = 0 -- the mask that the item begins with
        end
    end
    local types = { T_event = place.types.T_event, T_item = record_type(item) }
    local name = place.name .. "." .. field.name
    local inner = { name = name .. "[]", check = ITEM_CHECK, prelude = item_prelude(field), types = types, item = true,
        present = item.present }
    local index = record_code(inner, forms, function(key)
        error(format("an item of %s has no field '%s'; palua --describe %s lists them", name, tostring(key), place.name), 0)
    end)
    local read_as = {}
    for i, at in ipairs(item.fields) do
        read_as[i] = { name = at.names and at.name .. "_name" or at.name, hex = at.type == "bytes" }
    end
    local item_view = view_type(name .. "_item", lists.item_metatable(index, read_as, read_only("an item of " .. name)))
    local count = generate("view." .. field.name, format("return function(v) %s local p = cast(T_event, slot.event) return p.f%d.count end",
        CHECK, field.index), types)
    return view_type(name, lists.metatable(name, item_view, count, shared.slot, shared.instance, field.pointer, read_only(name)))
end

local function list_code(place, field, own)
    if place.item or place.name:find("%.flow$") then
        return format("error(\"%s.%s: a list inside a list cannot be read\", 0)", place.name, field.name)
    end
    local key = "V_" .. field.index
    local forms = {}
    for _, at in ipairs(field.item.fields) do
        for _, form in ipairs(M.forms(at)) do
            forms[#forms + 1] = { name = form.name, field = at, form = form.form }
        end
    end
    own[key] = list_type(place, field, forms)
    return format("return cast(%s, slot.serial)[0]", key)
end

--- Every name a field is read by.
function M.forms(field)
    local out = { { name = field.name } }
    if field.type == "time" or field.type == "duration" then
        out[2] = { name = field.name .. "_ns", form = "ns" }
    elseif field.type == "enum" then
        out[2] = { name = field.name .. "_name", form = "name" }
    end
    return out
end

local function entry_code(place, entry, own)
    if entry.code then
        for key, value in pairs(entry.own) do
            own[key] = value
        end
        return entry.code
    end
    local field = entry.field
    local base = place.item and place or place.bases[entry.base]
    local code = scalar_code(field, entry.form, own)
        or (field.type == "list" and list_code(base, field, own))
        or slice_code(base, field, own)
    return base.prelude .. "\n" .. absent_unless_present(field, base.present) .. code
end

--- The __index of a record's view: a chain of names, each ending in the field's load.
-- @param entries  { { name, field, form, base } … }: what the script reads
-- @param missing  function(key), called for any other name
function record_code(place, entries, missing)
    local following = missing
    local last = math.max(1, math.ceil(#entries / GROUP))
    for group = last, 1, -1 do
        local own, lines = { following = following }, { "return function(v, k)" }
        for key, value in pairs(place.types) do
            own[key] = value
        end
        lines[2] = group == 1 and place.check or ""
        for i = (group - 1) * GROUP + 1, math.min(group * GROUP, #entries) do
            local entry_own = {}
            local code = entry_code(place, entries[i], entry_own)
            -- Two groups' worth of names may use the same key for different bases: number them.
            for key, value in pairs(entry_own) do
                code = gsub(code, "%f[%w_]" .. key .. "%f[^%w_]", key .. "_" .. i)
                own[key .. "_" .. i] = value
            end
            lines[#lines + 1] = format("if k == %q then %s end", entries[i].name, code)
        end
        lines[#lines + 1] = group == last and "if type(k) ~= 'string' then return nil end return following(k) end"
            or "local x = following(v, k) return x end" -- no tail call, as in palua.slice
        following = generate("view." .. place.name, concat(lines, "\n"), own)
    end
    return following
end

--- Says where the current event stands; before any view is made.
function M.attach(slot, instance)
    shared.slot = slot
    shared.instance = instance
    slices.attach(instance)
end

--- A type of byte views that stand for something other than a field: the index of what they show stands in
--- the view's upper bits.
-- @param resolve  function(index): pointer, length, type code
-- @return function(index): a view, good during the current event
function M.dynamic(name, resolve)
    local slot, u64, address = shared.slot, shared.u64, shared.address
    local function slice(v)
        local id = cast(u64, cast(address, v))
        if bit.band(id, shared.SERIAL) ~= slot.serial then
            stale()
        end
        return resolve(tonumber(bit.rshift(id, 44)))
    end
    local pointer = view_type(name, slices.metatable(slice, name))
    return function(index)
        return cast(pointer, bit.bor(bit.lshift(cast(u64, index), 44), cast(u64, slot.serial)))[0]
    end
end

--- The view of an event kind.
-- @param schema   of the event
-- @param bases    { common, flow, live }: schemas
-- @param entries  what the script reads: { { name, field, form, base } … }
-- @param flow     the same for e.flow; nil if the script does not name it
-- @param missing  function(key), raises
-- @param methods  further names: copy
-- @return the pointer type: cast(type, serial)[0] is a view
function M.event_type(schema, bases, entries, flow, missing, missing_flow, copy)
    local types = {
        T_event = record_type(schema), T_packet = record_type(bases.common),
        T_flow = record_type(bases.flow), T_live = record_type(bases.live),
    }
    local place = { name = schema.name, check = CHECK, types = types, prelude = "", bases = {} }
    for base, prelude in pairs(PRELUDE) do
        place.bases[base] = { name = schema.name, check = CHECK, prelude = prelude, types = types,
            present = base ~= "packet" }
    end
    local all = {}
    for i, entry in ipairs(entries) do
        all[i] = entry
    end
    if flow then
        local flow_place = { name = schema.name .. ".flow", check = CHECK, types = types, prelude = "", bases = {} }
        for base, at in pairs(place.bases) do
            flow_place.bases[base] = { name = flow_place.name, check = CHECK, prelude = at.prelude, types = types, present = at.present }
        end
        local flow_view = view_type(schema.name .. ".flow", {
            __index = record_code(flow_place, flow, missing_flow),
            __newindex = read_only(flow_place.name),
            __tostring = function(v) return tostring(v.uid) end,
            __metatable = false,
        })
        all[#all + 1] = { name = "flow", own = { V_flow = flow_view },
            code = "if slot.event.flow == nil then return nil end return cast(V_flow, slot.serial)[0]" }
    end
    if copy then
        all[#all + 1] = { name = "copy", own = { copy_event = copy }, code = "return copy_event" }
    end
    return view_type(schema.name, {
        __index = record_code(place, all, missing),
        __newindex = read_only(schema.name),
        __tostring = generate("view." .. schema.name, "return function(v) " .. CHECK .. " return name end", { name = schema.name }),
    })
end

return M
