// SPDX-License-Identifier: MIT OR Apache-2.0
/* What Wireshark exports from inside packets (LINKTYPE_WIRESHARK_UPPER_PDU): tags, then bytes of
 * the protocol that a tag names. */
#include <palua/cursor.h>
#include <palua/plugin.h>

#include <string.h>

enum { LINKTYPE_UPPER_PDU = 252, TAG_LEN = 4 };
enum { TAG_END = 0, TAG_PROTOCOL = 12, TAG_TABLE = 14, TAG_TABLE_VALUE = 32 };

struct target {
    const char *name; /**< of a Wireshark dissector */
    uint16_t kind;
    uint16_t value;
};

/* Protocols that a packet's layers may begin with. */
static const struct target targets[] = {
    {"ip", PALUA_ON_ETHERTYPE, 0x0800},     {"ipv6", PALUA_ON_ETHERTYPE, 0x86dd},
    {"arp", PALUA_ON_ETHERTYPE, 0x0806},    {"eth", PALUA_ON_LINKTYPE, 1},
    {"eth_maybefcs", PALUA_ON_LINKTYPE, 1}, {"eth_withoutfcs", PALUA_ON_LINKTYPE, 1},
    {"wlan", PALUA_ON_LINKTYPE, 105},       {"wlan_withoutfcs", PALUA_ON_LINKTYPE, 105},
    {"ppp", PALUA_ON_ETHERTYPE, 0x880b},    {"icmp", PALUA_ON_IP_PROTOCOL, 1},
    {"tcp", PALUA_ON_IP_PROTOCOL, 6},       {"udp", PALUA_ON_IP_PROTOCOL, 17},
    {"icmpv6", PALUA_ON_IP_PROTOCOL, 58},   {"sctp", PALUA_ON_IP_PROTOCOL, 132},
    {"udplite", PALUA_ON_IP_PROTOCOL, 136},
};

/* Tables that a value of another tag is looked up in. */
static const struct target tables[] = {
    {"ethertype", PALUA_ON_ETHERTYPE, 0},
    {"ip.proto", PALUA_ON_IP_PROTOCOL, 0},
};

/** @param name  padded with zeros to whole words, or not at all */
static const struct target *find(const struct target *list, size_t count, struct palua_slice name)
{
    size_t len = name.len ? strnlen((const char *)name.data, name.len) : 0;
    for (size_t i = 0; i < count; i++)
        if (strlen(list[i].name) == len && memcmp(list[i].name, name.data, len) == 0)
            return &list[i];
    return NULL;
}

#define FIND(list, name) find(list, sizeof(list) / sizeof *(list), name)

static void take(uint16_t tag, struct palua_slice value, struct palua_decoded *out)
{
    struct palua_cursor in = palua_cursor_of(value);
    uint32_t number;
    if (tag == TAG_PROTOCOL || tag == TAG_TABLE) {
        const struct target *target =
            tag == TAG_PROTOCOL ? FIND(targets, value) : FIND(tables, value);
        out->next_kind = target ? target->kind : 0;
        out->next_value = target ? target->value : 0;
    } else if (tag == TAG_TABLE_VALUE && palua_cursor_u32(&in, &number) && number <= UINT16_MAX) {
        out->next_value = (uint16_t)number;
    }
}

static bool decode(struct palua_slice bytes, struct palua_decoded *out)
{
    struct palua_cursor in = palua_cursor_of(bytes);
    struct palua_slice value = {0};
    uint16_t tag, len;
    while (palua_cursor_u16(&in, &tag) && palua_cursor_u16(&in, &len)) {
        value.len = len;
        if (!palua_cursor_bytes(&in, len, &value.data))
            break;
        if (tag == TAG_END) {
            out->header_len = palua_cursor_offset(&in);
            return true;
        }
        take(tag, value, out);
    }
    /* The end of the tags is missing: the header needs more than there is. */
    out->header_len = bytes.len + TAG_LEN;
    return true;
}

static const struct palua_binding bindings[] = {{PALUA_ON_LINKTYPE, LINKTYPE_UPPER_PDU}};

static const struct palua_plugin plugin = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "exported_pdu",
    .doc = "What Wireshark exports from inside packets",
    .role = PALUA_DECODER,
    .bindings = bindings,
    .binding_count = sizeof bindings / sizeof *bindings,
    .decode = decode,
};

PALUA_PLUGIN(plugin)
