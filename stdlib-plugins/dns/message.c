// SPDX-License-Identifier: MIT OR Apache-2.0
#include "message.h"

#include "codes.h"
#include "rdata.h"

enum {
    RECORD_MIN = 11,  // a root name, type, class, TTL and an empty length
    TOP_BIT = 0x8000, // of a class, in multicast DNS
    CLASS_NONE = 254, // RFC 2136: records that say which to delete, without data
    CLASS_ANY = 255,
    OPT_DNSSEC_OK = 0x8000, // RFC 3225, in the lower half of an OPT record's TTL
    MEMORY = 8              // names remembered by where they stand
};

struct reader {
    struct palua_cursor at;
    const struct dns_want *want;
    struct dns_text text;
    struct dns_message *out;
    /** Names read before: the same pointer in many records need not be followed again. */
    uint32_t offsets[MEMORY]; /**< of a name's first byte; 0: none (there the header stands) */
    struct palua_slice names[MEMORY]; /**< written only together with the offset */
};

bool dns_header_read(struct palua_cursor *in, struct dns_message *out)
{
    *out = (struct dns_message){.fault = DNS_OK};
    if (palua_cursor_left(in) < DNS_HEADER_LEN)
        return false;
    return palua_cursor_u16(in, &out->id) && palua_cursor_u16(in, &out->flags) &&
           palua_cursor_u16(in, &out->counts[0]) && palua_cursor_u16(in, &out->counts[1]) &&
           palua_cursor_u16(in, &out->counts[2]) && palua_cursor_u16(in, &out->counts[3]);
}

static bool fail(struct reader *reader, enum dns_fault fault)
{
    reader->out->fault = fault;
    reader->out->fault_offset = palua_cursor_offset(&reader->at);
    return false;
}

/** Where a name that is a pointer and nothing else leads; 0 if it is not one. */
static uint32_t pointer_target(const struct palua_cursor *at)
{
    struct palua_cursor peek = *at;
    uint16_t pointer;
    if (!palua_cursor_u16(&peek, &pointer) || pointer < 0xc000)
        return 0;
    uint32_t target = pointer & 0x3fffU;
    return target < palua_cursor_offset(at) ? target : 0;
}

static bool read_name(struct reader *reader, struct palua_slice *out)
{
    uint32_t target = pointer_target(&reader->at);
    uint32_t offset = target ? target : palua_cursor_offset(&reader->at);
    uint32_t memory = offset % MEMORY;
    if (target && reader->offsets[memory] == target) {
        *out = reader->names[memory];
        return palua_cursor_skip(&reader->at, 2);
    }
    dns_text_begin(&reader->text);
    enum dns_fault fault = dns_name_read(&reader->at, &reader->text);
    if (fault != DNS_OK)
        return fail(reader, fault);
    *out = dns_text_take(&reader->text);
    reader->offsets[memory] = offset;
    reader->names[memory] = *out;
    return true;
}

static bool skip_name(struct reader *reader)
{
    enum dns_fault fault = dns_name_skip(&reader->at);
    return fault == DNS_OK || fail(reader, fault);
}

/** A question, RFC 1035 section 4.1.2; only the first is kept. */
static bool read_question(struct reader *reader, bool first)
{
    struct dns_message *out = reader->out;
    uint16_t type;
    uint16_t qclass;
    struct palua_slice name = {0};
    if (!(first && reader->want->qname ? read_name(reader, &name) : skip_name(reader)))
        return false;
    if (!palua_cursor_u16(&reader->at, &type) || !palua_cursor_u16(&reader->at, &qclass))
        return fail(reader, DNS_TRUNCATED);
    if (!first)
        return true;
    out->question = true;
    out->qname = name;
    out->qtype = type;
    out->unicast = reader->want->mdns && (qclass & TOP_BIT);
    out->qclass = reader->want->mdns ? qclass & (TOP_BIT - 1) : qclass;
    return true;
}

/** RFC 6891 section 6.1.3: what class and TTL of an OPT record mean. The first one counts. */
static void read_opt(struct reader *reader, const struct dns_record *record)
{
    struct dns_message *out = reader->out;
    if (out->opt)
        return;
    out->opt = true;
    out->edns_size = record->rclass;
    out->rcode_high = (uint8_t)(record->ttl >> 24);
    out->dnssec_ok = (record->ttl & OPT_DNSSEC_OK) != 0;
}

static bool read_data(struct reader *reader, struct dns_record *record, struct palua_cursor data)
{
    // RFC 2136 sections 2.4 and 2.5: in an update such records have no data, whatever their type.
    if (!palua_cursor_left(&data) && (record->rclass == CLASS_NONE || record->rclass == CLASS_ANY))
        return true;
    dns_text_begin(&reader->text);
    enum dns_fault fault = dns_rdata_text(record->type, data, &reader->text);
    if (fault == DNS_LIMIT)
        return fail(reader, DNS_LIMIT);
    record->data = dns_text_take(&reader->text);
    if (fault == DNS_BAD_RDATA && reader->out->bad_rdata++ == 0)
        reader->out->bad_rdata_offset = palua_cursor_offset(&data);
    return true;
}

/** A record, RFC 1035 section 4.1.3. `build`: its name and data are wanted as text. */
static bool read_record(struct reader *reader, enum dns_section section, bool build,
                        struct dns_record *record)
{
    uint16_t len;
    struct palua_cursor data;
    if (!(build ? read_name(reader, &record->name) : skip_name(reader)))
        return false;
    struct palua_cursor *at = &reader->at;
    if (!palua_cursor_u16(at, &record->type) || !palua_cursor_u16(at, &record->rclass) ||
        !palua_cursor_u32(at, &record->ttl) || !palua_cursor_u16(at, &len) ||
        !palua_cursor_sub(at, len, &data))
        return fail(reader, DNS_TRUNCATED);
    if (record->type == DNS_TYPE_OPT) {
        if (section == DNS_ADDITIONAL)
            read_opt(reader, record);
    } else if (reader->want->mdns) {
        record->rclass &= (uint16_t)(TOP_BIT - 1);
    }
    return !build || read_data(reader, record, data);
}

static bool skip_section(struct reader *reader, enum dns_section section)
{
    for (uint32_t i = 0; i < reader->out->counts[1 + section]; i++) {
        struct dns_record record;
        if (!read_record(reader, section, false, &record))
            return false;
    }
    return true;
}

/** A section as a list. What the header promises is not trusted: there is room for as many records
 * as the bytes left can hold. */
static bool build_section(struct reader *reader, enum dns_section section)
{
    struct dns_message *out = reader->out;
    uint32_t count = out->counts[1 + section];
    uint32_t fit = (uint32_t)(palua_cursor_left(&reader->at) / RECORD_MIN);
    if (fit > count)
        fit = count;
    dns_text_close(&reader->text);
    struct dns_record *records =
        fit ? reader->text.host->alloc(reader->text.call, fit * sizeof *records) : NULL;
    out->sections[section].items = records;
    for (uint32_t i = 0; i < count; i++) {
        struct dns_record none = {0};
        if (!read_record(reader, section, true, i < fit ? &records[i] : &none)) {
            if (out->fault == DNS_LIMIT)
                out->shed += count - i;
            return false;
        }
        out->sections[section].count++;
    }
    return true;
}

/** Whether anything from this section on is asked for. */
static bool is_wanted(const struct dns_want *want, enum dns_section section)
{
    bool wanted = want->all || want->opt;
    for (int i = (int)section; i < DNS_SECTIONS; i++)
        wanted = wanted || want->sections[i];
    return wanted;
}

static void read_sections(struct reader *reader)
{
    const struct dns_want *want = reader->want;
    for (int i = 0; i < DNS_SECTIONS; i++) {
        enum dns_section section = (enum dns_section)i;
        if (!is_wanted(want, section))
            return;
        // Without a list wanted, the OPT record is all there is to find, and it stands in the last
        // section.
        if (!want->all && !reader->out->counts[1 + DNS_ADDITIONAL] && !want->sections[0] &&
            !want->sections[1])
            return;
        if (!(want->sections[i] ? build_section(reader, section) : skip_section(reader, section)))
            return;
    }
    if (palua_cursor_left(&reader->at))
        fail(reader, DNS_TRAILING_BYTES);
}

void dns_message_read(struct palua_cursor *in, const struct dns_want *want,
                      const struct palua_host *host, struct palua_call *call,
                      struct dns_message *out)
{
    struct reader reader;
    reader.at = *in;
    reader.want = want;
    reader.text = dns_text_of(host, call);
    reader.out = out;
    memset(reader.offsets, 0, sizeof reader.offsets);
    bool more = true;
    for (uint32_t i = 0; i < out->counts[0] && more; i++) {
        if (i == 1 && !is_wanted(want, DNS_ANSWERS))
            break;
        more = read_question(&reader, i == 0);
    }
    if (more)
        read_sections(&reader);
    dns_text_close(&reader.text);
    in->pos = reader.at.pos;
}
