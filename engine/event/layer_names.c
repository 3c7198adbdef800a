// SPDX-License-Identifier: MIT OR Apache-2.0
#include "event/layer_names.h"

#include <string.h>
#include <xxhash.h>

#include "base/memory.h"

enum { SLOT_COUNT = 4 * LAYER_NAMES_CAP }; // at most a quarter full, so a probe is short

struct sequence {
    uint16_t protocols[PALUA_LAYER_CAP];
    uint32_t count;
};

struct entry {
    struct sequence sequence;
    struct palua_slice text;
};

struct layer_names {
    const struct decoder *decoder;
    struct arena texts;
    uint32_t count;
    struct entry entries[LAYER_NAMES_CAP];
    uint16_t slots[SLOT_COUNT]; /**< 1 + index of the entry, 0 empty */
};

struct layer_names *layer_names_new(const struct decoder *decoder)
{
    struct layer_names *names = memory_zalloc(1, sizeof *names);
    names->decoder = decoder;
    arena_init(&names->texts);
    return names;
}

void layer_names_free(struct layer_names *names)
{
    arena_fini(&names->texts);
    memory_free(names);
}

struct palua_slice layer_names_one(const struct layer_names *names, uint16_t protocol)
{
    const char *name = decoder_protocol_name(names->decoder, protocol);
    return (struct palua_slice){(const uint8_t *)name, (uint32_t)strlen(name), 0};
}

const char *layer_names_fault(const struct layer_names *names, uint16_t code)
{
    return decoder_fault_name(names->decoder, code);
}

static struct palua_slice write_text(const struct layer_names *names,
                                     const struct sequence *sequence, struct arena *arena)
{
    size_t len = 0;
    for (uint32_t i = 0; i < sequence->count; i++)
        len += layer_names_one(names, sequence->protocols[i]).len + 1;
    uint8_t *text = arena_alloc(arena, len ? len : 1, 1);
    uint8_t *at = text;
    for (uint32_t i = 0; i < sequence->count; i++) {
        struct palua_slice one = layer_names_one(names, sequence->protocols[i]);
        if (i)
            *at++ = ':';
        memcpy(at, one.data, one.len);
        at += one.len;
    }
    return (struct palua_slice){text, (uint32_t)(at - text), 0};
}

static bool same(const struct sequence *a, const struct sequence *b)
{
    return a->count == b->count &&
           memcmp(a->protocols, b->protocols, a->count * sizeof *a->protocols) == 0;
}

struct palua_slice layer_names_of(struct layer_names *names, const struct palua_packet *packet,
                                  struct arena *arena)
{
    struct sequence sequence;
    sequence.count = packet->layer_count;
    for (uint32_t i = 0; i < sequence.count; i++)
        sequence.protocols[i] = packet->layers[i].protocol;
    uint32_t slot =
        (uint32_t)XXH3_64bits(sequence.protocols, sequence.count * sizeof *sequence.protocols) %
        SLOT_COUNT;
    for (; names->slots[slot]; slot = (slot + 1) % SLOT_COUNT) {
        const struct entry *entry = &names->entries[names->slots[slot] - 1];
        if (same(&entry->sequence, &sequence))
            return entry->text;
    }
    if (names->count == LAYER_NAMES_CAP)
        return write_text(names, &sequence, arena);
    struct entry *entry = &names->entries[names->count++];
    entry->sequence = sequence;
    entry->text = write_text(names, &sequence, &names->texts);
    names->slots[slot] = (uint16_t)names->count;
    return entry->text;
}
