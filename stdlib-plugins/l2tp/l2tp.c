// SPDX-License-Identifier: MIT OR Apache-2.0
/* L2TP version 2 (RFC 2661): PPP in UDP. Version 3 (RFC 3931), in UDP or in IP, whose sessions
 * carry what was agreed on beforehand: their payload stays data. */
#include <palua/cursor.h>
#include <palua/plugin.h>

enum { CONTROL = 0x8000, LENGTH = 0x4000, SEQUENCE = 0x0800, OFFSET = 0x0200 };
enum { VERSION = 0x000f, ETHERTYPE_PPP = 0x880b };
enum { CONTROL_LEN = 12, SESSION_LEN = 4, V3_DATA_LEN = 8 };
enum { BAD_LENGTH = 1 };

/** A control message is all header: there is nothing in it to decode as a packet. */
static bool control(struct palua_cursor in, uint32_t before, struct palua_decoded *out)
{
    uint16_t flags, len;
    if (!palua_cursor_u16(&in, &flags) || !palua_cursor_u16(&in, &len) ||
        (flags & (CONTROL | LENGTH | SEQUENCE)) != (CONTROL | LENGTH | SEQUENCE))
        return false;
    out->header_len = before + len;
    out->payload_len = 0;
    if (len < CONTROL_LEN) {
        out->header_len = before + CONTROL_LEN;
        out->anomaly = BAD_LENGTH;
        out->anomaly_offset = before + 2;
    }
    return true;
}

/** RFC 2661 section 3.1: which fields there are, the flags say. */
static bool data(struct palua_cursor in, uint16_t flags, struct palua_decoded *out)
{
    uint16_t len = 0, tunnel, session, offset = 0;
    if ((flags & LENGTH && !palua_cursor_u16(&in, &len)) || !palua_cursor_u16(&in, &tunnel) ||
        !palua_cursor_u16(&in, &session) || (flags & SEQUENCE && !palua_cursor_skip(&in, 4)) ||
        (flags & OFFSET && !palua_cursor_u16(&in, &offset)))
        return false;
    out->aux = session;
    out->context_kind = PALUA_CONTEXT_SESSION;
    out->context = (uint32_t)tunnel << 16 | session;
    out->header_len = palua_cursor_offset(&in) + offset;
    out->next_kind = PALUA_ON_ETHERTYPE;
    out->next_value = ETHERTYPE_PPP;
    if (!(flags & LENGTH))
        return true;
    if (len >= out->header_len) {
        out->payload_len = len - out->header_len;
    } else {
        out->anomaly = BAD_LENGTH;
        out->anomaly_offset = 2;
    }
    return true;
}

/** Version 3 has one id of 32 bits for both, tunnel and session (RFC 3931 section 4.1). */
static void note_session(struct palua_cursor in, struct palua_decoded *out)
{
    if (palua_cursor_u32(&in, &out->context))
        out->context_kind = PALUA_CONTEXT_SESSION;
}

static bool decode_udp(struct palua_cursor in, struct palua_decoded *out)
{
    struct palua_cursor start = in;
    uint16_t flags;
    /* RFC 2661 section 3.1: the bits that are reserved are ignored. */
    if (!palua_cursor_u16(&in, &flags))
        return false;
    unsigned version = flags & VERSION;
    if (version != 2 && version != 3)
        return false;
    if (flags & CONTROL)
        return control(start, 0, out);
    if (version == 2)
        return data(in, flags, out);
    out->header_len = V3_DATA_LEN;
    if (palua_cursor_skip(&in, 2))
        note_session(in, out);
    return true;
}

/** RFC 3931 section 4.1.1: a session id, 0 for control messages. */
static bool decode_ip(struct palua_cursor in, struct palua_decoded *out)
{
    struct palua_cursor start = in;
    uint32_t session;
    if (!palua_cursor_u32(&in, &session))
        return false;
    if (session == 0)
        return control(in, SESSION_LEN, out);
    note_session(start, out);
    out->header_len = SESSION_LEN;
    return true;
}

static bool decode(struct palua_slice bytes, struct palua_decoded *out)
{
    struct palua_cursor in = palua_cursor_of(bytes);
    return out->outer == PALUA_PROTOCOL_UDP ? decode_udp(in, out) : decode_ip(in, out);
}

static const struct palua_binding bindings[] = {{PALUA_ON_UDP_PORT, 1701},
                                                {PALUA_ON_IP_PROTOCOL, 115}};
static const struct palua_anomaly anomalies[] = {
    {"bad_length", "the length is below that of the header"},
};

static const struct palua_plugin plugin = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "l2tp",
    .doc = "L2TP: PPP in UDP",
    .role = PALUA_DECODER,
    .bindings = bindings,
    .binding_count = sizeof bindings / sizeof *bindings,
    .anomalies = anomalies,
    .anomaly_count = sizeof anomalies / sizeof *anomalies,
    .decode = decode,
};

PALUA_PLUGIN(plugin)
