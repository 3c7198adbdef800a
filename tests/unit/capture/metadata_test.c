// SPDX-License-Identifier: MIT OR Apache-2.0
#include "builder.h"

#include "capture/metadata.h"

static struct reading reading;

/** An option, padded. */
static void build_option(struct builder *to, uint16_t code, const void *value, uint16_t len)
{
    build_u16(to, code);
    build_u16(to, len);
    build_raw(to, value, len);
    build_zeros(to, -(unsigned)len & 3);
}

static void build_text(struct builder *to, uint16_t code, const char *text)
{
    build_option(to, code, text, (uint16_t)strlen(text));
}

/** One of every block there is, with options. */
static void build_all(struct builder *to)
{
    size_t start = build_block(to, METADATA_SECTION);
    build_u32(to, 0x1a2b3c4d);
    build_u32(to, to->big ? 0x00010000 : 0x00000001);
    build_uint(to, UINT64_MAX, 8);
    build_text(to, OPTION_SECTION_APPLICATION, "builder");
    build_text(to, OPTION_COMMENT, "of all");
    build_u32(to, OPTION_END);
    build_block_end(to, start);
    build_interface(to, 1, 0, -1); // none to be told of
    start = build_block(to, METADATA_INTERFACE);
    build_u16(to, 113);
    build_u16(to, 0);
    build_u32(to, 77);
    build_text(to, OPTION_INTERFACE_NAME, "eth0");
    build_block_end(to, start); // the end marker may be left out
    start = build_block(to, METADATA_NAMES);
    build_option(to, 1, "\x7f\0\0\1localhost", 14);
    build_option(to, 2, "0123456789abcdefsix", 20);
    build_u32(to, 0);
    build_text(to, OPTION_COMMENT, "names");
    build_u32(to, 0);
    build_block_end(to, start);
    start = build_block(to, METADATA_SECRETS);
    build_u32(to, 0x544c534b);
    build_u32(to, 5);
    build_raw(to, "KEYS\n\0\0\0", 8);
    build_text(to, OPTION_COMMENT, "secret");
    build_block_end(to, start);
    start = build_block(to, METADATA_PACKET);
    build_u32(to, 1);
    build_u32(to, 0);
    build_u32(to, 9);
    build_u32(to, 3);
    build_u32(to, 3);
    build_raw(to, "abc\0", 4);
    build_text(to, OPTION_COMMENT, "of a packet");
    build_block_end(to, start);
    start = build_block(to, METADATA_STATISTICS);
    build_u32(to, 1);
    build_u32(to, 0);
    build_u32(to, 9);
    build_u16(to, OPTION_STATISTICS_DROPPED);
    build_u16(to, 8);
    build_uint(to, 1234567890123, 8);
    build_block_end(to, start);
    start = build_block(to, METADATA_CUSTOM);
    build_u32(to, 32473);
    build_raw(to, "whatever", 8);
    build_block_end(to, start);
    build_block_end(to, build_block(to, 0x7777));
}

static void read_with(const struct builder *from, struct metadata *metadata, uint32_t block_size)
{
    char path[64];
    const char *paths[] = {path};
    int fd = build_file(from, path, sizeof path);
    struct capture_options options = reading_options(paths, 1);
    options.metadata = metadata;
    options.block_size = block_size;
    options.batch_packets = 1;
    reading_run(&reading, &options);
    cr_assert_eq(reading.error_count, 0, "%s", reading.errors[0].text);
    reading_fini(&reading);
    close(fd);
}

static void expect_item(const struct metadata_item *item, uint32_t block, enum metadata_part part,
                        uint16_t code, const char *value, size_t len)
{
    cr_expect_eq(item->block, block, "block 0x%x, expected 0x%x", item->block, block);
    cr_expect_eq(item->part, part, "block 0x%x", block);
    if (part != METADATA_FIXED)
        cr_expect_eq(item->code, code, "block 0x%x", block);
    if (!value)
        return;
    cr_expect_eq(item->value.len, len, "block 0x%x: %u", block, item->value.len);
    cr_expect(len == 0 || memcmp(item->value.data, value, len) == 0, "block 0x%x", block);
}

Test(metadata, every_block_gives_its_items_in_order)
{
    for (unsigned i = 0; i < 6; i++) {
        struct builder to = {.big = i % 2};
        struct metadata metadata;
        build_all(&to);
        build_all(&to);
        metadata_init(&metadata, 1 << 20);
        read_with(&to, &metadata, 40 << i * 2);
        cr_assert_eq(metadata.count, 2 * 16, "%zu", metadata.count);
        cr_expect_eq(metadata.dropped, 0);
        for (uint32_t half = 0; half < 2; half++) {
            const struct metadata_item *item = &metadata.items[half * 16];
            expect_item(&item[0], METADATA_SECTION, METADATA_FIXED, 0, NULL, 0);
            expect_item(&item[1], METADATA_SECTION, METADATA_OPTION, 4, "builder", 7);
            expect_item(&item[2], METADATA_SECTION, METADATA_OPTION, OPTION_COMMENT, "of all", 6);
            expect_item(&item[3], METADATA_INTERFACE, METADATA_FIXED, 0, NULL, 0);
            expect_item(&item[4], METADATA_INTERFACE, METADATA_FIXED, 0, NULL, 0);
            expect_item(&item[5], METADATA_INTERFACE, METADATA_OPTION, 2, "eth0", 4);
            expect_item(&item[6], METADATA_NAMES, METADATA_RECORD, 1, "\x7f\0\0\1localhost", 14);
            expect_item(&item[7], METADATA_NAMES, METADATA_RECORD, 2, "0123456789abcdefsix", 20);
            expect_item(&item[8], METADATA_NAMES, METADATA_OPTION, OPTION_COMMENT, "names", 5);
            expect_item(&item[9], METADATA_SECRETS, METADATA_FIXED, 0, NULL, 0);
            expect_item(&item[10], METADATA_SECRETS, METADATA_OPTION, OPTION_COMMENT, "secret", 6);
            expect_item(&item[11], METADATA_PACKET, METADATA_OPTION, OPTION_COMMENT, "of a packet",
                        11);
            expect_item(&item[12], METADATA_STATISTICS, METADATA_FIXED, 0, NULL, 0);
            expect_item(&item[13], METADATA_STATISTICS, METADATA_OPTION, 5, NULL, 0);
            expect_item(&item[14], METADATA_CUSTOM, METADATA_FIXED, 0, NULL, 0);
            expect_item(&item[15], 0x7777, METADATA_FIXED, 0, "", 0);
            cr_expect_eq(item[9].value.len, 8 + 5, "without its padding");
            cr_expect_eq(item[14].value.len, 12);
            const uint32_t none = METADATA_NO_INTERFACE;
            const uint32_t interfaces[] = {
                none, none, none, 2 * half,     2 * half + 1, 2 * half + 1, none, none,
                none, none, none, 2 * half + 1, 2 * half + 1, 2 * half + 1, none, none};
            for (size_t k = 0; k < 16; k++) {
                cr_expect_eq(item[k].interface, interfaces[k], "item %zu: %u", k,
                             item[k].interface);
                cr_expect_eq(item[k].frame, half + (k >= 11), "item %zu", k);
                cr_expect_eq(item[k].big, to.big);
            }
            cr_expect_eq(item[0].offset, half * to.bytes.len / 2);
            uint64_t value;
            cr_assert(metadata_uint(&item[13], &value));
            cr_expect_eq(value, 1234567890123);
            cr_expect_not(metadata_uint(&item[1], &value), "7 bytes are no integer");
        }
        metadata_fini(&metadata);
        build_fini(&to);
    }
}

Test(metadata, cap_keeps_what_comes_first_and_counts_the_rest)
{
    struct builder to = {0};
    build_all(&to);
    for (size_t cap = 0; cap < 2000; cap += 37) {
        struct metadata metadata;
        metadata_init(&metadata, cap);
        read_with(&to, &metadata, 4096);
        cr_expect_eq(metadata.count + metadata.dropped, 16);
        cr_expect_leq(metadata.memory, cap);
        metadata_fini(&metadata);
    }
    build_fini(&to);
}

Test(metadata, options_that_run_past_their_block_end_there)
{
    struct builder to = {0};
    struct metadata metadata;
    build_section(&to);
    size_t start = build_block(&to, METADATA_CUSTOM_UNCOPIED);
    build_block_end(&to, start);
    build_interface(&to, 1, 0, -1);
    start = build_block(&to, METADATA_STATISTICS);
    build_zeros(&to, 12);
    build_text(&to, OPTION_COMMENT, "sound");
    build_u16(&to, OPTION_COMMENT);
    build_u16(&to, 4000);
    build_raw(&to, "abcd", 4);
    build_block_end(&to, start);
    start = build_block(&to, METADATA_STATISTICS); // shorter than its fixed part
    build_zeros(&to, 8);
    build_block_end(&to, start);
    start = build_block(&to, METADATA_SECRETS); // its length runs past it
    build_u32(&to, 1);
    build_u32(&to, 9);
    build_zeros(&to, 8);
    build_block_end(&to, start);
    metadata_init(&metadata, 1 << 20);
    read_with(&to, &metadata, 4096);
    cr_assert_eq(metadata.count, 5);
    expect_item(&metadata.items[3], METADATA_STATISTICS, METADATA_FIXED, 0, NULL, 0);
    expect_item(&metadata.items[4], METADATA_STATISTICS, METADATA_OPTION, OPTION_COMMENT, "sound",
                5);
    metadata_fini(&metadata);
    build_fini(&to);
}
