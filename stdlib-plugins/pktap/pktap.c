// SPDX-License-Identifier: MIT OR Apache-2.0
/* Packets of several interfaces as Apple's systems capture them (LINKTYPE_PKTAP): a header that
 * says of which link type the packet is. It was written under the second user link type before it
 * had one of its own. */
#include <palua/cursor.h>
#include <palua/plugin.h>

enum { LINKTYPE_PKTAP = 258, LINKTYPE_USER2 = 149, HEADER_LEN = 108, TYPE_PACKET = 1 };
enum { BAD_LENGTH = 1 };

static bool read_u32le(struct palua_cursor *in, uint32_t *out)
{
    if (!palua_cursor_u32(in, out))
        return false;
    *out = __builtin_bswap32(*out);
    return true;
}

static bool decode(struct palua_slice bytes, struct palua_decoded *out)
{
    struct palua_cursor in = palua_cursor_of(bytes);
    uint32_t len, type, linktype;
    out->header_len = HEADER_LEN;
    if (!read_u32le(&in, &len) || !read_u32le(&in, &type) || !read_u32le(&in, &linktype))
        return true;
    if (len < HEADER_LEN) {
        out->anomaly = BAD_LENGTH;
        return true;
    }
    out->header_len = len;
    if (type != TYPE_PACKET || linktype > UINT16_MAX)
        return true;
    out->aux = (uint16_t)linktype;
    out->next_kind = PALUA_ON_LINKTYPE;
    out->next_value = (uint16_t)linktype;
    return true;
}

static const struct palua_binding bindings[] = {{PALUA_ON_LINKTYPE, LINKTYPE_PKTAP},
                                                {PALUA_ON_LINKTYPE, LINKTYPE_USER2}};
static const struct palua_anomaly anomalies[] = {
    {"bad_length", "the header's length is below that of its fields"},
};

static const struct palua_plugin plugin = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "pktap",
    .doc = "Packets of several interfaces, as captured on Apple's systems",
    .role = PALUA_DECODER,
    .bindings = bindings,
    .binding_count = sizeof bindings / sizeof *bindings,
    .anomalies = anomalies,
    .anomaly_count = sizeof anomalies / sizeof *anomalies,
    .decode = decode,
};

PALUA_PLUGIN(plugin)
