// SPDX-License-Identifier: MIT OR Apache-2.0
#include "lua/abi.h"

#include <stddef.h>

#include <palua/abi.h>

#include "lua/abi_script.h"

/** Every field that Lua reads or writes by name. */
#define PALUA_ABI_FIELDS(X)          \
    X(palua_slice, data)             \
    X(palua_slice, len)              \
    X(palua_list, items)             \
    X(palua_list, count)             \
    X(palua_layer, protocol)         \
    X(palua_layer, offset)           \
    X(palua_layer, header_len)       \
    X(palua_layer, aux)              \
    X(palua_layer, context)          \
    X(palua_packet, number)          \
    X(palua_packet, ts_ns)           \
    X(palua_packet, data)            \
    X(palua_packet, frame)           \
    X(palua_packet, caplen)          \
    X(palua_packet, file)            \
    X(palua_packet, layer_count)     \
    X(palua_packet, context)         \
    X(palua_packet, layers)          \
    X(palua_flow, id)                \
    X(palua_flow, ts_ns)             \
    X(palua_flow, present)           \
    X(palua_flow, uid)               \
    X(palua_flow, orig_h)            \
    X(palua_flow, proto)             \
    X(palua_flow, tunnel)            \
    X(palua_flow, uid_text)          \
    X(palua_flow, tunnel_id)         \
    X(palua_flow_live, duration_ns)  \
    X(palua_flow_live, resp_payload) \
    X(palua_flow_live, history)      \
    X(palua_flow_live, present)      \
    X(palua_event, packet)           \
    X(palua_event, flow)             \
    X(palua_event, live)             \
    X(palua_event, present)          \
    X(palua_lua_slot, serial)        \
    X(palua_lua_slot, event)         \
    X(palua_lua_slot, run)           \
    X(palua_lua_run, events)         \
    X(palua_lua_run, handlers)       \
    X(palua_lua_run, base)           \
    X(palua_lua_run, first)          \
    X(palua_lua_run, count)

struct abi_field {
    const char *record;
    const char *field;
    size_t size;
    size_t offset;
};

static const struct abi_field fields[] = {
#define X(record, field) \
    {"struct " #record, #field, sizeof(struct record), offsetof(struct record, field)},
    PALUA_ABI_FIELDS(X)
#undef X
};

/** In step with engine/exports.list. */
const void *const abi_functions[] = {
    (const void *)palua_lua_print_nil,     (const void *)palua_lua_print_bool,
    (const void *)palua_lua_print_number,  (const void *)palua_lua_print_int,
    (const void *)palua_lua_print_uint,    (const void *)palua_lua_print_string,
    (const void *)palua_lua_print_bytes,   (const void *)palua_lua_print_field,
    (const void *)palua_lua_print_tab,     (const void *)palua_lua_print_line,
    (const void *)palua_lua_print_take,    (const void *)palua_lua_print_mark,
    (const void *)palua_lua_parse_address, (const void *)palua_lua_same,
    (const void *)palua_lua_find,          (const void *)palua_lua_lap,
    (const void *)palua_lua_state,
};

static void set_string(lua_State *L, const char *key, const char *value)
{
    lua_pushstring(L, value);
    lua_setfield(L, -2, key);
}

static void set_size(lua_State *L, const char *key, size_t value)
{
    lua_pushnumber(L, (lua_Number)value);
    lua_setfield(L, -2, key);
}

void abi_push_layout(lua_State *L)
{
    lua_newtable(L);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        lua_newtable(L);
        set_string(L, "record", fields[i].record);
        set_string(L, "field", fields[i].field);
        set_size(L, "size", fields[i].size);
        set_size(L, "offset", fields[i].offset);
        lua_rawseti(L, -2, (int)i + 1);
    }
}
