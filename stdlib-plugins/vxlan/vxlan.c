// SPDX-License-Identifier: MIT OR Apache-2.0
/* VXLAN (RFC 7348), its group policy (draft-smith-vxlan-group-policy) and generic protocol
 * extension (draft-ietf-nvo3-vxlan-gpe): Ethernet frames, or what the extension says, in UDP. */
#include <palua/cursor.h>
#include <palua/plugin.h>

enum { HEADER_LEN = 8, FLAG_VNI = 0x08, FLAG_NEXT = 0x04, LINKTYPE_ETHERNET = 1 };
enum { VNI_SHIFT = 8 };

/** What the extension's protocol number means. */
static void next(uint8_t protocol, struct palua_decoded *out)
{
    static const uint16_t ethertypes[] = {0, 0x0800, 0x86dd, 0, 0x894f, 0x8847};
    if (protocol == 3) {
        out->next_kind = PALUA_ON_LINKTYPE;
        out->next_value = LINKTYPE_ETHERNET;
    } else if (protocol < sizeof ethertypes / sizeof *ethertypes && ethertypes[protocol]) {
        out->next_kind = PALUA_ON_ETHERTYPE;
        out->next_value = ethertypes[protocol];
    }
}

/** Without a network identifier it is something else. RFC 7348 section 5: reserved bits are
 * ignored, so that nobody hides a frame by setting them. */
static bool decode(struct palua_slice bytes, struct palua_decoded *out)
{
    struct palua_cursor in = palua_cursor_of(bytes);
    uint8_t flags, protocol;
    uint32_t vni;
    if (!palua_cursor_u8(&in, &flags) || !palua_cursor_skip(&in, 2) ||
        !palua_cursor_u8(&in, &protocol) || !palua_cursor_u32(&in, &vni) || !(flags & FLAG_VNI))
        return false;
    out->context_kind = PALUA_CONTEXT_NETWORK;
    out->context = vni >> VNI_SHIFT;
    out->header_len = HEADER_LEN;
    next(flags & FLAG_NEXT ? protocol : 3, out);
    return true;
}

static const struct palua_binding bindings[] = {{PALUA_ON_UDP_PORT, 4789},
                                                {PALUA_ON_UDP_PORT, 4790}};

static const struct palua_plugin plugin = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "vxlan",
    .doc = "VXLAN and VXLAN-GPE: frames in UDP",
    .role = PALUA_DECODER,
    .bindings = bindings,
    .binding_count = sizeof bindings / sizeof *bindings,
    .decode = decode,
};

PALUA_PLUGIN(plugin)
