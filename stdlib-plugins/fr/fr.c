// SPDX-License-Identifier: MIT OR Apache-2.0
/* Frame Relay (Q.922) with the encapsulation of RFC 2427, and Cisco's, which has an ethertype. */
#include <palua/cursor.h>
#include <palua/plugin.h>

enum { LINKTYPE_FRELAY = 107, LINKTYPE_ETHERNET = 1, ADDRESS_MOST = 4, LAST = 1 };
enum { CONTROL_UI = 0x03, NLPID_PADDING = 0x00, NLPID_SNAP = 0x80, NLPID_IPV6 = 0x8e };
enum { NLPID_IPV4 = 0xcc, NLPID_PPP = 0xcf, ETHERTYPE_LEAST = 0x600 };
enum { OUI_ETHERTYPE = 0, OUI_8021 = 0x0080c2, BRIDGED_ETH_FCS = 1, BRIDGED_ETH = 7 };
enum { BAD_ADDRESS = 1 };

/** Q.922 section 3.3: 2 to 4 bytes, of which the last has its lowest bit set. */
static bool read_address(struct palua_cursor *in, uint32_t *out)
{
    uint8_t byte = 0;
    *out = 0;
    for (int i = 0; i < ADDRESS_MOST && !(byte & LAST); i++) {
        if (!palua_cursor_u8(in, &byte))
            return false;
        *out = *out << 8 | byte;
    }
    return true;
}

/** The 10 bits of the short form; of the longer ones, the same bits. */
static uint16_t dlci(uint32_t address)
{
    while (address > 0xffff)
        address >>= 8;
    return (uint16_t)((address >> 6 & 0x3f0) | (address >> 4 & 0xf));
}

static void on(struct palua_decoded *out, uint16_t kind, uint16_t value)
{
    out->next_kind = kind;
    out->next_value = value;
}

static bool snap(struct palua_cursor *in, struct palua_decoded *out)
{
    uint8_t high;
    uint16_t low, type;
    if (!palua_cursor_u8(in, &high) || !palua_cursor_u16(in, &low) || !palua_cursor_u16(in, &type))
        return false;
    uint32_t oui = (uint32_t)high << 16 | low;
    if (oui == OUI_ETHERTYPE && type >= ETHERTYPE_LEAST)
        on(out, PALUA_ON_ETHERTYPE, type);
    else if (oui == OUI_8021 && (type == BRIDGED_ETH || type == BRIDGED_ETH_FCS))
        on(out, PALUA_ON_LINKTYPE, LINKTYPE_ETHERNET);
    return true;
}

/** RFC 2427 section 3: the control field, perhaps padding, and what kind of protocol follows. */
static bool multiprotocol(struct palua_cursor *in, struct palua_decoded *out)
{
    uint8_t control, nlpid;
    if (!palua_cursor_u8(in, &control) || !palua_cursor_u8(in, &nlpid) ||
        (nlpid == NLPID_PADDING && !palua_cursor_u8(in, &nlpid)))
        return false;
    switch (nlpid) {
    case NLPID_IPV4:
        on(out, PALUA_ON_ETHERTYPE, 0x0800);
        return true;
    case NLPID_IPV6:
        on(out, PALUA_ON_ETHERTYPE, 0x86dd);
        return true;
    case NLPID_PPP:
        on(out, PALUA_ON_ETHERTYPE, 0x880b);
        return true;
    case NLPID_SNAP:
        return snap(in, out);
    default:
        return true;
    }
}

/** What follows the address. */
static bool payload(struct palua_cursor *in, struct palua_decoded *out)
{
    struct palua_cursor start = *in;
    uint8_t control;
    uint16_t type;
    if (palua_cursor_peek_u8(in, &control) && control == CONTROL_UI)
        return multiprotocol(in, out);
    if (!palua_cursor_u16(in, &type))
        return false;
    if (type >= ETHERTYPE_LEAST)
        on(out, PALUA_ON_ETHERTYPE, type);
    else
        *in = start;
    return true;
}

static bool decode(struct palua_slice bytes, struct palua_decoded *out)
{
    struct palua_cursor in = palua_cursor_of(bytes);
    uint32_t address;
    out->header_len = bytes.len + 1;
    if (!read_address(&in, &address))
        return true;
    out->aux = dlci(address);
    if (!(address & LAST) || address <= 0xff) {
        out->header_len = palua_cursor_offset(&in);
        out->anomaly = BAD_ADDRESS;
        return true;
    }
    if (payload(&in, out))
        out->header_len = palua_cursor_offset(&in);
    return true;
}

static const struct palua_binding bindings[] = {{PALUA_ON_LINKTYPE, LINKTYPE_FRELAY}};
static const struct palua_anomaly anomalies[] = {
    {"bad_address", "the address has fewer than 2 bytes, or more than 4"},
};

static const struct palua_plugin plugin = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "fr",
    .doc = "Frame Relay: packets behind a Q.922 address",
    .role = PALUA_DECODER,
    .bindings = bindings,
    .binding_count = sizeof bindings / sizeof *bindings,
    .anomalies = anomalies,
    .anomaly_count = sizeof anomalies / sizeof *anomalies,
    .decode = decode,
};

PALUA_PLUGIN(plugin)
