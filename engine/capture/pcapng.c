// SPDX-License-Identifier: MIT OR Apache-2.0
/** The pcapng format (draft-ietf-opsawg-pcapng): sections of blocks.
 *
 * Each section has its own byte order and interfaces; each interface its own link type, snaplen and
 * clock (capture/interface.h). Packets are Enhanced, Simple and the obsolete Packet Blocks
 * (sections 4.3, 4.4, A); every other block is walked over. */
#include "capture/format.h"

#include "base/memory.h"
#include "capture/interface.h"
#include "capture/metadata.h"
#include "capture/order.h"

enum block_type {
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 2, /**< obsolete */
    BLOCK_SIMPLE = 3,
    BLOCK_ENHANCED = 6,
    BLOCK_SECTION = 0x0a0d0d0a /**< the same in both byte orders */
};

enum {
    BYTE_ORDER_MAGIC = 0x1a2b3c4d,
    BLOCK_HEADER_LEN = 8,
    BLOCK_LEN_MIN = 12, /**< type, length, length again */
    SECTION_LEN_MIN = 28,
    OPTION_HEADER_LEN = 4,
    PACKET_FIXED_LEN = 16,      /**< of a packet's body, between interface number and data */
    INTERFACE_CAP = 65536,      /**< per section; more are damage */
    RESUME_BLOCK_LEN = 1 << 20, /**< larger blocks are not looked for behind damage */
    RESUME_BLOCKS =
        2 /**< in a row, or one that ends where the input does; each says its length twice */
};

struct pcapng {
    bool big;                     /**< byte order of the section */
    struct interface *interfaces; /**< of the section */
    size_t interface_count;
    size_t interface_cap;
    uint64_t interfaces_before; /**< in sections before this one: numbers go on over the file */
    uint32_t sections;
    uint16_t major, minor; /**< of the section */
    bool lost;     /**< what the section is like is not known: only the next one can be read */
    bool unsure;   /**< bytes of this section were passed over, maybe with an interface in them */
    bool guessing; /**< resume: it is not known yet whether the damaged block's length is right */
};

/** A block whose frame has been checked. */
struct pcapng_block {
    uint32_t type;
    struct cursor body;
};

static bool pcapng_probe(struct cursor in)
{
    uint32_t type;
    return cursor_u32(&in, &type) && type == BLOCK_SECTION;
}

static void *pcapng_open(void)
{
    return memory_zalloc(1, sizeof(struct pcapng));
}

static void pcapng_close(void *state)
{
    struct pcapng *ng = state;
    memory_free(ng->interfaces);
    memory_free(ng);
}

/** Keeps what a sound block at framing->in says, if somebody asked. */
static inline void block_tell(const struct pcapng *ng, const struct framing *framing,
                              const struct pcapng_block *block)
{
    if (__builtin_expect(!framing->metadata, 1))
        return;
    const struct metadata_place place = {
        .file = framing->file,
        .interface_base = (uint32_t)ng->interfaces_before,
        .interface = (uint32_t)(ng->interfaces_before + ng->interface_count - 1),
        .frame = framing->frame,
        .offset = framing->offset + cursor_offset(&framing->in),
        .big = ng->big,
    };
    metadata_add(framing->metadata, &place, block->type, block->body);
}

/** A block's length as it stands at both its ends. */
static enum framing_status length_bad(struct framing *framing, uint32_t type, uint32_t len)
{
    if (len > framing->record_cap)
        return framing_damage(framing,
                              "got a block of type 0x%x and %u bytes, expected at most %u "
                              "(capture.record_cap)",
                              type, len, framing->record_cap);
    return framing_damage(framing,
                          "got a block of type 0x%x and %u bytes, expected a multiple of 4 from %d",
                          type, len, type == BLOCK_SECTION ? SECTION_LEN_MIN : BLOCK_LEN_MIN);
}

/** Takes the block at in.pos, which moves past it: FRAMING_OK if it is whole. */
static inline enum framing_status block_take_one(struct framing *framing, bool big,
                                                 struct cursor *in, struct pcapng_block *block)
{
    uint32_t len, trailer;
    if (!order_u32(in, big, &block->type) || !order_u32(in, big, &len))
        return framing_more(framing, BLOCK_LEN_MIN, "block");
    if (__builtin_expect(len < BLOCK_LEN_MIN || len % 4 || len > framing->record_cap, 0))
        return length_bad(framing, block->type, len);
    if (!cursor_sub(in, len - BLOCK_LEN_MIN, &block->body) || !order_u32(in, big, &trailer))
        return framing_more(framing, len, "block");
    if (__builtin_expect(trailer != len, 0))
        return framing_damage(framing,
                              "got a block of type 0x%x that ends with the length %u, expected %u",
                              block->type, trailer, len);
    return FRAMING_OK;
}

/** The byte order of the section header at in.pos. */
static enum framing_status section_order(struct framing *framing, bool *big)
{
    struct cursor in = framing->in;
    uint32_t magic;
    if (!cursor_skip(&in, BLOCK_HEADER_LEN) || !cursor_u32le(&in, &magic))
        return framing_more(framing, SECTION_LEN_MIN, "section header");
    *big = magic == __builtin_bswap32(BYTE_ORDER_MAGIC);
    if (magic != BYTE_ORDER_MAGIC && !*big)
        return framing_damage(framing, "got the byte-order magic 0x%08x, expected 0x%08x", magic,
                              BYTE_ORDER_MAGIC);
    return FRAMING_OK;
}

/* The section's length is not needed, and often wrong: its blocks are walked. Minor version 2 is
 * written by some tools for 0. */
static enum framing_status section_header(struct pcapng *ng, struct framing *framing)
{
    struct cursor in = framing->in;
    struct pcapng_block block = {0}, whole;
    uint32_t magic;
    uint16_t major = 0, minor = 0;
    bool big;
    ng->lost = true;
    enum framing_status status = section_order(framing, &big);
    if (status == FRAMING_OK)
        status = block_take_one(framing, big, &in, &block);
    if (status != FRAMING_OK)
        return status;
    size_t len = SECTION_LEN_MIN - BLOCK_LEN_MIN;
    whole = block;
    if (cursor_left(&block.body) < len)
        return length_bad(framing, BLOCK_SECTION,
                          (uint32_t)cursor_left(&block.body) + BLOCK_LEN_MIN);
    if (!order_u32(&block.body, big, &magic) || !order_u16(&block.body, big, &major) ||
        !order_u16(&block.body, big, &minor) || major != 1)
        return framing_damage(framing, "got a section of version %u.%u, expected 1.0", major,
                              minor);
    ng->big = big;
    ng->interfaces_before += ng->interface_count;
    ng->interface_count = 0;
    ng->lost = ng->unsure = false;
    ng->major = major;
    ng->minor = minor;
    ng->sections++;
    block_tell(ng, framing, &whole);
    framing->in.pos = in.pos;
    return FRAMING_OK;
}

static enum framing_status interface_block(struct pcapng *ng, struct framing *framing,
                                           struct cursor body)
{
    if (ng->interface_count == INTERFACE_CAP)
        return framing_damage(framing, "got more than %d interfaces, expected at most that many",
                              INTERFACE_CAP);
    ng->interfaces = memory_grow(ng->interfaces, &ng->interface_cap, ng->interface_count + 1,
                                 sizeof *ng->interfaces);
    struct interface *interface = &ng->interfaces[ng->interface_count];
    const char *problem = interface_parse(interface, body, ng->big);
    // Its number is taken all the same, or those that follow would get wrong ones.
    uint64_t number = ng->interfaces_before + ng->interface_count++;
    interface->number = number < UINT16_MAX ? (uint16_t)number : UINT16_MAX;
    interface->unsure = problem || ng->unsure;
    if (problem)
        return framing_damage(framing, "got an interface description with %s", problem);
    return FRAMING_OK;
}

__attribute__((cold)) static enum framing_status
interface_unknown(const struct pcapng *ng, struct framing *framing, uint32_t id)
{
    if (id < ng->interface_count)
        return framing_damage(framing,
                              "got a packet of interface %u, whose description is damaged or "
                              "cannot be told from another's behind damage; expected a sound one",
                              id);
    return framing_damage(
        framing, "got a packet of interface %u, expected one of the %zu described before it", id,
        ng->interface_count);
}

__attribute__((cold)) static enum framing_status body_short(struct framing *framing,
                                                            const char *what, uint64_t need)
{
    return framing_damage(framing,
                          "got a %s block too short for what it holds, expected %llu bytes more",
                          what, (unsigned long long)need);
}

/** What a packet's own options say of its check sequence, which comes before what its interface
 * says. Options that make no sense are no reason to read no packet.
 * @param flags  enum palua_packet_flag, of the interface */
__attribute__((cold, noinline)) static uint8_t packet_flags(bool big, struct cursor options,
                                                            uint8_t flags)
{
    uint16_t code, len;
    uint32_t word;
    while (order_u16(&options, big, &code) && order_u16(&options, big, &len) &&
           code != OPTION_END) {
        struct cursor value;
        if (!cursor_sub(&options, len, &value) || !cursor_skip(&options, -(unsigned)len & 3))
            break;
        if (code != OPTION_PACKET_FLAGS || !order_u32(&value, big, &word))
            continue;
        // Section 4.3.1: bits 5 to 8 are its length in octets, 0 where that is not known.
        unsigned fcs_len = word >> 5 & 15;
        return fcs_len ? (uint8_t)((flags & ~FRAMING_FCS) | framing_fcs(fcs_len)) : flags;
    }
    return flags;
}

/** What follows the interface number in Enhanced and obsolete Packet Blocks alike. */
__attribute__((always_inline)) static inline enum framing_status packet_add(const struct pcapng *ng,
                                                                            struct framing *framing,
                                                                            bool big, uint32_t id,
                                                                            struct cursor body)
{
    uint32_t high, low;
    struct framing_record record = {0};
    if (__builtin_expect(id >= ng->interface_count || ng->interfaces[id].unsure, 0))
        return interface_unknown(ng, framing, id);
    const struct interface *interface = &ng->interfaces[id];
    if (cursor_left(&body) < PACKET_FIXED_LEN || !order_u32(&body, big, &high) ||
        !order_u32(&body, big, &low) || !order_u32(&body, big, &record.caplen) ||
        !order_u32(&body, big, &record.origlen))
        return body_short(framing, "packet", PACKET_FIXED_LEN - cursor_left(&body));
    if (!cursor_bytes(&body, record.caplen, &record.data))
        return body_short(framing, "packet", record.caplen - cursor_left(&body));
    record.ts_ns = interface_time(interface, (uint64_t)high << 32 | low);
    record.interface = interface->number;
    record.linktype = interface->linktype;
    record.flags |= interface->flags;
    if (__builtin_expect(cursor_left(&body) > OPTION_HEADER_LEN, 0) &&
        cursor_skip(&body, -record.caplen & 3))
        record.flags = packet_flags(big, body, record.flags);
    framing_add(framing, &record);
    return FRAMING_OK;
}

__attribute__((always_inline)) static inline enum framing_status
enhanced_block(const struct pcapng *ng, struct framing *framing, bool big, struct cursor body)
{
    uint32_t id;
    if (!order_u32(&body, big, &id))
        return body_short(framing, "packet", 4 + PACKET_FIXED_LEN);
    return packet_add(ng, framing, big, id, body);
}

static enum framing_status packet_block(const struct pcapng *ng, struct framing *framing,
                                        struct cursor body)
{
    uint16_t id, drops;
    if (!order_u16(&body, ng->big, &id) || !order_u16(&body, ng->big, &drops))
        return body_short(framing, "packet", 4 + PACKET_FIXED_LEN);
    return packet_add(ng, framing, ng->big, id, body);
}

/* Section 4.4: of the section's first interface, cut at its snaplen, without a timestamp. */
static enum framing_status simple_block(const struct pcapng *ng, struct framing *framing,
                                        struct cursor body)
{
    struct framing_record record = {.ts_ns = framing->ts_ns, .flags = PALUA_PACKET_NO_TIME};
    if (!ng->interface_count || ng->interfaces[0].unsure)
        return interface_unknown(ng, framing, 0);
    const struct interface *interface = &ng->interfaces[0];
    if (!order_u32(&body, ng->big, &record.origlen))
        return body_short(framing, "simple packet", 4);
    bool cut = interface->snaplen && interface->snaplen < record.origlen;
    record.caplen = cut ? interface->snaplen : record.origlen;
    if (!cursor_bytes(&body, record.caplen, &record.data))
        return body_short(framing, "simple packet", record.caplen - cursor_left(&body));
    record.interface = interface->number;
    record.linktype = interface->linktype;
    record.flags |= interface->flags;
    framing_add(framing, &record);
    return FRAMING_OK;
}

/** The blocks that are rare beside Enhanced Packet Blocks. */
static enum framing_status other_block(struct pcapng *ng, struct framing *framing,
                                       const struct pcapng_block *block)
{
    switch (block->type) {
    case BLOCK_INTERFACE:
        return interface_block(ng, framing, block->body);
    case BLOCK_PACKET:
        return packet_block(ng, framing, block->body);
    case BLOCK_SIMPLE:
        return simple_block(ng, framing, block->body);
    default:
        return FRAMING_OK; // walked over
    }
}

/** Frames blocks up to the next section header. Inlined once per byte order, so that the loop does
 * not ask for it.
 * @param section  set if a section header comes next */
__attribute__((always_inline)) static inline enum framing_status
blocks(struct pcapng *ng, struct framing *framing, bool big, bool *section)
{
    struct cursor in = framing->in;
    struct pcapng_block block;
    while (framing->count < framing->cap) {
        struct cursor type = in;
        uint32_t next;
        if (cursor_u32(&type, &next) && next == BLOCK_SECTION) {
            *section = true;
            return FRAMING_OK;
        }
        enum framing_status status = block_take_one(framing, big, &in, &block);
        if (status == FRAMING_OK)
            status = block.type == BLOCK_ENHANCED ? enhanced_block(ng, framing, big, block.body)
                                                  : other_block(ng, framing, &block);
        if (status != FRAMING_OK)
            return status;
        block_tell(ng, framing, &block);
        framing->in.pos = in.pos;
    }
    return FRAMING_OK;
}

static enum framing_status pcapng_frame(void *state, struct framing *framing)
{
    struct pcapng *ng = state;
    enum framing_status status;
    bool section;
    do {
        section = false;
        status =
            ng->big ? blocks(ng, framing, true, &section) : blocks(ng, framing, false, &section);
        if (section)
            status = section_header(ng, framing);
    } while (section && status == FRAMING_OK);
    return status;
}

/** Whether a block of the section may look like this: one that is known, and of which what it says
 * fits. */
static bool resume_fits(const struct pcapng *ng, struct pcapng_block block)
{
    uint32_t id, caplen;
    switch (block.type) {
    case BLOCK_ENHANCED:
        return order_u32(&block.body, ng->big, &id) && id < ng->interface_count &&
               cursor_skip(&block.body, 8) && order_u32(&block.body, ng->big, &caplen) &&
               cursor_skip(&block.body, 4) && caplen <= cursor_left(&block.body);
    case BLOCK_INTERFACE:
    case BLOCK_PACKET:
    case BLOCK_SIMPLE:
    case 4:          // name resolution
    case 5:          // interface statistics
    case 10:         // decryption secrets
    case 0xbad:      // custom
    case 0x40000bad: // custom, not to be copied
        return !ng->lost;
    default:
        return false;
    }
}

/** Takes a block that may stand behind damage: as block_take_one, FRAMING_DAMAGED if it is none. A
 * section header sets `ng` to the section it begins. */
static enum framing_status resume_block(struct pcapng *ng, struct framing *framing,
                                        struct cursor *in)
{
    struct cursor start = *in;
    struct pcapng_block block = {0};
    uint32_t type, len, magic;
    bool big = ng->big, section;
    if (!order_u32(&start, big, &type))
        return framing_more(framing, BLOCK_LEN_MIN, "block");
    section = type == BLOCK_SECTION;
    if (section) {
        struct cursor order = start;
        if (!cursor_skip(&order, 4) || !cursor_u32le(&order, &magic))
            return framing_more(framing, BLOCK_LEN_MIN, "block");
        big = magic != BYTE_ORDER_MAGIC;
        if (big && magic != __builtin_bswap32(BYTE_ORDER_MAGIC))
            return FRAMING_DAMAGED;
    } else if (ng->lost ||
               (!resume_fits(ng, (struct pcapng_block){.type = type}) && type != BLOCK_ENHANCED)) {
        return FRAMING_DAMAGED;
    }
    if (!order_u32(&start, big, &len))
        return framing_more(framing, BLOCK_LEN_MIN, "block");
    if (len > RESUME_BLOCK_LEN)
        return FRAMING_DAMAGED;
    enum framing_status status = block_take_one(framing, big, in, &block);
    if (status == FRAMING_OK && section)
        *ng = (struct pcapng){.big = big};
    else if (status == FRAMING_OK && !resume_fits(ng, block))
        return FRAMING_DAMAGED;
    return status;
}

/** Whether blocks start at in.pos: FRAMING_DAMAGED if not. */
static enum framing_status resume_at(const struct pcapng *ng, struct framing *framing,
                                     struct cursor in)
{
    struct pcapng view = *ng; // a section that begins here is read in its own way
    for (int blocks = 0; blocks < RESUME_BLOCKS; blocks++) {
        if (blocks && framing->end && cursor_left(&in) == 0)
            return FRAMING_OK;
        size_t before = (size_t)(in.pos - framing->in.pos);
        enum framing_status status = resume_block(&view, framing, &in);
        if (status == FRAMING_MORE && framing->end)
            return FRAMING_DAMAGED;
        if (status == FRAMING_MORE)
            return framing_more(framing, 2 * (before + framing->need), "block");
        if (status != FRAMING_OK)
            return FRAMING_DAMAGED;
    }
    return FRAMING_OK;
}

/** Behind a block whose two lengths agree the next one stands, whatever is wrong within it. */
static bool resume_behind(const struct pcapng *ng, struct framing *framing)
{
    struct cursor in = framing->in;
    struct pcapng_block block;
    if (ng->lost || block_take_one(framing, ng->big, &in, &block) != FRAMING_OK)
        return false;
    framing->in.pos = in.pos;
    return true;
}

/** Where only the length at a block's end is wrong, sound blocks stand behind it. They come before
 * any within it, as a packet may be a piece of a pcapng file. */
static enum framing_status resume_by_length(const struct pcapng *ng, struct framing *framing)
{
    struct cursor in = framing->in;
    uint32_t type, len;
    if (ng->lost || !order_u32(&in, ng->big, &type) || !order_u32(&in, ng->big, &len) ||
        len < BLOCK_LEN_MIN || len > RESUME_BLOCK_LEN)
        return FRAMING_DAMAGED;
    if (!cursor_skip(&in, len - BLOCK_HEADER_LEN))
        return framing->end ? FRAMING_DAMAGED : framing_more(framing, len, "block");
    enum framing_status status = resume_at(ng, framing, in);
    if (status == FRAMING_OK)
        framing->in.pos = in.pos;
    return status;
}

/* Every byte is tried: what was lost or added need not be whole words. */
static enum framing_status pcapng_resume(void *state, struct framing *framing)
{
    struct pcapng *ng = state;
    if (!framing->searching && resume_behind(ng, framing))
        return FRAMING_OK;
    ng->unsure = true;
    ng->guessing |= !framing->searching;
    if (ng->guessing) {
        enum framing_status status = resume_by_length(ng, framing);
        ng->guessing = status == FRAMING_MORE;
        if (status != FRAMING_DAMAGED)
            return status;
    }
    struct cursor in = framing->in;
    if (!framing->searching && !cursor_skip(&in, 1))
        return FRAMING_DAMAGED;
    do {
        framing->in.pos = in.pos;
        enum framing_status status = resume_at(ng, framing, in);
        if (status != FRAMING_DAMAGED)
            return status;
    } while (cursor_skip(&in, 1));
    return framing->end ? FRAMING_DAMAGED : framing_more(framing, BLOCK_LEN_MIN, "block");
}

static void pcapng_facts(const void *state, struct format_facts *out)
{
    const struct pcapng *ng = state;
    *out = (struct format_facts){.big = ng->big,
                                 .major = ng->major,
                                 .minor = ng->minor,
                                 .sections = ng->sections,
                                 .interface_count =
                                     (uint32_t)(ng->interfaces_before + ng->interface_count)};
}

const struct format format_pcapng = {
    .name = "pcapng",
    .probe = pcapng_probe,
    .open = pcapng_open,
    .close = pcapng_close,
    .frame = pcapng_frame,
    .resume = pcapng_resume,
    .facts = pcapng_facts,
};
