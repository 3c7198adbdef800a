// SPDX-License-Identifier: MIT OR Apache-2.0
/** Hexdump: every packet's number, layers' lengths and captured bytes, sixteen to a line, in the
 * form of `tcpdump -XX`: offset, hexadecimal in pairs, and what is printable. Keeps nothing. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <palua/packet.h>
#include <palua/plugin.h>

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

enum { PER_LINE = 16, TEXT_AT = 10 + 5 * PER_LINE / 2, LINE_CAP = 128 };

struct hexdump {
    const struct palua_host *host;
    int64_t most; /**< bytes shown per packet */
};

static bool start(const struct palua_host *host, struct palua_instance *instance, void **self)
{
    struct hexdump *hexdump = calloc(1, sizeof *hexdump);
    if (!hexdump) {
        host->refuse(instance, "memory ran out");
        return false;
    }
    hexdump->host = host;
    hexdump->most = host->option_int(instance, "bytes");
    *self = hexdump;
    return true;
}

/** A backslash begins an escape in palua's text output, so it is none that stands for itself. */
static bool is_plain(uint8_t byte)
{
    return byte >= 0x20 && byte < 0x7f && byte != '\\';
}

/** One line of up to PER_LINE bytes. @return its length */
static size_t spell(char line[LINE_CAP], uint32_t offset, const uint8_t *data, uint32_t len)
{
    static const char digits[] = "0123456789abcdef";
    int head = snprintf(line, LINE_CAP, "0x%04" PRIx32 ":  ", offset);
    char *at = line + head, *text = at + TEXT_AT - 10 + 1;
    for (char *fill = at; fill < text; fill++)
        *fill = ' ';
    for (uint32_t i = 0; i < len; i++) {
        char *pair = at + 5 * (i / 2) + 2 * (i % 2);
        pair[0] = digits[data[i] >> 4];
        pair[1] = digits[data[i] & 15];
        text[i] = (char)(is_plain(data[i]) ? data[i] : '.');
    }
    return (size_t)(text - line) + len;
}

static void event(void *self, struct palua_call *call, uint32_t subscription,
                  const struct palua_event *seen)
{
    const struct hexdump *hexdump = self;
    const struct palua_packet *packet = seen->packet;
    char line[LINE_CAP];
    (void)subscription;
    int len = snprintf(line, sizeof line,
                       "packet %" PRIu64 ": %" PRIu32 " bytes, %" PRIu32
                       " captured, network payload %" PRIu32 ", transport payload %" PRIu32,
                       packet->number, packet->origlen, packet->caplen,
                       palua_layer_payload_len(packet, packet->network),
                       palua_layer_payload_len(packet, packet->transport));
    hexdump->host->print(call, line, (size_t)len);
    uint32_t end = packet->caplen;
    if (hexdump->most < end)
        end = (uint32_t)hexdump->most;
    for (uint32_t at = 0; at < end; at += PER_LINE) {
        uint32_t left = end - at < PER_LINE ? end - at : PER_LINE;
        hexdump->host->print(call, line, spell(line, at, packet->data + at, left));
    }
}

static const struct palua_subscription subscriptions[] = {{"packet", ""}};
static const struct palua_option options[] = {
    {"bytes", "bytes to show of each packet", "262144", 0, 268435456},
};

static const struct palua_plugin plugin = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "hexdump",
    .doc = "the bytes of every packet",
    .role = PALUA_ANALYSIS,
    .options = options,
    .option_count = COUNT(options),
    .subscriptions = subscriptions,
    .subscription_count = COUNT(subscriptions),
    .start = start,
    .stop = free,
    .event = event,
};

PALUA_PLUGIN(plugin)
