// SPDX-License-Identifier: MIT OR Apache-2.0
/** What a pcapng capture says beside its packets (draft-ietf-opsawg-pcapng section 4), kept for
 * whoever asks: options and comments of sections, interfaces and packets, statistics, names,
 * decryption secrets, custom and unknown blocks.
 *
 * Who wants it hands a store to capture_new; without one nothing of this is looked at. Each block
 * gives an item with its fixed part, then one per record or option, in the order of the file.
 * Values are copied. At the memory cap what comes later is not kept, but counted. A store is
 * written by capture_read: look at it between calls, on the same thread, or at the end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <palua/abi.h>

#include "base/arena.h"
#include "base/cursor.h"

/** Block types; packets are items only of their options. */
enum metadata_block {
    METADATA_INTERFACE = 1,
    METADATA_PACKET_OBSOLETE = 2,
    METADATA_NAMES = 4,
    METADATA_STATISTICS = 5,
    METADATA_PACKET = 6,
    METADATA_SECRETS = 10,
    METADATA_CUSTOM = 0xbad,
    METADATA_CUSTOM_UNCOPIED = 0x40000bad,
    METADATA_SECTION = 0x0a0d0d0a
};

enum metadata_part {
    METADATA_FIXED,  /**< the fields before the options: of a section version and length, of an
                        interface link type and snaplen, of statistics the time, of secrets their
                        type  (code 0) and data; of custom and unknown blocks all */
    METADATA_RECORD, /**< of names: code 1 is an IPv4 address with names, 2 an IPv6 one */
    METADATA_OPTION
};

/** Options of every block, and those that palua shows (section 3.5 and those of the blocks). */
enum metadata_option {
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    OPTION_SECTION_HARDWARE = 2,
    OPTION_SECTION_OS = 3,
    OPTION_SECTION_APPLICATION = 4,
    OPTION_INTERFACE_NAME = 2,
    OPTION_INTERFACE_DESCRIPTION = 3,
    OPTION_INTERFACE_TSRESOL = 9,
    OPTION_INTERFACE_FILTER = 11,
    OPTION_INTERFACE_OS = 12,
    OPTION_INTERFACE_FCSLEN = 13,
    OPTION_INTERFACE_TSOFFSET = 14,
    OPTION_INTERFACE_HARDWARE = 15,
    OPTION_PACKET_FLAGS = 2,
    OPTION_STATISTICS_RECEIVED = 4,
    OPTION_STATISTICS_DROPPED = 5,
    OPTION_STATISTICS_FILTERED = 6,
    OPTION_STATISTICS_OS_DROPPED = 7,
    OPTION_STATISTICS_DELIVERED = 8
};

enum { METADATA_NO_INTERFACE = UINT32_MAX };

struct metadata_item {
    uint32_t block; /**< enum metadata_block, or any other block's type */
    enum metadata_part part;
    uint16_t code;      /**< of the option or record */
    bool big;           /**< byte order of integers in the value */
    uint32_t file;      /**< index of the input */
    uint32_t interface; /**< within the file, of interfaces, statistics and packets; else
                           METADATA_NO_INTERFACE */
    uint64_t frame;     /**< of packet options: the packet's; else of the one before */
    uint64_t offset;    /**< of the block in the input */
    struct palua_slice value;
};

struct metadata {
    struct arena arena; /**< of values */
    struct metadata_item *items;
    size_t count;
    size_t cap;
    size_t memory;     /**< bytes used */
    size_t memory_cap; /**< 0: nothing is kept */
    uint64_t dropped;  /**< items that found no room */
};

/** Where a block stands. */
struct metadata_place {
    uint32_t file;
    uint32_t interface_base; /**< interfaces in the sections before */
    uint32_t interface;      /**< the last one described, its number within the file */
    uint64_t frame;
    uint64_t offset;
    bool big;
};

void metadata_init(struct metadata *metadata, size_t memory_cap);
void metadata_fini(struct metadata *metadata);

/** Keeps what a sound block says. @param body  without its type and lengths */
void metadata_add(struct metadata *metadata, const struct metadata_place *place, uint32_t block,
                  struct cursor body);

/** Keeps an option's value as an integer of 1, 2, 4 or 8 bytes. @return false: it has another
 * length
 */
CURSOR_CHECKED bool metadata_uint(const struct metadata_item *item, uint64_t *out);
