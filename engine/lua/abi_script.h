/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** What C and palua's own Lua share to run a script: the slot of the current event, the arrays a
 * generated loop walks, and the functions that print. Same rules as palua/abi.h. */
#ifndef PALUA_ABI_SCRIPT_H
#define PALUA_ABI_SCRIPT_H

#ifndef PALUA_CDEF
#include <palua/abi.h>
#define PALUA_LUA_EXPORT __attribute__((visibility("default")))
#else
#define PALUA_LUA_EXPORT
#endif

/** Where an instance stands. Written by the generated loop before each handler call; what every
 * view compares itself with. */
struct palua_lua_slot {
    uint64_t serial; /**< of the (event, handler) pair being handled, never used twice; 0: none */
    const struct palua_event *event;
    uint32_t run; /**< index of the run being walked */
    uint32_t reserved;
};

/** One array for one generated loop. */
struct palua_lua_run {
    const struct palua_event *const *events;
    const uint16_t *handlers; /**< handler of each entry; NULL where the run has one handler */
    uint64_t base;            /**< serial of events[0] */
    uint32_t first;           /**< where to start: moved past an event whose handler failed */
    uint32_t count;
};

struct palua_lua_instance;

/** Builds a line argument by argument; `line` hands it over with the key of the current event. */
PALUA_LUA_EXPORT void palua_lua_print_nil(struct palua_lua_instance *instance);
PALUA_LUA_EXPORT void palua_lua_print_bool(struct palua_lua_instance *instance, bool value);
PALUA_LUA_EXPORT void palua_lua_print_number(struct palua_lua_instance *instance, double value);
PALUA_LUA_EXPORT void palua_lua_print_int(struct palua_lua_instance *instance, int64_t value);
PALUA_LUA_EXPORT void palua_lua_print_uint(struct palua_lua_instance *instance, uint64_t value);
/** Escapes control bytes; a tab stays, as print puts tabs itself. */
PALUA_LUA_EXPORT void palua_lua_print_string(struct palua_lua_instance *instance, const char *text,
                                             size_t len);
/** A byte view: an address in its notation, bytes as hex, a string escaped. */
PALUA_LUA_EXPORT void palua_lua_print_bytes(struct palua_lua_instance *instance, uint32_t type,
                                            const uint8_t *data, uint32_t len);
/** Field `field` (a struct palua_field) of a record, as every text output writes it. */
PALUA_LUA_EXPORT void palua_lua_print_field(struct palua_lua_instance *instance, const void *field,
                                            const void *record);
PALUA_LUA_EXPORT void palua_lua_print_tab(struct palua_lua_instance *instance);
PALUA_LUA_EXPORT void palua_lua_print_line(struct palua_lua_instance *instance);
/** Text of a value without printing it: what is added after `mark` is cut off again by `take`, and
 * stays valid until the next print call. */
PALUA_LUA_EXPORT uint32_t palua_lua_print_mark(const struct palua_lua_instance *instance);
PALUA_LUA_EXPORT const char *palua_lua_print_take(struct palua_lua_instance *instance,
                                                  uint32_t mark, uint32_t *len);

/** The address that a text in IPv4, IPv6 or MAC notation (as `type` says) names: its bytes to
 * `out`.
 * @return how many, 0 if the text is none */
PALUA_LUA_EXPORT uint32_t palua_lua_parse_address(uint32_t type, const char *text, size_t len,
                                                  uint8_t *out);
/** 1 if both are the same bytes, else 0. No bool: LuaJIT does not compile a call that returns one
 * from a metamethod. */
PALUA_LUA_EXPORT uint32_t palua_lua_same(const uint8_t *a, uint32_t a_len, const uint8_t *b,
                                         uint32_t b_len);
/** Where `needle` first stands in the data at or after `from`; -1 if nowhere. */
PALUA_LUA_EXPORT int64_t palua_lua_find(const uint8_t *data, uint32_t len, const char *needle,
                                        size_t needle_len, uint32_t from);
/** The number of the state that the current event has in partitions by address, for the handler
 * with this number: small, and the same for a key until palua.drop is told. */
PALUA_LUA_EXPORT uint32_t palua_lua_state(struct palua_lua_instance *instance, uint32_t handler);
/** For --profile: the time since the last call goes to `handler`. */
PALUA_LUA_EXPORT void palua_lua_lap(struct palua_lua_instance *instance, uint32_t handler);

#endif
