// SPDX-License-Identifier: MIT OR Apache-2.0
/* Packets logged by BSD's packet filter (LINKTYPE_PFLOG): a header of the length it says, padded to
 * whole words, then an IP packet. */
#include <palua/cursor.h>
#include <palua/plugin.h>

enum { LINKTYPE_PFLOG = 117, LEAST_LEN = 45, ON_IPV4 = 0x0800, ON_IPV6 = 0x86dd };
enum { BAD_LENGTH = 1 };

/** Address families of the systems that have pf. */
static void next(uint8_t family, struct palua_decoded *out)
{
    switch (family) {
    case 2:
        out->next_value = ON_IPV4;
        break;
    case 24: /* OpenBSD, NetBSD */
    case 28: /* FreeBSD, DragonFly */
    case 30: /* macOS */
        out->next_value = ON_IPV6;
        break;
    default:
        return;
    }
    out->next_kind = PALUA_ON_ETHERTYPE;
}

static bool decode(struct palua_slice bytes, struct palua_decoded *out)
{
    struct palua_cursor in = palua_cursor_of(bytes);
    uint8_t len, family;
    out->header_len = (LEAST_LEN + 3) & ~3;
    if (!palua_cursor_u8(&in, &len) || !palua_cursor_u8(&in, &family))
        return true;
    out->aux = family;
    if (len < LEAST_LEN) {
        out->anomaly = BAD_LENGTH;
        return true;
    }
    out->header_len = (len + 3u) & ~3u;
    next(family, out);
    return true;
}

static const struct palua_binding bindings[] = {{PALUA_ON_LINKTYPE, LINKTYPE_PFLOG}};
static const struct palua_anomaly anomalies[] = {
    {"bad_length", "the header's length is below that of the first version's fields"},
};

static const struct palua_plugin plugin = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "pflog",
    .doc = "Packets logged by BSD's packet filter",
    .role = PALUA_DECODER,
    .bindings = bindings,
    .binding_count = sizeof bindings / sizeof *bindings,
    .anomalies = anomalies,
    .anomaly_count = sizeof anomalies / sizeof *anomalies,
    .decode = decode,
};

PALUA_PLUGIN(plugin)
