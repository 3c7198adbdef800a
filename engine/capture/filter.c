// SPDX-License-Identifier: MIT OR Apache-2.0
#include "capture/filter.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "base/memory.h"

/* Later fragments of a datagram, and first ones. IPv6: the fragment header directly behind the
 * fixed one, which is where it is but for rare cases. */
#define LATER_FRAGMENT "(ip[6:2] & 0x1fff != 0) or (ip6[6] = 44 and ip6[42:2] & 0xfff8 != 0)"
#define FIRST_FRAGMENT "(ip[6:2] & 0x3fff = 0x2000) or (ip6[6] = 44 and ip6[42:2] & 0xfff9 = 1)"

/* What tcpdump compiles with when it reads a file. */
enum { OPTIMIZE = 1, NETMASK = 0, SNAPLEN = 262144 };

/** The expression compiled for one kind of capture. */
struct program {
    uint16_t linktype;
    bool big; /**< byte order: some link layers have a field in that of the machine that captured */
    bool known; /**< it can be asked of this link type: `match` is compiled */
    struct bpf_program match;
    bool fragments; /**< the link type can carry IP: the next two are compiled */
    struct bpf_program first;
    struct bpf_program later;
};

struct filter {
    char *expression;
    struct program *programs;
    size_t count;
    size_t cap;
    uint64_t dropped;
    uint64_t dropped_fragments;
    bool first_kept;      /**< a first fragment was kept */
    struct error refusal; /**< not told yet, if there is a code */
};

/** The start of a pcap file, for libpcap to read: it maps link types as it does for files. */
struct file_header {
    uint32_t magic;
    uint16_t version[2];
    uint32_t zone[2];
    uint32_t snaplen;
    uint32_t linktype;
};

static struct file_header header_of(uint16_t linktype, bool big)
{
    struct file_header header = {
        .magic = 0xa1b2c3d4, .version = {2, 4}, .snaplen = SNAPLEN, .linktype = linktype};
    if (!big)
        return header;
    return (struct file_header){
        .magic = __builtin_bswap32(header.magic),
        .version = {__builtin_bswap16(2), __builtin_bswap16(4)},
        .snaplen = __builtin_bswap32(header.snaplen),
        .linktype = __builtin_bswap32(header.linktype),
    };
}

/** An empty capture as libpcap sees it; NULL with libpcap's message.
 * @param header  must outlive it */
static pcap_t *open_empty(struct file_header *header, char *message)
{
    FILE *file = fmemopen(header, sizeof *header, "rb");
    if (!file) {
        snprintf(message, PCAP_ERRBUF_SIZE, "memory ran out");
        return NULL;
    }
    pcap_t *pcap = pcap_fopen_offline(file, message);
    if (!pcap)
        fclose(file);
    return pcap;
}

const char *filter_linktype_name(uint16_t linktype)
{
    char message[PCAP_ERRBUF_SIZE];
    struct file_header header = header_of(linktype, false);
    pcap_t *pcap = open_empty(&header, message);
    const char *name = pcap ? pcap_datalink_val_to_name(pcap_datalink(pcap)) : NULL;
    if (pcap)
        pcap_close(pcap);
    return name;
}

/** Compiles an expression. @return false with libpcap's message */
static bool compile(uint16_t linktype, bool big, const char *expression, struct bpf_program *out,
                    char *message)
{
    struct file_header header = header_of(linktype, big);
    pcap_t *pcap = open_empty(&header, message);
    if (!pcap)
        return false;
    bool ok = pcap_compile(pcap, out, expression, OPTIMIZE, NETMASK) == 0;
    if (!ok)
        snprintf(message, PCAP_ERRBUF_SIZE, "%s", pcap_geterr(pcap));
    pcap_close(pcap);
    return ok;
}

/* Some expressions are for one kind of link layer only: it is wrong if it is for all. */
static bool makes_sense(const char *expression, struct error *err)
{
    static const uint16_t linktypes[] = {1, 127, 101, 276, 117, 123, 140, 0};
    char message[PCAP_ERRBUF_SIZE], first[PCAP_ERRBUF_SIZE];
    for (size_t i = 0; i < sizeof linktypes / sizeof *linktypes; i++) {
        struct bpf_program program;
        if (compile(linktypes[i], false, expression, &program, message)) {
            pcap_freecode(&program);
            return true;
        }
        if (i == 0)
            memcpy(first, message, sizeof first);
    }
    return error_set(err, ERROR_USAGE, NULL,
                     "-f: got '%s', expected a filter as in tcpdump; libpcap says: %s", expression,
                     first);
}

struct filter *filter_new(const char *expression, struct error *err)
{
    if (!makes_sense(expression, err))
        return NULL;
    struct filter *filter = memory_zalloc(1, sizeof *filter);
    filter->expression = memory_strdup(expression);
    return filter;
}

static void program_fini(struct program *program)
{
    if (program->known)
        pcap_freecode(&program->match);
    if (!program->fragments)
        return;
    pcap_freecode(&program->first);
    pcap_freecode(&program->later);
}

void filter_free(struct filter *filter)
{
    if (!filter)
        return;
    for (size_t i = 0; i < filter->count; i++)
        program_fini(&filter->programs[i]);
    memory_free(filter->programs);
    memory_free(filter->expression);
    memory_free(filter);
}

static void compile_fragments(struct program *program)
{
    char message[PCAP_ERRBUF_SIZE];
    if (!compile(program->linktype, program->big, FIRST_FRAGMENT, &program->first, message))
        return;
    program->fragments =
        compile(program->linktype, program->big, LATER_FRAGMENT, &program->later, message);
    if (!program->fragments)
        pcap_freecode(&program->first);
}

/** Notes that the expression cannot be asked of a link type; the first time is told. */
static void refuse(struct filter *filter, const struct palua_packet *packet, const char *message)
{
    char name[256];
    if (filter->refusal.code != ERROR_NONE)
        return;
    snprintf(name, sizeof name, "%.*s", (int)packet->file_name.len,
             (const char *)packet->file_name.data);
    error_set(&filter->refusal, ERROR_USAGE, name,
              "-f: '%s' cannot be asked of packets of link type %u; libpcap says: %s",
              filter->expression, packet->linktype, message);
}

bool filter_refused(struct filter *filter, struct error *err)
{
    if (filter->refusal.code == ERROR_NONE)
        return false;
    if (err)
        *err = filter->refusal;
    filter->refusal.code = ERROR_NONE;
    return true;
}

static const struct program *add_program(struct filter *filter, const struct palua_packet *packet,
                                         bool big)
{
    char message[PCAP_ERRBUF_SIZE];
    struct program program = {.linktype = packet->linktype, .big = big};
    program.known = compile(packet->linktype, big, filter->expression, &program.match, message);
    if (program.known)
        compile_fragments(&program);
    else
        refuse(filter, packet, message);
    filter->programs =
        memory_grow(filter->programs, &filter->cap, filter->count + 1, sizeof *filter->programs);
    filter->programs[filter->count] = program;
    return &filter->programs[filter->count++];
}

/** Whether the address family of a BSD link layer is in big-endian order: families are small. */
static bool is_big(const struct palua_packet *packet)
{
    enum { LINKTYPE_NULL = 0, LINKTYPE_ENC = 109 };
    struct cursor in = cursor_of(packet->data, packet->caplen);
    uint32_t family;
    return (packet->linktype == LINKTYPE_NULL || packet->linktype == LINKTYPE_ENC) &&
           cursor_u32le(&in, &family) && family > UINT16_MAX;
}

static const struct program *program_for(struct filter *filter, const struct palua_packet *packet)
{
    bool big = is_big(packet);
    for (size_t i = 0; i < filter->count; i++)
        if (filter->programs[i].linktype == packet->linktype && filter->programs[i].big == big)
            return &filter->programs[i];
    return add_program(filter, packet, big);
}

static bool matches(const struct bpf_program *program, const struct palua_packet *packet)
{
    struct pcap_pkthdr header = {.caplen = packet->caplen, .len = packet->origlen};
    return pcap_offline_filter(program, &header, packet->data) != 0;
}

/** Keeps count of what was decided. */
static void note(struct filter *filter, const struct program *program,
                 const struct palua_packet *packet, bool kept)
{
    filter->dropped += !kept;
    if (!program->fragments)
        return;
    if (!kept)
        filter->dropped_fragments += matches(&program->later, packet);
    else if (!filter->first_kept)
        filter->first_kept = matches(&program->first, packet);
}

void filter_batch(struct filter *filter, struct batch *batch)
{
    uint32_t count = batch->count;
    batch->count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct palua_packet *packet = &batch->packets[i];
        const struct program *program = program_for(filter, packet);
        bool kept = program->known && matches(&program->match, packet);
        note(filter, program, packet, kept);
        if (!kept)
            continue;
        struct palua_packet *to = &batch->packets[batch->count++];
        if (to != packet) // it has no layers yet
            memcpy(to, packet, offsetof(struct palua_packet, layers));
    }
}

void filter_counters(const struct filter *filter, struct filter_counters *out)
{
    *out = (struct filter_counters){0};
    if (!filter)
        return;
    out->packets = filter->dropped;
    out->fragments = filter->first_kept ? filter->dropped_fragments : 0;
}
