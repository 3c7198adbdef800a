// SPDX-License-Identifier: MIT OR Apache-2.0
/* Geneve (RFC 8926): an ethertype's payload in UDP, with options. */
#include <palua/cursor.h>
#include <palua/plugin.h>

enum { FIXED_LEN = 8, OPTION_LEN = 4, OPTIONS_WORDS = 0x3f, OPTION_WORDS = 0x1f };
enum { VNI_SHIFT = 8 };
enum { OPTION_OVERRUN = 1 };

/** RFC 8926 section 3.5: options fill their space exactly. */
static void check_options(struct palua_cursor options, struct palua_decoded *out)
{
    uint8_t words;
    while (palua_cursor_left(&options)) {
        uint32_t at = palua_cursor_offset(&options);
        if (palua_cursor_skip(&options, 3) && palua_cursor_u8(&options, &words) &&
            palua_cursor_skip(&options, (words & OPTION_WORDS) * 4u))
            continue;
        out->anomaly = OPTION_OVERRUN;
        out->anomaly_offset = at;
        return;
    }
}

static bool decode(struct palua_slice bytes, struct palua_decoded *out)
{
    struct palua_cursor in = palua_cursor_of(bytes), options;
    uint8_t version_words;
    uint16_t type;
    uint32_t vni;
    /* RFC 8926 section 3.4: the version is 0. */
    if (!palua_cursor_u8(&in, &version_words) || !palua_cursor_skip(&in, 1) ||
        !palua_cursor_u16(&in, &type) || !palua_cursor_u32(&in, &vni) || version_words >> 6)
        return false;
    out->context_kind = PALUA_CONTEXT_NETWORK;
    out->context = vni >> VNI_SHIFT;
    uint32_t options_len = (version_words & OPTIONS_WORDS) * 4u;
    if (palua_cursor_sub(&in, options_len, &options))
        check_options(options, out);
    out->header_len = FIXED_LEN + options_len;
    out->next_kind = PALUA_ON_ETHERTYPE;
    out->next_value = type;
    return true;
}

static const struct palua_binding bindings[] = {{PALUA_ON_UDP_PORT, 6081}};
static const struct palua_anomaly anomalies[] = {
    {"option_overrun", "an option reaches past the space of the options"},
};

static const struct palua_plugin plugin = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "geneve",
    .doc = "Geneve: frames and packets in UDP",
    .role = PALUA_DECODER,
    .bindings = bindings,
    .binding_count = sizeof bindings / sizeof *bindings,
    .anomalies = anomalies,
    .anomaly_count = sizeof anomalies / sizeof *anomalies,
    .decode = decode,
};

PALUA_PLUGIN(plugin)
