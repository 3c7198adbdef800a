// SPDX-License-Identifier: MIT OR Apache-2.0
#include "defrag/opening.h"

#include <string.h>

#include "base/memory.h"

struct opening {
    struct palua_packet packet; /**< its frame and buffers lie in `bytes` */
    size_t len;                 /**< of these */
    uint8_t header;
    uint8_t buffer_count;
    struct palua_slice buffers[PALUA_LAYER_CAP]; /**< a buffer has a layer */
    uint8_t bytes[];
};

/** Buffers stand in the order of the layers that lie in them. */
static uint8_t count_buffers(const struct palua_packet *packet)
{
    uint8_t count = 0;
    for (uint32_t i = 0; i < packet->layer_count; i++)
        if (packet->layers[i].buffer > count)
            count = packet->layers[i].buffer;
    return count;
}

/** Copies bytes behind those that are there already. */
static const uint8_t *append(struct opening *opening, const uint8_t *bytes, size_t len)
{
    uint8_t *out = opening->bytes + opening->len;
    if (len)
        memcpy(out, bytes, len);
    opening->len += len;
    return out;
}

struct opening *opening_new(const struct palua_packet *packet, uint8_t header)
{
    uint8_t count = count_buffers(packet);
    size_t len = packet->caplen;
    for (uint8_t i = 0; i < count; i++)
        len += packet->buffers[i].len;
    struct opening *opening = memory_alloc(sizeof *opening + len);
    *opening = (struct opening){.packet = *packet, .header = header, .buffer_count = count};
    opening->packet.data = append(opening, packet->data, packet->caplen);
    for (uint8_t i = 0; i < count; i++) {
        opening->buffers[i] = packet->buffers[i];
        opening->buffers[i].data = append(opening, packet->buffers[i].data, packet->buffers[i].len);
    }
    opening->packet.buffers = NULL; // set where it is shown
    return opening;
}

void opening_free(struct opening *opening)
{
    memory_free(opening);
}

size_t opening_memory(const struct opening *opening)
{
    return sizeof *opening + opening->len;
}

/** Copies bytes, which may be none. */
static const uint8_t *copy(struct arena *arena, const uint8_t *bytes, size_t len)
{
    uint8_t *out = arena_alloc(arena, len + 1, 1);
    if (len)
        memcpy(out, bytes, len);
    return out;
}

/** What came of the datagram up to its first hole. */
static struct palua_slice beginning(const struct datagram *datagram, struct arena *arena)
{
    uint32_t len = datagram_beginning(datagram);
    uint8_t *bytes = arena_alloc(arena, len + 1u, 1);
    datagram_copy(datagram, bytes);
    return (struct palua_slice){bytes, len, 0};
}

const struct palua_packet *opening_show(const struct opening *opening,
                                        const struct datagram *datagram,
                                        const struct decoder *decoder, struct arena *arena)
{
    uint8_t count = opening->buffer_count;
    struct palua_packet *packet =
        arena_copy(arena, &opening->packet, sizeof *packet, _Alignof(struct palua_packet));
    struct palua_slice *buffers =
        arena_alloc(arena, (count + 1u) * sizeof *buffers, _Alignof(struct palua_slice));
    for (uint8_t i = 0; i < count; i++) {
        buffers[i] = opening->buffers[i];
        buffers[i].data = copy(arena, buffers[i].data, buffers[i].len);
    }
    buffers[count] = beginning(datagram, arena);
    packet->data = copy(arena, packet->data, packet->caplen);
    packet->buffers = buffers;
    uint32_t len = datagram->ended ? datagram->end : DATAGRAM_MOST;
    bool whole = decode_beginning(decoder, packet, opening->header, (uint8_t)(count + 1),
                                  datagram->proto, len);
    return whole ? packet : NULL;
}
