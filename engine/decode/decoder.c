// SPDX-License-Identifier: MIT OR Apache-2.0
#include "decode/decoder.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "decode/decode.h"

static const char *const protocol_names[PALUA_PROTOCOL_ENGINE_END] = {
    [PALUA_PROTOCOL_NONE] = "none",
    [PALUA_PROTOCOL_DATA] = "data",
    [PALUA_PROTOCOL_ETH] = "eth",
    [PALUA_PROTOCOL_VLAN] = "vlan",
    [PALUA_PROTOCOL_IEEE8021AD] = "ieee8021ad",
    [PALUA_PROTOCOL_RAW] = "raw",
    [PALUA_PROTOCOL_NULL] = "null",
    [PALUA_PROTOCOL_SLL] = "sll",
    [PALUA_PROTOCOL_ARP] = "arp",
    [PALUA_PROTOCOL_IP] = "ip",
    [PALUA_PROTOCOL_IPV6] = "ipv6",
    [PALUA_PROTOCOL_IPV6_HOPOPTS] = "ipv6.hopopts",
    [PALUA_PROTOCOL_IPV6_ROUTING] = "ipv6.routing",
    [PALUA_PROTOCOL_IPV6_FRAGMENT] = "ipv6.fraghdr",
    [PALUA_PROTOCOL_IPV6_DSTOPTS] = "ipv6.dstopts",
    [PALUA_PROTOCOL_AH] = "ah",
    [PALUA_PROTOCOL_ESP] = "esp",
    [PALUA_PROTOCOL_MIPV6] = "mipv6",
    [PALUA_PROTOCOL_HIP] = "hip",
    [PALUA_PROTOCOL_SHIM6] = "shim6",
    [PALUA_PROTOCOL_ICMP] = "icmp",
    [PALUA_PROTOCOL_ICMPV6] = "icmpv6",
    [PALUA_PROTOCOL_TCP] = "tcp",
    [PALUA_PROTOCOL_UDP] = "udp",
    [PALUA_PROTOCOL_LLC] = "llc",
    [PALUA_PROTOCOL_STP] = "stp",
    [PALUA_PROTOCOL_LLDP] = "lldp",
    [PALUA_PROTOCOL_EAPOL] = "eapol",
    [PALUA_PROTOCOL_LOOP] = "loop",
    [PALUA_PROTOCOL_PPPOED] = "pppoed",
    [PALUA_PROTOCOL_PPPOES] = "pppoes",
    [PALUA_PROTOCOL_PPP] = "ppp",
    [PALUA_PROTOCOL_CHDLC] = "chdlc",
    [PALUA_PROTOCOL_MPLS] = "mpls",
    [PALUA_PROTOCOL_PWETHCW] = "pwethcw",
    [PALUA_PROTOCOL_IEEE8021AH] = "ieee8021ah",
    [PALUA_PROTOCOL_MACSEC] = "macsec",
    [PALUA_PROTOCOL_VNTAG] = "vntag",
    [PALUA_PROTOCOL_ETAG] = "etag",
    [PALUA_PROTOCOL_GRE] = "gre",
    [PALUA_PROTOCOL_SCTP] = "sctp",
    [PALUA_PROTOCOL_DCCP] = "dccp",
    [PALUA_PROTOCOL_UDPLITE] = "udplite",
    [PALUA_PROTOCOL_IGMP] = "igmp",
    [PALUA_PROTOCOL_PIM] = "pim",
    [PALUA_PROTOCOL_OSPF] = "ospf",
    [PALUA_PROTOCOL_WLAN] = "wlan",
    [PALUA_PROTOCOL_RADIOTAP] = "radiotap",
    [PALUA_PROTOCOL_PRISM] = "prism",
    [PALUA_PROTOCOL_WLANCAP] = "wlancap",
    [PALUA_PROTOCOL_PPI] = "ppi",
    [PALUA_PROTOCOL_FDDI] = "fddi",
    [PALUA_PROTOCOL_TR] = "tr",
    [PALUA_PROTOCOL_IPOIB] = "ipoib",
};

struct entry {
    uint16_t value;
    uint8_t slot;
};

/* LINKTYPE_ values as registered by the tcpdump group; 12 and 14 are what raw IP was called on some
 * systems. */
static const struct entry linktypes[] = {
    {0, PALUA_PROTOCOL_NULL},      {1, PALUA_PROTOCOL_ETH},     {6, PALUA_PROTOCOL_TR},
    {9, DECODER_SLOT_PPP_HDLC},    {10, PALUA_PROTOCOL_FDDI},   {12, PALUA_PROTOCOL_RAW},
    {14, PALUA_PROTOCOL_RAW},      {50, DECODER_SLOT_PPP_HDLC}, {51, PALUA_PROTOCOL_PPPOES},
    {100, PALUA_PROTOCOL_LLC},     {101, PALUA_PROTOCOL_RAW},   {104, PALUA_PROTOCOL_CHDLC},
    {108, PALUA_PROTOCOL_NULL},    {113, PALUA_PROTOCOL_SLL},   {166, DECODER_SLOT_PPP_HDLC},
    {228, PALUA_PROTOCOL_IP},      {229, PALUA_PROTOCOL_IPV6},  {276, DECODER_SLOT_SLL2},
    {105, PALUA_PROTOCOL_WLAN},    {119, PALUA_PROTOCOL_PRISM}, {127, PALUA_PROTOCOL_RADIOTAP},
    {163, PALUA_PROTOCOL_WLANCAP}, {192, PALUA_PROTOCOL_PPI},   {242, PALUA_PROTOCOL_IPOIB},
};

/* 0x8035 is RARP, which has ARP's format (RFC 903); 0x9100 the tag that was stacked before 802.1ad;
 * 0x6558 whole Ethernet frames inside tunnels (RFC 1701). */
static const struct entry ethertypes[] = {
    {0x0800, PALUA_PROTOCOL_IP},         {0x0806, PALUA_PROTOCOL_ARP},
    {0x8035, PALUA_PROTOCOL_ARP},        {0x8100, PALUA_PROTOCOL_VLAN},
    {0x86dd, PALUA_PROTOCOL_IPV6},       {0x88a8, PALUA_PROTOCOL_IEEE8021AD},
    {0x9100, PALUA_PROTOCOL_VLAN},       {0x6558, PALUA_PROTOCOL_ETH},
    {0x880b, PALUA_PROTOCOL_PPP},        {0x8847, PALUA_PROTOCOL_MPLS},
    {0x8848, PALUA_PROTOCOL_MPLS},       {0x8863, PALUA_PROTOCOL_PPPOED},
    {0x8864, PALUA_PROTOCOL_PPPOES},     {0x888e, PALUA_PROTOCOL_EAPOL},
    {0x88cc, PALUA_PROTOCOL_LLDP},       {0x88e5, PALUA_PROTOCOL_MACSEC},
    {0x88e7, PALUA_PROTOCOL_IEEE8021AH}, {0x8926, PALUA_PROTOCOL_VNTAG},
    {0x893f, PALUA_PROTOCOL_ETAG},       {0x9000, PALUA_PROTOCOL_LOOP},
};

/* IANA protocol numbers that both IPs may carry. */
static const struct entry ip_protocols[] = {
    {1, PALUA_PROTOCOL_ICMP},      {4, PALUA_PROTOCOL_IP},     {6, PALUA_PROTOCOL_TCP},
    {17, PALUA_PROTOCOL_UDP},      {41, PALUA_PROTOCOL_IPV6},  {47, PALUA_PROTOCOL_GRE},
    {50, PALUA_PROTOCOL_ESP},      {51, PALUA_PROTOCOL_AH},    {58, PALUA_PROTOCOL_ICMPV6},
    {139, PALUA_PROTOCOL_HIP},     {2, PALUA_PROTOCOL_IGMP},   {33, PALUA_PROTOCOL_DCCP},
    {89, PALUA_PROTOCOL_OSPF},     {103, PALUA_PROTOCOL_PIM},  {132, PALUA_PROTOCOL_SCTP},
    {136, PALUA_PROTOCOL_UDPLITE}, {137, PALUA_PROTOCOL_MPLS},
};

/* Extension headers that only IPv6 has (the IANA registry of IPv6 extension header types). */
static const struct entry ipv6_extensions[] = {
    {0, PALUA_PROTOCOL_IPV6_HOPOPTS},   {43, PALUA_PROTOCOL_IPV6_ROUTING},
    {44, PALUA_PROTOCOL_IPV6_FRAGMENT}, {60, PALUA_PROTOCOL_IPV6_DSTOPTS},
    {135, PALUA_PROTOCOL_MIPV6},        {140, PALUA_PROTOCOL_SHIM6},
};

#define FILL(table, entries) fill(table, entries, sizeof(entries) / sizeof((entries)[0]))

static void fill(uint8_t *table, const struct entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++)
        table[entries[i].value] = entries[i].slot;
}

struct decoder *decoder_new(void)
{
    struct decoder *decoder = memory_zalloc(1, sizeof *decoder);
    FILL(decoder->linktypes, linktypes);
    FILL(decoder->ethertypes, ethertypes);
    FILL(decoder->ip_protocols[0], ip_protocols);
    FILL(decoder->ip_protocols[1], ip_protocols);
    FILL(decoder->ip_protocols[1], ipv6_extensions);
    decoder_key(decoder, DECODE_CONTEXT_USUAL);
    return decoder;
}

void decoder_key(struct decoder *decoder, unsigned contexts)
{
    decoder->keyed = (uint8_t)contexts;
}

void decoder_free(struct decoder *decoder)
{
    for (size_t i = 0; i < decoder->fault_count; i++)
        memory_free(decoder->fault_names[i]);
    memory_free(decoder->fault_names);
    memory_free(decoder);
}

/** The table a binding belongs to, NULL if a decoder cannot be bound so. */
static uint8_t *table_of(struct decoder *decoder, const struct palua_binding *binding,
                         const char **what)
{
    switch (binding->kind) {
    case PALUA_ON_LINKTYPE:
        *what = "link type";
        return decoder->linktypes;
    case PALUA_ON_ETHERTYPE:
        *what = "ethertype";
        return decoder->ethertypes;
    case PALUA_ON_IP_PROTOCOL:
        *what = "IP protocol";
        return binding->value < 256 ? decoder->ip_protocols[1] : NULL;
    case PALUA_ON_UDP_PORT:
        *what = "UDP port";
        return binding->value ? decoder->udp_ports : NULL;
    default:
        return NULL;
    }
}

static uint16_t protocol_of_slot(unsigned slot)
{
    if (slot >= DECODER_SLOT_PLUGIN)
        return (uint16_t)(PALUA_PROTOCOL_PLUGIN + (slot - DECODER_SLOT_PLUGIN));
    if (slot == DECODER_SLOT_PPP_HDLC)
        return PALUA_PROTOCOL_PPP;
    return slot == DECODER_SLOT_SLL2 ? PALUA_PROTOCOL_SLL : (uint16_t)slot;
}

static bool check_plugin(const struct decoder *decoder, const struct palua_plugin *plugin,
                         struct error *err)
{
    if (plugin->role != PALUA_DECODER || !plugin->decode)
        return error_set(err, ERROR_PLUGIN, plugin->name,
                         "it is no decoder: its role is %" PRIu32 " and it %s a decode hook",
                         plugin->role, plugin->decode ? "has" : "lacks");
    if (decoder_protocol_find(decoder, plugin->name) != PALUA_PROTOCOL_NONE)
        return error_set(err, ERROR_PLUGIN, plugin->name,
                         "a protocol of that name is decoded already: rename the plugin");
    if (decoder->fault_count + plugin->anomaly_count > UINT16_MAX - DECODE_FAULT_COUNT)
        return error_set(err, ERROR_PLUGIN, plugin->name, "it declares too many anomalies");
    if (decoder->plugin_count == DECODER_PLUGIN_CAP)
        return error_set(err, ERROR_PLUGIN, plugin->name,
                         "it is one decoder too many: at most %d can be loaded",
                         DECODER_PLUGIN_CAP);
    return true;
}

static bool check_binding(struct decoder *decoder, const struct palua_plugin *plugin,
                          uint32_t index, struct error *err)
{
    const struct palua_binding *binding = &plugin->bindings[index];
    const char *what = "";
    const uint8_t *table = table_of(decoder, binding, &what);
    if (!table)
        return error_set(
            err, ERROR_PLUGIN, plugin->name,
            "binding %" PRIu32
            " (kind %u, value %u) is none for a decoder: expected a link type, an ethertype, "
            "an IP protocol below 256 or a UDP port other than 0",
            index, binding->kind, binding->value);
    if (table[binding->value])
        return error_set(err, ERROR_PLUGIN, plugin->name, "%s %u is decoded by %s already", what,
                         binding->value,
                         decoder_protocol_name(decoder, protocol_of_slot(table[binding->value])));
    return true;
}

/** Gives codes to a plugin's anomalies. */
static void add_fault_names(struct decoder *decoder, const struct palua_plugin *plugin)
{
    decoder->fault_base[decoder->plugin_count] =
        (uint16_t)(DECODE_FAULT_COUNT + decoder->fault_count);
    decoder->fault_names =
        memory_grow(decoder->fault_names, &decoder->fault_cap,
                    decoder->fault_count + plugin->anomaly_count, sizeof *decoder->fault_names);
    for (uint32_t i = 0; i < plugin->anomaly_count; i++) {
        struct text name;
        text_init(&name);
        text_add_format(&name, "%s_%s", plugin->name, plugin->anomalies[i].name);
        decoder->fault_names[decoder->fault_count++] = memory_strdup(name.data);
        text_fini(&name);
    }
}

bool decoder_add(struct decoder *decoder, const struct palua_plugin *plugin, struct error *err)
{
    if (!check_plugin(decoder, plugin, err))
        return false;
    for (uint32_t i = 0; i < plugin->binding_count; i++)
        if (!check_binding(decoder, plugin, i, err))
            return false;
    uint8_t slot = (uint8_t)(DECODER_SLOT_PLUGIN + decoder->plugin_count);
    add_fault_names(decoder, plugin);
    decoder->plugins[decoder->plugin_count++] = plugin;
    for (uint32_t i = 0; i < plugin->binding_count; i++) {
        const struct palua_binding *binding = &plugin->bindings[i];
        const char *what;
        table_of(decoder, binding, &what)[binding->value] = slot;
        if (binding->kind == PALUA_ON_IP_PROTOCOL)
            decoder->ip_protocols[0][binding->value] = slot;
        decoder->udp_bound |= binding->kind == PALUA_ON_UDP_PORT;
    }
    return true;
}

const char *decoder_fault_name(const struct decoder *decoder, uint16_t code)
{
    size_t plugins = code - (size_t)DECODE_FAULT_COUNT;
    if (code < DECODE_FAULT_COUNT)
        return decode_fault_name(code);
    return plugins < decoder->fault_count ? decoder->fault_names[plugins] : "unknown";
}

const char *decoder_protocol_name(const struct decoder *decoder, uint16_t protocol)
{
    if (protocol < PALUA_PROTOCOL_ENGINE_END)
        return protocol_names[protocol];
    uint32_t plugin = protocol - (uint32_t)PALUA_PROTOCOL_PLUGIN;
    return plugin < decoder->plugin_count ? decoder->plugins[plugin]->name : "unknown";
}

uint16_t decoder_protocol_find(const struct decoder *decoder, const char *name)
{
    for (uint16_t i = PALUA_PROTOCOL_NONE + 1; i < PALUA_PROTOCOL_ENGINE_END; i++)
        if (strcmp(name, protocol_names[i]) == 0)
            return i;
    for (uint32_t i = 0; i < decoder->plugin_count; i++)
        if (strcmp(name, decoder->plugins[i]->name) == 0)
            return (uint16_t)(PALUA_PROTOCOL_PLUGIN + i);
    return PALUA_PROTOCOL_NONE;
}
