// SPDX-License-Identifier: MIT OR Apache-2.0
/* Netlink messages as Linux captures them (LINKTYPE_NETLINK): a cooked header, then a message
 * between kernel and programs, in which there is no packet. */
#include <palua/cursor.h>
#include <palua/plugin.h>

enum { HEADER_LEN = 16, FAMILY_AT = 14, LINKTYPE_NETLINK = 253 };

static bool decode(struct palua_slice bytes, struct palua_decoded *out)
{
    struct palua_cursor in = palua_cursor_of(bytes);
    out->header_len = HEADER_LEN;
    if (palua_cursor_skip(&in, FAMILY_AT) && !palua_cursor_u16(&in, &out->aux))
        out->aux = 0;
    return true;
}

static const struct palua_binding bindings[] = {{PALUA_ON_LINKTYPE, LINKTYPE_NETLINK}};

static const struct palua_plugin plugin = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "netlink",
    .doc = "Netlink messages: passed over",
    .role = PALUA_DECODER,
    .bindings = bindings,
    .binding_count = sizeof bindings / sizeof *bindings,
    .decode = decode,
};

PALUA_PLUGIN(plugin)
