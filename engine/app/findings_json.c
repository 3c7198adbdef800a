// SPDX-License-Identifier: MIT OR Apache-2.0
#include "app/findings_json.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "capture/filter.h"

static void json_key(struct text *out, const char *key)
{
    bool first = out->len && out->data[out->len - 1] == '{';
    text_add_format(out, "%s\"%s\":", first ? "" : ",", key);
}

static void json_uint(struct text *out, const char *key, uint64_t value)
{
    json_key(out, key);
    text_add_uint(out, value);
}

static void json_text(struct text *out, const char *key, const void *data, size_t len)
{
    json_key(out, key);
    text_add_json(out, data, len);
}

static void json_str(struct text *out, const char *key, const char *value)
{
    json_key(out, key);
    if (value)
        text_add_json(out, value, strlen(value));
    else
        text_add_str(out, "null");
}

static void json_time(struct text *out, const char *key, bool known, int64_t ts_ns)
{
    json_key(out, key);
    if (known)
        text_add_int(out, ts_ns);
    else
        text_add_str(out, "null");
}

static void json_option(struct text *out, const struct findings *found, uint32_t interface,
                        uint16_t code, const char *key)
{
    const struct metadata_item *item =
        findings_item(found, METADATA_INTERFACE, interface, METADATA_OPTION, code);
    if (item)
        json_text(out, key, item->value.data, item->value.len);
}

static void json_number(struct text *out, const struct findings *found, uint32_t block,
                        uint32_t interface, uint16_t code, const char *key)
{
    const struct metadata_item *item =
        findings_item(found, block, interface, METADATA_OPTION, code);
    uint64_t value;
    if (item && metadata_uint(item, &value))
        json_uint(out, key, value);
}

/** The one option that is signed: seconds, in 8 bytes. */
static void json_tsoffset(struct text *out, const struct findings *found, uint32_t interface)
{
    const struct metadata_item *item = findings_item(found, METADATA_INTERFACE, interface,
                                                     METADATA_OPTION, OPTION_INTERFACE_TSOFFSET);
    uint64_t seconds;
    if (!item || !metadata_uint(item, &seconds))
        return;
    json_key(out, "tsoffset");
    text_add_int(out, (int64_t)seconds);
}

static void json_interface(struct text *out, const struct findings *found, uint32_t number)
{
    struct findings_interface facts = findings_interface(found, number);
    text_add_str(out, "{");
    json_uint(out, "number", number);
    json_uint(out, "linktype", facts.linktype);
    json_str(out, "linktype_name", filter_linktype_name(facts.linktype));
    json_uint(out, "snaplen", facts.snaplen);
    json_uint(out, "packets", facts.packets);
    json_uint(out, "cap_bytes", facts.bytes);
    json_option(out, found, number, OPTION_INTERFACE_NAME, "name");
    json_option(out, found, number, OPTION_INTERFACE_DESCRIPTION, "description");
    json_option(out, found, number, OPTION_INTERFACE_OS, "os");
    json_option(out, found, number, OPTION_INTERFACE_HARDWARE, "hardware");
    json_number(out, found, METADATA_INTERFACE, number, OPTION_INTERFACE_TSRESOL, "tsresol");
    json_tsoffset(out, found, number);
    json_number(out, found, METADATA_STATISTICS, number, OPTION_STATISTICS_RECEIVED, "received");
    json_number(out, found, METADATA_STATISTICS, number, OPTION_STATISTICS_DROPPED, "dropped");
    text_add_str(out, "}");
}

static void json_comment(struct text *out, const struct metadata_item *item)
{
    text_add_str(out, "{");
    json_str(out, "of", findings_block_name(item->block));
    if (item->block == METADATA_PACKET || item->block == METADATA_PACKET_OBSOLETE)
        json_uint(out, "frame", item->frame);
    else if (item->interface != METADATA_NO_INTERFACE)
        json_uint(out, "interface", item->interface);
    json_text(out, "text", item->value.data, item->value.len);
    text_add_str(out, "}");
}

static void json_lists(struct text *out, const struct findings *found)
{
    json_key(out, "interfaces");
    text_add_char(out, '[');
    for (uint32_t i = 0; i < findings_interfaces(found); i++) {
        text_add_str(out, i ? "," : "");
        json_interface(out, found, i);
    }
    text_add_char(out, ']');
    json_key(out, "comments");
    text_add_char(out, '[');
    bool first = true;
    for (size_t i = 0; i < found->metadata.count; i++) {
        if (!findings_is_comment(&found->metadata.items[i]))
            continue;
        text_add_str(out, first ? "" : ",");
        json_comment(out, &found->metadata.items[i]);
        first = false;
    }
    text_add_char(out, ']');
}

static void json_error(struct text *out, const struct error *err)
{
    text_add_str(out, "{");
    json_str(out, "where", err->where);
    json_str(out, "text", err->text);
    text_add_str(out, "}");
}

static void json_damage(struct text *out, const struct findings *found)
{
    json_key(out, "damage");
    text_add_char(out, '[');
    for (size_t i = 0; i < found->damage_count; i++) {
        text_add_str(out, i ? "," : "");
        json_error(out, &found->damages[i]);
    }
    text_add_char(out, ']');
    json_uint(out, "damages", found->totals.damages);
    json_uint(out, "skipped_bytes", found->totals.skipped);
    json_key(out, "error");
    if (found->failed)
        json_error(out, &found->failure);
    else
        text_add_str(out, "null");
}

/** By link type, which interfaces may share. */
static void json_linktypes(struct text *out, const struct findings *found)
{
    uint64_t *packets = memory_zalloc(UINT16_MAX + 1, sizeof *packets);
    for (size_t i = 0; i < found->share_count; i++)
        packets[found->shares[i].linktype] += found->shares[i].packets;
    json_key(out, "linktype_packets");
    text_add_char(out, '{');
    for (uint32_t linktype = 0; linktype <= UINT16_MAX; linktype++) {
        char name[8];
        snprintf(name, sizeof name, "%u", linktype);
        if (packets[linktype])
            json_uint(out, name, packets[linktype]);
    }
    text_add_char(out, '}');
    memory_free(packets);
}

static void json_header(struct text *out, const struct findings *found)
{
    const struct format_facts *facts = &found->file.facts;
    char version[16];
    snprintf(version, sizeof version, "%u.%u", facts->major, facts->minor);
    json_str(out, "path", found->file.name);
    json_uint(out, "size", found->file.size);
    json_str(out, "format", found->file.format);
    json_str(out, "compression", found->file.packing[0] ? found->file.packing : NULL);
    json_str(out, "endian", !found->file.format ? NULL : facts->big ? "big" : "little");
    json_str(out, "version", found->file.format ? version : NULL);
    json_str(out, "resolution", facts->unit);
    json_uint(out, "sections", facts->sections);
    json_uint(out, "interface_count",
              facts->sections      ? facts->interface_count
              : found->file.format ? 1
                                   : 0);
}

static void json_packets(struct text *out, const struct findings *found)
{
    json_uint(out, "packets", found->totals.packets);
    json_uint(out, "cap_bytes", found->totals.bytes);
    json_uint(out, "wire_bytes", found->totals.wire_bytes);
    json_uint(out, "truncated_packets", found->truncated);
    json_uint(out, "untimed_packets", found->untimed);
    json_uint(out, "ts_backwards", found->backwards);
    json_time(out, "first_ts_ns", found->timed, found->first_ts_ns);
    json_time(out, "last_ts_ns", found->timed, found->last_ts_ns);
    json_time(out, "min_ts_ns", found->timed, found->min_ts_ns);
    json_time(out, "max_ts_ns", found->timed, found->max_ts_ns);
}

void findings_json(struct findings *found, struct text *out)
{
    text_add_char(out, '{');
    json_header(out, found);
    json_packets(out, found);
    json_linktypes(out, found);
    json_lists(out, found);
    json_uint(out, "name_records", findings_count(found, METADATA_NAMES, METADATA_RECORD));
    json_uint(out, "secrets", findings_count(found, METADATA_SECRETS, METADATA_FIXED));
    json_uint(out, "custom_blocks",
              findings_count(found, METADATA_CUSTOM, METADATA_FIXED) +
                  findings_count(found, METADATA_CUSTOM_UNCOPIED, METADATA_FIXED));
    json_uint(out, "metadata_dropped", found->metadata.dropped);
    json_damage(out, found);
    json_key(out, "data_sha256");
    text_add_char(out, '"');
    digest_end(&found->data, out);
    text_add_char(out, '"');
    json_key(out, "meta_sha256");
    text_add_char(out, '"');
    digest_end(&found->meta, out);
    text_add_str(out, "\"}\n");
}
