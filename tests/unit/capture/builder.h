// SPDX-License-Identifier: MIT OR Apache-2.0
/** Builds capture files byte by byte, and reads them back through the whole reader.
 *
 * For tests only. A builder owns its bytes; a `reading` copies every packet it was given, so it may
 * be looked at after the capture is closed. */
#pragma once

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "capture/capture.h"

struct builder {
    struct text bytes;
    bool big;
};

static inline void build_raw(struct builder *to, const void *data, size_t len)
{
    text_add(&to->bytes, data, len);
}

static inline void build_uint(struct builder *to, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(value >> 8 * (to->big ? size - 1 - i : i));
        text_add(&to->bytes, &byte, 1);
    }
}

static inline void build_zeros(struct builder *to, size_t len)
{
    for (size_t i = 0; i < len; i++)
        text_add(&to->bytes, "", 1);
}

static inline void build_u16(struct builder *to, uint16_t value)
{
    build_uint(to, value, 2);
}

static inline void build_u32(struct builder *to, uint32_t value)
{
    build_uint(to, value, 4);
}

/** `len` bytes that differ from packet to packet: seed, seed + 1… */
static inline void build_data(struct builder *to, uint8_t seed, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = (uint8_t)(seed + i);
        text_add(&to->bytes, &byte, 1);
    }
}

static inline void build_pcap(struct builder *to, uint32_t magic, uint32_t linktype)
{
    build_u32(to, magic);
    build_u16(to, 2);
    build_u16(to, 4);
    build_zeros(to, 8);
    build_u32(to, 65535);
    build_u32(to, linktype);
}

static inline void build_record(struct builder *to, uint32_t seconds, uint32_t fraction,
                                uint32_t caplen, uint32_t origlen)
{
    build_u32(to, seconds);
    build_u32(to, fraction);
    build_u32(to, caplen);
    build_u32(to, origlen);
}

/** A whole record with `len` bytes of data. */
static inline void build_packet(struct builder *to, uint32_t seconds, uint32_t len)
{
    build_record(to, seconds, 7, len, len);
    build_data(to, (uint8_t)seconds, len);
}

/** Starts a block; build_block_end fills in its lengths. */
static inline size_t build_block(struct builder *to, uint32_t type)
{
    size_t start = to->bytes.len;
    build_u32(to, type);
    build_u32(to, 0);
    return start;
}

static inline void build_block_end(struct builder *to, size_t start)
{
    while ((to->bytes.len - start) % 4)
        build_zeros(to, 1);
    uint32_t len = (uint32_t)(to->bytes.len - start) + 4;
    build_u32(to, len);
    memcpy(to->bytes.data + start + 4, to->bytes.data + to->bytes.len - 4, 4);
}

static inline void build_section(struct builder *to)
{
    size_t start = build_block(to, 0x0a0d0d0a);
    build_u32(to, 0x1a2b3c4d);
    build_u16(to, 1);
    build_u16(to, 0);
    build_uint(to, UINT64_MAX, 8);
    build_block_end(to, start);
}

/** @param tsresol  -1 for none */
static inline void build_interface(struct builder *to, uint16_t linktype, uint32_t snaplen,
                                   int tsresol)
{
    size_t start = build_block(to, 1);
    build_u16(to, linktype);
    build_u16(to, 0);
    build_u32(to, snaplen);
    if (tsresol >= 0) {
        build_u16(to, 9);
        build_u16(to, 1);
        build_uint(to, (uint64_t)tsresol, 1);
        build_data(to, 0xee, 3); // padding may hold anything
        build_u32(to, 0);
    }
    build_block_end(to, start);
}

static inline void build_enhanced(struct builder *to, uint32_t interface, uint64_t ts, uint32_t len)
{
    size_t start = build_block(to, 6);
    build_u32(to, interface);
    build_u32(to, (uint32_t)(ts >> 32));
    build_u32(to, (uint32_t)ts);
    build_u32(to, len);
    build_u32(to, len + 1);
    build_data(to, (uint8_t)ts, len);
    build_block_end(to, start);
}

static inline void build_simple(struct builder *to, uint32_t origlen, uint32_t len)
{
    size_t start = build_block(to, 3);
    build_u32(to, origlen);
    build_data(to, 1, len);
    build_block_end(to, start);
}

static inline void build_fini(struct builder *to)
{
    text_fini(&to->bytes);
}

/** The bytes as a file that can be opened by path; close the descriptor after reading. */
static inline int build_file(const struct builder *from, char *path, size_t size)
{
    int fd = memfd_create("capture", MFD_CLOEXEC);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, from->bytes.data, from->bytes.len), (ssize_t)from->bytes.len);
    snprintf(path, size, "/proc/self/fd/%d", fd);
    return fd;
}

enum { READING_PACKETS = 4096, READING_ERRORS = 8, READING_CAP = 1 << 20 };

struct reading {
    struct palua_packet packets[READING_PACKETS]; /**< data points into copies */
    uint32_t count;
    uint32_t batches;
    struct error errors[READING_ERRORS];
    enum capture_status statuses[READING_ERRORS];
    uint32_t error_count;
    struct capture_totals totals;
    struct arena copies;
};

static inline void reading_batch(struct reading *out, const struct batch *batch)
{
    out->batches += batch->count > 0;
    for (uint32_t i = 0; i < batch->count; i++) {
        cr_assert_lt(out->count, READING_PACKETS);
        struct palua_packet *packet = &out->packets[out->count++];
        *packet = batch->packets[i];
        packet->data = arena_copy(&out->copies, packet->data, packet->caplen, 1);
    }
}

/** Reads all inputs to the end, with batches that stay under way for a while. */
static inline void reading_run(struct reading *out, const struct capture_options *options)
{
    enum { UNDER_WAY = 3 };
    struct capture *capture = capture_new(options);
    struct batch_pool *pool = batch_pool_new(UNDER_WAY, options->batch_packets, 1, 1);
    struct batch *under_way[UNDER_WAY] = {0};
    enum capture_status status;
    uint32_t round = 0;
    out->count = out->batches = out->error_count = 0;
    arena_init(&out->copies);
    do {
        struct batch **slot = &under_way[round++ % UNDER_WAY];
        batch_give(pool, *slot);
        *slot = batch_take(pool);
        struct error err = {0};
        status = capture_read(capture, *slot, &err);
        reading_batch(out, *slot);
        if (status == CAPTURE_DAMAGED || status == CAPTURE_FAILED) {
            cr_assert_lt(out->error_count, READING_ERRORS);
            out->statuses[out->error_count] = status;
            out->errors[out->error_count++] = err;
        }
    } while (status != CAPTURE_END);
    capture_totals(capture, &out->totals);
    for (uint32_t i = 0; i < UNDER_WAY; i++)
        batch_give(pool, under_way[i]);
    capture_free(capture);
    batch_pool_free(pool);
}

static inline void reading_fini(struct reading *out)
{
    arena_fini(&out->copies);
}

static inline struct capture_options reading_options(const char *const *paths, uint32_t count)
{
    return (struct capture_options){.paths = paths,
                                    .path_count = count,
                                    .batch_packets = 1024,
                                    .block_size = 65536,
                                    .record_cap = READING_CAP,
                                    .strict = true};
}

/** Reads one built capture with the usual options. */
static inline void reading_of(struct reading *out, const struct builder *from)
{
    char path[64];
    const char *paths[] = {path};
    int fd = build_file(from, path, sizeof path);
    struct capture_options options = reading_options(paths, 1);
    reading_run(out, &options);
    close(fd);
}

/** Whether packet `index` holds the bytes that build_data made from `seed`. */
static inline bool reading_has(const struct reading *reading, uint32_t index, uint8_t seed)
{
    const struct palua_packet *packet = &reading->packets[index];
    for (uint32_t i = 0; i < packet->caplen; i++)
        if (packet->data[i] != (uint8_t)(seed + i))
            return false;
    return true;
}

/** Expects one report of damage, at `offset`, whose text contains `words`. */
static inline void expect_damage(const struct reading *reading, unsigned offset, const char *words)
{
    char at[32];
    snprintf(at, sizeof at, "@0x%x", offset);
    cr_assert_eq(reading->error_count, 1, "%u reports", reading->error_count);
    const struct error *err = &reading->errors[0];
    size_t len = strlen(err->where);
    cr_expect_eq(reading->statuses[0], CAPTURE_DAMAGED);
    cr_expect_eq(err->code, ERROR_DAMAGED);
    cr_expect(len > strlen(at) && strcmp(err->where + len - strlen(at), at) == 0,
              "damage at %s, expected %s", err->where, at);
    cr_expect(strstr(err->text, words), "got '%s', expected it to say '%s'", err->text, words);
}

/** The same, going on behind damage. */
static inline void reading_on(struct reading *out, const struct builder *from, uint32_t block_size)
{
    char path[64];
    const char *paths[] = {path};
    int fd = build_file(from, path, sizeof path);
    struct capture_options options = reading_options(paths, 1);
    options.strict = false;
    options.block_size = block_size;
    reading_run(out, &options);
    close(fd);
}

/** Expects one report of damage, which says that `skipped` bytes were passed over up to `at`. */
static inline void expect_resumed(const struct reading *reading, uint32_t packets, size_t skipped,
                                  size_t at)
{
    char words[80];
    cr_assert_eq(reading->error_count, 1, "%u", reading->error_count);
    snprintf(words, sizeof words, "; skipped %zu bytes and went on at 0x%zx", skipped, at);
    cr_expect(strstr(reading->errors[0].text, words), "got '%s', expected '%s'",
              reading->errors[0].text, words);
    cr_expect_eq(reading->count, packets);
    cr_expect_eq(reading->totals.damages, 1);
    cr_expect_eq(reading->totals.skipped, skipped);
    for (uint32_t i = 0; i < reading->count; i++)
        cr_expect_eq(reading->packets[i].number, i + 1);
}
