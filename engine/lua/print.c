// SPDX-License-Identifier: MIT OR Apache-2.0
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <palua/event.h>

#include "base/address.h"
#include "base/memory.h"
#include "event/value.h"
#include "lua/instance.h"

void palua_lua_print_nil(struct palua_lua_instance *instance)
{
    text_add_str(&instance->line, "nil");
}

void palua_lua_print_bool(struct palua_lua_instance *instance, bool value)
{
    text_add_str(&instance->line, value ? "true" : "false");
}

void palua_lua_print_number(struct palua_lua_instance *instance, double value)
{
    text_add_real(&instance->line, value);
}

void palua_lua_print_int(struct palua_lua_instance *instance, int64_t value)
{
    text_add_int(&instance->line, value);
}

void palua_lua_print_uint(struct palua_lua_instance *instance, uint64_t value)
{
    text_add_uint(&instance->line, value);
}

void palua_lua_print_string(struct palua_lua_instance *instance, const char *text, size_t len)
{
    const char *end = text + len;
    for (;;) {
        const char *tab = memchr(text, '\t', (size_t)(end - text));
        const char *stop = tab ? tab : end;
        text_add_escaped(&instance->line, text, (size_t)(stop - text));
        if (!tab)
            return;
        text_add_char(&instance->line, '\t');
        text = tab + 1;
    }
}

void palua_lua_print_bytes(struct palua_lua_instance *instance, uint32_t type, const uint8_t *data,
                           uint32_t len)
{
    switch (type) {
    case PALUA_IPADDR:
        text_add_ipaddr(&instance->line, data, len);
        break;
    case PALUA_MAC:
        text_add_mac(&instance->line, data, len);
        break;
    case PALUA_BYTES:
        text_add_hex(&instance->line, data, len);
        break;
    default:
        text_add_escaped(&instance->line, data, len);
    }
}

void palua_lua_print_field(struct palua_lua_instance *instance, const void *field,
                           const void *record)
{
    struct value value = field_read(field, 0, UINT64_MAX, record);
    value_text(&value, field, &instance->line);
}

void palua_lua_print_tab(struct palua_lua_instance *instance)
{
    text_add_char(&instance->line, '\t');
}

struct output_key print_key(struct palua_lua_instance *instance)
{
    const struct palua_lua_slot *slot = &instance->slot;
    struct output_key key = {.script = instance->base.order};
    uint32_t handler = 0;
    if (slot->serial != instance->print_serial)
        instance->print_call = 0;
    instance->print_serial = slot->serial;
    if (slot->serial) {
        const struct palua_lua_run *run = &instance->runs[slot->run];
        size_t at = (size_t)(slot->serial - run->base);
        key.event = instance->run_keys[slot->run][at];
        handler = run->handlers ? run->handlers[at] : instance->run_handlers[slot->run];
    } else if (instance->phase == INSTANCE_DONE) {
        key.event = UINT64_MAX;
    }
    uint32_t call = instance->print_call;
    instance->print_call += call < 0xfffff;
    key.call = handler << 20 | call;
    return key;
}

void palua_lua_print_line(struct palua_lua_instance *instance)
{
    struct text *line = &instance->line;
    output_print(instance->sheet, print_key(instance), line->len ? line->data : "", line->len);
    text_clear(line);
}

uint32_t palua_lua_print_mark(const struct palua_lua_instance *instance)
{
    return (uint32_t)instance->line.len;
}

const char *palua_lua_print_take(struct palua_lua_instance *instance, uint32_t mark, uint32_t *len)
{
    struct text *line = &instance->line;
    *len = (uint32_t)line->len - mark;
    line->len = mark;
    return *len ? line->data + mark : "";
}

uint32_t palua_lua_parse_address(uint32_t type, const char *text, size_t len, uint8_t *out)
{
    if (type == PALUA_MAC)
        return address_parse_mac(text, len, out) ? ADDRESS_MAC_LEN : 0;
    return address_parse_ip(text, len, out);
}

uint32_t palua_lua_same(const uint8_t *a, uint32_t a_len, const uint8_t *b, uint32_t b_len)
{
    return a_len == b_len && (!a_len || memcmp(a, b, a_len) == 0);
}

int64_t palua_lua_find(const uint8_t *data, uint32_t len, const char *needle, size_t needle_len,
                       uint32_t from)
{
    if (from > len)
        return -1;
    if (!needle_len)
        return from;
    if (from == len)
        return -1;
    const uint8_t *at = memmem(data + from, len - from, needle, needle_len);
    return at ? at - data : -1;
}

void palua_lua_lap(struct palua_lua_instance *instance, uint32_t handler)
{
    uint64_t now = host_clock_ns();
    instance->handlers[handler].ns += now - instance->lap_ns;
    instance->lap_ns = now;
}
