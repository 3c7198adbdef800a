/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** One decoded packet: the fixed-size record that decode fills once and everybody after it only
 * reads.
 *
 * The record and all it points to live in the packet's batch: valid until every consumer of that
 * batch has finished. Layers stand from outer to inner. A layer's bytes lie in a buffer: 0 is the
 * captured frame, higher numbers are reassembled data. Offsets and lengths are checked against the
 * buffer when the record is made; what a snaplen cut off is still counted in `len`, so read through
 * palua_layer_bytes(), which gives the captured part. */
#ifndef PALUA_PACKET_H
#define PALUA_PACKET_H

#include <palua/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Bytes of a layer that were captured, header first; {NULL, 0} if the layer does not exist.
 * @param index  0 is the outermost layer */
static inline struct palua_slice palua_layer_bytes(const struct palua_packet *packet,
                                                   uint32_t index)
{
    struct palua_slice out = {0, 0, 0};
    if (index >= packet->layer_count)
        return out;
    const struct palua_layer *layer = &packet->layers[index];
    const uint8_t *data = packet->data;
    uint32_t len = packet->caplen;
    if (layer->buffer) {
        data = packet->buffers[layer->buffer - 1].data;
        len = packet->buffers[layer->buffer - 1].len;
    }
    if (layer->offset >= len)
        return out;
    out.data = data + layer->offset;
    out.len = len - layer->offset < layer->len ? len - layer->offset : layer->len;
    return out;
}

/** The captured part of a layer's payload: what follows its header. */
static inline struct palua_slice palua_layer_payload(const struct palua_packet *packet,
                                                     uint32_t index)
{
    struct palua_slice out = palua_layer_bytes(packet, index);
    uint32_t header = index < packet->layer_count ? packet->layers[index].header_len : 0;
    if (header > out.len)
        header = out.len;
    if (out.data)
        out.data += header;
    out.len -= header;
    return out;
}

/** Length of a layer's payload on the wire, whatever the snaplen kept of it. */
static inline uint32_t palua_layer_payload_len(const struct palua_packet *packet, uint32_t index)
{
    if (index >= packet->layer_count)
        return 0;
    const struct palua_layer *layer = &packet->layers[index];
    return layer->len > layer->header_len ? layer->len - layer->header_len : 0;
}

#ifdef __cplusplus
}
#endif
#endif
