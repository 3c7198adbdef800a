// SPDX-License-Identifier: MIT OR Apache-2.0
/* Decode of one packet. Input: a byte that picks the link type, a byte of bytes that the snaplen
 * cut off, the frame. The decoder has plugins on every kind of binding, which answer with what the
 * frame says, so that lying plugins are tried too. */
#include <stdio.h>
#include <stdlib.h>

#include "../unit/decode/check.h"
#include "base/cursor.h"
#include "base/memory.h"
#include "linktypes.h"
#include "plugin/plugin.h"

static bool decode_told(struct palua_slice bytes, struct palua_decoded *out)
{
    struct cursor in = cursor_of(bytes.data, bytes.len);
    uint8_t header_len, payload_len, kind;
    uint16_t value;
    if (!cursor_u8(&in, &header_len) || !cursor_u8(&in, &payload_len) || !cursor_u8(&in, &kind) ||
        !cursor_u16(&in, &value))
        return false;
    if (header_len < 255)
        out->header_len = header_len;
    else
        out->header_len = UINT32_MAX;
    if (payload_len < 255)
        out->payload_len = payload_len;
    out->next_kind = kind % 8;
    out->next_value = value;
    out->aux = value;
    out->anomaly = value & 1;
    out->anomaly_offset = value;
    return kind < 0xf0;
}

static const struct palua_binding bindings[] = {{PALUA_ON_LINKTYPE, 147},
                                                {PALUA_ON_ETHERTYPE, 0xb000},
                                                {PALUA_ON_IP_PROTOCOL, 253},
                                                {PALUA_ON_UDP_PORT, 7}};
static const struct palua_binding other_bindings[] = {{PALUA_ON_UDP_PORT, 9}};
static const struct palua_anomaly anomalies[] = {{"odd", "The frame says so."}};
static const struct palua_plugin told = {.abi = PALUA_PLUGIN_ABI,
                                         .role = PALUA_DECODER,
                                         .name = "told",
                                         .anomalies = anomalies,
                                         .anomaly_count = 1,
                                         .bindings = bindings,
                                         .binding_count = 4,
                                         .decode = decode_told};
static const struct palua_plugin other = {.abi = PALUA_PLUGIN_ABI,
                                          .role = PALUA_DECODER,
                                          .name = "other",
                                          .anomalies = anomalies,
                                          .anomaly_count = 1,
                                          .bindings = other_bindings,
                                          .binding_count = 1,
                                          .decode = decode_told};

static const struct decoder *shared_decoder(void)
{
    static struct decoder *decoder;
    if (decoder)
        return decoder;
    decoder = decoder_new();
    for (const plugin_entry_fn *entry = plugin_bundled; *entry; entry++)
        if ((*entry)()->role == PALUA_DECODER && !decoder_add(decoder, (*entry)(), NULL))
            abort();
    if (!decoder_add(decoder, &told, NULL) || !decoder_add(decoder, &other, NULL))
        abort();
    return decoder;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor in = cursor_of(data, size);
    uint8_t link, cut;
    if (!cursor_u8(&in, &link) || !cursor_u8(&in, &cut))
        return 0;
    /* A copy of exactly the frame, so that the byte behind it is no longer ours. */
    uint32_t len = (uint32_t)cursor_left(&in);
    uint8_t *frame = malloc(len ? len : 1);
    memcpy(frame, in.pos, len);
    struct palua_packet packet = {.data = frame,
                                  .caplen = len,
                                  .origlen = len + cut * 300u,
                                  .flags = cut & 1 ? PALUA_PACKET_FCS : 0,
                                  .linktype = linktypes[link % LINKTYPE_COUNT]};
    struct palua_packet given = packet;
    struct batch batch = {.packets = &packet, .count = 1};
    decode_batch(shared_decoder(), &batch, 0, 1);
    const char *wrong = check_packet(&packet, &batch.anomalies, shared_decoder());
    if (!wrong)
        wrong = check_walk(shared_decoder(), &packet, &given, batch.anomalies.count);
    if (wrong) {
        fprintf(stderr, "%s does not hold\n", wrong);
        abort();
    }
    memory_free(batch.anomalies.items);
    free(frame);
    return 0;
}
