// SPDX-License-Identifier: MIT OR Apache-2.0
/* GTP-U (3GPP TS 29.281): a mobile subscriber's packets in UDP, with extension headers. */
#include <palua/cursor.h>
#include <palua/plugin.h>

enum { FIXED_LEN = 8, OPTIONAL_LEN = 4 };
enum { VERSION_TYPE = 0xf0, VERSION_1_GTP = 0x30, HAS_OPTIONAL = 0x07, HAS_EXTENSION = 0x04 };
enum { BAD_EXTENSION = 1, BAD_LENGTH = 2 };

/** TS 29.281 section 7.1: what comes over the user plane's port. */
enum { ECHO_REQUEST = 1, ECHO_RESPONSE = 2, ERROR_INDICATION = 26, EXTENSIONS = 31 };
enum { END_MARKER = 254, G_PDU = 255 };

static bool is_message(uint8_t type)
{
    return type == ECHO_REQUEST || type == ECHO_RESPONSE || type == ERROR_INDICATION ||
           type == EXTENSIONS || type == END_MARKER || type == G_PDU;
}

/** Section 5.2: a length in units of 4 bytes, the content, the type of the next.
 * @return the bytes that the header needs up to here, more than there are if it was cut */
static uint32_t skip_extensions(struct palua_cursor *in, struct palua_decoded *out)
{
    uint8_t type = 1, words;
    while (type) {
        uint32_t at = palua_cursor_offset(in);
        if (!palua_cursor_u8(in, &words))
            return at + 1;
        if (words == 0) {
            out->anomaly = BAD_EXTENSION;
            out->anomaly_offset = at;
            return at + 1;
        }
        if (!palua_cursor_skip(in, words * 4u - 2) || !palua_cursor_u8(in, &type))
            return at + words * 4u;
    }
    return palua_cursor_offset(in);
}

/** The header with what is optional of it. */
static uint32_t header_len(struct palua_cursor *in, uint8_t flags, struct palua_decoded *out)
{
    uint8_t type;
    if (!(flags & HAS_OPTIONAL))
        return FIXED_LEN;
    if (!palua_cursor_skip(in, OPTIONAL_LEN - 1) || !palua_cursor_u8(in, &type))
        return FIXED_LEN + OPTIONAL_LEN;
    return flags & HAS_EXTENSION && type ? skip_extensions(in, out) : FIXED_LEN + OPTIONAL_LEN;
}

/** Nothing says which kind of packet it is; the subscriber's session does. IP shows itself. */
static void next(const struct palua_cursor *in, struct palua_decoded *out)
{
    uint8_t first;
    if (out->anomaly || !palua_cursor_peek_u8(in, &first) || (first >> 4 != 4 && first >> 4 != 6))
        return;
    out->next_kind = PALUA_ON_ETHERTYPE;
    out->next_value = first >> 4 == 4 ? 0x0800 : 0x86dd;
}

static bool decode(struct palua_slice bytes, struct palua_decoded *out)
{
    struct palua_cursor in = palua_cursor_of(bytes);
    uint8_t flags, type;
    uint16_t len;
    uint32_t teid;
    if (!palua_cursor_u8(&in, &flags) || !palua_cursor_u8(&in, &type) ||
        !palua_cursor_u16(&in, &len) || !palua_cursor_u32(&in, &teid) ||
        (flags & VERSION_TYPE) != VERSION_1_GTP || !is_message(type))
        return false;
    out->context_kind = PALUA_CONTEXT_SESSION;
    out->context = teid;
    if (type != G_PDU) {
        out->header_len = FIXED_LEN + (uint32_t)len;
        out->payload_len = 0;
        return true;
    }
    out->header_len = header_len(&in, flags, out);
    if (out->header_len > FIXED_LEN + (uint32_t)len) {
        out->anomaly = BAD_LENGTH;
        out->anomaly_offset = 2;
        out->payload_len = 0;
        return true;
    }
    out->payload_len = FIXED_LEN + (uint32_t)len - out->header_len;
    next(&in, out);
    return true;
}

static const struct palua_binding bindings[] = {{PALUA_ON_UDP_PORT, 2152}};
static const struct palua_anomaly anomalies[] = {
    {"bad_extension", "an extension header of length 0"},
    {"bad_length", "the length is below that of the header's optional part"},
};

static const struct palua_plugin plugin = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "gtp",
    .doc = "GTP-U: subscribers' packets in UDP",
    .role = PALUA_DECODER,
    .bindings = bindings,
    .binding_count = sizeof bindings / sizeof *bindings,
    .anomalies = anomalies,
    .anomaly_count = sizeof anomalies / sizeof *anomalies,
    .decode = decode,
};

PALUA_PLUGIN(plugin)
