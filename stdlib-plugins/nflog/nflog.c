// SPDX-License-Identifier: MIT OR Apache-2.0
/* Packets logged by Linux's netfilter (LINKTYPE_NFLOG): attributes, one of which is the packet.
 * Attribute headers have the byte order of the machine that captured. */
#include <palua/cursor.h>
#include <palua/plugin.h>

enum { FIXED_LEN = 4, ATTRIBUTE_LEN = 4, PAYLOAD = 9, LINKTYPE_NFLOG = 239 };
enum { FAMILY_IPV4 = 2, FAMILY_IPV6 = 10, ON_IPV4 = 0x0800, ON_IPV6 = 0x86dd };
enum { BAD_ATTRIBUTE = 1 };

struct attribute {
    uint16_t len; /**< header included, padding not */
    uint16_t type;
};

/** No attribute is so long that its length read in the wrong order would be the smaller one, but
 * the payload, and that has others before it. */
static bool is_big_endian(struct palua_cursor in)
{
    uint16_t len;
    return palua_cursor_u16(&in, &len) && len < __builtin_bswap16(len);
}

static bool read_attribute(struct palua_cursor *in, bool big, struct attribute *out)
{
    if (palua_cursor_left(in) < ATTRIBUTE_LEN || !palua_cursor_u16(in, &out->len) ||
        !palua_cursor_u16(in, &out->type))
        return false;
    if (!big) {
        out->len = __builtin_bswap16(out->len);
        out->type = __builtin_bswap16(out->type);
    }
    return true;
}

static void next(uint8_t family, struct palua_decoded *out)
{
    if (family != FAMILY_IPV4 && family != FAMILY_IPV6)
        return;
    out->next_kind = PALUA_ON_ETHERTYPE;
    out->next_value = family == FAMILY_IPV4 ? ON_IPV4 : ON_IPV6;
}

/** Walks up to the payload; without one, all is header. */
static void walk(struct palua_cursor in, struct palua_decoded *out)
{
    bool big = is_big_endian(in);
    struct attribute attribute;
    while (read_attribute(&in, big, &attribute)) {
        out->header_len = palua_cursor_offset(&in);
        if (attribute.len < ATTRIBUTE_LEN) {
            out->payload_len = 0;
            out->anomaly = BAD_ATTRIBUTE;
            out->anomaly_offset = out->header_len - ATTRIBUTE_LEN;
            return;
        }
        uint32_t len = attribute.len - (uint32_t)ATTRIBUTE_LEN;
        if (attribute.type == PAYLOAD) {
            out->payload_len = len;
            next((uint8_t)out->aux, out);
            return;
        }
        uint32_t padded = (len + 3u) & ~3u;
        out->header_len += padded;
        if (!palua_cursor_skip(&in, padded))
            return;
    }
    out->header_len += (uint32_t)palua_cursor_left(&in);
}

static bool decode(struct palua_slice bytes, struct palua_decoded *out)
{
    struct palua_cursor in = palua_cursor_of(bytes);
    uint8_t family;
    out->header_len = FIXED_LEN;
    if (!palua_cursor_u8(&in, &family) || !palua_cursor_skip(&in, FIXED_LEN - 1))
        return true;
    out->aux = family;
    walk(in, out);
    return true;
}

static const struct palua_binding bindings[] = {{PALUA_ON_LINKTYPE, LINKTYPE_NFLOG}};
static const struct palua_anomaly anomalies[] = {
    {"bad_attribute", "an attribute's length is below that of its header"},
};

static const struct palua_plugin plugin = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "nflog",
    .doc = "Packets logged by Linux's netfilter",
    .role = PALUA_DECODER,
    .bindings = bindings,
    .binding_count = sizeof bindings / sizeof *bindings,
    .anomalies = anomalies,
    .anomaly_count = sizeof anomalies / sizeof *anomalies,
    .decode = decode,
};

PALUA_PLUGIN(plugin)
