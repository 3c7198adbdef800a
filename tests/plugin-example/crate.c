// SPDX-License-Identifier: MIT OR Apache-2.0
/** A decoder as anybody may write one, against the public headers only: an encapsulation that does
 * not exist, loaded with `-p ./crate.so`. Its flows, tunnels and anomalies are palua's own work.
 *
 *     palua -p ./crate.so -T packet.layers,tunnel.id capture.pcap
 *
 * CRATE: ethertype 0x88b5 (IEEE 802, local experiments), IP protocol 253 (RFC 3692), UDP port 4245
 * and link type 147 (LINKTYPE_USER0). A header of 8 bytes: version (1), kind of content (1 Ethernet
 * frame, 2 a packet of the ethertype that follows the header, 3 an IP protocol), length of the
 * content in bytes, and the number of the crate, which both directions share. Kind 2 adds the
 * ethertype, kind 3 the protocol number and a byte of padding. */
#include <palua/cursor.h>
#include <palua/plugin.h>

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

enum { CRATE_VERSION = 1, FIXED_LEN = 8, TYPE_LEN = 2, LINKTYPE_ETHERNET = 1 };
enum { KIND_FRAME = 1, KIND_PACKET = 2, KIND_PROTOCOL = 3 };

enum { ANOMALY_KIND, ANOMALY_EMPTY };

/** What lies in the crate; false if its kind is unknown. */
static bool next(uint8_t kind, struct palua_cursor *in, struct palua_decoded *out)
{
    uint16_t type = 0;
    if (kind == KIND_FRAME) {
        out->next_kind = PALUA_ON_LINKTYPE;
        out->next_value = LINKTYPE_ETHERNET;
        return true;
    }
    /* More than there is: palua then says that the header is cut. */
    out->header_len = FIXED_LEN + TYPE_LEN;
    if (!palua_cursor_u16(in, &type))
        return true;
    out->next_kind = kind == KIND_PACKET ? PALUA_ON_ETHERTYPE : PALUA_ON_IP_PROTOCOL;
    out->next_value = kind == KIND_PACKET ? type : type >> 8;
    return kind == KIND_PACKET || kind == KIND_PROTOCOL;
}

/** Says which entry of the list of anomalies it is, and where; nothing inside is decoded then. */
static void raise(struct palua_decoded *out, unsigned anomaly, uint32_t offset)
{
    out->anomaly = (uint16_t)(anomaly + 1);
    out->anomaly_offset = offset;
    out->next_kind = 0;
}

static bool decode(struct palua_slice bytes, struct palua_decoded *out)
{
    struct palua_cursor in = palua_cursor_of(bytes);
    uint8_t version, kind;
    uint16_t len;
    uint32_t number;
    if (!palua_cursor_u8(&in, &version) || version != CRATE_VERSION ||
        !palua_cursor_u8(&in, &kind) || !palua_cursor_u16(&in, &len) ||
        !palua_cursor_u32(&in, &number))
        return false; // not CRATE: the bytes stay data
    out->header_len = FIXED_LEN;
    out->payload_len = len;
    out->context_kind = PALUA_CONTEXT_NETWORK;
    out->context = number;
    if (!next(kind, &in, out)) {
        out->header_len = FIXED_LEN;
        raise(out, ANOMALY_KIND, 1);
    } else if (len == 0) {
        raise(out, ANOMALY_EMPTY, 2);
    }
    return true;
}

static const struct palua_binding bindings[] = {
    {PALUA_ON_ETHERTYPE, 0x88b5},
    {PALUA_ON_IP_PROTOCOL, 253},
    {PALUA_ON_UDP_PORT, 4245},
    {PALUA_ON_LINKTYPE, 147},
};
static const struct palua_anomaly anomalies[] = {
    [ANOMALY_KIND] = {"unknown_kind", "a crate holds something that has no number yet"},
    [ANOMALY_EMPTY] = {"empty", "a crate holds nothing"},
};

static const struct palua_plugin plugin = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "crate",
    .doc = "CRATE, an invented encapsulation",
    .role = PALUA_DECODER,
    .bindings = bindings,
    .binding_count = COUNT(bindings),
    .anomalies = anomalies,
    .anomaly_count = COUNT(anomalies),
    .decode = decode,
};

PALUA_PLUGIN(plugin)
