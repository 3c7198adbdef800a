// SPDX-License-Identifier: MIT OR Apache-2.0
/* ERSPAN (draft-foschiano-erspan): mirrored frames in GRE, of type I (no header), II or III. */
#include <palua/cursor.h>
#include <palua/plugin.h>

enum { GRE_SEQUENCE = 0x1000, LINKTYPE_ETHERNET = 1, LINKTYPE_RAW = 101 };
enum { TYPE_2_VERSION = 1, TYPE_2_LEN = 8, TYPE_3_VERSION = 2, TYPE_3_LEN = 12, SUBHEADER_LEN = 8 };
enum { SESSION = 0x3ff, FRAME_TYPE = 0x7c00, FRAME_ETHERNET = 0, FRAME_IP = 2 << 10, OPTIONAL = 1 };

static void next(uint16_t linktype, struct palua_decoded *out)
{
    out->next_kind = PALUA_ON_LINKTYPE;
    out->next_value = linktype;
}

/** The last two bytes of a type III header tell its frame's kind and whether more follows. */
static bool type_3(struct palua_cursor in, struct palua_decoded *out)
{
    uint16_t kind;
    if (!palua_cursor_skip(&in, 6) || !palua_cursor_u16(&in, &kind)) {
        out->header_len = TYPE_3_LEN;
        return true;
    }
    out->header_len = TYPE_3_LEN + (kind & OPTIONAL ? SUBHEADER_LEN : 0u);
    if ((kind & FRAME_TYPE) == FRAME_ETHERNET)
        next(LINKTYPE_ETHERNET, out);
    else if ((kind & FRAME_TYPE) == FRAME_IP)
        next(LINKTYPE_RAW, out);
    return true;
}

static bool decode(struct palua_slice bytes, struct palua_decoded *out)
{
    struct palua_cursor in = palua_cursor_of(bytes);
    uint16_t version_vlan, session;
    if (out->outer != PALUA_PROTOCOL_GRE)
        return false;
    /* Type I has no header, and GRE no sequence number; the others always have one. */
    if (!(out->outer_aux & GRE_SEQUENCE)) {
        next(LINKTYPE_ETHERNET, out);
        return true;
    }
    if (!palua_cursor_u16(&in, &version_vlan) || !palua_cursor_u16(&in, &session))
        return false;
    out->aux = session & SESSION;
    out->context_kind = PALUA_CONTEXT_SESSION;
    out->context = session & SESSION;
    if (version_vlan >> 12 == TYPE_3_VERSION)
        return type_3(in, out);
    out->header_len = TYPE_2_LEN;
    next(LINKTYPE_ETHERNET, out);
    return version_vlan >> 12 == TYPE_2_VERSION;
}

static const struct palua_binding bindings[] = {{PALUA_ON_ETHERTYPE, 0x88be},
                                                {PALUA_ON_ETHERTYPE, 0x22eb}};

static const struct palua_plugin plugin = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "erspan",
    .doc = "ERSPAN: mirrored frames in GRE",
    .role = PALUA_DECODER,
    .bindings = bindings,
    .binding_count = sizeof bindings / sizeof *bindings,
    .decode = decode,
};

PALUA_PLUGIN(plugin)
