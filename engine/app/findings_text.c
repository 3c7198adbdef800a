// SPDX-License-Identifier: MIT OR Apache-2.0
#include "app/findings_text.h"

#include <stdio.h>
#include <string.h>

#include "capture/filter.h"

enum { SHOWN = 100 }; /* interfaces, comments: JSON has all */

static void add_key(struct text *out, const char *key)
{
    text_add_format(out, "  %-16s ", key);
}

static void add_uint(struct text *out, const char *key, uint64_t value)
{
    add_key(out, key);
    text_add_format(out, "%llu\n", (unsigned long long)value);
}

/** A line, only if there is anything to be told. */
static void add_some(struct text *out, const char *key, uint64_t value)
{
    if (value)
        add_uint(out, key, value);
}

static void add_time(struct text *out, const char *key, int64_t ts_ns)
{
    add_key(out, key);
    text_add_time_iso(out, ts_ns);
    text_add_char(out, '\n');
}

static void add_format(struct text *out, const struct findings *found)
{
    const struct format_facts *facts = &found->file.facts;
    add_key(out, "format");
    text_add_format(out, "%s %u.%u, %s-endian", found->file.format, facts->major, facts->minor,
                    facts->big ? "big" : "little");
    if (facts->unit)
        text_add_format(out, ", %s",
                        strcmp(facts->unit, "ns") == 0 ? "nanoseconds" : "microseconds");
    if (facts->sections > 1)
        text_add_format(out, " (the last of %u sections)", facts->sections);
    text_add_char(out, '\n');
    if (found->file.packing[0]) {
        add_key(out, "compression");
        text_add_format(out, "%s\n", found->file.packing);
    }
    if (found->file.size)
        add_uint(out, "file bytes", found->file.size);
}

static void add_times(struct text *out, const struct findings *found)
{
    if (!found->timed)
        return;
    add_time(out, "earliest", found->min_ts_ns);
    add_time(out, "latest", found->max_ts_ns);
    int64_t span;
    if (!__builtin_sub_overflow(found->max_ts_ns, found->min_ts_ns, &span)) {
        add_key(out, "duration");
        text_add_duration(out, span);
        text_add_str(out, " s\n");
    }
    add_some(out, "out of order", found->backwards);
}

static void add_packets(struct text *out, const struct findings *found)
{
    add_uint(out, "packets", found->totals.packets);
    add_uint(out, "captured bytes", found->totals.bytes);
    add_uint(out, "wire bytes", found->totals.wire_bytes);
    add_some(out, "cut packets", found->truncated);
    add_some(out, "without a time", found->untimed);
}

static void add_option(struct text *out, const struct findings *found, uint32_t interface,
                       uint16_t code, const char *format)
{
    const struct metadata_item *item =
        findings_item(found, METADATA_INTERFACE, interface, METADATA_OPTION, code);
    if (!item)
        return;
    struct text safe;
    text_init(&safe);
    text_add_escaped(&safe, item->value.data, item->value.len);
    text_add_format(out, format, safe.data ? safe.data : "");
    text_fini(&safe);
}

static void add_statistic(struct text *out, const struct findings *found, uint32_t interface,
                          uint16_t code, const char *what)
{
    const struct metadata_item *item =
        findings_item(found, METADATA_STATISTICS, interface, METADATA_OPTION, code);
    uint64_t value;
    if (item && metadata_uint(item, &value))
        text_add_format(out, ", %llu %s", (unsigned long long)value, what);
}

static void add_interface(struct text *out, const struct findings *found, uint32_t number)
{
    struct findings_interface facts = findings_interface(found, number);
    const char *name = filter_linktype_name(facts.linktype);
    char key[24];
    snprintf(key, sizeof key, "interface %u", number);
    add_key(out, key);
    add_option(out, found, number, OPTION_INTERFACE_NAME, "%s, ");
    add_option(out, found, number, OPTION_INTERFACE_DESCRIPTION, "%s, ");
    text_add_format(out, "link type %s (%u), snaplen %u, %llu packets", name ? name : "unknown",
                    facts.linktype, facts.snaplen, (unsigned long long)facts.packets);
    add_statistic(out, found, number, OPTION_STATISTICS_RECEIVED, "received");
    add_statistic(out, found, number, OPTION_STATISTICS_DROPPED, "dropped");
    text_add_char(out, '\n');
}

static void add_interfaces(struct text *out, const struct findings *found)
{
    uint32_t count = findings_interfaces(found);
    for (uint32_t i = 0; i < count && i < SHOWN; i++)
        add_interface(out, found, i);
    if (count > SHOWN)
        add_uint(out, "more interfaces", count - SHOWN);
}

static void add_comment(struct text *out, const struct metadata_item *item)
{
    add_key(out, "comment");
    text_add_str(out, findings_block_name(item->block));
    if (item->block == METADATA_PACKET || item->block == METADATA_PACKET_OBSOLETE)
        text_add_format(out, " %llu", (unsigned long long)item->frame);
    else if (item->interface != METADATA_NO_INTERFACE)
        text_add_format(out, " %u", item->interface);
    text_add_str(out, ": ");
    text_add_escaped(out, item->value.data, item->value.len);
    text_add_char(out, '\n');
}

static void add_section(struct text *out, const struct findings *found)
{
    static const struct {
        uint16_t code;
        const char *key;
    } options[] = {{OPTION_SECTION_HARDWARE, "hardware"},
                   {OPTION_SECTION_OS, "system"},
                   {OPTION_SECTION_APPLICATION, "written by"}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const struct metadata_item *item = findings_item(
            found, METADATA_SECTION, METADATA_NO_INTERFACE, METADATA_OPTION, options[i].code);
        if (!item)
            continue;
        add_key(out, options[i].key);
        text_add_escaped(out, item->value.data, item->value.len);
        text_add_char(out, '\n');
    }
}

static void add_metadata(struct text *out, const struct findings *found)
{
    uint64_t comments = findings_comments(found), shown = 0;
    add_section(out, found);
    for (size_t i = 0; i < found->metadata.count && shown < SHOWN; i++)
        if (findings_is_comment(&found->metadata.items[i])) {
            add_comment(out, &found->metadata.items[i]);
            shown++;
        }
    add_some(out, "more comments", comments - shown);
    add_some(out, "name records", findings_count(found, METADATA_NAMES, METADATA_RECORD));
    add_some(out, "secrets", findings_count(found, METADATA_SECRETS, METADATA_FIXED));
    add_some(out, "custom blocks",
             findings_count(found, METADATA_CUSTOM, METADATA_FIXED) +
                 findings_count(found, METADATA_CUSTOM_UNCOPIED, METADATA_FIXED));
    add_some(out, "not kept", found->metadata.dropped);
}

static void add_damage(struct text *out, const struct findings *found)
{
    for (size_t i = 0; i < found->damage_count; i++) {
        add_key(out, "damage");
        text_add_format(out, "%s: %s\n", found->damages[i].where, found->damages[i].text);
    }
    add_some(out, "damaged places", found->totals.damages);
    add_some(out, "bytes skipped", found->totals.skipped);
}

void findings_text(struct findings *found, struct text *out)
{
    text_add_escaped(out, found->file.name, strlen(found->file.name));
    text_add_char(out, '\n');
    if (found->file.format) {
        add_format(out, found);
        add_packets(out, found);
        add_times(out, found);
        add_interfaces(out, found);
        add_metadata(out, found);
    }
    add_damage(out, found);
    if (found->failed) {
        add_key(out, "error");
        text_add_format(out, "%s\n", found->failure.text);
    }
    if (!found->file.format)
        return;
    add_key(out, "data sha256");
    digest_end(&found->data, out);
    text_add_char(out, '\n');
    add_key(out, "metadata sha256");
    digest_end(&found->meta, out);
    text_add_char(out, '\n');
}
