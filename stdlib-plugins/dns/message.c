// SPDX-License-Identifier: MIT OR Apache-2.0
#include "message.h"

#include "codes.h"
#include "rdata.h"

enum {
    FIXED_LEN = 10,             // of a record: type, class, TTL and length
    RECORD_MIN = 1 + FIXED_LEN, // a root name before that, and no data
    TOP_BIT = 0x8000,           // of a class, in multicast DNS
    CLASS_NONE = 254,           // RFC 2136: records that say which to delete, without data
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
    struct palua_cursor header;
    *out = (struct dns_message){.fault = DNS_OK};
    return palua_cursor_sub(in, DNS_HEADER_LEN, &header) && palua_cursor_u16(&header, &out->id) &&
           palua_cursor_u16(&header, &out->flags) && palua_cursor_u16(&header, &out->counts[0]) &&
           palua_cursor_u16(&header, &out->counts[1]) &&
           palua_cursor_u16(&header, &out->counts[2]) && palua_cursor_u16(&header, &out->counts[3]);
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
    struct palua_cursor fixed;
    if (!palua_cursor_sub(&reader->at, 4, &fixed))
        fixed = reader->at; // as in read_head
    if (!palua_cursor_u16(&fixed, &type) || !palua_cursor_u16(&fixed, &qclass)) {
        reader->at.pos = fixed.pos;
        return fail(reader, DNS_TRUNCATED);
    }
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

/** What follows a record's name: its fixed part, and where its data lies. */
static inline bool read_head(struct reader *reader, struct dns_record *record,
                             struct palua_cursor *data)
{
    uint16_t len;
    struct palua_cursor fixed;
    if (!palua_cursor_sub(&reader->at, FIXED_LEN, &fixed))
        fixed = reader->at; // too few: the reads below find out where they end
    bool whole = palua_cursor_u16(&fixed, &record->type) &&
                 palua_cursor_u16(&fixed, &record->rclass) &&
                 palua_cursor_u32(&fixed, &record->ttl) && palua_cursor_u16(&fixed, &len);
    if (!whole) {
        reader->at.pos = fixed.pos;
        return fail(reader, DNS_TRUNCATED);
    }
    return palua_cursor_sub(&reader->at, len, data) || fail(reader, DNS_TRUNCATED);
}

/** A record, RFC 1035 section 4.1.3, with its name and data as text. */
static bool read_record(struct reader *reader, enum dns_section section, struct dns_record *record)
{
    struct palua_cursor data;
    if (!read_name(reader, &record->name) || !read_head(reader, record, &data))
        return false;
    if (record->type == DNS_TYPE_OPT) {
        if (section == DNS_ADDITIONAL)
            read_opt(reader, record);
    } else if (reader->want->mdns) {
        record->rclass &= (uint16_t)(TOP_BIT - 1);
    }
    return read_data(reader, record, data);
}

static bool skip_section(struct reader *reader, enum dns_section section)
{
    uint32_t count = reader->out->counts[1 + section];
    for (uint32_t i = 0; i < count; i++) {
        struct dns_record record;
        struct palua_cursor data;
        if (!skip_name(reader) || !read_head(reader, &record, &data))
            return false;
        if (record.type == DNS_TYPE_OPT && section == DNS_ADDITIONAL)
            read_opt(reader, &record);
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
        if (!read_record(reader, section, i < fit ? &records[i] : &none)) {
            if (out->fault == DNS_LIMIT)
                out->shed += count - i;
            return false;
        }
        out->sections[section].count++;
    }
    return true;
}

/** How many sections must be looked at: up to the last that somebody asks for. The OPT record
 * stands in the last section, if there is one. */
static uint32_t sections_wanted(const struct reader *reader)
{
    const struct dns_want *want = reader->want;
    if (want->all || want->sections[DNS_ADDITIONAL] ||
        (want->opt && reader->out->counts[1 + DNS_ADDITIONAL]))
        return DNS_SECTIONS;
    return want->sections[DNS_AUTHORITY] ? 2 : want->sections[DNS_ANSWERS] ? 1 : 0;
}

static void read_sections(struct reader *reader, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        enum dns_section section = (enum dns_section)i;
        if (!(reader->want->sections[i] ? build_section(reader, section)
                                        : skip_section(reader, section)))
            return;
    }
    if (count == DNS_SECTIONS && palua_cursor_left(&reader->at))
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
    uint32_t sections = sections_wanted(&reader);
    uint32_t questions = sections || out->counts[0] < 1 ? out->counts[0] : 1;
    for (uint32_t i = 0; i < questions && more; i++)
        more = read_question(&reader, i == 0);
    if (more)
        read_sections(&reader, sections);
    dns_text_close(&reader.text);
    in->pos = reader.at.pos;
}
