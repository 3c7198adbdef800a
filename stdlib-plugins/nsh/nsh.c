// SPDX-License-Identifier: MIT OR Apache-2.0
/* Network service header (RFC 8300): a path and metadata before a packet. */
#include <palua/cursor.h>
#include <palua/plugin.h>

enum { FIXED_LEN = 8, LENGTH_WORDS = 0x3f, LINKTYPE_ETHERNET = 1, NEXT_ETHERNET = 3 };
enum { PATH_SHIFT = 8 };
enum { BAD_LENGTH = 1 };

/** RFC 8300 section 11.2.5. */
static void next(uint8_t protocol, struct palua_decoded *out)
{
    static const uint16_t ethertypes[] = {0, 0x0800, 0x86dd, 0, 0x894f, 0x8847};
    if (protocol == NEXT_ETHERNET) {
        out->next_kind = PALUA_ON_LINKTYPE;
        out->next_value = LINKTYPE_ETHERNET;
    } else if (protocol < sizeof ethertypes / sizeof *ethertypes && ethertypes[protocol]) {
        out->next_kind = PALUA_ON_ETHERTYPE;
        out->next_value = ethertypes[protocol];
    }
}

static bool decode(struct palua_slice bytes, struct palua_decoded *out)
{
    struct palua_cursor in = palua_cursor_of(bytes);
    uint16_t base;
    uint32_t path;
    uint8_t protocol;
    if (!palua_cursor_u16(&in, &base) || !palua_cursor_skip(&in, 1) ||
        !palua_cursor_u8(&in, &protocol) || base >> 14)
        return false;
    out->header_len = (base & LENGTH_WORDS) * 4u;
    if (out->header_len < FIXED_LEN) {
        out->header_len = FIXED_LEN;
        out->anomaly = BAD_LENGTH;
        out->anomaly_offset = 1;
        return true;
    }
    if (palua_cursor_u32(&in, &path)) {
        out->context_kind = PALUA_CONTEXT_SESSION;
        out->context = path >> PATH_SHIFT;
    }
    next(protocol, out);
    return true;
}

static const struct palua_binding bindings[] = {{PALUA_ON_ETHERTYPE, 0x894f}};
static const struct palua_anomaly anomalies[] = {
    {"bad_length", "the length is below that of the base and the path"},
};

static const struct palua_plugin plugin = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "nsh",
    .doc = "Network service header: a path and metadata before a packet",
    .role = PALUA_DECODER,
    .bindings = bindings,
    .binding_count = sizeof bindings / sizeof *bindings,
    .anomalies = anomalies,
    .anomaly_count = sizeof anomalies / sizeof *anomalies,
    .decode = decode,
};

PALUA_PLUGIN(plugin)
