// SPDX-License-Identifier: MIT OR Apache-2.0
#include "app/findings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "capture/order.h"

enum {
    BATCH_PACKETS = 1024,
    BLOCK_SIZE = 256 << 10,
    RECORD_CAP = 256 << 20,
    METADATA_CAP = 16 << 20,
    INTERFACE_CAP = 65536 /**< a packet's number of its interface has 16 bits */
};

static struct findings_share *share_of(struct findings *found, const struct palua_packet *packet)
{
    size_t count = (size_t)packet->interface + 1, before = found->share_cap;
    found->shares = memory_grow(found->shares, &found->share_cap, count, sizeof *found->shares);
    if (found->share_cap > before)
        memset(found->shares + before, 0, (found->share_cap - before) * sizeof *found->shares);
    if (count > found->share_count)
        found->share_count = count;
    return &found->shares[packet->interface];
}

static void note_time(struct findings *found, const struct palua_packet *packet)
{
    int64_t ts_ns = packet->ts_ns;
    if (packet->flags & PALUA_PACKET_NO_TIME) {
        found->untimed++;
        return;
    }
    if (!found->timed || ts_ns < found->min_ts_ns)
        found->min_ts_ns = ts_ns;
    if (!found->timed || ts_ns > found->max_ts_ns)
        found->max_ts_ns = ts_ns;
    found->backwards += found->timed && ts_ns < found->last_ts_ns;
    if (!found->timed)
        found->first_ts_ns = ts_ns;
    found->last_ts_ns = ts_ns;
    found->timed = true;
}

/* The line is that of the hash's definition, so it stays as it is. */
static void hash_metadata(struct findings *found, const struct palua_packet *packet)
{
    char line[128], ts[24] = "None";
    if (!(packet->flags & PALUA_PACKET_NO_TIME))
        snprintf(ts, sizeof ts, "%" PRId64, packet->ts_ns);
    int len = snprintf(line, sizeof line, "%s,%u,%u,%u,%u\n", ts, packet->caplen, packet->origlen,
                       packet->interface, packet->linktype);
    digest_add(&found->meta, line, (size_t)len);
}

static void note_packet(struct findings *found, const struct palua_packet *packet)
{
    struct findings_share *share = share_of(found, packet);
    share->packets++;
    share->bytes += packet->caplen;
    share->linktype = packet->linktype;
    found->truncated += (packet->flags & PALUA_PACKET_TRUNCATED) != 0;
    note_time(found, packet);
    hash_metadata(found, packet);
    digest_add(&found->data, packet->data, packet->caplen);
}

static void note_error(struct findings *found, enum capture_status status, const struct error *err)
{
    if (status == CAPTURE_FAILED) {
        found->failed = true;
        found->failure = *err;
        return;
    }
    found->damages = memory_grow(found->damages, &found->damage_cap, found->damage_count + 1,
                                 sizeof *found->damages);
    found->damages[found->damage_count++] = *err;
}

static void read_file(struct findings *found, const char *path,
                      const struct findings_options *options)
{
    uint32_t packets = options->batch_packets ? options->batch_packets : BATCH_PACKETS;
    uint32_t block_size = options->block_size ? options->block_size : BLOCK_SIZE;
    struct capture *capture = capture_new(&(struct capture_options){.paths = &path,
                                                                    .path_count = 1,
                                                                    .batch_packets = packets,
                                                                    .block_size = block_size,
                                                                    .record_cap = RECORD_CAP,
                                                                    .strict = options->strict,
                                                                    .metadata = &found->metadata});
    struct batch_pool *batches = batch_pool_new(1, packets, 1, 1);
    enum capture_status status;
    do {
        struct batch *batch = batch_take(batches);
        struct error err = {0};
        status = capture_read(capture, batch, &err);
        for (uint32_t i = 0; i < batch->count; i++)
            note_packet(found, &batch->packets[i]);
        batch_give(batches, batch);
        if (status == CAPTURE_DAMAGED || status == CAPTURE_FAILED)
            note_error(found, status, &err);
    } while (status != CAPTURE_END);
    capture_totals(capture, &found->totals);
    found->file = capture_file(capture, 0);
    found->file.name = path;
    batch_pool_free(batches);
    capture_free(capture);
}

void findings_fini(struct findings *found)
{
    metadata_fini(&found->metadata);
    digest_fini(&found->data);
    digest_fini(&found->meta);
    memory_free(found->shares);
    memory_free(found->damages);
    memory_free(found->described);
    memory_free(found->statistics);
}

/** Whether an item belongs to another block than the one that is noted already. Of statistics,
 * which count on, the last ones hold. */
static bool comes_later(const struct findings *found, uint32_t noted,
                        const struct metadata_item *item)
{
    return item->block == METADATA_STATISTICS &&
           found->metadata.items[noted - 1].offset != item->offset;
}

/** Where the items of the block about each interface start: with thousands of interfaces they must
 * not be looked for anew each time. */
static void index_interfaces(struct findings *found)
{
    uint32_t count = findings_interfaces(found);
    found->described = memory_zalloc(count, sizeof *found->described);
    found->statistics = memory_zalloc(count, sizeof *found->statistics);
    for (size_t i = 0; i < found->metadata.count; i++) {
        const struct metadata_item *item = &found->metadata.items[i];
        uint32_t *index = item->block == METADATA_INTERFACE    ? found->described
                          : item->block == METADATA_STATISTICS ? found->statistics
                                                               : NULL;
        if (!index || item->interface >= count)
            continue;
        uint32_t *noted = &index[item->interface];
        if (!*noted || comes_later(found, *noted, item))
            *noted = (uint32_t)i + 1;
    }
}

void findings_init(struct findings *found, const char *path, const struct findings_options *options)
{
    *found = (struct findings){0};
    metadata_init(&found->metadata, METADATA_CAP);
    digest_init(&found->data);
    digest_init(&found->meta);
    read_file(found, path, options);
    index_interfaces(found);
}

/** Number of the first item, from 1 on, of the block of a type about an interface; 0 if there is
 * none. */
static size_t item_first(const struct findings *found, uint32_t block, uint32_t interface)
{
    if (interface != METADATA_NO_INTERFACE && interface >= findings_interfaces(found))
        return 0;
    if (block == METADATA_INTERFACE)
        return found->described[interface];
    if (block == METADATA_STATISTICS)
        return found->statistics[interface];
    for (size_t i = 0; i < found->metadata.count; i++)
        if (found->metadata.items[i].block == block)
            return i + 1;
    return 0;
}

const struct metadata_item *findings_item(const struct findings *found, uint32_t block,
                                          uint32_t interface, enum metadata_part part,
                                          uint16_t code)
{
    size_t first = item_first(found, block, interface);
    if (!first)
        return NULL;
    uint64_t offset = found->metadata.items[first - 1].offset;
    for (size_t i = first - 1; i < found->metadata.count; i++) {
        const struct metadata_item *item = &found->metadata.items[i];
        if (item->offset != offset)
            return NULL;
        if (item->part == part && (part == METADATA_FIXED || item->code == code))
            return item;
    }
    return NULL;
}

uint64_t findings_count(const struct findings *found, uint32_t block, enum metadata_part part)
{
    uint64_t count = 0;
    for (size_t i = 0; i < found->metadata.count; i++)
        count += found->metadata.items[i].block == block && found->metadata.items[i].part == part;
    return count;
}

const char *findings_block_name(uint32_t block)
{
    switch (block) {
    case METADATA_SECTION:
        return "section";
    case METADATA_INTERFACE:
        return "interface";
    case METADATA_PACKET:
    case METADATA_PACKET_OBSOLETE:
        return "packet";
    case METADATA_STATISTICS:
        return "statistics";
    case METADATA_NAMES:
        return "names";
    case METADATA_SECRETS:
        return "secrets";
    default:
        return "other";
    }
}

bool findings_is_comment(const struct metadata_item *item)
{
    return item->part == METADATA_OPTION && item->code == OPTION_COMMENT;
}

uint64_t findings_comments(const struct findings *found)
{
    uint64_t count = 0;
    for (size_t i = 0; i < found->metadata.count; i++)
        count += findings_is_comment(&found->metadata.items[i]);
    return count;
}

struct findings_interface findings_interface(const struct findings *found, uint32_t number)
{
    const struct format_facts *facts = &found->file.facts;
    struct findings_interface out = {.linktype = facts->linktype, .snaplen = facts->snaplen};
    if (number < found->share_count) {
        out.packets = found->shares[number].packets;
        out.bytes = found->shares[number].bytes;
    }
    const struct metadata_item *item =
        findings_item(found, METADATA_INTERFACE, number, METADATA_FIXED, 0);
    if (!item)
        return out;
    struct cursor in = cursor_of(item->value.data, item->value.len);
    uint16_t linktype, reserved;
    uint32_t snaplen;
    if (order_u16(&in, item->big, &linktype) && order_u16(&in, item->big, &reserved) &&
        order_u32(&in, item->big, &snaplen)) {
        out.linktype = linktype;
        out.snaplen = snaplen;
    }
    return out;
}

uint32_t findings_interfaces(const struct findings *found)
{
    uint32_t described = found->file.facts.interface_count;
    if (!found->file.facts.sections)
        return found->file.format ? 1 : 0;
    return described < INTERFACE_CAP ? described : INTERFACE_CAP;
}
