// SPDX-License-Identifier: MIT OR Apache-2.0
/* Teredo (RFC 4380): IPv6 in UDP, behind an authentication and an origin indication. */
#include <palua/cursor.h>
#include <palua/plugin.h>

enum { INDICATION_LEN = 2, ORIGIN = 0, ORIGIN_LEN = 6, AUTHENTICATION = 1, NONCE_LEN = 9 };

/** Section 5.1.1: authentication, if there is one, stands first. */
static bool skip_authentication(struct palua_cursor *in)
{
    uint8_t id_len, value_len;
    return palua_cursor_u8(in, &id_len) && palua_cursor_u8(in, &value_len) &&
           palua_cursor_skip(in, (size_t)id_len + value_len + NONCE_LEN);
}

static bool skip_indications(struct palua_cursor *in)
{
    struct palua_cursor ahead = *in;
    uint16_t kind;
    if (palua_cursor_u16(&ahead, &kind) && kind == AUTHENTICATION) {
        if (!skip_authentication(&ahead))
            return false;
        *in = ahead;
    }
    ahead = *in;
    if (palua_cursor_u16(&ahead, &kind) && kind == ORIGIN)
        return palua_cursor_skip(in, INDICATION_LEN + ORIGIN_LEN);
    return true;
}

static bool decode(struct palua_slice bytes, struct palua_decoded *out)
{
    struct palua_cursor in = palua_cursor_of(bytes);
    uint8_t version;
    if (!skip_indications(&in) || !palua_cursor_peek_u8(&in, &version) || version >> 4 != 6)
        return false;
    out->header_len = palua_cursor_offset(&in);
    out->next_kind = PALUA_ON_ETHERTYPE;
    out->next_value = 0x86dd;
    return true;
}

static const struct palua_binding bindings[] = {{PALUA_ON_UDP_PORT, 3544}};

static const struct palua_plugin plugin = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "teredo",
    .doc = "Teredo: IPv6 in UDP",
    .role = PALUA_DECODER,
    .bindings = bindings,
    .binding_count = sizeof bindings / sizeof *bindings,
    .decode = decode,
};

PALUA_PLUGIN(plugin)
